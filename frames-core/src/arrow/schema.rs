//! The schema of a stream: verified flatbuffers to types of arrow-rs.
//!
//! Nothing here may panic or fall back: a unit or width that Arrow does not have is an error.

use super::refused;
use crate::error::{Error, ErrorKind, Result};
use crate::msgpack::Cursor;
use arrow_ipc as ipc;
use arrow_schema::{DataType, Field, FieldRef, IntervalUnit, Schema, TimeUnit, UnionFields, UnionMode};
use std::collections::HashMap;
use std::sync::Arc;

/// What a type of arrow-rs does not say: under which numbers its dictionaries come.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shape {
    pub(super) dictionary: Option<i64>,
    pub(super) children: Vec<Shape>,
    /// List views are looked at item by item wherever they are used.
    has_views: bool,
}

/// The values of the dictionaries of one number.
#[derive(Debug)]
pub(super) struct Dictionary {
    pub(super) values: DataType,
    pub(super) shape: Shape,
}

/// A schema, what is behind each of its fields, and the dictionaries that they name.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) schema: Arc<Schema>,
    pub(super) shapes: Vec<Shape>,
    pub(super) dictionaries: HashMap<i64, Dictionary>,
}

/// Reads a schema; fields may nest as deep as `at` allows.
pub(super) fn read(schema: ipc::Schema<'_>, at: &Cursor<'_>) -> Result<Read> {
    if schema.endianness() != ipc::Endianness::Little {
        return Err(unsupported("data of Arrow in big-endian order"));
    }
    let mut dictionaries = HashMap::new();
    let (mut fields, mut shapes) = (Vec::new(), Vec::new());
    for part in schema.fields().into_iter().flatten() {
        let (made, shape) = field(part, *at, &mut dictionaries)?;
        fields.push(made);
        shapes.push(shape);
    }
    let metadata = metadata(schema.custom_metadata())?;
    Ok(Read { schema: Arc::new(Schema::new_with_metadata(fields, metadata)), shapes, dictionaries })
}

type KeyValues<'a> = Option<flatbuffers::Vector<'a, flatbuffers::ForwardsUOffset<ipc::KeyValue<'a>>>>;

/// arrow-rs keeps metadata in a map, so a key that comes twice with two values would lose one.
fn metadata(pairs: KeyValues<'_>) -> Result<HashMap<String, String>> {
    let mut map = HashMap::new();
    for pair in pairs.into_iter().flatten() {
        let (key, value) = (pair.key().unwrap_or_default(), pair.value().unwrap_or_default());
        if map.insert(key.to_owned(), value.to_owned()).is_some_and(|old| old != value) {
            return Err(unsupported("metadata of Arrow with two values of one key").at_key(key));
        }
    }
    Ok(map)
}

fn field(
    part: ipc::Field<'_>,
    mut at: Cursor<'_>,
    dictionaries: &mut HashMap<i64, Dictionary>,
) -> Result<(FieldRef, Shape)> {
    let name = part.name().unwrap_or_default();
    at.descend()?;
    let made = data_type(part, at, dictionaries).map_err(|error| error.at_field(name.to_owned()));
    let (data_type, shape) = made?;
    let is_ordered = part.dictionary().is_some_and(|dictionary| dictionary.isOrdered());
    let field = Field::new(name, data_type, part.nullable())
        .with_dict_is_ordered(is_ordered)
        .with_metadata(metadata(part.custom_metadata())?);
    Ok((Arc::new(field), shape))
}

fn data_type(
    part: ipc::Field<'_>,
    at: Cursor<'_>,
    dictionaries: &mut HashMap<i64, Dictionary>,
) -> Result<(DataType, Shape)> {
    let (mut fields, mut shape) = (Vec::new(), Shape::default());
    for child in part.children().into_iter().flatten() {
        let (field, child) = field(child, at, dictionaries)?;
        fields.push(field);
        shape.has_views |= child.has_views;
        shape.children.push(child);
    }
    let values = plain(part, fields)?;
    shape.has_views |= matches!(values, DataType::ListView(_) | DataType::LargeListView(_));
    let Some(dictionary) = part.dictionary() else { return Ok((values, shape)) };
    if dictionary.dictionaryKind() != ipc::DictionaryKind::DenseArray {
        return Err(unsupported("a dictionary of Arrow that is no dense array"));
    }
    if shape.has_views {
        return Err(unsupported("a dictionary of list views"));
    }
    let index = dictionary.indexType().map_or(Ok(DataType::Int32), int)?;
    let entry = Dictionary { values: values.clone(), shape: shape.clone() };
    match dictionaries.get(&dictionary.id()) {
        None => drop(dictionaries.insert(dictionary.id(), entry)),
        Some(old) if old.values == entry.values && old.shape == entry.shape => {}
        Some(old) => {
            let (id, first, second) = (dictionary.id(), &old.values, &entry.values);
            return Err(invalid(format!("dictionary {id} is one of {first} and one of {second}")));
        }
    }
    shape.dictionary = Some(dictionary.id());
    Ok((DataType::Dictionary(Box::new(index), Box::new(values)), shape))
}

/// The type of a field, or of the values of its dictionary.
fn plain(part: ipc::Field<'_>, fields: Vec<FieldRef>) -> Result<DataType> {
    let count = fields.len();
    let mut children = fields.into_iter();
    let kind = part.type_type();
    let wanted = match kind {
        ipc::Type::List
        | ipc::Type::LargeList
        | ipc::Type::ListView
        | ipc::Type::LargeListView
        | ipc::Type::FixedSizeList
        | ipc::Type::Map => 1,
        ipc::Type::RunEndEncoded => 2,
        ipc::Type::Struct_ | ipc::Type::Union => count,
        _ => 0,
    };
    if count != wanted {
        return Err(invalid(format!("the type {kind:?} of Arrow has {count} children and not {wanted}")));
    }
    let mut child = || children.next().ok_or_else(|| invalid(format!("the type {kind:?} of Arrow lacks a child")));
    Ok(match kind {
        ipc::Type::Null => DataType::Null,
        ipc::Type::Bool => DataType::Boolean,
        ipc::Type::Int => int(need(part.type_as_int(), kind)?)?,
        ipc::Type::FloatingPoint => match need(part.type_as_floating_point(), kind)?.precision() {
            ipc::Precision::HALF => DataType::Float16,
            ipc::Precision::SINGLE => DataType::Float32,
            ipc::Precision::DOUBLE => DataType::Float64,
            other => return Err(invalid(format!("floats of Arrow of the precision {other:?}"))),
        },
        ipc::Type::Binary => DataType::Binary,
        ipc::Type::LargeBinary => DataType::LargeBinary,
        ipc::Type::BinaryView => DataType::BinaryView,
        ipc::Type::Utf8 => DataType::Utf8,
        ipc::Type::LargeUtf8 => DataType::LargeUtf8,
        ipc::Type::Utf8View => DataType::Utf8View,
        ipc::Type::FixedSizeBinary => {
            DataType::FixedSizeBinary(size(need(part.type_as_fixed_size_binary(), kind)?.byteWidth())?)
        }
        ipc::Type::Date => match need(part.type_as_date(), kind)?.unit() {
            ipc::DateUnit::DAY => DataType::Date32,
            ipc::DateUnit::MILLISECOND => DataType::Date64,
            other => return Err(invalid(format!("dates of Arrow in the unit {other:?}"))),
        },
        ipc::Type::Time => {
            let time = need(part.type_as_time(), kind)?;
            match (time.bitWidth(), unit(time.unit())?) {
                (32, unit @ (TimeUnit::Second | TimeUnit::Millisecond)) => DataType::Time32(unit),
                (64, unit @ (TimeUnit::Microsecond | TimeUnit::Nanosecond)) => DataType::Time64(unit),
                (bits, unit) => return Err(invalid(format!("times of Arrow in {unit:?} of {bits} bits"))),
            }
        }
        ipc::Type::Timestamp => {
            let timestamp = need(part.type_as_timestamp(), kind)?;
            DataType::Timestamp(unit(timestamp.unit())?, timestamp.timezone().map(Arc::from))
        }
        ipc::Type::Duration => DataType::Duration(unit(need(part.type_as_duration(), kind)?.unit())?),
        ipc::Type::Interval => DataType::Interval(match need(part.type_as_interval(), kind)?.unit() {
            ipc::IntervalUnit::YEAR_MONTH => IntervalUnit::YearMonth,
            ipc::IntervalUnit::DAY_TIME => IntervalUnit::DayTime,
            ipc::IntervalUnit::MONTH_DAY_NANO => IntervalUnit::MonthDayNano,
            other => return Err(invalid(format!("intervals of Arrow in the unit {other:?}"))),
        }),
        ipc::Type::Decimal => {
            let decimal = need(part.type_as_decimal(), kind)?;
            self::decimal(decimal.bitWidth(), decimal.precision(), decimal.scale())?
        }
        ipc::Type::List => DataType::List(child()?),
        ipc::Type::LargeList => DataType::LargeList(child()?),
        ipc::Type::ListView => DataType::ListView(child()?),
        ipc::Type::LargeListView => DataType::LargeListView(child()?),
        ipc::Type::FixedSizeList => {
            let list = need(part.type_as_fixed_size_list(), kind)?;
            DataType::FixedSizeList(child()?, size(list.listSize())?)
        }
        ipc::Type::Struct_ => DataType::Struct(children.collect()),
        ipc::Type::Map => {
            let is_sorted = need(part.type_as_map(), kind)?.keysSorted();
            map(child()?, is_sorted)?
        }
        ipc::Type::RunEndEncoded => {
            let ends = child()?;
            if !ends.data_type().is_run_ends_type() || ends.is_nullable() {
                return Err(invalid("the ends of runs of Arrow are no integers, or may be null"));
            }
            DataType::RunEndEncoded(ends, child()?)
        }
        ipc::Type::Union => {
            let union = need(part.type_as_union(), kind)?;
            let mode = match union.mode() {
                ipc::UnionMode::Sparse => UnionMode::Sparse,
                ipc::UnionMode::Dense => UnionMode::Dense,
                other => return Err(invalid(format!("a union of Arrow of the mode {other:?}"))),
            };
            DataType::Union(union_fields(union.typeIds(), children.collect())?, mode)
        }
        other => return Err(unsupported(format!("the type {other:?} of Arrow"))),
    })
}

fn union_fields(codes: Option<flatbuffers::Vector<'_, i32>>, fields: Vec<FieldRef>) -> Result<UnionFields> {
    let codes: Vec<i8> = match codes {
        None => (0..=i8::MAX).take(fields.len()).collect(),
        Some(codes) => {
            let code = |code| i8::try_from(code).map_err(|_| invalid(format!("{code} is no code of a union")));
            codes.iter().map(code).collect::<Result<_>>()?
        }
    };
    if codes.len() != fields.len() {
        return Err(invalid(format!("a union of Arrow has {} codes of {} fields", codes.len(), fields.len())));
    }
    if fields.is_empty() {
        // arrow-rs takes a first one for granted, where it makes an array of none.
        return Err(unsupported("a union of Arrow of no fields"));
    }
    UnionFields::try_new(codes, fields).map_err(refused)
}

fn map(entries: FieldRef, is_sorted: bool) -> Result<DataType> {
    match entries.data_type() {
        DataType::Struct(pair) if pair.len() == 2 => Ok(DataType::Map(entries, is_sorted)),
        other => Err(invalid(format!("the entries of a map of Arrow are {other} and no pairs"))),
    }
}

fn decimal(bits: i32, precision: i32, scale: i32) -> Result<DataType> {
    let misfit = || invalid(format!("decimals of Arrow of {bits} bits, {precision} digits and the scale {scale}"));
    let most = match bits {
        32 => 9,
        64 => 18,
        128 => 38,
        256 => 76,
        _ => return Err(misfit()),
    };
    let (Ok(digits), Ok(scale)) = (u8::try_from(precision), i8::try_from(scale)) else { return Err(misfit()) };
    if !(1..=most).contains(&digits) {
        return Err(misfit());
    }
    Ok(match bits {
        32 => DataType::Decimal32(digits, scale),
        64 => DataType::Decimal64(digits, scale),
        128 => DataType::Decimal128(digits, scale),
        _ => DataType::Decimal256(digits, scale),
    })
}

fn int(int: ipc::Int<'_>) -> Result<DataType> {
    Ok(match (int.bitWidth(), int.is_signed()) {
        (8, true) => DataType::Int8,
        (16, true) => DataType::Int16,
        (32, true) => DataType::Int32,
        (64, true) => DataType::Int64,
        (8, false) => DataType::UInt8,
        (16, false) => DataType::UInt16,
        (32, false) => DataType::UInt32,
        (64, false) => DataType::UInt64,
        (bits, _) => return Err(invalid(format!("integers of Arrow of {bits} bits"))),
    })
}

fn unit(unit: ipc::TimeUnit) -> Result<TimeUnit> {
    match unit {
        ipc::TimeUnit::SECOND => Ok(TimeUnit::Second),
        ipc::TimeUnit::MILLISECOND => Ok(TimeUnit::Millisecond),
        ipc::TimeUnit::MICROSECOND => Ok(TimeUnit::Microsecond),
        ipc::TimeUnit::NANOSECOND => Ok(TimeUnit::Nanosecond),
        other => Err(invalid(format!("times of Arrow in the unit {other:?}"))),
    }
}

fn size(size: i32) -> Result<i32> {
    if size >= 0 { Ok(size) } else { Err(invalid(format!("{size} is no size in a type of Arrow"))) }
}

/// The table behind a type, without which the type says nothing.
fn need<T>(table: Option<T>, kind: ipc::Type) -> Result<T> {
    table.ok_or_else(|| invalid(format!("a field of the type {kind:?} of Arrow without its description")))
}

#[cold]
pub(super) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::invalid(message)
}

#[cold]
pub(super) fn unsupported(message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{message} is not read here"))
}
