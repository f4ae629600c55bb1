//! Bytes: Dask's form for Python's `bytes` and `bytearray`, one frame and an empty sub-header.

use super::{name, whole};
use crate::error::Result;
use crate::frame::Frame;
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::msgpack::{Cursor, Kind, write};
use crate::numpy;
use crate::table::{self, Place, Sinks};
use crate::writer::Writer;
use bytes::{Bytes, BytesMut};

/// Byte for byte what Dask writes.
const HEADER: &[u8] = b"\x84\xaasub-header\x80\xa4type\xa5bytes\xaftype-serialized\xc4\x21\
    \x80\x05\x95\x16\0\0\0\0\0\0\0\x8c\x08builtins\x94\x8c\x05bytes\x94\x93\x94.\xaaserializer\xa4dask";

/// The same for a `bytearray`.
const MUTABLE: &[u8] = b"\x84\xaasub-header\x80\xa4type\xa9bytearray\xaftype-serialized\xc4\x25\
    \x80\x05\x95\x1a\0\0\0\0\0\0\0\x8c\x08builtins\x94\x8c\x09bytearray\x94\x93\x94.\xaaserializer\xa4dask";

/// Appends a `bytearray`.
pub(crate) fn write_mutable<'a>(bytes: impl Into<Frame<'a>>, writer: &mut Writer<'a>) {
    writer.raw(MUTABLE);
    writer.frame(bytes);
}

/// Writes bytes as one frame.
#[inline]
pub(super) fn write<'a>(bytes: impl Into<Frame<'a>>, writer: &mut Writer<'a>) -> Result<()> {
    writer.raw(HEADER);
    writer.frame(bytes);
    Ok(())
}

/// Reads bytes, a bytearray, or an array of `u8`.
#[inline]
pub(super) fn read<'f>(cursor: &mut Cursor<'_>, slots: &mut [Slot<'f>]) -> Result<Frame<'f>> {
    if cursor.take_exact(HEADER) {
        cursor.decoder().check_family("dask")?;
        return crate::entry::one_frame(slots);
    }
    numpy::read_bytes(cursor, slots)
}

/// Reads a msgpack byte string, or a list of small integers.
pub(super) fn read_inline(cursor: &mut Cursor<'_>) -> Result<Vec<u8>> {
    match cursor.kind()? {
        Kind::Array => crate::bulk::read_inline_each(cursor),
        _ => Ok(cursor.bin()?.to_vec()),
    }
}

/// A few bytes among those of many rows are not worth a header.
macro_rules! byte_rows {
    () => {
        fn pack<'a>(&'a self, row: &mut [u8], at: Place, sinks: &mut Sinks<'a>, writer: &mut Writer<'a>) -> Result<()> {
            table::pack_bytes(self, self.len(), row, at, sinks, writer)
        }
    };
}

name!(Bytes);
impl FrameSerialize for Bytes {
    whole!();
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        write::bin(&mut writer.out, self)
    }
    /// The frame shares the buffer, so that detaching it copies nothing.
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        write(self.clone(), writer)
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        read_inline(cursor).map(Bytes::from)
    }
    /// A shared frame is taken as it is; a borrowed one is copied.
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read(cursor, frames).map(Frame::into_bytes)
    }
    byte_rows!();
}

name!(BytesMut);
/// Python's `bytearray`.
impl FrameSerialize for BytesMut {
    whole!();
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        write::bin(&mut writer.out, self)
    }
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        write_mutable(&self[..], writer);
        Ok(())
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        read_inline(cursor).map(|bytes| BytesMut::from(&bytes[..]))
    }
    /// A unique frame is taken as it is; any other is copied.
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        let bytes = read(cursor, frames)?.into_bytes();
        Ok(bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..])))
    }
    byte_rows!();
}
