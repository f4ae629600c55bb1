//! Frames of pandas and tables of Arrow: columns over the same buffers, with the index beside them.

use super::{Builder, Named};
use crate::budget::VALUE;
use crate::node::Node;
use crate::pandas::{DataFrame, Index, Label, Series, Values, zone_name};
use crate::pyarrow::{ArrowArray, ChunkedArray, DataType, RecordBatch, Schema, Table};
use crate::value::Value;
use frames_core::{DType, Dynamic, Error, ErrorKind, NdArray, Result, dynamic};

impl Builder<'_> {
    pub(super) fn frame(&mut self, frame: &DataFrame, depth: u16) -> Result<Dynamic> {
        let mut columns = Vec::new();
        for column in &frame.columns {
            let name = self.label(&column.name, depth)?;
            let values = self.values(&column.values, depth).map_err(|e| e.at_key(&name))?;
            columns.push((name, values));
        }
        let rows = self.rows(&frame.index, columns.first().map(|(_, column)| column))?;
        let mut table = dynamic::Table::new(columns, rows);
        table.origin = Some("pandas.DataFrame".into());
        table.index = Some(self.index(&frame.index, depth)?);
        // The names of the columns are all that there is to say of most.
        let is_plain = match &frame.names {
            Index::Values { class: "Index", name, .. } | Index::Range { name, .. } => *name == Value::NONE,
            _ => false,
        };
        if !is_plain {
            table.attributes.push(("columns".into(), self.index(&frame.names, depth)?));
        }
        self.attrs(frame.attrs, &mut table, depth)?;
        Ok(table.into())
    }

    pub(super) fn series(&mut self, series: &Series, depth: u16) -> Result<Dynamic> {
        let name = self.label(&series.name, depth)?;
        let values = self.values(&series.values, depth)?;
        let rows = self.rows(&series.index, Some(&values))?;
        let mut table = dynamic::Table::new(vec![(name, values)], rows);
        table.origin = Some("pandas.Series".into());
        table.index = Some(self.index(&series.index, depth)?);
        self.attrs(series.attrs, &mut table, depth)?;
        Ok(table.into())
    }

    fn attrs(&mut self, attrs: Value, table: &mut dynamic::Table, depth: u16) -> Result<()> {
        let is_empty = match self.graph.node(attrs) {
            Node::None => true,
            Node::Dict(entries) => entries.is_empty(),
            _ => false,
        };
        if !is_empty {
            table.attributes.push(("attrs".into(), self.value(attrs, depth)?));
        }
        Ok(())
    }

    fn rows(&self, index: &Index, column: Option<&Dynamic>) -> Result<u64> {
        let len = index.len().or_else(|| u64::try_from(column?.len()?).ok());
        len.ok_or_else(|| Error::new(ErrorKind::Unsupported, "a frame of which nobody knows how many rows it has"))
    }

    fn label(&mut self, label: &Label, depth: u16) -> Result<Dynamic> {
        self.budget.charge(VALUE)?;
        Ok(match label {
            Label::Null => Dynamic::None,
            Label::Text(text) => {
                self.budget.charge(text.len())?;
                text.as_str().into()
            }
            Label::Int(number) => (*number).into(),
            Label::Float(number) => (*number).into(),
            Label::Bool(value) => (*value).into(),
            Label::Item(array) => self.array(array.clone())?,
            Label::Tuple(labels) => {
                let depth = self.deeper(depth)?;
                Dynamic::Tuple(labels.iter().map(|label| self.label(label, depth)).collect::<Result<_>>()?)
            }
            Label::Value(value) => self.value(*value, depth)?,
            Label::Unknown => {
                return Err(Error::new(ErrorKind::Unsupported, "a column whose name is in an index that is not known"));
            }
        })
    }

    /// The values of a column or index.
    fn values(&mut self, values: &Values, depth: u16) -> Result<Dynamic> {
        let deeper = self.deeper(depth)?;
        match values {
            Values::Plain(array) => self.array(array.clone()),
            Values::Objects(objects) => Ok(Dynamic::List(self.many(objects.values(self.graph), depth)?)),
            Values::Arrow(array) => self.chunks(array, depth),
            Values::Masked { data, mask } => {
                let parts = vec![("data", self.array(data.clone())?), ("mask", self.array(mask.clone())?)];
                self.described("pandas.core.arrays.masked", "BaseMaskedArray", parts)
            }
            Values::Categorical { codes, categories, is_ordered } => {
                let codes = self.array(codes.clone())?;
                let categories = self.index(categories, deeper)?;
                let parts = vec![("codes", codes), ("categories", categories), ("ordered", (*is_ordered).into())];
                self.described("pandas", "Categorical", parts)
            }
            Values::DatetimeTz { data, zone } => {
                let data = self.array(data.clone())?;
                let zone = match zone_name(self.graph, *zone) {
                    Some(name) => name.into(),
                    None => self.value(*zone, deeper)?,
                };
                self.described("pandas.arrays", "DatetimeArray", vec![("data", data), ("tz", zone)])
            }
            Values::Period { ordinals, frequency } => {
                let ordinals = self.array(ordinals.clone())?;
                let parts = vec![("ordinals", ordinals), ("freq", (&**frequency).into())];
                self.described("pandas.arrays", "PeriodArray", parts)
            }
            Values::Other { value, .. } => self.value(*value, deeper),
        }
    }

    pub(super) fn index(&mut self, index: &Index, depth: u16) -> Result<Dynamic> {
        let depth = self.deeper(depth)?;
        let mut parts: Named = Vec::new();
        let class = match index {
            Index::Range { name, start, stop, step } => {
                self.name(*name, depth, &mut parts)?;
                parts.extend([("start", (*start).into()), ("stop", (*stop).into()), ("step", (*step).into())]);
                "RangeIndex"
            }
            Index::Values { class, name, values } => {
                self.name(*name, depth, &mut parts)?;
                parts.push(("values", self.values(values, depth)?));
                class
            }
            Index::Multi { names, levels, codes } => {
                parts.push(("names", Dynamic::List(self.many(names.iter().copied(), depth)?)));
                let levels: Vec<Dynamic> =
                    levels.iter().map(|level| self.index(level, depth)).collect::<Result<_>>()?;
                let codes: Vec<Dynamic> = codes.iter().map(|codes| self.array(codes.clone())).collect::<Result<_>>()?;
                parts.extend([("levels", Dynamic::List(levels)), ("codes", Dynamic::List(codes))]);
                "MultiIndex"
            }
            Index::Interval { name, left, right, closed } => {
                self.name(*name, depth, &mut parts)?;
                let (left, right) = (self.index(left, depth)?, self.index(right, depth)?);
                parts.extend([("left", left), ("right", right), ("closed", closed.as_str().into())]);
                "IntervalIndex"
            }
            Index::Other { value, .. } => return self.value(*value, depth),
        };
        self.described("pandas", class, parts)
    }

    /// The name of an index, if it has one.
    fn name(&mut self, name: Value, depth: u16, parts: &mut Named) -> Result<()> {
        if name != Value::NONE {
            parts.push(("name", self.value(name, depth)?));
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------------------------------ Arrow

    pub(super) fn table(&mut self, table: &Table, depth: u16) -> Result<Dynamic> {
        let columns = table.columns.iter().map(|column| self.chunks(column, depth)).collect::<Result<_>>()?;
        self.columns("pyarrow.lib.Table", &table.schema, columns, table.length)
    }

    pub(super) fn batch(&mut self, batch: &RecordBatch, depth: u16) -> Result<Dynamic> {
        let columns = batch.columns.iter().map(|column| self.arrow(column, depth)).collect::<Result<_>>()?;
        self.columns("pyarrow.lib.RecordBatch", &batch.schema, columns, batch.length)
    }

    fn columns(&mut self, origin: &str, schema: &Schema, columns: Vec<Dynamic>, rows: u64) -> Result<Dynamic> {
        let mut named = Vec::with_capacity(columns.len());
        for (field, column) in schema.fields.iter().zip(columns) {
            self.budget.charge(VALUE + field.name.len())?;
            named.push((Dynamic::from(&*field.name), column));
        }
        let mut table = dynamic::Table::new(named, rows);
        table.origin = Some(origin.into());
        // The types say what the columns do not.
        let mut types = Vec::new();
        for field in &schema.fields {
            let mut text = field.data_type.to_string();
            if !field.is_nullable {
                text.push_str(" not null");
            }
            self.budget.charge(VALUE + text.len())?;
            types.push(text.into());
        }
        table.attributes.push(("types".into(), Dynamic::Tuple(types)));
        if !schema.metadata.is_empty() {
            table.attributes.push(("metadata".into(), self.metadata(&schema.metadata)?));
        }
        let mut of_fields = Vec::new();
        for field in schema.fields.iter().filter(|field| !field.metadata.is_empty()) {
            of_fields.push(Dynamic::Tuple(vec![(&*field.name).into(), self.metadata(&field.metadata)?]));
        }
        if !of_fields.is_empty() {
            table.attributes.push(("metadata of fields".into(), Dynamic::Tuple(of_fields)));
        }
        Ok(table.into())
    }

    /// As pairs: a key may be there twice.
    fn metadata(&mut self, metadata: &[(Vec<u8>, Vec<u8>)]) -> Result<Dynamic> {
        let mut pairs = Vec::new();
        for (key, value) in metadata {
            self.budget.charge(3 * VALUE + key.len() + value.len())?;
            let [key, value] = [key, value].map(|bytes| Dynamic::Bytes(bytes.clone().into()));
            pairs.push(Dynamic::Tuple(vec![key, value]));
        }
        Ok(Dynamic::Tuple(pairs))
    }

    /// An array, or one in pieces, that is no column: of an extension type it is said which, and the array in which it lies.
    pub(super) fn single(&mut self, array: &ChunkedArray, depth: u16) -> Result<Dynamic> {
        let DataType::Extension(extension) = &array.data_type else { return self.chunks(array, depth) };
        let storage = self.chunks(array, self.deeper(depth)?)?;
        self.budget.charge(extension.metadata.len())?;
        let (name, metadata) = (extension.name.into(), extension.metadata.as_str().into());
        let parts = vec![("extension", name), ("metadata", metadata), ("storage", storage)];
        self.described("pyarrow.lib", "ExtensionArray", parts)
    }

    /// A column in pieces: one of them as itself.
    pub(super) fn chunks(&mut self, array: &ChunkedArray, depth: u16) -> Result<Dynamic> {
        if let [one] = &array.chunks[..] {
            return self.arrow(one, depth);
        }
        let deeper = self.deeper(depth)?;
        let chunks: Vec<Dynamic> = array.chunks.iter().map(|chunk| self.arrow(chunk, deeper)).collect::<Result<_>>()?;
        let parts = vec![("type", array.data_type.to_string().into()), ("chunks", Dynamic::List(chunks))];
        self.described("pyarrow.lib", "ChunkedArray", parts)
    }

    /// Plain numbers are an array over the buffer, texts a tuple of them; all others are shown by their buffers.
    pub(super) fn arrow(&mut self, array: &ArrowArray, depth: u16) -> Result<Dynamic> {
        let depth = self.deeper(depth)?;
        let has_nulls = array.null_count != Some(0) && array.buffers.first().is_some_and(Option::is_some);
        if let (Some(dtype), Some(bytes), false) =
            (dtype_of(array.data_type.storage()), array.fixed_size_bytes(), has_nulls)
        {
            let made = NdArray::new(DType::parse(dtype)?, &[array.length], None, bytes)?;
            return self.array(made.read_only());
        }
        if matches!(array.data_type.storage(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            let mut texts = Vec::new();
            for index in 0..array.length {
                self.budget.charge(VALUE)?;
                let text = array.str_at(index)?;
                self.budget.charge(text.map_or(0, str::len))?;
                texts.push(text.into());
            }
            return Ok(Dynamic::Tuple(texts));
        }
        let mut buffers = Vec::new();
        for buffer in &array.buffers {
            self.budget.charge(VALUE + buffer.as_ref().map_or(0, |bytes| bytes.len()))?;
            buffers.push(buffer.clone().into());
        }
        let children: Vec<Dynamic> =
            array.children.iter().map(|child| self.arrow(child, depth)).collect::<Result<_>>()?;
        let mut parts = vec![
            ("type", array.data_type.to_string().into()),
            ("length", array.length.into()),
            ("null_count", array.null_count.into()),
            ("offset", array.offset.into()),
            ("buffers", Dynamic::List(buffers)),
        ];
        if !children.is_empty() {
            parts.push(("children", Dynamic::List(children)));
        }
        if let Some(dictionary) = &array.dictionary {
            parts.push(("dictionary", self.arrow(dictionary, depth)?));
        }
        self.described("pyarrow.lib", "Array", parts)
    }
}

/// The numbers that numpy has, too.
fn dtype_of(data_type: &DataType) -> Option<&'static str> {
    Some(match data_type {
        DataType::Int8 => "|i1",
        DataType::Int16 => "<i2",
        DataType::Int32 => "<i4",
        DataType::Int64 => "<i8",
        DataType::UInt8 => "|u1",
        DataType::UInt16 => "<u2",
        DataType::UInt32 => "<u4",
        DataType::UInt64 => "<u8",
        DataType::Float16 => "<f2",
        DataType::Float32 => "<f4",
        DataType::Float64 => "<f8",
        _ => return None,
    })
}
