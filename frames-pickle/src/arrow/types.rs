//! Types and schemas of pyarrow as those of arrow-rs.

use super::refused;
use crate::look::{invalid, unsupported};
use crate::pyarrow::{self, TimeUnit};
use arrow_schema::{DataType, Field, FieldRef, IntervalUnit, Schema, UnionFields, UnionMode};
use frames_core::Result;
use frames_core::arrow::ExtensionType;
use std::collections::HashMap;
use std::sync::Arc;

pub(super) fn schema(schema: &pyarrow::Schema) -> Result<Arc<Schema>> {
    let fields = schema.fields.iter().map(field).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Schema::new_with_metadata(fields, metadata(&schema.metadata)?)))
}

pub(super) fn field(field: &pyarrow::Field) -> Result<FieldRef> {
    let made = data_type(field.data_type.storage()).map_err(|e| e.at_field(field.name.to_string()))?;
    let made = Field::new(&*field.name, made, field.is_nullable).with_metadata(metadata(&field.metadata)?);
    said(made, &field.data_type).map(Arc::new)
}

/// The field with what a type of arrow-rs does not say of `data_type`.
fn said(field: Field, data_type: &pyarrow::DataType) -> Result<Field> {
    let field = field.with_dict_is_ordered(is_ordered(data_type));
    match extension(data_type) {
        Some(_) if field.extension_type_name().is_some() => {
            Err(unsupported("a field of an extension type whose metadata names one, too,"))
        }
        Some(extension) => Ok(extension.mark(field)),
        None => Ok(field),
    }
}

/// Whether the order of a dictionary's values means something. One in an extension type has no place to say so.
pub(super) fn is_ordered(data_type: &pyarrow::DataType) -> bool {
    matches!(data_type.storage(), pyarrow::DataType::Dictionary(_, true))
}

/// The extension type as fields have it.
pub(super) fn extension(data_type: &pyarrow::DataType) -> Option<ExtensionType> {
    match data_type {
        pyarrow::DataType::Extension(of) => Some(ExtensionType::new(of.name, &*of.metadata)),
        _ => None,
    }
}

/// arrow-rs has text in a map, pyarrow bytes in a list.
fn metadata(pairs: &pyarrow::Metadata) -> Result<HashMap<String, String>> {
    let mut map = HashMap::new();
    for (key, value) in pairs {
        let (Ok(key), Ok(value)) = (std::str::from_utf8(key), std::str::from_utf8(value)) else {
            return Err(unsupported("metadata of Arrow that is no text, which arrow-rs does not keep"));
        };
        if map.insert(key.to_owned(), value.to_owned()).is_some_and(|old| old != value) {
            return Err(
                unsupported("metadata of Arrow with two values of one key, of which arrow-rs keeps one").at_key(key)
            );
        }
    }
    Ok(map)
}

fn unit(unit: TimeUnit) -> arrow_schema::TimeUnit {
    match unit {
        TimeUnit::Second => arrow_schema::TimeUnit::Second,
        TimeUnit::Millisecond => arrow_schema::TimeUnit::Millisecond,
        TimeUnit::Microsecond => arrow_schema::TimeUnit::Microsecond,
        TimeUnit::Nanosecond => arrow_schema::TimeUnit::Nanosecond,
    }
}

/// Types nest as deep as they were allowed to when they were read.
pub(super) fn data_type(data_type: &pyarrow::DataType) -> Result<DataType> {
    use pyarrow::DataType as P;
    let size = |size: u32| i32::try_from(size).map_err(|_| invalid(format!("{size} is no size in a type of Arrow")));
    Ok(match data_type {
        P::Null => DataType::Null,
        P::Bool => DataType::Boolean,
        P::Int8 => DataType::Int8,
        P::Int16 => DataType::Int16,
        P::Int32 => DataType::Int32,
        P::Int64 => DataType::Int64,
        P::UInt8 => DataType::UInt8,
        P::UInt16 => DataType::UInt16,
        P::UInt32 => DataType::UInt32,
        P::UInt64 => DataType::UInt64,
        P::Float16 => DataType::Float16,
        P::Float32 => DataType::Float32,
        P::Float64 => DataType::Float64,
        P::Utf8 => DataType::Utf8,
        P::LargeUtf8 => DataType::LargeUtf8,
        P::Utf8View => DataType::Utf8View,
        P::Binary => DataType::Binary,
        P::LargeBinary => DataType::LargeBinary,
        P::BinaryView => DataType::BinaryView,
        P::FixedSizeBinary(bytes) => DataType::FixedSizeBinary(size(*bytes)?),
        P::Date32 => DataType::Date32,
        P::Date64 => DataType::Date64,
        P::Time32(of) => DataType::Time32(unit(*of)),
        P::Time64(of) => DataType::Time64(unit(*of)),
        P::Timestamp(of, zone) => DataType::Timestamp(unit(*of), zone.clone()),
        P::Duration(of) => DataType::Duration(unit(*of)),
        P::MonthDayNano => DataType::Interval(IntervalUnit::MonthDayNano),
        P::Decimal { bits, precision, scale } => decimal(*bits, *precision, *scale)?,
        P::List(item) => DataType::List(field(item)?),
        P::LargeList(item) => DataType::LargeList(field(item)?),
        P::ListView(item) => DataType::ListView(field(item)?),
        P::LargeListView(item) => DataType::LargeListView(field(item)?),
        P::FixedSizeList(item, items) => DataType::FixedSizeList(field(item)?, size(*items)?),
        P::Struct(fields) => DataType::Struct(fields.iter().map(field).collect::<Result<_>>()?),
        P::Map(entry, is_sorted) => {
            let [key, value] = &**entry;
            // Keys are never null, whatever the field says.
            let key = Arc::new(field(key)?.as_ref().clone().with_nullable(false));
            let pair = DataType::Struct(vec![key, field(value)?].into());
            DataType::Map(Arc::new(Field::new("entries", pair, false)), *is_sorted)
        }
        P::Dictionary(parts, _) => {
            let [indices, values] = &**parts;
            let indices = self::data_type(indices)?;
            if !indices.is_dictionary_key_type() {
                return Err(invalid(format!("a dictionary of Arrow has indices of {indices}")));
            }
            if matches!(values, P::Dictionary(_, true)) {
                return Err(unsupported("a dictionary of ordered dictionaries, whose order arrow-rs does not keep,"));
            }
            DataType::Dictionary(Box::new(indices), Box::new(self::data_type(values)?))
        }
        P::RunEndEncoded(parts) => {
            let [ends, values] = &**parts;
            let ends = self::data_type(ends)?;
            if !ends.is_run_ends_type() {
                return Err(invalid(format!("runs of Arrow end at {ends}")));
            }
            let values = said(Field::new("values", self::data_type(values.storage())?, true), values)?;
            DataType::RunEndEncoded(Arc::new(Field::new("run_ends", ends, false)), Arc::new(values))
        }
        // Where there is a field, that says it.
        P::Extension(of) => {
            return Err(unsupported(format!("the extension type {} where arrow-rs keeps none", of.name)));
        }
        P::Union { is_dense, fields, codes } => {
            let fields = fields.iter().map(field).collect::<Result<Vec<_>>>()?;
            if fields.is_empty() {
                // arrow-rs takes a first one for granted, where it makes an array of none.
                return Err(unsupported("a union of Arrow of no fields"));
            }
            let fields = UnionFields::try_new(codes.iter().copied(), fields).map_err(refused)?;
            DataType::Union(fields, if *is_dense { UnionMode::Dense } else { UnionMode::Sparse })
        }
    })
}

fn decimal(bits: u16, digits: u8, scale: i32) -> Result<DataType> {
    let misfit = || invalid(format!("decimals of Arrow of {bits} bits, {digits} digits and the scale {scale}"));
    let scale = i8::try_from(scale).map_err(|_| misfit())?;
    Ok(match (bits, digits) {
        (32, 1..=9) => DataType::Decimal32(digits, scale),
        (64, 1..=18) => DataType::Decimal64(digits, scale),
        (128, 1..=38) => DataType::Decimal128(digits, scale),
        (256, 1..=76) => DataType::Decimal256(digits, scale),
        _ => return Err(misfit()),
    })
}
