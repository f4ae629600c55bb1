//! Single arrays for Python: the pickle that pyarrow makes of an array, with every buffer beside it.
//!
//! `pyarrow.lib._restore_array((type, length, null_count, offset, buffers, children, dictionary))`, as `Array.__reduce__` gives it, and
//! `chunked_array(chunks, type)` of those. Buffers are shared and never copied, but for bits of a slice that begins within a byte, and offsets that
//! do not begin at 0. Of a slice only the items travel; but the whole of what views, list views, dense unions, dictionaries and runs point into.
//!
//! What Python's Arrow has no type for is an error.

use super::extension::{Canonical, ExtensionType};
use super::write::Owned;
use crate::error::{Error, ErrorKind, Result};
use crate::fields::unread;
use crate::frame::Frame;
use crate::pickle_ops::{PickleWriter, op};
use crate::writer::Writer;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, RunArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::extension::{EXTENSION_TYPE_METADATA_KEY, EXTENSION_TYPE_NAME_KEY};
use arrow_schema::{DataType, Field, FieldRef, IntervalUnit, TimeUnit, UnionMode};
use bytes::Bytes;
use std::borrow::Cow;
use std::sync::Arc;

const LIB: &str = "pyarrow.lib";

/// What a type of arrow-rs does not say, but a field does.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Whether the order of a dictionary's values means something.
    is_ordered: bool,
    /// How pyarrow makes the extension type.
    extension: Option<Canonical>,
}

impl Said {
    /// Of the whole array: a type that pyarrow does not have is an error.
    fn of_whole(data_type: &DataType, is_ordered: bool, extension: Option<&ExtensionType>) -> Result<Self> {
        let Some(extension) = extension else { return Ok(Said { is_ordered, extension: None }) };
        match Canonical::of(extension, data_type)? {
            made @ Some(_) => Ok(Said { is_ordered, extension: made }),
            None => {
                let text = format!("the extension type {:?} is made by a class of Python's", extension.name());
                let error = Error::new(ErrorKind::Unsupported, text);
                Err(error.with_help(
                    "a column of a table may be of it, and a stream for Rust: `Encoder::reader(Reader::Rust)`",
                ))
            }
        }
    }

    /// Of a part: an extension type that pyarrow does not have stays metadata there.
    fn of(field: &Field) -> Result<Self> {
        let extension = match ExtensionType::of(field) {
            Some(extension) => Canonical::of(&extension, field.data_type())?,
            None => None,
        };
        Ok(Said { is_ordered: is_ordered_field(field), extension })
    }
}

/// Writes one `pyarrow.Array`.
pub(super) fn array(array: &dyn Array, extension: Option<&ExtensionType>, writer: &mut Writer<'_>) -> Result<()> {
    let mut out = Out::new();
    let said = Said::of_whole(array.data_type(), false, extension)?;
    out.array(array, &said)?;
    out.finish(writer)
}

/// Writes a `pyarrow.ChunkedArray`.
pub(super) fn chunked(
    data_type: &DataType,
    is_ordered: bool,
    extension: Option<&ExtensionType>,
    chunks: &[ArrayRef],
    writer: &mut Writer<'_>,
) -> Result<()> {
    let mut out = Out::new();
    let said = Said::of_whole(data_type, is_ordered, extension)?;
    out.call("chunked_array", |out| {
        out.list(chunks, |out, chunk| out.array(chunk, &said))?;
        out.data_type(data_type, &said)
    })?;
    out.finish(writer)
}

/// A pickle as it grows, and the buffers beside it.
struct Out {
    pickle: PickleWriter,
    buffers: Vec<Buffer>,
}

impl Out {
    fn new() -> Self {
        Out { pickle: PickleWriter::new(), buffers: Vec::new() }
    }

    /// The entry, as Dask pickles: the pickle is the first frame, and no buffer may be written to.
    fn finish(self, writer: &mut Writer<'_>) -> Result<()> {
        writer.raw(b"\x82\xaaserializer\xa6pickle\xa9writeable");
        writer.array_len(self.buffers.len())?;
        self.buffers.iter().for_each(|_| writer.raw(b"\xc2"));
        writer.frame(self.pickle.finish());
        for buffer in self.buffers {
            writer.frame(Frame::from(Bytes::from_owner(Owned(buffer))));
        }
        Ok(())
    }

    /// A call of a function of pyarrow.
    fn call(&mut self, function: &str, args: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.pickle.global(LIB, function);
        self.tuple(args)?;
        self.pickle.reduce();
        Ok(())
    }

    fn tuple(&mut self, items: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.pickle.op(op::MARK);
        items(self)?;
        self.pickle.kept(op::TUPLE);
        Ok(())
    }

    fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<()> {
        self.pickle.kept(op::EMPTY_LIST);
        self.pickle.op(op::MARK);
        items.into_iter().try_for_each(|one| item(self, one))?;
        self.pickle.op(op::APPENDS);
        Ok(())
    }

    fn number(&mut self, number: impl TryInto<i64>) -> Result<()> {
        let number = number.try_into().map_err(|_| super::build::too_many())?;
        self.pickle.int(&number.to_le_bytes());
        Ok(())
    }

    fn flag(&mut self, flag: bool) {
        self.pickle.op(if flag { op::NEWTRUE } else { op::NEWFALSE });
    }

    // ----------------------------------------------------------------------------------------------------- arrays

    fn array(&mut self, array: &dyn Array, said: &Said) -> Result<()> {
        self.call("_restore_array", |out| out.tuple(|out| out.parts(array, said)))
    }

    /// The seven parts of an array. Arrays nest as deep as their types.
    fn parts(&mut self, array: &dyn Array, said: &Said) -> Result<()> {
        let Laid { offset, validity, buffers, children, dictionary } = Laid::out(array)?;
        self.data_type(array.data_type(), said)?;
        self.number(array.len())?;
        self.number(array.null_count())?;
        self.number(offset)?;
        self.list(std::iter::once(validity).chain(buffers.into_iter().map(Some)), |out, buffer| {
            match buffer {
                None => out.pickle.op(op::NONE),
                Some(buffer) => out.call("py_buffer", |out| {
                    out.pickle.op(op::NEXT_BUFFER);
                    out.pickle.op(op::READONLY_BUFFER);
                    out.buffers.push(buffer);
                    Ok(())
                })?,
            }
            Ok(())
        })?;
        let fields = fields(array.data_type());
        self.list(children.iter().enumerate(), |out, (index, child)| {
            let said = fields.get(index).map_or_else(|| Ok(Said::default()), |field| Said::of(field))?;
            out.tuple(|out| out.parts(child, &said))
        })?;
        match dictionary {
            None => self.pickle.op(op::NONE),
            Some(values) => self.tuple(|out| out.parts(&values, &Said::default()))?,
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------------------------------ types

    fn data_type(&mut self, data_type: &DataType, said: &Said) -> Result<()> {
        use DataType as T;
        if let Some(extension) = &said.extension {
            return self.extension(extension, data_type, said.is_ordered);
        }
        if let Some(alias) = alias(data_type) {
            return self.call("type_for_alias", |out| {
                out.pickle.text(&alias);
                Ok(())
            });
        }
        match data_type {
            T::Timestamp(of, zone) => self.call("timestamp", |out| {
                out.pickle.text(unit(*of));
                match zone {
                    None => out.pickle.op(op::NONE),
                    Some(zone) => drop(out.pickle.text(zone)),
                }
                Ok(())
            }),
            T::FixedSizeBinary(size) => self.call("binary", |out| out.number(*size)),
            T::Decimal32(digits, scale) => self.decimal("decimal32", *digits, *scale),
            T::Decimal64(digits, scale) => self.decimal("decimal64", *digits, *scale),
            T::Decimal128(digits, scale) => self.decimal("decimal128", *digits, *scale),
            T::Decimal256(digits, scale) => self.decimal("decimal256", *digits, *scale),
            T::List(item) => self.call("list_", |out| out.field(item)),
            T::LargeList(item) => self.call("large_list", |out| out.field(item)),
            T::ListView(item) => self.call("list_view", |out| out.field(item)),
            T::LargeListView(item) => self.call("large_list_view", |out| out.field(item)),
            T::FixedSizeList(item, size) => self.call("list_", |out| {
                out.field(item)?;
                out.number(*size)
            }),
            T::Struct(fields) => self.call("struct", |out| out.list(fields, |out, field| out.field(field))),
            T::Map(entries, is_sorted) => match entries.data_type() {
                T::Struct(pair) if pair.len() == 2 => self.call("map_", |out| {
                    pair.iter().try_for_each(|field| out.field(field))?;
                    out.flag(*is_sorted);
                    Ok(())
                }),
                _ => Err(unwritten(data_type)),
            },
            T::Dictionary(indices, values) => self.call("dictionary", |out| {
                out.data_type(indices, &Said::default())?;
                out.data_type(values, &Said::default())?;
                out.flag(said.is_ordered);
                Ok(())
            }),
            T::RunEndEncoded(ends, values) => self.call("run_end_encoded", |out| {
                out.data_type(ends.data_type(), &Said::default())?;
                out.data_type(values.data_type(), &Said::of(values)?)
            }),
            T::Union(fields, mode) => self.call("union", |out| {
                out.list(fields.iter(), |out, (_, field)| out.field(field))?;
                out.pickle.text(if *mode == UnionMode::Dense { "dense" } else { "sparse" });
                out.list(fields.iter(), |out, (code, _)| out.number(code))
            }),
            other => Err(unwritten(other)),
        }
    }

    /// The function that makes an extension type, by its storage and parameters.
    fn extension(&mut self, extension: &Canonical, storage: &DataType, is_ordered: bool) -> Result<()> {
        let of_storage = Said { is_ordered, extension: None };
        match extension {
            Canonical::Uuid => self.call("uuid", |_| Ok(())),
            Canonical::Bool8 => self.call("bool8", |_| Ok(())),
            Canonical::Json => self.call("json_", |out| out.data_type(storage, &of_storage)),
            Canonical::Opaque { type_name, vendor_name } => self.call("opaque", |out| {
                out.data_type(storage, &of_storage)?;
                out.pickle.text(type_name);
                out.pickle.text(vendor_name);
                Ok(())
            }),
            Canonical::FixedShapeTensor { shape, dim_names, permutation } => self.call("fixed_shape_tensor", |out| {
                let DataType::FixedSizeList(item, _) = storage else { return Err(unwritten(storage)) };
                out.data_type(item.data_type(), &Said::of(item)?)?;
                out.list(shape, |out, dim| out.number(*dim))?;
                match dim_names.is_empty() {
                    true => out.pickle.op(op::NONE),
                    false => out.list(dim_names, |out, name| {
                        out.pickle.text(name);
                        Ok(())
                    })?,
                }
                match permutation.is_empty() {
                    true => out.pickle.op(op::NONE),
                    false => out.list(permutation, |out, axis| out.number(*axis))?,
                }
                Ok(())
            }),
        }
    }

    fn decimal(&mut self, name: &str, digits: u8, scale: i8) -> Result<()> {
        self.call(name, |out| {
            out.number(digits)?;
            out.number(scale)
        })
    }

    /// `field(name, type, nullable, metadata)`; in the order of its keys, because a map has none.
    fn field(&mut self, field: &Field) -> Result<()> {
        self.call("field", |out| {
            let said = Said::of(field)?;
            let mut pairs: Vec<_> = field.metadata().iter().collect();
            if said.extension.is_some() {
                pairs
                    .retain(|(key, _)| ![EXTENSION_TYPE_NAME_KEY, EXTENSION_TYPE_METADATA_KEY].contains(&key.as_str()));
            }
            out.pickle.text(field.name());
            out.data_type(field.data_type(), &said)?;
            out.flag(field.is_nullable());
            if pairs.is_empty() {
                out.pickle.op(op::NONE);
                return Ok(());
            }
            out.pickle.kept(op::EMPTY_DICT);
            out.pickle.op(op::MARK);
            pairs.sort();
            for (key, value) in pairs {
                out.pickle.byte_string(key.as_bytes());
                out.pickle.byte_string(value.as_bytes());
            }
            out.pickle.op(op::SETITEMS);
            Ok(())
        })
    }
}

#[cold]
fn unwritten(data_type: &DataType) -> Error {
    let text = format!("pyarrow does not have the type {data_type} of Arrow");
    Error::new(ErrorKind::Unsupported, text).with_help("a stream for Rust does: `Encoder::reader(Reader::Rust)`")
}

/// Whether the order of a dictionary's values means something.
pub(super) fn is_ordered_field(field: &Field) -> bool {
    field.dict_is_ordered() == Some(true)
}

/// The names by which pyarrow pickles types that have no parts.
fn alias(data_type: &DataType) -> Option<Cow<'static, str>> {
    use DataType as T;
    Some(Cow::Borrowed(match data_type {
        T::Null => "null",
        T::Boolean => "bool",
        T::Int8 => "int8",
        T::Int16 => "int16",
        T::Int32 => "int32",
        T::Int64 => "int64",
        T::UInt8 => "uint8",
        T::UInt16 => "uint16",
        T::UInt32 => "uint32",
        T::UInt64 => "uint64",
        T::Float16 => "halffloat",
        T::Float32 => "float",
        T::Float64 => "double",
        T::Utf8 => "string",
        T::LargeUtf8 => "large_string",
        T::Utf8View => "string_view",
        T::Binary => "binary",
        T::LargeBinary => "large_binary",
        T::BinaryView => "binary_view",
        T::Date32 => "date32[day]",
        T::Date64 => "date64[ms]",
        T::Interval(IntervalUnit::MonthDayNano) => "month_day_nano_interval",
        T::Time32(of) => return Some(format!("time32[{}]", unit(*of)).into()),
        T::Time64(of) => return Some(format!("time64[{}]", unit(*of)).into()),
        T::Duration(of) => return Some(format!("duration[{}]", unit(*of)).into()),
        _ => return None,
    }))
}

fn unit(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// The fields of an array's children.
fn fields(data_type: &DataType) -> Vec<&FieldRef> {
    use DataType as T;
    match data_type {
        T::List(item)
        | T::LargeList(item)
        | T::ListView(item)
        | T::LargeListView(item)
        | T::FixedSizeList(item, _)
        | T::Map(item, _) => vec![item],
        T::Struct(fields) => fields.iter().collect(),
        T::Union(fields, _) => fields.iter().map(|(_, field)| field).collect(),
        T::RunEndEncoded(ends, values) => vec![ends, values],
        _ => Vec::new(),
    }
}

/// An array as Arrow's format lays it out, without what is around a slice.
#[derive(Default)]
struct Laid {
    offset: usize,
    validity: Option<Buffer>,
    /// Those behind the validity.
    buffers: Vec<Buffer>,
    children: Vec<ArrayRef>,
    dictionary: Option<ArrayRef>,
}

impl Laid {
    fn out(array: &dyn Array) -> Result<Laid> {
        use DataType as T;
        let mut laid = Laid {
            validity: array.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| nulls.inner().sliced()),
            ..Laid::default()
        };
        match array.data_type() {
            T::Null => {}
            T::Boolean => laid.buffers.push(array.as_boolean_opt().ok_or_else(unread)?.values().sliced()),
            T::Utf8 => laid.text(array.as_string_opt::<i32>().map(|texts| (texts.offsets(), texts.values())))?,
            T::LargeUtf8 => laid.text(array.as_string_opt::<i64>().map(|texts| (texts.offsets(), texts.values())))?,
            T::Binary => laid.text(array.as_binary_opt::<i32>().map(|texts| (texts.offsets(), texts.values())))?,
            T::LargeBinary => laid.text(array.as_binary_opt::<i64>().map(|texts| (texts.offsets(), texts.values())))?,
            T::Utf8View => {
                let views = array.as_string_view_opt().ok_or_else(unread)?;
                laid.buffers.push(views.views().inner().clone());
                laid.buffers.extend_from_slice(views.data_buffers());
            }
            T::BinaryView => {
                let views = array.as_binary_view_opt().ok_or_else(unread)?;
                laid.buffers.push(views.views().inner().clone());
                laid.buffers.extend_from_slice(views.data_buffers());
            }
            T::List(_) => {
                let lists = array.as_list_opt::<i32>().ok_or_else(unread)?;
                laid.list(lists.offsets(), lists.values())?;
            }
            T::LargeList(_) => {
                let lists = array.as_list_opt::<i64>().ok_or_else(unread)?;
                laid.list(lists.offsets(), lists.values())?;
            }
            T::Map(..) => {
                let map = array.as_map_opt().ok_or_else(unread)?;
                let entries: ArrayRef = Arc::new(map.entries().clone());
                laid.list(map.offsets(), &entries)?;
            }
            T::ListView(_) => {
                let lists = array.as_list_view_opt::<i32>().ok_or_else(unread)?;
                laid.buffers = vec![lists.offsets().inner().clone(), lists.sizes().inner().clone()];
                laid.children.push(lists.values().clone());
            }
            T::LargeListView(_) => {
                let lists = array.as_list_view_opt::<i64>().ok_or_else(unread)?;
                laid.buffers = vec![lists.offsets().inner().clone(), lists.sizes().inner().clone()];
                laid.children.push(lists.values().clone());
            }
            T::FixedSizeList(..) => {
                laid.children.push(array.as_fixed_size_list_opt().ok_or_else(unread)?.values().clone());
            }
            T::Struct(_) => laid.children = array.as_struct_opt().ok_or_else(unread)?.columns().to_vec(),
            T::Union(fields, _) => {
                let union = array.as_union_opt().ok_or_else(unread)?;
                laid.buffers.push(union.type_ids().inner().clone());
                laid.buffers.extend(union.offsets().map(|offsets| offsets.inner().clone()));
                laid.children = fields.iter().map(|(code, _)| union.child(code).clone()).collect();
            }
            T::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt().ok_or_else(unread)?;
                laid.buffers = Laid::plain(dictionary.keys());
                laid.dictionary = Some(dictionary.values().clone());
            }
            T::RunEndEncoded(ends, _) => match ends.data_type() {
                T::Int16 => laid.runs::<Int16Type>(array)?,
                T::Int32 => laid.runs::<Int32Type>(array)?,
                _ => laid.runs::<Int64Type>(array)?,
            },
            _ => laid.buffers = Laid::plain(array),
        }
        Ok(laid)
    }

    /// Items of one width: arrow-rs slices their buffer.
    fn plain(array: &dyn Array) -> Vec<Buffer> {
        array.to_data().buffers().to_vec()
    }

    fn text<O: OffsetSizeTrait>(&mut self, parts: Option<(&OffsetBuffer<O>, &Buffer)>) -> Result<()> {
        let (offsets, values) = parts.ok_or_else(unread)?;
        let (offsets, start, len) = from_zero(offsets)?;
        self.buffers = vec![offsets, values.slice_with_length(start, len)];
        Ok(())
    }

    fn list<O: OffsetSizeTrait>(&mut self, offsets: &OffsetBuffer<O>, values: &ArrayRef) -> Result<()> {
        let (offsets, start, len) = from_zero(offsets)?;
        self.buffers.push(offsets);
        self.children.push(if len == values.len() { values.clone() } else { values.slice(start, len) });
        Ok(())
    }

    /// Runs are not cut: the array says where in them it begins.
    fn runs<R: RunEndIndexType>(&mut self, array: &dyn Array) -> Result<()> {
        let runs = array.as_any().downcast_ref::<RunArray<R>>().ok_or_else(unread)?;
        let ends = runs.run_ends();
        self.offset = ends.offset();
        let ends = arrow_array::PrimitiveArray::<R>::new(ends.inner().clone(), None);
        self.children = vec![Arc::new(ends), runs.values().clone()];
        Ok(())
    }
}

/// Offsets that begin at 0, where those were that they stood for, and how much that is. They were checked when the array was made.
fn from_zero<O: OffsetSizeTrait>(offsets: &OffsetBuffer<O>) -> Result<(Buffer, usize, usize)> {
    let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else { return Err(unread()) };
    let (start, end) = (first.as_usize(), last.as_usize());
    let buffer = match start {
        0 => offsets.inner().inner().clone(),
        _ => Buffer::from_vec(offsets.iter().map(|offset| *offset - first).collect::<Vec<O>>()),
    };
    Ok((buffer, start, end.saturating_sub(start)))
}
