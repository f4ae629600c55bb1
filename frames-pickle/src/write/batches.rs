//! What is done to what was made: items in batches, states.

use super::machine::{Depth, Machine, Next, foreign};
use super::task::{Batches, Mode, Rule};
use crate::graph::Step;
use crate::opcode as op;
use frames_core::Result;

const BATCH: usize = 1000;

impl<'g> Machine<'g, '_> {
    /// Items in batches; of an object all of its steps.
    pub(super) fn batches(&mut self, batches: &mut Batches<'g>, depth: Depth) -> Result<Next<'g>> {
        loop {
            match batches.mode {
                Mode::Start => {
                    let is_done = match batches.rule {
                        Rule::Object => matches!(batches.step, Step::Build | Step::Setter) || batches.is_empty(),
                        Rule::OldSet => batches.is_empty(),
                        Rule::List | Rule::Dict | Rule::Set => false,
                    };
                    if is_done && batches.rule == Rule::OldSet {
                        return self.end_old_set(batches);
                    }
                    if is_done {
                        let Some((step, items)) = batches.steps.next() else { return Ok(Next::Close) };
                        (batches.step, batches.chunk) = (step, items);
                        batches.mode = match step {
                            Step::Build => Mode::Build,
                            Step::Setter => Mode::Setter,
                            Step::Append | Step::SetItems | Step::Add => Mode::Start,
                        };
                        continue;
                    }
                    batches.mode = if batches.is_single() { Mode::One } else { Mode::Many };
                    batches.written = 0;
                    batches.is_first = false;
                    if batches.mode == Mode::Many {
                        self.sink.op(op::MARK);
                    }
                }
                Mode::One | Mode::Many => {
                    let most = BATCH * batches.unit();
                    while usize::from(batches.written) < most {
                        let Some(item) = batches.peek() else { break };
                        if item.as_place().is_none() {
                            let room = most - usize::from(batches.written);
                            let scalars =
                                batches.chunk.iter().take(room).take_while(|item| self.scalar(**item)).count();
                            batches.advance_by(scalars);
                            continue;
                        }
                        if !self.leaf(item)? {
                            if depth == Depth::Leaves {
                                return Ok(Next::Stay);
                            }
                            if let Some(child) = self.open(item)? {
                                batches.advance();
                                return Ok(Next::Open(child));
                            }
                        }
                        batches.advance();
                    }
                    self.sink.op(batches.end());
                    batches.mode = Mode::Start;
                    let is_full = usize::from(batches.written) == most;
                    let goes_on = match batches.rule {
                        // CPython ends one of a multiple of thousand by an empty batch.
                        Rule::Dict | Rule::Set => is_full,
                        Rule::List => !batches.is_empty(),
                        Rule::Object | Rule::OldSet => true,
                    };
                    if !goes_on {
                        return Ok(Next::Close);
                    }
                }
                Mode::Build | Mode::Setter | Mode::SetterState => {
                    let setting = batches.mode;
                    if setting == Mode::SetterState {
                        self.save(batches.target)?;
                    }
                    batches.mode = match setting {
                        Mode::Build => Mode::Built,
                        Mode::Setter => Mode::SetterState,
                        _ => Mode::SetterDone,
                    };
                    let Some(value) = batches.peek() else { return Err(foreign()) };
                    batches.advance();
                    if let Some(child) = self.save(value)? {
                        return Ok(Next::Open(child));
                    }
                }
                Mode::Built => {
                    self.sink.op(op::BUILD);
                    batches.mode = Mode::Start;
                }
                Mode::SetterDone => {
                    self.sink.raw(&[op::TUPLE2, op::REDUCE, op::POP]);
                    batches.mode = Mode::Start;
                }
            }
        }
    }

    /// A set before protocol 4 is a call of its class with a list, whose items are now written.
    fn end_old_set(&mut self, batches: &Batches<'g>) -> Result<Next<'g>> {
        self.sink.op(op::TUPLE1);
        self.sink.memoize()?;
        self.sink.op(op::REDUCE);
        match self.number_of(batches.target) {
            Some(number) => {
                self.sink.op(op::POP);
                self.sink.get(number);
            }
            None => self.memoize_value(batches.target)?,
        }
        Ok(Next::Close)
    }
}
