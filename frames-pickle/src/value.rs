//! A value of a graph: eight bytes that are a constant, a small integer, a float, or the place of a node.
//!
//! Scalars lie in the value itself, so a list of a million floats is eight million bytes. Anything else is a node of the
//! [`Graph`](crate::Graph), named by its place; two values that are equal here are the same object in Python. Nothing here may
//! look into a graph.

use std::fmt;

/// A handle to a value of one [`Graph`](crate::Graph): what [`Graph::node`](crate::Graph::node) shows.
///
/// Equal handles are one object (Python's `is`); equal objects need not have equal handles. A handle that is used with another graph
/// than its own shows something else or `None`, and never panics.
///
/// ```
/// use frames_pickle::{Graph, Node, Value};
/// let graph = Graph::new();
/// assert!(matches!(graph.node(Value::from(7)), Node::Int(seven) if seven.to_i64() == Some(7)));
/// assert!(matches!(graph.node(Value::NONE), Node::None));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

// The negative quiet NaNs with their second highest bit of payload set stand for what is no float. A float that has such bits is a node.
const CONSTANT: u64 = 0xFFFC << 48;
const INT: u64 = 0xFFFD << 48;
const PLACE: u64 = 0xFFFE << 48;
const PAYLOAD: u64 = (1 << 48) - 1;

/// What the bits of a value say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    None,
    Bool(bool),
    EmptyTuple,
    Int(i64),
    Float(f64),
    Place(usize),
}

impl Value {
    /// Python's `None`.
    ///
    /// ```
    /// assert_eq!(format!("{:?}", frames_pickle::Value::NONE), "None");
    /// ```
    pub const NONE: Value = Value(CONSTANT);

    /// Python's `()`, of which there is one.
    ///
    /// ```
    /// use frames_pickle::{Graph, Value};
    /// assert_eq!(Graph::new().tuple(&[]), Value::EMPTY_TUPLE);
    /// ```
    pub const EMPTY_TUPLE: Value = Value(CONSTANT | 3);

    /// A small integer, if it fits.
    pub(crate) fn int(number: i64) -> Option<Value> {
        let fits = (-(1 << 47)..1 << 47).contains(&number);
        fits.then_some(Value(INT | (number as u64 & PAYLOAD)))
    }

    /// A float, unless its bits are taken.
    pub(crate) fn float(number: f64) -> Option<Value> {
        let bits = number.to_bits();
        (bits < CONSTANT).then_some(Value(bits))
    }

    pub(crate) const fn place(at: usize) -> Value {
        Value(PLACE | (at as u64 & PAYLOAD))
    }

    /// A word of the graph that is no value.
    pub(crate) const fn from_word(word: u64) -> Value {
        Value(word)
    }

    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    pub(crate) fn kind(self) -> Kind {
        match self.0 >> 48 {
            0xFFFC => match self.0 & PAYLOAD {
                0 => Kind::None,
                3 => Kind::EmptyTuple,
                bool => Kind::Bool(bool == 2),
            },
            0xFFFD => Kind::Int(((self.0 << 16) as i64) >> 16),
            0xFFFE | 0xFFFF => Kind::Place((self.0 & PAYLOAD) as usize),
            _ => Kind::Float(f64::from_bits(self.0)),
        }
    }

    /// The place of the node that this is, if it is one.
    pub(crate) fn as_place(self) -> Option<usize> {
        match self.kind() {
            Kind::Place(at) => Some(at),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value(CONSTANT | (1 + value as u64))
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value(INT | (number as i64 as u64 & PAYLOAD))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::None => f.write_str("None"),
            Kind::Bool(value) => f.write_str(if value { "True" } else { "False" }),
            Kind::EmptyTuple => f.write_str("()"),
            Kind::Int(number) => write!(f, "{number}"),
            Kind::Float(number) => write!(f, "{number:?}"),
            Kind::Place(at) => write!(f, "^{at}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_lie_in_the_value() {
        for number in [0, 1, -1, 255, i32::MIN as i64, (1 << 47) - 1, -(1 << 47)] {
            assert_eq!(Value::int(number).unwrap().kind(), Kind::Int(number));
        }
        assert_eq!((Value::int(1 << 47), Value::int(i64::MIN)), (None, None));
        for number in [0.0, -0.0, 1.5, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, f64::MAX] {
            assert_eq!(Value::float(number).unwrap().kind(), Kind::Float(number));
        }
        let nan = Value::float(f64::NAN).unwrap();
        assert!(matches!(nan.kind(), Kind::Float(nan) if nan.to_bits() == f64::NAN.to_bits()));
        assert_eq!(Value::float(f64::from_bits(u64::MAX)), None, "its bits are taken");
        assert_eq!(Value::from(true).kind(), Kind::Bool(true));
        assert_eq!(Value::from(false).kind(), Kind::Bool(false));
        assert_eq!((Value::NONE.kind(), Value::EMPTY_TUPLE.kind()), (Kind::None, Kind::EmptyTuple));
        assert_eq!(Value::place(12).kind(), Kind::Place(12));
    }
}
