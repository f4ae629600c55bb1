//! What a loader would do with a pickle, seen from its graph: what it names, calls, looks up and changes.
//!
//! Names are those that stood on the stack, not those that stand near an opcode, and all that the pickle drops counts
//! as well.

use crate::callable::{Callable, Uses};
use crate::graph::{Graph, Step};
use crate::node::Node;
use crate::ops;
use crate::text::Text;
use crate::value::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write};

impl Graph<'_> {
    /// What loading the pickle would do. Nothing is done to find out.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cos\nsystem\n(X\x02\0\0\0lstR0N.")?;
    /// let report = graph.report();
    /// let call = report.calls().next().unwrap();
    /// assert_eq!((call.to_string().as_str(), call.dropped()), ("os:system", 1));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn report(&self) -> Report<'_> {
        Report::of(self)
    }
}

/// What loading a pickle would do; made by [`Graph::report`]. `Display` prints it for a person.
///
/// ```
/// let graph = frames_pickle::read(b"cdecimal\nDecimal\n(X\x03\0\0\x001.5tR.")?;
/// assert_eq!(graph.report().to_string(), "\
/// pickle: 6 opcodes, 29 bytes; 0 buffers of 0 bytes
/// calls:
///   decimal:Decimal  REDUCE 1
/// ");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Report<'g> {
    graph: &'g Graph<'g>,
    callables: Vec<Callable<'g>>,
    unnamed: Uses,
    extensions: BTreeMap<u32, Uses>,
    persistent_ids: Vec<Value>,
    opcodes: usize,
    bytes: usize,
}

/// Who is called.
#[derive(Clone, Copy)]
enum Who {
    /// By the index of its callable.
    Named(usize),
    Extension(u32),
    /// What another call makes, or what is none.
    Unnamed,
}

impl<'g> Report<'g> {
    fn of(graph: &'g Graph<'_>) -> Report<'g> {
        let (opcodes, bytes) = ops::count(&graph.input);
        let mut kept = graph.no_marks();
        graph.reach(graph.root(), &mut kept);
        let mut all = kept.clone();
        for value in graph.discarded() {
            graph.reach(*value, &mut all);
        }
        let mut report = Report {
            graph,
            callables: Vec::new(),
            unnamed: Uses::default(),
            extensions: BTreeMap::new(),
            persistent_ids: Vec::new(),
            opcodes,
            bytes,
        };
        // In the order in which they are made. Names first: who calls may lie before who is called in graphs that were
        // not read.
        let mut names = Names::default();
        let mut places = HashMap::new();
        for (_, value, node) in marked(graph, &all) {
            if let Node::Global(global) = node {
                let [module, name] = global.names();
                let index = names.index(graph, module, name, &mut report.callables);
                report.callables[index].uses.named += 1;
                report.callables[index].uses.changed += global.steps().count();
                places.insert(value, index);
            }
        }
        for (at, value, node) in marked(graph, &all) {
            match node {
                Node::Object(object) => {
                    let who = report.who(&places, object.callable());
                    let uses = report.uses(who);
                    uses.calls[object.kind() as usize] += 1;
                    uses.dropped += usize::from(!is_marked(&kept, at));
                    for (step, _) in object.steps() {
                        if let Some(count) = uses.steps.get_mut(step as usize) {
                            *count += 1;
                        }
                    }
                }
                Node::Extension(code) => {
                    let uses = report.uses(Who::Extension(code));
                    uses.named += 1;
                    uses.changed += graph.steps_of(value).count();
                }
                Node::Persistent(_) => report.persistent_ids.push(value),
                _ => {}
            }
            for (step, items) in graph.steps_of(value) {
                if let (Step::Setter, Some(setter)) = (step, items.first()) {
                    let who = report.who(&places, *setter);
                    report.uses(who).setters += 1;
                }
            }
        }
        report
    }

    /// Who is called; if another call made it, that is noted there.
    fn who(&mut self, places: &HashMap<Value, usize>, callable: Value) -> Who {
        let who = |callable: Value| match (places.get(&callable), self.graph.node(callable)) {
            (Some(index), _) => Who::Named(*index),
            (None, Node::Extension(code)) => Who::Extension(code),
            _ => Who::Unnamed,
        };
        if let Node::Object(maker) = self.graph.node(callable) {
            let maker = who(maker.callable());
            self.uses(maker).results += 1;
            return Who::Unnamed;
        }
        who(callable)
    }

    fn uses(&mut self, who: Who) -> &mut Uses {
        match who {
            Who::Named(index) => &mut self.callables[index].uses,
            Who::Extension(code) => self.extensions.entry(code).or_default(),
            Who::Unnamed => &mut self.unnamed,
        }
    }

    /// All classes and functions that the pickle names, in the order in which it does first.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cm\nf\ncm\ng\n\x86.")?;
    /// let names: Vec<_> = graph.report().callables().iter().map(|named| named.to_string()).collect();
    /// assert_eq!(names, ["m:f", "m:g"]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn callables(&self) -> &[Callable<'g>] {
        &self.callables
    }

    /// Those that it calls, or changes.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cm\nf\ncm\ng\n)R\x86.")?;
    /// let names: Vec<_> = graph.report().calls().map(|named| named.to_string()).collect();
    /// assert_eq!(names, ["m:g"]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn calls(&self) -> impl Iterator<Item = &Callable<'g>> {
        self.callables.iter().filter(|callable| !callable.uses.is_idle())
    }

    /// How often it calls what is no name and no extension code: what another call made, for which `getattr` and the
    /// like are used.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"cbuiltins\ngetattr\n)R)R.")?;
    /// assert_eq!(graph.report().unnamed_calls(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn unnamed_calls(&self) -> usize {
        self.unnamed.called()
    }

    /// The codes of `copyreg`'s registry that it uses; how often it names and calls what they stand for.
    ///
    /// ```
    /// let graph = frames_pickle::read(b"\x80\x02\x82\x07)R.")?;
    /// assert_eq!(graph.report().extensions().next(), Some((7, 1, 1)));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn extensions(&self) -> impl Iterator<Item = (u32, usize, usize)> {
        self.extensions.iter().map(|(code, uses)| (*code, uses.named, uses.called()))
    }

    /// What is looked up by an id, as values for [`Graph::node`].
    ///
    /// ```
    /// use frames_pickle::Node;
    /// let graph = frames_pickle::read(b"Pmodel-7\n.")?;
    /// let found = graph.report().persistent_ids()[0];
    /// let Node::Persistent(id) = graph.node(found) else { panic!() };
    /// assert!(matches!(graph.node(id), Node::Str(text) if text == "model-7"));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn persistent_ids(&self) -> &[Value] {
        &self.persistent_ids
    }

    /// How many opcodes the pickle has; 0 for a graph that was not read.
    ///
    /// ```
    /// assert_eq!(frames_pickle::read(b"N.")?.report().opcodes(), 2);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn opcodes(&self) -> usize {
        self.opcodes
    }

    /// How many bytes the pickle has, without its buffers; 0 for a graph that was not read.
    ///
    /// ```
    /// assert_eq!(frames_pickle::read(b"N.")?.report().bytes(), 2);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many bytes its buffers have, and how many it uses: a loader takes one for each.
    ///
    /// ```
    /// use frames_pickle::{Buffer, Reader};
    /// let graph = Reader::new().buffers([Buffer::from(vec![0; 8])]).read(b"\x97.")?;
    /// assert_eq!((graph.report().buffers(), graph.report().buffer_bytes()), (1, 8));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn buffer_bytes(&self) -> usize {
        self.graph.buffers().iter().map(|buffer| buffer.bytes().len()).sum()
    }

    /// How many buffers it uses.
    ///
    /// ```
    /// assert_eq!(frames_pickle::read(b"N.")?.report().buffers(), 0);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn buffers(&self) -> usize {
        self.graph.buffers().len()
    }
}

/// The nodes that have a mark, in the order of the heap.
fn marked<'g>(graph: &'g Graph<'g>, marks: &[u64]) -> impl Iterator<Item = (usize, Value, Node<'g>)> {
    (0..graph.heap.len()).filter(|at| is_marked(marks, *at)).map(|at| {
        let value = Value::place(at);
        (at, value, graph.node(value))
    })
}

fn is_marked(marks: &[u64], at: usize) -> bool {
    marks.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
}

/// Callables by their names. Each text is hashed once, as a pickle may use one for many names.
#[derive(Default)]
struct Names<'g> {
    by_value: HashMap<Value, usize>,
    by_text: HashMap<&'g [u8], usize>,
    by_pair: HashMap<[usize; 2], usize>,
}

impl<'g> Names<'g> {
    fn index(&mut self, graph: &'g Graph<'g>, module: Value, name: Value, all: &mut Vec<Callable<'g>>) -> usize {
        let text = |value| match graph.node(value) {
            Node::Str(text) => text,
            _ => Text::from(""),
        };
        let pair = [module, name].map(|value| {
            *self.by_value.entry(value).or_insert_with(|| {
                let next = self.by_text.len();
                *self.by_text.entry(text(value).as_wtf8()).or_insert(next)
            })
        });
        *self.by_pair.entry(pair).or_insert_with(|| {
            all.push(Callable { module: text(module), name: text(name), uses: Uses::default() });
            all.len() - 1
        })
    }
}

/// A line each, most of them cut after some characters; at most so many lines of a sort.
const LINES: usize = 1000;
const WIDTH: usize = 200;

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (buffers, buffer_bytes) = (self.buffers(), self.buffer_bytes());
        write!(f, "pickle: {} opcodes, {} bytes; ", self.opcodes, self.bytes)?;
        writeln!(f, "{buffers} buffers of {buffer_bytes} bytes")?;
        let named = |callable: &Callable<'_>| format!("{}{}", short(callable), callable.uses);
        lines(f, "calls", self.calls().map(named))?;
        lines(f, "names and does not call", self.callables.iter().filter(|one| one.uses.is_idle()).map(named))?;
        let unnamed = Some(&self.unnamed).filter(|uses| !uses.is_idle());
        lines(f, "calls what other calls made", unnamed.map(|uses| uses.to_string().trim_start().to_owned()))?;
        let extension = |(code, uses): (&u32, &Uses)| format!("{code}  named {}{uses}", uses.named);
        lines(f, "extension codes", self.extensions.iter().map(extension))?;
        let id = |value: &Value| match self.graph.node(*value) {
            Node::Persistent(id) => match self.graph.node(id) {
                Node::Str(text) => short(Plain(text)),
                Node::Int(int) => int.to_string(),
                _ => format!("a value of type {}", self.graph.name_of(id)),
            },
            _ => String::new(),
        };
        lines(f, "persistent ids", self.persistent_ids.iter().map(id))
    }
}

/// As `Display`: what is in the graph has no place in a log.
impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn lines(f: &mut fmt::Formatter<'_>, title: &str, lines: impl IntoIterator<Item = String>) -> fmt::Result {
    let mut left_out = 0;
    for (index, line) in lines.into_iter().enumerate() {
        if index == 0 {
            writeln!(f, "{title}:")?;
        }
        match index < LINES {
            true => writeln!(f, "  {line}")?,
            false => left_out += 1,
        }
    }
    match left_out {
        0 => Ok(()),
        count => writeln!(f, "  … {count} more"),
    }
}

/// Written and cut; what would change the look of other lines is escaped.
fn short(what: impl fmt::Display) -> String {
    let mut cut = Cut { text: String::new(), left: WIDTH };
    let whole = write!(cut, "{what}").is_ok();
    if !whole {
        cut.text.push('…');
    }
    cut.text
}

struct Plain<'g>(Text<'g>);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_plain(f)
    }
}

struct Cut {
    text: String,
    left: usize,
}

impl Write for Cut {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for char in part.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            match char {
                ' '..='~' => self.text.push(char),
                char => self.text.extend(char.escape_debug()),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    fn report(pickle: &[u8]) -> String {
        let text = read(pickle).unwrap().report().to_string();
        text.split_once('\n').unwrap().1.to_owned()
    }

    #[test]
    fn a_call_that_is_dropped_is_shown() {
        for pickle in [
            &b"cos\nsystem\n(X\x02\0\0\0lstR0N."[..],
            b"(X\x02\0\0\0lsios\nsystem\n0N.",
            b"(cos\nsystem\nX\x02\0\0\0lso0N.",
            b"(cos\nsystem\n(X\x02\0\0\0lstR1N.",
            // In a list that is dropped, left over on the stack, as the key of a dict that is dropped.
            b"]cos\nsystem\n(X\x02\0\0\0lstRa0N.",
            b"cos\nsystem\n(X\x02\0\0\0lstRN.",
            b"}cos\nsystem\n(X\x02\0\0\0lstRNs0N.",
            // By names from the memo, with another text in between.
            b"\x80\x04\x8c\x02os\x94\x8c\x06system\x940\x8c\x05print0h\x00h\x01\x93\x8c\x02ls\x85R0N.",
        ] {
            let graph = read(pickle).unwrap();
            let report = graph.report();
            let call = report.calls().next().unwrap();
            assert_eq!((call.to_string().as_str(), call.called(), call.dropped()), ("os:system", 1, 1), "{pickle:?}");
        }
        let hidden = b"cm\nC\n)\x81(cos\nsystem\n(X\x02\0\0\0lstR}b.";
        assert!(read(hidden).is_ok());
        assert!(report(hidden).contains("os:system  REDUCE 1"));
    }

    #[test]
    fn dots_do_not_hide_the_module() {
        let dotted = b"\x80\x04\x8c\x07pathlib\x8c\x09os.system\x93\x8c\x02ls\x85R.";
        assert_eq!(report(dotted), "calls:\n  pathlib:os.system  REDUCE 1\n");
        // The same words with the dot elsewhere are another callable.
        let both = b"\x80\x04\x8c\x0apathlib.os\x8c\x06system\x93\x8c\x07pathlib\x8c\x09os.system\x93\x86.";
        assert_eq!(read(both).unwrap().report().callables().len(), 2);
    }

    #[test]
    fn all_sorts_of_uses_are_counted() {
        let pickle = b"\x80\x02(cm\nC\n)\x81}bcm\nC\n)\x81K\x01a](K\x01eb\x82\x07)RK\x05QPone\nPtwo\ncm\nD\n}bcm\nE\n\
            cb\ngetattr\n)R)Rt.";
        assert_eq!(
            report(pickle),
            "calls:
  m:C  NEWOBJ 2, appended to 1, state set 2
  m:D  CHANGED ITSELF 1
  b:getattr  REDUCE 1, results called 1
names and does not call:
  m:E
calls what other calls made:
  REDUCE 1
extension codes:
  7  named 1  REDUCE 1
persistent ids:
  5
  one
  two
"
        );
        let graph = read(pickle).unwrap();
        let report = graph.report();
        assert_eq!((report.callables()[0].named(), report.unnamed_calls(), report.persistent_ids().len()), (2, 1, 3));
        assert_eq!((report.bytes(), report.opcodes()), (pickle.len(), 35));
        assert_eq!(report.extensions().collect::<Vec<_>>(), [(7, 1, 1)]);
        assert_eq!(report.callables()[0].steps(Step::Build), 2);
    }

    #[test]
    fn names_of_python2_and_setters_are_those_of_the_loader() {
        assert_eq!(report(b"c__builtin__\neval\n(S'1'\ntR."), "calls:\n  builtins:eval  REDUCE 1\n");
        let setter = b"\x80\x05cm\nmake\n)R\x94cm\nset\nh\x00}\x86R0.";
        assert_eq!(report(setter), "calls:\n  m:make  REDUCE 1\n  m:set  as setter 1\n");
    }

    #[test]
    fn texts_of_a_peer_neither_fill_the_screen_nor_change_it() {
        let name = "x".repeat(1000);
        let mut graph = Graph::new();
        let callables: Vec<_> = (0..3000).map(|at| graph.global(&format!("m{at}\n\u{1b}[2J"), &name)).collect();
        let list = graph.list(&callables);
        graph.set_root(list);
        let text = graph.report().to_string();
        assert!(text.len() < LINES * (WIDTH + 30) && text.contains("\\u{1b}") && !text.contains('\u{1b}'));
        assert!(text.ends_with("… 2000 more\n"), "{}", &text[text.len() - 300..]);
    }
}
