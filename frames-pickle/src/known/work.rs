//! What it costs to make an object: a pickle names one text, list or state in thousands of calls, and each looks at all of it.

use crate::graph::{Graph, Step};
use crate::node::{Node, Object};
use crate::numpy::Arrays;
use crate::value::Value;
use frames_core::Result;

/// So many calls lie in each other where one constructor looks at all: a time, its zone, the offset of that.
const LEVELS: usize = 2;

/// Pays for a look at a call, its arguments and its state, before a constructor does.
pub(crate) fn pay(arrays: &mut Arrays<'_>, object: Object<'_>) -> Result<()> {
    let graph = arrays.graph;
    let mut open = Vec::new();
    let mut next = Some((object, 0));
    while let Some((object, level)) = next {
        let path = object.path();
        // Parts of paths are copied, joined and taken apart.
        let times = if path.is_some_and(|(module, _)| module.starts_with("pathlib")) { 4 } else { 1 };
        // Names are hashed and compared.
        arrays.charge(4 + path.map_or(0, |(module, name)| module.len() + name.len()) / 8)?;
        for (step, items) in object.steps() {
            arrays.charge(1 + items.len())?;
            let (Step::Build, [state], 0) = (step, items, level) else { continue };
            if let Node::Dict(entries) = graph.node(*state) {
                for (key, value) in entries {
                    arrays.charge(1 + extent(graph, key).saturating_add(extent(graph, value)))?;
                }
            }
        }
        if let Node::Tuple(args) = graph.node(object.args()) {
            let mut longest = 0;
            for arg in args {
                let extent = extent(graph, *arg);
                longest = extent.max(longest);
                arrays.charge(extent.saturating_mul(times).saturating_add(1))?;
                match graph.node(*arg) {
                    Node::Object(inner) if level < LEVELS => open.push((inner, level + 1)),
                    _ => {}
                }
            }
            // Whether the terms are the lowest is found out in time that grows with the square.
            if path == Some(("fractions", "Fraction")) {
                arrays.charge(longest.saturating_mul(longest) / 8)?;
            }
        }
        next = open.pop();
    }
    Ok(())
}

/// How much is copied or looked at of a value that is an argument.
fn extent(graph: &Graph<'_>, value: Value) -> usize {
    match graph.node(value) {
        Node::Str(text) => text.as_wtf8().len(),
        Node::Bytes(bytes) | Node::ByteArray(bytes) => bytes.len(),
        Node::Int(number) => number.extent(),
        Node::Tuple(items) | Node::FrozenSet(items) => items.len(),
        Node::List(items) | Node::Set(items) => items.len(),
        Node::Dict(entries) => entries.len().saturating_mul(2),
        _ => 0,
    }
}
