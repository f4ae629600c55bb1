//! Containers that are written: in batches of a thousand, as CPython's C code has them.

use super::writer::Writer;
use crate::opcode as op;
use frames_core::{Error, Result};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

/// The newtype struct that `frames_core::as_set` puts around a sequence.
pub(super) const SET: &str = "$frames_core::as_set";

const BATCH: usize = 1000;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    List,
    Dict,
    Set,
}

impl Kind {
    #[inline]
    fn many(self) -> u8 {
        match self {
            Kind::List => op::APPENDS,
            Kind::Dict => op::SETITEMS,
            Kind::Set => op::ADDITEMS,
        }
    }
}

/// A list, dict or set that is written.
pub(crate) struct Batch<'w> {
    writer: &'w mut Writer,
    kind: Kind,
    /// It will have one item, which needs no mark: so was said, and is so until there is another one.
    is_single: bool,
    /// There is a mark, and so many items since.
    is_open: bool,
    since: usize,
    total: usize,
    in_variant: bool,
}

impl<'w> Batch<'w> {
    #[inline]
    pub(super) fn new(writer: &'w mut Writer, kind: Kind, len: Option<usize>) -> Result<Batch<'w>> {
        writer.object();
        writer.enter()?;
        let empty = match kind {
            Kind::List => op::EMPTY_LIST,
            Kind::Dict => op::EMPTY_DICT,
            Kind::Set => op::EMPTY_SET,
        };
        writer.memoized(empty);
        let is_single = len == Some(1) && kind != Kind::Set;
        Ok(Batch { writer, kind, is_single, is_open: false, since: 0, total: 0, in_variant: false })
    }

    pub(super) fn in_variant(self) -> Self {
        Batch { in_variant: true, ..self }
    }

    #[inline]
    fn before(&mut self) {
        if !self.is_open {
            self.open();
        }
    }

    fn open(&mut self) {
        if self.is_single && self.total == 0 {
            return;
        }
        self.close_single();
        self.writer.put([op::MARK]);
        self.is_open = true;
        self.since = 0;
    }

    fn close_single(&mut self) {
        if std::mem::take(&mut self.is_single) && self.total > 0 {
            self.writer.put([if self.kind == Kind::List { op::APPEND } else { op::SETITEM }]);
        }
    }

    #[inline]
    fn after(&mut self) {
        self.total += 1;
        self.since += 1;
        if self.since == BATCH {
            self.writer.put([self.kind.many()]);
            self.is_open = false;
        }
    }

    #[inline]
    fn finish(self) -> Result<()> {
        if self.is_open && !self.is_single && !self.in_variant {
            self.writer.put([self.kind.many()]);
            self.writer.leave();
            return Ok(());
        }
        self.finish_other()
    }

    /// Of one item, of none, after a full batch, or inside of a variant.
    #[inline(never)]
    fn finish_other(mut self) -> Result<()> {
        if self.is_single {
            self.close_single();
        } else if self.is_open {
            self.writer.put([self.kind.many()]);
        } else if self.total > 0 && self.kind != Kind::List {
            // CPython looks for another item after a full batch, and finds none.
            self.writer.put([op::MARK, self.kind.many()]);
        }
        self.writer.leave();
        if self.in_variant {
            self.writer.end_variant();
        }
        Ok(())
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.before();
        self.writer.name(name);
        value.serialize(&mut *self.writer).map_err(|e| e.at_field(name))?;
        self.after();
        Ok(())
    }
}

impl SerializeSeq for Batch<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.before();
        value.serialize(&mut *self.writer).map_err(|e| e.at_index(self.total))?;
        self.after();
        Ok(())
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl SerializeMap for Batch<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.before();
        key.serialize(&mut *self.writer)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.writer)?;
        self.after();
        Ok(())
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl SerializeStruct for Batch<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.field(name, value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl SerializeStructVariant for Batch<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.field(name, value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

/// A tuple that is written.
pub(crate) struct Tuple<'w> {
    writer: &'w mut Writer,
    len: usize,
    at: usize,
    in_variant: bool,
}

impl<'w> Tuple<'w> {
    #[inline]
    pub(super) fn new(writer: &'w mut Writer, len: usize, in_variant: bool) -> Result<Tuple<'w>> {
        writer.object();
        writer.enter()?;
        if len > 3 {
            writer.put([op::MARK]);
        }
        Ok(Tuple { writer, len, at: 0, in_variant })
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.writer).map_err(|e| e.at_index(self.at))?;
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn finish(self) -> Result<()> {
        let Tuple { writer, len, at, in_variant } = self;
        if at != len {
            return Err(Error::mismatch(format_args!("a tuple of {len}, as was said"), format_args!("one of {at}")));
        }
        match len {
            0 => writer.put([op::EMPTY_TUPLE]),
            1 => writer.put([op::TUPLE1]),
            2 => writer.put([op::TUPLE2]),
            3 => writer.put([op::TUPLE3]),
            _ => writer.put([op::TUPLE]),
        }
        if len > 0 {
            writer.memoize();
        }
        writer.leave();
        if in_variant {
            writer.end_variant();
        }
        Ok(())
    }
}

impl SerializeTuple for Tuple<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.item(value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl SerializeTupleStruct for Tuple<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.item(value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

impl SerializeTupleVariant for Tuple<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.item(value)
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}
