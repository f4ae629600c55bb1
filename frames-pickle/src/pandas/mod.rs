//! pandas' frames, series and indexes out of pickle graphs, without pandas.
//!
//! A frame is columns here, whatever blocks pandas keeps them in: a row of a block is a view that shares its bytes. Arrays of classes that
//! are not known stay values of the graph, named by their class.
//!
//! ```
//! use frames_pickle::{Graph, pandas};
//! fn names(graph: &Graph<'_>) -> frames_core::Result<Vec<String>> {
//!     let Some(frame) = pandas::data_frame(graph, graph.root())? else { return Ok(Vec::new()) };
//!     Ok(frame.columns.iter().filter_map(|column| column.name.as_str()).map(str::to_owned).collect())
//! }
//! assert!(names(&Graph::new())?.is_empty());
//! # Ok::<(), frames_core::Error>(())
//! ```

mod frame;
mod index;
mod values;
mod zone;

#[cfg(feature = "arrow")]
pub(crate) use values::int_at;
pub use zone::zone_name;

use crate::graph::Graph;
use crate::look::Call;
use crate::numpy::ObjectArray;
use crate::pyarrow::{Arrow, ChunkedArray};
use crate::value::Value;
use frames_core::{NdArray, Result};
use std::sync::Arc;

/// Reads what pandas pickled; with the readers of pyarrow and numpy in it, all of one graph and from one budget.
pub(crate) struct Pandas<'g> {
    pub(crate) graph: &'g Graph<'g>,
    pub(crate) arrow: Arrow<'g>,
}

impl<'g> Pandas<'g> {
    pub(crate) fn new(graph: &'g Graph<'_>) -> Pandas<'g> {
        Pandas { graph, arrow: Arrow::new(graph) }
    }

    fn charge(&mut self, cost: usize) -> Result<()> {
        self.arrow.arrays.charge(cost)
    }

    fn get(&mut self, dict: Value, key: &str) -> Result<Option<Value>> {
        self.arrow.arrays.get(dict, key)
    }

    fn sequence(&mut self, value: Value) -> Result<Vec<Value>> {
        self.arrow.arrays.sequence(value)
    }

    fn state(&mut self, call: &Call<'g>) -> Result<Option<Value>> {
        self.arrow.arrays.state(call)
    }

    /// The index that `value` is, if its class is known here.
    pub(crate) fn known(&mut self, value: Value) -> Result<Option<Index>> {
        Ok(match self.index(value, 0)? {
            Index::Other { .. } => None,
            index => Some(index),
        })
    }
}

/// The frame that `value` is; `None` if it is none.
///
/// # Errors
///
/// It is one as pandas does not write it: a column lies in no block or in two, or is not as long as the index; or an array in it is broken.
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::pandas::data_frame(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn data_frame(graph: &Graph<'_>, value: Value) -> Result<Option<DataFrame>> {
    Pandas::new(graph).data_frame(value)
}

/// The series that `value` is; `None` if it is none.
///
/// # Errors
///
/// As those of [`data_frame`].
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::pandas::series(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn series(graph: &Graph<'_>, value: Value) -> Result<Option<Series>> {
    Pandas::new(graph).series(value)
}

/// The index that `value` is; `None` if it is none, or of a class that is not known here.
///
/// # Errors
///
/// It is one as pandas does not write it.
///
/// ```
/// // pd.RangeIndex(3)
/// let pickle = b"cpandas.core.indexes.base\n_new_Index\n(cpandas\nRangeIndex\n(dVstart\nI0\nsVstop\nI3\nsVstep\nI1\nstR.";
/// let graph = frames_pickle::read(pickle)?;
/// assert_eq!(frames_pickle::pandas::index(&graph, graph.root())?.unwrap().len(), Some(3));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn index(graph: &Graph<'_>, value: Value) -> Result<Option<Index>> {
    Pandas::new(graph).known(value)
}

/// The array of pandas that `value` is, as a `Categorical` or `DatetimeArray`, or numpy's; `None` if it is none that is known here.
///
/// # Errors
///
/// It is one as pandas does not write it.
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::pandas::values(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn values(graph: &Graph<'_>, value: Value) -> Result<Option<Values>> {
    Ok(match Pandas::new(graph).values(value, 0)? {
        Values::Other { .. } => None,
        values => Some(values),
    })
}

/// The label at a position of an index, as text, number or what else it is.
///
/// # Errors
///
/// There is none at `at`, or it is not as its index says.
///
/// ```
/// use frames_pickle::{Graph, Value, pandas};
/// let index = pandas::Index::Range { name: Value::NONE, start: 5, stop: 7, step: 1 };
/// assert_eq!(pandas::label(&Graph::new(), &index, 1)?, pandas::Label::Int(6));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn label(graph: &Graph<'_>, index: &Index, at: u64) -> Result<Label> {
    Pandas::new(graph).label(index, at)
}

/// A table of named columns.
///
/// ```
/// # fn f(frame: &frames_pickle::pandas::DataFrame) {
/// assert_eq!(frame.names.len(), Some(frame.columns.len() as u64));
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DataFrame {
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// The index of the columns, of which their names are the labels.
    pub names: Index,
    /// The index of the rows.
    pub index: Index,
    /// The dict `attrs`, in the graph.
    pub attrs: Value,
}

/// A column of a frame.
///
/// ```
/// # fn f(column: &frames_pickle::pandas::Column) {
/// if let frames_pickle::pandas::Values::Plain(array) = &column.values {
///     println!("{:?}: {}", column.name, array.dtype());
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Column {
    /// Its label.
    pub name: Label,
    /// Its values, one for each row.
    pub values: Values,
}

/// A single column with an index.
///
/// ```
/// # fn f(series: &frames_pickle::pandas::Series) {
/// let name = series.name.as_str();
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Series {
    /// Its name, or null.
    pub name: Label,
    /// Its values.
    pub values: Values,
    /// The index of the values.
    pub index: Index,
    /// The dict `attrs`, in the graph.
    pub attrs: Value,
}

/// The values of a column or index.
///
/// ```
/// # fn f(values: &frames_pickle::pandas::Values) {
/// use frames_pickle::pandas::Values;
/// match values {
///     Values::Plain(array) => println!("an array of {}", array.dtype()),
///     Values::Arrow(array) => println!("an Arrow array of {}", array.data_type),
///     _ => println!("something else"),
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Values {
    /// Numbers, bools, times without a zone: an array of one dimension, which may be a view with strides.
    Plain(NdArray),
    /// Python objects.
    Objects(ObjectArray),
    /// Texts of pandas 3, and all that Arrow keeps.
    Arrow(ChunkedArray),
    /// Numbers or bools of which some may lack.
    Masked {
        /// Those that lack have any value.
        data: NdArray,
        /// True where one lacks.
        mask: NdArray,
    },
    /// Positions in a list of categories.
    Categorical {
        /// Of integers; -1 is none.
        codes: NdArray,
        /// To which the codes point.
        categories: Box<Index>,
        /// Whether the order of the categories has a meaning.
        is_ordered: bool,
    },
    /// Times with a zone.
    DatetimeTz {
        /// In UTC.
        data: NdArray,
        /// In the graph; [`zone_name`] has a name for most.
        zone: Value,
    },
    /// Spans of time.
    Period {
        /// How many spans since 1970.
        ordinals: NdArray,
        /// pandas' name for the length of one, as `M`.
        frequency: Arc<str>,
    },
    /// What is not known here.
    Other {
        /// Module and name of the class.
        class: String,
        /// In the graph.
        value: Value,
    },
}

impl Values {
    /// The number of items along each dimension; `None` of what is not known here.
    pub(crate) fn shape(&self) -> Option<Vec<u64>> {
        Some(match self {
            Values::Plain(array) | Values::Masked { data: array, .. } | Values::Categorical { codes: array, .. } => {
                array.shape().to_vec()
            }
            Values::DatetimeTz { data: array, .. } | Values::Period { ordinals: array, .. } => array.shape().to_vec(),
            Values::Objects(array) => array.shape().to_vec(),
            Values::Arrow(array) => vec![array.len()],
            Values::Other { .. } => return None,
        })
    }
}

/// The labels of rows or columns.
///
/// ```
/// use frames_pickle::{Value, pandas::Index};
/// assert_eq!(Index::Range { name: Value::NONE, start: 0, stop: 3, step: 1 }.len(), Some(3));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Index {
    /// Numbers at equal steps.
    Range {
        /// In the graph.
        name: Value,
        /// The first.
        start: i64,
        /// Behind the last.
        stop: i64,
        /// From one to the next, never 0.
        step: i64,
    },
    /// Any values.
    Values {
        /// `Index`, `DatetimeIndex`, `TimedeltaIndex`, `PeriodIndex`, `CategoricalIndex` or `IntervalIndex`.
        class: &'static str,
        /// In the graph.
        name: Value,
        /// The labels.
        values: Box<Values>,
    },
    /// Several levels.
    Multi {
        /// Of each level, in the graph.
        names: Vec<Value>,
        /// What is on each level.
        levels: Vec<Index>,
        /// For each level, the position in it of each label; -1 is none.
        codes: Vec<NdArray>,
    },
    /// Intervals.
    Interval {
        /// In the graph.
        name: Value,
        /// Where they begin.
        left: Box<Index>,
        /// Where they end.
        right: Box<Index>,
        /// `left`, `right`, `both` or `neither`: the ends that belong to them.
        closed: String,
    },
    /// What is not known here.
    Other {
        /// Module and name of the class.
        class: String,
        /// In the graph.
        value: Value,
    },
}

/// A label of an index: the name of a row or column.
///
/// ```
/// use frames_pickle::pandas::Label;
/// assert_eq!(Label::Text("price".into()).as_str(), Some("price"));
/// assert_eq!(Label::Int(7).as_str(), None);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Label {
    /// None, or missing.
    Null,
    /// A text.
    Text(String),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// Another item of an array, of no dimensions: a time, say.
    Item(NdArray),
    /// Of several levels, or the two ends of an interval.
    Tuple(Vec<Label>),
    /// Another object, in the graph.
    Value(Value),
    /// Of an index that is not known here.
    Unknown,
}

impl Label {
    /// The text, if it is one.
    ///
    /// ```
    /// assert_eq!(frames_pickle::pandas::Label::Text("a".into()).as_str(), Some("a"));
    /// ```
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Label::Text(text) => Some(text),
            _ => None,
        }
    }
}
