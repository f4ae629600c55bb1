//! numpy's arrays, dtypes and scalars, out of pickle graphs and into them, without numpy.
//!
//! numpy pickles an array in half a dozen forms, by version, layout, dtype and protocol. All are one [`NdArray`] here; items that are Python
//! objects stay values of the graph. Nothing is believed: shape times size has to be the buffer's, strides stay inside of it.
//!
//! ```
//! use frames_core::{DType, NdArray};
//! use frames_pickle::{Graph, numpy};
//! let array = NdArray::new(DType::parse("<u2")?, &[2], None, vec![1, 0, 2, 0])?;
//! let mut graph = Graph::new();
//! let value = numpy::numpy_ndarray(&mut graph, &array);
//! let back = numpy::ndarray(&graph, value)?.unwrap();
//! assert_eq!((back.shape(), back.as_bytes().as_ptr()), (&[2][..], array.as_bytes().as_ptr()));
//! # Ok::<(), frames_core::Error>(())
//! ```

mod array;
mod dtype;
mod masked;
mod scalar;
mod write;

pub use masked::{MaskedArray, is_masked_constant, masked};
pub use scalar::scalar;
pub(crate) use write::ndarray_over;
pub use write::{numpy_dtype, numpy_ndarray, numpy_objects, numpy_texts};

use crate::graph::{Graph, Step};
use crate::look::{Call, Data, unsupported};
use crate::node::{Items, Node};
use crate::value::Value;
use frames_core::{DType, Error, ErrorKind, NdArray, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// What is made of a pickle, and the work that it takes, for each of its bytes and in any case.
const EXPANSION: usize = 16;
const FREE: usize = 4 << 20;

/// What a copy of bytes costs beside its length.
const COPY_COST: usize = 64;

/// Reads arrays of one graph, and each of their dtypes once.
pub(crate) struct Arrays<'g> {
    pub(crate) graph: &'g Graph<'g>,
    /// `None` while a dtype is read.
    dtypes: HashMap<Value, Option<DType>>,
    /// What dtypes and other parts that a pickle may share may still cost in memory; `None` before the first of them.
    budget: Option<usize>,
    /// Copies of bytes in the pickle, of which many arrays may be made.
    copies: HashMap<Value, Data>,
}

impl<'g> Arrays<'g> {
    pub(crate) fn new(graph: &'g Graph<'_>) -> Arrays<'g> {
        Arrays { graph, dtypes: HashMap::new(), budget: None, copies: HashMap::new() }
    }

    /// Bytes: shared if they came out of band, and copied once if not, however many arrays are made of them.
    pub(crate) fn data(&mut self, value: Value) -> Result<Option<Data>> {
        if let Some(data) = self.copies.get(&value) {
            return Ok(Some(data.clone()));
        }
        let data = self.graph.data(value)?;
        if let (Some(data), false) = (&data, matches!(self.graph.node(value), Node::Buffer(..))) {
            // Many calls may make bytes of one text.
            self.charge(COPY_COST + data.bytes.len())?;
            self.copies.insert(value, data.clone());
        }
        Ok(data)
    }

    /// The state that a call gets, if any. The steps are looked through each time.
    pub(crate) fn state(&mut self, call: &Call<'g>) -> Result<Option<Value>> {
        let mut state = None;
        for (step, items) in call.object.steps() {
            self.charge(1)?;
            match (step, items) {
                (Step::Build, [last]) => state = Some(*last),
                _ => return Err(unsupported("something is done to an array that is no state")),
            }
        }
        Ok(state)
    }

    /// The value under a text in a dict; of several the last. All of it is looked through each time.
    pub(crate) fn get(&mut self, dict: Value, key: &str) -> Result<Option<Value>> {
        let Node::Dict(entries) = self.graph.node(dict) else { return Ok(None) };
        let mut found = None;
        for (name, value) in entries {
            self.charge(1)?;
            if matches!(self.graph.node(name), Node::Str(text) if text == key) {
                found = Some(value);
            }
        }
        Ok(found)
    }

    /// The items of a tuple or a list, which many may share.
    pub(crate) fn sequence(&mut self, value: Value) -> Result<Vec<Value>> {
        match self.graph.node(value) {
            Node::Tuple(items) => {
                self.charge(items.len())?;
                Ok(items.to_vec())
            }
            Node::List(items) => {
                self.charge(items.len())?;
                Ok(items.collect())
            }
            _ => Err(self.graph.not("a list", value)),
        }
    }

    /// True if the items are, or hold, Python objects. The nesting of a dtype is bounded where it is made; its parts may be shared by each other
    /// and by many arrays, so each look at one is paid for.
    pub(crate) fn has_objects(&mut self, dtype: &DType) -> Result<bool> {
        self.charge(1)?;
        if let Some((base, _)) = dtype.subarray() {
            return self.has_objects(base);
        }
        for field in dtype.fields().unwrap_or_default() {
            if self.has_objects(&field.dtype)? {
                return Ok(true);
            }
        }
        Ok(dtype.kind() == 'O')
    }

    /// Takes from what shared parts may cost.
    pub(crate) fn charge(&mut self, cost: usize) -> Result<()> {
        let too_much = || {
            Error::new(
                ErrorKind::Limit,
                "types and arrays share their parts so often that they are too large for their pickle",
            )
        };
        let budget =
            *self.budget.get_or_insert_with(|| self.graph.weight().saturating_mul(EXPANSION).saturating_add(FREE));
        self.budget = Some(budget.checked_sub(cost).ok_or_else(too_much)?);
        Ok(())
    }
}

/// The array that `value` is, if its class is `numpy.ndarray` and its items are plain data; `None` if it is anything else.
///
/// What came out of band is shared, not copied; what lies in the pickle is copied once. [`array`](fn@array) reads the others.
///
/// # Errors
///
/// It is an array as no numpy writes it: the buffer has another size than shape and dtype say, or the dtype contradicts itself.
///
/// ```
/// use frames_pickle::{Buffer, Reader, numpy};
/// // pickle.dumps(np.array([1, 2], "u1"), 5, buffer_callback=…), with the short form of the dtype
/// let pickle = b"\x80\x05cnumpy._core.numeric\n_frombuffer\n(\x97cnumpy\ndtype\n\x8c\x02u1\x85RK\x02\x85\x8c\x01CtR.";
/// let graph = Reader::new().buffers([Buffer::from(vec![1, 2])]).read(pickle)?;
/// let array = numpy::ndarray(&graph, graph.root())?.unwrap();
/// assert_eq!(array.to_vec::<u8>()?, [1, 2]);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn ndarray(graph: &Graph<'_>, value: Value) -> Result<Option<NdArray>> {
    Arrays::new(graph).plain(value)
}

/// The array that `value` is, of any class and dtype; `None` if it is none, or masked.
///
/// # Errors
///
/// As those of [`ndarray`].
///
/// ```
/// use frames_core::{DType, NdArray};
/// use frames_pickle::{Graph, numpy};
/// let mut graph = Graph::new();
/// let value = numpy::numpy_ndarray(&mut graph, &NdArray::new(DType::parse("|u1")?, &[1], None, vec![7])?);
/// let array = numpy::array(&graph, value)?.unwrap();
/// assert_eq!(array.class, "numpy.ndarray");
/// assert!(matches!(array.data, numpy::ArrayData::Plain(_)));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn array(graph: &Graph<'_>, value: Value) -> Result<Option<NumpyArray>> {
    Arrays::new(graph).array(value)
}

/// The dtype that `value` is; `None` if it is none, or numpy's `StringDType`, which has no layout.
///
/// What people note in a dtype's `metadata` is left out.
///
/// # Errors
///
/// It is a dtype as numpy would not take it.
///
/// ```
/// // np.dtype("<f8")
/// let graph = frames_pickle::read(b"cnumpy\ndtype\n(X\x03\0\0\0<f8tR.")?;
/// assert_eq!(frames_pickle::numpy::dtype(&graph, graph.root())?.unwrap().to_string(), "<f8");
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn dtype(graph: &Graph<'_>, value: Value) -> Result<Option<DType>> {
    let mut arrays = Arrays::new(graph);
    if arrays.is_dtype(value) { arrays.dtype_or_string(value) } else { Ok(None) }
}

/// An array of any class and dtype.
///
/// ```
/// // np.array([None], dtype=object)
/// let pickle = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR(I1\n(I1\ntcnumpy\ndtype\n(VO8\ntRI00\n(NltbN0.";
/// let graph = frames_pickle::read(pickle)?;
/// let array = frames_pickle::numpy::array(&graph, graph.root())?.unwrap();
/// assert_eq!(array.shape(), [1]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NumpyArray {
    /// Module and name of the class: `numpy.ndarray`, or one that derives from it, as `numpy.matrix`.
    pub class: Cow<'static, str>,
    /// The items.
    pub data: ArrayData,
}

impl NumpyArray {
    /// The array, if its items are plain data and its class is numpy's own.
    pub(crate) fn into_plain(self) -> Result<NdArray, Box<NumpyArray>> {
        match self {
            NumpyArray { class, data: ArrayData::Plain(array) }
                if matches!(&*class, "numpy.ndarray" | "numpy.memmap") =>
            {
                Ok(array)
            }
            other => Err(Box::new(other)),
        }
    }

    /// The number of items along each dimension.
    ///
    /// ```
    /// # use frames_core::{DType, NdArray};
    /// # let mut graph = frames_pickle::Graph::new();
    /// # let array = NdArray::new(DType::parse("|u1")?, &[1], None, vec![7])?;
    /// # let value = frames_pickle::numpy::numpy_ndarray(&mut graph, &array);
    /// # let array = frames_pickle::numpy::array(&graph, value)?.unwrap();
    /// assert_eq!(array.shape(), [1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn shape(&self) -> &[u64] {
        self.data.shape()
    }
}

/// The items of an array: plain data in a buffer, or values of the graph.
///
/// ```
/// use frames_core::{DType, NdArray};
/// use frames_pickle::numpy::ArrayData;
/// let data = ArrayData::Plain(NdArray::new(DType::parse("|u1")?, &[1], None, vec![7])?);
/// assert_eq!(data.shape(), [1]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ArrayData {
    /// Numbers, text of fixed length, times, records of such.
    Plain(NdArray),
    /// Python objects, records in which one is, or the texts of `StringDType`.
    Objects(ObjectArray),
}

impl ArrayData {
    /// The number of items along each dimension.
    ///
    /// ```
    /// # use frames_core::{DType, NdArray};
    /// # use frames_pickle::numpy::ArrayData;
    /// # let data = ArrayData::Plain(NdArray::new(DType::parse("|u1")?, &[1], None, vec![7])?);
    /// assert_eq!(data.shape(), [1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn shape(&self) -> &[u64] {
        match self {
            ArrayData::Plain(array) => array.shape(),
            ArrayData::Objects(array) => array.shape(),
        }
    }
}

/// An array of Python objects: a shape over values of the graph, which stay where they are.
///
/// ```
/// # let pickle = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR(I1\n(I1\ntcnumpy\ndtype\n(VO8\ntRI00\n(NltbN0.";
/// use frames_pickle::{Value, numpy::ArrayData};
/// let graph = frames_pickle::read(pickle)?; // np.array([None], dtype=object)
/// let array = frames_pickle::numpy::array(&graph, graph.root())?.unwrap();
/// let ArrayData::Objects(objects) = array.data else { panic!() };
/// assert_eq!(objects.values(&graph).collect::<Vec<_>>(), [Value::NONE]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ObjectArray {
    dtype: Option<DType>,
    shape: Vec<u64>,
    is_fortran: bool,
    /// The list of the graph that has them, in C order whatever the array's.
    list: Value,
    start: usize,
    len: usize,
}

impl ObjectArray {
    /// `|O`, or a record with objects in it; `None` for the texts of `StringDType`.
    ///
    /// ```
    /// # let pickle = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR(I1\n(I1\ntcnumpy\ndtype\n(VO8\ntRI00\n(NltbN0.";
    /// # let graph = frames_pickle::read(pickle)?;
    /// # let array = frames_pickle::numpy::array(&graph, graph.root())?.unwrap();
    /// # let frames_pickle::numpy::ArrayData::Objects(objects) = array.data else { panic!() };
    /// assert_eq!(objects.dtype().unwrap().kind(), 'O');
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn dtype(&self) -> Option<&DType> {
        self.dtype.as_ref()
    }

    /// The number of items along each dimension.
    ///
    /// ```
    /// # let pickle = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR(I1\n(I1\ntcnumpy\ndtype\n(VO8\ntRI00\n(NltbN0.";
    /// # let graph = frames_pickle::read(pickle)?;
    /// # let array = frames_pickle::numpy::array(&graph, graph.root())?.unwrap();
    /// # let frames_pickle::numpy::ArrayData::Objects(objects) = array.data else { panic!() };
    /// assert_eq!(objects.shape(), [1]);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// True if numpy keeps them in Fortran's order.
    ///
    /// ```
    /// # let pickle = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR(I1\n(I1\ntcnumpy\ndtype\n(VO8\ntRI00\n(NltbN0.";
    /// # let graph = frames_pickle::read(pickle)?;
    /// # let array = frames_pickle::numpy::array(&graph, graph.root())?.unwrap();
    /// # let frames_pickle::numpy::ArrayData::Objects(objects) = array.data else { panic!() };
    /// assert!(!objects.is_fortran());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_fortran(&self) -> bool {
        self.is_fortran
    }

    /// The items, the last dimension fastest, out of the graph that the array was read from.
    ///
    /// ```
    /// # let pickle = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR(I1\n(I1\ntcnumpy\ndtype\n(VO8\ntRI00\n(NltbN0.";
    /// # let graph = frames_pickle::read(pickle)?;
    /// # let array = frames_pickle::numpy::array(&graph, graph.root())?.unwrap();
    /// # let frames_pickle::numpy::ArrayData::Objects(objects) = array.data else { panic!() };
    /// assert_eq!(objects.values(&graph).count(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn values<'g>(&self, graph: &'g Graph<'_>) -> impl Iterator<Item = Value> + use<'g> {
        let mut left = self.start;
        let items = match graph.node(self.list) {
            Node::List(items) => Some(items),
            _ => None,
        };
        // Blocks that lie in front are passed over as a whole.
        let blocks = items.into_iter().flat_map(Items::chunks).filter_map(move |block| {
            let skipped = left.min(block.len());
            left -= skipped;
            block.get(skipped..).filter(|rest| !rest.is_empty())
        });
        blocks.flatten().copied().take(self.len)
    }

    /// Item `at` of the first dimension.
    pub(crate) fn row(&self, at: u64) -> Option<ObjectArray> {
        let (&rows, shape) = self.shape.split_first()?;
        let len = self.len.checked_div(usize::try_from(rows).ok()?)?;
        let start = self.start + len.checked_mul(usize::try_from(at).ok().filter(|_| at < rows)?)?;
        Some(ObjectArray { shape: shape.to_vec(), start, len, ..self.clone() })
    }
}

impl fmt::Debug for ObjectArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectArray({:?}, shape {:?})", self.dtype, self.shape)
    }
}
