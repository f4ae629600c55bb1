//! Tables that lie: packed rows and portable columns of every kind, cut, flipped and rewritten. Each ends in an error or in a value
//! that is one: on a stack of 256 KiB, in a debug build, in memory that the input has paid for.
//!
//! A valid value of a type is a [`Case`]; its header is taken apart as a tree, changed, and put together again. Each test counts
//! what was refused, so that none passes because it did nothing.

#[path = "hostile_tables/columns.rs"]
mod columns;
#[path = "../fuzz/src/lib.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    missing_docs,
    reason = "the bodies of the fuzz targets, of which one is used here"
)]
mod fuzz;
#[path = "hostile_tables/rows.rs"]
mod rows;

use allocation_counter::measure;
use frames_core::bytes::Bytes;
use frames_core::deserialize_any;
use frames_core::rmpv::{self, Value};
use frames_core::{Encoder, Error, ErrorKind, FrameSerialize, Frames, Header, HeaderRef, Reader, Result, deserialize};
use fuzz::made::{Dice, Make};
use fuzz::seen::{self, Seen, records};
use fuzz::tables::*;
use std::fmt::Debug;

// ---- the rules

/// What one byte of input may hold in memory: the largest is a byte of a row or of a flag, whose element has fields of its own.
const BYTES_PER_BYTE: u64 = 64;
/// What any input may hold. A list reserves up to 64 KiB before its elements are looked at.
const BASE: u64 = 128 << 10;
/// No error is longer: a path has 64 levels at most, and each name in it is cut.
const LONGEST_ERROR: usize = 64 * 100 + 2000;

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
        assert!(!text.is_empty() && text.len() < LONGEST_ERROR, "{} bytes: {text:.1000}", text.len());
    }
}

/// Decodes; gives the value written again in the packed form, to be compared.
type Decode = fn(HeaderRef<'_>, Vec<Bytes>) -> Result<Again>;
type Again = Box<dyn FnOnce() -> Vec<u8>>;
/// Opens a view, within the bounds, and compares it with what is decoded.
type Look = fn(&Case, HeaderRef<'_>);

#[derive(Clone)]
struct Case {
    name: String,
    header: Vec<u8>,
    frames: Vec<Bytes>,
    decode: Decode,
    look: Look,
}

fn decode<T: FrameSerialize + 'static>(header: HeaderRef<'_>, frames: Vec<Bytes>) -> Result<Again> {
    let value = deserialize::<T>(header, frames.into())?;
    Ok(Box::new(move || bytes_of(&value)))
}

/// A value as bytes, which a NaN has too.
fn bytes_of<T: FrameSerialize>(value: &T) -> Vec<u8> {
    let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(value).expect("what was read is written");
    frames_core::pack_value(header, &frames).unwrap()
}

fn look<T: Seen + Debug>(case: &Case, header: HeaderRef<'_>) {
    let frames = Frames::from(case.frames.clone());
    case.bounded(|| drop(frames_core::view::<T>(header, &frames).map_err(|e| check(&e))));
    seen::check::<T>(header, &frames);
}

fn case<T: FrameSerialize + 'static>(reader: Reader, value: &T, look: Look) -> Case {
    let (header, frames) = Encoder::new().reader(reader).serialize(value).unwrap();
    let frames = frames.into_owned().into_iter().map(|f| f.into_bytes()).collect();
    let name = format!("{reader:?} {}", T::type_name());
    Case { name, header: header.into_bytes(), frames, decode: decode::<T>, look }
}

fn packed<T: Seen + Debug>(rows: &Vec<T>) -> Case {
    case(Reader::Rust, rows, look::<T>)
}

fn portable<T: Seen + Debug>(rows: &Vec<T>) -> Case {
    case(Reader::Any, rows, look::<T>)
}

impl Case {
    fn input(&self) -> usize {
        self.header.len() + self.frames.iter().map(|f| f.len() + size_of::<Bytes>()).sum::<usize>()
    }

    /// Decodes as the type that it should be, and as whatever it says to be, and opens a view of it. What is read is written again and read again, as the
    /// same. 1 if it was refused.
    #[track_caller]
    fn attack(&self) -> usize {
        match self.read() {
            Ok(_) => 0,
            Err(error) => {
                check(&error);
                1
            }
        }
    }

    #[track_caller]
    fn read(&self) -> Result<Vec<u8>> {
        let header = HeaderRef::new(&self.header)?;
        self.bounded(|| drop(deserialize_any(header, self.frames.clone().into()).map_err(|e| check(&e))));
        let mut result = None;
        self.bounded(|| result = Some((self.decode)(header, self.frames.clone())));
        (self.look)(self, header);
        result.unwrap().map(|again| again())
    }

    #[track_caller]
    fn bounded(&self, run: impl FnOnce()) {
        let info = measure(run);
        let bound = BYTES_PER_BYTE * self.input() as u64 + BASE;
        assert!(info.bytes_max <= bound, "{}: {} bytes held for {} of input", self.name, info.bytes_max, self.input());
    }

    #[track_caller]
    fn must_fail(&self, what: &str) -> Error {
        match self.read() {
            Err(error) => {
                check(&error);
                error
            }
            Ok(_) => panic!("{} with {what} was accepted: {:?}", self.name, HeaderRef::new(&self.header)),
        }
    }

    /// An error, or the value as it was.
    #[track_caller]
    fn must_fail_or_be(&self, honest: &[u8], what: &str) -> usize {
        match self.read() {
            Err(error) => {
                check(&error);
                1
            }
            Ok(value) => {
                assert!(value == honest, "{} with {what} became another value", self.name);
                0
            }
        }
    }

    fn tree(&self) -> Value {
        rmpv::decode::read_value(&mut &self.header[..]).unwrap()
    }

    fn with_tree(&self, tree: &Value) -> Case {
        Case { header: Header::from_value(tree).unwrap().into_bytes(), ..self.clone() }
    }

    fn with_frame(&self, index: usize, frame: impl Into<Bytes>) -> Case {
        let mut changed = self.clone();
        changed.frames[index] = frame.into();
        changed
    }

    /// With a key of the sub-header of packed rows changed.
    fn with_part(&self, key: &str, value: Value) -> Case {
        let mut tree = self.tree();
        *at(at(&mut tree, "sub-header"), key) = value;
        self.with_tree(&tree)
    }
}

/// The value of `key` in a map of a header.
#[track_caller]
fn at<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    let Value::Map(entries) = value else { panic!("{value} is no map") };
    &mut entries.iter_mut().find(|(k, _)| k.as_str() == Some(key)).unwrap_or_else(|| panic!("no {key}")).1
}

/// In both forms: of some values the smallest, because every bit of it is flipped.
fn both<T: Seen + Make + Debug>(n: usize) -> [Case; 2] {
    let values = (0u64..24).map(|seed| {
        let mut d = Dice::new(&[], seed * 77 + 5);
        (0..n).map(|_| T::make(&mut d)).collect::<Vec<T>>()
    });
    let smallest = values.min_by_key(|value| {
        packed(value).input() + 10_000 * packed(value).frames.iter().filter(|f| f.is_empty()).count()
    });
    let smallest = smallest.unwrap_or_default();
    [packed(&smallest), portable(&smallest)]
}

fn cases() -> Vec<Case> {
    let all = [
        both::<Inner>(3),
        both::<Numbers>(2),
        both::<Texts>(2),
        both::<Maybes>(2),
        both::<Nested>(1),
        both::<Arrays>(2),
        both::<Lists>(1),
        both::<Maps>(2),
        both::<Attributes>(2),
        both::<Node>(2),
        both::<Kind>(3),
        both::<Choice>(8),
        both::<Tree>(4),
        both::<Tuple>(2),
        both::<Pixel>(3),
        both::<Vec<Vec<u16>>>(3),
        both::<Option<Vec<bool>>>(3),
        both::<[f64; 3]>(2),
        both::<(u8, String)>(3),
        both::<Option<Choice>>(4),
        both::<Option<Option<u8>>>(4),
        both::<Vec<Unit>>(3),
        both::<Generic<Option<String>>>(2),
        both::<OnlyUnits>(2),
    ];
    all.into_iter().flatten().collect()
}

// ---- every value, changed a little

#[test]
fn honest_tables_pass() {
    on_a_small_stack(|| {
        for case in cases() {
            case.read().unwrap_or_else(|e| panic!("{}: {e}", case.name));
        }
    });
}

#[test]
fn tables_that_are_cut_anywhere_are_an_error() {
    on_a_small_stack(|| {
        let mut refused = 0;
        for case in cases() {
            let honest = case.read().unwrap();
            for cut in (0..case.header.len()).step_by(1 + case.header.len() / 300) {
                Case { header: case.header[..cut].to_vec(), ..case.clone() }
                    .must_fail(&format!("{cut} bytes of header"));
                refused += 1;
            }
            for (index, frame) in case.frames.iter().enumerate() {
                for cut in (0..frame.len()).step_by(1 + frame.len() / 24) {
                    let cut = case.with_frame(index, frame.slice(..cut));
                    refused += if holds_bytes(&case) {
                        cut.attack()
                    } else {
                        cut.must_fail_or_be(&honest, "a frame that is cut")
                    };
                }
                for more in [&b"\0"[..], b"\xc0", b"aaaaaaaa"] {
                    let longer = [&frame[..], more].concat();
                    let longer = case.with_frame(index, longer);
                    // The frame of bytes is the bytes.
                    if longer.attack() == 0 {
                        assert!(holds_bytes(&case), "{}: frame {index} with bytes behind it was accepted", case.name);
                    } else {
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused > 10_000, "{refused}");
        eprintln!("cut: {refused} refused");
    });
}

fn holds_bytes(case: &Case) -> bool {
    // A value in its own form has its header in a frame.
    let all = std::iter::once(&case.header[..]).chain(case.frames.iter().map(|frame| &frame[..]));
    all.into_iter().any(|part| part.windows(6).any(|w| w == b"\x05bytes"))
}

#[test]
fn a_flipped_bit_in_a_table_is_an_error_or_another_value() {
    on_a_small_stack(|| {
        let (mut refused, mut tried) = (0, 0);
        for mut case in cases() {
            for at in (0..case.header.len()).step_by(1 + case.header.len() / 200) {
                for bit in 0..8 {
                    case.header[at] ^= 1 << bit;
                    refused += case.attack();
                    tried += 1;
                    case.header[at] ^= 1 << bit;
                }
            }
            for index in 0..case.frames.len() {
                let honest = case.frames[index].clone();
                for at in 0..honest.len().min(1 + 80 / case.frames.len()) {
                    for bit in 0..8 {
                        let mut frame = honest.to_vec();
                        frame[at] ^= 1 << bit;
                        refused += case.with_frame(index, frame).attack();
                        tried += 1;
                    }
                }
            }
        }
        assert!(tried > 30_000 && refused * 3 > tried, "{refused} of {tried}");
        eprintln!("flips: {refused} refused of {tried}");
    });
}

#[test]
fn frames_of_tables_that_are_missing_swapped_or_too_many_are_an_error() {
    on_a_small_stack(|| {
        let mut refused = 0;
        for case in cases() {
            let with = |change: &dyn Fn(&mut Vec<Bytes>)| {
                let mut changed = case.clone();
                change(&mut changed.frames);
                changed
            };
            with(&|f| f.push(Bytes::from_static(b"\x01"))).must_fail("a frame more");
            with(&|f| f.insert(0, Bytes::from_static(b"\x01"))).must_fail("a frame before");
            for index in 0..case.frames.len() {
                with(&|f| drop(f.remove(index))).must_fail("a frame dropped");
                with(&|f| f.insert(index, f[index].clone())).must_fail("a frame doubled");
                refused += 2;
                // Columns of one type are not told apart by their frames; nor are bytes from fewer bytes.
                refused += with(&|f| f.swap(index, index.saturating_sub(1))).attack();
                refused += with(&|f| f[index] = Bytes::new()).attack();
            }
        }
        assert!(refused > 1_500, "{refused}");
        eprintln!("frames: {refused} refused");
    });
}

// ---- the corpus of the fuzz target, on stable

#[test]
fn the_seeds_of_tables_hold() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/table");
    let mut seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(seeds.len() > 90);
    for seed in seeds {
        let data = std::fs::read(&seed).unwrap();
        fuzz::table(&data);
        for cut in (0..data.len()).step_by(1 + data.len() / 50) {
            fuzz::table(&data[..cut]);
        }
    }
}
