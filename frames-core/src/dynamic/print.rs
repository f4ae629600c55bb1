//! Printing for people: kinds, shapes and sizes, never a payload, and never more than a screen or two, whatever a peer sent.

use super::{Dynamic, Object, ObjectKind, Table, Unopened};
use crate::entry::Parts;
use crate::header::Header;
use crate::numpy::NdArray;
use std::fmt::{self, Write};

/// How many characters of a text are shown, and bytes of a byte string.
const TEXT: usize = 60;
/// The longest names, dtypes and shapes.
const NAME: usize = 80;
/// The longest reason.
const REASON: usize = 240;

/// On one line: so many items of each container, levels, and bytes (roughly) in all.
const ITEMS: usize = 6;
const LEVELS: usize = 4;
const LINE: usize = 800;

/// In a tree: items of each container, levels, lines.
const BRANCHES: usize = 12;
const TREE_LEVELS: usize = 10;
const LINES: usize = 200;

/// `{:?}` is one line, `{:#?}` the tree.
impl fmt::Debug for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        let mut out = String::new();
        line(self, LEVELS, &mut out);
        f.write_str(&out)
    }
}

/// An indented tree.
impl fmt::Display for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tree = Tree { out: String::new(), lines: 0 };
        tree.add(0, "", self);
        if tree.lines > LINES {
            tree.out.push_str("…\n");
        }
        f.write_str(tree.out.trim_end())
    }
}

/// One line; a [`Dynamic`] of it shows more.
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        table(self, &mut out);
        f.write_str(&out)
    }
}

/// One line; a [`Dynamic`] of it shows more.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} with {} attributes", self.kind.as_str(), name(&self.name()), self.attributes.len())
    }
}

impl fmt::Debug for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        closed(self, &mut out);
        f.write_str(&out)
    }
}

// -------------------------------------------------------------------------------------------------------- leaves

/// Writing to a `String` does not fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {
        let _ = write!($out, $($arg)*);
    };
}

/// The text up to so many characters, as Rust writes it in quotes.
fn text(text: &str, out: &mut String) {
    match text.char_indices().nth(TEXT) {
        None => {
            put!(out, "{text:?}");
        }
        Some((cut, _)) => {
            let shown = format!("{:?}", &text[..cut]);
            put!(out, "{}…\" {}", shown.strip_suffix('"').unwrap_or(&shown), size(text.len()));
        }
    }
}

fn bytes(bytes: &[u8], out: &mut String) {
    let shown = bytes.get(..TEXT / 2).unwrap_or(bytes);
    put!(out, "b\"{}", shown.escape_ascii());
    if shown.len() < bytes.len() {
        put!(out, "…\" {}", size(bytes.len()));
    } else {
        out.push('"');
    }
}

/// A name that a peer chose, cut, and without what would break the line.
fn name(name: &str) -> String {
    let mut shown: String = name.chars().take(NAME).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    shown.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// `16 B`, `24.0 kB`
pub(super) fn size(bytes: usize) -> String {
    let mut number = bytes as f64;
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    for unit in ["kB", "MB", "GB"] {
        number /= 1000.0;
        // What would be rounded to a thousand is one of the next.
        if number < 999.95 {
            return format!("{number:.1} {unit}");
        }
    }
    format!("{:.1} TB", number / 1000.0)
}

fn array(array: &NdArray, out: &mut String) {
    let shape: Vec<String> = array.shape().iter().map(u64::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let order = match array.is_c_contiguous() {
        true => "C",
        false if is_fortran(array) => "F",
        false => "strided",
    };
    let shape = format!("({}{comma})", shape.join(", "));
    let dtype = name(&array.dtype().to_string());
    put!(out, "array {dtype} {} {order} {}", name(&shape), size(array.as_bytes().len()));
}

/// True if the first dimension is the fastest.
fn is_fortran(array: &NdArray) -> bool {
    let mut step = array.dtype().itemsize() as u64;
    array.shape().iter().zip(array.strides()).all(|(&n, &stride)| {
        let fits = n == 1 || u64::try_from(stride) == Ok(step);
        step = step.saturating_mul(n);
        fits
    })
}

fn closed(closed: &Unopened, out: &mut String) {
    let header = closed.value.header();
    let reason: String = closed.reason.chars().take(REASON).collect();
    let frames = closed.value.frames();
    let s = if frames.len() == 1 { "" } else { "s" };
    put!(
        out,
        "other {} ({} frame{s}, {}): {}",
        name(&what(header)),
        frames.len(),
        size(frames.total_bytes()),
        reason.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'"),
    );
}

fn table(table: &Table, out: &mut String) {
    let s = |n: u64| if n == 1 { "" } else { "s" };
    let columns = table.columns.len();
    put!(out, "table of {} row{} and {columns} column{}", table.rows, s(table.rows), s(columns as u64));
    if let Some(origin) = &table.origin {
        put!(out, " ({})", name(origin));
    }
}

/// The class of a closed value, or its family.
fn what(header: &Header) -> String {
    match Parts::read(&mut header.as_ref().cursor()) {
        Ok(parts) => match (parts.type_name, parts.class.map(crate::classref::decode)) {
            (_, Some(Ok(class))) => class.to_string(),
            (Some(name), _) => name.to_owned(),
            _ => parts.serializer.unwrap_or("?").to_owned(),
        },
        Err(_) => "?".to_owned(),
    }
}

/// What has nothing in it, or is shown without that.
fn leaf(value: &Dynamic, out: &mut String) {
    match value {
        Dynamic::None => out.push_str("None"),
        Dynamic::Bool(true) => out.push_str("True"),
        Dynamic::Bool(false) => out.push_str("False"),
        Dynamic::Int(number) => {
            put!(out, "{number}");
        }
        Dynamic::Wide(number) if number.as_le_bytes().len() > 32 => {
            put!(out, "int of {}", size(number.as_le_bytes().len()));
        }
        Dynamic::Wide(number) => {
            put!(out, "{number}");
        }
        Dynamic::Float(number) => {
            put!(out, "{number:?}");
        }
        Dynamic::Complex(real, imaginary) => {
            put!(out, "({real:?}{}{imaginary:?}j)", if imaginary.is_sign_negative() { "" } else { "+" });
        }
        Dynamic::Str(value) => text(value, out),
        Dynamic::Bytes(value) => bytes(value, out),
        Dynamic::ByteArray(value) => {
            out.push_str("bytearray ");
            bytes(value, out);
        }
        Dynamic::Array(value) => array(value, out),
        Dynamic::Other(value) => closed(value, out),
        Dynamic::Table(value) => table(value, out),
        Dynamic::Object(object) => {
            out.push_str(match object.kind {
                ObjectKind::Instance | ObjectKind::Description => "",
                ObjectKind::Call => "call ",
                ObjectKind::Name => "name ",
            });
            out.push_str(&name(&object.name()));
        }
        many => {
            put!(out, "{} of {}", many.kind(), many.len().unwrap_or_default());
        }
    }
}

/// What stands in front of a child.
enum Label<'d> {
    Nothing,
    Key(&'d Dynamic),
    Name(&'d str),
}

impl Label<'_> {
    fn put(&self, out: &mut String) {
        match self {
            Label::Nothing => return,
            Label::Key(key) => {
                let mut shown = String::new();
                line(key, 2, &mut shown);
                out.push_str(&name(&shown));
            }
            Label::Name(text) => out.push_str(&name(text)),
        }
        out.push_str(": ");
    }
}

/// What is in a value, in order.
fn children(value: &Dynamic) -> Box<dyn Iterator<Item = (Label<'_>, &Dynamic)> + '_> {
    match value {
        Dynamic::Object(object) => Box::new(object.attributes.iter().map(|(name, value)| (Label::Name(name), value))),
        Dynamic::Dict(_) => Box::new(value.entries().iter().map(|(key, value)| (Label::Key(key), value))),
        Dynamic::Table(table) => {
            let columns = table.columns.iter().map(|(name, column)| (Label::Key(name), column));
            let index = table.index.iter().map(|index| (Label::Name("index"), index));
            let more = table.attributes.iter().map(|(name, value)| (Label::Name(name), value));
            Box::new(index.chain(columns).chain(more))
        }
        many => Box::new(many.items().iter().map(|item| (Label::Nothing, item))),
    }
}

/// What is known of an object, if that is one text.
fn said(object: &Object) -> Option<&str> {
    match &object.attributes[..] {
        [(name, Dynamic::Str(said))] if object.kind == ObjectKind::Description && name == "text" => Some(said),
        _ => None,
    }
}

// ------------------------------------------------------------------------------------------------------ one line

fn line(value: &Dynamic, levels: usize, out: &mut String) {
    let (open, close) = match value {
        Dynamic::List(_) => ("[", "]"),
        Dynamic::Tuple(items) if items.len() == 1 => ("(", ",)"),
        Dynamic::Tuple(_) => ("(", ")"),
        Dynamic::Set(_) => ("set {", "}"),
        Dynamic::FrozenSet(_) => ("frozenset {", "}"),
        Dynamic::Dict(_) => ("{", "}"),
        Dynamic::Object(object) if object.kind == ObjectKind::Name && object.attributes.is_empty() => {
            return leaf(value, out);
        }
        Dynamic::Object(object) if said(object).is_some() => {
            leaf(value, out);
            out.push(' ');
            return said(object).into_iter().for_each(|said| text(said, out));
        }
        Dynamic::Object(_) | Dynamic::Table(_) => {
            leaf(value, out);
            (" {", "}")
        }
        _ => return leaf(value, out),
    };
    let mut children = children(value).peekable();
    if children.peek().is_some() && (levels == 0 || out.len() > LINE) {
        put!(out, "{open}…{close}");
        return;
    }
    out.push_str(open);
    for (index, (label, child)) in children.enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        if index == ITEMS || out.len() > LINE {
            out.push('…');
            break;
        }
        label.put(out);
        line(child, levels.saturating_sub(1), out);
    }
    out.push_str(close);
}

// -------------------------------------------------------------------------------------------------------- a tree

struct Tree {
    out: String,
    lines: usize,
}

impl Tree {
    /// Appends a value and all that is in it.
    fn add(&mut self, level: usize, label: &str, value: &Dynamic) {
        if !self.begin(level) {
            return;
        }
        self.out.push_str(label);
        let mut all = children(value).peekable();
        if all.peek().is_none() || is_short(value) {
            // Empty containers, too.
            let mut short = String::new();
            line(value, 1, &mut short);
            self.out.push_str(&short);
            return self.out.push('\n');
        }
        leaf(value, &mut self.out);
        if level == TREE_LEVELS {
            return self.out.push_str(" …\n");
        }
        self.out.push('\n');
        let total = all.size_hint().0;
        for (index, (label, child)) in all.take(BRANCHES).enumerate() {
            let mut shown = String::new();
            match label {
                Label::Nothing => {
                    put!(shown, "{index}: ");
                }
                label => label.put(&mut shown),
            }
            self.add(level + 1, &shown, child);
        }
        if total > BRANCHES && self.begin(level + 1) {
            let more = total - BRANCHES;
            put!(self.out, "… {more} more\n");
        }
    }

    /// Begins a line, if there may be one more.
    fn begin(&mut self, level: usize) -> bool {
        self.lines += 1;
        if self.lines > LINES {
            return false;
        }
        (0..level).for_each(|_| self.out.push_str("  "));
        true
    }
}

/// True for a few plain items, which are best seen on a line.
fn is_short(value: &Dynamic) -> bool {
    let is_plain = |item: &Dynamic| match item {
        Dynamic::None | Dynamic::Bool(_) | Dynamic::Int(_) | Dynamic::Float(_) => true,
        Dynamic::Str(text) => text.len() <= 12,
        Dynamic::Bytes(bytes) => bytes.len() <= 12,
        _ => false,
    };
    if let Dynamic::Object(object) = value {
        return said(object).is_some();
    }
    !matches!(value, Dynamic::Table(_) | Dynamic::Dict(_))
        && (0..=ITEMS).contains(&value.items().len())
        && value.items().iter().all(is_plain)
}
