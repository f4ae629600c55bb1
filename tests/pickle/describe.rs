//! A graph in the words of `tests/python/unpickle.py`.

use frames_pickle::{CallKind, Graph, Node, Step, Value};
use std::collections::HashMap;

pub(crate) fn describe(graph: &Graph<'_>) -> String {
    Describer { graph, numbers: HashMap::new() }.one(graph.root())
}

struct Describer<'g> {
    graph: &'g Graph<'g>,
    numbers: HashMap<Value, usize>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Describer<'_> {
    fn several(&mut self, items: impl Iterator<Item = Value>) -> String {
        items.map(|item| self.one(item)).collect::<Vec<_>>().join(",")
    }

    fn one(&mut self, value: Value) -> String {
        let node = self.graph.node(value);
        match node {
            Node::None => return "None".into(),
            Node::Bool(value) => return if value { "True".into() } else { "False".into() },
            Node::Int(int) => return format!("i:{int}"),
            Node::Float(number) => return format!("f:{:016x}", number.to_bits()),
            Node::Str(text) => return format!("s:{}", hex(text.as_wtf8())),
            Node::Bytes(bytes) => return format!("bytes:{}", hex(bytes)),
            Node::ByteArray(bytes) => return format!("bytearray:{}", hex(bytes)),
            Node::Global(global) => return format!("g:{global:?}"),
            Node::Tuple([]) => return "()".into(),
            _ => {}
        }
        let next = self.numbers.len();
        if let Some(number) = self.numbers.get(&value) {
            return format!("#{number}");
        }
        self.numbers.insert(value, next);
        match node {
            Node::Tuple(items) => format!("#{next}({})", self.several(items.iter().copied())),
            Node::List(items) => format!("#{next}[{}]", self.several(items)),
            Node::Dict(entries) => {
                format!("#{next}{{{}}}", self.several(entries.flat_map(|(key, value)| [key, value])))
            }
            Node::Set(items) => format!("#{next}set{{{}}}", self.sorted(items)),
            Node::FrozenSet(items) => format!("#{next}frozenset{{{}}}", self.sorted(items.iter().copied())),
            Node::Persistent(id) => format!("#{next}persistent.id.call({})", self.one(id)),
            Node::Object(object) => {
                let Node::Tuple(args) = self.graph.node(object.args()) else { panic!("arguments that are no tuple") };
                let is_bare =
                    args.is_empty() && matches!(object.kind(), CallKind::Obj | CallKind::Inst | CallKind::Reduce);
                let is_new = is_bare || matches!(object.kind(), CallKind::NewObj | CallKind::NewObjEx);
                let Node::Global(class) = self.graph.node(object.callable()) else {
                    panic!("a callable without a name")
                };
                let kwargs = object.kwargs().filter(|kwargs| match self.graph.node(*kwargs) {
                    Node::Dict(entries) => !entries.is_empty(),
                    _ => true,
                });
                let args = self.several(args.iter().copied().chain(kwargs));
                let mut text = format!("#{next}{class:?}.{}({args})", if is_new { "new" } else { "call" });
                for (step, items) in object.steps() {
                    let name = match step {
                        Step::Append => "append",
                        Step::SetItems => "set",
                        Step::Add => "add",
                        Step::Build => "build",
                        Step::Setter => "setter",
                    };
                    items.iter().for_each(|item| text += &format!(".{name}({})", self.one(*item)));
                }
                text
            }
            other => panic!("{other:?} is not described"),
        }
    }

    fn sorted(&mut self, items: impl Iterator<Item = Value>) -> String {
        let mut items: Vec<String> = items.map(|item| self.one(item)).collect();
        items.sort();
        items.dedup();
        items.join(",")
    }
}
