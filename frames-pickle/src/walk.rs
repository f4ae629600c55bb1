//! From a value to those that it is made of, and whether two graphs are the same. Never by recursion.

use crate::graph::{Graph, Step, Tag, grow};
use crate::node::{Items, Node, Steps};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

impl<'a> Graph<'a> {
    /// What a value refers to, in the order in which a pickler writes it.
    pub(crate) fn children(&self, value: Value) -> Items<'_> {
        let Some((at, (tag, body))) = value.as_place().and_then(|at| Some((at, self.header(at)?))) else {
            return Items::of(&[], Steps::new(self, 0));
        };
        let grows = Steps::new(self, body);
        let none = Steps::new(self, 0);
        match tag {
            Tag::Tuple | Tag::FrozenSet => Items::of(self.items(at, body), none),
            Tag::List | Tag::Dict | Tag::Set | Tag::Extension => Items::of(&[], grows),
            Tag::Global => Items::of(self.items(at, 2), grows),
            Tag::Persistent => Items::of(self.items(at, 1), grows),
            Tag::Call => {
                // Callable and arguments, behind the kind.
                let count = if self.word(at + 1) == crate::CallKind::NewObjEx as u64 { 3 } else { 2 };
                Items::of(self.items(at + 1, count), grows)
            }
            Tag::Int | Tag::BigInt | Tag::Float | Tag::Str | Tag::Bytes | Tag::ByteArray | Tag::Buffer => {
                Items::of(&[], none)
            }
        }
    }

    /// Of what was dropped, only what Python calls or imports something for: the objects, and the containers with some that nothing else has.
    pub(crate) fn keep_hidden(&mut self) {
        if !self.discarded.iter().any(|value| !self.is_opaque(*value)) {
            return;
        }
        let mut seen = self.no_marks();
        let opaque = self.discarded.iter().copied().filter(|value| self.is_opaque(*value));
        for value in [self.root()].into_iter().chain(opaque) {
            self.reach(value, &mut seen);
        }
        let mut discarded = std::mem::take(&mut self.discarded);
        discarded.retain(|value| self.is_opaque(*value) || self.reach(*value, &mut seen));
        self.discarded = discarded;
    }

    /// A bit for each place, to be marked.
    pub(crate) fn no_marks(&self) -> Vec<u64> {
        vec![0; self.heap.len() / 64 + 1]
    }

    /// Marks what a value refers to; whether an object is in what is seen now for the first time.
    pub(crate) fn reach(&self, value: Value, seen: &mut [u64]) -> bool {
        let mut found = false;
        let mut open = Vec::new();
        let mut see = |value: Value, open: &mut Vec<Value>| {
            let Some(at) = value.as_place() else { return };
            let Some(bits) = seen.get_mut(at / 64).filter(|bits| **bits >> (at % 64) & 1 == 0) else { return };
            *bits |= 1 << (at % 64);
            found |= self.is_opaque(value);
            grow(open, 1);
            open.push(value);
        };
        see(value, &mut open);
        while let Some(value) = open.pop() {
            self.children(value).for_each(|value| see(value, &mut open));
        }
        found
    }

    /// What is done to a value after it was made.
    pub(crate) fn steps_of(&self, value: Value) -> Steps<'_> {
        use Tag::*;
        match value.as_place().and_then(|at| self.header(at)) {
            Some((List | Dict | Set | Global | Call | Persistent | Extension, last)) => Steps::new(self, last),
            _ => Steps::new(self, 0),
        }
    }

    fn is_opaque(&self, value: Value) -> bool {
        matches!(self.tag(value), Some(Tag::Call | Tag::Global | Tag::Persistent | Tag::Extension))
    }

    /// The containers and objects that more than one other refers to, or themselves.
    pub(crate) fn shared(&self, roots: &[Value]) -> HashSet<Value> {
        let mut seen = HashSet::new();
        let mut shared = HashSet::new();
        let roots = Items::of(roots, Steps::new(self, 0));
        let mut open = vec![roots];
        while let Some(items) = open.last_mut() {
            match items.next() {
                None => drop(open.pop()),
                Some(item) if item.as_place().is_none() || self.is_leaf(item) => {}
                Some(item) if seen.insert(item) => open.push(self.children(item)),
                Some(item) => drop(shared.insert(item)),
            }
        }
        shared
    }

    /// Nothing lies in it, and to be shared is of no interest to people.
    fn is_leaf(&self, value: Value) -> bool {
        use Tag::*;
        match value.as_place().and_then(|at| self.header(at)) {
            Some((Int | BigInt | Float | Str | Bytes | ByteArray | Buffer, _)) => true,
            // One to which something is done may be what it is done with.
            Some((Global | Extension, steps)) => steps == 0,
            _ => false,
        }
    }

    /// The same to the bit, without regard to what they refer to, nor to what is in buffers.
    fn is_alike(&self, mine: Value, other: &Graph<'_>, theirs: Value) -> bool {
        match (self.node(mine), other.node(theirs)) {
            (Node::None, Node::None) => true,
            (Node::Bool(a), Node::Bool(b)) => a == b,
            (Node::Int(a), Node::Int(b)) => a == b,
            (Node::Float(a), Node::Float(b)) => a.to_bits() == b.to_bits(),
            (Node::Str(a), Node::Str(b)) => a == b,
            (Node::Bytes(a), Node::Bytes(b)) | (Node::ByteArray(a), Node::ByteArray(b)) => a == b,
            (Node::Buffer(_, a), Node::Buffer(_, b)) => a == b,
            (Node::Extension(a), Node::Extension(b)) => a == b && self.same_steps(mine, other, theirs),
            (Node::Object(a), Node::Object(b)) => a.kind() == b.kind() && self.same_steps(mine, other, theirs),
            (Node::Global(_), Node::Global(_)) | (Node::Persistent(_), Node::Persistent(_)) => {
                self.same_steps(mine, other, theirs)
            }
            (Node::Tuple(_), Node::Tuple(_))
            | (Node::FrozenSet(_), Node::FrozenSet(_))
            | (Node::List(_), Node::List(_))
            | (Node::Set(_), Node::Set(_))
            | (Node::Dict(_), Node::Dict(_)) => true,
            _ => false,
        }
    }

    fn buffer_index(&self, value: Value) -> Option<usize> {
        match self.header(value.as_place()?)? {
            (Tag::Buffer, body) => Some((body >> 1) as usize),
            _ => None,
        }
    }

    /// As many of each sort behind each other; how they came in blocks is of no interest.
    fn same_steps(&self, mine: Value, other: &Graph<'_>, theirs: Value) -> bool {
        fn runs(graph: &Graph<'_>, value: Value) -> Vec<(Step, usize)> {
            let body = value.as_place().and_then(|at| graph.header(at)).map_or(0, |(_, body)| body);
            let mut runs: Vec<(Step, usize)> = Vec::new();
            for (step, items) in Steps::new(graph, body) {
                match runs.last_mut() {
                    Some((last, len)) if *last == step => *len += items.len(),
                    _ => runs.push((step, items.len())),
                }
            }
            runs
        }
        runs(self, mine) == runs(other, theirs)
    }
}

/// Two graphs are equal if they are of the same objects in the same order, with the same sharing: floats to the bit, dicts by their entries in
/// order, unknown objects by the calls that make them.
impl PartialEq for Graph<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.discarded.len() != other.discarded.len() {
            return false;
        }
        // Which of theirs each of mine is, and the other way.
        let mut pairs: [HashMap<Value, Value>; 2] = Default::default();
        let mut buffers = HashSet::new();
        let mut open = Vec::new();
        let roots = self.discarded.iter().copied().chain([self.root()]);
        let mut next: Vec<(Value, Value)> = roots.zip(other.discarded.iter().copied().chain([other.root()])).collect();
        loop {
            let Some((mine, theirs)) = next.pop() else {
                let Some((mine, theirs)) = open.last_mut() else { return true };
                match (Iterator::next(mine), Iterator::next(theirs)) {
                    (Some(mine), Some(theirs)) => next.push((mine, theirs)),
                    (None, None) => drop(open.pop()),
                    _ => return false,
                }
                continue;
            };
            let (known, back) = (pairs[0].get(&mine), pairs[1].get(&theirs));
            if known.is_some() || back.is_some() {
                if known != Some(&theirs) || back != Some(&mine) {
                    return false;
                }
                continue;
            }
            if !self.is_alike(mine, other, theirs) {
                return false;
            }
            // Many may name one buffer.
            if let (Some(mine), Some(theirs)) = (self.buffer_index(mine), other.buffer_index(theirs)) {
                if buffers.insert((mine, theirs)) && self.buffers.get(mine) != other.buffers.get(theirs) {
                    return false;
                }
            }
            match (mine.as_place(), theirs.as_place()) {
                (None, None) => {}
                (Some(_), Some(_)) => {
                    pairs[0].insert(mine, theirs);
                    pairs[1].insert(theirs, mine);
                    open.push((self.children(mine), other.children(theirs)));
                }
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Graph, Value, read};

    #[test]
    fn sharing_is_part_of_what_is_equal() {
        let (mut shared, mut apart) = (Graph::new(), Graph::new());
        let text = shared.str("a");
        let list = shared.list(&[text, text]);
        shared.set_root(list);
        let (one, other) = (apart.str("a"), apart.str("a"));
        let list = apart.list(&[one, other]);
        apart.set_root(list);
        assert_eq!(shared, shared.clone());
        assert_ne!(shared, apart);
        assert_ne!(apart, shared);
    }

    #[test]
    fn calls_in_a_container_that_is_dropped_are_not_lost() {
        for (pickle, expect) in [
            (&b"]cos\nsystem\n(S'ls'\ntRa0N."[..], r#"[os.system("ls")]; None"#),
            (b"](Nc__main__\nf\n)R\x85e0N.", r#"[None, (__main__.f(),)]; None"#),
            (b"(}(K\x01Pid\nu1N.", r#"{1: <persistent "id">}; None"#),
            // Left over, and not dropped.
            (b"(cm\nf\ntN.", r#"(m.f,); None"#),
            // Nothing is called for these, or they are in use.
            (b"](K\x01]e0N.", "None"),
            (b"](cm\nf\n)Req\0h\x000.", "[m.f()]"),
        ] {
            assert_eq!(format!("{:?}", read(pickle).unwrap()), expect);
        }
        // An id that is looked up is dropped, too.
        let find = |_: &mut Graph<'_>, _| Ok(Value::NONE);
        let graph = crate::Reader::new().persistent_ids(find).read(b"cm\nf\n)RQ.").unwrap();
        assert_eq!(format!("{graph:?}"), "m.f(); None");
    }

    #[test]
    fn cycles_compare_and_differ() {
        let [a, b, c] = [&b"]\x94h\0a."[..], b"]\x94h\0a.", b"]\x94h\0a]h\0aa."].map(|bytes| {
            let mut pickle = b"\x80\x04".to_vec();
            pickle.extend(bytes);
            read(&pickle).unwrap().into_owned()
        });
        assert_eq!(a, b);
        assert_ne!(a, c);
    }
}
