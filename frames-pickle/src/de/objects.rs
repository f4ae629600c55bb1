//! What an object holds, by how the pickle makes it. Nothing is called, so a class is known by its name at most: `collections.deque` is, and
//! what is called like a class (`Color`, `decimal.Decimal`) is taken for one, whose arguments are what it holds. A function's are not.

use crate::graph::{CallKind, Graph, Step, Tag};
use crate::node::{Node, Object, Steps};
use crate::value::Value;

/// The items of a container, one after the other; of a dict keys and values in turn.
#[derive(Clone, Copy)]
pub(super) struct Flow<'g> {
    chunk: &'g [Value],
    steps: Steps<'g>,
    only: Step,
    /// The slots of an instance that has a dict too.
    then: Option<Steps<'g>>,
}

impl<'g> Flow<'g> {
    /// Of a container of Python's own.
    #[inline]
    pub(super) fn of(graph: &'g Graph<'_>, value: Value) -> Flow<'g> {
        let none = Flow { chunk: &[], steps: Steps::new(graph, 0), only: Step::Append, then: None };
        let Some((at, (tag, body))) = value.as_place().and_then(|at| Some((at, graph.header(at)?))) else {
            return none;
        };
        let steps = |only| Flow { steps: Steps::new(graph, body), only, ..none };
        match tag {
            Tag::Tuple | Tag::FrozenSet => Flow { chunk: graph.items(at, body), ..none },
            Tag::List => steps(Step::Append),
            Tag::Dict => steps(Step::SetItems),
            Tag::Set => steps(Step::Add),
            _ => none,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        let count = |steps: Steps<'g>| -> usize {
            steps.map(|(step, items)| if step == self.only { items.len() } else { 0 }).sum()
        };
        self.chunk.len() + count(self.steps) + self.then.map_or(0, count)
    }
}

impl Iterator for Flow<'_> {
    type Item = Value;

    #[inline]
    fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((first, rest)) = self.chunk.split_first() {
                self.chunk = rest;
                return Some(*first);
            }
            match self.steps.next() {
                Some((step, items)) if step == self.only => self.chunk = items,
                Some(_) => {}
                None => self.steps = self.then.take()?,
            }
        }
    }
}

/// How an object is made, the detours of older protocols taken away.
#[derive(Clone, Copy)]
pub(super) struct Made<'g> {
    path: (&'g str, &'g str),
    /// By a call of the class, not of its `__new__`.
    is_called: bool,
    /// It is a class that is called, as far as names tell.
    is_class: bool,
    args: &'g [Value],
    kwargs: Option<Value>,
    state: Option<Value>,
    steps: Steps<'g>,
}

/// Classes of lower case that hold what they are called with.
const CLASSES: [(&str, &str); 14] = [
    ("builtins", "list"),
    ("builtins", "tuple"),
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("builtins", "dict"),
    ("builtins", "object"),
    ("builtins", "int"),
    ("builtins", "float"),
    ("builtins", "str"),
    ("builtins", "bytes"),
    ("builtins", "bytearray"),
    ("builtins", "complex"),
    ("collections", "deque"),
    ("collections", "defaultdict"),
];

impl<'g> Made<'g> {
    /// `None` if what is called has no name.
    pub(super) fn of(graph: &'g Graph<'_>, object: &Object<'g>) -> Option<Made<'g>> {
        let Node::Tuple(args) = graph.node(object.args()) else { return None };
        let path = object.path().or_else(|| object.class_by_value())?;
        let named = |class: Value| match graph.node(class) {
            Node::Global(global) => global.path(),
            _ => None,
        };
        let is_called = object.kind() == CallKind::Reduce;
        let made = Made {
            path,
            is_called,
            is_class: true,
            args,
            kwargs: object.kwargs(),
            state: object.state(),
            steps: object.raw_steps(),
        };
        Some(match (is_called, path, args) {
            (true, ("copyreg", "__newobj__"), [class, args @ ..]) => {
                Made { path: named(*class)?, is_called: false, args, ..made }
            }
            (true, ("copyreg", "__newobj_ex__"), [class, args, kwargs]) => {
                let Node::Tuple(args) = graph.node(*args) else { return None };
                Made { path: named(*class)?, is_called: false, args, kwargs: Some(*kwargs), ..made }
            }
            (true, ("copyreg", "_reconstructor"), [class, base, value]) => {
                let made = Made { path: named(*class)?, ..made };
                match (named(*base), graph.node(*value)) {
                    (Some(("builtins", "object")), _) => Made { args: &[], ..made },
                    // As `__new__` gets them of a namedtuple.
                    (_, Node::Tuple(args)) => Made { args, is_called: false, ..made },
                    _ => Made { args: args.get(2..).unwrap_or_default(), ..made },
                }
            }
            (true, (_, name), _) => {
                let name = name.rsplit('.').next().unwrap_or_default();
                let is_class = name.starts_with(char::is_uppercase) || CLASSES.contains(&path);
                Made { is_class, ..made }
            }
            (false, ..) => made,
        })
    }

    fn does(&self, sort: Step) -> bool {
        let mut steps = self.steps;
        steps.any(|(step, _)| step == sort)
    }

    fn is_any_of(&self, paths: &[(&str, &str)]) -> bool {
        paths.contains(&self.path)
    }

    fn is_mapping(&self) -> bool {
        self.is_any_of(&[("collections", "OrderedDict"), ("collections", "defaultdict"), ("collections", "Counter")])
    }

    /// Nothing is in it but, perhaps, attributes.
    pub(super) fn is_bare(&self) -> bool {
        self.args.is_empty()
            && !self.does(Step::Append)
            && !self.does(Step::Add)
            && !self.is_any_of(&[("collections", "deque"), ("builtins", "set"), ("builtins", "list")])
    }

    pub(super) fn is_like_dict(&self) -> bool {
        self.does(Step::SetItems) || self.is_mapping()
    }

    /// The one thing that it is made of: what an instance of a subclass of `int` is, or the value of a member of an enum.
    pub(super) fn scalar(&self) -> Option<Value> {
        match self.args {
            [value] if self.is_class && self.is_held() => Some(*value),
            _ => None,
        }
    }

    /// What it holds are its arguments alone.
    fn is_held(&self) -> bool {
        let mut steps = self.steps;
        self.kwargs.is_none() && !steps.any(|(step, _)| matches!(step, Step::Append | Step::SetItems | Step::Add))
    }

    /// False for texts and numbers by the name of the class, which Python would turn into other bytes.
    pub(super) fn may_be_bytes(&self) -> bool {
        !self.is_called || self.is_any_of(&[("builtins", "bytes"), ("builtins", "bytearray")]) || self.is_class
    }

    /// The text whose characters are the bytes that this is: `_codecs.encode(text, "latin1")`, or a `bytearray` of such.
    pub(super) fn latin1(&self) -> Option<Value> {
        match (self.path, self.args) {
            (("_codecs", "encode"), [text, _]) | (("builtins", "bytearray"), [text, _]) => Some(*text),
            _ => None,
        }
    }

    /// `bytes()` or `bytearray()`.
    pub(super) fn is_no_bytes(&self) -> bool {
        self.args.is_empty() && self.is_any_of(&[("builtins", "bytes"), ("builtins", "bytearray")])
    }

    /// Keys and values: those of a dict, or attributes.
    pub(super) fn entries(&self, graph: &'g Graph<'_>) -> Option<Flow<'g>> {
        let none = Flow { chunk: &[], steps: Steps::new(graph, 0), only: Step::SetItems, then: None };
        let dict = |value: Value| (graph.tag(value) == Some(Tag::Dict)).then(|| Flow::of(graph, value));
        if !self.is_class {
            return None;
        }
        if self.does(Step::SetItems) {
            return Some(Flow { steps: self.steps, ..none });
        }
        if self.does(Step::Append) || self.does(Step::Add) {
            return None;
        }
        if self.is_called && self.args.len() == 1 {
            if let Some(entries) = dict(*self.args.first()?) {
                return Some(entries);
            }
        }
        let has_args = !self.args.is_empty() && !self.is_mapping();
        let attributes = match self.state {
            None => None,
            Some(Value::NONE) => None,
            Some(state) => match graph.node(state) {
                Node::Dict(_) => dict(state),
                Node::Tuple([own, slots]) if self.has_slots(graph) => {
                    let slots = dict(*slots)?;
                    Some(match dict(*own) {
                        Some(own) => Flow { then: Some(slots.steps), ..own },
                        None => slots,
                    })
                }
                _ => return None,
            },
        };
        match (attributes, self.kwargs.and_then(dict)) {
            (Some(attributes), _) if !has_args || attributes.len() > 0 => Some(attributes),
            (_, Some(kwargs)) if !has_args => Some(kwargs),
            _ if has_args => None,
            _ => Some(none),
        }
    }

    /// Its state is `(dict or None, dict of slots)`.
    fn has_slots(&self, graph: &Graph<'_>) -> bool {
        match self.state.map(|state| graph.node(state)) {
            Some(Node::Tuple([own, slots])) => {
                (*own == Value::NONE || graph.tag(*own) == Some(Tag::Dict)) && graph.tag(*slots) == Some(Tag::Dict)
            }
            _ => false,
        }
    }

    /// The items of what is a list, a tuple or a set by subclass or by what is done to it.
    pub(super) fn items(&self, graph: &'g Graph<'_>, sets: bool) -> Option<Flow<'g>> {
        let none = Flow { chunk: &[], steps: Steps::new(graph, 0), only: Step::Append, then: None };
        if !self.is_class || self.is_like_dict() || self.latin1().is_some() {
            return None;
        }
        if self.does(Step::Append) {
            return Some(Flow { steps: self.steps, ..none });
        }
        if self.does(Step::Add) {
            return sets.then_some(Flow { steps: self.steps, only: Step::Add, ..none });
        }
        let of_container = |value: Value| match graph.tag(value) {
            Some(Tag::Set | Tag::FrozenSet) if !sets => None,
            Some(Tag::List | Tag::Set | Tag::FrozenSet) if self.is_called => Some(Flow::of(graph, value)),
            Some(Tag::Tuple) => Some(Flow::of(graph, value)),
            None if value == Value::EMPTY_TUPLE => Some(none),
            _ => None,
        };
        match self.args {
            [] => match self.state.filter(|state| *state != Value::NONE) {
                None => Some(none),
                Some(state) if self.has_slots(graph) || graph.tag(state) == Some(Tag::Dict) => None,
                Some(state) => of_container(state).or_else(|| self.listed(graph, state)),
            },
            [first, _] if self.path == ("collections", "deque") => of_container(*first),
            [value] => match of_container(*value) {
                Some(items) => Some(items),
                None if self.is_called => None,
                None => Some(Flow { chunk: self.args, ..none }),
            },
            args => Some(Flow { chunk: args, ..none }),
        }
    }

    fn listed(&self, graph: &'g Graph<'_>, state: Value) -> Option<Flow<'g>> {
        (graph.tag(state) == Some(Tag::List)).then(|| Flow::of(graph, state))
    }

    /// The fields of a class that are told without names: the state of a dataclass with slots, the arguments of a namedtuple.
    pub(super) fn positions(&self, graph: &'g Graph<'_>) -> Option<Flow<'g>> {
        let none = Flow { chunk: &[], steps: Steps::new(graph, 0), only: Step::Append, then: None };
        if !self.is_class || !self.is_held() {
            return None;
        }
        match self.state {
            Some(state) if matches!(graph.tag(state), Some(Tag::List | Tag::Tuple)) => {
                (!self.has_slots(graph)).then(|| Flow::of(graph, state))
            }
            _ if self.args.is_empty() => None,
            _ => Some(Flow { chunk: self.args, ..none }),
        }
    }
}
