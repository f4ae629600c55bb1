//! What std users hold, against the released `distributed`: Rust writes and Python compares, Python writes and Rust compares.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{Array, Encoder, ErrorKind, FrameSerialize, Frames, Header, NdArray, deserialize, serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::num::{NonZeroI8, NonZeroU64};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use support::peer::{Make, Peer, peer};

/// The families of a Python that does not pickle what msgpack can say.
const NO_PICKLE: Make<'static> =
    Make { serializers: &["dask", "msgpack", "pickle"], wrap: false, pickle_protocol: None, error_family: false };

fn received((header, frames): (Vec<u8>, Vec<Vec<u8>>)) -> (Header, Frames<'static>) {
    (Header::from_bytes(header).unwrap(), frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

/// Python decodes `value` as `expect`, as a header with frames, in a whole message and as one byte string; what Python sends of
/// the same, Rust decodes to `value`.
#[track_caller]
fn both_ways<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, value: &T, expect: &str) {
    to_python(python, value, expect);
    let mut decoded = 0;
    for options in [NO_PICKLE, Make { wrap: true, ..NO_PICKLE }] {
        let sent = python.make(expect, &options).unwrap();
        let (header, frames) = received(sent);
        // What starts with a plain value Python pickles whole: the family of another crate, to be forwarded.
        if header.to_value().unwrap()["serializer"] == "pickle".into() && !expect.contains("2**") {
            assert_eq!(deserialize::<T>(&header, frames).unwrap_err().kind(), ErrorKind::Family);
            continue;
        }
        let back: T = deserialize(&header, frames).unwrap_or_else(|e| panic!("{expect} as {options:?}: {e}\n{header}"));
        assert_eq!(&back, value, "{expect}");
        decoded += 1;
    }
    assert!(decoded > 0, "Python pickles it in every form: {expect}");
    to_rust(value);
}

#[track_caller]
fn to_python<T: FrameSerialize + ?Sized>(python: &mut Peer, value: &T, expect: &str) {
    let (header, frames) = serialize(value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check_unordered(header.as_bytes(), &slices, expect).unwrap_or_else(|e| panic!("{header}: {e}"));
    let blob = frames_core::pack_value(header.clone(), &frames).unwrap();
    let message = support::message::with_payload(&header, &frames);
    python.check_where::<&[u8]>(header.as_bytes(), &slices, "True").unwrap();
    python.check_blob(&blob, expect).unwrap_or_else(|e| panic!("blob: {e}"));
    python
        .check_message(&message, &format!("{{'op': 'test', 'data': {expect}}}"))
        .unwrap_or_else(|e| panic!("message: {e}"));
}

/// Rust reads its own form, alone and as a byte string.
#[track_caller]
fn to_rust<T: FrameSerialize + PartialEq + Debug>(value: &T) {
    let (header, frames) = serialize(value).unwrap();
    assert_eq!(&deserialize::<T>(&header, frames.into_owned()).unwrap(), value);
    let blob = frames_core::serialize_bytes(value).unwrap();
    assert_eq!(&frames_core::deserialize_bytes::<T>(&blob.into()).unwrap(), value);
}

#[test]
fn scalars() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    both_ways(p, &7u8, "7");
    both_ways(p, &u64::MAX, "2**64 - 1");
    both_ways(p, &i64::MIN, "-2**63");
    for n in [-1i8, -32, -33, i8::MIN, i8::MAX] {
        both_ways(p, &n, &n.to_string());
    }
    for n in [0u32, 127, 128, 255, 256, 65_535, 65_536, u32::MAX] {
        both_ways(p, &n, &n.to_string());
    }
    for n in [i16::MIN, i16::MAX, -129] {
        both_ways(p, &n, &n.to_string());
    }
    both_ways(p, &i32::MIN, "-2**31");
    both_ways(p, &usize::MAX, "2**64 - 1");
    both_ways(p, &isize::MIN, "-2**63");
    both_ways(p, &1.5f64, "1.5");
    both_ways(p, &1.5f32, "1.5");
    both_ways(p, &f64::NEG_INFINITY, "-math.inf");
    both_ways(p, &-0.0f64, "-0.0");
    both_ways(p, &true, "True");
    both_ways(p, &(), "None");
    both_ways(p, &'ž', "'ž'");
    both_ways(p, &NonZeroU64::MAX, "2**64 - 1");
    both_ways(p, &NonZeroI8::MIN, "-128");
    to_python(p, &f64::NAN, "math.nan");
}

#[test]
fn integers_beyond_msgpack_keep_every_digit() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    both_ways(p, &5u128, "5");
    both_ways(p, &-5i128, "-5");
    both_ways(p, &u128::MAX, "2**128 - 1");
    both_ways(p, &i128::MIN, "-2**127");
    both_ways(p, &(i64::MIN as i128 - 1), "-2**63 - 1");
    to_python(p, &vec![1i128, i128::MAX], "[1, 2**127 - 1]");
    to_rust(&vec![1i128, i128::MAX]);
    let (header, frames) = received(p.make("2**128", &NO_PICKLE).unwrap());
    assert_eq!(deserialize::<u128>(&header, frames).unwrap_err().kind(), ErrorKind::OutOfRange);
}

#[test]
fn text_and_bytes() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    both_ways(p, &String::from("žluťoučký 🐍"), "'žluťoučký 🐍'");
    both_ways(p, &String::new(), "''");
    let long = "ž".repeat(40_000);
    both_ways(p, &long, "'ž' * 40_000");
    both_ways(p, &Box::<str>::from("abc"), "'abc'");
    both_ways(p, &Arc::<str>::from(long.as_str()), "'ž' * 40_000");
    both_ways(p, &Rc::<str>::from("abc"), "'abc'");
    both_ways(p, &Cow::Borrowed("abc"), "'abc'");
    both_ways(p, &PathBuf::from("/a/ž"), "'/a/ž'");
    to_python(p, &"abc", "'abc'");
    both_ways(p, &vec![1u8, 0, 255], "b'\\x01\\x00\\xff'");
    both_ways(p, &Vec::<u8>::new(), "b''");
    both_ways(p, &Bytes::from_static(b"abc"), "b'abc'");
    both_ways(p, &[1u8, 2, 3], "b'\\x01\\x02\\x03'");
    both_ways(p, &Box::<[u8]>::from(&b"abc"[..]), "b'abc'");
    let (header, frames) = received(p.make("bytearray(b'abc')", &Make::default()).unwrap());
    assert_eq!(deserialize::<Vec<u8>>(&header, frames).unwrap(), b"abc");
    let texts = vec!["a".to_string(), String::new(), long];
    both_ways(p, &texts, "('a', '', 'ž' * 40_000)");
}

#[test]
fn numbers_in_bulk_are_one_array() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    macro_rules! arrays {
        ($($type:ident $dtype:literal)*) => { $(
            let values: Vec<$type> = (0..5u8).map(|n| n as $type).collect();
            let expect = format!("np.arange(5, dtype='{}')", $dtype);
            if stringify!($type) != "u8" {
                both_ways(p, &values, &expect);
                both_ways(p, &Array::from(values.clone()), &expect);
                both_ways(p, &Array::from(values.clone()).slice(1..4), &format!("({expect})[1:4]"));
                to_python(p, &&values[..], &expect);
                both_ways(p, &Cow::Borrowed(&values[..]), &expect);
                both_ways(p, &Arc::<[$type]>::from(values.clone()), &expect);
                let mut deque: VecDeque<$type> = values.iter().copied().skip(1).collect();
                deque.push_front(values[0]);
                both_ways(p, &deque, &expect);
                both_ways(p, &<[$type; 5]>::try_from(values.clone()).unwrap(), &expect);
            }
            // The other byte order, a broadcast and a read-only array are the same values.
            for form in ["({}).astype(np.dtype('{}').newbyteorder('S'))", "corpus.readonly({})"] {
                let form = form.replacen("{}", &expect, 1).replacen("{}", $dtype, 1);
                let (header, frames) = received(p.make(&form, &NO_PICKLE).unwrap());
                assert_eq!(deserialize::<Vec<$type>>(&header, frames.clone()).unwrap(), values, "{form}");
                assert_eq!(&deserialize::<Array<$type>>(&header, frames).unwrap()[..], values);
            }
            let form = format!("np.broadcast_to(np.array([3], '{}'), (4,))", $dtype);
            let (header, frames) = received(p.make(&form, &NO_PICKLE).unwrap());
            assert_eq!(deserialize::<Vec<$type>>(&header, frames).unwrap(), [3 as $type; 4]);
            // A numpy scalar's array of no dimensions is a number.
            let (header, frames) = received(p.make(&format!("np.array(3, '{}')", $dtype), &NO_PICKLE).unwrap());
            assert_eq!(deserialize::<$type>(&header, frames).unwrap(), 3 as $type);
            both_ways(p, &Array::<$type>::default(), &format!("np.empty(0, '{}')", $dtype));
        )* };
    }
    arrays! { u8 "u1" i8 "i1" u16 "u2" i16 "i2" u32 "u4" i32 "i4" u64 "u8" i64 "i8" f32 "f4" f64 "f8" usize "u8" isize "i8" }
    both_ways(p, &vec![true, false, true], "np.array([True, False, True])");
    both_ways(p, &Vec::<bool>::new(), "np.empty(0, '?')");
}

#[test]
fn python_may_send_numbers_as_a_list() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    for form in ["[1, 2, 3]", "(1, 2, 3)"] {
        for wrap in [false, true] {
            let (header, frames) = received(p.make(form, &Make { wrap, ..NO_PICKLE }).unwrap());
            assert_eq!(deserialize::<Vec<i64>>(&header, frames.clone()).unwrap(), [1, 2, 3]);
            assert_eq!(deserialize::<Vec<f64>>(&header, frames.clone()).unwrap(), [1.0, 2.0, 3.0]);
            assert_eq!(deserialize::<[u8; 3]>(&header, frames).unwrap(), [1, 2, 3]);
        }
    }
}

#[test]
fn arrays_arrive_writeable_and_as_they_lie_in_memory() {
    let Some(mut python) = peer() else { return };
    let data = vec![1.0f64; 1000];
    let (header, frames) = serialize(&data).unwrap();
    assert_eq!(frames.get(0).unwrap().as_ptr(), data.as_ptr().cast());
    let frames: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    let flags =
        "x.flags.writeable and x.flags.aligned and x.flags.c_contiguous and x.strides == (8,) and x.dtype.isnative";
    python.check_where(header.as_bytes(), &frames, flags).unwrap();
}

#[test]
fn headers_are_byte_for_byte_those_of_dask() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let same = |p: &mut Peer, (header, frames): (Header, Frames<'_>), value: &str, wrap: bool| {
        let sent = p.make(value, &Make { wrap, serializers: &["dask", "msgpack"], ..Make::default() }).unwrap();
        let (theirs, their_frames) = received(sent);
        assert_eq!(header.to_string(), theirs.to_string());
        assert_eq!(header, theirs, "{value}");
        assert!(frames.iter().eq(their_frames.iter()), "{value}");
    };
    same(p, serialize(&vec![1.5f64, 2.0]).unwrap(), "np.array([1.5, 2.0])", false);
    same(p, serialize(&vec![true]).unwrap(), "np.array([True])", false);
    same(p, serialize(&Bytes::from_static(b"abc")).unwrap(), "b'abc'", false);
    same(p, serialize(&7u8).unwrap(), "7", false);
    same(p, serialize(&"text").unwrap(), "'text'", false);
    same(p, serialize(&(1u8, vec![1i64])).unwrap(), "(1, np.array([1]))", true);
    same(p, serialize(&vec![vec![1i64], vec![2]]).unwrap(), "[np.array([1]), np.array([2])]", true);
    let map = BTreeMap::from([("a", vec![1i64]), ("b", vec![2])]);
    same(p, serialize(&map).unwrap(), "{'a': np.array([1]), 'b': np.array([2])}", true);
    same(p, serialize(&BTreeSet::from([3u8])).unwrap(), "{3}", true);
}

#[test]
fn collections() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    both_ways(p, &(1u8, "a".to_string()), "(1, 'a')");
    both_ways(p, &(1u8, vec![1.5f64]), "(1, np.array([1.5]))");
    both_ways(p, &((1u8,), (vec![2i16], (3.5f64, None::<u8>))), "((1,), (np.array([2], 'i2'), (3.5, None)))");
    both_ways(p, &vec![vec![1.5f64], vec![]], "[np.array([1.5]), np.empty(0)]");
    both_ways(p, &vec![(1u8, 2u8), (3, 4)], "((1, 2), (3, 4))");
    both_ways(p, &vec![Some(1u8), None], "(1, None)");
    both_ways(p, &Vec::<Vec<u8>>::new(), "()");
    both_ways(p, &vec![b"a".to_vec(), b"bc".to_vec()], "[b'a', b'bc']");
    both_ways(p, &HashSet::from([1u8, 2, 3]), "{1, 2, 3}");
    both_ways(p, &BTreeSet::from(["a".to_string()]), "{'a'}");
    both_ways(p, &HashMap::from([("a".to_string(), 1u8)]), "{'a': 1}");
    both_ways(p, &HashMap::<String, u8>::new(), "{}");
    both_ways(p, &BTreeMap::from([(1u8, vec![1.0f64]), (2, vec![])]), "{1: np.array([1.0]), 2: np.empty(0)}");
    both_ways(p, &BTreeMap::from([((1u8, "k".to_string()), b"x".to_vec())]), "{(1, 'k'): b'x'}");
    both_ways(p, &BTreeMap::from([(-5i64, Some(1.5f64)), (7, None)]), "{-5: 1.5, 7: None}");
    let nested = HashMap::from([("x".to_string(), vec![BTreeMap::from([("y".to_string(), vec![1i32])])])]);
    both_ways(p, &nested, "{'x': [{'y': np.array([1], 'i4')}]}");
}

#[test]
fn options_results_and_the_rest() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    both_ways(p, &None::<Vec<f64>>, "None");
    both_ways(p, &Some(vec![1.0f64]), "np.array([1.0])");
    both_ways(p, &vec![Some(vec![1.0f64]), None], "[np.array([1.0]), None]");
    both_ways(p, &Some(Some(5u8)), "{'Some': 5}");
    both_ways(p, &Some(None::<u8>), "{'Some': None}");
    both_ways(p, &None::<Option<u8>>, "None");
    both_ways(p, &Some(Some(vec![1.0f64])), "{'Some': np.array([1.0])}");
    both_ways(p, &Some(()), "{'Some': None}");
    both_ways(p, &Ok::<u8, String>(5), "{'Ok': 5}");
    both_ways(p, &Err::<u8, String>("no".into()), "{'Err': 'no'}");
    both_ways(p, &Ok::<Vec<f64>, String>(vec![1.0]), "{'Ok': np.array([1.0])}");
    both_ways(p, &(1u8..5), "{'start': 1, 'end': 5}");
    both_ways(p, &(1u8..=5), "{'start': 1, 'end': 5}");
    both_ways(p, &(1u8..), "{'start': 1}");
    both_ways(p, &(..5u8), "{'end': 5}");
    both_ways(p, &Duration::new(5, 7), "{'secs': 5, 'nanos': 7}");
    let before = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
    both_ways(p, &before, "{'secs': -2, 'nanos': 500_000_000}");
    both_ways(p, &Box::new(vec![1.0f64]), "np.array([1.0])");
    both_ways(p, &Arc::new(5u8), "5");
    both_ways(p, &vec![Box::new(1.5f64), Box::new(2.5)], "np.array([1.5, 2.5])");
}

#[test]
fn families_are_tried_in_the_order_of_the_caller() {
    let Some(mut python) = peer() else { return };
    let check = |python: &mut Peer, families: &[&'static str], value: &dyn FrameSerialize, expect: &str| {
        let (header, frames) = Encoder::new().families(families.iter().copied()).serialize(value).unwrap();
        let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
        python.check(header.as_bytes(), &slices, expect).unwrap();
    };
    let p = &mut *python;
    check(p, &["msgpack", "dask"], &vec![1.5f64], "(1.5,)");
    check(p, &["dask", "msgpack"], &vec![1.5f64], "np.array([1.5])");
    check(p, &["msgpack"], &b"ab".to_vec(), "b'ab'");
    check(p, &["msgpack"], &BTreeMap::from([("a", vec![1u32])]), "{'a': (1,)}");
    let refused = Encoder::new().families(["dask"]).serialize(&5u8).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    let (header, frames) = Encoder::new().families(["dask", "error"]).serialize(&5u8).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    let error = p.check(header.as_bytes(), &slices, "None").unwrap_err();
    assert!(error.contains("Could not serialize object of type u8"), "{error}");
}

#[test]
fn the_error_family_carries_the_words_of_the_peer() {
    let Some(mut python) = peer() else { return };
    let options = Make { serializers: &["dask", "msgpack"], error_family: true, ..Make::default() };
    let (header, frames) = received(python.make("(i for i in ())", &options).unwrap());
    let error = deserialize::<u8>(&header, frames.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Peer);
    assert!(error.to_string().contains("generator"), "{error}");
    assert_eq!(frames_core::deserialize_any(&header, frames).unwrap_err().kind(), ErrorKind::Peer);
}

#[test]
fn an_array_of_any_shape_keeps_its_header() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    for value in [
        "np.arange(6.).reshape(2, 3)",
        "np.asfortranarray(np.arange(6.).reshape(2, 3))",
        "np.broadcast_to(np.arange(3), (4, 3))",
        "np.array(['2020-01-01', 'NaT'], 'M8[ns]')",
        "np.zeros(2, [('a', 'i1'), ('b', '>f8', (2,))])",
        "np.empty((0, 3))",
        "np.array(5.)",
        "np.matrix([[1, 2]])",
    ] {
        let (header, frames) = received(p.make(value, &NO_PICKLE).unwrap());
        let array: NdArray = deserialize(&header, frames.clone()).unwrap_or_else(|e| panic!("{value}: {e}"));
        let (again, again_frames) = serialize(&array).unwrap();
        assert_eq!(again, header, "{value}");
        assert!(again_frames.iter().eq(frames.iter()));
        let error = deserialize::<Vec<u16>>(&header, frames).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{value}: {error}");
    }
}
