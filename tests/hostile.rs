//! Everything that a peer can send wrong ends in an error that says where: on a stack of 256 KiB, in a debug build, in memory
//! that the input has paid for.
//!
//! A case is a valid value of some type. [`attack`] decodes what was made of it in every way that there is, counts the
//! bytes that are held meanwhile, and looks at the error.

#[path = "hostile/arrays.rs"]
mod arrays;
#[path = "../fuzz/src/lib.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    missing_docs,
    reason = "the bodies of the fuzz targets, of which some are used here"
)]
mod fuzz;
#[path = "hostile/mutations.rs"]
mod mutations;
#[path = "hostile/nesting.rs"]
mod nesting;
#[path = "hostile/shapes.rs"]
mod shapes;

use allocation_counter::measure;
use frames_core::bytes::{Bytes, BytesMut};
use frames_core::rmpv::Value;
use frames_core::{
    AnyCollection, AnyValue, Array, Codec, Decoder, Error, ErrorKind, Family, Frame, FrameSerialize, Frames, Header,
    HeaderRef, Limits, NdArray, Result, Serialized, deserialize, deserialize_any, deserialize_bytes, inventory,
    pack_frames, pack_value, serialize, unpack_frames, unpack_frames_ref, unpack_value,
};
use fuzz::types::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::num::{NonZeroI32, NonZeroU8};
use std::ops::{Range, RangeFrom, RangeInclusive, RangeTo};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

// ---- the rules

/// What one byte of input may hold in memory while it is decoded: the largest is a byte of a list of rows or items, whose
/// element has fields of its own.
const BYTES_PER_BYTE: u64 = 32;
/// What any input may hold. A list reserves up to 64 KiB before its elements are looked at.
const BASE: u64 = 128 << 10;
/// No error is longer: a path has 64 levels at most, and each name in it is cut.
const LONGEST_ERROR: usize = fuzz::LONGEST_ERROR;
/// Stands in the frames of the cases, and never in an error.
const SECRET: &str = "Sesame-4711";

/// Runs on the smallest stack that is promised to be enough.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Fails on an error that says nothing, or floods.
#[track_caller]
fn check(error: &Error) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.is_empty() && text.len() < LONGEST_ERROR, "{} bytes: {text:.4000}", text.len());
    }
}

/// Fails on an error that has in it what was sent. Names are shown, of fields, keys, variants and types: a flipped bit can
/// make a name of any text, so this is asked only where the headers are as they should be.
#[track_caller]
fn check_discreet(error: &Error) {
    check(error);
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error}");
}

type Decode = fn(HeaderRef<'_>, Vec<Bytes>) -> Result<()>;

/// A valid value: what a peer would send if it were honest.
#[derive(Clone)]
struct Case {
    name: String,
    header: Vec<u8>,
    frames: Vec<Bytes>,
    decode: Decode,
}

fn case<T: FrameSerialize>(value: &T) -> Case {
    let (header, frames) = serialize(value).unwrap();
    let frames = frames.into_owned().into_iter().map(Frame::into_bytes).collect();
    let decode: Decode = |header, frames| deserialize::<T>(header, frames.into()).map(drop);
    Case { name: T::type_name().into_owned(), header: header.into_bytes(), frames, decode }
}

impl Case {
    fn input(&self) -> usize {
        self.header.len() + self.frames.iter().map(|f| f.len() + size_of::<Bytes>()).sum::<usize>()
    }

    /// Decodes as the type that it should be, and as whatever it says to be. Gives what the typed decode said.
    #[track_caller]
    fn attack(&self) -> Result<()> {
        let header = match HeaderRef::new(&self.header) {
            Ok(header) => header,
            Err(error) => {
                check(&error);
                return Err(error);
            }
        };
        let any: Decode = |header, frames| deserialize_any(header, frames.into()).map(drop);
        let (typed, any) = (self.bounded(header, self.decode), self.bounded(header, any));
        if let Err(error) = any {
            check(&error);
        }
        typed.inspect_err(check)
    }

    #[track_caller]
    fn bounded(&self, header: HeaderRef<'_>, decode: Decode) -> Result<()> {
        let frames = self.frames.clone();
        let mut result = None;
        let info = measure(|| result = Some(decode(header, frames)));
        let bound = BYTES_PER_BYTE * self.input() as u64 + BASE;
        assert!(
            info.bytes_max <= bound,
            "{}: {} bytes held for {} of input, {:?}\n{header}",
            self.name,
            info.bytes_max,
            self.input(),
            result
        );
        result.unwrap()
    }

    #[track_caller]
    fn must_fail(&self, what: &str) {
        match self.attack() {
            Err(error) => check_discreet(&error),
            Ok(()) => panic!("{} with {what} was accepted: {:?}", self.name, HeaderRef::new(&self.header)),
        }
    }
}

// ---- valid values of every type

fn secret() -> String {
    SECRET.to_owned()
}

fn cases() -> Vec<Case> {
    let mut all = numbers_and_text();
    all.extend(sequences_and_maps());
    all.extend(derived());
    all.extend(arrays::cases());
    all
}

fn numbers_and_text() -> Vec<Case> {
    vec![
        case(&7u8),
        case(&300u16),
        case(&u32::MAX),
        case(&u64::MAX),
        case(&usize::MAX),
        case(&-1i8),
        case(&i16::MIN),
        case(&i32::MIN),
        case(&i64::MIN),
        case(&-5isize),
        case(&u128::MAX),
        case(&i128::MIN),
        case(&1.5f32),
        case(&1.5f64),
        case(&true),
        case(&()),
        case(&'ž'),
        case(&NonZeroU8::MAX),
        case(&NonZeroI32::MIN),
        case(&secret()),
        case(&SECRET.repeat(2000)),
        case(&Box::<str>::from(SECRET)),
        case(&Rc::<str>::from(SECRET)),
        case(&Arc::<str>::from(SECRET)),
        case(&Cow::<str>::Borrowed(SECRET)),
        case(&PathBuf::from(SECRET)),
        case(&Duration::new(1, 2)),
        case(&(SystemTime::UNIX_EPOCH + Duration::new(1, 2))),
        case(&(1u8..5)),
        case(&(1u8..=5)),
        case(&(1u8..)),
        case(&(..5u8)),
        case(&Some(5u8)),
        case(&Some(Some(5u8))),
        case(&Some(secret())),
        case(&Ok::<u8, String>(5)),
        case(&Err::<u8, String>(secret())),
        case(&Box::new(1.5f64)),
        case(&Value::Array(vec![Value::from(1), Value::from(SECRET)])),
    ]
}

fn sequences_and_maps() -> Vec<Case> {
    let text = SECRET.as_bytes();
    vec![
        case(&text.to_vec()),
        case(&Bytes::from_static(text)),
        case(&BytesMut::from(text)),
        case(&[1u8, 2, 3]),
        case(&vec![1.5f64, 2.5]),
        case(&vec![true, false]),
        case(&Array::from(vec![1i32, 2, 3])),
        case(&Array::from(vec![[1u16, 2], [3, 4]])),
        case(&Arc::<[f32]>::from(vec![1.5f32])),
        case(&Cow::<[i64]>::Owned(vec![1, -1])),
        case(&VecDeque::from([1u64, 2])),
        case(&Box::<[i8]>::from([1, 2])),
        case(&[1i16, 2, 3]),
        case(&vec![secret(), String::new()]),
        case(&vec![Some(secret()), None]),
        case(&vec![Some(vec![1.0f64]), None]),
        case(&Some(Some(vec![1.0f64]))),
        case(&Ok::<Vec<f64>, String>(vec![1.0])),
        case(&vec![vec![1.0f64], vec![]]),
        case(&vec![text.to_vec(), vec![]]),
        case(&(1u8, secret(), None::<bool>)),
        case(&(1u8, vec![1.5f64], secret())),
        case(&vec![(1u8, 2u8)]),
        case(&vec![i128::MAX, 1]),
        case(&HashMap::from([("key".to_string(), secret())])),
        case(&BTreeMap::from([("key".to_string(), vec![1.0f64]), ("b".into(), vec![])])),
        case(&BTreeMap::from([((1u8, 'c'), text.to_vec())])),
        case(&HashSet::from([1u8, 2])),
        case(&BTreeSet::from([secret(), "b".into()])),
        case(&vec![BTreeMap::from([("y".to_string(), vec![1i32])])]),
    ]
}

fn derived() -> Vec<Case> {
    let mut all = vec![
        case(&Sample { name: secret(), ..sample() }),
        case(&Point { x: 1.0, y: 2.0 }),
        case(&node(4)),
        case(&vec![node(3), node(1)]),
        case(&List::Cons(1u8, Box::new(List::Cons(2, Box::new(List::Nil))))),
        case(&List::Cons(vec![1u8], Box::new(List::Nil))),
        case(&(0..3).map(row).collect::<Vec<_>>()),
        case(&row(2)),
        case(&vec![pixel(1), pixel(2)]),
        case(&pixel(1)),
        case(&Array::from(vec![pixel(1)])),
        case(&Meters(1.5)),
        case(&vec![Some(Marker), None]),
        case(&vec![Pair(1, vec![1.0]), Pair(2, vec![])]),
        case(&vec![Empty::default(); 3]),
        case(&InPython { a: 1, data: vec![1] }),
        case(&vec![InPython { a: 1, data: vec![1] }]),
        case(&Grid::<f64, 2> { cells: [vec![1.0], vec![]], first: Some(1.0) }),
        case(&Human { name: secret() }),
        case(&vec![Human { name: secret() }, Human { name: "b".into() }]),
        case(&shapes()),
    ];
    all.extend(shapes().iter().map(case));
    // What only the header knows: the same bytes, decoded as other types.
    let array = case(&vec![1.5f64, 2.5]);
    all.push(Case { name: "NdArray".into(), decode: |h, f| deserialize::<NdArray>(h, f.into()).map(drop), ..array });
    for case in [case(&sample()), case(&(1u8, vec![1.5f64])), case(&BTreeMap::from([(1u8, vec![1.0f64])]))] {
        all.push(Case {
            name: "AnyValue".into(),
            decode: |h, f| deserialize::<AnyValue>(h, f.into()).map(drop),
            ..case
        });
    }
    let list = case(&(1u8, vec![1.5f64]));
    let decode: Decode = |h, f| deserialize::<AnyCollection>(h, f.into()).map(drop);
    all.push(Case { name: "AnyCollection".into(), decode, ..list });
    all
}

// ---- headers as trees

fn value_of(case: &Case) -> Value {
    frames_core::rmpv::decode::read_value(&mut &case.header[..]).unwrap()
}

/// The value of `key` in a map of a header.
#[track_caller]
fn at<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    let Value::Map(entries) = value else { panic!("{value} is no map") };
    &mut entries.iter_mut().find(|(k, _)| k.as_str() == Some(key)).unwrap_or_else(|| panic!("no {key}")).1
}

fn with_header(case: &Case, header: &Value) -> Case {
    Case { header: Header::from_value(header).unwrap().into_bytes(), ..case.clone() }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

// ---- keys that are there twice

#[test]
fn a_field_or_key_that_is_there_twice_is_an_error() {
    on_a_small_stack(|| {
        let sample = case(&sample());
        for section in ["simple", "complex"] {
            let mut header = value_of(&sample);
            let Value::Map(fields) = at(at(&mut header, "sub-header"), section) else { unreachable!() };
            fields.push(fields[0].clone());
            let hostile = with_header(&sample, &header);
            let error = hostile.attack().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DuplicateField, "{error}");
        }
        for twice in [
            inline::<BTreeMap<u8, u8>>(&Value::Map(vec![(1.into(), 1.into()), (1.into(), 2.into())])),
            inline::<HashMap<String, u8>>(&Value::Map(vec![("a".into(), 1.into()), ("a".into(), 2.into())])),
            inline::<BTreeSet<u8>>(&Value::Array(vec![1.into(), 1.into()])),
            inline::<HashSet<u8>>(&Value::Array(vec![1.into(), 1.into()])),
            inline::<Range<u8>>(&Value::Map(vec![("end".into(), 1.into()), ("end".into(), 2.into())])),
            inline::<Duration>(&Value::Map(vec![("secs".into(), 1.into()), ("secs".into(), 2.into())])),
        ] {
            let error = twice.attack().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DuplicateField, "{}: {error}", twice.name);
        }
    });
}

/// A value of the family msgpack.
fn inline<T: FrameSerialize>(value: &Value) -> Case {
    let mut bytes = Vec::new();
    frames_core::rmpv::encode::write_value(&mut bytes, value).unwrap();
    inline_bytes::<T>(bytes)
}

fn inline_bytes<T: FrameSerialize>(bytes: Vec<u8>) -> Case {
    let header = Header::new().with("serializer", "msgpack").unwrap().into_bytes();
    let decode: Decode = |h, f| deserialize::<T>(h, f.into()).map(drop);
    Case { name: T::type_name().into_owned(), header, frames: vec![bytes.into()], decode }
}

// ---- values out of range

#[test]
fn values_that_the_type_does_not_have_are_an_error() {
    on_a_small_stack(|| {
        let secs = |secs: Value, nanos: Value| Value::Map(vec![("secs".into(), secs), ("nanos".into(), nanos)]);
        for wrong in [
            inline::<u8>(&256.into()),
            inline::<u8>(&(-1).into()),
            inline::<i64>(&u64::MAX.into()),
            inline::<u8>(&1.5.into()),
            inline::<f32>(&0.1f64.into()),
            inline::<f64>(&u64::MAX.into()),
            inline::<NonZeroU8>(&0.into()),
            inline::<char>(&"".into()),
            inline::<char>(&SECRET.into()),
            inline::<bool>(&1.into()),
            inline::<()>(&1.into()),
            inline::<Duration>(&secs(1.into(), 1_000_000_000.into())),
            inline::<Duration>(&secs((-1).into(), 0.into())),
            inline::<[u8; 2]>(&Value::Binary(vec![1])),
            inline::<(u8, u8)>(&Value::Array(vec![1.into()])),
            inline::<RangeInclusive<u8>>(&Value::Map(vec![("start".into(), 1.into())])),
            inline::<RangeTo<u8>>(&Value::Map(vec![])),
            inline::<RangeFrom<u8>>(&SECRET.into()),
            inline::<Shape>(&"square".into()),
            inline::<Shape>(&Value::Map(vec![("".into(), 1.into())])),
            inline::<String>(&Value::Binary(SECRET.into())),
            inline::<u64>(&SECRET.into()),
            inline::<Vec<u8>>(&SECRET.into()),
            inline::<Option<u8>>(&SECRET.into()),
            inline_bytes::<String>(b"\xa4\xff\xfe\xfd\xfc".to_vec()),
            inline_bytes::<String>(vec![]),
            inline_bytes::<u8>(vec![1, 1]),
        ] {
            wrong.must_fail("a value that it does not have");
        }
        // The furthest times are told or refused, and never wrap around.
        for far in [i64::MIN, i64::MAX] {
            let _ = inline::<SystemTime>(&secs(far.into(), 999_999_999.into())).attack();
            let _ = inline::<Duration>(&secs(far.into(), 999_999_999.into())).attack();
        }
        let _ = inline::<Duration>(&secs(u64::MAX.into(), 999_999_999.into())).attack();
    });
}

// ---- names without end

#[test]
fn long_names_do_not_flood_an_error() {
    on_a_small_stack(|| {
        let long = "n".repeat(1 << 20);
        let map = |key: &str, value: Value| Value::Map(vec![(key.into(), value)]);
        let mut hostile = vec![
            inline::<Point>(&map(&long, 1.into())),
            inline::<Shape>(&long.as_str().into()),
            inline::<Shape>(&map(&long, 1.into())),
            inline::<Result<u8, u8>>(&map(&long, 1.into())),
            inline::<BTreeMap<String, u8>>(&map(&long, "x".into())),
            inline::<BTreeMap<String, BTreeMap<String, u8>>>(&map(&long, map(&long, "x".into()))),
            inline::<Duration>(&map(&long, 1.into())),
        ];
        // In the place of every text of the headers of some values.
        let values = [
            case(&sample()),
            case(&shapes()[4]),
            case(&(1u8, vec![1.5f64])),
            case(&InPython { a: 1, data: vec![] }),
            case(&Human { name: secret() }),
            case(&vec![pixel(1)]),
            case(&BTreeMap::from([(1u8, vec![1.0f64])])),
        ];
        let short = "n".repeat(5000);
        for honest in values {
            let tree = value_of(&honest);
            for n in 0.. {
                let mut tree = tree.clone();
                let mut left = n;
                if !replace_text(&mut tree, &mut left, &short) {
                    break;
                }
                hostile.push(with_header(&honest, &tree));
            }
        }
        // Many keys, each of some length.
        let keys = (0..1000).map(|n| (format!("{n}{}", "k".repeat(50)).into(), Value::Nil)).collect();
        let mut object = value_of(&case(&sample()));
        *at(&mut object, "sub-header") = Value::Map(keys);
        hostile.push(with_header(&case(&sample()), &object));
        for case in hostile {
            let _ = case.attack();
            let header = HeaderRef::new(&case.header).unwrap();
            check(&header.get::<u8>("nothing").unwrap_err());
        }
        // A record of many fields is a long dtype.
        let names: Vec<Value> = (0..2000).map(|n| format!("{n}{}", "f".repeat(50)).into()).collect();
        let formats = vec![Value::from("<f8"); 2000];
        let dtype = Value::Map(vec![("names".into(), Value::Array(names)), ("formats".into(), Value::Array(formats))]);
        let mut header = value_of(&case(&vec![pixel(1)]));
        *at(at(&mut header, "sub-header"), "dtype") = Value::Array(vec![0.into(), dtype]);
        with_header(&case(&vec![pixel(1)]), &header).must_fail("another dtype");
        with_header(&case(&vec![1.5f64]), &header).must_fail("another dtype");
        with_header(&case(&1.5f64), &header).must_fail("another dtype");
    });
}

/// Puts `text` in the place of the `left`th text of a tree.
fn replace_text(value: &mut Value, left: &mut usize, text: &str) -> bool {
    match value {
        Value::String(_) if *left == 0 => {
            *value = text.into();
            true
        }
        Value::String(_) => {
            *left -= 1;
            false
        }
        Value::Array(items) => items.iter_mut().any(|v| replace_text(v, left, text)),
        Value::Map(entries) => {
            entries.iter_mut().any(|(k, v)| replace_text(k, left, text) || replace_text(v, left, text))
        }
        _ => false,
    }
}

#[test]
fn the_text_of_a_peers_error_is_given_and_cut() {
    let header = Header::new().with("serializer", "error").unwrap();
    for (frames, len) in [(1, 20), (1, 1 << 20), (1000, 5000)] {
        let words: Frames<'_> = (0..frames).map(|_| Frame::from("e".repeat(len))).collect();
        let error = deserialize::<u8>(&header, words).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Peer);
        assert!(error.to_string().contains("eeee"));
        check(&error);
    }
}

#[test]
fn serdes_words_give_nothing_away() {
    let header = Header::new().with("text", SECRET).unwrap().with("long", &"l".repeat(1 << 16)).unwrap();
    for key in ["text", "long"] {
        check_discreet(&header.as_ref().get::<u64>(key).unwrap_err());
        check_discreet(&header.as_ref().get::<Vec<u8>>(key).unwrap_err());
        check_discreet(&header.as_ref().get::<bool>(key).unwrap_err());
    }
    // Through a door that a peer can open.
    let blob_header =
        Header::new().with("split-num-sub-frames", SECRET).unwrap().with("split-offsets", SECRET).unwrap();
    let blob = pack_frames(&[blob_header.as_bytes()]);
    check_discreet(&unpack_value(&blob.into()).unwrap_err());
}

// ---- what was refused can still be forwarded

#[test]
fn what_is_not_understood_is_forwarded_byte_for_byte() {
    for case in cases() {
        let frames = Frames::from(case.frames.clone());
        let kept = Serialized::new(Header::from_bytes(case.header.clone()).unwrap(), frames.clone());
        let (header, sent) = serialize(&kept).unwrap();
        assert_eq!(header.as_bytes(), case.header);
        assert!(sent.iter().eq(frames.iter()));
    }
}

#[test]
fn a_dict_keeps_its_keys_when_its_items_are_forwarded() {
    let dict = BTreeMap::from([("a".to_string(), vec![1.5f64]), ("b".to_string(), vec![])]);
    let (header, frames) = serialize(&dict).unwrap();
    let kept: BTreeMap<String, Serialized> = deserialize(&header, frames).unwrap();
    let (again, frames) = serialize(&kept).unwrap();
    assert_eq!(again.to_string(), header.to_string());
    assert_eq!(deserialize::<BTreeMap<String, Vec<f64>>>(&again, frames).unwrap(), dict);
}

// ---- the corpus of the fuzz targets, on stable

#[test]
fn the_seeds_of_the_fuzz_targets_hold() {
    type Target = fn(&[u8]);
    let targets: [(&str, Target); 14] = [
        ("header", fuzz::header),
        ("envelope", fuzz::envelope),
        ("class_reference", fuzz::class_reference),
        ("registry", fuzz::registry),
        ("blob", fuzz::blob),
        ("dtype", fuzz::dtype),
        ("message", fuzz::message),
        ("framing", fuzz::framing),
        ("pickle", fuzz::pickle),
        ("arrow", fuzz::arrow),
        ("lz4", |data| fuzz::piece(Codec::Lz4, data)),
        ("zlib", |data| fuzz::piece(Codec::Zlib, data)),
        ("zstd", |data| fuzz::piece(Codec::Zstd, data)),
        ("snappy", |data| fuzz::piece(Codec::Snappy, data)),
    ];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!seeds.is_empty());
        for seed in seeds {
            let data = std::fs::read(seed).unwrap();
            target(&data);
            for cut in 0..data.len().min(200) {
                target(&data[..cut]);
            }
        }
    }
}
