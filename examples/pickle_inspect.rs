//! What is in a pickle, and what a loader would call for it. Nothing is called to find out.
//!
//!     cargo run --example pickle_inspect -- FILE [BUFFER...] [--dis]
//!
//! `BUFFER...` are the files of its buffers out of band, in order. `--dis` adds the opcodes, as
//! `python -m pickletools` prints them, but for long lines, which are cut.
//! Without FILE it looks at a small pickle of its own, of which `pickle.loads` would run a command.

use frames_pickle::{Buffer, CallKind, Graph, Node, Reader, Step, Value, disassemble_to};
use std::collections::HashMap;
use std::fmt::Write;
use std::io::{self, Write as _};

/// What is deeper, wider or longer is only counted.
const DEPTH: usize = 8;
const WIDTH: usize = 10;
const LINES: usize = 400;
const TEXT: usize = 60;
const COLUMNS: usize = 120;

/// Looks like a dict with a date and twice the same list.
const SAMPLE: &[u8] = b"\x80\x04cos\nsystem\n(X\x0e\0\0\0echo surprise!tR0}\x94(\x8c\x04when\x94\x8c\x08datetime\x94\x8c\x04date\
    \x94\x93\x94C\x04\x07\xe7\x05\x04\x94\x85\x94R\x94\x8c\x05sizes\x94]\x94(K\x01G@\x04\0\0\0\0\0\0e\x8c\x05again\x94h\x09\x8c\x05\
    table\x94\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94(\x8c\x01a\x94K\x07\x8c\x01b\x94C\x08\0\0\0\0\0\0\0\0\x94uu.";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| *flag != "--dis") {
        return Err(format!("{unknown} is none of its options: pickle_inspect [FILE [BUFFER...]] [--dis]").into());
    }
    let (bytes, buffers) = match files.split_first() {
        Some((file, buffers)) => (std::fs::read(file)?, buffers),
        None => (SAMPLE.to_vec(), &[][..]),
    };
    let buffers = buffers.iter().map(|file| std::fs::read(file).map(Buffer::from)).collect::<Result<Vec<_>, _>>()?;

    // A file may have several pickles, one behind the other.
    let mut rest = &bytes[..];
    let mut reader = Reader::new().buffers(buffers);
    let mut out = String::new();
    while !rest.is_empty() {
        let read = reader.read_prefix(rest);
        if flags.iter().any(|flag| flag == "--dis") {
            // Also of what cannot be read: up to where it is wrong.
            let done = disassemble_to(rest, &mut Narrow { out: String::new(), column: 0 });
            println!("{}", done.err().map_or_else(String::new, |error| format!("{error}\n")));
        }
        let (graph, end) = read?;
        writeln!(out, "{}", graph.report())?;
        Tree::write(&graph, &mut out)?;
        out.push('\n');
        print(&mut out)?;
        rest = &rest[end..];
        reader = Reader::new();
    }
    Ok(())
}

/// Whoever reads may have seen enough.
fn print(out: &mut String) -> io::Result<()> {
    match io::stdout().write_all(std::mem::take(out).as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        done => done,
    }
}

/// A text whose long lines are cut, printed as it comes: it may be much longer than the pickle.
struct Narrow {
    out: String,
    column: usize,
}

impl Write for Narrow {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        for char in part.chars() {
            self.column = if char == '\n' { 0 } else { self.column + 1 };
            match self.column {
                0..=COLUMNS => self.out.push(char),
                cut if cut == COLUMNS + 1 => self.out.push('…'),
                _ => {}
            }
        }
        if part.ends_with('\n') {
            print(&mut self.out).map_err(|_| std::fmt::Error)?;
        }
        Ok(())
    }
}

struct Tree<'g> {
    graph: &'g Graph<'g>,
    /// How many refer to what may be shared.
    references: HashMap<Value, usize>,
    /// The numbers of what is shared and was shown.
    numbers: HashMap<Value, usize>,
    /// What is still to be shown, the next one last.
    open: Vec<Line>,
}

struct Line {
    depth: usize,
    label: String,
    /// None for a line that only counts what is left out.
    value: Option<Value>,
}

impl<'g> Tree<'g> {
    fn write(graph: &'g Graph<'g>, out: &mut String) -> std::fmt::Result {
        let dropped = graph.discarded().iter().map(|value| ("dropped: ".to_owned(), *value));
        let roots: Vec<(String, Value)> = dropped.chain([("object: ".to_owned(), graph.root())]).collect();
        let mut tree = Tree { graph, references: HashMap::new(), numbers: HashMap::new(), open: Vec::new() };
        tree.count(roots.iter().map(|(_, value)| *value).collect());
        tree.push(0, roots.into_iter(), 0);
        let mut lines = 0;
        while let Some(line) = tree.open.pop() {
            if lines == LINES {
                return writeln!(out, "… and more than {LINES} lines of this");
            }
            lines += 1;
            write!(out, "{:indent$}{}", "", line.label, indent = 2 * line.depth)?;
            if let Some(value) = line.value {
                tree.one(value, line.depth, out)?;
            }
            out.push('\n');
        }
        Ok(())
    }

    /// Not by recursion: a pickle can be nested as deep as it is long.
    fn count(&mut self, mut open: Vec<Value>) {
        while let Some(value) = open.pop() {
            if children(self.graph, value).next().is_none() {
                continue;
            }
            let count = self.references.entry(value).or_default();
            *count += 1;
            if *count == 1 {
                open.extend(children(self.graph, value));
            }
        }
    }

    /// Lines to come, in order, of which those beyond the width are only counted.
    fn push(&mut self, depth: usize, mut lines: impl Iterator<Item = (String, Value)>, len: usize) {
        let from = self.open.len();
        let width = if depth == 0 { LINES } else { WIDTH };
        let shown = lines.by_ref().take(width).map(|(label, value)| Line { depth, label, value: Some(value) });
        self.open.extend(shown);
        let more = len.saturating_sub(self.open.len() - from);
        if more > 0 {
            self.open.push(Line { depth, label: format!("… {more} more"), value: None });
        }
        self.open[from..].reverse();
    }

    fn one(&mut self, value: Value, depth: usize, out: &mut String) -> std::fmt::Result {
        if self.references.get(&value).is_some_and(|count| *count > 1) {
            if let Some(number) = self.numbers.get(&value) {
                return write!(out, "*{number}, the same as above");
            }
            if depth < DEPTH {
                let next = self.numbers.len() + 1;
                self.numbers.insert(value, next);
                write!(out, "&{next} ")?;
            }
        }
        let graph = self.graph;
        let node = graph.node(value);
        out.push_str(&title(graph, &node));
        if depth >= DEPTH {
            if children(graph, value).next().is_some() {
                out.push_str(", and more below");
            }
            return Ok(());
        }
        let unnamed = |value: Value| (String::new(), value);
        match node {
            Node::Tuple(items) | Node::FrozenSet(items) => {
                self.push(depth + 1, items.iter().copied().map(unnamed), items.len());
            }
            Node::List(items) | Node::Set(items) => self.push(depth + 1, items.map(unnamed), items.len()),
            Node::Dict(entries) => {
                let lines = entries.map(|(key, value)| (format!("{}: ", title(graph, &graph.node(key))), value));
                self.push(depth + 1, lines, entries.len());
            }
            Node::Persistent(id) => self.push(depth + 1, [("id: ".to_owned(), id)].into_iter(), 1),
            Node::Object(object) => {
                let callable = Some(object.callable()).filter(|value| !matches!(graph.node(*value), Node::Global(_)));
                let callable = callable.map(|value| ("callable: ".to_owned(), value));
                let args = match graph.node(object.args()) {
                    Node::Tuple(items) => items,
                    _ => &[],
                };
                let steps = object.steps();
                let done = steps.map(|(step, items)| items.len() / if step == Step::SetItems { 2 } else { 1 });
                let len =
                    usize::from(callable.is_some()) + args.len() + object.kwargs().iter().count() + done.sum::<usize>();
                let args = args.iter().map(|value| ("argument: ".to_owned(), *value));
                let kwargs = object.kwargs().map(|value| ("named arguments: ".to_owned(), value));
                let steps = object.steps().flat_map(|(step, items)| {
                    let label = move |index: usize| match step {
                        Step::Append => "append: ".to_owned(),
                        Step::SetItems => format!("{}: ", title(graph, &graph.node(items[index - 1]))),
                        Step::Add => "add: ".to_owned(),
                        Step::Build => "state: ".to_owned(),
                        Step::Setter => ["set by: ", "state: "][index % 2].to_owned(),
                    };
                    let is_shown = move |index: usize| step != Step::SetItems || index % 2 == 1;
                    let shown = items.iter().enumerate().filter(move |(index, _)| is_shown(*index));
                    shown.map(move |(index, value)| (label(index), *value))
                });
                let lines = callable.into_iter().chain(args).chain(kwargs).chain(steps);
                self.push(depth + 1, lines, len);
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a value refers to.
fn children<'g>(graph: &'g Graph<'g>, value: Value) -> Box<dyn Iterator<Item = Value> + 'g> {
    match graph.node(value) {
        Node::Tuple(items) | Node::FrozenSet(items) => Box::new(items.iter().copied()),
        Node::List(items) | Node::Set(items) => Box::new(items),
        Node::Dict(entries) => Box::new(entries.flat_map(|(key, value)| [key, value])),
        Node::Persistent(id) => Box::new(std::iter::once(id)),
        Node::Object(object) => {
            let call = [object.callable(), object.args()].into_iter().chain(object.kwargs());
            Box::new(call.chain(object.steps().flat_map(|(_, items)| items.iter().copied())))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// A value in a few words, without what is in it.
fn title(graph: &Graph<'_>, node: &Node<'_>) -> String {
    match node {
        Node::None => "None".into(),
        Node::Bool(value) => if *value { "True" } else { "False" }.into(),
        Node::Int(int) => cut(&int.to_string()),
        Node::Float(number) => format!("{number:?}"),
        // Of a long text only its beginning is looked at.
        Node::Str(text) => {
            let wtf8 = text.as_wtf8();
            let front = String::from_utf8_lossy(&wtf8[..wtf8.len().min(4 * TEXT)]);
            let shown: String = front.chars().take(TEXT).collect();
            match shown.len() < wtf8.len() {
                true => format!("{shown:?}… of {} bytes", wtf8.len()),
                false => format!("{shown:?}"),
            }
        }
        Node::Bytes(bytes) => format!("bytes, {}", bytes.len()),
        Node::ByteArray(bytes) => format!("bytearray, {}", bytes.len()),
        Node::Buffer(bytes, true) => format!("buffer of {} bytes, read-only", bytes.len()),
        Node::Buffer(bytes, false) => format!("buffer of {} bytes", bytes.len()),
        Node::Tuple(items) => format!("tuple of {}", items.len()),
        Node::List(items) => format!("list of {}", items.len()),
        Node::Dict(entries) => format!("dict of {}", entries.len()),
        Node::Set(items) => format!("set of {}", items.len()),
        Node::FrozenSet(items) => format!("frozenset of {}", items.len()),
        Node::Global(_) => format!("the name {}", name(node)),
        Node::Persistent(_) => "object by an id".into(),
        Node::Extension(code) => format!("extension {code}"),
        Node::Object(object) => {
            let kind = match object.kind() {
                CallKind::NewObj | CallKind::NewObjEx => "new object of",
                _ => "call of",
            };
            format!("{kind} {}", name(&graph.node(object.callable())))
        }
    }
}

fn name(node: &Node<'_>) -> String {
    match node {
        Node::Global(global) => match global.path() {
            Some((module, name)) => cut(&format!("{}:{}", module.escape_debug(), name.escape_debug())),
            None => "a name that is no text".into(),
        },
        Node::Extension(code) => format!("extension {code}"),
        _ => "what another call made".into(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
