//! What a pickle makes and drops again: where it is written, so that nothing that is called is lost.

use crate::graph::{CallKind, Graph, Tag};
use crate::node::Node;
use crate::value::Value;
use std::collections::{HashMap, HashSet};

/// Where what is discarded is written.
#[derive(Default)]
pub(super) struct Discarded {
    /// Before the root; with whether nothing refers to it.
    pub(super) front: Vec<(Value, bool)>,
    /// In place of the first call at each of these places, the last one first.
    ///
    /// An object whose arguments hold the object itself: CPython comes to it once more while it writes the arguments,
    /// makes it there, and drops what the outer call makes.
    pub(super) instead: HashMap<usize, Vec<Value>>,
}

impl Discarded {
    pub(super) fn of(graph: &Graph<'_>) -> Discarded {
        let mut discarded = Discarded::default();
        if graph.discarded().is_empty() {
            return discarded;
        }
        let mut walk = Walk {
            graph,
            seen: vec![false; graph.heap.len()],
            wanted: graph.discarded().iter().filter_map(|value| callable(graph, *value)).collect(),
            calls: Vec::new(),
        };
        walk.enter(graph.root());
        walk.below(graph.root());
        let mut calls = std::mem::take(&mut walk.calls);
        calls.sort_unstable();
        let mut listed = HashSet::new();
        // What the root has too is made with it.
        let of_root: Vec<bool> = graph.discarded().iter().map(|value| walk.has_seen(*value)).collect();
        let only: Vec<Value> = std::iter::zip(graph.discarded(), of_root)
            .filter(|(value, is_of_root)| !is_of_root && listed.insert(**value))
            .map(|(value, _)| *value)
            .collect();
        only.iter().for_each(|value| walk.below(*value));
        // Work that a graph made to take long cannot have us do.
        let mut budget = graph.heap.len() * 4;
        for value in only {
            let has_steps = value.as_place().and_then(|at| graph.header(at)).is_some_and(|(_, body)| body != 0);
            let is_alone = !walk.has_seen(value) && !has_steps;
            let twin = value.as_place().filter(|_| is_alone).and_then(|at| {
                let before = calls.partition_point(|place| *place < at);
                let mut nearest = calls.get(..before).unwrap_or_default().iter().rev();
                nearest.find(|place| {
                    budget = budget.saturating_sub(1);
                    budget > 0 && is_twin(graph, value, Value::place(**place), &mut budget)
                })
            });
            match twin {
                Some(place) => discarded.instead.entry(*place).or_default().push(value),
                None => discarded.front.push((value, is_alone)),
            }
        }
        discarded
    }
}

/// What is called by a call that only calls.
fn callable(graph: &Graph<'_>, value: Value) -> Option<Value> {
    match graph.node(value) {
        Node::Object(call) if matches!(call.kind(), CallKind::Reduce | CallKind::NewObj) => Some(call.callable()),
        _ => None,
    }
}

/// Calls of the same with the same: lists among the arguments may be others with the same items.
fn is_twin(graph: &Graph<'_>, one: Value, other: Value, budget: &mut usize) -> bool {
    let (Node::Object(one), Node::Object(other)) = (graph.node(one), graph.node(other)) else { return false };
    if one.kind() != other.kind() || one.callable() != other.callable() {
        return false;
    }
    let (Node::Tuple(ours), Node::Tuple(theirs)) = (graph.node(one.args()), graph.node(other.args())) else {
        return false;
    };
    ours.len() == theirs.len()
        && std::iter::zip(ours, theirs).all(|(mine, theirs)| {
            *budget = budget.saturating_sub(1);
            match (graph.node(*mine), graph.node(*theirs)) {
                _ if *budget == 0 => false,
                _ if is_same(graph, *mine, *theirs) => true,
                (Node::List(mine), Node::List(theirs)) => {
                    let len = mine.len();
                    *budget = budget.saturating_sub(len);
                    *budget > 0
                        && len == theirs.len()
                        && std::iter::zip(mine, theirs).all(|(mine, theirs)| is_same(graph, mine, theirs))
                }
                _ => false,
            }
        })
}

/// One object, or equal numbers, which CPython does not put aside. Integers that take long to compare are not.
fn is_same(graph: &Graph<'_>, mine: Value, theirs: Value) -> bool {
    let len =
        |value: Value| value.as_place().filter(|_| graph.tag(value) == Some(Tag::BigInt)).map(|at| graph.word(at + 1));
    let is_short = |value: Value| len(value).is_none_or(|len| len <= 1024);
    mine == theirs
        || match (graph.node(mine), graph.node(theirs)) {
            (Node::Int(one), Node::Int(other)) => is_short(mine) && is_short(theirs) && one == other,
            (Node::Float(mine), Node::Float(theirs)) => mine.to_bits() == theirs.to_bits(),
            _ => false,
        }
}

struct Walk<'g> {
    graph: &'g Graph<'g>,
    /// By place.
    seen: Vec<bool>,
    /// Calls of these are noted.
    wanted: HashSet<Value>,
    calls: Vec<usize>,
}

impl Walk<'_> {
    fn has_seen(&self, value: Value) -> bool {
        value.as_place().and_then(|at| self.seen.get(at).copied()) == Some(true)
    }

    /// True at the first time.
    fn enter(&mut self, value: Value) -> bool {
        let Some(at) = value.as_place() else { return false };
        let Some(seen @ false) = self.seen.get_mut(at) else { return false };
        *seen = true;
        let is_call = self.graph.tag(value) == Some(Tag::Call);
        if is_call && callable(self.graph, value).is_some_and(|callable| self.wanted.contains(&callable)) {
            self.calls.push(at);
        }
        true
    }

    /// All that a value refers to, in any number of steps.
    fn below(&mut self, value: Value) {
        let graph = self.graph;
        let mut open = vec![graph.children(value)];
        while let Some(children) = open.last_mut() {
            match children.next() {
                None => drop(open.pop()),
                Some(child) if self.enter(child) => open.push(graph.children(child)),
                Some(_) => {}
            }
        }
    }
}
