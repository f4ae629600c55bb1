//! Filling a graph: a method a kind of object, and what is done to objects. The reader and programs use the same.

use crate::graph::{CallKind, Graph, Step, Tag, shortest, small};
use crate::node::Buffer;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};

impl Graph<'_> {
    /// An integer.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let large = graph.int(i64::MIN);
    /// assert!(matches!(graph.node(large), frames_pickle::Node::Int(int) if int.to_i64() == Some(i64::MIN)));
    /// ```
    #[inline]
    pub fn int(&mut self, number: i64) -> Value {
        Value::int(number).unwrap_or_else(|| {
            let place = self.push(Tag::Int, 0);
            self.heap.push(Value::from_word(number as u64));
            place
        })
    }

    /// An integer of any size, from its bytes in two's complement, the lowest first.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// assert_eq!(graph.big_int(&[0xff, 0xff]), (-1).into());
    /// ```
    pub fn big_int(&mut self, bytes: &[u8]) -> Value {
        let bytes = shortest(bytes);
        match small(bytes) {
            Some(number) => self.int(number),
            None => self.push_made(Tag::BigInt, bytes),
        }
    }

    /// The same of `len` bytes of the input.
    #[inline]
    pub(crate) fn int_of_input(&mut self, start: usize, len: usize) -> Value {
        let bytes = shortest(self.input.get(start..start + len).unwrap_or_default());
        match (small(bytes), bytes.len()) {
            (Some(number), _) => self.int(number),
            (None, len) => self.push_span(Tag::BigInt, start, len),
        }
    }

    /// A float, to the bit.
    ///
    /// ```
    /// use frames_pickle::{Graph, Node};
    /// let mut graph = Graph::new();
    /// let nan = graph.float(f64::from_bits(u64::MAX));
    /// assert!(matches!(graph.node(nan), Node::Float(nan) if nan.to_bits() == u64::MAX));
    /// ```
    #[inline]
    pub fn float(&mut self, number: f64) -> Value {
        Value::float(number).unwrap_or_else(|| {
            let place = self.push(Tag::Float, 0);
            self.heap.push(Value::from_word(number.to_bits()));
            place
        })
    }

    /// A text: another object at each call, also for equal ones.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// assert_ne!(graph.str("a"), graph.str("a"));
    /// ```
    pub fn str(&mut self, text: &str) -> Value {
        self.push_made(Tag::Str, text.as_bytes())
    }

    /// Python's `bytes`. Large ones are better a [`buffer`](Self::buffer).
    ///
    /// ```
    /// use frames_pickle::{Graph, Node};
    /// let mut graph = Graph::new();
    /// let bytes = graph.bytes(b"abc");
    /// assert!(matches!(graph.node(bytes), Node::Bytes(b"abc")));
    /// ```
    pub fn bytes(&mut self, bytes: &[u8]) -> Value {
        self.push_made(Tag::Bytes, bytes)
    }

    /// Python's `bytearray`.
    ///
    /// ```
    /// use frames_pickle::{Graph, Node};
    /// let mut graph = Graph::new();
    /// let bytes = graph.bytearray(b"abc");
    /// assert!(matches!(graph.node(bytes), Node::ByteArray(b"abc")));
    /// ```
    pub fn bytearray(&mut self, bytes: &[u8]) -> Value {
        self.push_made(Tag::ByteArray, bytes)
    }

    /// A `PickleBuffer`: bytes that may travel out of band.
    ///
    /// ```
    /// use frames_pickle::{Buffer, Graph};
    /// let mut graph = Graph::new();
    /// graph.buffer(Buffer::from(vec![0; 1 << 20]));
    /// assert_eq!(graph.buffers().len(), 1);
    /// ```
    pub fn buffer(&mut self, buffer: Buffer) -> Value {
        let value = self.push_buffer(self.buffers.len(), buffer.is_read_only());
        self.buffers.push(buffer);
        value
    }

    pub(crate) fn push_buffer(&mut self, index: usize, is_read_only: bool) -> Value {
        self.push(Tag::Buffer, (index as u64) << 1 | is_read_only as u64)
    }

    /// A tuple.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let pair = graph.tuple(&[1.into(), true.into()]);
    /// graph.set_root(pair);
    /// assert_eq!(format!("{graph:?}"), "(1, True)");
    /// ```
    #[inline]
    pub fn tuple(&mut self, items: &[Value]) -> Value {
        match items {
            [] => Value::EMPTY_TUPLE,
            items => self.push_items(Tag::Tuple, items),
        }
    }

    /// A frozen set.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let set = graph.frozenset(&[1.into()]);
    /// graph.set_root(set);
    /// assert_eq!(format!("{graph:?}"), "frozenset({1})");
    /// ```
    pub fn frozenset(&mut self, items: &[Value]) -> Value {
        self.push_items(Tag::FrozenSet, items)
    }

    /// A list, which [`append`](Self::append) makes longer.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let list = graph.list(&[]);
    /// graph.append(list, &[list])?;
    /// graph.set_root(list);
    /// assert_eq!(format!("{graph:?}"), "&0 [*0]");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn list(&mut self, items: &[Value]) -> Value {
        let list = self.push_empty(Tag::List);
        self.step(list, Step::Append, items);
        list
    }

    /// A dict of keys and values, a key before its value.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let key = graph.str("a");
    /// let dict = graph.dict(&[(key, 1.into())]);
    /// graph.set_root(dict);
    /// assert_eq!(format!("{graph:?}"), r#"{"a": 1}"#);
    /// ```
    pub fn dict(&mut self, entries: &[(Value, Value)]) -> Value {
        let dict = self.push_empty(Tag::Dict);
        let flat: Vec<Value> = entries.iter().flat_map(|(key, value)| [*key, *value]).collect();
        self.step(dict, Step::SetItems, &flat);
        dict
    }

    /// A set.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let set = graph.set(&[1.into()]);
    /// graph.set_root(set);
    /// assert_eq!(format!("{graph:?}"), "{1}");
    /// ```
    pub fn set(&mut self, items: &[Value]) -> Value {
        let set = self.push_empty(Tag::Set);
        self.step(set, Step::Add, items);
        set
    }

    /// A class or function, by name.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let class = graph.global("decimal", "Decimal");
    /// graph.set_root(class);
    /// assert_eq!(format!("{graph:?}"), "decimal.Decimal");
    /// ```
    pub fn global(&mut self, module: &str, name: &str) -> Value {
        let (module, name) = (self.str(module), self.str(name));
        self.push_global(module, name)
    }

    /// Of two texts.
    pub(crate) fn push_global(&mut self, module: Value, name: Value) -> Value {
        let place = self.push(Tag::Global, 0);
        self.heap.extend([module, name]);
        place
    }

    /// An object that a call makes in Python, with its arguments.
    ///
    /// # Errors
    ///
    /// [`CallKind::NewObjEx`] wants two arguments: a tuple and a dict.
    ///
    /// ```
    /// use frames_pickle::{CallKind, Graph};
    /// let mut graph = Graph::new();
    /// let (class, text) = (graph.global("decimal", "Decimal"), graph.str("1.5"));
    /// let object = graph.call(CallKind::Reduce, class, &[text])?;
    /// graph.set_root(object);
    /// assert_eq!(format!("{graph:?}"), r#"decimal.Decimal("1.5")"#);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn call(&mut self, kind: CallKind, callable: Value, args: &[Value]) -> Result<Value> {
        match (kind, args) {
            (CallKind::NewObjEx, [args, kwargs]) => Ok(self.push_call(kind, callable, *args, *kwargs)),
            (CallKind::NewObjEx, _) => Err(Error::new(
                ErrorKind::Unsupported,
                "CallKind::NewObjEx takes a tuple of arguments and a dict of named ones",
            )),
            _ => {
                let args = self.tuple(args);
                Ok(self.push_call(kind, callable, args, Value::NONE))
            }
        }
    }

    /// The arguments are any value: a peer may have written what is no tuple.
    pub(crate) fn push_call(&mut self, kind: CallKind, callable: Value, args: Value, kwargs: Value) -> Value {
        let place = self.push(Tag::Call, 0);
        self.heap.extend([Value::from_word(kind as u64), callable, args]);
        if kind == CallKind::NewObjEx {
            self.heap.push(kwargs);
        }
        place
    }

    /// An object that the two sides know by an id of their own.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let id = graph.str("model-7");
    /// let object = graph.persistent(id);
    /// assert!(matches!(graph.node(object), frames_pickle::Node::Persistent(found) if found == id));
    /// ```
    pub fn persistent(&mut self, id: Value) -> Value {
        let place = self.push(Tag::Persistent, 0);
        self.heap.push(id);
        place
    }

    /// A global by its code in `copyreg`'s registry of extensions.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let code = graph.extension(7);
    /// assert!(matches!(graph.node(code), frames_pickle::Node::Extension(7)));
    /// ```
    pub fn extension(&mut self, code: u32) -> Value {
        let place = self.push(Tag::Extension, 0);
        self.heap.push(Value::from_word(code as u64));
        place
    }

    /// Makes a list, or an object that is like one, longer.
    ///
    /// # Errors
    ///
    /// `target` is neither.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let list = graph.list(&[1.into()]);
    /// graph.append(list, &[2.into()])?;
    /// assert!(graph.append(1.into(), &[]).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn append(&mut self, target: Value, items: &[Value]) -> Result<()> {
        self.checked_step(target, Step::Append, items)
    }

    /// Sets keys of a dict, or of an object that is like one: `keys_and_values` are key, value, key, value, ….
    ///
    /// # Errors
    ///
    /// `target` is neither, or a key has no value.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let dict = graph.dict(&[]);
    /// graph.set_items(dict, &[1.into(), 2.into()])?;
    /// assert!(graph.set_items(dict, &[1.into()]).is_err());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn set_items(&mut self, target: Value, keys_and_values: &[Value]) -> Result<()> {
        self.checked_step(target, Step::SetItems, keys_and_values)
    }

    /// Adds to a set, or to an object that is like one.
    ///
    /// # Errors
    ///
    /// `target` is neither.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let set = graph.set(&[]);
    /// graph.add(set, &[1.into()])?;
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn add(&mut self, target: Value, items: &[Value]) -> Result<()> {
        self.checked_step(target, Step::Add, items)
    }

    /// Gives an object its state.
    ///
    /// # Errors
    ///
    /// `target` is no object.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// assert!(graph.build(1.into(), frames_pickle::Value::NONE).is_err());
    /// ```
    pub fn build(&mut self, target: Value, state: Value) -> Result<()> {
        self.checked_step(target, Step::Build, &[state])
    }

    /// Gives an object its state by a call of `setter(object, state)`, as cloudpickle does.
    ///
    /// # Errors
    ///
    /// `target` is no object.
    ///
    /// ```
    /// let mut graph = frames_pickle::Graph::new();
    /// let setter = graph.global("m", "set");
    /// assert!(graph.build_by(1.into(), setter, frames_pickle::Value::NONE).is_err());
    /// ```
    pub fn build_by(&mut self, target: Value, setter: Value, state: Value) -> Result<()> {
        self.checked_step(target, Step::Setter, &[setter, state])
    }

    #[inline]
    pub(crate) fn checked_step(&mut self, target: Value, step: Step, items: &[Value]) -> Result<()> {
        let takes = match self.tag(target) {
            Some(Tag::List) => step == Step::Append,
            Some(Tag::Dict) => step == Step::SetItems,
            Some(Tag::Set) => step == Step::Add,
            // Whether they can is known only where they are made.
            Some(Tag::Call | Tag::Global | Tag::Persistent | Tag::Extension) => true,
            _ => false,
        };
        if !takes {
            return Err(self.refusal(target, step));
        }
        if step == Step::SetItems && items.len() % 2 == 1 {
            return Err(Error::new(ErrorKind::Invalid, "the last key has no value"));
        }
        self.step(target, step, items);
        Ok(())
    }

    #[cold]
    fn refusal(&self, target: Value, step: Step) -> Error {
        let wanted = match step {
            Step::Append => "a list or an object to append to",
            Step::SetItems => "a dict or an object to set items of",
            Step::Add => "a set or an object to add to",
            Step::Build | Step::Setter => "an object to give a state to",
        };
        Error::mismatch(wanted, self.name_of(target))
    }
}
