//! Paths: text. A path that is no Unicode is refused, never mangled.

use super::{inline_entry, name, whole};
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::msgpack::Cursor;
use crate::writer::Writer;
use std::path::PathBuf;

name!(PathBuf);

impl FrameSerialize for PathBuf {
    whole!();
    inline_entry!();
    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        match self.to_str() {
            Some(text) => writer.text(text),
            None => Err(Error::new(ErrorKind::Unsupported, "a path that is not Unicode cannot be text")
                .with_help("send its bytes: `path.as_os_str().as_encoded_bytes().to_vec()`")),
        }
    }
    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        Ok(cursor.str()?.into())
    }
}
