//! `collections` and `types.SimpleNamespace`. What they hold stays values of the graph, in order.

use crate::graph::Step;
use crate::known::Known;
use crate::known::call::{Call, dict, global, int_in, sequence, text, wtf8};
use crate::node::Node;
use crate::value::Value;
use frames_core::{Error, Result};

/// Python's `defaultdict`.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// // pickle.dumps(defaultdict(int))
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x0bcollections\x8c\x0bdefaultdict\x93\x8c\x08builtins\x8c\x03int\x93\x85R.")?;
/// let Known::DefaultDict(dict) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!(dict.factory_name.as_deref(), Some("builtins.int"));
/// assert!(dict.entries.is_empty());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefaultDict {
    /// What makes values for missing keys, which is never called here; `None` of Python if nothing does.
    pub factory: Value,
    /// Its module and name, if it has one.
    pub factory_name: Option<String>,
    /// Of equal keys the last one counts.
    pub entries: Vec<(Value, Value)>,
}

/// Python's `deque`.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// // pickle.dumps(deque([1], maxlen=3))
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x0bcollections\x8c\x05deque\x93)K\x03\x86RK\x01a.")?;
/// let Known::Deque(deque) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!((deque.maxlen, deque.items), (Some(3), vec![1.into()]));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deque {
    /// Not more than `maxlen`.
    pub items: Vec<Value>,
    /// How many it holds at most, if there is a limit.
    pub maxlen: Option<u64>,
}

pub(crate) fn ordered_dict(call: &Call<'_>) -> Result<Known> {
    call.count(0..=1)?;
    call.called()?;
    let mut all = match call.get(0) {
        None => Vec::new(),
        // Python 2 has a list of pairs.
        Some(_) => call.take(0, |graph, value| match graph.node(value) {
            Node::Dict(entries) => Ok(entries.collect()),
            _ => sequence(graph, value)?
                .into_iter()
                .enumerate()
                .map(|(index, pair)| {
                    // No copy of it: it may be long, and in many places.
                    let parts = match graph.node(pair) {
                        Node::Tuple(items) => [0, 1, 2].map(|at| items.get(at).copied()),
                        Node::List(mut items) => [0, 1, 2].map(|_| items.next()),
                        _ => [None; 3],
                    };
                    match parts {
                        [Some(key), Some(value), None] => Ok((key, value)),
                        parts => {
                            let found = match (graph.node(pair), parts.iter().flatten().count()) {
                                (Node::Tuple(_) | Node::List(_), 3) => "more items".to_owned(),
                                (Node::Tuple(_) | Node::List(_), count) => format!("{count} items"),
                                _ => graph.name_of(pair).to_owned(),
                            };
                            Err(Error::mismatch("a key and a value", found))
                        }
                    }
                    .map_err(|error| error.at_index(index))
                })
                .collect(),
        })?,
    };
    all.extend(call.entries()?);
    Ok(Known::OrderedDict(all))
}

pub(crate) fn default_dict(call: &Call<'_>) -> Result<Known> {
    call.count(0..=1)?;
    call.called()?;
    let factory = call.get(0).unwrap_or(Value::NONE);
    let factory_name = global(call.graph, factory).map(|(module, name)| format!("{module}.{name}"));
    let can_call = matches!(
        call.graph.node(factory),
        Node::None | Node::Global(_) | Node::Object(_) | Node::Persistent(_) | Node::Extension(_)
    );
    if !can_call {
        let error = Error::mismatch("a callable or None", call.graph.name_of(factory));
        return Err(error.at_index(0).at_field("args"));
    }
    Ok(Known::DefaultDict(DefaultDict { factory, factory_name, entries: call.entries()? }))
}

pub(crate) fn counter(call: &Call<'_>) -> Result<Known> {
    call.count(0..=1)?;
    call.called()?;
    let mut all = match call.get(0) {
        None => Vec::new(),
        Some(_) => call.take(0, |graph, value| dict(graph, value))?,
    };
    all.extend(call.entries()?);
    Ok(Known::Counter(all))
}

pub(crate) fn deque(call: &Call<'_>) -> Result<Known> {
    call.count(0..=2)?;
    call.called()?;
    let mut items = match call.get(0) {
        None => Vec::new(),
        Some(_) => call.take(0, |graph, value| sequence(graph, value))?,
    };
    let maxlen = match call.get(1) {
        None | Some(Value::NONE) => None,
        Some(_) => Some(call.take(1, |graph, value| int_in(graph, value, 0..=i64::MAX))?.unsigned_abs()),
    };
    items.extend(call.items(Step::Append)?);
    // Those that were there first fall out.
    if let Some(most) = maxlen.and_then(|most| usize::try_from(most).ok()) {
        items.drain(..items.len().saturating_sub(most));
    }
    Ok(Known::Deque(Deque { items, maxlen }))
}

/// The one attribute of an object that is made without its `__init__`.
fn only(call: &Call<'_>, name: &str) -> Result<Value> {
    call.made()?;
    match call.attributes([name])? {
        [Some(value)] => Ok(value),
        [None] => {
            Err(Error::new(frames_core::ErrorKind::MissingField, format!("it has no `{name}`")).at_field("state"))
        }
    }
}

pub(crate) fn chain_map(call: &Call<'_>) -> Result<Known> {
    call.count(0..=0)?;
    let maps = sequence(call.graph, only(call, "maps")?);
    maps.map(Known::ChainMap).map_err(|error| error.at_key("maps").at_field("state"))
}

pub(crate) fn user_dict(call: &Call<'_>) -> Result<Known> {
    call.count(0..=0)?;
    let data = dict(call.graph, only(call, "data")?);
    data.map(Known::UserDict).map_err(|error| error.at_key("data").at_field("state"))
}

pub(crate) fn user_list(call: &Call<'_>) -> Result<Known> {
    call.count(0..=0)?;
    let data = sequence(call.graph, only(call, "data")?);
    data.map(Known::UserList).map_err(|error| error.at_key("data").at_field("state"))
}

pub(crate) fn user_string(call: &Call<'_>) -> Result<Known> {
    // The text again, which `__new__` does not look at.
    call.count(0..=1)?;
    if call.get(0).is_some() {
        call.take(0, |graph, value| wtf8(graph, value).map(drop))?;
    }
    let data = only(call, "data")?;
    let text = wtf8(call.graph, data).map(|_| Known::UserString(data));
    text.map_err(|error| error.at_key("data").at_field("state"))
}

pub(crate) fn namespace(call: &Call<'_>) -> Result<Known> {
    call.count(0..=0)?;
    let mut all = Vec::new();
    for (key, value) in call.state()?.into_iter().flatten() {
        let key = text(call.graph, key).map_err(|error| error.at_field("state"))?;
        all.push((key.to_owned(), value));
    }
    Ok(Known::Namespace(all))
}
