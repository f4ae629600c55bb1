//! Objects of `builtins` that pickle has no opcode for, or had none in lower protocols.

use crate::graph::{Graph, Step};
use crate::known::Known;
use crate::known::call::{Call, bytes, dict, encoded, float, global, int, sequence};
use crate::value::Value;
use frames_core::python::Complex;
use frames_core::{Error, ErrorKind, Result};
use std::fmt;

/// Python's `range`. It prints as Python's does.
///
/// ```
/// use frames_pickle::known::Range;
/// assert_eq!(Range { start: 1, stop: 9, step: 2 }.to_string(), "range(1, 9, 2)");
/// assert_eq!(Range { start: 0, stop: 9, step: 1 }.to_string(), "range(0, 9)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The first number.
    pub start: i128,
    /// Behind the last number.
    pub stop: i128,
    /// From one to the next: not zero.
    pub step: i128,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            1 => write!(f, "range({}, {})", self.start, self.stop),
            step => write!(f, "range({}, {}, {step})", self.start, self.stop),
        }
    }
}

/// Python's `slice`, of any three objects.
///
/// ```
/// use frames_pickle::{Value, known::Slice};
/// let all = Slice { start: Value::NONE, stop: Value::NONE, step: Value::NONE };
/// assert_eq!(all.start, Value::NONE);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Usually an int or `None`.
    pub start: Value,
    /// Usually an int or `None`.
    pub stop: Value,
    /// Usually an int or `None`.
    pub step: Value,
}

/// A type of which there is one object: what `type(None)` and the like are.
///
/// ```
/// use frames_pickle::known::Singleton;
/// assert_eq!(Singleton::None.to_string(), "<class 'NoneType'>");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Singleton {
    /// `type(None)`
    None,
    /// `type(...)`
    Ellipsis,
    /// `type(NotImplemented)`
    NotImplemented,
}

impl fmt::Display for Singleton {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Singleton::None => "<class 'NoneType'>",
            Singleton::Ellipsis => "<class 'ellipsis'>",
            Singleton::NotImplemented => "<class 'NotImplementedType'>",
        })
    }
}

pub(crate) fn ellipsis() -> Known {
    Known::Ellipsis
}

pub(crate) fn not_implemented() -> Known {
    Known::NotImplemented
}

pub(crate) fn complex(call: &Call<'_>) -> Result<Known> {
    call.count(2..=2)?;
    call.no_steps()?;
    Ok(Known::Complex(Complex { re: call.take(0, float_of)?, im: call.take(1, float_of)? }))
}

fn float_of(graph: &Graph<'_>, value: Value) -> Result<f64> {
    float(graph, value)
}

pub(crate) fn range(call: &Call<'_>) -> Result<Known> {
    call.count(3..=3)?;
    call.no_steps()?;
    let part = |index: usize| {
        call.take(index, |graph, value| {
            let number = int(graph, value)?.to_i128();
            number.ok_or_else(|| Error::new(ErrorKind::OutOfRange, "expected a number of 128 bits, found a larger one"))
        })
    };
    let range = Range { start: part(0)?, stop: part(1)?, step: part(2)? };
    match range.step {
        0 => {
            let error = Error::new(ErrorKind::OutOfRange, "expected a step that is not 0, found 0");
            Err(error.at_index(2).at_field("args"))
        }
        _ => Ok(Known::Range(range)),
    }
}

pub(crate) fn slice(call: &Call<'_>) -> Result<Known> {
    call.no_steps()?;
    match call.args {
        &[start, stop, step] => Ok(Known::Slice(Slice { start, stop, step })),
        _ => Err(Error::mismatch("3 arguments", call.args.len())),
    }
}

/// `type(x)` for the three that have no name; `type` makes nothing else here.
pub(crate) fn singleton(call: &Call<'_>) -> Result<Known> {
    call.count(1..=1)?;
    call.called()?;
    call.no_steps()?;
    call.take(0, |graph, value| match (value, global(graph, value)) {
        (Value::NONE, _) => Ok(Singleton::None),
        (_, Some(("builtins", "Ellipsis"))) => Ok(Singleton::Ellipsis),
        (_, Some(("builtins", "NotImplemented"))) => Ok(Singleton::NotImplemented),
        _ => Err(Error::mismatch("None, Ellipsis or NotImplemented", graph.name_of(value))),
    })
    .map(Known::Type)
}

pub(crate) fn object(call: &Call<'_>) -> Result<Known> {
    call.count(0..=0)?;
    call.no_steps()?;
    Ok(Known::Object)
}

/// `_codecs.encode(text, "latin1")`, as protocols before 3 write bytes.
pub(crate) fn codecs_encode(call: &Call<'_>) -> Result<Known> {
    call.called()?;
    encoded(call).map(Known::Bytes)
}

pub(crate) fn bytes_(call: &Call<'_>) -> Result<Known> {
    call.count(0..=1)?;
    call.no_steps()?;
    match call.get(0) {
        None => Ok(Known::Bytes(Vec::new())),
        // What Dask makes of a memoryview.
        Some(_) => {
            call.called()?;
            call.take(0, |graph, value| bytes(graph, value).map(|bytes| Known::Bytes(bytes.into_owned())))
        }
    }
}

pub(crate) fn bytearray(call: &Call<'_>) -> Result<Known> {
    call.count(0..=2)?;
    call.called()?;
    call.no_steps()?;
    let bytes = match call.args.len() {
        0 => Vec::new(),
        1 => call.take(0, |graph, value| bytes(graph, value).map(|bytes| bytes.into_owned()))?,
        // `bytearray(text, "latin-1")`, as Python 2 writes it.
        _ => encoded(call)?,
    };
    Ok(Known::ByteArray(bytes))
}

/// The items of the one argument, if there is one.
fn items(call: &Call<'_>) -> Result<Vec<Value>> {
    call.count(0..=1)?;
    call.called()?;
    match call.get(0) {
        None => Ok(Vec::new()),
        Some(_) => call.take(0, |graph, value| sequence(graph, value)),
    }
}

pub(crate) fn set(call: &Call<'_>) -> Result<Known> {
    let mut all = items(call)?;
    all.extend(call.items(Step::Add)?);
    Ok(Known::Set(all))
}

pub(crate) fn frozenset(call: &Call<'_>) -> Result<Known> {
    call.no_steps()?;
    items(call).map(Known::FrozenSet)
}

pub(crate) fn list(call: &Call<'_>) -> Result<Known> {
    let mut all = items(call)?;
    all.extend(call.items(Step::Append)?);
    Ok(Known::List(all))
}

pub(crate) fn dict_(call: &Call<'_>) -> Result<Known> {
    call.count(0..=1)?;
    call.called()?;
    let mut all = match call.get(0) {
        None => Vec::new(),
        Some(_) => call.take(0, |graph, value| dict(graph, value))?,
    };
    all.extend(call.entries()?);
    Ok(Known::Dict(all))
}
