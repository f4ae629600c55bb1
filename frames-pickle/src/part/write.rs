//! How a part is written: with the hooks of frames-core.

use super::Part;
use frames_core::__private::{Cursor, Slot, Writer, collection};
use frames_core::{Error, ErrorKind, FrameSerialize, Frames, Header, HeaderRef, Result};
use std::borrow::Cow;

impl frames_core::TypeName for Part {
    fn type_name() -> Cow<'static, str> {
        "a pickled value".into()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

/// Written only.
impl FrameSerialize for Part {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Writer::collect(&|w| self.write_entry(w))
    }

    fn deserialize(_: HeaderRef<'_>, _: Frames<'_>) -> Result<Self> {
        Err(Error::new(ErrorKind::Unsupported, "a translated pickle is read as the type that is wanted"))
    }

    fn is_inline(&self) -> bool {
        matches!(self, Part::Plain(_))
    }

    fn write_inline(&self, writer: &mut Writer<'_>) -> Result<()> {
        match self {
            Part::Plain(value) => value.write_inline(writer),
            _ => Err(Error::new(ErrorKind::Unsupported, "a value with frames is no msgpack value")),
        }
    }

    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        match self {
            Part::Plain(value) => value.write_entry(writer),
            Part::Wide(number) => {
                // frames-core reads the pickle of one integer itself.
                writer.raw(b"\x82\xaaserializer\xa6pickle\xa9writeable\x90");
                let mut pickle = vec![0x80, 2, 0x8b];
                pickle.extend((number.len() as u32).to_le_bytes());
                pickle.extend_from_slice(number);
                pickle.push(b'.');
                writer.frame(pickle);
                Ok(())
            }
            Part::Scalar(header) => {
                writer.raw(header);
                Ok(())
            }
            Part::Bytes(bytes) => bytes.write_entry(writer),
            Part::Array(array) => array.write_entry(writer),
            Part::Masked(array) => array.write_entry(writer),
            Part::Coo(matrix) => matrix.write(writer),
            #[cfg(feature = "arrow")]
            Part::Table(table, _) => table.write_shared(writer),
            #[cfg(feature = "arrow")]
            Part::Chunks(array, name) => array.write_shared(name, writer),
            Part::Many(kind, items) => {
                collection::write(writer, kind, None, |out| items.iter().try_for_each(|item| out.push(item)))
            }
            Part::Dict(entries) => collection::write(writer, "dict", None, |out| {
                entries.iter().try_for_each(|(key, value)| out.keyed(key, value))
            }),
            Part::Object(class, fields) => {
                writer.class_head(class)?;
                let inline = fields.iter().filter(|(_, value)| value.is_inline()).count();
                writer.object(
                    inline,
                    fields.len(),
                    |w| {
                        fields.iter().filter(|(_, value)| value.is_inline()).try_for_each(|(name, value)| {
                            w.text(name)?;
                            value.write_inline(w)
                        })
                    },
                    |complex| {
                        fields
                            .iter()
                            .filter(|(_, value)| !value.is_inline())
                            .try_for_each(|(name, value)| complex.dynamic(name, value))
                    },
                )
            }
        }
    }

    fn read_inline(_: &mut Cursor<'_>) -> Result<Self> {
        Err(Error::new(ErrorKind::Unsupported, "a translated pickle is read as the type that is wanted"))
    }

    fn read_entry(_: &mut Cursor<'_>, _: &mut [Slot<'_>]) -> Result<Self> {
        Err(Error::new(ErrorKind::Unsupported, "a translated pickle is read as the type that is wanted"))
    }
}
