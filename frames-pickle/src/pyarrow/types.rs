//! Arrow's types: reading them, and their names.

use super::Arrow;
use super::extension::Extension;
use crate::aliases::Name;
use crate::look::{Call, invalid, unsupported};
use crate::node::Node;
use crate::value::Value;
use frames_core::{Error, ErrorKind, Result};
use std::fmt;
use std::sync::Arc;

/// The type of an Arrow array.
///
/// It prints as pyarrow does.
///
/// ```
/// use frames_pickle::pyarrow::{DataType, TimeUnit};
/// assert_eq!(DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())).to_string(), "timestamp[ns, tz=UTC]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of Arrow's format say all there is to say")]
pub enum DataType {
    Null,
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    Utf8,
    LargeUtf8,
    Utf8View,
    Binary,
    LargeBinary,
    BinaryView,
    /// Bytes of this number.
    FixedSizeBinary(u32),
    /// Days.
    Date32,
    /// Milliseconds.
    Date64,
    Time32(TimeUnit),
    Time64(TimeUnit),
    /// With a time zone, or in local time.
    Timestamp(TimeUnit, Option<Arc<str>>),
    Duration(TimeUnit),
    MonthDayNano,
    /// Of 32, 64, 128 or 256 bits.
    Decimal {
        bits: u16,
        precision: u8,
        scale: i32,
    },
    List(Arc<Field>),
    LargeList(Arc<Field>),
    ListView(Arc<Field>),
    LargeListView(Arc<Field>),
    FixedSizeList(Arc<Field>, u32),
    Struct(Arc<[Field]>),
    /// Keys, values, and whether the keys are sorted.
    Map(Arc<[Field; 2]>, bool),
    /// Of indices and values, and whether the order of the values has a meaning.
    Dictionary(Arc<[DataType; 2]>, bool),
    /// Of run ends and values.
    RunEndEncoded(Arc<[DataType; 2]>),
    /// With offsets or without, and the codes of the fields.
    Union {
        is_dense: bool,
        fields: Arc<[Field]>,
        codes: Arc<[i8]>,
    },
    /// Stored as another type.
    Extension(Arc<Extension>),
}

/// The unit of a time of Arrow.
///
/// ```
/// assert_eq!(frames_pickle::pyarrow::TimeUnit::Microsecond.to_string(), "us");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say all")]
pub enum TimeUnit {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// A type with a name, as a part of another or as a column.
///
/// ```
/// // pa.field("a", pa.int64())
/// let graph = frames_pickle::read(b"cpyarrow.lib\nfield\n(Va\ncpyarrow.lib\ntype_for_alias\n(Vint64\ntRI01\nNtR.")?;
/// let field = frames_pickle::pyarrow::field(&graph, graph.root())?.unwrap();
/// assert_eq!(field.to_string(), "a: int64");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// The name.
    pub name: Arc<str>,
    /// What it holds.
    pub data_type: DataType,
    /// Whether it may be null.
    pub is_nullable: bool,
    /// Keys and values that people noted.
    pub metadata: Metadata,
}

/// Keys and values of bytes.
///
/// ```
/// let metadata: frames_pickle::pyarrow::Metadata = vec![(b"key".to_vec(), b"value".to_vec())];
/// ```
pub type Metadata = Vec<(Vec<u8>, Vec<u8>)>;

/// The columns of a table or batch.
///
/// ```
/// let graph = frames_pickle::read(b"cpyarrow.lib\nschema\n((lNtR.")?; // pa.schema([])
/// assert!(frames_pickle::pyarrow::schema(&graph, graph.root())?.unwrap().fields.is_empty());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {
    /// The columns.
    pub fields: Vec<Field>,
    /// Keys and values that people noted; pandas writes what it needs to know under `pandas`.
    pub metadata: Metadata,
}

/// How deep types nest: walks over them recurse.
const MAX_DEPTH: u32 = 64;
/// How many parts a type has, with shared ones counted at each place, and their texts with [`TEXT`] bytes as a part.
const MAX_NODES: u32 = 1 << 16;
const TEXT: usize = 64;
/// What a part costs of the budget in each array and each column that is of its type: they are compared, shown and made into others.
const NODE_COST: usize = 32;

/// A type and what a walk over it costs.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) data_type: DataType,
    nodes: u32,
    depth: u32,
}

impl From<DataType> for Known {
    fn from(data_type: DataType) -> Known {
        Known { data_type, nodes: 1, depth: 0 }
    }
}

impl<'g> Arrow<'g> {
    pub(super) fn data_type(&mut self, value: Value) -> Result<DataType> {
        let known = self.type_at(value, 0)?;
        self.arrays.charge((known.nodes as usize).saturating_mul(NODE_COST))?;
        Ok(known.data_type)
    }

    pub(super) fn type_at(&mut self, value: Value, level: u32) -> Result<Known> {
        match self.types.get(&value) {
            Some(Some(known)) => return Ok(known.clone()),
            Some(None) => return Err(invalid("a type of Arrow is a part of itself, or of one that is wrong")),
            None => drop(self.types.insert(value, None)),
        }
        if level > MAX_DEPTH {
            return Err(too_large());
        }
        let known = self.read_type(value, level)?;
        if known.nodes > MAX_NODES || known.depth > MAX_DEPTH {
            return Err(too_large());
        }
        self.types.insert(value, Some(known.clone()));
        Ok(known)
    }

    fn read_type(&mut self, value: Value, level: u32) -> Result<Known> {
        let graph = self.arrays.graph;
        let Some(call) = graph.known_call(value) else { return Err(self.unknown(value)) };
        let name = match call.name {
            Name::TypeForAlias => return alias(graph.as_str(call.arg(0))?).map(Known::from),
            Name::ArrowType(name) => name,
            _ => return Err(self.unknown(value)),
        };
        let unit = || TimeUnit::of(graph.as_str(call.arg(0))?);
        let simple = match name {
            "timestamp" => {
                let zone = match graph.node(call.arg(1)) {
                    Node::None => None,
                    _ => Some(graph.as_str(call.arg(1))?),
                };
                let zone_len = zone.map_or(0, str::len);
                self.arrays.charge(zone_len)?;
                let data_type = DataType::Timestamp(unit()?, zone.map(Into::into));
                return Ok(Known { data_type, nodes: 1u32.saturating_add(parts_of_text(zone_len)), depth: 0 });
            }
            "time32" => DataType::Time32(unit()?),
            "time64" => DataType::Time64(unit()?),
            "duration" => DataType::Duration(unit()?),
            "binary" => match graph.as_i64(call.arg(0))? {
                -1 => DataType::Binary,
                size => DataType::FixedSizeBinary(small(size)?),
            },
            "decimal32" | "decimal64" | "decimal128" | "decimal256" => {
                let bits = name.trim_start_matches("decimal").parse().unwrap_or(128);
                let precision = u8::try_from(graph.as_i64(call.arg(0))?).map_err(|_| invalid("no precision"))?;
                let scale = if call.args.len() > 1 { graph.as_i64(call.arg(1))? } else { 0 };
                let scale = i32::try_from(scale).map_err(|_| invalid("no scale"))?;
                DataType::Decimal { bits, precision, scale }
            }
            _ => return self.read_nested(name, call, level + 1),
        };
        Ok(simple.into())
    }

    fn read_nested(&mut self, name: &str, call: Call<'g>, level: u32) -> Result<Known> {
        let graph = self.arrays.graph;
        let mut of = Extent::default();
        let flag = |index: usize| match graph.node(call.arg(index)) {
            Node::None => Ok(false),
            _ => graph.as_bool(call.arg(index)),
        };
        let data_type = match name {
            "list" | "large_list" | "list_view" | "large_list_view" => {
                let item = Arc::new(self.field_or_type(call.arg(0), "item", level, &mut of)?);
                let size = match graph.node(call.arg(1)) {
                    Node::None => -1,
                    _ => graph.as_i64(call.arg(1))?,
                };
                match (name, size) {
                    ("list", -1) => DataType::List(item),
                    ("list", size) => DataType::FixedSizeList(item, small(size)?),
                    ("large_list", _) => DataType::LargeList(item),
                    ("list_view", _) => DataType::ListView(item),
                    _ => DataType::LargeListView(item),
                }
            }
            "map" => {
                let key = self.field_or_type(call.arg(0), "key", level, &mut of)?;
                let value = self.field_or_type(call.arg(1), "value", level, &mut of)?;
                DataType::Map(Arc::new([key, value]), flag(2)?)
            }
            "struct" => DataType::Struct(self.fields(call.arg(0), level, &mut of)?.into()),
            "dictionary" | "run_end_encoded" => {
                let mut part = |arrow: &mut Self, value| Ok::<_, Error>(of.add(arrow.type_at(value, level)?));
                let parts = Arc::new([part(self, call.arg(0))?, part(self, call.arg(1))?]);
                match name {
                    "dictionary" => DataType::Dictionary(parts, flag(2)?),
                    _ => DataType::RunEndEncoded(parts),
                }
            }
            "union" | "dense_union" | "sparse_union" => {
                let fields = self.fields(call.arg(0), level, &mut of)?;
                let (is_dense, codes) = match name {
                    "union" => (graph.as_str(call.arg(1))? == "dense", call.arg(2)),
                    name => (name == "dense_union", call.arg(1)),
                };
                let codes: Arc<[i8]> = match graph.node(codes) {
                    Node::None => (0..fields.len().min(128) as u8).map(|code| code as i8).collect(),
                    _ => {
                        let code = |code: &Value| i8::try_from(graph.as_i64(*code)?).map_err(|_| invalid("no code"));
                        self.arrays.sequence(codes)?.iter().map(code).collect::<Result<_>>()?
                    }
                };
                if codes.len() != fields.len() {
                    return Err(invalid("a union has not as many codes as fields"));
                }
                DataType::Union { is_dense, fields: fields.into(), codes }
            }
            name => self.extension(name, call, level, &mut of)?,
        };
        Ok(Known { data_type, nodes: of.nodes.saturating_add(1), depth: of.depth + 1 })
    }

    fn field_or_type(&mut self, value: Value, name: &str, level: u32, of: &mut Extent) -> Result<Field> {
        if let Some(Call { name: Name::Field, .. }) = self.arrays.graph.known_call(value) {
            return self.field_at(value, level, of);
        }
        let data_type = of.add(self.type_at(value, level)?);
        Ok(Field { name: name.into(), data_type, is_nullable: true, metadata: Vec::new() })
    }

    fn fields(&mut self, list: Value, level: u32, of: &mut Extent) -> Result<Vec<Field>> {
        let mut fields = Vec::new();
        for field in self.arrays.sequence(list)? {
            fields.push(self.field_at(field, level, of)?);
        }
        Ok(fields)
    }

    pub(super) fn field(&mut self, value: Value) -> Result<Field> {
        let mut of = Extent::default();
        let field = self.field_at(value, 0, &mut of)?;
        self.arrays.charge((of.nodes as usize).saturating_mul(NODE_COST))?;
        Ok(field)
    }

    /// `field(name, type, nullable, metadata)`
    fn field_at(&mut self, value: Value, level: u32, of: &mut Extent) -> Result<Field> {
        let graph = self.arrays.graph;
        let Some(call @ Call { name: Name::Field, .. }) = graph.known_call(value) else {
            return Err(graph.not("a field of Arrow", value));
        };
        let name = graph.as_str(call.arg(0))?;
        self.arrays.charge(name.len() + 64)?;
        let data_type = of.add(self.type_at(call.arg(1), level)?);
        let is_nullable = if call.args.len() > 2 { graph.as_bool(call.arg(2))? } else { true };
        let metadata = self.metadata(call.arg(3))?;
        let text = metadata.iter().map(|(key, value)| key.len() + value.len()).fold(name.len(), usize::saturating_add);
        of.nodes = of.nodes.saturating_add(parts_of_text(text));
        Ok(Field { name: name.into(), data_type, is_nullable, metadata })
    }

    pub(super) fn metadata(&mut self, value: Value) -> Result<Metadata> {
        let graph = self.arrays.graph;
        let entries = match graph.node(value) {
            Node::None => return Ok(Vec::new()),
            Node::Dict(entries) => entries,
            _ => return Err(graph.not("a dict of metadata", value)),
        };
        let mut metadata = Vec::new();
        for (key, value) in entries {
            let mut bytes = |value| match graph.data(value)? {
                Some(data) => self.arrays.charge(data.bytes.len() + 48).map(|()| data.bytes.to_vec()),
                None => Err(graph.not("bytes of metadata", value)),
            };
            metadata.push((bytes(key)?, bytes(value)?));
        }
        Ok(metadata)
    }

    /// `schema(fields, metadata)`
    pub(super) fn schema(&mut self, value: Value) -> Result<Schema> {
        let graph = self.arrays.graph;
        let Some(call @ Call { name: Name::Schema, .. }) = graph.known_call(value) else {
            return Err(graph.not("a schema of Arrow", value));
        };
        let fields = self.arrays.sequence(call.arg(0))?;
        let fields = fields.into_iter().map(|field| self.field(field)).collect::<Result<_>>()?;
        Ok(Schema { fields, metadata: self.metadata(call.arg(1))? })
    }

    #[cold]
    fn unknown(&self, value: Value) -> Error {
        match self.arrays.graph.class_path(value) {
            Some((module, name)) => unsupported(format!("{module}.{name} is no type of Arrow that is known here")),
            // `Class.__arrow_ext_deserialize__(storage, metadata)`
            None if matches!(self.arrays.graph.node(value), Node::Object(_)) => {
                unsupported("a type of Arrow that a class of somebody's makes, and no function of pyarrow,")
            }
            None => self.arrays.graph.not("a type of Arrow", value),
        }
    }
}

/// What a text counts as in a type.
fn parts_of_text(len: usize) -> u32 {
    u32::try_from(len / TEXT).unwrap_or(u32::MAX)
}

/// How large the parts of a type are.
#[derive(Default)]
pub(super) struct Extent {
    nodes: u32,
    depth: u32,
}

impl Extent {
    pub(super) fn text(&mut self, len: usize) {
        self.nodes = self.nodes.saturating_add(parts_of_text(len));
    }

    pub(super) fn add(&mut self, part: Known) -> DataType {
        self.nodes = self.nodes.saturating_add(part.nodes);
        self.depth = self.depth.max(part.depth);
        part.data_type
    }
}

#[cold]
fn too_large() -> Error {
    Error::new(
        ErrorKind::Limit,
        format!("a type of Arrow is deeper than {MAX_DEPTH} levels or has more than {MAX_NODES} parts"),
    )
}

pub(super) fn small(size: i64) -> Result<u32> {
    match u32::try_from(size) {
        Ok(size) if size <= i32::MAX as u32 => Ok(size),
        _ => Err(invalid(format!("{size} is no size in a type of Arrow"))),
    }
}

impl TimeUnit {
    fn of(name: &str) -> Result<TimeUnit> {
        match name {
            "s" => Ok(TimeUnit::Second),
            "ms" => Ok(TimeUnit::Millisecond),
            "us" => Ok(TimeUnit::Microsecond),
            "ns" => Ok(TimeUnit::Nanosecond),
            _ => Err(invalid("Arrow has times in s, ms, us and ns")),
        }
    }
}

/// What pyarrow's `type_for_alias` knows.
fn alias(name: &str) -> Result<DataType> {
    Ok(match name {
        "null" => DataType::Null,
        "bool" | "boolean" => DataType::Bool,
        "i1" | "int8" => DataType::Int8,
        "i2" | "int16" => DataType::Int16,
        "i4" | "int32" => DataType::Int32,
        "i8" | "int64" => DataType::Int64,
        "u1" | "uint8" => DataType::UInt8,
        "u2" | "uint16" => DataType::UInt16,
        "u4" | "uint32" => DataType::UInt32,
        "u8" | "uint64" => DataType::UInt64,
        "f2" | "halffloat" | "float16" => DataType::Float16,
        "f4" | "float" | "float32" => DataType::Float32,
        "f8" | "double" | "float64" => DataType::Float64,
        "string" | "str" | "utf8" => DataType::Utf8,
        "large_string" | "large_str" | "large_utf8" => DataType::LargeUtf8,
        "string_view" => DataType::Utf8View,
        "binary" => DataType::Binary,
        "large_binary" => DataType::LargeBinary,
        "binary_view" => DataType::BinaryView,
        "date32" | "date32[day]" => DataType::Date32,
        "date64" | "date64[ms]" => DataType::Date64,
        "month_day_nano_interval" => DataType::MonthDayNano,
        name => {
            let split = name.strip_suffix(']').and_then(|name| name.split_once('['));
            match split {
                Some(("time32", unit @ ("s" | "ms"))) => DataType::Time32(TimeUnit::of(unit)?),
                Some(("time64", unit @ ("us" | "ns"))) => DataType::Time64(TimeUnit::of(unit)?),
                Some(("timestamp", unit)) => DataType::Timestamp(TimeUnit::of(unit)?, None),
                Some(("duration", unit)) => DataType::Duration(TimeUnit::of(unit)?),
                _ => return Err(unsupported("a type of Arrow by a name that is not known here")),
            }
        }
    })
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeUnit::Second => "s",
            TimeUnit::Millisecond => "ms",
            TimeUnit::Microsecond => "us",
            TimeUnit::Nanosecond => "ns",
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}{}", self.name, self.data_type, if self.is_nullable { "" } else { " not null" })
    }
}

/// As pyarrow prints it.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, fields: &[Field]| {
            for (index, field) in fields.iter().enumerate() {
                write!(f, "{}{field}", if index == 0 { "" } else { ", " })?;
            }
            Ok(())
        };
        match self {
            DataType::Null => f.write_str("null"),
            DataType::Bool => f.write_str("bool"),
            DataType::Int8 => f.write_str("int8"),
            DataType::Int16 => f.write_str("int16"),
            DataType::Int32 => f.write_str("int32"),
            DataType::Int64 => f.write_str("int64"),
            DataType::UInt8 => f.write_str("uint8"),
            DataType::UInt16 => f.write_str("uint16"),
            DataType::UInt32 => f.write_str("uint32"),
            DataType::UInt64 => f.write_str("uint64"),
            DataType::Float16 => f.write_str("halffloat"),
            DataType::Float32 => f.write_str("float"),
            DataType::Float64 => f.write_str("double"),
            DataType::Utf8 => f.write_str("string"),
            DataType::LargeUtf8 => f.write_str("large_string"),
            DataType::Utf8View => f.write_str("string_view"),
            DataType::Binary => f.write_str("binary"),
            DataType::LargeBinary => f.write_str("large_binary"),
            DataType::BinaryView => f.write_str("binary_view"),
            DataType::FixedSizeBinary(size) => write!(f, "fixed_size_binary[{size}]"),
            DataType::Date32 => f.write_str("date32[day]"),
            DataType::Date64 => f.write_str("date64[ms]"),
            DataType::Time32(unit) => write!(f, "time32[{unit}]"),
            DataType::Time64(unit) => write!(f, "time64[{unit}]"),
            DataType::Timestamp(unit, None) => write!(f, "timestamp[{unit}]"),
            DataType::Timestamp(unit, Some(zone)) => write!(f, "timestamp[{unit}, tz={zone}]"),
            DataType::Duration(unit) => write!(f, "duration[{unit}]"),
            DataType::MonthDayNano => f.write_str("month_day_nano_interval"),
            DataType::Decimal { bits, precision, scale } => write!(f, "decimal{bits}({precision}, {scale})"),
            DataType::Extension(extension) => match (extension.name, &*extension.metadata) {
                (name, "") => write!(f, "extension<{name}>"),
                (name, parameters) => write!(f, "extension<{name}[{parameters}]>"),
            },
            DataType::List(item) => write!(f, "list<{item}>"),
            DataType::LargeList(item) => write!(f, "large_list<{item}>"),
            DataType::ListView(item) => write!(f, "list_view<{item}>"),
            DataType::LargeListView(item) => write!(f, "large_list_view<{item}>"),
            DataType::FixedSizeList(item, size) => write!(f, "fixed_size_list<{item}>[{size}]"),
            DataType::Struct(fields) => {
                f.write_str("struct<")?;
                list(f, fields)?;
                f.write_str(">")
            }
            DataType::Map(entry, is_sorted) => {
                let [key, value] = &**entry;
                let sorted = if *is_sorted { ", keys_sorted" } else { "" };
                write!(f, "map<{}, {}{sorted}>", key.data_type, value.data_type)
            }
            DataType::Dictionary(parts, is_ordered) => {
                let [indices, values] = &**parts;
                write!(f, "dictionary<values={values}, indices={indices}, ordered={}>", *is_ordered as u8)
            }
            DataType::RunEndEncoded(parts) => {
                let [ends, values] = &**parts;
                write!(f, "run_end_encoded<run_ends: {ends}, values: {values}>")
            }
            DataType::Union { is_dense, fields, codes } => {
                write!(f, "{}_union<", if *is_dense { "dense" } else { "sparse" })?;
                for (index, (field, code)) in fields.iter().zip(codes.iter()).enumerate() {
                    write!(f, "{}{field}={code}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str(">")
            }
        }
    }
}
