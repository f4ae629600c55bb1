//! Times and fractions as headers and frames, through the types that frames-core has for them; the other objects are those types.

use crate::known::{DateTime, Fraction, Time};
use frames_core::__private::python::{read, write};
use frames_core::__private::{Cursor, Slot, Writer};
use frames_core::{FrameSerialize, Frames, Header, HeaderRef, Result, TypeName, python};
use std::borrow::Cow;

macro_rules! through {
    ($($type:ty as $object:ty, $name:literal, $to:expr;)*) => { $(
        impl TypeName for $type {
            fn type_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
            fn type_name_of_val(&self) -> Cow<'static, str> {
                Self::type_name()
            }
        }

        impl FrameSerialize for $type {
            fn serialize(&self) -> Result<(Header, Frames<'_>)> {
                Writer::collect(&|w| self.write_entry(w))
            }

            fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
                frames_core::deserialize(header, frames)
            }

            fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
                let to: fn(&$type) -> Result<$object> = $to;
                to(self).and_then(|object| write(&object, writer)).map_err(|e| e.in_type(Self::type_name()))
            }

            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                read(cursor, frames, |object: $object| Ok(object.into()))
            }
        }
    )* };
}

through! {
    Time as python::Time, "frames_pickle::known::Time", |time| time.try_into();
    DateTime as python::DateTime, "frames_pickle::known::DateTime", |when| when.try_into();
    Fraction as python::Fraction, "frames_pickle::known::Fraction", |fraction| Ok(fraction.clone().into());
}
