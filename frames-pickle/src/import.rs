//! Objects of one graph in another, with all that they refer to. Never by recursion.

use crate::graph::{Graph, Tag};
use crate::node::{Buffer, Node};
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::collections::{HashMap, HashSet};

impl Graph<'_> {
    /// Makes the objects behind a value of `other` here, too: what is shared or cyclic there is so here. Buffers are shared, text and bytes
    /// copied. What `other` has [discarded](Graph::discarded) is not taken along.
    ///
    /// # Errors
    ///
    /// A tuple of `other` holds itself with no list, dict or object between, which no pickle can say.
    ///
    /// ```
    /// let other = frames_pickle::read(b"\x80\x04]\x94h\x00a.")?;
    /// let mut graph = frames_pickle::Graph::new();
    /// let list = graph.import(&other, other.root())?;
    /// let pair = graph.tuple(&[list, list]);
    /// graph.set_root(pair);
    /// assert_eq!(format!("{graph:?}"), "(&0 [*0], *0)");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn import(&mut self, other: &Graph<'_>, value: Value) -> Result<Value> {
        self.import_with(other, value, &mut |graph, buffer| graph.buffer(buffer))
    }

    /// The root of `other` with what it has discarded, which is discarded here too: all that a pickle of `other` would run.
    pub(crate) fn import_all(&mut self, other: &Graph<'_>) -> Result<Value> {
        let keep = &mut |graph: &mut Self, buffer| graph.buffer(buffer);
        let mut import = Import { into: self, from: other, keep, made: HashMap::new(), later: Vec::new() };
        let discarded = other.discarded().iter().map(|value| import.make(*value)).collect::<Result<Vec<Value>>>()?;
        let root = import.make(other.root())?;
        import.fill()?;
        self.discarded.extend(discarded);
        Ok(root)
    }

    /// [`import`](Self::import), with buffers that `keep` makes.
    pub(crate) fn import_with(
        &mut self,
        other: &Graph<'_>,
        value: Value,
        keep: &mut dyn FnMut(&mut Self, Buffer) -> Value,
    ) -> Result<Value> {
        let mut import = Import { into: self, from: other, keep, made: HashMap::new(), later: Vec::new() };
        let made = import.make(value)?;
        import.fill()?;
        Ok(made)
    }
}

struct Import<'i, 'a, 'o> {
    into: &'i mut Graph<'a>,
    from: &'i Graph<'o>,
    keep: &'i mut dyn FnMut(&mut Graph<'a>, Buffer) -> Value,
    made: HashMap<Value, Value>,
    /// What has been made and not yet filled.
    later: Vec<Value>,
}

impl Import<'_, '_, '_> {
    /// Makes a value whose parts are made first, as far as it cannot be made without them.
    fn make(&mut self, value: Value) -> Result<Value> {
        let mut open = vec![value];
        let mut entered = HashSet::new();
        while let Some(&top) = open.last() {
            if top.as_place().is_none() || self.made.contains_key(&top) {
                open.pop();
                continue;
            }
            let before = open.len();
            open.extend(self.needs(top).into_iter().filter(|part| self.known(*part).is_none()));
            if open.len() == before {
                let made = self.make_of_parts(top);
                self.made.insert(top, made);
                open.pop();
            } else if !entered.insert(top) {
                let text = format!("a {} is a part of itself", self.from.name_of(top));
                return Err(Error::new(ErrorKind::Unsupported, text));
            }
        }
        Ok(self.known(value).unwrap_or(Value::NONE))
    }

    fn known(&self, value: Value) -> Option<Value> {
        if value.as_place().is_none() { Some(value) } else { self.made.get(&value).copied() }
    }

    /// What must be there before the value is.
    fn needs(&self, value: Value) -> Vec<Value> {
        match self.from.node(value) {
            Node::Tuple(items) | Node::FrozenSet(items) => items.to_vec(),
            Node::Global(global) => global.names().to_vec(),
            Node::Object(object) => [object.callable(), object.args()].into_iter().chain(object.kwargs()).collect(),
            Node::Persistent(id) => vec![id],
            _ => Vec::new(),
        }
    }

    fn make_of_parts(&mut self, value: Value) -> Value {
        let from = self.from;
        let part = |part: Value| self.known(part).unwrap_or(Value::NONE);
        let made = match from.node(value) {
            Node::None => Value::NONE,
            Node::Bool(value) => value.into(),
            Node::Int(int) => self.into.big_int(&int.to_le_bytes()),
            Node::Float(number) => self.into.float(number),
            Node::Str(text) => self.into.push_made(Tag::Str, text.as_wtf8()),
            Node::Bytes(bytes) => self.into.bytes(bytes),
            Node::ByteArray(bytes) => self.into.bytearray(bytes),
            Node::Buffer(bytes, is_read_only) => {
                let buffer = Buffer::from(bytes.clone());
                (self.keep)(self.into, if is_read_only { buffer.read_only() } else { buffer })
            }
            Node::Tuple(items) => {
                let items: Vec<Value> = items.iter().map(|item| part(*item)).collect();
                self.into.tuple(&items)
            }
            Node::FrozenSet(items) => {
                let items: Vec<Value> = items.iter().map(|item| part(*item)).collect();
                self.into.frozenset(&items)
            }
            Node::List(_) => self.into.list(&[]),
            Node::Dict(_) => self.into.dict(&[]),
            Node::Set(_) => self.into.set(&[]),
            Node::Global(global) => {
                let [module, name] = global.names().map(part);
                self.into.push_global(module, name)
            }
            Node::Object(object) => {
                let (callable, args) = (part(object.callable()), part(object.args()));
                let kwargs = object.kwargs().map_or(Value::NONE, part);
                self.into.push_call(object.kind(), callable, args, kwargs)
            }
            Node::Persistent(id) => {
                let id = part(id);
                self.into.persistent(id)
            }
            Node::Extension(code) => self.into.extension(code),
        };
        if from.steps_of(value).next().is_some() {
            self.later.push(value);
        }
        made
    }

    /// Fills what was made. What grows exists before its items: so a cycle ends.
    fn fill(&mut self) -> Result<()> {
        while let Some(value) = self.later.pop() {
            self.grow(value)?;
        }
        Ok(())
    }

    /// Does to what was made all that is done to the value.
    fn grow(&mut self, value: Value) -> Result<()> {
        let (from, target) = (self.from, self.known(value).unwrap_or(Value::NONE));
        for (step, items) in from.steps_of(value) {
            let items = items.iter().map(|item| self.make(*item)).collect::<Result<Vec<Value>>>()?;
            self.into.step(target, step, &items);
        }
        Ok(())
    }
}
