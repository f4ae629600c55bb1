//! serde types from Python's pickles, and to them: what CPython wrote is read, what is written is what CPython would write.

#[path = "support/python.rs"]
mod python;

use frames_core::ErrorKind;
use frames_pickle::{Buffer, Deserializer, Serializer, from_frames, from_graph, from_slice, to_frames, to_vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The parts that the script writes for those that it is given.
fn script(arguments: &[&str], parts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let interpreter = python::interpreter().unwrap_or_else(|reason| panic!("{reason}"));
    let mut command = python::isolated(interpreter);
    command.arg(python::workspace().join("tests/python/pickle_serde.py")).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input: Vec<u8> =
        parts.iter().flat_map(|part| [&(part.len() as u64).to_le_bytes()[..], part].concat()).collect();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the script failed");
    let (mut rest, mut answers) = (&output.stdout[..], Vec::new());
    while let Some((len, after)) = rest.split_first_chunk() {
        let (part, after) = after.split_at(u64::from_le_bytes(*len) as usize);
        answers.push(part.to_vec());
        rest = after;
    }
    answers
}

/// The objects of the script, by name, as CPython pickles them by each protocol.
fn objects() -> Vec<(u8, BTreeMap<String, Vec<u8>>)> {
    let of = |protocol: u8| {
        let parts = script(&["make", &protocol.to_string()], &[]);
        let pairs = parts.chunks(2).map(|pair| (String::from_utf8(pair[0].clone()).unwrap(), pair[1].clone()));
        (protocol, pairs.collect())
    };
    (0..=5).map(of).collect()
}

/// Reads all objects whose name starts so.
#[track_caller]
fn each<T: DeserializeOwned + PartialEq + Debug>(objects: &BTreeMap<String, Vec<u8>>, group: &str, expected: &T) {
    let mut count = 0;
    for (name, pickle) in objects.iter().filter(|(name, _)| name.starts_with(group)) {
        let value: T = from_slice(pickle).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&value, expected, "{name}");
        count += 1;
    }
    assert!(count > 0, "{group}");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    name: String,
    size: u16,
    at: (i32, f64),
}

#[test]
fn what_cpython_pickles_is_read() {
    if python::skip() {
        return;
    }
    for (protocol, objects) in objects() {
        println!("protocol {protocol}");
        each(&objects, "row/", &Row { name: "a".into(), size: 7, at: (1, 2.5) });
        each(&objects, "map/", &BTreeMap::from([("a".to_owned(), 1u8), ("bc".to_owned(), 2)]));
        each(&objects, "map/", &serde_json::json!({"a": 1, "bc": 2}));
        each(&objects, "list/", &vec![1u64, 2, 300]);
        each(&objects, "list/", &(1u64, 2i8, 300f32));
        each(&objects, "list/", &serde_json::json!([1, 2, 300]));
        each(&objects, "set/", &BTreeSet::from([1u64, 2, 300]));
        each(&objects, "empty/", &Vec::<String>::new());
        each(&objects, "no map/", &HashMap::<String, u8>::new());
        each(&objects, "seven/", &7u8);
        each(&objects, "seven/", &7i128);
        each(&objects, "seven/", &7f64);
        each(&objects, "seven/", &serde_json::json!(7));
        each(&objects, "three/", &3u8);
        each(&objects, "one/", &1u8);
        each(&objects, "blue/", &"blue".to_owned());
        each(&objects, "blue/", &Colour::Blue);
        each(&objects, "half/", &0.5f32);
        each(&objects, "bytes/", &ByteBuf::from(b"\x00\xffab"));
        each(&objects, "bytes/", &b"\x00\xffab".to_vec());
        each(&objects, "bytes/", &Buffer::from(b"\x00\xffab".to_vec()));
        let wide = [1i128 << 63, -1 << 63, i128::MAX, i128::MIN];
        assert_eq!(from_slice::<(i128, i128, i128, i128, u128)>(&objects["wide"]).unwrap().4, u128::MAX);
        let read: (i128, i128, i128, i128, IgnoredAny) = from_slice(&objects["wide"]).unwrap();
        assert_eq!([read.0, read.1, read.2, read.3], wide);
        each(&objects, "shared", &vec![vec![1, 2], vec![1, 2]]);
        each(&objects, "decimal", &"1.50".to_owned());
        each(&objects, "none", &(None::<u8>, Some(3)));
        each(&objects, "complex", &(1.0, 2.0));
        each(&objects, "error", &("bad".to_owned(), 7));
        let variants =
            [Shape::Unit, Shape::New(5), Shape::Pair(1, 2.0), Shape::Named { first: "x".into(), second: None }];
        each(&objects, "variants", &variants.to_vec());

        let failure = |name: &str, error: frames_core::Error| format!("{name}: {:?} {error}", error.kind());
        let nested = from_slice::<BTreeMap<String, Nested>>(&objects["nested"]).unwrap_err();
        assert_eq!(nested.path(), r#"["data"].x[1].coef"#);
        assert_eq!(nested.message(), "expected f64, found str");
        let date = from_slice::<String>(&objects["date"]).unwrap_err();
        assert!(date.message().contains("datetime.date"), "{}", failure("date", date));
        let date = from_slice::<Row>(&objects["date"]).unwrap_err();
        assert!(date.message().contains("datetime.date"), "{}", failure("date", date));
        let date = from_slice::<serde_json::Value>(&objects["date"]).unwrap_err();
        assert!(date.message().contains("datetime.date"), "{}", failure("date", date));
        assert_eq!(from_slice::<u128>(&objects["too wide"]).unwrap_err().kind(), ErrorKind::OutOfRange);
        let surrogate = from_slice::<String>(&objects["surrogate"]).unwrap_err();
        assert!(surrogate.message().contains("surrogate"));
        let cycle = from_slice::<serde_json::Value>(&objects["cycle"]).unwrap_err();
        assert_eq!(cycle.kind(), ErrorKind::Limit);
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Blue,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Nested {
    x: Vec<Coefficient>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Coefficient {
    coef: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    New(i64),
    Pair(u8, f64),
    Named { first: String, second: Option<bool> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct New(u32);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct All {
    signed: (i8, i16, i32, i64, i128),
    unsigned: (u8, u16, u32, u64, u128),
    floats: Vec<f64>,
    single: f32,
    text: String,
    char: char,
    bytes: ByteBuf,
    shapes: Vec<Shape>,
    map: BTreeMap<String, Vec<u32>>,
    #[serde(with = "frames_core::as_set")]
    set: BTreeSet<i64>,
    new: New,
    unit: (),
    nothing: [u8; 0],
    inner: Option<Box<All>>,
}

// CPython has one object for each text of a character below U+0100 and for bytes of one, and writes it once.
fn text() -> impl Strategy<Value = String> {
    "[a-zäß€𝄞]{2,9}"
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        any::<i64>().prop_map(Shape::New),
        (any::<u8>(), -1e9..1e9).prop_map(|(a, b)| Shape::Pair(a, b)),
        (text(), any::<Option<bool>>()).prop_map(|(first, second)| Shape::Named { first, second }),
    ]
}

fn all() -> impl Strategy<Value = All> {
    let leaf = (
        (any::<(i8, i16, i32, i64, i128)>(), any::<(u8, u16, u32, u64, u128)>()),
        (proptest::collection::vec(proptest::num::f64::NORMAL, 0..4), proptest::num::f32::NORMAL),
        (text(), prop_oneof![Just('€'), Just('𝄞')]),
        proptest::collection::vec(any::<u8>(), 2..40),
        proptest::collection::vec(shape(), 0..5),
        proptest::collection::btree_map(text(), proptest::collection::vec(any::<u32>(), 0..3), 0..4),
        // Of more than one, Python has an order of its own.
        proptest::collection::btree_set(any::<i64>(), 0..2),
        any::<u32>(),
    )
        .prop_map(|((signed, unsigned), (floats, single), (text, char), bytes, shapes, map, set, new)| All {
            signed,
            unsigned,
            floats,
            single,
            text,
            char,
            bytes: bytes.into(),
            shapes,
            map,
            set,
            new: New(new),
            unit: (),
            nothing: [],
            inner: None,
        });
    leaf.prop_recursive(4, 8, 1, |inner| {
        (inner.clone(), inner).prop_map(|(outer, inner)| All { inner: Some(Box::new(inner)), ..outer })
    })
}

/// What is written is read back, and CPython pickles what it reads of it to the same bytes.
#[track_caller]
fn the_same_from_cpython(pickles: &[Vec<u8>]) {
    if python::skip() {
        return;
    }
    let theirs = script(&["again"], pickles);
    assert_eq!(theirs.len(), pickles.len());
    for (index, (ours, theirs)) in pickles.iter().zip(&theirs).enumerate() {
        if ours != theirs {
            let at = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
            let (ours, theirs) = (ours.get(at..).unwrap_or_default(), theirs.get(at..).unwrap_or_default());
            let [ours, theirs] = [ours, theirs].map(|rest| rest[..rest.len().min(40)].escape_ascii().to_string());
            panic!("pickle {index} at byte {at}:\n  ours {ours}\ntheirs {theirs}");
        }
    }
}

#[test]
fn random_values_come_back_and_are_what_cpython_writes() {
    let mut runner = TestRunner::deterministic();
    let values: Vec<All> = (0..256).map(|_| all().new_tree(&mut runner).unwrap().current()).collect();
    let pickles: Vec<Vec<u8>> = values.iter().map(|value| to_vec(value).unwrap()).collect();
    for (value, pickle) in values.iter().zip(&pickles) {
        assert_eq!(&from_slice::<All>(pickle).unwrap(), value);
        let graph = frames_pickle::read(pickle).unwrap();
        assert_eq!(&from_graph::<All>(&graph, graph.root()).unwrap(), value);
    }
    let whole = to_vec(&values).unwrap();
    assert_eq!(from_slice::<Vec<All>>(&whole).unwrap(), values);
    the_same_from_cpython(&[pickles, vec![whole]].concat());
}

#[derive(Clone, Serialize)]
struct Wide {
    first_field: u32,
    second_field: f64,
    third: Option<&'static str>,
}

#[test]
fn batches_frames_and_names_are_those_of_cpython() {
    let mut pickles = Vec::new();
    for len in [0, 1, 2, 3, 4, 999, 1000, 1001, 2000, 2001, 70_000] {
        let numbers: Vec<u32> = (0..len).collect();
        pickles.push(to_vec(&numbers).unwrap());
        pickles.push(to_vec(&numbers.iter().map(|n| (n, f64::from(*n))).collect::<BTreeMap<_, _>>()).unwrap());
        pickles.push(to_vec(&numbers.iter().map(|n| format!("name {n}")).collect::<Vec<_>>()).unwrap());
        let wide = numbers.iter().map(|n| Wide { first_field: *n, second_field: 0.5, third: None });
        pickles.push(to_vec(&wide.collect::<Vec<_>>()).unwrap());
    }
    for len in [2, 255, 256, 65_535, 65_536, 65_537, 1 << 20] {
        let (text, bytes) = ("x".repeat(len), ByteBuf::from(vec![7; len]));
        pickles.push(to_vec(&text).unwrap());
        pickles.push(to_vec(&bytes).unwrap());
        pickles.push(to_vec(&(1, &bytes, &text, [&bytes, &bytes], "end")).unwrap_or_default());
    }
    for number in [0i64, 1, 255, 256, 65_535, 65_536, -1, i32::MAX.into(), i32::MIN.into(), 1 << 31, i64::MIN] {
        pickles.push(to_vec(&number).unwrap());
    }
    pickles.push(to_vec(&(i128::MIN, u128::MAX, u64::MAX, i128::from(i64::MIN) - 1)).unwrap());
    // Each name is there for the two hundred and fifty-sixth time and more, so that its index needs four bytes.
    let names: Vec<(String, Shape)> = (0..300).map(|n| (format!("name {n}"), Shape::Unit)).collect();
    let late = (names, Wide { first_field: 1, second_field: 1.0, third: Some("some") }, [Shape::New(1), Shape::New(2)]);
    pickles.push(to_vec(&late).unwrap());
    the_same_from_cpython(&pickles);
}

#[test]
fn text_and_bytes_are_borrowed() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Borrowed<'a> {
        text: &'a str,
        #[serde(with = "serde_bytes")]
        bytes: &'a [u8],
    }
    let value = Borrowed { text: "text", bytes: b"bytes" };
    let pickle = to_vec(&value).unwrap();
    let read: Borrowed = from_slice(&pickle).unwrap();
    assert_eq!(read, value);
    assert!(
        pickle.as_ptr_range().contains(&read.text.as_ptr()) && pickle.as_ptr_range().contains(&read.bytes.as_ptr())
    );
}

#[test]
fn serde_attributes_work() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Flat {
        #[serde(rename = "Name", alias = "name")]
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<u8>,
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
        #[serde(flatten)]
        shape: Tagged,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Tagged {
        Round { radius: u8 },
    }
    let rest = BTreeMap::from([("a".to_owned(), 0.5.into())]);
    let value = Flat { name: "x".into(), size: None, rest, shape: Tagged::Round { radius: 7 } };
    let pickle = to_vec(&value).unwrap();
    let graph = frames_pickle::read(&pickle).unwrap();
    assert_eq!(format!("{graph:?}"), r#"{"Name": "x", "a": 0.5, "kind": "round", "radius": 7}"#);
    let read: Flat = from_slice(&pickle).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((&read.name, &read.shape), (&value.name, &value.shape));
    // What is flattened goes to all that are.
    assert_eq!(read.rest, serde_json::from_str(r#"{"a": 0.5, "kind": "round", "radius": 7}"#).unwrap());
    // An instance with such attributes.
    let instance = [
        &b"\x80\x04cm\nC\n)\x81}(X\x04\0\0\0nameX\x01\0\0\0x"[..],
        b"X\x04\0\0\0kindX\x05\0\0\0roundX\x06\0\0\0radiusK\x07ub.",
    ]
    .concat();
    let instance = &instance[..];
    assert_eq!(from_slice::<Flat>(instance).unwrap().shape, Tagged::Round { radius: 7 });
    assert_eq!(from_slice::<Tagged>(instance).unwrap(), Tagged::Round { radius: 7 });
}

#[test]
fn of_a_key_that_is_there_twice_the_last_one_counts() {
    let pickle = b"\x80\x04}(X\x04\0\0\0sizeK\x01X\x04\0\0\0sizeK\x02u.";
    assert_eq!(from_slice::<BTreeMap<String, u8>>(pickle).unwrap()["size"], 2);
    assert_eq!(from_slice::<Row>(pickle).unwrap_err().kind(), ErrorKind::DuplicateField);
}

#[test]
fn buffers_travel_beside_the_pickle() {
    let (mine, fixed) = (Buffer::from(vec![1; 100_000]), Buffer::from(vec![2; 100_000]).read_only());
    let value = BTreeMap::from([("fixed", &fixed), ("mine", &mine)]);
    let (pickle, buffers) = to_frames(&value).unwrap();
    assert_eq!(buffers, [fixed.clone(), mine.clone()]);
    let read: BTreeMap<String, Buffer> = from_frames(&pickle, &buffers).unwrap();
    assert_eq!(read["fixed"], fixed);
    assert_eq!(read["mine"], mine);
    assert!(std::ptr::eq(&**read["mine"].bytes(), &**mine.bytes()));
    // All in one, and in another format, they are bytes.
    assert_eq!(from_slice::<BTreeMap<String, Buffer>>(&to_vec(&value).unwrap()).unwrap()["mine"], mine);
    let json = serde_json::to_string(&Buffer::from(vec![1, 2])).unwrap();
    assert_eq!(serde_json::from_str::<Buffer>(&json).unwrap(), Buffer::from(vec![1, 2]));
    let plain = ByteBuf::from(vec![7; 100]);
    let (_, none) = to_frames(&plain).unwrap();
    let (_, one) = Serializer::new().out_of_band(100).to_frames(&plain).unwrap();
    assert_eq!((none.len(), one.len()), (0, 1));
    assert_eq!(from_frames::<u8>(b"K\x07.", &buffers).unwrap_err().kind(), ErrorKind::FrameCount);
}

#[test]
fn a_buffer_asked_of_what_is_none_leaves_nothing_behind() {
    assert_eq!(from_slice::<Buffer>(b"N.").unwrap_err().kind(), ErrorKind::Mismatch);
    // A user's type of the same name sees no buffer, and the next one is not surprised by it.
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename = "$frames_pickle::Buffer")]
    struct Mine(Vec<u8>);
    let buffers = [Buffer::from(vec![1])];
    assert!(from_frames::<Mine>(b"\x80\x05\x97.", &buffers).is_err());
    assert!(from_slice::<Buffer>(b"N.").is_err());
    let pickle = to_vec(&(Mine(vec![1]), ByteBuf::from(b"next"))).unwrap();
    assert_eq!(from_slice::<(Vec<u8>, ByteBuf)>(&pickle).unwrap().1, b"next");
}

/// `count` times `step` between a start and an end.
fn repeated(start: &[u8], step: &[u8], count: usize, end: &[u8]) -> Vec<u8> {
    [b"\x80\x04", start, &step.repeat(count), end, b"."].concat()
}

#[test]
fn bombs_end() {
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "it is never made")]
    enum Tree {
        Leaf(u8),
        Node(Vec<Tree>),
    }
    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "it is never made")]
    struct Pair(Option<Box<(Pair, Pair)>>);
    let doubled = repeated(b"N", b"2\x86", 60, b"");
    // x = (memo, memo), put aside again.
    let remembered = repeated(b"Nq\0", b"0h\0h\0\x86q\0", 60, b"");
    let lists = repeated(b"](NNe", b"q\x01]q\x02(h\x01h\x01h\x01h\x01e", 60, b"");
    for bomb in [&doubled, &remembered, &lists] {
        let start = Instant::now();
        let taken = allocation_counter::measure(|| {
            for error in [
                from_slice::<serde_json::Value>(bomb).unwrap_err(),
                from_slice::<Tree>(bomb).unwrap_err(),
                from_slice::<Pair>(bomb).unwrap_err(),
            ] {
                assert!(matches!(error.kind(), ErrorKind::Limit | ErrorKind::Mismatch | ErrorKind::Custom), "{error}");
            }
        });
        assert!(taken.bytes_max < 300 << 20, "{taken:?}");
        let small = Deserializer::new().free(1000).from_slice::<serde_json::Value>(bomb).unwrap_err();
        assert_eq!(small.kind(), ErrorKind::Limit);
        from_slice::<IgnoredAny>(bomb).unwrap();
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
    // A text of a megabyte, a hundred thousand times.
    let text = [&b"X\0\0\x10\0"[..], &[b'x'; 1 << 20], b"q\0("].concat();
    let texts = repeated(&text, b"h\0", 100_000, b"t");
    let taken = allocation_counter::measure(|| {
        assert_eq!(from_slice::<Vec<String>>(&texts).unwrap_err().kind(), ErrorKind::Limit);
    });
    assert!(taken.bytes_max < 300 << 20, "{taken:?}");
    // Without copies there is nothing to bound, but the count is the same.
    assert!(Deserializer::new().free(1 << 40).from_slice::<Vec<&str>>(&texts).is_ok());
}

#[test]
fn what_is_done_to_an_object_is_paid_for() {
    // An instance of a subclass of int that is given a state again and again, and is there as often: 10^10 steps.
    let start = Instant::now();
    let object = [&b"cm\nC\nK\x07\x85\x81"[..], &b"Nb".repeat(100_000), b"q\0("].concat();
    let pickle = repeated(&object, b"h\0", 100_000, b"t");
    assert_eq!(from_slice::<Vec<u8>>(&pickle).unwrap_err().kind(), ErrorKind::Limit);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn honest_sharing_is_read() {
    let list = [&b"]("[..], &b"K\x07".repeat(3000), b"eq\0("].concat();
    let pickle = repeated(&list, b"h\0", 3000, b"t");
    assert!(pickle.len() < 13_000);
    let lists: Vec<Vec<i64>> = from_slice(&pickle).unwrap();
    assert_eq!((lists.len(), lists[2999].len()), (3000, 3000));
}

#[test]
fn what_nests_ends_by_an_error() {
    let deep = repeated(b"", b"]", 100_000, &b"a".repeat(99_999));
    assert_eq!(from_slice::<serde_json::Value>(&deep).unwrap_err().kind(), ErrorKind::Limit);
    from_slice::<IgnoredAny>(&deep).unwrap();
    // Instances of subclasses of int around each other.
    let wrapped = repeated(&b"cm\nC\n".repeat(1000), b"\x85\x81", 999, b"");
    assert!(from_slice::<u8>(&wrapped).is_err());
    #[derive(Debug, Serialize, Deserialize)]
    struct Endless(Option<Box<Endless>>);
    assert_eq!(from_slice::<Endless>(b"K\x01.").unwrap_err().kind(), ErrorKind::Limit);
    let mut value = Endless(None);
    for _ in 0..1000 {
        value = Endless(Some(Box::new(value)));
    }
    assert_eq!(to_vec(&value).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn the_default_depth_fits_a_thread() {
    let read = || {
        let mut runner = TestRunner::deterministic();
        let leaf = All { inner: None, ..all().new_tree(&mut runner).unwrap().current() };
        // A struct and an option are two levels, and there is something in the last one.
        let deep = (0..62).fold(leaf.clone(), |inner, _| All { inner: Some(Box::new(inner)), ..leaf.clone() });
        let pickle = to_vec(&deep).unwrap();
        assert!(from_slice::<All>(&pickle).unwrap() == deep);
        let deeper = (0..3).fold(deep, |inner, _| All { inner: Some(Box::new(inner)), ..leaf.clone() });
        assert_eq!(to_vec(&deeper).unwrap_err().kind(), ErrorKind::Limit);
        let pickle = Serializer::new().depth(200).to_vec(&deeper).unwrap();
        assert_eq!(from_slice::<All>(&pickle).unwrap_err().kind(), ErrorKind::Limit);
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(read).unwrap().join().unwrap();
}

#[test]
fn errors_say_both_sides_and_the_place() {
    fn message<T: DeserializeOwned + Debug>(value: &impl Serialize) -> String {
        from_slice::<T>(&to_vec(value).unwrap()).unwrap_err().to_string()
    }
    assert_eq!(message::<Vec<u8>>(&[1, 300]), "[1]: 300 does not fit u8");
    assert_eq!(message::<Vec<u8>>(&[1, -1]), "[1]: -1 does not fit u8");
    assert_eq!(message::<Vec<i64>>(&vec![0.5]), "[0]: expected i64, found float");
    assert_eq!(message::<bool>(&1), "expected a bool, found int");
    assert_eq!(message::<u8>(&true), "expected u8, found bool");
    assert!(message::<f64>(&(1i64 << 53 | 1)).starts_with("9007199254740993 is not exactly a f64"));
    assert!(message::<f32>(&0.1).starts_with("0.1 is not exactly a f32"));
    assert_eq!(message::<String>(&vec![1]), "expected text, found list");
    assert_eq!(message::<(u8, u8)>(&(1, 2, 3)), "expected a length of 2, found a length of 3");
    assert_eq!(message::<BTreeMap<String, u8>>(&vec![("a", 1)]), "expected a dict, found list");
    assert_eq!(message::<BTreeMap<i8, u8>>(&BTreeMap::from([(5, "x")])), "[5]: expected u8, found str");
    let row = BTreeMap::from([("name", "a")]);
    assert!(message::<Vec<Row>>(&[row]).starts_with("[0]: the field `size` is missing (in Row)"));
    assert!(message::<Shape>(&"Unitt").contains("`Unit` is near"));
    assert_eq!(message::<Shape>(&BTreeMap::from([("Pair", (1, "x"))])), "Pair[1]: expected f64, found str (in Shape)");
    assert_eq!(
        from_slice::<String>(b"cos\nsystem\n(S'true'\ntR.").unwrap_err().message(),
        "expected text, found an object that os.system makes"
    );
    assert_eq!(from_slice::<f64>(b"\x8a\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0.").unwrap(), 2f64.powi(127));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = from_slice::<serde_json::Value>(&bytes);
    }

    #[test]
    fn a_changed_pickle_is_no_panic(value in all(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut pickle = to_vec(&value).unwrap();
        let at = at.index(pickle.len());
        pickle[at] = byte;
        let _ = from_slice::<All>(&pickle);
        let _ = from_slice::<serde_json::Value>(&pickle);
    }
}
