//! The family `pickle`, linked: what Dask sends as a pickle decodes into the types that decode from its other forms, and what no type is
//! wanted of is kept and sent again.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{
    Body, Decoder, ErrorKind, FrameSerialize, Frames, Header, NdArray, deserialize, deserialize_any, read_message,
    serialize,
};
use frames_pickle::{Buffer, Node, Pickle};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use support::peer::{Make, Peer, peer};

const PICKLE: Make<'static> =
    Make { serializers: &["pickle"], wrap: false, pickle_protocol: None, error_family: false };

#[derive(Debug, PartialEq, FrameSerialize)]
struct Sample {
    name: String,
    count: u32,
    weight: Option<f64>,
    tags: Vec<String>,
    inner: Point,
}

#[derive(Debug, Clone, PartialEq, FrameSerialize)]
struct Point {
    x: i64,
    y: f64,
}

fn received(python: &mut Peer, value: &str, make: &Make<'_>) -> (Header, Frames<'static>) {
    let (header, frames) = python.make(value, make).unwrap();
    let header = Header::from_bytes(header).unwrap();
    (header, frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

/// Every pickle protocol that a handshake can agree on.
#[track_caller]
fn reads<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, value: &str, expected: T) {
    for protocol in [None, Some(4), Some(5)] {
        let (header, frames) = received(python, value, &Make { pickle_protocol: protocol, ..PICKLE });
        assert_eq!(header.as_ref().get::<&str>("serializer").unwrap(), "pickle");
        let read: T = deserialize(&header, frames).unwrap_or_else(|e| panic!("{value}: {e}"));
        assert_eq!(read, expected, "{value}");
    }
}

#[test]
fn plain_values_decode_as_from_msgpack() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    reads(python, "7", 7u8);
    reads(python, "-2**63", i64::MIN);
    reads(python, "2**64 - 1", u64::MAX);
    reads(python, "2**100", 1u128 << 100);
    reads(python, "True", true);
    reads(python, "1.5", 1.5f64);
    reads(python, "None", None::<u8>);
    reads(python, "'héllo'", "héllo".to_owned());
    reads(python, "'x' * 100000", "x".repeat(100_000));
    reads(python, "b'abc'", vec![97u8, 98, 99]);
    reads(python, "b'a' * 100000", Bytes::from(vec![97; 100_000]));
    reads(python, "bytearray(b'abc')", vec![97u8, 98, 99]);
    reads(python, "(1, 'a', None)", (1u8, "a".to_owned(), None::<f64>));
    reads(python, "[1, 2, 3]", vec![1u16, 2, 3]);
    reads(python, "[1.5, 2.5]", vec![1.5f64, 2.5]);
    reads(python, "{1, 2}", BTreeSet::from([1u8, 2]));
    reads(python, "{'a': [1], 'b': []}", BTreeMap::from([("a".to_owned(), vec![1u8]), ("b".to_owned(), vec![])]));
    reads(python, "{1: 'a'}", HashMap::from([(1u8, "a".to_owned())]));
    reads(python, "collections.OrderedDict(a=1)", BTreeMap::from([("a".to_owned(), 1u8)]));
    reads(python, "collections.defaultdict(int, a=1)", BTreeMap::from([("a".to_owned(), 1u8)]));
    reads(python, "collections.Counter('a')", BTreeMap::from([("a".to_owned(), 1u8)]));
    reads(python, "collections.deque([1, 2])", vec![1u8, 2]);
    reads(python, "datetime.timedelta(days=1, microseconds=5)", Duration::new(86_400, 5000));
    let year_2000 = SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800);
    reads(python, "datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)", year_2000);
    let before = SystemTime::UNIX_EPOCH - Duration::from_micros(1);
    reads(python, "datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, datetime.timezone.utc)", before);
    reads(python, "pathlib.PurePosixPath('/a/b')", PathBuf::from("/a/b"));
    for (value, why) in [
        ("datetime.datetime(2000, 1, 1)", "found an object of the class datetime.datetime"),
        ("decimal.Decimal('1.5')", "found an object of the class decimal.Decimal"),
        ("range(3)", "builtins.range has no form"),
        ("lambda x: x", "cloudpickle"),
        ("int", "builtins.int"),
    ] {
        let (header, frames) = received(python, value, &PICKLE);
        let error = deserialize::<String>(&header, frames).unwrap_err();
        assert!(error.to_string().contains(why), "{value}: {error}");
    }
}

#[test]
fn structs_decode_from_dicts_and_instances() {
    let Some(mut python) = peer() else { return };
    let sample = || Sample {
        name: "a".into(),
        count: 7,
        weight: None,
        tags: vec!["x".into(), "y".into()],
        inner: Point { x: -1, y: 0.5 },
    };
    let dict = "{'name': 'a', 'count': 7, 'weight': None, 'tags': ['x', 'y'], 'inner': {'x': -1, 'y': 0.5}}";
    reads(&mut python, dict, sample());
    let space = "types.SimpleNamespace(name='a', count=7, weight=None, tags=('x', 'y'), inner=types.SimpleNamespace(x=-1, y=0.5))";
    reads(&mut python, space, sample());
    reads(&mut python, "[{'x': 1, 'y': 2.0}] * 3", vec![Point { x: 1, y: 2.0 }; 3]);
    let (header, frames) = received(&mut python, "{'x': 1, 'y': 'two'}", &PICKLE);
    let error = deserialize::<Point>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    assert!(error.to_string().contains('y'), "{error}");
}

/// A dict whose first value is an array is a collection, in which Dask pickles the others.
#[test]
fn pickles_inside_of_collections_decode() {
    let Some(mut python) = peer() else { return };
    #[derive(Debug, PartialEq, FrameSerialize)]
    struct Run {
        data: Vec<f64>,
        name: String,
        options: BTreeMap<String, i64>,
    }
    let value = "{'data': np.array([1.0, 2.0]), 'name': 'a', 'options': {'n': 3}}";
    let (header, frames) = received(&mut python, value, &Make { wrap: true, ..Make::default() });
    let run = Run { data: vec![1.0, 2.0], name: "a".into(), options: BTreeMap::from([("n".into(), 3)]) };
    assert_eq!(deserialize::<Run>(&header, frames).unwrap(), run);
}

#[test]
fn what_no_type_is_wanted_of_is_kept_and_sent_again() {
    let Some(mut python) = peer() else { return };
    for value in [
        "[1, 'a', (2, None)]",
        "{'a': {1, 2}, 'b': 1+2j}",
        "types.SimpleNamespace(a=1)",
        "pd.DataFrame({'a': [1.0, 2.0], 'b': ['x', 'y']})",
        "datetime.datetime(2024, 2, 29)",
        "lambda x: x",
    ] {
        let (header, frames) = received(&mut python, value, &PICKLE);
        let any = deserialize_any(&header, frames.clone()).unwrap_or_else(|e| panic!("{value}: {e}"));
        assert_eq!(any.type_name(), "frames_pickle::Pickle", "{value}");
        let (again, again_frames) = serialize(&any).unwrap();
        assert_eq!(again, header, "{value}");
        assert!(again_frames.iter().map(|f| f.as_slice()).eq(frames.iter().map(|f| f.as_slice())), "{value}");
        let pickle = any.downcast::<Pickle>().unwrap();
        assert!(!matches!(pickle.graph().unwrap().node(pickle.graph().unwrap().root()), Node::None));
    }
}

/// A class that is known, of an object that no type of Rust holds: more attributes than the collection, larger numbers, other text.
#[test]
fn what_a_known_class_holds_beyond_its_type_is_kept() {
    let Some(mut python) = peer() else { return };
    for value in [
        "(lambda d: (setattr(d, 'x', 1), d)[1])(collections.OrderedDict(a=1))",
        "(lambda d: (setattr(d, 'x', 1), d)[1])(collections.UserDict(a=1))",
        "(lambda d: (setattr(d, 'x', 1), d)[1])(collections.UserList([1]))",
        "(lambda d: (setattr(d, 'x', 1), d)[1])(collections.UserString('a'))",
        "(lambda d: (setattr(d, 'x', 1), d)[1])(collections.ChainMap({'a': 1}))",
        "range(2**200)",
        "datetime.timezone(datetime.timedelta(0), '\\ud800')",
        "datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone(datetime.timedelta(0), '\\ud800'))",
    ] {
        for protocol in [None, Some(4), Some(5)] {
            let (header, frames) = received(&mut python, value, &Make { pickle_protocol: protocol, ..PICKLE });
            let any = deserialize_any(&header, frames.clone()).unwrap_or_else(|e| panic!("{value}: {e}"));
            assert_eq!(any.type_name(), "frames_pickle::Pickle", "{value}");
            let (again, again_frames) = serialize(&any).unwrap();
            assert_eq!(again, header, "{value}");
            assert!(again_frames.iter().map(|f| f.as_slice()).eq(frames.iter().map(|f| f.as_slice())), "{value}");
        }
    }
    // Who wants a type is told why it is none.
    let (header, frames) =
        received(&mut python, "(lambda d: (setattr(d, 'x', 1), d)[1])(collections.OrderedDict(a=1))", &PICKLE);
    let error = deserialize::<BTreeMap<String, u8>>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("found a state (in collections.OrderedDict"), "{error}");
}

/// Python's text may be none of Rust's.
#[test]
fn lone_surrogates_are_kept_and_named() {
    let Some(mut python) = peer() else { return };
    let zone = "datetime.timezone(datetime.timedelta(0), '\\ud800')";
    let (header, frames) = received(&mut python, &format!("datetime.datetime(2024, 2, 29, tzinfo={zone})"), &PICKLE);
    let error = deserialize::<frames_core::python::DateTime>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("args[1]") && error.to_string().contains("lone surrogates"), "{error}");
    for value in [zone, "np.zeros(2, [('\\ud800', 'f8')])", "np.array(['\\ud800'])"] {
        let (header, frames) = received(&mut python, value, &PICKLE);
        let any = deserialize_any(&header, frames.clone()).unwrap_or_else(|e| panic!("{value}: {e}"));
        let (again, again_frames) = serialize(&any).unwrap();
        let frames: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
        match any.type_name() {
            "numpy.ndarray" => assert_eq!(value, "np.array(['\\ud800'])", "the bytes of a buffer"),
            name => assert_eq!((name, again), ("frames_pickle::Pickle", header), "{value}"),
        }
        assert!(again_frames.iter().all(|f| frames.contains(&f.as_slice())), "{value}");
    }
}

/// What is no value of any Python is an error for who does not say the type, too.
#[test]
fn what_contradicts_itself_is_no_value() {
    let header = |buffers: usize| {
        Header::new().with("serializer", "pickle").unwrap().with("writeable", &vec![true; buffers][..]).unwrap()
    };
    let array = b"\x80\x05cnumpy._core.numeric\n_frombuffer\n(\x97cnumpy\ndtype\n\x8c\x02f8\x85RK\x02\x85\x8c\x01CtR.";
    for (pickle, buffer, kind) in [
        (&array[..], Some(&[0; 15][..]), ErrorKind::Invalid),
        (array, None, ErrorKind::FrameCount),
        (b"cdecimal\nDecimal\n(X\x01\0\0\x001t", None, ErrorKind::Truncated),
    ] {
        let frames: Vec<Bytes> = [pickle].into_iter().chain(buffer).map(Bytes::copy_from_slice).collect();
        let error = deserialize_any(&header(frames.len() - 1), frames.into()).unwrap_err();
        assert_eq!(error.kind(), kind, "{}: {error}", pickle.escape_ascii());
    }
}

#[test]
fn arrays_decode_over_their_buffers() {
    let Some(mut python) = peer() else { return };
    for value in ["np.arange(6.0)", "(lambda a: (a.setflags(write=False), a)[1])(np.arange(6.0))"] {
        let (header, frames) = received(&mut python, value, &PICKLE);
        let buffer = frames.get(1).unwrap().as_ptr();
        let array: NdArray = deserialize(&header, frames.clone()).unwrap();
        assert_eq!(array.to_vec::<f64>().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(array.as_bytes().as_ptr(), buffer, "no copy");
        assert_eq!(deserialize::<Vec<f64>>(&header, frames.clone()).unwrap().len(), 6);
        assert_eq!(deserialize_any(&header, frames).unwrap().type_name(), "numpy.ndarray");
    }
    reads(&mut python, "np.float64(1.5)", 1.5f64);
    reads(&mut python, "np.int8(-3)", -3i8);
    reads(&mut python, "{'n': 1, 'data': np.array([1, 2], dtype='i4')}['data']", vec![1i32, 2]);
    #[derive(Debug, PartialEq, FrameSerialize)]
    struct Counted {
        n: u8,
        data: Vec<i32>,
    }
    reads(&mut python, "{'n': 1, 'data': np.array([1, 2], dtype='i4')}", Counted { n: 1, data: vec![1, 2] });
}

#[test]
fn bad_headers_and_pickles_are_errors() {
    let header =
        |writeable: &[bool]| Header::new().with("serializer", "pickle").unwrap().with("writeable", writeable).unwrap();
    let frames = |parts: &[&'static [u8]]| -> Frames<'static> {
        parts.iter().map(|part| Bytes::from_static(part)).collect::<Vec<_>>().into()
    };
    for (writeable, parts, kind) in [
        (&[][..], &[][..], ErrorKind::FrameCount),
        (&[true], &[&b"N."[..]], ErrorKind::FrameCount),
        (&[true], &[b"N.", b"unused"], ErrorKind::FrameCount),
        (&[], &[b"\x80\x05\x97."], ErrorKind::FrameCount),
        (&[], &[b"\x80\x05"], ErrorKind::Truncated),
        (&[], &[b"N.N."], ErrorKind::Invalid),
        (&[], &[b"cos\nsystem\n(S'true'\ntR."], ErrorKind::UnknownType),
        (&[], &[b"]\x94h\0a."], ErrorKind::Limit),
    ] {
        let error = deserialize::<Vec<u8>>(&header(writeable), frames(parts)).unwrap_err();
        assert_eq!(error.kind(), kind, "{parts:?}: {error}");
        assert_eq!(error.family(), Some("pickle"), "{error}");
    }
    let call = deserialize::<u8>(&header(&[]), frames(&[b"cos\nsystem\n(S'true'\ntR."])).unwrap_err();
    assert!(call.to_string().contains("os.system"), "{call}");
    // Not where it is not allowed.
    let error = Decoder::new().families(["dask", "msgpack"]).deserialize::<u8>(&header(&[]), frames(&[b"K\x01."]));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Family);
    // Doubling, 26 times over.
    let mut bomb = b"\x80\x04]".to_vec();
    (0..26).for_each(|_| bomb.extend(b"2\x86"));
    bomb.push(b'.');
    let error = deserialize::<rmpv::Value>(&header(&[]), Frames::from(vec![Bytes::from(bomb)])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn a_pickle_is_sent_as_dask_sends_it() {
    let Some(mut python) = peer() else { return };
    let pickle = Pickle::new(
        &b"\x80\x05]\x94(\x97\x97\x98e."[..],
        [Buffer::from(vec![1, 2]), Buffer::from(vec![3]).read_only()],
    );
    let (header, frames) = serialize(&pickle).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python
        .check_where(
            header.as_bytes(),
            &slices,
            "[bytes(b) for b in x] == [b'\\1\\2', b'\\3'] and [memoryview(b).readonly for b in x] == [False, True]",
        )
        .unwrap();
    assert_eq!(deserialize::<Pickle>(&header, frames).unwrap(), pickle);
}

#[test]
fn the_pickles_of_a_message_open_on_request() {
    let Some(mut python) = peer() else { return };
    let message = "{'op': 'run', 'args': ToPickle([b'x' * 10, np.arange(3.0)]), 'code': ToPickle(())}";
    let frames = python.dump(message, &Default::default()).unwrap();
    let frames: Frames<'static> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
    let body = read_message(frames).unwrap();
    let part = |name: &str| match body.get(name) {
        Some(Body::Pickled(part)) => Pickle::from_message(part).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(format!("{:?}", part("code").graph().unwrap()), "()");
    let args = part("args");
    assert_eq!(args.buffers.len(), 1);
    assert_eq!(args.buffers[0].bytes().len(), 24);
    let graph = args.graph().unwrap();
    let Node::List(items) = graph.node(graph.root()) else { panic!() };
    assert!(matches!(graph.node(items.get(0).unwrap()), Node::Bytes(b"xxxxxxxxxx")));
}

/// One list, text or byte string that is named often is another value each time for who wants it as a Rust type.
#[test]
fn what_is_named_often_is_paid_for() {
    let header = Header::new().with("serializer", "pickle").unwrap().with("writeable", &[false; 0]).unwrap();
    let many = |opcode: u8, len: u32, times: usize| -> Frames<'static> {
        let text = vec![b'x'; len as usize];
        let mut pickle = [&b"\x80\x04"[..], &[opcode], &len.to_le_bytes(), &text, b"\x940]("].concat();
        (0..times).for_each(|_| pickle.extend(b"h\0"));
        pickle.extend(b"e.");
        vec![Bytes::from(pickle)].into()
    };
    let texts = deserialize::<Vec<String>>(&header, many(b'X', 100, 100_000)).unwrap();
    assert_eq!((texts.len(), texts[9].len()), (100_000, 100));
    for opcode in [b'X', b'B'] {
        let error = deserialize::<Vec<Vec<u8>>>(&header, many(opcode, 1 << 20, 200)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
}
