//! The family `pickle`, written: Python loads what it would have made itself, of the kinds that its own pickles have, and no payload is copied.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{Array, DType, Encoder, ErrorKind, FrameSerialize, Frames, NdArray, deserialize, serialize};
use frames_pickle::{Pickle, Pickled};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use support::peer::{Make, Peer, peer};

fn pickles() -> Encoder {
    Encoder::new().families(["pickle"])
}

#[derive(Clone, Debug, PartialEq, FrameSerialize)]
struct Row {
    id: u32,
    name: String,
    score: Option<f64>,
}

#[derive(Debug, PartialEq, FrameSerialize)]
struct Everything {
    id: u128,
    names: Vec<String>,
    pair: (String, Vec<f64>),
    rows: Vec<Row>,
    row: Row,
    data: Vec<f32>,
    raw: Bytes,
    tags: BTreeSet<String>,
    lookup: BTreeMap<i64, String>,
}

#[derive(Debug, PartialEq, FrameSerialize)]
#[frames(python = "types:SimpleNamespace")]
struct Space {
    a: u8,
    b: Vec<i16>,
}

#[track_caller]
fn loads<T: FrameSerialize + ?Sized>(python: &mut Peer, value: &T, expect: &str) {
    let (header, frames) = pickles().serialize(value).unwrap_or_else(|e| panic!("{expect}: {e}"));
    assert_eq!(header.as_ref().get::<&str>("serializer").unwrap(), "pickle");
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    python.check(header.as_bytes(), &frames, expect).unwrap();
}

#[test]
fn python_loads_the_kinds_that_it_would_have_made() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    loads(python, &7u8, "7");
    loads(python, &u64::MAX, "2**64 - 1");
    loads(python, &i128::MIN, "-2**127");
    loads(python, &1.5f64, "1.5");
    loads(python, &None::<u8>, "None");
    loads(python, &frames_core::MaskedConstant, "np.ma.masked");
    loads(python, &"text", "'text'");
    loads(python, &"x".repeat(100_000), "'x' * 100000");
    loads(python, &(1u8, "a", None::<bool>), "(1, 'a', None)");
    loads(python, &(1u8, vec![1.5f64]), "(1, np.array([1.5]))");
    loads(python, &vec!["a".to_owned(), "b".to_owned()], "['a', 'b']");
    loads(python, &vec![(1u8, "a".to_owned())], "[(1, 'a')]");
    loads(python, &vec![vec!["a".to_owned()], vec![]], "[['a'], []]");
    loads(python, &vec![Some(1u8), None], "[1, None]");
    loads(python, &BTreeSet::from([1u8, 2]), "{1, 2}");
    loads(python, &BTreeMap::from([(1u8, "a"), (2, "b")]), "{1: 'a', 2: 'b'}");
    loads(python, &BTreeMap::from([("a", vec![1i32])]), "{'a': np.array([1], 'i4')}");
    loads(python, &Bytes::from(vec![7; 1000]), "b'\\7' * 1000");
    loads(python, &frames_core::bytes::BytesMut::from(&b"abc"[..]), "bytearray(b'abc')");
    loads(python, &Duration::new(1, 500), "{'secs': 1, 'nanos': 500}");
    loads(python, &Space { a: 1, b: vec![1] }, "types.SimpleNamespace(a=1, b=np.array([1], 'i2'))");
}

#[test]
fn structs_are_dicts_with_arrays() {
    let Some(mut python) = peer() else { return };
    let row = |id, score| Row { id, name: format!("n{id}"), score };
    let everything = Everything {
        id: 1 << 100,
        names: vec!["x".into()],
        pair: ("p".into(), vec![0.5]),
        rows: vec![row(1, Some(0.5)), row(2, None)],
        row: row(3, None),
        data: vec![1.0, 2.0],
        raw: Bytes::from_static(b"raw"),
        tags: BTreeSet::from(["t".to_owned()]),
        lookup: BTreeMap::from([(-1, "m".to_owned())]),
    };
    let (header, frames) = pickles().serialize(&everything).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    let expect = "x['id'] == 2**100 and x['names'] == ['x'] and x['pair'][0] == 'p' and x['pair'][1].tolist() == [0.5] \
        and x['rows']['id'].dtype == 'u4' and x['rows']['name'] in (['n1', 'n2'], ('n1', 'n2')) \
        and isinstance(x['rows']['score'], np.ma.MaskedArray) and x['rows']['score'].tolist() == [0.5, None] \
        and x['row'] == {'id': 3, 'name': 'n3', 'score': None} and x['data'].dtype == 'f4' and x['raw'] == b'raw' \
        and x['tags'] == {'t'} and x['lookup'] == {-1: 'm'} and type(x) is dict and x['data'].flags.writeable";
    python.check_where(header.as_bytes(), &slices, expect).unwrap();
    // And Python's own pickle of it comes back as the same.
    let make = Make { serializers: &["pickle"], wrap: false, pickle_protocol: None, error_family: false };
    let (header, frames) = python.echo(header.as_bytes(), &slices, "", &make).unwrap();
    let header = frames_core::Header::from_bytes(header).unwrap();
    let frames: Frames<'_> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
    assert_eq!(deserialize::<Everything>(&header, frames).unwrap(), everything);
}

#[test]
fn arrays_keep_their_order_and_flags() {
    let Some(mut python) = peer() else { return };
    for value in [
        "np.arange(6.0).reshape(2, 3)",
        "np.asfortranarray(np.arange(6.0).reshape(2, 3))",
        "np.arange(3, dtype='>i4')",
        "np.array(['2024-01-01'], 'M8[D]')",
        "np.array([(1, 2.0)], [('a', 'i4'), ('b', 'f8')])",
        "np.zeros((0, 3))",
        "np.array(5.0)",
        "np.array([b'ab', b'c'])",
        "np.ma.MaskedArray([1.0, 2.0], [True, False], fill_value=7.0)",
        "np.ma.MaskedArray([1, 2])",
        "np.matrix([[1, 2], [3, 4]])",
        "np.array([1, 'a', None], object)",
    ] {
        let make = Make { serializers: &["dask"], ..Make::default() };
        let (header, frames) = python.make(value, &make).unwrap();
        let header = frames_core::Header::from_bytes(header).unwrap();
        let frames: Frames<'static> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
        let kept = frames_core::Serialized::new(header, frames);
        loads(&mut python, &kept, value);
    }
}

#[test]
fn payloads_are_not_copied() {
    let data = vec![1.5f64; 1 << 16];
    let shared = Array::from(vec![2u8; 1 << 16]);
    let inner = Pickle::new(&b"\x80\x05\x97\x85."[..], [vec![7; 4096].into()]);
    let value = (&*data, shared.clone(), vec![inner.clone()]);
    let (header, frames) = pickles().serialize(&value).unwrap();
    assert_eq!(header.as_ref().get::<Vec<bool>>("writeable").unwrap(), [true; 3]);
    assert_eq!(frames.len(), 4);
    assert_eq!(frames.get(1).unwrap().as_ptr(), data.as_ptr().cast());
    assert_eq!(frames.get(2).unwrap().as_ptr(), shared.as_ptr());
    assert_eq!(frames.get(3).unwrap().as_ptr(), inner.buffers[0].bytes().as_ptr());
    assert!(frames.get(0).unwrap().len() < 400);
    let pair = (&*data, shared);
    let (header, frames) = pickles().serialize(&pair).unwrap();
    let (first, second): (Vec<f64>, Array<u8>) = deserialize(&header, frames).unwrap();
    assert_eq!(second[..], [2; 1 << 16]);
    assert_eq!(first, data);
}

/// One field of many, and what a peer sent as a pickle inside of another.
#[test]
fn a_part_travels_as_a_pickle() {
    #[derive(Debug, PartialEq, FrameSerialize)]
    struct Job {
        id: u32,
        args: Pickled<(Vec<String>, u8)>,
    }
    let job = Job { id: 1, args: Pickled((vec!["a".into()], 2)) };
    let (header, frames) = serialize(&job).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    if let Some(mut python) = peer() {
        python.check(header.as_bytes(), &slices, "{'id': 1, 'args': (['a'], 2)}").unwrap();
    }
    assert_eq!(deserialize::<Job>(&header, frames.clone()).unwrap(), job);
    let (header, frames) = pickles().serialize(&job).unwrap();
    assert_eq!(frames.len(), 1);
    assert_eq!(deserialize::<Job>(&header, frames).unwrap(), job);
}

/// A call whose result nobody wants is a call all the same: what a part runs, the whole runs.
#[test]
fn what_a_part_makes_and_drops_is_written() {
    let part = |bytes: &'static [u8]| Pickle::new(bytes, []);
    let dropped = || part(b"cm\nf\n)R0N.");
    for (parts, expected) in [
        (vec![dropped(), dropped()], "m.f(); m.f(); [None, None]"),
        (vec![part(b"]q\0cm\nf\nh\0\x85R0h\0.")], "m.f(&0 []); [*0]"),
        (vec![part(b"](cm\nf\n)Rl0N."), part(b"cm\ng\n)R.")], "[m.f()]; [None, m.g()]"),
        (vec![part(b"cos\nsystem\n0N.")], "os.system; [None]"),
    ] {
        let inner: Vec<String> = parts.iter().map(|part| format!("{:?}", part.graph().unwrap())).collect();
        let (header, frames) = pickles().serialize(&parts).unwrap();
        let whole: Pickle = deserialize(&header, frames).unwrap();
        assert_eq!(format!("{:?}", whole.graph().unwrap()), expected, "{inner:?}");
    }
    // As deep as they come, and beside buffers that are not copied.
    let buffer = Bytes::from(vec![7; 4096]);
    let inner = Pickle::new(&b"\x80\x05cm\nf\n\x97\x85R0N."[..], [frames_pickle::Buffer::from(buffer.clone())]);
    let value = (1u8, vec![BTreeMap::from([("a".to_owned(), inner)])]);
    let (header, frames) = pickles().serialize(&value).unwrap();
    assert_eq!(frames.get(1).unwrap().as_ptr(), buffer.as_ptr());
    let whole: Pickle = deserialize(&header, frames).unwrap();
    assert_eq!(whole.graph().unwrap().discarded().len(), 1);
}

#[test]
fn what_python_could_not_load_is_refused() {
    let array = NdArray::new(DType::parse("<f8").unwrap(), &[1], None, vec![0; 8]).unwrap();
    assert!(pickles().serialize(&array).is_ok());
    #[derive(Debug)]
    struct Own;
    impl FrameSerialize for Own {
        fn serialize(&self) -> frames_core::Result<(frames_core::Header, Frames<'_>)> {
            Ok((frames_core::Header::new(), Frames::new()))
        }
        fn deserialize(_: frames_core::HeaderRef<'_>, _: Frames<'_>) -> frames_core::Result<Self> {
            Ok(Own)
        }
    }
    frames_core::register!(Own);
    let error = pickles().serialize(&vec![Own]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("[0]") && error.to_string().contains("Own"), "{error}");
    // The next family of the list takes it.
    let (header, _) = Encoder::new().families(["pickle", "dask", "msgpack"]).serialize(&Own).unwrap();
    assert_eq!(header.as_ref().get::<&str>("serializer").unwrap(), "dask");
}
