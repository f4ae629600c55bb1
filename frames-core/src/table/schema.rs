//! What a row consists of, in msgpack: so that two programs know that they mean the same, and that code without types can
//! find its way through a table.
//!
//! ```text
//! "<f8" "|b1"                   a number or bool, in the row
//! "text" "other" "unit"         text; a value in its own form; nothing
//! ["option", X]                 a flag and X in the row if X is a number, text that may lack, else a row of a child table
//! ["list", X] ["box", X]        rows of a child table
//! ["array", 3, X]               in the row
//! {"a": X, "b": Y}              a record, field by field
//! ["tuple", X, Y]
//! ["names", "A", "B"]           a code in the row
//! ["enum", {"A": nil, "B": X}]  a code in the row, and for each variant with data a child table
//! ["again", 1]                  the record or enum that is so many levels further out
//! ```

use super::Place;
use crate::envelope::DEFAULT_DECODER;
use crate::error::{Error, Result};
use crate::frame_serialize::FrameSerialize;
use crate::msgpack::{Cursor, Kind, write};
use crate::record::Key;
use std::borrow::Cow;

/// `FrameSerialize::describe` of a type.
pub(crate) type Describe = fn(&mut Schema);

/// The description of a type under construction.
#[derive(Debug, Default)]
pub struct Schema {
    pub(crate) out: Vec<u8>,
    /// The types that are being described, by name.
    open: Vec<Cow<'static, str>>,
}

impl Schema {
    /// What `describe` writes.
    pub(crate) fn of(describe: Describe) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        Schema::append(describe, &mut out);
        out
    }

    /// Appends what `describe` writes.
    pub(crate) fn append(describe: Describe, out: &mut Vec<u8>) {
        let mut schema = Schema { out: std::mem::take(out), open: Vec::new() };
        describe(&mut schema);
        *out = schema.out;
    }

    /// A leaf: a number by its numpy name, `text`, `other`, `unit`.
    pub fn leaf(&mut self, name: &str) {
        // No name of ours is longer than text may be.
        let _ = write::str(&mut self.out, name);
    }

    /// A list of `len` parts, of which the first is its kind.
    fn list(&mut self, kind: &str, len: usize) {
        let _ = write::array_len(&mut self.out, len);
        self.leaf(kind);
    }

    /// A value around one other.
    pub fn around<T: FrameSerialize>(&mut self, kind: &str) {
        self.list(kind, 2);
        T::describe(self);
    }

    /// `n` times a value.
    pub fn array<T: FrameSerialize>(&mut self, n: usize) {
        self.list("array", 3);
        write::uint(&mut self.out, n as u64);
        T::describe(self);
    }

    /// Several values, which the caller describes.
    pub fn tuple(&mut self, n: usize) {
        self.list("tuple", n + 1);
    }

    /// Names.
    pub fn names(&mut self, keys: &[Key]) {
        self.list("names", keys.len() + 1);
        for key in keys {
            self.out.extend_from_slice(key.encoded);
        }
    }

    /// A record of `n` fields, of which the caller writes keys and values and then [`end`](Self::end); false if it is described
    /// further out, and nothing is to be written.
    pub fn record(&mut self, name: Cow<'static, str>, n: usize) -> bool {
        self.begin(name) && {
            let _ = write::map_len(&mut self.out, n);
            true
        }
    }

    /// The fields of a variant, closed by [`end`](Self::end) like a record, to which nothing refers.
    pub fn fields(&mut self, n: usize) {
        self.open.push(Cow::Borrowed(""));
        let _ = write::map_len(&mut self.out, n);
    }

    /// An enum of `n` variants, likewise.
    pub fn choice(&mut self, name: Cow<'static, str>, n: usize) -> bool {
        self.begin(name) && {
            self.list("enum", 2);
            let _ = write::map_len(&mut self.out, n);
            true
        }
    }

    fn begin(&mut self, name: Cow<'static, str>) -> bool {
        if let Some(i) = self.open.iter().rposition(|open| *open == name) {
            let levels = self.open.len() - i;
            self.list("again", 2);
            write::uint(&mut self.out, levels as u64);
            return false;
        }
        self.open.push(name);
        true
    }

    /// The key of a field or variant.
    pub fn key(&mut self, key: &Key) {
        self.out.extend_from_slice(key.encoded);
    }

    /// A variant without data.
    pub fn nothing(&mut self) {
        write::nil(&mut self.out);
    }

    /// The end of a record or enum.
    pub fn end(&mut self) {
        self.open.pop();
    }
}

/// One node of a description that is read; what it consists of stands behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node<'h> {
    /// numpy's name and the bytes of one.
    Number(&'h str, usize),
    Text,
    Other,
    Unit,
    Option,
    List,
    Boxed,
    /// So many of what stands behind.
    Array(usize),
    /// Keys and values.
    Record(usize),
    Tuple(usize),
    Names(usize),
    /// Names and data, or nil.
    Enum(usize),
    Again(usize),
}

impl<'h> Node<'h> {
    /// Reads the node, and moves `cursor` to its first part, or behind it if it has none.
    pub(crate) fn read(cursor: &mut Cursor<'h>) -> Result<Node<'h>> {
        match cursor.kind()? {
            Kind::Map => Ok(Node::Record(cursor.map()?)),
            Kind::Array => {
                let n = cursor.array()?;
                let parts = n.saturating_sub(1);
                let node = match cursor.str()? {
                    "tuple" => Node::Tuple(parts),
                    "names" => Node::Names(parts),
                    "option" if parts == 1 => Node::Option,
                    "list" if parts == 1 => Node::List,
                    "box" if parts == 1 => Node::Boxed,
                    "array" if parts == 2 => Node::Array(size(cursor.count()?)?),
                    "again" if parts == 1 => Node::Again(size(cursor.count()?)?),
                    "enum" if parts == 1 => Node::Enum(cursor.map()?),
                    other => return Err(unknown(other)),
                };
                Ok(node)
            }
            _ => match cursor.str()? {
                "text" => Ok(Node::Text),
                "other" => Ok(Node::Other),
                "unit" => Ok(Node::Unit),
                name => match name.as_bytes() {
                    [_, b'b' | b'i' | b'u' | b'f', n @ b'1'..=b'8'] => Ok(Node::Number(name, (n - b'0') as usize)),
                    _ => Err(unknown(name)),
                },
            },
        }
    }

    /// How many bytes a code among `n` takes.
    pub(crate) fn code_width(n: usize) -> usize {
        if n <= 256 { 1 } else { 2 }
    }
}

/// At the start of a description of ours, which is as deep as its type: the limit is for what others send.
pub(crate) fn cursor(schema: &[u8]) -> Cursor<'_> {
    Cursor::with_depth(schema, &DEFAULT_DECODER, u16::MAX)
}

/// The path of descriptions that are open where one stands, for `again`.
pub(crate) type Path<'h> = Vec<Cursor<'h>>;

/// Follows `again` to the node that it means, and shortens the path to there.
pub(crate) fn resolve<'h>(mut cursor: Cursor<'h>, path: &mut Path<'h>) -> Result<Cursor<'h>> {
    let at = cursor;
    match Node::read(&mut cursor)? {
        Node::Again(levels) => {
            let keep = path.len().checked_sub(levels).ok_or_else(|| Error::invalid("a schema refers to nothing"))?;
            let target = path.get(keep).copied();
            path.truncate(keep);
            target.ok_or_else(|| Error::invalid("a schema refers to itself"))
        }
        _ => Ok(at),
    }
}

/// What is found on the way through the row of one table.
pub(crate) trait Visit<'h> {
    /// A number, bool, flag, code or length, and what it is.
    fn fixed(&mut self, _at: usize, _width: usize, _what: Fixed) {}
    /// A column of text, or of values in their own form, of which it is said that they are text.
    fn text(&mut self, _is_text: bool) {}
    /// A child table, of the rows that `node` describes; `None` for the data of a variant, described by several parts.
    fn table(&mut self, _node: Cursor<'h>, _path: &Path<'h>) {}
}

/// What a part of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixed {
    /// A value, or several.
    Value,
    /// A length or count that belongs to text, and that the portable form does without.
    Inner,
    /// The length of a list.
    Length,
}

/// Goes through the row that a node describes; gives its shape and moves `cursor` behind it.
pub(crate) fn visit<'h>(
    cursor: &mut Cursor<'h>,
    path: &mut Path<'h>,
    at: &mut Place,
    seen: &mut dyn Visit<'h>,
) -> Result<()> {
    let start = *cursor;
    cursor.descend()?;
    match Node::read(cursor)? {
        Node::Number(_, width) => fixed(at, width, Fixed::Value, seen)?,
        Node::Unit => {}
        Node::Text => text(at, Place::TEXT, true, seen)?,
        Node::Other => text(at, Place::OTHER, false, seen)?,
        Node::Option => {
            let inner = *cursor;
            match Node::read(&mut inner.clone())? {
                Node::Number(_, width) => {
                    fixed(at, 1, Fixed::Value, seen)?;
                    fixed(at, width, Fixed::Value, seen)?;
                }
                Node::Text => text(at, Place::TEXT, true, seen)?,
                _ => {
                    fixed(at, 1, Fixed::Value, seen)?;
                    table(at, inner, path, seen)?;
                }
            }
            cursor.skip()?;
        }
        Node::List => {
            fixed(at, 4, Fixed::Length, seen)?;
            table(at, *cursor, path, seen)?;
            cursor.skip()?;
        }
        Node::Boxed => {
            table(at, *cursor, path, seen)?;
            cursor.skip()?;
        }
        Node::Array(n) => {
            let mut inner = Place::START;
            visit(cursor, path, &mut inner, &mut Nothing)?;
            if inner.texts > 0 || inner.tables > 0 {
                return Err(Error::invalid("an array in a row holds numbers"));
            }
            fixed(at, checked_mul(n, inner.fixed)?, Fixed::Value, seen)?;
        }
        Node::Record(n) => {
            path.push(start);
            for _ in 0..n {
                cursor.skip()?;
                visit(cursor, path, at, seen)?;
            }
            path.pop();
        }
        Node::Tuple(n) => {
            for _ in 0..n {
                visit(cursor, path, at, seen)?;
            }
        }
        Node::Names(n) => {
            fixed(at, Node::code_width(n), Fixed::Value, seen)?;
            for _ in 0..n {
                cursor.skip()?;
            }
        }
        Node::Enum(n) => {
            path.push(start);
            fixed(at, 4, Fixed::Inner, seen)?;
            for _ in 0..n {
                cursor.skip()?;
                if !cursor.take_nil() {
                    table(at, *cursor, path, seen)?;
                    cursor.skip()?;
                }
            }
            path.pop();
        }
        Node::Again(_) => return Err(Error::invalid("a row cannot be part of itself")),
    }
    cursor.ascend();
    Ok(())
}

struct Nothing;
impl Visit<'_> for Nothing {}

fn fixed(at: &mut Place, width: usize, what: Fixed, seen: &mut dyn Visit<'_>) -> Result<()> {
    seen.fixed(at.fixed, width, what);
    at.fixed = at.fixed.checked_add(width).ok_or_else(too_wide)?;
    Ok(())
}

fn text(at: &mut Place, shape: Place, is_text: bool, seen: &mut dyn Visit<'_>) -> Result<()> {
    seen.text(is_text);
    at.texts += 1;
    fixed(at, shape.fixed, Fixed::Inner, seen)
}

fn table<'h>(at: &mut Place, node: Cursor<'h>, path: &Path<'h>, seen: &mut dyn Visit<'h>) -> Result<()> {
    seen.table(node, path);
    at.tables += 1;
    Ok(())
}

fn checked_mul(n: usize, width: usize) -> Result<usize> {
    n.checked_mul(width).ok_or_else(too_wide)
}

#[cold]
fn too_wide() -> Error {
    Error::invalid("a row of this table is wider than memory")
}

fn size(n: u64) -> Result<usize> {
    usize::try_from(n).map_err(|_| too_wide())
}

#[cold]
fn unknown(name: &str) -> Error {
    let shown: String = name.chars().take(40).collect();
    Error::invalid(format!("a schema has no {shown:?}"))
}
