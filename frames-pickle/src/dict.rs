//! Dicts as Python sees them: of equal keys one, `1` and `1.0` and `True` among them.
//!
//! Every immutable value gets a number that equal ones share, from its parts up: so equality of deep and shared tuples costs what they cost in
//! the pickle. Nothing recurses.

use crate::graph::{Graph, shortest};
use crate::int::Int;
use crate::node::{Entries, Node};
use crate::value::Value;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

/// The entries of a dict by Python's equality of keys: each key once, in the order in which it came first, with the value that came last.
///
/// Equal are numbers of the same value (`1`, `1.0`, `True`), equal texts and bytes, tuples and frozen sets of equal items, globals of the same
/// name. What only Python could compare (objects), and what no key can be (lists, bytearrays), equals itself; a NaN equals nothing.
///
/// ```
/// use frames_pickle::{Graph, Node};
/// let mut graph = Graph::new();
/// let (one, name) = (graph.float(1.0), graph.str("a"));
/// let dict = graph.dict(&[(1.into(), 10.into()), (name, 20.into()), (one, 30.into())]);
/// let Node::Dict(entries) = graph.node(dict) else { panic!() };
/// let dict = entries.by_key();
/// assert_eq!(dict.len(), 2);
/// assert_eq!((dict.get(true.into()), dict.get_str("a")), (Some(30.into()), Some(20.into())));
/// ```
pub struct Dict<'g> {
    keys: Keys<'g>,
    /// Where the entry of a key stands, by the key's number.
    places: HashMap<usize, usize>,
    entries: Vec<(Value, Value)>,
}

impl<'g> Dict<'g> {
    /// Of keys and values of a graph, in the order in which they were set.
    ///
    /// ```
    /// use frames_pickle::{Dict, Graph};
    /// let graph = Graph::new();
    /// let dict = Dict::new(&graph, [(1.into(), 2.into()), (1.into(), 3.into())]);
    /// assert_eq!(dict.get(1.into()), Some(3.into()));
    /// ```
    pub fn new(graph: &'g Graph<'_>, entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        let mut keys = Keys { graph, numbers: HashMap::new(), seen: HashMap::new(), next: 0 };
        let (mut places, mut unique) = (HashMap::new(), Vec::new());
        for (key, value) in entries {
            let place = *places.entry(keys.number(key)).or_insert(unique.len());
            match unique.get_mut(place) {
                Some((_, old)) => *old = value,
                None => unique.push((key, value)),
            }
        }
        Dict { keys, places, entries: unique }
    }

    /// The value of the key that equals a value of the same graph.
    ///
    /// ```
    /// use frames_pickle::{Dict, Graph, Value};
    /// assert_eq!(Dict::new(&Graph::new(), []).get(Value::NONE), None);
    /// ```
    pub fn get(&self, key: Value) -> Option<Value> {
        self.at(self.keys.find(key)?)
    }

    /// The value of a text.
    ///
    /// ```
    /// use frames_pickle::{Dict, Graph};
    /// assert_eq!(Dict::new(&Graph::new(), []).get_str("a"), None);
    /// ```
    pub fn get_str(&self, key: &str) -> Option<Value> {
        self.at(*self.keys.numbers.get(&Key::Str(key.as_bytes()))?)
    }

    fn at(&self, number: usize) -> Option<Value> {
        self.entries.get(*self.places.get(&number)?).map(|(_, value)| *value)
    }

    /// How many keys there are.
    ///
    /// ```
    /// use frames_pickle::{Dict, Graph};
    /// assert_eq!(Dict::new(&Graph::new(), []).len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there are none.
    ///
    /// ```
    /// use frames_pickle::{Dict, Graph};
    /// assert!(Dict::new(&Graph::new(), []).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, as Python would list them.
    ///
    /// ```
    /// use frames_pickle::{Dict, Graph};
    /// let graph = Graph::new();
    /// let dict = Dict::new(&graph, [(1.into(), 2.into()), (true.into(), 3.into())]);
    /// assert!(dict.iter().eq([(1.into(), 3.into())]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (Value, Value)> {
        self.entries.iter().copied()
    }
}

impl fmt::Debug for Dict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'g> Entries<'g> {
    /// The entries by Python's equality of keys.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"\x80\x04}(K\x01NK\x01\x88u.")?;
    /// let frames_pickle::Node::Dict(entries) = graph.node(graph.root()) else { panic!() };
    /// assert_eq!(entries.by_key().get(1.into()), Some(true.into()));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn by_key(self) -> Dict<'g> {
        Dict::new(self.graph(), self)
    }
}

/// What makes two values equal.
#[derive(PartialEq, Eq, Hash)]
enum Key<'g> {
    /// `None`, and objects that equal themselves only.
    Same(Value),
    /// In two's complement, as short as possible: also of bools, and of floats that are whole.
    Int(Vec<u8>),
    /// By its bits, if it is not whole.
    Float(u64),
    Str(&'g [u8]),
    Bytes(&'g [u8]),
    /// By the numbers of its items.
    Tuple(Vec<usize>),
    /// Sorted, each once.
    FrozenSet(Vec<usize>),
    /// By the numbers of its names.
    Global(Vec<usize>),
}

/// The numbers of values.
struct Keys<'g> {
    graph: &'g Graph<'g>,
    numbers: HashMap<Key<'g>, usize>,
    /// Of values that were asked for before.
    seen: HashMap<Value, usize>,
    next: usize,
}

/// The number of what nothing equals.
const NONE_SUCH: usize = usize::MAX;

impl<'g> Keys<'g> {
    /// The number of a value, a new one if nothing equals it.
    fn number(&mut self, value: Value) -> usize {
        let Keys { graph, numbers, seen, next } = self;
        let mut fresh = || {
            *next += 1;
            *next - 1
        };
        let mut of = |key: Option<Key<'g>>| match key {
            Some(key) => *numbers.entry(key).or_insert_with(&mut fresh),
            None => fresh(),
        };
        resolve(graph, value, &|_| None, seen, &mut of)
    }

    /// The number of a value that was asked for before, or of one that equals it.
    fn find(&self, value: Value) -> Option<usize> {
        let mut of = |key: Option<Key<'g>>| key.and_then(|key| self.numbers.get(&key).copied()).unwrap_or(NONE_SUCH);
        let number = resolve(self.graph, value, &|part| self.seen.get(part).copied(), &mut HashMap::new(), &mut of);
        (number != NONE_SUCH).then_some(number)
    }
}

/// The number of a value: `of` knows those of keys, and gives one that nothing else has to a NaN, which is no key.
fn resolve<'g>(
    graph: &'g Graph<'g>,
    value: Value,
    seen: &dyn Fn(&Value) -> Option<usize>,
    made: &mut HashMap<Value, usize>,
    of: &mut dyn FnMut(Option<Key<'g>>) -> usize,
) -> usize {
    let mut open = vec![value];
    let mut entered = HashSet::new();
    let mut last = NONE_SUCH;
    while let Some(&top) = open.last() {
        let known = |made: &HashMap<Value, usize>, part: &Value| made.get(part).copied().or_else(|| seen(part));
        if let Some(number) = known(made, &top) {
            last = number;
            open.pop();
            continue;
        }
        let parts = parts(graph, top);
        let before = open.len();
        if entered.insert(top) {
            open.extend(parts.iter().filter(|part| !is_nan(graph, **part) && known(made, part).is_none()));
        }
        if open.len() > before {
            continue;
        }
        let numbers = parts.iter().map(|part| match is_nan(graph, *part) {
            true => Some(of(None)),
            // Nothing but a tuple that holds itself lacks a part here.
            false => known(made, part),
        });
        let numbers: Option<Vec<usize>> = numbers.collect();
        last = match numbers {
            _ if is_nan(graph, top) => of(None),
            Some(numbers) => of(Some(key(graph, top, numbers))),
            None => of(Some(Key::Same(top))),
        };
        if !is_nan(graph, top) {
            made.insert(top, last);
        }
        open.pop();
    }
    last
}

fn is_nan(graph: &Graph<'_>, value: Value) -> bool {
    matches!(graph.node(value), Node::Float(number) if number.is_nan())
}

/// What a value is equal by, beside itself.
fn parts<'g>(graph: &'g Graph<'g>, value: Value) -> Cow<'g, [Value]> {
    match graph.node(value) {
        Node::Tuple(items) | Node::FrozenSet(items) => Cow::Borrowed(items),
        Node::Global(global) => Cow::Owned(global.names().to_vec()),
        _ => Cow::Borrowed(&[]),
    }
}

/// By the numbers of the parts.
fn key<'g>(graph: &'g Graph<'g>, value: Value, mut parts: Vec<usize>) -> Key<'g> {
    match graph.node(value) {
        Node::Bool(value) => Key::Int(Int::from(i64::from(value)).to_le_bytes()),
        Node::Int(int) => Key::Int(int.to_le_bytes()),
        Node::Float(number) => whole(number).map_or(Key::Float(number.to_bits()), Key::Int),
        Node::Str(text) => Key::Str(text.as_wtf8()),
        Node::Bytes(bytes) => Key::Bytes(bytes),
        Node::Tuple(_) => Key::Tuple(parts),
        Node::FrozenSet(_) => {
            parts.sort_unstable();
            parts.dedup();
            Key::FrozenSet(parts)
        }
        Node::Global(_) => Key::Global(parts),
        _ => Key::Same(value),
    }
}

/// A float without a fraction as the integer that it is, in two's complement.
fn whole(number: f64) -> Option<Vec<u8>> {
    if !number.is_finite() || number.fract() != 0.0 {
        return None;
    }
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1075;
    let digits = (bits & ((1 << 52) - 1) | 1 << 52) as i128;
    // Below 2^53 it is exact as an i64; beyond, its digits move to the left.
    let Some(shift) = u32::try_from(exponent).ok() else { return Some(Int::from(number as i64).to_le_bytes()) };
    let digits = if number < 0.0 { -digits } else { digits } << (shift % 8);
    let mut bytes = vec![0; shift as usize / 8];
    bytes.extend_from_slice(&digits.to_le_bytes());
    Some(shortest(&bytes).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        let mut graph = Graph::new();
        let text = "1".to_owned() + &"0".repeat(30);
        let large = crate::read(format!("L{text}L\n.").as_bytes()).map(Graph::into_owned);
        let large = large.and_then(|other| graph.import(&other, other.root()));
        let large = large.unwrap_or(Value::NONE);
        let two_to_70 = graph.big_int(&(1i128 << 70).to_le_bytes());
        let minus = graph.big_int(&(-(3i128 << 70)).to_le_bytes());
        // Not by `powi`, which no machine needs to have exact.
        let two_to_70_float = (1i128 << 70) as f64;
        let keys = [1.into(), two_to_70, minus, large, 0.into(), graph.float(0.5), graph.float(f64::INFINITY)];
        let dict = Dict::new(&graph, keys.map(|key| (key, key)));
        let mut other = graph.clone();
        drop(dict);
        for (float, equal) in [
            (1.0, Some(0)),
            (two_to_70_float, Some(1)),
            (-3.0 * two_to_70_float, Some(2)),
            (1e30, None),
            (-0.0, Some(4)),
            (0.5, Some(5)),
            (f64::INFINITY, Some(6)),
            (f64::NAN, None),
        ] {
            let key = other.float(float);
            let dict = Dict::new(&other, keys.map(|key| (key, key)));
            assert_eq!(dict.get(key), equal.and_then(|index: usize| keys.get(index).copied()), "{float}");
        }
    }

    const LEVELS: usize = if cfg!(miri) { 50 } else { 5000 };

    #[test]
    fn tuples_are_equal_by_items_however_deep_and_shared() {
        let mut graph = Graph::new();
        let mut pair = |leaf: Value| (0..LEVELS).fold(leaf, |inner, _| graph.tuple(&[inner, inner]));
        let (one, also_one, two) = (pair(1.into()), pair(true.into()), pair(2.into()));
        let (a, b) = (graph.str("a"), graph.str("b"));
        let (again, nan) = (graph.str("a"), graph.float(f64::NAN));
        let sets = [graph.frozenset(&[a, b, a]), graph.frozenset(&[b, again])];
        let nans = [graph.tuple(&[nan]), graph.tuple(&[nan])];
        let globals = [graph.global("m", "a"), graph.global("m", "a"), graph.global("a", "m")];
        let lists = [graph.list(&[]), graph.list(&[])];
        let dict = Dict::new(&graph, [one, sets[0], nans[0], globals[0], lists[0], nan, nan].map(|key| (key, key)));
        assert_eq!(dict.len(), 7);
        assert_eq!((dict.get(also_one), dict.get(two)), (Some(one), None));
        assert_eq!(dict.get(sets[1]), Some(sets[0]));
        assert_eq!((dict.get(nans[0]), dict.get(nans[1]), dict.get(nan)), (Some(nans[0]), None, None));
        assert_eq!((dict.get(globals[1]), dict.get(globals[2])), (Some(globals[0]), None));
        assert_eq!((dict.get(lists[0]), dict.get(lists[1])), (Some(lists[0]), None));
        assert_eq!(dict.get_str("a"), None);
    }
}
