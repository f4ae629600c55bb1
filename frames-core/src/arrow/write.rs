//! Streams of Arrow as frames: one for Python, or cut at large buffers for a reader that is known to be Rust.

use super::refused;
use super::stream::ALIGNMENT;
use crate::classref;
use crate::error::Result;
use crate::frame::Frame;
use crate::msgpack::write;
use crate::writer::Writer;
use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::writer::StreamEncoder;
use arrow_schema::Schema;
use bytes::Bytes;

/// From here on a buffer is a frame of its own, for Rust.
const LARGE: usize = 4096;

/// A module that no Python can have: Dask's reader would take the first frame for the whole.
const MODULE: &str = "rust::frames";
const QUALNAME: &str = "ArrowStream";
const CLASS: &[u8] = &classref::encode_into([0; classref::encoded_len(MODULE, QUALNAME)], 0, MODULE, QUALNAME);

/// Writes what is called `pyarrow.lib.…` as a stream, cut for Rust or not.
pub(super) fn entry(
    class: &str,
    schema: &Schema,
    batches: &[RecordBatch],
    is_cut: bool,
    writer: &mut Writer<'_>,
) -> Result<()> {
    let pieces = pieces(schema, batches).map_err(|e| e.in_type(format!("pyarrow.lib.{class}")))?;
    writer.raw(b"\x84\xaasub-header\x80\xa4type");
    writer.text(&format!("pyarrow.lib.{class}"))?;
    writer.raw(b"\xaftype-serialized");
    if is_cut {
        write::bin(&mut writer.out, CLASS)?;
    } else {
        write::bin(&mut writer.out, &classref::ClassRef::new("pyarrow.lib", class.to_owned()).encode())?;
    }
    writer.raw(b"\xaaserializer\xa4dask");
    if is_cut {
        cut(pieces, writer);
    } else {
        let mut stream = Vec::with_capacity(pieces.iter().map(Buffer::len).sum());
        pieces.iter().for_each(|piece| stream.extend_from_slice(piece));
        writer.frame(stream);
    }
    Ok(())
}

/// A stream in pieces, of which large ones share the memory of the arrays.
fn pieces(schema: &Schema, batches: &[RecordBatch]) -> Result<Vec<Buffer>> {
    let mut encoder = StreamEncoder::try_new(schema).map_err(refused)?;
    let mut pieces = Vec::new();
    for batch in batches {
        pieces.extend(encoder.encode(batch).map_err(refused)?);
    }
    pieces.extend(encoder.finish().map_err(refused)?);
    Ok(pieces)
}

/// A frame for each large piece, and one for what is between two of them. The padding behind a large piece is left out: readers count it.
fn cut(pieces: Vec<Buffer>, writer: &mut Writer<'_>) {
    let mut small = Vec::new();
    let mut padding = 0;
    for piece in pieces {
        if piece.len() >= LARGE && small.len() % ALIGNMENT == 0 && padding == 0 {
            if !small.is_empty() {
                writer.frame(std::mem::take(&mut small));
            }
            padding = piece.len().next_multiple_of(ALIGNMENT) - piece.len();
            writer.frame(Frame::from(Bytes::from_owner(Owned(piece))));
            continue;
        }
        // The padding comes as zeros, in one piece or in several.
        let skipped = padding.min(piece.len());
        padding -= skipped;
        small.extend_from_slice(piece.get(skipped..).unwrap_or_default());
    }
    if !small.is_empty() {
        writer.frame(small);
    }
}

/// A buffer as the owner of a frame.
pub(super) struct Owned(pub(super) Buffer);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
