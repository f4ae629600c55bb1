//! The bodies of the fuzz targets, as plain functions: the tests of the workspace run them over the corpus on stable.
//!
//! A target panics when a promise is broken; an `Err` of the crate is what bad bytes must end in.

pub mod arrow_target;
pub mod made;
pub mod pickle_target;
pub mod piece_target;
pub mod seen;
pub mod table_target;
pub mod tables;
pub mod types;

pub use arrow_target::arrow;
use frames_core::bytes::Bytes;
use frames_core::{
    AnyValue, Array, Body, ClassRef, DType, Decoder, Dynamic, Encoder, Error, ErrorKind, FrameSerialize, Frames,
    Header, HeaderRef, MaskedArray, MaskedConstant, NdArray, Payload, Registry, Serialized, deserialize_bytes, python,
    unpack_frames, unpack_frames_ref, unpack_value,
};
use frames_pickle::known;
pub use pickle_target::pickle;
pub use piece_target::piece;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};
pub use table_target::table;
use types::*;

/// The longest text that an error may have: a path of 64 levels, each cut, and a sentence.
pub const LONGEST_ERROR: usize = 64 * 100 + 2000;

/// An error says something, and not without end.
pub fn check_error(error: &Error) {
    let text = error.to_string();
    assert!(!text.is_empty() && text.len() < LONGEST_ERROR, "{} bytes: {text:.3000}", text.len());
}

/// A header as it comes: read in place, by key, and as a tree.
pub fn header(data: &[u8]) {
    let header = match HeaderRef::new(data) {
        Ok(header) => header,
        Err(error) => return check_error(&error),
    };
    for key in header.keys().expect("the keys of a header that was accepted") {
        assert!(header.contains(key).expect("a key that was listed"));
        let _ = header.get::<u64>(key).map_err(|e| check_error(&e));
        let _ = header.get::<&str>(key).map_err(|e| check_error(&e));
        let _ = header.get::<Vec<i64>>(key).map_err(|e| check_error(&e));
        let _ = header.get::<BTreeMap<String, (u8, Option<f64>)>>(key).map_err(|e| check_error(&e));
        if let Ok(inner) = header.header(key) {
            inner.keys().expect("the keys of a header in a header");
            let _ = inner.to_string();
        }
    }
    let _ = header.to_string();
    match header.to_value() {
        Ok(value) => {
            let again = Header::from_value(&value).expect("a tree that was read can be written");
            // Keys may be shorter after that; the tree is the same. A NaN equals nothing, so the bytes are compared.
            let twice = Header::from_value(&again.to_value().expect("our own header")).expect("our own header");
            assert_eq!(again.as_bytes(), twice.as_bytes());
        }
        Err(error) => check_error(&error),
    }
    let mut owned = header.to_owned();
    let fresh = (0..).map(|n| format!("key {n}")).find(|k| !header.contains(k).unwrap_or(true)).expect("a free key");
    if owned.insert(&fresh, &fresh).is_ok() {
        assert_eq!(owned.as_ref().get::<&str>(&fresh).expect("what was inserted"), fresh);
    }
}

/// `choice, n, n × u16 length, header, frames`: lengths are cut to what is there, so that every input means something.
pub fn split(data: &[u8]) -> (u8, &[u8], Vec<Bytes>) {
    let (&choice, data) = data.split_first().unwrap_or((&0, &[]));
    let (&n, data) = data.split_first().unwrap_or((&0, &[]));
    let n = usize::from(n % 32).min(data.len() / 2);
    let (lengths, mut header) = data.split_at(2 * n);
    let mut frames = Vec::new();
    for length in lengths.chunks_exact(2).rev() {
        let length = usize::from(u16::from_le_bytes([length[0], length[1]])).min(header.len());
        let (rest, frame) = header.split_at(header.len() - length);
        frames.push(Bytes::copy_from_slice(frame));
        header = rest;
    }
    frames.reverse();
    (choice, header, frames)
}

/// The inverse of [`split`], for seeds.
pub fn join(choice: u8, header: &[u8], frames: &[Bytes]) -> Vec<u8> {
    let mut data = vec![choice, frames.len() as u8];
    for frame in frames {
        data.extend_from_slice(&(frame.len() as u16).to_le_bytes());
    }
    data.extend_from_slice(header);
    frames.iter().for_each(|frame| data.extend_from_slice(frame));
    data
}

/// Decodes, and holds that what decodes is written again and decodes to the same. Bytes are compared, because a NaN
/// equals nothing.
fn typed<T: FrameSerialize>(decoder: &Decoder, header: HeaderRef<'_>, frames: Vec<Bytes>) {
    let value = match decoder.deserialize::<T>(header, frames.into()) {
        Ok(value) => value,
        Err(error) => return check_error(&error),
    };
    again(&value, |header, frames| frames_core::deserialize::<T>(header, frames));
}

fn again<T: FrameSerialize>(value: &T, read: impl Fn(&Header, Frames<'static>) -> frames_core::Result<T>) {
    let (header, frames) = match frames_core::serialize(value) {
        Ok((header, frames)) => (header, frames.into_owned()),
        // A shallow form (a msgpack map) may hold more levels than our own layout may have.
        Err(error) if error.kind() == ErrorKind::Limit => return,
        Err(error) => panic!("a {} that was read cannot be written: {error}", T::type_name()),
    };
    let same = read(&header, frames.clone())
        .unwrap_or_else(|e| panic!("a {} that was written cannot be read: {e}\n{header}", T::type_name()));
    let (second, second_frames) = frames_core::serialize(&same).expect("it was written before");
    assert_eq!(header.as_bytes(), second.as_bytes(), "{}: {header}\n{second}", T::type_name());
    assert!(frames.iter().eq(second_frames.iter()), "{}: {header}", T::type_name());
}

type Decode = fn(&Decoder, HeaderRef<'_>, Vec<Bytes>);

/// The types that the first byte of an input of [`envelope`] chooses from; the place in this list is part of the corpus.
pub const TYPES: &[Decode] = &[
    typed::<AnyValue>,
    typed::<Sample>,
    typed::<Node>,
    typed::<Vec<Node>>,
    typed::<Shape>,
    typed::<Vec<Row>>,
    typed::<List<u8>>,
    typed::<Vec<Pixel>>,
    typed::<NdArray>,
    typed::<Array<f64>>,
    typed::<BTreeMap<String, Vec<i32>>>,
    typed::<Vec<Option<String>>>,
    typed::<(u8, Vec<u16>, Option<Option<bool>>)>,
    typed::<Vec<bool>>,
    typed::<Human>,
    typed::<InPython>,
    typed::<Grid<f64, 2>>,
    typed::<BTreeSet<i128>>,
    typed::<Vec<Empty>>,
    typed::<Result<Duration, SystemTime>>,
    typed::<String>,
    typed::<Bytes>,
    typed::<f32>,
    typed::<Vec<Shape>>,
    typed::<std::ops::Range<i8>>,
    typed::<Box<[Pair]>>,
    typed::<BTreeMap<(u8, char), Marker>>,
    typed::<python::DateTime>,
    typed::<known::DateTime>,
    typed::<python::Time>,
    typed::<python::Date>,
    typed::<python::TimeDelta>,
    typed::<python::Decimal>,
    typed::<python::Uuid>,
    typed::<python::Complex>,
    typed::<python::Fraction>,
    looked_at,
    typed::<MaskedArray>,
    typed::<MaskedConstant>,
    typed::<Vec<half::f16>>,
    typed::<indexmap::IndexMap<String, Vec<i32>>>,
    typed::<smallvec::SmallVec<[i16; 3]>>,
    typed::<ndarray::ArrayD<f32>>,
    typed::<ndarray::Array2<bool>>,
    typed::<sprs::CsMat<f64>>,
    typed::<sprs::TriMatI<f32, i32>>,
    typed::<frames_core::SparseCoo<f64>>,
    typed::<chrono::DateTime<chrono::Utc>>,
    typed::<Vec<chrono::NaiveDateTime>>,
    typed::<chrono::TimeDelta>,
    typed::<jiff::Timestamp>,
    typed::<Vec<jiff::civil::DateTime>>,
    typed::<jiff::SignedDuration>,
    typed::<uuid::Uuid>,
    typed::<rust_decimal::Decimal>,
    typed::<bigdecimal::BigDecimal>,
    typed::<num_complex::Complex<f64>>,
    read_only::<frames_core::arrow::Table>,
    read_only::<arrow_array::RecordBatch>,
    read_only::<frames_core::arrow::ChunkedArray>,
    read_only::<frames_core::arrow::ExtensionArray>,
    read_only::<arrow_array::ArrayRef>,
    read_only::<arrow_array::Int64Array>,
    read_only::<arrow_array::StringArray>,
];

/// Arrays of Arrow, of which Python has not all types; the target `arrow` writes them again.
fn read_only<T: FrameSerialize>(decoder: &Decoder, header: HeaderRef<'_>, frames: Vec<Bytes>) {
    match decoder.deserialize::<T>(header, frames.into()) {
        Ok(_) => {}
        Err(error) => check_error(&error),
    }
}

/// A dynamic array, looked at as numbers in every way: all of them see the same.
fn looked_at(decoder: &Decoder, header: HeaderRef<'_>, frames: Vec<Bytes>) {
    fn look<T: frames_core::ArrayItem>(array: &NdArray) {
        let Ok(view) = array.view::<T>() else { return };
        let items = |items: &[T]| frames_core::bytemuck::cast_slice::<T, u8>(items).to_vec();
        let seen: Vec<T> = view.iter().take(1000).copied().collect();
        if let Ok(copy) = array.to_vec::<T>() {
            assert_eq!(items(&copy[..copy.len().min(1000)]), items(&seen));
        }
        if let Ok(view) = view.into_ndarray() {
            assert_eq!(items(&view.iter().take(1000).copied().collect::<Vec<T>>()), items(&seen));
        }
    }
    let array = match decoder.deserialize::<NdArray>(header, frames.into()) {
        Ok(array) => array,
        Err(error) => return check_error(&error),
    };
    look::<u8>(&array);
    look::<f64>(&array);
    look::<bool>(&array);
    look::<[i16; 2]>(&array);
}

/// A header with frames: decoded to a type that the input chooses, and to whatever the header says.
pub fn envelope(data: &[u8]) {
    let (choice, header, frames) = split(data);
    let header = match HeaderRef::new(header) {
        Ok(header) => header,
        Err(error) => return check_error(&error),
    };
    let decoder = Decoder::new();
    TYPES[usize::from(choice) % TYPES.len()](&decoder, header, frames.clone());
    let kept = Serialized::new(header.to_owned(), Frames::from(frames));
    let (forwarded, _) = frames_core::serialize(&kept).expect("what came can be forwarded");
    assert_eq!(forwarded.as_bytes(), header.as_bytes());
    // As a pickle: one that can be read, whose frames are those that came.
    match Encoder::new().families(["pickle"]).serialize(&kept) {
        Ok((header, frames)) => match frames_core::deserialize::<frames_pickle::Pickle>(&header, frames) {
            Ok(pickle) => drop(pickle.graph().expect("what was written can be read")),
            Err(error) => panic!("{error}"),
        },
        Err(error) => check_error(&error),
    }
    match kept.deserialize_any() {
        Ok(value) => again(&value, |header, frames| frames_core::deserialize_any(header, frames)),
        Err(error) => check_error(&error),
    }
    dynamic(&decoder, &kept);
}

/// The same for people: whatever it is, it is printed shortly, and what can be written reads back as the same.
fn dynamic(decoder: &Decoder, kept: &Serialized) {
    let value: Dynamic = match decoder.deserialize(kept.header(), kept.frames().clone()) {
        Ok(value) => value,
        Err(error) => return check_error(&error),
    };
    let (line, tree) = (format!("{value:?}"), value.to_string());
    assert!(line.len() < 16 << 10 && tree.len() < 1 << 20, "{} and {} bytes", line.len(), tree.len());
    match frames_core::serialize(&value) {
        Ok((header, frames)) => {
            let again: Dynamic = frames_core::deserialize(&header, frames)
                .unwrap_or_else(|e| panic!("{line} was written and cannot be read: {e}\n{header}"));
            assert_eq!(again, value, "{header}");
        }
        // Keys that msgpack has not, classes that have a form of their own, and levels that a map does not cost.
        Err(error) => assert!(
            matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Limit | ErrorKind::DuplicateField),
            "{error}"
        ),
    }
}

fn small_registry() -> Arc<Registry> {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    let build = || -> frames_core::Result<Registry> {
        Registry::new().with::<Sample>()?.with::<Row>()?.with::<Shape>()?.with::<InPython>()?.with::<Human>()
    };
    REGISTRY.get_or_init(|| Arc::new(build().expect("five names"))).clone()
}

/// A header with frames: decoded by name among few types, under an allow-list of families and small limits.
pub fn registry(data: &[u8]) {
    let (choice, header, frames) = split(data);
    let header = match HeaderRef::new(header) {
        Ok(header) => header,
        Err(error) => return check_error(&error),
    };
    let mut decoder = Decoder::new().registry(small_registry());
    if choice & 1 == 1 {
        decoder = decoder.families(["dask"]);
    }
    if choice & 2 == 2 {
        let mut limits = frames_core::Limits::default();
        limits.depth = u16::from(choice >> 2);
        limits.nodes = 16;
        decoder = decoder.limits(limits);
    }
    match decoder.deserialize_any(header, frames.into()) {
        Ok(value) => {
            let name = value.type_name().to_owned();
            assert!(!name.is_empty());
            let _ = frames_core::serialize(&value).map_err(|e| check_error(&e));
        }
        Err(error) => check_error(&error),
    }
}

/// The pickle of a class.
pub fn class_reference(data: &[u8]) {
    let class = match ClassRef::decode(data) {
        Ok(class) => class,
        Err(error) => return check_error(&error),
    };
    let bytes = class.encode();
    let again = ClassRef::decode(&bytes).expect("our own form");
    assert_eq!(again, class);
    assert_eq!(again.encode(), bytes);
    let _ = ClassRef::parse(&class.to_string()).map_err(|e| check_error(&e));
}

/// A value as one byte string, and a list of frames as one.
pub fn blob(data: &[u8]) {
    let blob = Bytes::copy_from_slice(data);
    match unpack_frames(&blob) {
        Ok(frames) => {
            assert_eq!(frames_core::pack_frames(&frames), data);
            let borrowed = unpack_frames_ref(data).expect("the same");
            assert!(frames.iter().map(|f| &f[..]).eq(borrowed.iter().map(|f| &f[..])));
        }
        Err(error) => {
            check_error(&error);
            assert!(unpack_frames_ref(data).is_err());
        }
    }
    match unpack_value(&blob) {
        Ok((header, frames)) => {
            let total: usize = frames.total_bytes();
            assert!(total <= data.len(), "frames are parts of the blob");
            let _ = frames_core::deserialize_any(&header, frames).map_err(|e| check_error(&e));
        }
        Err(error) => check_error(&error),
    }
    let _ = deserialize_bytes::<Sample>(&blob).map_err(|e| check_error(&e));
    let _ = deserialize_bytes::<Vec<Row>>(&blob).map_err(|e| check_error(&e));
}

/// A message, its frames one behind the other: read, forwarded as it came, its payloads looked at. The same bytes as a stream.
pub fn message(data: &[u8]) {
    /// Something of everything that serde asks for.
    type Fields = BTreeMap<String, (Option<u64>, Vec<Payload<'static>>, Result<f32, i128>, Body<'static>)>;

    if let Ok(Some(frames)) = frames_core::read_frames(&mut &data[..], &Default::default()) {
        assert!(frames.total_bytes() <= data.len(), "frames are copies of the stream");
        let mut stream = Vec::new();
        frames_core::write_frames(&mut stream, &frames).expect("a Vec takes everything");
        let again = frames_core::read_frames(&mut &stream[..], &Default::default())
            .expect("what was written")
            .expect("a message");
        assert!(again.iter().eq(frames.iter()));
        let _ = frames_core::read_message(frames).map_err(|e| check_error(&e));
    }
    let Ok(frames) = unpack_frames(&Bytes::copy_from_slice(data)) else { return };
    let body = match frames_core::read_message(frames.into()) {
        Ok(body) => body,
        Err(error) => return check_error(&error),
    };
    let forwarded = frames_core::write_message(&body).expect("what was read can be written").into_owned();
    let again = frames_core::read_message(forwarded).expect("and read again");
    assert_eq!(format!("{again:?}"), format!("{body:?}"), "as text: NaN is not equal to itself");
    let same: Body<'static> = frames_core::from_body(body.clone()).expect("a body is one of its own fields");
    assert_eq!(format!("{same:?}"), format!("{body:?}"));
    let _ = frames_core::from_body::<Fields>(body.clone()).map_err(|e| check_error(&e));
    let _ = frames_core::from_body::<Vec<Fields>>(body.clone()).map_err(|e| check_error(&e));
    for payload in body.payloads() {
        let _ = payload.deserialize_any().map_err(|e| check_error(&e));
        let _ = payload.deserialize::<Sample>().map_err(|e| check_error(&e));
    }
}

/// A stream that gives what it has in portions of odd sizes.
struct Portions<'b> {
    bytes: &'b [u8],
    step: usize,
}

impl io::Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step = self.step * 5 % 1021;
        let n = self.step.min(buffer.len()).min(self.bytes.len());
        let (now, rest) = self.bytes.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.bytes = rest;
        Ok(n)
    }
}

/// Messages on a stream, under small limits and in portions: whatever comes of it is paid for, and written it is read again.
pub fn framing(data: &[u8]) {
    const FRAMES: u64 = 64;
    const BYTES: u64 = 1 << 20;
    let (&step, bytes) = data.split_first().unwrap_or((&0, &[]));
    let mut limits = frames_core::Limits::default();
    (limits.frames, limits.message_bytes) = (FRAMES, BYTES);
    let mut stream = Portions { bytes, step: 1 + usize::from(step) };
    // The same ahead of what is asked for, and in memory that is used again.
    let ahead = Portions { bytes, step: 1 + usize::from(step) };
    let mut ahead = frames_core::FrameReader::new(ahead).limits(limits.clone());
    loop {
        let before = stream.bytes.len();
        let frames = match frames_core::read_frames(&mut stream, &limits) {
            Ok(Some(frames)) => frames,
            Ok(None) => {
                assert!(matches!(ahead.read_frames(), Ok(None)));
                break assert_eq!(before, 0, "the end is where nothing is left");
            }
            Err(error) => {
                let other = ahead.read_frames().expect_err("the same error").to_string();
                break assert!(!error.to_string().is_empty() && error.to_string() == other);
            }
        };
        let same = ahead.read_frames().expect("the same").expect("a message");
        assert!(same.iter().eq(frames.iter()));
        let taken = before - stream.bytes.len();
        assert_eq!(taken, 8 * (2 + frames.len()) + frames.total_bytes(), "no byte is read of the next message");
        assert!(frames.len() as u64 <= FRAMES && frames.total_bytes() as u64 <= BYTES);
        assert!(frames.iter().all(|frame| frame.is_empty() || frame.as_ptr() as usize % 64 == 0), "aligned");
        let mut written = Vec::new();
        frames_core::write_frames(&mut written, &frames).expect("a Vec takes everything");
        // Only the outer length may have been another one.
        let was = &bytes[bytes.len() - before..][..taken];
        assert!(written.len() == taken && written[8..] == was[8..]);
        let again = frames_core::read_frames(&mut &written[..], &limits).expect("what was written").expect("a message");
        assert!(again.iter().eq(frames.iter()));
    }
}

/// A typestr; and the dtype in the header of an array without elements.
pub fn dtype(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        match DType::parse(text) {
            Ok(dtype) => assert_eq!(DType::parse(&dtype.to_string()).expect("its own text"), dtype),
            Err(error) => check_error(&error),
        }
    }
    match empty_array(data) {
        Ok(array) => {
            let dtype = array.dtype();
            assert!(!dtype.to_string().is_empty());
            let mut written = vec![0x92, 0];
            if dtype.write_msgpack(&mut written).is_ok() {
                assert_eq!(empty_array(&written).expect("our own form").dtype(), dtype);
            }
        }
        Err(error) => check_error(&error),
    }
}

fn empty_array(dtype: &[u8]) -> frames_core::Result<NdArray> {
    let mut header = b"\x84\xaasub-header\x83\xa5dtype".to_vec();
    header.extend_from_slice(dtype);
    header.extend_from_slice(
        b"\xa5shape\x91\0\xa7strides\x91\x01\xa4type\xadnumpy.ndarray\xaftype-serialized\xc4\x20\
        \x80\x05\x95\x15\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94.\xaaserializer\xa4dask",
    );
    frames_core::deserialize(HeaderRef::new(&header)?, Frames::from(frames_core::Frame::empty()))
}
