//! Python's objects into graphs: what CPython's pickler would write for each.

use crate::graph::{CallKind, Graph};
use crate::known::{Complex, Date, DateTime, Decimal, Fraction, Time, TimeDelta, TzInfo, Uuid};
use crate::value::Value;
use frames_core::python;

/// A Rust type that can be put into a graph as the object that it is in Python.
///
/// A graph with that object as its root is [written](crate::write()) to the byte as CPython writes `pickle.dumps(x, protocol=5)`. A class
/// is one object of the graph, however many objects are of it.
///
/// ```
/// use frames_pickle::{Graph, ToGraph, known::Date};
/// let mut graph = Graph::new();
/// let days = [Date::new(1, 1, 1)?.to_graph(&mut graph), Date::new(9999, 12, 31)?.to_graph(&mut graph)];
/// let list = graph.list(&days);
/// graph.set_root(list);
/// // pickle.dumps([date.min, date.max], protocol=5)
/// let pickle = b"]\x94(\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\0\x01\x01\x01\x94\x85\x94R\x94h\x03C\x04'\x0f\x0c\x1f\x94\x85\x94R\x94e.";
/// assert_eq!(frames_pickle::write(&graph)?[11..], pickle[..]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub trait ToGraph {
    /// Adds the object to the graph.
    ///
    /// ```
    /// use frames_pickle::{Graph, ToGraph, known::Decimal};
    /// let mut graph = Graph::new();
    /// let number = "1.50".parse::<Decimal>()?.to_graph(&mut graph);
    /// graph.set_root(number);
    /// assert_eq!(format!("{graph:?}"), r#"decimal.Decimal("1.50")"#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value;
}

/// The names that objects here share, as they do in CPython: modules, attributes, and classes by module and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    texts: Vec<(&'static str, Value)>,
    classes: Vec<(&'static str, &'static str, Value)>,
}

impl Graph<'_> {
    fn shared_text(&mut self, text: &'static str) -> Value {
        if let Some((_, value)) = self.shared.texts.iter().find(|(known, _)| *known == text) {
            return *value;
        }
        let value = self.str(text);
        self.shared.texts.push((text, value));
        value
    }

    fn shared_class(&mut self, module: &'static str, name: &'static str) -> Value {
        if let Some((.., value)) = self.shared.classes.iter().find(|known| (known.0, known.1) == (module, name)) {
            return *value;
        }
        let (path, own) = (self.shared_text(module), self.str(name));
        let value = self.push_global(path, own);
        self.shared.classes.push((module, name, value));
        value
    }

    /// A call of a class, with these arguments.
    fn made(&mut self, module: &'static str, name: &'static str, args: &[Value]) -> Value {
        let class = self.shared_class(module, name);
        let args = self.tuple(args);
        self.push_call(CallKind::Reduce, class, args, Value::NONE)
    }
}

impl ToGraph for Date {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let [y, z] = self.year.to_be_bytes();
        let bytes = graph.bytes(&[y, z, self.month, self.day]);
        graph.made("datetime", "date", &[bytes])
    }
}

impl Time {
    fn clock(&self) -> [u8; 6] {
        let [_, a, b, c] = self.microsecond.to_be_bytes();
        [self.hour, self.minute, self.second, a, b, c]
    }

    /// The arguments of a time or datetime: bytes, and the zone if there is one.
    fn args(&self, bytes: &[u8], graph: &mut Graph<'_>) -> Vec<Value> {
        let bytes = graph.bytes(bytes);
        let zone = self.tzinfo.as_ref().map(|zone| zone.to_graph(graph));
        [bytes].into_iter().chain(zone).collect()
    }
}

/// The first bit is the fold, in the byte of the hour.
impl ToGraph for Time {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let [hour, rest @ ..] = self.clock();
        let [minute, second, a, b, c] = rest;
        let args = self.args(&[hour | (self.fold as u8) << 7, minute, second, a, b, c], graph);
        graph.made("datetime", "time", &args)
    }
}

/// The first bit is the fold, in the byte of the month.
impl ToGraph for DateTime {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let (date, [y, z]) = (self.date, self.date.year.to_be_bytes());
        let [hour, minute, second, a, b, c] = self.time.clock();
        let month = date.month | (self.time.fold as u8) << 7;
        let args = self.time.args(&[y, z, month, date.day, hour, minute, second, a, b, c], graph);
        graph.made("datetime", "datetime", &args)
    }
}

impl ToGraph for TimeDelta {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let parts = [self.days().into(), i64::from(self.seconds()), self.microseconds().into()];
        let parts = parts.map(|part| graph.int(part));
        graph.made("datetime", "timedelta", &parts)
    }
}

/// A zone of another class is the value of the graph that it was read from, and of no other graph.
impl ToGraph for TzInfo {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        match self {
            TzInfo::Fixed { offset, name } => {
                let offset = offset.to_graph(graph);
                let name = name.as_deref().map(|name| graph.str(name));
                let args: Vec<Value> = [offset].into_iter().chain(name).collect();
                graph.made("datetime", "timezone", &args)
            }
            TzInfo::Zone { key } => {
                let (class, method) = (graph.shared_class("zoneinfo", "ZoneInfo"), graph.shared_text("_unpickle"));
                let unpickle = graph.made("builtins", "getattr", &[class, method]);
                // From the cache of the process.
                let key = graph.str(key);
                let args = graph.tuple(&[key, 1.into()]);
                graph.push_call(CallKind::Reduce, unpickle, args, Value::NONE)
            }
            TzInfo::Other(value) => *value,
        }
    }
}

impl ToGraph for Decimal {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let text = graph.str(&self.to_string());
        graph.made("decimal", "Decimal", &[text])
    }
}

impl ToGraph for Fraction {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let parts = [self.numerator(), self.denominator()].map(|part| graph.big_int(&part.to_le_bytes()));
        graph.made("fractions", "Fraction", &parts)
    }
}

impl ToGraph for python::Fraction {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let parts = [self.numerator(), self.denominator()].map(|part| graph.big_int(part));
        graph.made("fractions", "Fraction", &parts)
    }
}

/// An instance with the attributes that `UUID.__getstate__` gives.
impl ToGraph for Uuid {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let class = graph.shared_class("uuid", "UUID");
        let uuid = graph.push_call(CallKind::NewObj, class, Value::EMPTY_TUPLE, Value::NONE);
        let mut number = [0; 17];
        number.iter_mut().zip(self.bytes.iter().rev()).for_each(|(to, from)| *to = *from);
        let mut state = vec![(graph.shared_text("int"), graph.big_int(&number))];
        if let Some(is_safe) = self.is_safe {
            state.push((graph.shared_text("is_safe"), if is_safe { 0 } else { -1 }.into()));
        }
        let state = graph.dict(&state);
        graph.step(uuid, crate::graph::Step::Build, &[state]);
        uuid
    }
}

impl ToGraph for Complex {
    fn to_graph(&self, graph: &mut Graph<'_>) -> Value {
        let parts = [graph.float(self.re), graph.float(self.im)];
        graph.made("builtins", "complex", &parts)
    }
}
