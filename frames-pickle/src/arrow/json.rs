//! The JSON that pandas keeps in the metadata of a schema: written only.

use crate::graph::Graph;
use crate::look::unsupported;
use crate::node::Node;
use crate::value::Value;
use frames_core::Result;
use std::fmt::Write;

/// `"text"`
pub(super) fn text(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            char if u32::from(char) < 0x20 => drop(write!(out, "\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
}

/// `"text"` or `null`
pub(super) fn optional(out: &mut String, name: Option<&str>) {
    match name {
        Some(name) => text(out, name),
        None => out.push_str("null"),
    }
}

/// A value of a pickle, of which `left` bytes may be made: a pickle may name one part often.
pub(super) fn value(out: &mut String, graph: &Graph<'_>, value: Value, depth: usize, left: usize) -> Result<()> {
    let Some(depth) = depth.checked_sub(1).filter(|_| out.len() <= left) else {
        return Err(unsupported("the attributes of a frame are too large or nest too deep"));
    };
    let list = |out: &mut String, items: &mut dyn Iterator<Item = Value>| {
        out.push('[');
        for (index, item) in items.enumerate() {
            out.push_str(if index == 0 { "" } else { ", " });
            self::value(out, graph, item, depth, left)?;
        }
        out.push(']');
        Ok(())
    };
    match graph.node(value) {
        Node::None => out.push_str("null"),
        Node::Bool(value) => drop(write!(out, "{value}")),
        Node::Int(number) if number.to_i64().is_some() => drop(write!(out, "{number}")),
        Node::Float(number) if number.is_finite() => drop(write!(out, "{number:?}")),
        Node::Str(name) => match name.as_str() {
            Some(name) => text(out, name),
            None => return Err(unsupported("an attribute of a frame is no UTF-8")),
        },
        Node::List(mut items) => list(out, &mut items)?,
        Node::Dict(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                match graph.node(key) {
                    Node::Str(name) if name.as_str().is_some() => text(out, name.as_str().unwrap_or_default()),
                    _ => return Err(unsupported("an attribute of a frame has no text for a name")),
                }
                out.push_str(": ");
                self::value(out, graph, item, depth, left)?;
            }
            out.push('}');
        }
        _ => {
            return Err(unsupported(format!(
                "{} among the attributes of a frame is nothing that JSON has",
                graph.name_of(value)
            )));
        }
    }
    Ok(())
}
