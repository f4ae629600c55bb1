//! Columns and indexes of pandas as arrays of arrow-rs, with what pandas calls their types.
//!
//! Numbers and times that lie one behind the other keep their memory; a time that lacks (NaT) is null, a float that lacks (NaN) stays NaN.

use super::array::{Arrays, size};
use super::refused;
use crate::graph::Graph;
use crate::look::{invalid, short, unsupported};
use crate::node::Node;
use crate::numpy::ObjectArray;
use crate::pandas::{Index, Values, int_at, zone_name};
use crate::pyarrow;
use crate::value::Value;
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, LargeStringBuilder, StringBuilder,
};
use arrow_array::{Array, ArrayRef, Int64Array, NullArray, make_array};
use arrow_buffer::{BooleanBuffer, Buffer};
use arrow_schema::{DataType, TimeUnit};
use frames_core::arrow::Parts;
use frames_core::{ByteOrder, Error, ErrorKind, NdArray, Result};
use std::sync::Arc;

/// What is copied may be so many times what is there, or so much in any case: views repeat items, and a pickle names one text often.
const EXPANSION: usize = 64;
const FREE: usize = 16 << 20;

/// A column, or a level of an index.
pub(super) struct Column {
    /// In chunks, if pandas has them so.
    pub(super) chunks: Vec<ArrayRef>,
    pub(super) data_type: DataType,
    pub(super) is_ordered: bool,
    /// What pyarrow and pandas call the type.
    pub(super) pandas_type: String,
    pub(super) numpy_type: String,
    /// JSON.
    pub(super) metadata: Option<String>,
}

impl Column {
    fn new(array: ArrayRef, pandas_type: &str, numpy_type: impl Into<String>) -> Self {
        Column {
            data_type: array.data_type().clone(),
            chunks: vec![array],
            is_ordered: false,
            pandas_type: pandas_type.into(),
            numpy_type: numpy_type.into(),
            metadata: None,
        }
    }

    /// All chunks in one, which is a copy where there are several.
    fn into_one(self) -> Result<ArrayRef> {
        match &self.chunks[..] {
            [] => Ok(arrow_array::new_empty_array(&self.data_type)),
            [one] => Ok(one.clone()),
            many => {
                let many: Vec<&dyn Array> = many.iter().map(|chunk| &**chunk).collect();
                arrow_select::concat::concat(&many).map_err(refused)
            }
        }
    }
}

/// Reads the columns of one value, which share the budget for buffers that are named often.
pub(super) struct Columns<'g> {
    pub(super) graph: &'g Graph<'g>,
    pub(super) arrays: Arrays,
}

impl Columns<'_> {
    pub(super) fn column(&mut self, values: &Values) -> Result<Column> {
        match values {
            Values::Plain(array) => plain(array, None),
            Values::Masked { data, mask } => masked(data, mask),
            Values::Objects(objects) => self.objects(objects),
            Values::Arrow(array) => {
                let numpy_type = match &array.data_type {
                    // Texts of pandas 3. Those of its older `string` cannot be told from them here.
                    pyarrow::DataType::Utf8 | pyarrow::DataType::LargeUtf8 => "str".to_owned(),
                    // pandas cannot read its own names of types with parts or digits, so they come back as objects.
                    other if other.to_string().contains(['<', '(']) => "object".to_owned(),
                    other => format!("{other}[pyarrow]"),
                };
                let data_type = super::types::data_type(&array.data_type)?;
                let chunks = self.arrays.chunks(array)?;
                let (is_ordered, metadata) = (matches!(array.data_type, pyarrow::DataType::Dictionary(_, true)), None);
                Ok(Column { chunks, data_type, is_ordered, pandas_type: "object".into(), numpy_type, metadata })
            }
            Values::Categorical { codes, categories, is_ordered } => {
                let values = self.index(categories)?.into_one()?;
                let made = codes_of(codes, &values)?;
                let (kind, count) = (codes.dtype().itemsize() * 8, values.len());
                let metadata = format!("{{\"num_categories\": {count}, \"ordered\": {is_ordered}}}");
                let column = Column::new(made, "categorical", format!("int{kind}"));
                Ok(Column { is_ordered: *is_ordered, metadata: Some(metadata), ..column })
            }
            Values::DatetimeTz { data, zone } => {
                let Some(zone) = zone_name(self.graph, *zone) else {
                    return Err(unsupported("a time zone that has no name in Arrow"));
                };
                let mut metadata = String::from("{\"timezone\": ");
                super::json::text(&mut metadata, &zone);
                metadata.push('}');
                let column = plain(data, Some(zone.into()))?;
                Ok(Column { pandas_type: "datetimetz".into(), metadata: Some(metadata), ..column })
            }
            Values::Period { frequency, .. } => {
                Err(unsupported(format!("spans of time ({frequency}) are no type of Arrow"))
                    .with_help("`column.dt.to_timestamp()` in pandas makes times of them"))
            }
            Values::Other { class, .. } => Err(unsupported(format!("values of the class {class} are not known here"))),
        }
    }

    /// The labels of an index of one level.
    pub(super) fn index(&mut self, index: &Index) -> Result<Column> {
        match index {
            Index::Values { values, .. } => self.column(values),
            Index::Range { start, step, .. } => {
                let count = size(index.len().unwrap_or(0))?;
                if count > FREE / 8 {
                    return Err(Error::new(ErrorKind::Limit, format!("{count} labels of a RangeIndex as an array")));
                }
                let labels = (0..count).map(|at| i64::try_from(i128::from(*start) + i128::from(*step) * at as i128));
                let labels = labels.collect::<Result<Vec<_>, _>>().map_err(refused)?;
                Ok(Column::new(Arc::new(Int64Array::from(labels)), "int64", "int64"))
            }
            Index::Multi { .. } => Err(unsupported("an index of several levels where one has one")),
            Index::Interval { .. } => Err(unsupported("intervals are no type of Arrow")),
            Index::Other { class, .. } => Err(unsupported(format!("an index of the class {class} is not known here"))),
        }
    }

    /// A level of an index of several: a copy, a label for each row.
    pub(super) fn level(&mut self, level: &Index, codes: &NdArray) -> Result<Column> {
        let column = self.index(level)?;
        let (pandas_type, numpy_type) = (column.pandas_type.clone(), column.numpy_type.clone());
        let (is_ordered, metadata) = (column.is_ordered, column.metadata.clone());
        let labels = column.into_one()?;
        let &[len] = codes.shape() else { return Err(invalid("the codes of an index have not one dimension")) };
        check_expansion(len, codes.dtype().itemsize(), codes)?;
        let codes: Int64Array = (0..len).map(|at| int_at(codes, at).filter(|code| *code >= 0)).collect();
        check_labels(&labels, &codes)?;
        let made = arrow_select::take::take(&labels, &codes, None).map_err(refused)?;
        Ok(Column { is_ordered, metadata, ..Column::new(made, &pandas_type, numpy_type) })
    }

    /// Objects that are all text, or all of another class that Arrow has.
    fn objects(&self, objects: &ObjectArray) -> Result<Column> {
        let &[len] = objects.shape() else { return Err(invalid("a column has not one dimension")) };
        let graph = self.graph;
        let values = || objects.values(graph).filter(move |value| !is_missing(graph, *value));
        let nodes = || objects.values(graph).map(move |value| (!is_missing(graph, value)).then(|| graph.node(value)));
        let Some(first) = values().next() else {
            return Ok(Column::new(Arc::new(NullArray::new(size(len)?)), "empty", "object"));
        };
        let mixed = |value: Value| {
            let (wanted, found) = (graph.name_of(first), graph.name_of(value));
            unsupported(format!("a column of objects has {wanted} and {found} in it, which no type of Arrow holds"))
        };
        let bytes = values().fold(0usize, |sum, value| {
            sum.saturating_add(match graph.node(value) {
                Node::Str(text) => text.as_wtf8().len(),
                Node::Bytes(bytes) => bytes.len(),
                _ => 0,
            })
        });
        if bytes > graph.weight().saturating_mul(EXPANSION).saturating_add(FREE) {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("a column names its objects so often that they are {bytes} bytes"),
            ));
        }
        macro_rules! all {
            ($builder:expr, $pattern:pat => $item:expr) => {{
                let mut builder = $builder;
                for (node, value) in nodes().zip(objects.values(graph)) {
                    match node {
                        None => builder.append_null(),
                        Some($pattern) => match $item {
                            Some(item) => builder.append_value(item),
                            None => return Err(mixed(value)),
                        },
                        Some(_) => return Err(mixed(value)),
                    }
                }
                Arc::new(builder.finish()) as ArrayRef
            }};
        }
        let (array, pandas_type) = match graph.node(first) {
            Node::Str(_) if i32::try_from(bytes).is_ok() => {
                (all!(StringBuilder::new(), Node::Str(text) => text.as_str()), "unicode")
            }
            Node::Str(_) => (all!(LargeStringBuilder::new(), Node::Str(text) => text.as_str()), "unicode"),
            Node::Bytes(_) if i32::try_from(bytes).is_ok() => {
                (all!(BinaryBuilder::new(), Node::Bytes(bytes) => Some(bytes)), "bytes")
            }
            Node::Bool(_) => (all!(BooleanBuilder::new(), Node::Bool(value) => Some(value)), "bool"),
            Node::Int(_) => (all!(Int64Builder::new(), Node::Int(number) => number.to_i64()), "int64"),
            Node::Float(_) => (all!(Float64Builder::new(), Node::Float(number) => Some(number)), "float64"),
            _ => {
                let name = graph.name_of(first);
                return Err(unsupported(format!("a column of Python objects ({name}) is no column of Arrow")));
            }
        };
        Ok(Column::new(array, pandas_type, "object"))
    }
}

/// None, NaN, `pandas.NA` and `NaT`.
fn is_missing(graph: &Graph<'_>, value: Value) -> bool {
    match graph.node(value) {
        Node::None => true,
        Node::Float(number) => number.is_nan(),
        Node::Global(_) => matches!(graph.global_path(value), Some(("pandas._libs.missing" | "pandas", "NA"))),
        Node::Object(_) => {
            graph.class_path(value) == Some(("pandas._libs.tslibs.nattype", "_nat_unpickle"))
                || matches!(graph.class_path(value), Some(("pandas._libs.missing", "NAType" | "_NA")))
        }
        _ => false,
    }
}

/// Numbers and times of numpy.
fn plain(array: &NdArray, zone: Option<Arc<str>>) -> Result<Column> {
    let dtype = array.dtype();
    let name = |kind: &str| format!("{kind}{}", dtype.itemsize() * 8);
    let (data_type, pandas_type, numpy_type) = match (dtype.kind(), dtype.itemsize(), dtype.time_unit()) {
        ('b', 1, _) => (DataType::Boolean, "bool".to_owned(), "bool".to_owned()),
        ('i', 1, _) => (DataType::Int8, name("int"), name("int")),
        ('i', 2, _) => (DataType::Int16, name("int"), name("int")),
        ('i', 4, _) => (DataType::Int32, name("int"), name("int")),
        ('i', 8, _) => (DataType::Int64, name("int"), name("int")),
        ('u', 1, _) => (DataType::UInt8, name("uint"), name("uint")),
        ('u', 2, _) => (DataType::UInt16, name("uint"), name("uint")),
        ('u', 4, _) => (DataType::UInt32, name("uint"), name("uint")),
        ('u', 8, _) => (DataType::UInt64, name("uint"), name("uint")),
        ('f', 2, _) => (DataType::Float16, name("float"), name("float")),
        ('f', 4, _) => (DataType::Float32, name("float"), name("float")),
        ('f', 8, _) => (DataType::Float64, name("float"), name("float")),
        ('M', 8, Some((unit, 1))) => {
            (DataType::Timestamp(time_unit(unit)?, zone), "datetime".to_owned(), format!("datetime64[{unit}]"))
        }
        ('m', 8, Some((unit, 1))) => {
            (DataType::Duration(time_unit(unit)?), "object".to_owned(), format!("timedelta64[{unit}]"))
        }
        _ => return Err(unsupported(format!("a column of {} is no column of Arrow", short(dtype)))),
    };
    let (buffer, len) = items(array)?;
    let is_time = matches!(data_type, DataType::Timestamp(..) | DataType::Duration(_));
    let validity = if is_time { times(&buffer) } else { None };
    let buffer = if data_type == DataType::Boolean { bits(&buffer, true) } else { buffer };
    let parts = Parts { data_type, len, offset: 0, validity, buffers: vec![buffer], children: Vec::new() };
    Ok(Column::new(make_array(parts.build()?), &pandas_type, numpy_type))
}

fn time_unit(name: &str) -> Result<TimeUnit> {
    match name {
        "s" => Ok(TimeUnit::Second),
        "ms" => Ok(TimeUnit::Millisecond),
        "us" => Ok(TimeUnit::Microsecond),
        "ns" => Ok(TimeUnit::Nanosecond),
        _ => Err(unsupported(format!("times in the unit {name}; Arrow has s, ms, us and ns"))),
    }
}

/// The validity of times, of which the lowest is NaT.
fn times(buffer: &Buffer) -> Option<Buffer> {
    const NAT: [u8; 8] = i64::MIN.to_ne_bytes();
    let mut items = buffer.chunks_exact(8);
    if items.all(|item| item != NAT) {
        return None;
    }
    Some(buffer.chunks_exact(8).map(|item| item != NAT).collect::<BooleanBuffer>().into_inner())
}

/// The bits of bools of a byte each; of a mask the others.
fn bits(bytes: &[u8], of: bool) -> Buffer {
    BooleanBuffer::collect_bool(bytes.len(), |at| bytes.get(at).is_some_and(|byte| (*byte != 0) == of)).into_inner()
}

/// Numbers or bools of pandas of which some may lack.
fn masked(data: &NdArray, mask: &NdArray) -> Result<Column> {
    let column = plain(data, None)?;
    let numpy_type = match data.dtype().kind() {
        'b' => "boolean".to_owned(),
        'u' => column.numpy_type.replace("uint", "UInt"),
        'i' => column.numpy_type.replace("int", "Int"),
        _ => column.numpy_type.replace("float", "Float"),
    };
    let [array] = &column.chunks[..] else { return Err(invalid("a column without its array")) };
    let (mask, len) = items(mask)?;
    if len != array.len() {
        return Err(invalid("a mask is not as long as its column"));
    }
    let data = array.to_data();
    let (data_type, buffers) = (data.data_type().clone(), data.buffers().to_vec());
    let parts = Parts {
        data_type,
        len,
        offset: data.offset(),
        validity: Some(bits(&mask, false)),
        buffers,
        children: Vec::new(),
    };
    Ok(Column::new(make_array(parts.build()?), &column.pandas_type, numpy_type))
}

/// A dictionary array of codes, of which -1 is null.
fn codes_of(codes: &NdArray, values: &ArrayRef) -> Result<ArrayRef> {
    let column = plain(codes, None)?;
    let key = match column.data_type {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => column.data_type.clone(),
        other => return Err(invalid(format!("codes of categories are {other}"))),
    };
    let keys = column.into_one()?.to_data();
    let len = keys.len();
    let is_there = |at: usize| u64::try_from(at).ok().and_then(|at| int_at(codes, at)).is_some_and(|code| code >= 0);
    let validity = BooleanBuffer::collect_bool(len, is_there);
    let validity = (validity.count_set_bits() < len).then(|| validity.into_inner());
    let data_type = DataType::Dictionary(Box::new(key), Box::new(values.data_type().clone()));
    let (buffers, children) = (keys.buffers().to_vec(), vec![values.to_data()]);
    Ok(make_array(Parts { data_type, len, offset: keys.offset(), validity, buffers, children }.build()?))
}

/// The items of an array of one dimension, one behind the other in this machine's byte order: its own memory, if it is that.
fn items(array: &NdArray) -> Result<(Buffer, usize)> {
    let (&[len], &[stride], width) = (array.shape(), array.strides(), array.dtype().itemsize()) else {
        return Err(invalid("a column has not one dimension"));
    };
    check_expansion(len, width, array)?;
    let len = size(len)?;
    let bytes = len.checked_mul(width).ok_or_else(|| invalid("an array that is larger than any memory"))?;
    let is_native = array.dtype().is_native();
    if is_native && (len <= 1 || i64::try_from(width) == Ok(stride)) {
        return Ok((Buffer::from(array.frame().slice(..bytes)?.into_bytes()), len));
    }
    let all = array.as_bytes();
    let stride = usize::try_from(stride).map_err(|_| invalid("an array that runs backwards"))?;
    let mut out = Vec::with_capacity(bytes);
    for at in 0..len {
        let start = at.checked_mul(stride);
        let item = start.and_then(|start| all.get(start..start.checked_add(width)?));
        let item = item.ok_or_else(|| invalid("an array leaves its buffer"))?;
        match is_native || array.dtype().byteorder() == ByteOrder::NotApplicable {
            true => out.extend_from_slice(item),
            false => out.extend(item.iter().rev()),
        }
    }
    Ok((Buffer::from(out), len))
}

/// An error if a view repeats so few bytes so often.
fn check_expansion(len: u64, width: usize, array: &NdArray) -> Result<()> {
    let wanted = len.saturating_mul(width as u64);
    let most = array.as_bytes().len().saturating_mul(EXPANSION).saturating_add(FREE);
    if wanted <= most as u64 {
        return Ok(());
    }
    let text = format!("an array repeats its {} bytes until they are {wanted}", array.as_bytes().len());
    Err(Error::new(ErrorKind::Limit, text))
}

/// An error if labels that are taken often become too large.
fn check_labels(labels: &ArrayRef, codes: &Int64Array) -> Result<()> {
    use arrow_array::cast::AsArray;
    let length = |at: usize| match labels.data_type() {
        DataType::Utf8 => labels.as_string::<i32>().value(at).len(),
        DataType::LargeUtf8 => labels.as_string::<i64>().value(at).len(),
        DataType::Binary => labels.as_binary::<i32>().value(at).len(),
        DataType::LargeBinary => labels.as_binary::<i64>().value(at).len(),
        _ => 16,
    };
    if labels.data_type().is_nested() {
        return Err(unsupported("labels of an index that are lists or structs"));
    }
    let mut bytes = 0usize;
    for code in codes.iter().flatten() {
        let at = usize::try_from(code).ok().filter(|at| *at < labels.len());
        bytes = bytes.saturating_add(length(at.ok_or_else(|| invalid("a code of an index is of no label"))?));
    }
    let paid = labels.get_buffer_memory_size().saturating_add(codes.len());
    if bytes > paid.saturating_mul(EXPANSION).saturating_add(FREE) {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("the labels of an index repeat until they are {bytes} bytes"),
        ));
    }
    Ok(())
}
