//! What a registry makes of recorded calls: plain Rust types, each made by a constructor that checks all that it is given.
//!
//! Nothing here runs what a pickle names, and nothing recurses: what lies in an object stays a [`Value`] of the graph, to be looked at when it
//! is wanted.

mod array;
mod arrays;
mod builtins;
pub(crate) mod call;
mod collections;
mod datetime;
mod decimal;
mod exceptions;
mod fraction;
mod network;
mod others;
mod paths;
mod standard;
pub(crate) mod to_graph;
mod travel;
mod uuid;
pub(crate) mod work;
mod zone;

pub use array::{Array, ArrayItem};
pub use builtins::{Range, Singleton, Slice};
pub use collections::{DefaultDict, Deque};
pub use datetime::{DateTime, Time};
pub use exceptions::Exception;
pub use fraction::Fraction;
/// Of frames-core, which sends and receives them.
pub use frames_core::python::{Complex, Date, Decimal, TimeDelta, Uuid};
pub use network::{IpAddress, IpNetwork};
pub use others::{EnumMember, Pattern};
pub use paths::PyPath;
pub use zone::TzInfo;

pub(crate) use arrays::{ARRAYS, other as other_array, scalar};
pub(crate) use exceptions::{CLASSES as EXCEPTIONS, exception};
pub(crate) use others::{enum_member, enum_member_by_name};
pub(crate) use standard::STANDARD;

use crate::numpy::{MaskedArray, NumpyArray};
use crate::pandas::{DataFrame, Index, Series};
use crate::pyarrow::{ArrowArray, ChunkedArray, RecordBatch, Table};
use crate::value::Value;
use frames_core::{DType, NdArray};
use std::any::Any;

/// An object of Python as a Rust type: what [`Registry::construct`](crate::Registry::construct) makes.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// // pickle.dumps(datetime.date(2024, 2, 29))
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\x07\xe8\x02\x1d\x94\x85\x94R\x94.")?;
/// match Registry::standard().construct(&graph, graph.root())? {
///     Known::Date(date) => assert_eq!(date.to_string(), "2024-02-29"),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Known {
    /// What pickle itself knows: numbers, text, bytes, containers. It is as it was.
    Plain(Value),
    /// `...`
    Ellipsis,
    /// `NotImplemented`
    NotImplemented,
    /// `type(None)`, `type(...)` or `type(NotImplemented)`
    Type(Singleton),
    /// `object()`
    Object,
    /// `bytes`, as protocols before 3 have them.
    Bytes(Vec<u8>),
    /// `bytearray`, as protocols before 5 have it.
    ByteArray(Vec<u8>),
    /// `set`, as protocols before 4 have it. Equal items are not yet one.
    Set(Vec<Value>),
    /// `frozenset`, as protocols before 4 have it. Equal items are not yet one.
    FrozenSet(Vec<Value>),
    /// `list()`, called.
    List(Vec<Value>),
    /// `dict()`, called. Of equal keys the last one counts.
    Dict(Vec<(Value, Value)>),
    /// `complex`
    Complex(Complex),
    /// `range`
    Range(Range),
    /// `slice`
    Slice(Slice),
    /// An exception of `builtins`.
    Exception(Exception),
    /// `datetime.date`
    Date(Date),
    /// `datetime.time`
    Time(Time),
    /// `datetime.datetime`
    DateTime(DateTime),
    /// `datetime.timedelta`
    TimeDelta(TimeDelta),
    /// `datetime.timezone` or `zoneinfo.ZoneInfo`
    TzInfo(TzInfo),
    /// `decimal.Decimal`
    Decimal(Decimal),
    /// `fractions.Fraction`
    Fraction(Fraction),
    /// `uuid.UUID`
    Uuid(Uuid),
    /// The six classes of `pathlib`.
    Path(PyPath),
    /// `collections.OrderedDict`. Of equal keys the last one counts.
    OrderedDict(Vec<(Value, Value)>),
    /// `collections.defaultdict`
    DefaultDict(DefaultDict),
    /// `collections.Counter`, with its counts. Of equal keys the last one counts.
    Counter(Vec<(Value, Value)>),
    /// `collections.deque`
    Deque(Deque),
    /// `collections.ChainMap`, of these mappings.
    ChainMap(Vec<Value>),
    /// `collections.UserDict`
    UserDict(Vec<(Value, Value)>),
    /// `collections.UserList`
    UserList(Vec<Value>),
    /// `collections.UserString`, of this text.
    UserString(Value),
    /// `types.SimpleNamespace`, by its attributes.
    Namespace(Vec<(String, Value)>),
    /// `array.array`
    Array(Array),
    /// `re.compile(…)`
    Pattern(Pattern),
    /// `ipaddress.IPv4Address` or `IPv6Address`
    IpAddress(IpAddress),
    /// `ipaddress.IPv4Interface` or `IPv6Interface`
    IpInterface(IpNetwork),
    /// `ipaddress.IPv4Network` or `IPv6Network`
    IpNetwork(IpNetwork),
    /// A member of an enum that was registered.
    EnumMember(EnumMember),
    /// `numpy.ndarray` of plain data
    NdArray(Box<NdArray>),
    /// A subclass of `numpy.ndarray`, or an array of objects.
    NumpyArray(Box<NumpyArray>),
    /// `numpy.ma.MaskedArray`
    MaskedArray(Box<MaskedArray>),
    /// A scalar of numpy, as an array of no dimensions.
    Scalar(Box<NdArray>),
    /// `numpy.dtype`
    DType(DType),
    /// `pandas.DataFrame`
    DataFrame(Box<DataFrame>),
    /// `pandas.Series`
    Series(Box<Series>),
    /// An index of pandas, of any class.
    Index(Box<Index>),
    /// An array of pyarrow.
    ArrowArray(Box<ArrowArray>),
    /// `pyarrow.ChunkedArray`
    ChunkedArray(ChunkedArray),
    /// `pyarrow.RecordBatch`
    RecordBatch(RecordBatch),
    /// `pyarrow.Table`
    Table(Table),
    /// What a constructor of the user makes: see [`Known::downcast`].
    User(Box<dyn Any + Send>),
}

impl Known {
    /// What a constructor of the user made, if it is a `T`; itself if it is not.
    ///
    /// # Errors
    ///
    /// It is something else, which is given back.
    ///
    /// ```
    /// use frames_pickle::{Known, Value};
    /// assert_eq!(Known::User(Box::new(7_u8)).downcast::<u8>().unwrap(), 7);
    /// assert!(Known::Plain(Value::NONE).downcast::<u8>().is_err());
    /// ```
    pub fn downcast<T: Any>(self) -> Result<T, Known> {
        match self {
            Known::User(made) => made.downcast().map(|made| *made).map_err(Known::User),
            other => Err(other),
        }
    }
}
