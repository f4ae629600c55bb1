//! The body of the fuzz target `table`: rows of many types as they come from a peer, in either form, decoded and looked at.

use super::made::{Dice, Make};
use super::seen::Seen;
use super::tables::*;
use super::{check_error, seen, split};
use frames_core::bytes::Bytes;
use frames_core::{Buffers, Encoder, ErrorKind, FrameSerialize, Frames, HeaderRef, Reader, deserialize};
use std::fmt::Debug;

/// What is done with an input: decoded as rows of one type, and made into rows of it.
pub struct Rows {
    /// Decodes, and opens a view of the same.
    pub decode: fn(HeaderRef<'_>, Vec<Bytes>) -> frames_core::Result<()>,
    /// Makes rows of the bytes, and holds that both forms give them back.
    pub make: fn(&[u8]),
    /// A header and frames of some rows, as seeds.
    pub seed: fn(Reader, usize) -> (Vec<u8>, Vec<Bytes>),
    pub name: &'static str,
}

const READERS: [Reader; 2] = [Reader::Any, Reader::Rust];

/// What decodes is written again in both forms, and decodes to what is written the same. Bytes are compared: a NaN equals nothing.
fn decode<T: Seen + Debug>(header: HeaderRef<'_>, frames: Vec<Bytes>) -> frames_core::Result<()> {
    let frames = Frames::from(frames);
    seen::check::<T>(header, &frames);
    let value = deserialize::<Vec<T>>(header, frames).inspect_err(check_error)?;
    READERS.into_iter().for_each(|reader| again(reader, &value));
    Ok(())
}

fn again<T: Seen + Debug>(reader: Reader, value: &Vec<T>) {
    let encoder = Encoder::new().reader(reader);
    let (header, frames) = match encoder.serialize(value) {
        Ok((header, frames)) => (header, frames.into_owned()),
        Err(error) if error.kind() == ErrorKind::Limit => return,
        Err(error) => panic!("a {} that was read cannot be written: {error}", T::type_name()),
    };
    let same = match deserialize::<Vec<T>>(&header, frames.clone()) {
        Ok(same) => same,
        // Rows without bytes are bounded where they are read.
        Err(error) if error.kind() == ErrorKind::Limit => return,
        Err(e) => panic!("rows of {} that were written for {reader:?} are not read: {e}\n{header}", T::type_name()),
    };
    seen::check::<T>((&header).into(), &frames);
    // The order of a `HashMap` is its own: what is read is written in another.
    if T::type_name() != "tables::Maps" {
        let (second, second_frames) = encoder.serialize(&same).expect("it was written before");
        assert_eq!(header.as_bytes(), second.as_bytes(), "{}: {header}\n{second}", T::type_name());
        assert!(is_same(&frames, &second_frames), "{reader:?}, {}: {header}", T::type_name());
    }
    let mut buffers = Buffers::new();
    for turn in 0..2 {
        let (second, second_frames) = encoder.serialize_in(value, &mut buffers).expect("it was written before");
        assert_eq!(header.as_bytes(), second.as_bytes(), "{}: {header}\n{second}", T::type_name());
        assert!(is_same(&frames, &second_frames), "{reader:?}, used memory {turn}, {}: {header}", T::type_name());
    }
}

fn is_same(a: &Frames<'_>, b: &Frames<'_>) -> bool {
    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a[..] == b[..])
}

fn rows<T: Make>(bytes: &[u8], most: usize) -> Vec<T> {
    let mut d = Dice::new(bytes, 1 + bytes.len() as u64);
    let n = d.below(most);
    (0..n).map(|_| T::make(&mut d)).collect()
}

fn make<T: Seen + Make + PartialEq + Debug>(bytes: &[u8]) {
    let value = rows::<T>(bytes, 140);
    for reader in READERS {
        let (header, frames) = match Encoder::new().reader(reader).serialize(&value) {
            Ok(parts) => parts,
            // A list of trees may be deeper than is allowed; then it is not written.
            Err(error) if error.kind() == ErrorKind::Limit => continue,
            Err(error) => panic!("rows that we made are not written for {reader:?}: {error}"),
        };
        let same = deserialize::<Vec<T>>(&header, frames).unwrap_or_else(|e| panic!("{reader:?}: {e}\n{header}"));
        assert!(same == value, "{reader:?}: {} became another value", T::type_name());
        again(reader, &value);
    }
}

fn seed<T: FrameSerialize + Make>(reader: Reader, n: usize) -> (Vec<u8>, Vec<Bytes>) {
    let mut d = Dice::new(&[], 99 + n as u64);
    let value: Vec<T> = (0..n).map(|_| T::make(&mut d)).collect();
    let (header, frames) = Encoder::new().reader(reader).serialize(&value).expect("rows that we made");
    (header.into_bytes(), frames.into_owned().into_iter().map(|f| f.into_bytes()).collect())
}

macro_rules! types {
    ($($type:ty,)*) => { &[$(Rows {
        decode: decode::<$type>,
        make: make::<$type>,
        seed: seed::<$type>,
        name: stringify!($type),
    },)*] };
}

/// The types that the first byte of an input chooses from; the place in this list is part of the corpus.
pub const ROWS: &[Rows] = types! {
    Inner, Numbers, Texts, Maybes, Nested, Arrays, Lists, Maps, Attributes, Node, OnlyUnits, OnlyLists, Kind, Choice, Tree, Many,
    Tuple, Pixel, Generic<Option<String>>, Vec<f64>, Vec<u8>, Vec<Vec<u16>>, Option<u32>, Option<Vec<bool>>, [f64; 3],
    [[Meters; 2]; 2], [String; 2], (u8, String), ((bool,), Option<Kind>), Box<Inner>, Vec<Choice>, Option<Choice>, Vec<()>,
    Vec<Unit>, Option<Option<u8>>, Option<()>, String, Vec<[u16; 3]>,
};

/// A header with frames, decoded as rows of a type that the input chooses; or, where the choice says so, rows made of the input.
pub fn table(data: &[u8]) {
    let (choice, header, frames) = split(data);
    let rows = &ROWS[usize::from(choice & 0x7f) % ROWS.len()];
    if choice & 0x80 != 0 {
        return (rows.make)(data.get(1..).unwrap_or_default());
    }
    match HeaderRef::new(header) {
        Ok(header) => drop((rows.decode)(header, frames)),
        Err(error) => check_error(&error),
    }
}
