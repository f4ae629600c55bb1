//! What a pickle names, and how often it does what with it.

use crate::graph::{CallKind, Step};
use crate::text::Text;
use std::fmt::{self, Write};

/// A class or function that a pickle names, and what it does with it.
///
/// `Display` gives `module:name`, which keeps the two apart if the name has dots: `pathlib:os.system` is `system` of
/// what `pathlib` has as `os`.
///
/// ```
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x07pathlib\x8c\x09os.system\x93.")?;
/// let report = graph.report();
/// assert_eq!(report.callables()[0].to_string(), "pathlib:os.system");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Callable<'g> {
    pub(crate) module: Text<'g>,
    pub(crate) name: Text<'g>,
    pub(crate) uses: Uses,
}

impl<'g> Callable<'g> {
    /// The module, as Python 3 calls it.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let report = graph.report();
    /// assert_eq!(report.callables()[0].module(), "m");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn module(&self) -> Text<'g> {
        self.module
    }

    /// The qualified name.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let report = graph.report();
    /// assert_eq!(report.callables()[0].name(), "C");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn name(&self) -> Text<'g> {
        self.name
    }

    /// How often it is looked up. A pickler does so once and refers to it.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let report = graph.report();
    /// assert_eq!(report.callables()[0].named(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn named(&self) -> usize {
        self.uses.named
    }

    /// How often it is called in any way: by an opcode, or to set the state of another object.
    ///
    /// ```
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let report = graph.report();
    /// assert_eq!(report.callables()[0].called(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn called(&self) -> usize {
        self.uses.called()
    }

    /// How often it is called by opcodes of one kind.
    ///
    /// ```
    /// use frames_pickle::CallKind;
    /// # let graph = frames_pickle::read(b"cm\nC\n)\x81.")?;
    /// # let report = graph.report();
    /// let class = &report.callables()[0];
    /// assert_eq!((class.called_by(CallKind::NewObj), class.called_by(CallKind::Reduce)), (1, 0));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn called_by(&self, kind: CallKind) -> usize {
        self.uses.calls[kind as usize]
    }

    /// How often such a step is done to what its calls make, for which a loader calls methods of that: `__setstate__`,
    /// `append` or `extend`, `__setitem__`, `add`. For [`Step::Setter`], how often it is called to set the state of
    /// another object.
    ///
    /// ```
    /// use frames_pickle::Step;
    /// let graph = frames_pickle::read(b"cm\nC\n)\x81}b.")?;
    /// assert_eq!(graph.report().callables()[0].steps(Step::Build), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn steps(&self, step: Step) -> usize {
        self.uses.steps.get(step as usize).copied().unwrap_or(self.uses.setters)
    }

    /// How often a step is done to itself, not to what it makes: attributes of a class or function are set, for all who
    /// use it. No pickler does that but cloudpickle, and that to classes of its own.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cm\nC\n}b.")?;
    /// assert_eq!(graph.report().callables()[0].changed(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn changed(&self) -> usize {
        self.uses.changed
    }

    /// How often what it made is called in turn: to be expected of a function that makes classes, and how others reach
    /// what they do not name.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cbuiltins\ngetattr\n)R)R.")?;
    /// assert_eq!(graph.report().callables()[0].results_called(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn results_called(&self) -> usize {
        self.uses.results
    }

    /// How many of its calls make what is not in the object that the pickle is of.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cm\nf\n)R0N.")?;
    /// assert_eq!(graph.report().callables()[0].dropped(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn dropped(&self) -> usize {
        self.uses.dropped
    }
}

impl fmt::Display for Callable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.write_plain(f)?;
        f.write_char(':')?;
        self.name.write_plain(f)
    }
}

/// How often what is done with it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Uses {
    pub(crate) named: usize,
    pub(crate) calls: [usize; 5],
    pub(crate) setters: usize,
    /// To what its calls made: append, set items, add, build.
    pub(crate) steps: [usize; 4],
    pub(crate) changed: usize,
    /// Calls of what its calls made.
    pub(crate) results: usize,
    pub(crate) dropped: usize,
}

impl Uses {
    pub(crate) fn called(&self) -> usize {
        self.calls.iter().sum::<usize>() + self.setters
    }

    /// If nothing is done with it but that it is named.
    pub(crate) fn is_idle(&self) -> bool {
        self.called() == 0 && self.changed == 0
    }
}

impl fmt::Display for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["REDUCE", "NEWOBJ", "NEWOBJ_EX", "OBJ", "INST"];
        let steps = ["appended to", "items set", "added to", "state set"];
        let calls = names.into_iter().zip(self.calls);
        let more = [
            ("as setter", self.setters),
            ("CHANGED ITSELF", self.changed),
            ("results called", self.results),
            ("dropped", self.dropped),
        ];
        let mut before = "  ";
        for (name, count) in calls.chain(steps.into_iter().zip(self.steps)).chain(more) {
            if count > 0 {
                write!(f, "{before}{name} {count}")?;
                before = ", ";
            }
        }
        Ok(())
    }
}
