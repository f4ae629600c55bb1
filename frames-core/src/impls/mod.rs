//! `FrameSerialize` for what users of std hold, a file a concern.

pub(crate) mod bytes;
mod ext;
mod maps;
mod numbers;
mod option;
mod paths;
mod pointers;
mod ranges;
mod seqs;
mod sets;
mod text;
mod time;
mod tuples;
pub(crate) mod wide;

#[cfg(feature = "sprs")]
pub use ext::SparseCoo;
pub(crate) use numbers::{exact_f32, exact_f64, inexact, out_of_range};
pub(crate) use seqs::exactly;

/// Names a type that is not generic.
macro_rules! name {
    ($type:ty) => {
        crate::impls::name!($type, stringify!($type));
    };
    ($type:ty, $name:expr) => {
        impl crate::TypeName for $type {
            fn type_name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
            fn type_name_of_val(&self) -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
        }
    };
}
pub(crate) use name;

/// Names a type by its arguments: `name_of!([K, V] HashMap<K, V>, "HashMap<{}, {}>", K, V)`.
macro_rules! name_of {
    ([$($generics:tt)*] $type:ty, $format:literal $(, $arg:ty)*) => {
        impl<$($generics)*> crate::TypeName for $type {
            fn type_name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Owned(format!($format $(, <$arg as crate::TypeName>::type_name())*))
            }
            fn type_name_of_val(&self) -> std::borrow::Cow<'static, str> {
                <Self as crate::TypeName>::type_name()
            }
        }
    };
}
pub(crate) use name_of;

/// `serialize` and `deserialize` of a type whose header is the whole one.
macro_rules! whole {
    () => {
        fn serialize(&self) -> crate::Result<(crate::Header, crate::Frames<'_>)> {
            crate::writer::Writer::collect(&|w| self.write_entry(w))
        }
        fn deserialize(header: crate::HeaderRef<'_>, mut frames: crate::Frames<'_>) -> crate::Result<Self> {
            let mut cursor = header.cursor();
            let value = Self::read_entry(&mut cursor, frames.slots_mut())?;
            cursor.finish()?;
            Ok(value)
        }
    };
}
pub(crate) use whole;

/// The entries of a type whose values are always inline: family msgpack.
macro_rules! inline_entry {
    () => {
        fn write_entry<'a>(&'a self, writer: &mut crate::writer::Writer<'a>) -> crate::Result<()> {
            writer.msgpack_entry(self)
        }
        fn read_entry(
            cursor: &mut crate::msgpack::Cursor<'_>,
            frames: &mut [crate::frames::Slot<'_>],
        ) -> crate::Result<Self> {
            crate::entry::read_scalar(cursor, frames)
        }
        #[inline]
        fn is_inline(&self) -> bool {
            true
        }
    };
}
pub(crate) use inline_entry;
