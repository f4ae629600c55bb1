//! A value that travels as a pickle, wherever it stands.

use frames_core::__private::{Cursor, Slot, Writer};
use frames_core::{Encoder, FrameSerialize, Frames, Header, HeaderRef, Result, TypeName};
use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

/// A value that is sent in the family `pickle`: Python loads it to plain objects of its own, a `Vec` to a list, a tuple to a tuple, arrays
/// that all of numpy's versions load, with their elements beside the pickle and not copied. It is read from any form.
///
/// A whole value is sent so by `Encoder::new().families(["pickle"])`; this is for one field of many.
///
/// ```
/// use frames_core::{deserialize, serialize};
/// use frames_pickle::Pickled;
/// let pair = Pickled(("a".to_owned(), 7_u8));
/// let (header, frames) = serialize(&pair)?;
/// assert_eq!(header.as_ref().get::<&str>("serializer")?, "pickle");
/// assert_eq!(deserialize::<(String, u8)>(&header, frames)?, ("a".to_owned(), 7));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pickled<T>(pub T);

impl<T> Deref for Pickled<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Pickled<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Pickled<T> {
    fn from(value: T) -> Self {
        Pickled(value)
    }
}

impl<T: TypeName> TypeName for Pickled<T> {
    fn type_name() -> Cow<'static, str> {
        format!("Pickled<{}>", T::type_name()).into()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Self::type_name()
    }
}

impl<T: FrameSerialize> FrameSerialize for Pickled<T> {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Encoder::new().families(["pickle"]).serialize(&self.0)
    }

    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
        frames_core::deserialize(header, frames).map(Pickled)
    }

    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        writer.descend()?;
        let (header, frames) = self.serialize()?;
        writer.raw(header.as_bytes());
        frames.into_iter().for_each(|frame| writer.frame(frame));
        writer.ascend();
        Ok(())
    }

    fn read_inline(cursor: &mut Cursor<'_>) -> Result<Self> {
        T::read_inline(cursor).map(Pickled)
    }

    fn read_entry(cursor: &mut Cursor<'_>, slots: &mut [Slot<'_>]) -> Result<Self> {
        T::read_entry(cursor, slots).map(Pickled)
    }
}
