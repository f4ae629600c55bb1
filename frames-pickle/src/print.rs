//! Graphs as people read them: much like Python's `repr`, with sharing shown and large payloads only named.

use crate::graph::{Graph, Step};
use crate::node::{Items, Node};
use crate::value::Value;
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write};

/// Longer texts are cut, longer bytes are only counted.
const TEXT: usize = 200;
const BYTES: usize = 32;

/// Like Python's `repr`: calls as calls, `&0` before what is referred to again, `*0` for it. Bytes of more than 32 are only counted.
impl fmt::Debug for Graph<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots: Vec<Value> = self.discarded.iter().copied().chain([self.root()]).collect();
        let mut printer =
            Printer { graph: self, shared: self.shared(&roots), numbers: HashMap::new(), open: Vec::new() };
        for value in &self.discarded {
            printer.value(*value, f)?;
            f.write_str("; ")?;
        }
        printer.value(self.root(), f)
    }
}

struct Printer<'g> {
    graph: &'g Graph<'g>,
    shared: HashSet<Value>,
    numbers: HashMap<Value, usize>,
    open: Vec<Task<'g>>,
}

enum Task<'g> {
    Text(&'static str),
    Value(Value),
    Items { left: Items<'g>, is_first: bool, is_dict: bool },
    Steps(crate::node::Steps<'g>),
}

impl<'g> Printer<'g> {
    fn value(&mut self, value: Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.open.push(Task::Value(value));
        while let Some(task) = self.open.pop() {
            match task {
                Task::Text(text) => f.write_str(text)?,
                Task::Value(value) => self.one(value, f)?,
                Task::Items { mut left, is_first, is_dict } => {
                    let Some(item) = left.next() else { continue };
                    if !is_first {
                        f.write_str(", ")?;
                    }
                    let after = if is_dict { left.next() } else { None };
                    self.open.push(Task::Items { left, is_first: false, is_dict });
                    if let Some(after) = after {
                        self.open.extend([Task::Value(after), Task::Text(": ")]);
                    }
                    self.open.push(Task::Value(item));
                }
                Task::Steps(mut steps) => {
                    let Some((step, items)) = steps.next() else { continue };
                    self.open.push(Task::Steps(steps));
                    let (before, after, is_dict) = match step {
                        Step::Append => (".extend([", "])", false),
                        Step::SetItems => (".update({", "})", true),
                        Step::Add => (".update({", "})", false),
                        Step::Build => (".__setstate__(", ")", false),
                        Step::Setter => (".set_by(", ")", false),
                    };
                    f.write_str(before)?;
                    self.items(items, is_dict, after);
                }
            }
        }
        Ok(())
    }

    /// `module.name`, each of them cut.
    fn name(&self, global: Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (text, dot) in self.graph.children(global).zip([".", ""]) {
            match self.graph.node(text) {
                Node::Str(text) => match cut(text.as_wtf8()) {
                    None => text.write_plain(f)?,
                    Some(text) => write!(f, "{text}…")?,
                },
                _ => f.write_str("?")?,
            }
            f.write_str(dot)?;
        }
        Ok(())
    }

    fn items(&mut self, items: &'g [Value], is_dict: bool, after: &'static str) {
        let left = Items::of(items, crate::node::Steps::new(self.graph, 0));
        self.open.extend([Task::Text(after), Task::Items { left, is_first: true, is_dict }]);
    }

    fn grown(&mut self, left: Items<'g>, is_dict: bool, after: &'static str) {
        self.open.extend([Task::Text(after), Task::Items { left, is_first: true, is_dict }]);
    }

    fn one(&mut self, value: Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shared.contains(&value) {
            let next = self.numbers.len();
            if let Some(number) = self.numbers.get(&value) {
                return write!(f, "*{number}");
            }
            self.numbers.insert(value, next);
            write!(f, "&{next} ")?;
        }
        match self.graph.node(value) {
            Node::None => f.write_str("None"),
            Node::Bool(value) => f.write_str(if value { "True" } else { "False" }),
            // What is long is shown once for each time that it is named, so it has to be cut.
            Node::Int(int) => match int.to_i128() {
                None if int.to_le_bytes().len() > BYTES => write!(f, "<int of {} bytes>", int.to_le_bytes().len()),
                _ => write!(f, "{int}"),
            },
            Node::Float(number) => write!(f, "{number:?}"),
            Node::Str(text) => {
                let wtf8 = text.as_wtf8();
                match cut(wtf8) {
                    None => write!(f, "{text:?}"),
                    Some(text) => write!(f, "{:?}… ({} bytes)", text, wtf8.len()),
                }
            }
            Node::Bytes(bytes) => write_bytes("", bytes, f),
            Node::ByteArray(bytes) => write_bytes("bytearray ", bytes, f),
            Node::Buffer(bytes, false) => write!(f, "<buffer of {} bytes>", bytes.len()),
            Node::Buffer(bytes, true) => write!(f, "<read-only buffer of {} bytes>", bytes.len()),
            Node::Tuple(items) => {
                f.write_char('(')?;
                self.items(items, false, if items.len() == 1 { ",)" } else { ")" });
                Ok(())
            }
            Node::FrozenSet(items) => {
                f.write_str("frozenset({")?;
                self.items(items, false, "})");
                Ok(())
            }
            Node::List(items) => {
                f.write_char('[')?;
                self.grown(items, false, "]");
                Ok(())
            }
            Node::Set(items) if items.is_empty() => f.write_str("set()"),
            Node::Set(items) => {
                f.write_char('{')?;
                self.grown(items, false, "}");
                Ok(())
            }
            Node::Dict(_) => {
                f.write_char('{')?;
                self.grown(self.graph.children(value), true, "}");
                Ok(())
            }
            Node::Global(global) => {
                self.open.push(Task::Steps(global.steps()));
                self.name(value, f)
            }
            Node::Persistent(id) => {
                f.write_str("<persistent ")?;
                self.open.extend([Task::Steps(self.graph.steps_of(value)), Task::Text(">"), Task::Value(id)]);
                Ok(())
            }
            Node::Extension(code) => {
                self.open.push(Task::Steps(self.graph.steps_of(value)));
                write!(f, "<extension {code}>")
            }
            Node::Object(object) => {
                let is_new = matches!(object.kind(), crate::CallKind::NewObj | crate::CallKind::NewObjEx);
                self.open.push(Task::Steps(object.raw_steps()));
                self.open.push(Task::Text(")"));
                if let Some(kwargs) = object.kwargs() {
                    self.open.extend([Task::Value(kwargs), Task::Text(", **")]);
                }
                match self.graph.node(object.args()) {
                    // Shared arguments are shown as what they are.
                    Node::Tuple(items) if !self.shared.contains(&object.args()) => self.items(items, false, ""),
                    _ => self.open.extend([Task::Value(object.args()), Task::Text("*")]),
                }
                self.open.push(Task::Text("("));
                if is_new {
                    self.open.push(Task::Text(".__new__"));
                }
                self.open.push(Task::Value(object.callable()));
                Ok(())
            }
        }
    }
}

/// The first characters of what is too long to be shown.
fn cut(wtf8: &[u8]) -> Option<String> {
    let front = wtf8.get(..TEXT + 1)?;
    let text = String::from_utf8_lossy(front);
    // The last character may be a half one.
    Some(text.chars().take(text.chars().count() - 1).collect())
}

fn write_bytes(kind: &str, bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match bytes.len() {
        len if len > BYTES => write!(f, "<{kind}of {len} bytes>", kind = if kind.is_empty() { "bytes " } else { kind }),
        _ => {
            f.write_str(if kind.is_empty() { "b\"" } else { "bytearray(b\"" })?;
            write!(f, "{}", bytes.escape_ascii())?;
            f.write_str(if kind.is_empty() { "\"" } else { "\")" })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{CallKind, Graph, Value};

    #[test]
    fn objects_and_sharing_are_shown() {
        let mut graph = Graph::new();
        let class = graph.global("m", "C");
        let shared = graph.list(&[1.into()]);
        let object = graph.call(CallKind::NewObj, class, &[shared]).unwrap();
        let key = graph.str("a");
        let state = graph.dict(&[(key, shared), (Value::NONE, object)]);
        graph.build(object, state).unwrap();
        graph.append(object, &[2.into(), 3.into()]).unwrap();
        let bytes = graph.bytes(&[0; 40]);
        let root = graph.tuple(&[object, bytes]);
        graph.set_root(root);
        assert_eq!(
            format!("{graph:?}"),
            r#"(&0 m.C.__new__(&1 [1]).__setstate__({"a": *1, None: *0}).extend([2, 3]), <bytes of 40 bytes>)"#
        );
        let set = graph.set(&[]);
        let short = graph.bytearray(b"a\0");
        let float = graph.float(1.5);
        let frozen = graph.frozenset(&[float]);
        let one = graph.tuple(&[set, short, frozen]);
        let root = graph.tuple(&[one]);
        graph.set_root(root);
        assert_eq!(format!("{graph:?}"), r#"((set(), bytearray(b"a\x00"), frozenset({1.5})),)"#);
    }
}
