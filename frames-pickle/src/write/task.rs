//! What is open while a graph is written: an object of which some is not yet written, with how far it is.

use crate::graph::{Graph, Step};
use crate::node::Steps;
use crate::opcode as op;
use crate::value::Value;

pub(super) enum Task<'g> {
    /// A tuple; `is_fresh` if CPython makes another one each time, as those of arguments.
    Tuple {
        tuple: Value,
        items: &'g [Value],
        next: usize,
        is_fresh: bool,
    },
    FrozenSet {
        set: Value,
        items: &'g [Value],
    },
    /// `cls(*args)` by OBJ.
    Obj {
        object: Value,
        class: Option<Value>,
        args: &'g [Value],
    },
    /// A call; `is_alone` if nothing refers to what it makes, and in whose stead it is then.
    Call {
        object: Value,
        stage: Stage,
        is_alone: bool,
        instead_of: Option<Value>,
    },
    Persistent {
        object: Value,
        id: Option<Value>,
    },
    Batches(Batches<'g>),
}

/// What of a call is written next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Callable,
    Args,
    Kwargs,
    Done,
}

/// Which of CPython's loops writes the items: they differ in how they end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    List,
    Dict,
    Set,
    /// A set before protocol 4: a list, and the call of its class.
    OldSet,
    /// What is done to an object: all of its steps.
    Object,
}

/// Where in a batch, or in a step that is none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Start,
    One,
    Many,
    Build,
    Built,
    Setter,
    SetterState,
    SetterDone,
}

/// Items in batches of a thousand.
pub(super) struct Batches<'g> {
    pub(super) steps: Steps<'g>,
    pub(super) chunk: &'g [Value],
    pub(super) target: Value,
    pub(super) step: Step,
    pub(super) rule: Rule,
    pub(super) mode: Mode,
    /// Of this batch, and of dicts keys and values.
    pub(super) written: u16,
    /// No batch was written yet.
    pub(super) is_first: bool,
}

impl<'g> Batches<'g> {
    pub(super) fn new(target: Value, rule: Rule, steps: Steps<'g>) -> Batches<'g> {
        let step = match rule {
            Rule::List | Rule::Object => Step::Append,
            Rule::Dict => Step::SetItems,
            Rule::Set | Rule::OldSet => Step::Add,
        };
        Batches { steps, chunk: &[], target, step, rule, mode: Mode::Start, written: 0, is_first: true }
    }

    /// Of items that do not grow.
    pub(super) fn of(graph: &'g Graph<'g>, target: Value, rule: Rule, items: &'g [Value]) -> Batches<'g> {
        Batches { chunk: items, ..Batches::new(target, rule, Steps::new(graph, 0)) }
    }

    /// How many values are an entry.
    pub(super) fn unit(&self) -> usize {
        if self.step == Step::SetItems { 2 } else { 1 }
    }

    /// Those of the next chunk, if it is of the same step.
    #[cold]
    fn refill(&mut self) {
        let mut ahead = self.steps;
        if let Some((step, items)) = ahead.next() {
            if step == self.step {
                (self.steps, self.chunk) = (ahead, items);
            }
        }
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Option<Value> {
        if self.chunk.is_empty() {
            self.refill();
        }
        self.chunk.first().copied()
    }

    /// Beyond the value that [`peek`](Self::peek) has shown, which is written.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.advance_by(1);
    }

    #[inline]
    pub(super) fn advance_by(&mut self, count: usize) {
        self.chunk = self.chunk.get(count..).unwrap_or_default();
        // At most a batch.
        self.written += count as u16;
    }

    pub(super) fn is_empty(&mut self) -> bool {
        if self.chunk.is_empty() {
            self.refill();
        }
        self.chunk.is_empty()
    }

    /// True if there is one entry and no more.
    fn is_one(&mut self) -> bool {
        if self.is_empty() || self.chunk.len() > self.unit() {
            return false;
        }
        let mut ahead = self.steps;
        ahead.next().is_none_or(|(step, _)| step != self.step)
    }

    /// Whether the next batch is one item without a mark.
    pub(super) fn is_single(&mut self) -> bool {
        match self.rule {
            Rule::List | Rule::Dict | Rule::OldSet => self.is_first && self.is_one(),
            Rule::Set => false,
            Rule::Object => self.step != Step::Add && self.is_one(),
        }
    }

    /// The opcode behind a batch.
    pub(super) fn end(&self) -> u8 {
        match (self.rule, self.step, self.mode) {
            (Rule::OldSet, _, Mode::One) | (_, Step::Append, Mode::One) => op::APPEND,
            (Rule::OldSet, ..) | (_, Step::Append, _) => op::APPENDS,
            (_, Step::SetItems, Mode::One) => op::SETITEM,
            (_, Step::SetItems, _) => op::SETITEMS,
            _ => op::ADDITEMS,
        }
    }
}
