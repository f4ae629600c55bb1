//! The class of Dask's own documentation, with functions of its own on both sides: `corpus.Human` in Python.

use frames_core::{Error, Frame, FrameSerialize, Frames, Header, HeaderRef, Result, register};

/// A name in a frame, an age in the header.
#[derive(Debug, PartialEq)]
pub(crate) struct Human {
    pub(crate) name: String,
    pub(crate) age: Option<u32>,
}

impl FrameSerialize for Human {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Ok((Header::new().with("age", &self.age)?, Frames::from(Frame::from(self.name.as_str()))))
    }
    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
        let name = String::from_utf8(frames.into_one()?.into_vec()).map_err(Error::custom)?;
        Ok(Human { name, age: header.get("age")? })
    }
}

register!(Human, name = "tests::Human", python = "corpus:Human");
