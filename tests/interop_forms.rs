//! One value from every form in which a Python could send it: a derived struct, lists, maps, tuples and options, as arrays, lists, columns, dicts,
//! instances, pickles and msgpack, of any dtype that says the same numbers.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{Array, ErrorKind, FrameSerialize, Frames, Header, deserialize};
use frames_pickle as _;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use support::peer::{Make, Peer, peer};

#[derive(Clone, Debug, PartialEq, FrameSerialize)]
struct Sample {
    id: u32,
    data: Vec<f32>,
    counts: Array<u16>,
    pair: (u8, f64),
    maybe: Option<Vec<i64>>,
    flags: Vec<bool>,
    lookup: BTreeMap<String, Vec<f64>>,
    names: Vec<String>,
    points: Vec<Point>,
}

#[derive(Clone, Debug, PartialEq, FrameSerialize)]
struct Point {
    x: f64,
    y: Option<i32>,
}

fn sample() -> Sample {
    Sample {
        id: 7,
        data: vec![0.5, -2.0],
        counts: vec![1, 65535].into(),
        pair: (1, 0.5),
        maybe: Some(vec![-1, 2]),
        flags: vec![true, false],
        lookup: BTreeMap::from([("a".to_owned(), vec![1.0])]),
        names: vec!["n".into(), "m".into()],
        points: vec![Point { x: 1.0, y: Some(2) }, Point { x: 3.0, y: None }],
    }
}

/// What Dask makes of it by itself, marked for serialization, pickled, and without pickles where that can be.
const FORMS: [Make<'static>; 5] = [
    Make { serializers: &[], wrap: false, pickle_protocol: None, error_family: false },
    Make { serializers: &[], wrap: true, pickle_protocol: None, error_family: false },
    Make { serializers: &["pickle"], wrap: false, pickle_protocol: None, error_family: false },
    Make { serializers: &["pickle"], wrap: false, pickle_protocol: Some(4), error_family: false },
    Make { serializers: &["msgpack", "dask", "pickle"], wrap: true, pickle_protocol: None, error_family: false },
];

fn received(python: &mut Peer, value: &str, make: &Make<'_>) -> (Header, Frames<'static>) {
    let (header, frames) = python.make(value, make).unwrap_or_else(|error| panic!("{value}: {error}"));
    let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
    (Header::from_bytes(header).unwrap(), frames.into())
}

#[track_caller]
fn reads<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, value: &str, expected: &T) {
    for make in &FORMS {
        let (header, frames) = received(python, value, make);
        let read: T = deserialize(&header, frames).unwrap_or_else(|e| panic!("{value} by {:?}: {e}", make.serializers));
        assert_eq!(&read, expected, "{value} by {:?}", make.serializers);
    }
}

#[test]
fn a_struct_decodes_from_dicts_and_instances_of_all_forms() {
    let Some(mut python) = peer() else { return };
    let arrays = "data=np.array([0.5, -2.0]), counts=np.array([1, 65535]), pair=(1, 0.5), maybe=np.array([-1, 2], 'i1'), \
        flags=np.array([True, False]), lookup={'a': np.array([1])}, names=['n', 'm']";
    let lists = "data=[0.5, -2.0], counts=[1, 65535], pair=[1, 0.5], maybe=(-1, 2), flags=[True, False], \
        lookup={'a': [1.0]}, names=('n', 'm')";
    let points = [
        "[{'x': 1.0, 'y': 2}, {'x': 3.0, 'y': None}]",
        "[{'y': 2, 'x': np.float64(1)}, {'x': np.array(3), 'y': None}]",
        "{'x': np.array([1, 3]), 'y': np.ma.MaskedArray([2, 9], [False, True])}",
        "[types.SimpleNamespace(x=1, y=2), types.SimpleNamespace(x=3.0, y=None)]",
    ];
    for fields in [arrays, lists] {
        for points in points {
            reads(&mut python, &format!("dict({fields}, id=7, points={points})"), &sample());
            reads(&mut python, &format!("dict(id=7, {fields}, points={points})"), &sample());
            reads(&mut python, &format!("dict(id=np.int64(7), {fields}, points={points})"), &sample());
        }
        // Pickled instances, of a class that nobody here knows too; and a class that is registered as a generic object, whose attributes Dask walks.
        let pickled = Make { serializers: &["pickle"], ..Make::default() };
        let walked = Make { serializers: &["dask"], ..Make::default() };
        for (class, make) in [
            ("types.SimpleNamespace", &pickled),
            ("corpus.Plain", &pickled),
            ("corpus.Estimator", &pickled),
            ("corpus.Estimator", &walked),
            ("corpus.Regressor", &walked),
        ] {
            for points in points {
                let (header, frames) =
                    received(&mut python, &format!("{class}({fields}, id=7, points={points})"), make);
                let read: Sample =
                    deserialize(&header, frames).unwrap_or_else(|e| panic!("{class}({fields}, {points}): {e}"));
                assert_eq!(read, sample(), "{class}");
            }
        }
    }
}

#[test]
fn lists_of_numbers_decode_from_arrays_of_any_dtype_that_says_the_same() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    for dtype in ["i1", "u1", "<i2", ">i2", "<u4", ">i8", "<f2", ">f4", "<f8"] {
        let value = format!("np.array([1, 2, 3], '{dtype}')");
        reads(python, &value, &vec![1.0f64, 2.0, 3.0]);
        reads(python, &value, &vec![1.0f32, 2.0, 3.0]);
        reads(python, &value, &Array::from(vec![1.0f64, 2.0, 3.0]));
        if !dtype.contains('f') {
            reads(python, &value, &vec![1u8, 2, 3]);
            reads(python, &value, &vec![1i64, 2, 3]);
            reads(python, &value, &Some(vec![1u64, 2, 3]));
        }
    }
    for value in ["np.array([2**63], 'u8')", "[2**63]"] {
        reads(python, value, &vec![2f64.powi(63)]);
        reads(python, value, &vec![2f32.powi(63)]);
    }
    reads(python, "np.arange(10)[::3]", &vec![0u8, 3, 6, 9]);
    reads(python, "np.broadcast_to(np.array(7), 3)", &vec![7u16; 3]);
    reads(python, "[1, 2, 3]", &vec![1i8, 2, 3]);
    reads(python, "(1, 2.5)", &vec![1.0f64, 2.5]);
    reads(python, "[np.int8(1), 2, np.float32(0.5)]", &vec![1.0f64, 2.0, 0.5]);
    reads(python, "[np.array([1.0]), [2.0, 3.0]]", &vec![vec![1.0f64], vec![2.0, 3.0]]);
    reads(
        python,
        "{'a': np.array([1], 'u1'), 'b': [2]}",
        &HashMap::from([("a".to_owned(), vec![1i32]), ("b".into(), vec![2])]),
    );
    reads(python, "{1: 'a', 2: 'b'}", &BTreeMap::from([(1u8, "a".to_owned()), (2, "b".to_owned())]));
    reads(python, "(np.array([1, 2]), 'x', None)", &(vec![1.0f32, 2.0], "x".to_owned(), None::<u8>));
    reads(python, "np.array(5)", &5u8);
    reads(python, "(np.array(True), 1)", &(true, 1u8));
    reads(python, "np.zeros((), '?')", &false);
    reads(python, "np.array(5, '>i2')", &5.0f32);
    reads(python, "np.float32(0.5)", &0.5f64);
    reads(python, "np.int64(-1)", &-1i8);
    reads(python, "None", &None::<Vec<f64>>);
    // Texts and bytes of numpy: an item ends before its last zeros, and only those.
    for dtype in ["<U4", ">U9"] {
        let texts = ["a", "", "ž\0lu", "🦀"];
        let value = format!("np.array(['a', '', 'ž\\0lu', '🦀'], '{dtype}')");
        reads(python, &value, &texts.map(str::to_owned).to_vec());
        reads(python, &value, &texts.map(|text| Some(text.to_owned())).to_vec());
        reads(python, &format!("{value}[::-2]"), &vec!["🦀".to_owned(), "".into()]);
        reads(
            python,
            &format!("{{'k': {value}}}"),
            &HashMap::from([("k".to_owned(), texts.map(str::to_owned).to_vec())]),
        );
    }
    reads(python, "np.array([b'a', b'', b'x\\0y'], 'S5')", &vec![b"a".to_vec(), vec![], b"x\0y".to_vec()]);
    reads(python, "np.array([], 'U')", &Vec::<String>::new());
    reads(python, "np.array(['a', 'b'])", &vec!['a', 'b']);
    reads(python, "np.broadcast_to(np.array('ab'), 3)", &vec!["ab".to_owned(); 3]);
}

#[test]
fn what_is_not_the_same_is_refused_with_both_sides() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    #[track_caller]
    fn refuses<T: FrameSerialize + Debug>(python: &mut Peer, value: &str, kind: ErrorKind, parts: &[&str]) {
        for make in &FORMS {
            let (header, frames) = received(python, value, make);
            let error = deserialize::<T>(&header, frames).unwrap_err();
            assert_eq!(error.kind(), kind, "{value}: {error}");
            let text = error.to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{value}: {text}");
        }
    }
    use ErrorKind::{Mismatch, OutOfRange};
    refuses::<Vec<f32>>(python, "np.array([0.5, 0.1])", OutOfRange, &["<f4", "<f8", "0.1 (f64) at [1]"]);
    refuses::<Vec<u8>>(python, "np.array([255, 256])", OutOfRange, &["|u1", "<i8", "256 at [1]"]);
    refuses::<Vec<u8>>(python, "np.array([-1])", OutOfRange, &["|u1", "<i8", "-1 at [0]"]);
    refuses::<Vec<f64>>(python, "np.array([2**53 + 1])", OutOfRange, &["<f8", "<i8", "9007199254740993 at [0]"]);
    refuses::<Vec<f64>>(
        python,
        "np.array([2**64 - 1], 'u8')",
        OutOfRange,
        &["<f8", "<u8", "18446744073709551615 at [0]"],
    );
    refuses::<f64>(python, "2**64 - 1", OutOfRange, &["18446744073709551615 is not exactly a f64"]);
    refuses::<Vec<i64>>(python, "np.array([1.0])", Mismatch, &["<i8", "<f8"]);
    refuses::<Vec<u8>>(python, "np.array([True])", Mismatch, &["|u1", "|b1"]);
    refuses::<Vec<i64>>(python, "np.array(['2024-01-01'], 'M8[D]')", Mismatch, &["<i8", "<M8[D]"]);
    refuses::<u8>(python, "np.array(300)", OutOfRange, &["|u1", "<i8", "300"]);
    refuses::<Vec<f64>>(python, "np.zeros((2, 2))", Mismatch, &["one-dimensional", "[2, 2]"]);
    refuses::<Vec<f64>>(python, "{'a': np.array([1.0])}", Mismatch, &["one-dimensional array of <f8", "dict"]);
    refuses::<BTreeMap<String, u8>>(python, "np.array([1.0])", Mismatch, &["array of <f8"]);
    refuses::<Vec<String>>(python, "np.array([b'a'])", Mismatch, &["text", "bytes"]);
    refuses::<Vec<u32>>(python, "np.array(['7'])", Mismatch, &["<u4", "<U1"]);
    refuses::<Vec<String>>(python, "np.array([['a']])", Mismatch, &["[0]: ", "String", "<U1", "[1]"]);
    refuses::<Vec<String>>(python, "np.array([1.5])", Mismatch, &["a list", "<f8"]);
    refuses::<Vec<String>>(
        python,
        "np.array(['a', '\\ud800'])",
        ErrorKind::Invalid,
        &["0xd800 is no character", "[1]"],
    );
    let large = "np.broadcast_to(np.array('a' * 1000), 10**9)";
    let (header, frames) = received(python, large, &Make::default());
    assert_eq!(deserialize::<Vec<String>>(&header, frames).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn integers_beyond_64_bits_are_floats_exactly_or_refused_with_both_sides() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    reads(python, "2**64", &2f64.powi(64));
    reads(python, "-2**127", &-2f64.powi(127));
    reads(python, "-(2**53 - 1) * 2**900", &(-9007199254740991.0 * 2f64.powi(900)));
    reads(python, "2**64", &2f32.powi(64));
    reads(python, "[2**64, 1, 0.5]", &vec![2f64.powi(64), 1.0, 0.5]);
    reads(python, "{'x': 2**70, 'y': 1}", &Point { x: 2f64.powi(70), y: Some(1) });
    reads(python, "2**127 - 1", &i128::MAX);
    reads(python, "np.int64(-5)", &-5i128);
    for make in &FORMS {
        let mut refused = |value: &str, read: fn(&Header, Frames<'static>) -> frames_core::Error| {
            let (header, frames) = received(python, value, make);
            read(&header, frames).to_string()
        };
        let text = refused("2**64", |h, f| deserialize::<u64>(h, f).unwrap_err());
        assert!(text.contains("18446744073709551616 does not fit u64"), "{text}");
        let text = refused("-2**64", |h, f| deserialize::<i8>(h, f).unwrap_err());
        assert!(text.contains("-18446744073709551616 does not fit i8"), "{text}");
        let text = refused("2**64 + 1", |h, f| deserialize::<f64>(h, f).unwrap_err());
        assert!(text.contains("18446744073709551617 is not exactly a f64"), "{text}");
        let text = refused("2**2000", |h, f| deserialize::<f64>(h, f).unwrap_err());
        assert!(text.contains("an integer of 251 bytes is not exactly a f64"), "{text}");
        let text = refused("2**127", |h, f| deserialize::<i128>(h, f).unwrap_err());
        assert!(text.contains("170141183460469231731687303715884105728 does not fit i128"), "{text}");
        let text = refused("2**64", |h, f| deserialize::<String>(h, f).unwrap_err());
        assert!(text.contains("expected String, found the integer 18446744073709551616"), "{text}");
        let text = refused("2**64", |h, f| deserialize::<Vec<f64>>(h, f).unwrap_err());
        assert!(text.contains("expected Vec<f64> (a one-dimensional array of <f8), found the integer 184"), "{text}");
        let text = refused("2**64", |h, f| deserialize::<Bytes>(h, f).unwrap_err());
        assert!(text.contains("found the integer 18446744073709551616"), "{text}");
        let text = refused("{'x': 1.0, 'y': 2**64}", |h, f| deserialize::<Point>(h, f).unwrap_err());
        assert!(text.contains("y: 18446744073709551616 does not fit i32"), "{text}");
        let text = refused("2**64", |h, f| deserialize::<Point>(h, f).unwrap_err());
        assert!(text.contains("found the integer 18446744073709551616"), "{text}");
    }
}

#[test]
fn instances_of_classes_of_main_are_their_attributes() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    // What a script or a notebook defines: cloudpickle sends the class with each value.
    let of_main = |class: &str, value: &str| {
        let source = format!("import collections, dataclasses, types\n{class}\nvalue = {value}");
        format!("(lambda names: (exec({source:?}, names), names['value'])[1])({{'__name__': '__main__'}})")
    };
    let point = Point { x: 1.0, y: Some(2) };
    for arguments in ["", "(frozen=True)", "(slots=True)"] {
        let class = format!("@dataclasses.dataclass{arguments}\nclass K:\n  x: float\n  y: int");
        reads(python, &of_main(&class, "K(1.0, 2)"), &point);
        reads(python, &of_main(&class, "[K(1.0, 2), K(1, 2)]"), &vec![point.clone(), point.clone()]);
        reads(python, &of_main(&class, "{'n': K(1.0, 2)}"), &HashMap::from([("n".to_owned(), point.clone())]));
    }
    // By serde too.
    let class = "@dataclasses.dataclass\nclass K:\n  x: float\n  y: int";
    let (_, frames) = received(python, &of_main(class, "{'n': 1, 'k': [K(1.0, 2)]}"), &FORMS[2]);
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct K {
        x: f64,
        y: Option<i32>,
    }
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Outer {
        n: u8,
        k: Vec<K>,
    }
    let read: Outer = frames_pickle::from_slice(frames.get(0).unwrap()).unwrap();
    assert_eq!(read, Outer { n: 1, k: vec![K { x: 1.0, y: Some(2) }] });
    let slots = "class K:\n  __slots__ = ('x', 'y')\n  def __init__(self, x, y): self.x, self.y = x, y";
    reads(python, &of_main(slots, "K(1.0, 2)"), &point);
    reads(python, &of_main("class K(dict): pass", "K(x=1.0, y=2)"), &point);
    reads(python, &of_main("class K(list): pass", "K([1, 2])"), &vec![1u8, 2]);
    reads(python, &of_main("K = collections.namedtuple('K', 'x y')", "K(1.0, 'a')"), &(1.0f64, "a".to_owned()));
}

#[test]
fn arrays_of_other_kinds_decode_from_pickles_too() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    for code in "bBhHiIlLqQfd".chars() {
        let array = format!("array.array('{code}', [1, 2, 3])");
        reads(python, &array, &vec![1f64, 2.0, 3.0]);
        reads(
            python,
            &format!("{{'n': {array}}}"),
            &HashMap::from([("n".to_owned(), Array::from(vec![1f64, 2.0, 3.0]))]),
        );
    }
    reads(python, "array.array('Q', [2**64 - 1])", &vec![u64::MAX]);
    reads(python, "array.array('u', 'aé')", &vec!['a', 'é']);
    reads(python, "(1, memoryview(b'abc'))", &(1u8, Bytes::from_static(b"abc")));
    reads(python, "memoryview(b'abc')", &b"abc".to_vec());
    reads(python, "memoryview(b'')", &Bytes::new());
    reads(python, "np.bytes_(b'abc')", &Bytes::from_static(b"abc"));
    for make in &FORMS {
        for value in ["np.ma.masked", "(1, np.ma.masked)"] {
            let (header, frames) = received(python, value, make);
            let read = match value.starts_with('(') {
                false => deserialize::<frames_core::MaskedConstant>(&header, frames).map(drop),
                true => deserialize::<(u8, frames_core::MaskedConstant)>(&header, frames).map(drop),
            };
            read.unwrap_or_else(|e| panic!("{value} by {:?}: {e}", make.serializers));
        }
    }
    for make in &FORMS {
        let matrix = "__import__('sparse').COO(np.array([[0, 1], [2, 0]]), np.array([1.5, 2.5]), (2, 3))";
        let (header, frames) = received(python, &format!("{{'n': {matrix}, 'm': {matrix}}}"), make);
        let read: HashMap<String, frames_core::SparseCoo<f64>> =
            deserialize(&header, frames).unwrap_or_else(|e| panic!("by {:?}: {e}", make.serializers));
        let matrix = &read["m"].0;
        assert_eq!((matrix.shape(), matrix.row_inds(), matrix.col_inds()), ((2, 3), &[0, 1][..], &[2, 0][..]));
        assert_eq!(matrix.data(), [1.5, 2.5]);
    }
    let (header, frames) = received(
        python,
        "(1, __import__('sparse').COO(np.array([[0], [1]]), np.array([1.5]), (2, 3), fill_value=1.0))",
        &Make::default(),
    );
    let error = deserialize::<(u8, frames_core::SparseCoo<f64>)>(&header, frames).unwrap_err();
    assert!(error.to_string().contains("fill value that is not zero"), "{error}");
    // Protocols before 3 have the items as a list.
    let make = Make { serializers: &["pickle"], pickle_protocol: Some(2), ..Make::default() };
    let (header, frames) = received(python, "array.array('d', [0.5, 1.0])", &make);
    assert_eq!(deserialize::<Vec<f64>>(&header, frames).unwrap(), [0.5, 1.0]);
    for value in ["pd.Series([1.0])", "pa.array([1.0])"] {
        let (header, frames) = received(python, value, &Make::default());
        let text = deserialize::<Vec<f64>>(&header, frames).unwrap_err().to_string();
        assert!(text.contains("found data of Arrow or pandas"), "{text}");
    }
    let (header, frames) = received(python, "np.array([1, 'a'], object)", &Make::default());
    let text = deserialize::<frames_core::NdArray>(&header, frames).unwrap_err().to_string();
    assert!(text.contains("found a list"), "{text}");
}

#[test]
fn rows_of_arrays_are_lists_and_records_of_arrays_are_structs() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let rows = vec![vec![0.0f64, 1.0, 2.0], vec![3.0, 4.0, 5.0]];
    for value in [
        "np.arange(6.0).reshape(2, 3)",
        "np.asfortranarray(np.arange(6, dtype='>i2').reshape(2, 3))",
        "np.arange(12.0).reshape(2, 6)[:, ::2] / 2",
        "np.matrix([[0, 1, 2], [3, 4, 5]])",
        "np.arange(6.0)[::-1].reshape(2, 3)[::-1, ::-1]",
    ] {
        reads(python, value, &rows);
        reads(python, value, &rows.iter().cloned().map(Array::from).collect::<Vec<_>>());
    }
    reads(python, "np.arange(4).reshape(2, 1, 2)", &vec![vec![vec![0u8, 1]], vec![vec![2, 3]]]);
    reads(python, "np.broadcast_to(np.arange(2.0), (3, 2))", &vec![vec![0.0f64, 1.0]; 3]);
    reads(python, "np.zeros((3, 0))", &vec![Vec::<f64>::new(); 3]);
    reads(python, "np.zeros((0, 3))", &Vec::<Vec<f64>>::new());
    reads(python, "np.array([[True], [False]])", &vec![vec![true], vec![false]]);
    reads(
        python,
        "np.array([['a', 'b'], ['c', 'd']])",
        &vec![vec!["a".to_owned(), "b".into()], vec!["c".into(), "d".into()]],
    );
    reads(python, "{'k': np.ones((1, 2))}", &HashMap::from([("k".to_owned(), vec![vec![1f32, 1.0]])]));
    reads(python, "np.arange(6).reshape(2, 3)", &vec![[0.0f64, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    reads(python, "np.arange(4, dtype='>f2').reshape(1, 2, 2)", &vec![[[0.0f32, 1.0], [2.0, 3.0]]]);
    // Rows share the frame.
    let (header, frames) = received(python, "np.arange(2000.0).reshape(2, 1000)", &Make::default());
    let range = frames.get(0).unwrap().as_slice().as_ptr_range();
    let read: Vec<Array<f64>> = deserialize(&header, frames).unwrap();
    assert!(read.iter().all(|row| range.contains(&row.as_ptr().cast())));
    // A few bytes do not become many rows.
    for value in ["np.zeros((10**6, 0))", "np.broadcast_to(np.float64(1), (10**6, 10))", "np.zeros((100, 100, 100, 0))"]
    {
        let (header, frames) = received(python, value, &Make::default());
        let error = deserialize::<Vec<Vec<Vec<Vec<f64>>>>>(&header, frames).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{value}: {error}");
    }

    let points = vec![Point { x: 1.0, y: Some(2) }, Point { x: 3.0, y: Some(4) }];
    for value in [
        "np.array([(1.0, 2), (3.0, 4)], [('x', 'f8'), ('y', 'i4')])",
        "np.array([(2, 0, 1), (4, 0, 3)], np.dtype([('y', '>i2'), ('pad', 'u1'), ('x', 'f4')], align=True))[['y', 'x']]",
        "np.rec.array([(1.0, 2), (3.0, 4)], [('x', 'f8'), ('y', 'i4')])",
        "np.array([(3.0, 4), (9, 9), (1.0, 2)], [('x', 'f8'), ('y', 'i4')])[::-2]",
    ] {
        reads(python, value, &points);
        reads(python, &format!("{{'n': {value}}}"), &HashMap::from([("n".to_owned(), points.clone())]));
    }
    let (header, frames) = received(python, "np.zeros(2, [('x', 'f8'), ('z', 'i4')])", &Make::default());
    let text = deserialize::<Vec<Point>>(&header, frames).unwrap_err().to_string();
    assert!(text.contains("no field \"z\""), "{text}");
    #[derive(Clone, Debug, PartialEq, FrameSerialize)]
    struct Line {
        ends: [[f64; 2]; 2],
        at: Point,
        name: String,
    }
    let line = Line { ends: [[1.0; 2]; 2], at: Point { x: 0.5, y: Some(7) }, name: "n".into() };
    let dtype = "[('ends', 'f4', (2, 2)), ('at', [('x', 'f8'), ('y', 'i1')]), ('name', 'U3')]";
    reads(python, &format!("np.array([(np.ones((2, 2)), (0.5, 7), 'n')], {dtype})"), &vec![line]);
}

#[test]
fn arrays_of_other_numbers_are_those_of_ndarray_if_they_are_the_same() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let array = ndarray::arr2(&[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    for dtype in ["i1", ">u2", "<i8", "f2", ">f4"] {
        let value = format!("np.arange(6, dtype='{dtype}').reshape(2, 3)");
        reads(python, &value, &array);
        reads(python, &format!("np.asfortranarray({value})"), &array);
        reads(python, &format!("np.repeat({value}, 2, axis=1)[:, ::2]"), &array.clone().into_dyn());
    }
    for order in ["np.ascontiguousarray", "np.asfortranarray"] {
        let (header, frames) = received(python, &format!("{order}([[1, 2], [300, 4]])"), &Make::default());
        let error = deserialize::<ndarray::Array2<u8>>(&header, frames).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("array of |u1, found an array of <i8 with 300 at [2]"), "{text}");
        let (header, frames) = received(python, &format!("{order}([[1.0], [0.5]])"), &Make::default());
        assert_eq!(deserialize::<ndarray::Array2<i64>>(&header, frames).unwrap_err().kind(), ErrorKind::Mismatch);
    }
}
