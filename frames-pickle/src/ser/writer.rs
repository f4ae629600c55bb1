//! Opcodes, in frames.

use super::batch::{self, Batch, Kind, Tuple};
use super::names::Names;
use crate::node::Buffer;
use crate::opcode as op;
use crate::shared;
use frames_core::{Error, ErrorKind, Result};
use serde::ser::Serialize;

const FRAME_HEADER: usize = 9;
/// A frame ends before the first object behind so many bytes.
const FRAME_TARGET: usize = 64 << 10;
/// Fewer bytes are no frame.
const FRAME_LEAST: usize = 4;

/// Writes opcodes. There is always a frame open, whose header is empty until it ends.
pub(crate) struct Writer {
    out: Vec<u8>,
    /// Where the header of the frame is.
    frame: usize,
    /// From here on it ends before the next object.
    full: usize,
    /// How many objects were put aside.
    memo: u64,
    names: Names,
    /// How many may be around each other from here on.
    levels: u16,
    depth: u16,
    buffers: Option<Vec<Buffer>>,
    /// Bytes of so many go out of band.
    large: usize,
    /// The next bytes are perhaps a buffer.
    is_buffer: bool,
    /// The next sequence is a set.
    is_set: bool,
}

impl Writer {
    /// Bytes go out of band if there is a length from which on plain ones do.
    pub(super) fn new(depth: u16, out_of_band: Option<usize>) -> Writer {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(&[op::PROTO, 5]);
        let mut writer = Writer {
            out,
            frame: 0,
            full: 0,
            memo: 0,
            names: Names::default(),
            levels: depth,
            depth,
            buffers: out_of_band.map(|_| Vec::new()),
            large: out_of_band.unwrap_or(usize::MAX),
            is_buffer: false,
            is_set: false,
        };
        writer.open_frame();
        writer
    }

    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<Buffer>) {
        self.put([op::STOP]);
        self.commit_frame();
        (self.out, self.buffers.unwrap_or_default())
    }

    #[inline]
    pub(super) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.out.extend_from_slice(&bytes);
    }

    /// Before each object: the place where frames end.
    #[inline]
    pub(super) fn object(&mut self) {
        if self.out.len() >= self.full {
            self.next_frame();
        }
    }

    #[cold]
    fn next_frame(&mut self) {
        self.commit_frame();
        self.open_frame();
    }

    fn open_frame(&mut self) {
        self.frame = self.out.len();
        self.full = self.frame + FRAME_HEADER + FRAME_TARGET;
        self.put([0; FRAME_HEADER]);
    }

    #[cold]
    fn commit_frame(&mut self) {
        let (frame, body) = (self.frame, self.frame + FRAME_HEADER);
        let len = self.out.len().saturating_sub(body);
        if len < FRAME_LEAST {
            self.out.drain(frame..body);
        } else if let Some([code, bytes @ ..]) = self.out.get_mut(frame..body) {
            *code = op::FRAME;
            bytes.copy_from_slice(&(len as u64).to_le_bytes());
        }
    }

    #[inline]
    pub(super) fn memoize(&mut self) {
        self.put([op::MEMOIZE]);
        self.memo += 1;
    }

    /// An opcode for an object that is put aside.
    #[inline]
    pub(super) fn memoized(&mut self, code: u8) {
        self.put([code, op::MEMOIZE]);
        self.memo += 1;
    }

    /// What an opcode says of the bytes, and these.
    #[inline]
    fn payload<const N: usize>(&mut self, code: u8, len: [u8; N], bytes: &[u8]) {
        if bytes.len() >= FRAME_TARGET {
            return self.unframed(code, &len, bytes);
        }
        self.put([code]);
        self.put(len);
        self.out.extend_from_slice(bytes);
    }

    #[cold]
    fn unframed(&mut self, code: u8, len: &[u8], bytes: &[u8]) {
        self.commit_frame();
        // One growth for all of it, and the little that follows.
        self.out.reserve(bytes.len() + 64);
        self.put([code]);
        self.out.extend_from_slice(len);
        self.out.extend_from_slice(bytes);
        self.open_frame();
    }

    #[inline]
    fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        match (u8::try_from(bytes.len()), u32::try_from(bytes.len())) {
            (Ok(len), _) => {
                self.out.reserve(bytes.len() + 3);
                self.put([op::SHORT_BINUNICODE, len]);
                self.out.extend_from_slice(bytes);
            }
            (_, Ok(len)) => self.payload(op::BINUNICODE, len.to_le_bytes(), bytes),
            _ => self.payload(op::BINUNICODE8, (bytes.len() as u64).to_le_bytes(), bytes),
        }
        self.memoize();
    }

    /// A name that lives as long as the program: written once.
    #[inline]
    pub(super) fn name(&mut self, name: &'static str) {
        self.object();
        match self.names.recent(name).map(u8::try_from) {
            Some(Ok(index)) => self.put([op::BINGET, index]),
            _ => self.other_name(name),
        }
    }

    fn recall(&mut self, index: u32) {
        match u8::try_from(index) {
            Ok(index) => self.put([op::BINGET, index]),
            Err(_) => {
                self.put([op::LONG_BINGET]);
                self.put(index.to_le_bytes());
            }
        }
    }

    #[inline(never)]
    fn other_name(&mut self, name: &'static str) {
        if let Some(index) = self.names.recent(name).or_else(|| self.names.known(name)) {
            return self.recall(index);
        }
        if let Ok(index) = u32::try_from(self.memo) {
            self.names.insert(name, index);
        }
        self.text(name);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        match (u8::try_from(bytes.len()), u32::try_from(bytes.len())) {
            (Ok(len), _) => self.payload(op::SHORT_BINBYTES, [len], bytes),
            (_, Ok(len)) => self.payload(op::BINBYTES, len.to_le_bytes(), bytes),
            _ => self.payload(op::BINBYTES8, (bytes.len() as u64).to_le_bytes(), bytes),
        }
        self.memoize();
    }

    fn buffer(&mut self, buffer: Buffer) {
        let is_read_only = buffer.is_read_only();
        match &mut self.buffers {
            Some(buffers) => {
                buffers.push(buffer);
                self.put([op::NEXT_BUFFER]);
                if is_read_only {
                    self.put([op::READONLY_BUFFER]);
                }
            }
            None if is_read_only => self.bytes(buffer.bytes()),
            None => {
                self.payload(op::BYTEARRAY8, (buffer.bytes().len() as u64).to_le_bytes(), buffer.bytes());
                self.memoize();
            }
        }
    }

    #[inline]
    fn int(&mut self, number: i64) {
        self.object();
        match (u8::try_from(number), u16::try_from(number), i32::try_from(number)) {
            (Ok(number), ..) => self.put([op::BININT1, number]),
            (_, Ok(number), _) => {
                let [low, high] = number.to_le_bytes();
                self.put([op::BININT2, low, high]);
            }
            (.., Ok(number)) => {
                let [a, b, c, d] = number.to_le_bytes();
                self.put([op::BININT, a, b, c, d]);
            }
            _ => self.long(&number.to_le_bytes()),
        }
    }

    /// Two's complement, without the bytes that only repeat the sign.
    fn long(&mut self, bytes: &[u8]) {
        let bytes = crate::graph::shortest(bytes);
        self.put([op::LONG1, bytes.len() as u8]);
        self.out.extend_from_slice(bytes);
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<()> {
        match self.levels.checked_sub(1) {
            Some(levels) => {
                self.levels = levels;
                Ok(())
            }
            None => Err(self.too_deep()),
        }
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.levels += 1;
    }

    #[cold]
    fn too_deep(&self) -> Error {
        Error::new(ErrorKind::Limit, format!("a value that nests deeper than {} levels", self.depth))
            .with_help("Serializer::depth allows more, and takes as much stack")
    }

    /// A dict of one, until its value is written.
    fn variant(&mut self, variant: &'static str) -> Result<()> {
        self.object();
        self.enter()?;
        self.memoized(op::EMPTY_DICT);
        self.name(variant);
        Ok(())
    }

    pub(super) fn end_variant(&mut self) {
        self.put([op::SETITEM]);
        self.leave();
    }
}

macro_rules! integers {
    ($($method:ident $type:ty;)*) => { $(
        #[inline]
        fn $method(self, number: $type) -> Result<()> {
            self.int(number.into());
            Ok(())
        }
    )* };
}

impl<'w> serde::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Batch<'w>;
    type SerializeTuple = Tuple<'w>;
    type SerializeTupleStruct = Tuple<'w>;
    type SerializeTupleVariant = Tuple<'w>;
    type SerializeMap = Batch<'w>;
    type SerializeStruct = Batch<'w>;
    type SerializeStructVariant = Batch<'w>;

    integers! {
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<()> {
        self.object();
        self.put([if value { op::NEWTRUE } else { op::NEWFALSE }]);
        Ok(())
    }

    #[inline]
    fn serialize_u64(self, number: u64) -> Result<()> {
        match i64::try_from(number) {
            Ok(number) => self.int(number),
            Err(_) => {
                self.object();
                self.long(&u128::from(number).to_le_bytes());
            }
        }
        Ok(())
    }

    fn serialize_i128(self, number: i128) -> Result<()> {
        match i64::try_from(number) {
            Ok(number) => self.int(number),
            Err(_) => {
                self.object();
                self.long(&number.to_le_bytes());
            }
        }
        Ok(())
    }

    fn serialize_u128(self, number: u128) -> Result<()> {
        if let Ok(number) = i128::try_from(number) {
            return self.serialize_i128(number);
        }
        self.object();
        let mut bytes = [0; 17];
        if let Some(low) = bytes.first_chunk_mut() {
            *low = number.to_le_bytes();
        }
        self.long(&bytes);
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<()> {
        self.serialize_f64(number.into())
    }

    #[inline]
    fn serialize_f64(self, number: f64) -> Result<()> {
        self.object();
        let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
        self.put([op::BINFLOAT, a, b, c, d, e, f, g, h]);
        Ok(())
    }

    fn serialize_char(self, char: char) -> Result<()> {
        self.serialize_str(char.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<()> {
        self.object();
        self.text(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<()> {
        self.object();
        let buffer = if std::mem::take(&mut self.is_buffer) { shared::take() } else { None };
        match buffer {
            Some(buffer) => self.buffer(buffer),
            None if bytes.len() >= self.large && self.buffers.is_some() => {
                self.buffer(Buffer::from(bytes.to_vec()).read_only());
            }
            None => self.bytes(bytes),
        }
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        self.enter()?;
        value.serialize(&mut *self)?;
        self.leave();
        Ok(())
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.object();
        self.put([op::NONE]);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.name(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<()> {
        if name == shared::NAME {
            self.is_buffer = true;
            let done = shared::wanted(|| value.serialize(&mut *self));
            self.is_buffer = false;
            return done;
        }
        if name == batch::SET {
            self.is_set = true;
            let done = value.serialize(&mut *self);
            let is_used = !std::mem::take(&mut self.is_set);
            return done.and(if is_used {
                Ok(())
            } else {
                Err(Error::mismatch("a sequence for a set", "something else"))
            });
        }
        self.serialize_some(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.variant(variant)?;
        value.serialize(&mut *self).map_err(|e| e.at_field(variant))?;
        self.end_variant();
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Batch<'w>> {
        let kind = if std::mem::take(&mut self.is_set) { Kind::Set } else { Kind::List };
        Batch::new(self, kind, len)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Tuple<'w>> {
        Tuple::new(self, len, false)
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Tuple<'w>> {
        Tuple::new(self, len, false)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, len: usize) -> Result<Tuple<'w>> {
        self.variant(variant)?;
        Tuple::new(self, len, true)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Batch<'w>> {
        Batch::new(self, Kind::Dict, len)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Batch<'w>> {
        Batch::new(self, Kind::Dict, Some(len))
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, len: usize) -> Result<Batch<'w>> {
        self.variant(variant)?;
        Ok(Batch::new(self, Kind::Dict, Some(len))?.in_variant())
    }
}
