//! A recorded call as constructors look at it: pickle's own helpers taken away, and every argument checked as it is taken.

use crate::graph::{CallKind, Graph, Step};
use crate::int::Int;
use crate::names;
use crate::node::{Entries, Node, Object};
use crate::text::Text;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Callee<'g> {
    /// A module and qualified name.
    Global(&'g str, &'g str),
    /// `getattr(class, name)` as CPython writes a class method: module and name of the class, and the method's name.
    Method(&'g str, &'g str, &'g str),
    /// What no name says: what another call makes.
    Other(Value),
}

/// A call, with its arguments.
#[derive(Clone, Copy)]
pub(crate) struct Call<'g> {
    pub(crate) graph: &'g Graph<'g>,
    pub(crate) object: Object<'g>,
    pub(crate) callee: Callee<'g>,
    pub(crate) args: &'g [Value],
    /// The class, where `copyreg` is what is called.
    pub(crate) class: Option<Value>,
    /// `cls.__new__(cls, *args)`, so that `__init__` is not called.
    pub(crate) is_new: bool,
}

impl<'g> Call<'g> {
    /// The call that makes an object, with positional arguments only.
    pub(crate) fn of(graph: &'g Graph<'_>, object: Object<'g>) -> Result<Call<'g>> {
        let call = Call::recorded(graph, object);
        call.check().map(|()| call)
    }

    /// The arguments are a tuple, and none has a name.
    pub(crate) fn check(&self) -> Result<()> {
        let Node::Tuple(_) = self.graph.node(self.object.args()) else {
            return Err(Error::mismatch("a tuple of arguments", self.graph.name_of(self.object.args())));
        };
        match self.object.kwargs().map(|kwargs| self.graph.node(kwargs)) {
            None => Ok(()),
            Some(Node::Dict(named)) if named.is_empty() => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Unsupported, "named arguments, and it takes none")),
        }
    }

    /// The call as it is, which may have no arguments that can be seen. What `copyreg` does for a class is a call of the class.
    pub(crate) fn recorded(graph: &'g Graph<'_>, object: Object<'g>) -> Call<'g> {
        let args = match graph.node(object.args()) {
            Node::Tuple(args) => args,
            _ => &[],
        };
        let is_new = matches!(object.kind(), CallKind::NewObj | CallKind::NewObjEx);
        let call = Call { graph, object, callee: callee(graph, object.callable()), args, class: None, is_new };
        if is_new {
            return call;
        }
        // Protocols 0 and 1 have no opcode for `cls.__new__`.
        let (class, args) = match (call.callee, args) {
            (Callee::Global("copyreg", "__newobj__"), [class, args @ ..]) => (*class, args),
            (Callee::Global("copyreg", "_reconstructor"), [class, base, Value::NONE])
                if global(graph, *base) == Some(("builtins", "object")) =>
            {
                (*class, &[][..])
            }
            _ => return call,
        };
        match global(graph, class) {
            Some((module, name)) => {
                Call { callee: Callee::Global(module, name), args, class: Some(class), is_new: true, ..call }
            }
            None => call,
        }
    }

    /// As [`of`](Self::of), if a value is a call.
    pub(crate) fn of_value(graph: &'g Graph<'_>, value: Value) -> Option<Call<'g>> {
        match graph.node(value) {
            Node::Object(object) => Call::of(graph, object).ok(),
            _ => None,
        }
    }

    /// `args` has so many.
    pub(crate) fn count(&self, wanted: RangeInclusive<usize>) -> Result<()> {
        if wanted.contains(&self.args.len()) {
            return Ok(());
        }
        let (least, most) = (*wanted.start(), *wanted.end());
        let wanted = match (least, most) {
            (0, 0) => "no arguments".to_owned(),
            (1, 1) => "1 argument".to_owned(),
            _ if least == most => format!("{least} arguments"),
            _ => format!("{least} to {most} arguments"),
        };
        Err(Error::mismatch(wanted, self.args.len()))
    }

    /// The argument at `index`, if it is there.
    pub(crate) fn get(&self, index: usize) -> Option<Value> {
        self.args.get(index).copied()
    }

    /// What `take` makes of the argument at `index`.
    pub(crate) fn take<T>(&self, index: usize, take: impl FnOnce(&'g Graph<'g>, Value) -> Result<T>) -> Result<T> {
        let value = self.get(index).ok_or_else(|| Error::mismatch("an argument", "none"));
        let taken = value.and_then(|value| take(self.graph, value));
        taken.map_err(|error| error.at_index(index).at_field("args"))
    }

    /// It is called, so that what it does with its arguments is done.
    pub(crate) fn called(&self) -> Result<()> {
        match self.is_new {
            true => Err(Error::mismatch("a call of the class", "a call of its __new__")),
            false => Ok(()),
        }
    }

    /// It is made by `__new__` and a state.
    pub(crate) fn made(&self) -> Result<()> {
        match self.is_new {
            true => Ok(()),
            false => Err(Error::mismatch("a call of the class's __new__", "a call of the class")),
        }
    }

    /// Nothing is done to it afterwards.
    pub(crate) fn no_steps(&self) -> Result<()> {
        match self.object.steps().next() {
            None => Ok(()),
            Some((step, _)) => Err(Error::mismatch("nothing behind the call", said(step))),
        }
    }

    /// The items that it is extended by or that are added, where nothing else is done to it.
    pub(crate) fn items(&self, wanted: Step) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        for (step, items) in self.object.steps() {
            if step != wanted {
                return Err(Error::mismatch(said(wanted), said(step)));
            }
            all.extend_from_slice(items);
        }
        Ok(all)
    }

    /// The keys and values that are set.
    pub(crate) fn entries(&self) -> Result<Vec<(Value, Value)>> {
        let flat = self.items(Step::SetItems)?;
        Ok(flat.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect())
    }

    /// The one state that it is given, a dict.
    pub(crate) fn state(&self) -> Result<Option<Entries<'g>>> {
        let mut steps = self.object.steps();
        let state = match (steps.next(), steps.next()) {
            (None, _) => return Ok(None),
            (Some((Step::Build, [state])), None) => *state,
            (Some((Step::Build, _)), Some((step, _))) | (Some((step, _)), _) => {
                return Err(Error::mismatch("one state", said(step)));
            }
        };
        match self.graph.node(state) {
            Node::Dict(entries) => Ok(Some(entries)),
            Node::None => Ok(None),
            _ => Err(Error::mismatch("a dict", self.graph.name_of(state)).at_field("state")),
        }
    }

    /// The attributes `N` that the state has, and no other. Of one that is there twice the last counts.
    pub(crate) fn attributes<const N: usize>(&self, names: [&str; N]) -> Result<[Option<Value>; N]> {
        let mut found = [None; N];
        for (key, value) in self.state()?.into_iter().flatten() {
            let name = text(self.graph, key).map_err(|error| error.at_field("state"))?;
            match names.iter().position(|known| name == *known).and_then(|at| found.get_mut(at)) {
                Some(place) => *place = Some(value),
                None => {
                    let error = Error::new(ErrorKind::UnknownField, "an attribute that the class does not have");
                    return Err(error.at_key(name).at_field("state"));
                }
            }
        }
        Ok(found)
    }
}

/// What is done to an object, for errors.
fn said(step: Step) -> &'static str {
    match step {
        Step::Append => "an extension by items",
        Step::SetItems => "a setting of items",
        Step::Add => "an adding of items",
        Step::Build => "a state",
        Step::Setter => "a state by a setter",
    }
}

/// The module and name of a global to which nothing is done, as they are today.
pub(crate) fn global<'g>(graph: &'g Graph<'_>, value: Value) -> Option<(&'g str, &'g str)> {
    match graph.node(value) {
        Node::Global(global) if global.steps().next().is_none() => {
            global.path().map(|(module, name)| names::today(module, name))
        }
        _ => None,
    }
}

fn callee<'g>(graph: &'g Graph<'_>, callable: Value) -> Callee<'g> {
    if let Some((module, name)) = global(graph, callable) {
        return Callee::Global(module, name);
    }
    match graph.node(callable) {
        Node::Object(object) => method(graph, object).unwrap_or(Callee::Other(callable)),
        _ => Callee::Other(callable),
    }
}

/// `getattr(class, name)`, called as CPython does, and nothing else.
pub(crate) fn method<'g>(graph: &'g Graph<'_>, object: Object<'g>) -> Option<Callee<'g>> {
    let is_plain = object.kind() == CallKind::Reduce && object.steps().next().is_none();
    if !is_plain || global(graph, object.callable()) != Some(("builtins", "getattr")) {
        return None;
    }
    let Node::Tuple(&[class, name]) = graph.node(object.args()) else { return None };
    let (module, class) = global(graph, class)?;
    match graph.node(name) {
        Node::Str(name) => Some(Callee::Method(module, class, name.as_str()?)),
        _ => None,
    }
}

/// An integer.
pub(crate) fn int<'g>(graph: &'g Graph<'_>, value: Value) -> Result<Int<'g>> {
    match graph.node(value) {
        Node::Int(number) => Ok(number),
        // A bool is an int.
        Node::Bool(value) => Ok(Int::from(value as i64)),
        _ => Err(Error::mismatch("int", graph.name_of(value))),
    }
}

/// An integer of a range.
pub(crate) fn int_in(graph: &Graph<'_>, value: Value, range: RangeInclusive<i64>) -> Result<i64> {
    let number = int(graph, value)?;
    match number.to_i64().filter(|number| range.contains(number)) {
        Some(number) => Ok(number),
        None => Err(out_of(range, number)),
    }
}

/// A number that is not in its range. Large numbers are the peer's, and long.
fn out_of(range: RangeInclusive<i64>, number: Int<'_>) -> Error {
    let (least, most) = range.into_inner();
    let found = number.to_i128().map_or_else(|| "a larger one".to_owned(), |number| number.to_string());
    Error::new(ErrorKind::OutOfRange, format!("expected a number from {least} to {most}, found {found}"))
}

/// A float, or an int that is one.
pub(crate) fn float(graph: &Graph<'_>, value: Value) -> Result<f64> {
    match graph.node(value) {
        Node::Float(number) => Ok(number),
        _ => Err(Error::mismatch("float", graph.name_of(value))),
    }
}

/// A text, which may hold surrogates.
pub(crate) fn wtf8<'g>(graph: &'g Graph<'_>, value: Value) -> Result<Text<'g>> {
    match graph.node(value) {
        Node::Str(text) => Ok(text),
        _ => Err(Error::mismatch("str", graph.name_of(value))),
    }
}

/// A text without surrogates.
pub(crate) fn text<'g>(graph: &'g Graph<'_>, value: Value) -> Result<&'g str> {
    let text = "expected a str of Unicode, found one with lone surrogates, which no text of Rust has";
    wtf8(graph, value)?.as_str().ok_or_else(|| Error::new(ErrorKind::Unsupported, text))
}

/// A list or tuple.
pub(crate) fn sequence(graph: &Graph<'_>, value: Value) -> Result<Vec<Value>> {
    match graph.node(value) {
        Node::List(items) => Ok(items.collect()),
        Node::Tuple(items) => Ok(items.to_vec()),
        _ => Err(Error::mismatch("list or tuple", graph.name_of(value))),
    }
}

/// The entries of a dict.
pub(crate) fn dict(graph: &Graph<'_>, value: Value) -> Result<Vec<(Value, Value)>> {
    match graph.node(value) {
        Node::Dict(entries) => Ok(entries.collect()),
        _ => Err(Error::mismatch("dict", graph.name_of(value))),
    }
}

/// Bytes, also as protocols before 3 have them: by `_codecs.encode(text, "latin1")`, or `bytes()` for none.
pub(crate) fn bytes<'g>(graph: &'g Graph<'_>, value: Value) -> Result<Cow<'g, [u8]>> {
    if let Node::Bytes(bytes) = graph.node(value) {
        return Ok(Cow::Borrowed(bytes));
    }
    let Some(call) = Call::of_value(graph, value) else {
        return Err(Error::mismatch("bytes", graph.name_of(value)));
    };
    match call.callee {
        Callee::Global("_codecs", "encode") => encoded(&call).map(Cow::Owned),
        Callee::Global("builtins", "bytes") if call.args.is_empty() => call.no_steps().map(|()| Cow::Borrowed(&[][..])),
        _ => Err(Error::mismatch("bytes", "another object")),
    }
}

/// As [`bytes`], also those that a `str` of Python 2 was, read as Latin-1.
pub(crate) fn payload<'g>(graph: &'g Graph<'_>, value: Value) -> Result<Cow<'g, [u8]>> {
    match graph.node(value) {
        Node::Str(text) => latin1(text).map(Cow::Owned),
        _ => bytes(graph, value),
    }
}

/// `_codecs.encode(text, "latin1")`.
pub(crate) fn encoded(call: &Call<'_>) -> Result<Vec<u8>> {
    call.count(2..=2)?;
    call.no_steps()?;
    let codec = call.take(1, |graph, value| text(graph, value))?;
    if !matches!(codec, "latin1" | "latin-1") {
        return Err(Error::mismatch("\"latin1\"", "another codec").at_index(1).at_field("args"));
    }
    call.take(0, |graph, value| latin1(wtf8(graph, value)?))
}

fn latin1(text: Text<'_>) -> Result<Vec<u8>> {
    let bytes: Option<Vec<u8>> =
        text.as_str().and_then(|text| text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect());
    bytes.ok_or_else(|| Error::mismatch("a str of Latin-1", "one with other characters"))
}
