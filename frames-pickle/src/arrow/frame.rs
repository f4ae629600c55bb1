//! Frames and series of pandas as tables, with what pandas keeps about them: as `pyarrow.Table.from_pandas` writes it.
//!
//! A `RangeIndex` is metadata, any other index a column behind the others for each of its levels.

use super::array::{Arrays, size};
use super::column::{Column, Columns};
use super::json;
use crate::graph::Graph;
use crate::look::{invalid, unsupported};
use crate::node::Node;
use crate::pandas::{DataFrame, Index, Label, Series, Values};
use crate::value::Value;
use arrow_schema::{Field, Schema};
use frames_core::Result;
use frames_core::arrow::Table;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl DataFrame {
    /// The table of arrow-rs that `pyarrow.Table.from_pandas` makes, so that `to_pandas` of it gives the frame back: a `RangeIndex` is
    /// metadata, other indexes are columns. `graph` is that which the frame was read from.
    ///
    /// Unlike there, NaN stays NaN, because to look for it is to copy; and texts of the dtypes `string` and `string[pyarrow]` come back as
    /// pandas 3's `str`.
    ///
    /// # Errors
    ///
    /// Two columns of one name, as in pyarrow; names of columns that are neither all text nor all integers; a column that Arrow has no type for: objects of
    /// several classes, periods, intervals, complex numbers.
    ///
    /// ```
    /// # fn f(graph: &frames_pickle::Graph<'_>) -> frames_core::Result<()> {
    /// let frame = frames_pickle::pandas::data_frame(graph, graph.root())?.unwrap();
    /// let table = frame.to_arrow(graph)?;
    /// assert!(table.schema().metadata().contains_key("pandas"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_arrow(&self, graph: &Graph<'_>) -> Result<Table> {
        let columns = self.columns.iter().map(|column| (&column.name, &column.values));
        frame(graph, &columns.collect::<Vec<_>>(), Some(&self.names), &self.index, self.attrs)
    }
}

impl Series {
    /// The table of arrow-rs of the frame with this one column, which `to_frame()` is in pandas: without a name it is `0`.
    ///
    /// # Errors
    ///
    /// As those of [`DataFrame::to_arrow`].
    ///
    /// ```
    /// # fn f(graph: &frames_pickle::Graph<'_>) -> frames_core::Result<()> {
    /// let series = frames_pickle::pandas::series(graph, graph.root())?.unwrap();
    /// assert!(series.to_arrow(graph)?.schema().fields().len() > 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_arrow(&self, graph: &Graph<'_>) -> Result<Table> {
        let name = if self.name == Label::Null { Label::Int(0) } else { self.name.clone() };
        frame(graph, &[(&name, &self.values)], None, &self.index, self.attrs)
    }
}

/// What is written about a column.
struct About {
    name: Option<String>,
    field: String,
    column: Column,
}

fn frame(
    graph: &Graph<'_>,
    columns: &[(&Label, &Values)],
    names: Option<&Index>,
    index: &Index,
    attrs: Value,
) -> Result<Table> {
    let mut reader = Columns { graph, arrays: Arrays::new() };
    let is_text = match columns {
        [] => !matches!(names, Some(Index::Range { .. })),
        columns => columns.iter().all(|(name, _)| matches!(name, Label::Text(_))),
    };
    let mut about = Vec::with_capacity(columns.len());
    let mut taken = HashSet::new();
    for (label, values) in columns {
        let name = match label {
            Label::Text(name) if is_text => name.clone(),
            Label::Int(number) if !is_text => number.to_string(),
            other => {
                return Err(unsupported(format!(
                    "columns that are not all named by text or all by integers ({other:?})"
                )));
            }
        };
        if !taken.insert(name.clone()) {
            return Err(unsupported("a frame with two columns of one name, as in pyarrow,").at_key(name));
        }
        let column = reader.column(values).map_err(|e| e.at_key(&name))?;
        about.push(About { name: Some(name.clone()), field: name, column });
    }
    let mut indexes = Vec::new();
    let rows = index.len().map(size).transpose()?;
    let levels: Vec<(Value, Result<Column>)> = match index {
        Index::Range { name, start, stop, step } => {
            indexes.push(range(graph, *name, [*start, *stop, *step])?);
            Vec::new()
        }
        Index::Multi { names, levels, codes } => {
            let levels = levels.iter().zip(codes).map(|(level, codes)| reader.level(level, codes));
            names.iter().copied().zip(levels).collect()
        }
        Index::Values { name, .. } | Index::Interval { name, .. } => vec![(*name, reader.index(index))],
        Index::Other { .. } => vec![(Value::NONE, reader.index(index))],
    };
    for (at, (name, column)) in levels.into_iter().enumerate() {
        let name = level_name(graph, name)?;
        let field = match &name {
            Some(name) if !taken.contains(name) => name.clone(),
            _ => format!("__index_level_{at}__"),
        };
        if !taken.insert(field.clone()) {
            return Err(unsupported("a frame with a column named as a level of its index is").at_key(field));
        }
        let mut shown = String::new();
        json::text(&mut shown, &field);
        indexes.push(shown);
        let column = column.map_err(|e| e.at_key(&field))?;
        about.push(About { name, field, column });
    }
    let rows = match (rows, about.first()) {
        (Some(rows), _) => rows,
        (None, Some(first)) => first.column.chunks.iter().map(|chunk| chunk.len()).sum(),
        (None, None) => return Err(invalid("a frame without columns under an index of unknown length")),
    };
    let metadata = metadata(graph, &about, &indexes, names, is_text, attrs)?;
    let fields = about.iter().map(|About { field, column, .. }| {
        Field::new(field, column.data_type.clone(), true).with_dict_is_ordered(column.is_ordered)
    });
    let metadata = HashMap::from([("pandas".to_owned(), metadata)]);
    let schema = Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), metadata));
    super::table(schema, about.into_iter().map(|about| about.column.chunks).collect(), rows)
}

/// `{"kind": "range", …}`
fn range(graph: &Graph<'_>, name: Value, [start, stop, step]: [i64; 3]) -> Result<String> {
    let mut out = String::from("{\"kind\": \"range\", \"name\": ");
    json::optional(&mut out, level_name(graph, name)?.as_deref());
    out.push_str(&format!(", \"start\": {start}, \"stop\": {stop}, \"step\": {step}}}"));
    Ok(out)
}

/// The name of an index, or of one of its levels.
fn level_name(graph: &Graph<'_>, name: Value) -> Result<Option<String>> {
    match graph.node(name) {
        Node::None => Ok(None),
        Node::Str(text) => match text.as_str() {
            Some(text) if text.len() <= graph.weight() => Ok(Some(text.to_owned())),
            _ => Err(unsupported("a name of an index that is no UTF-8")),
        },
        // pyarrow writes it as text, and pandas gets text back.
        _ => Err(unsupported("an index whose name is no text")),
    }
}

/// What `to_pandas` needs to know.
fn metadata(
    graph: &Graph<'_>,
    about: &[About],
    indexes: &[String],
    names: Option<&Index>,
    is_text: bool,
    attrs: Value,
) -> Result<String> {
    let mut out = format!("{{\"index_columns\": [{}], \"column_indexes\": [{{\"name\": ", indexes.join(", "));
    let (name, numpy_type) = match names {
        Some(Index::Values { name, values, .. }) => {
            let is_object = matches!(**values, Values::Objects(_));
            let text = if is_object { "object" } else { "str" };
            (level_name(graph, *name)?, if is_text { text } else { "int64" })
        }
        Some(Index::Range { name, .. }) => (level_name(graph, *name)?, if is_text { "str" } else { "int64" }),
        None => (None, if is_text { "str" } else { "int64" }),
        Some(_) => return Err(unsupported("columns of several levels")),
    };
    json::optional(&mut out, name.as_deref());
    out.push_str(", \"field_name\": ");
    json::optional(&mut out, name.as_deref());
    out.push_str(&match is_text {
        true => format!(", \"pandas_type\": \"unicode\", \"numpy_type\": \"{numpy_type}\", \"metadata\": {{\"encoding\": \"UTF-8\"}}}}]"),
        false => ", \"pandas_type\": \"int64\", \"numpy_type\": \"int64\", \"metadata\": null}]".to_owned(),
    });
    out.push_str(", \"columns\": [");
    for (at, About { name, field, column }) in about.iter().enumerate() {
        out.push_str(if at == 0 { "{\"name\": " } else { ", {\"name\": " });
        json::optional(&mut out, name.as_deref());
        out.push_str(", \"field_name\": ");
        json::text(&mut out, field);
        out.push_str(", \"pandas_type\": ");
        json::text(&mut out, &column.pandas_type);
        out.push_str(", \"numpy_type\": ");
        json::text(&mut out, &column.numpy_type);
        out.push_str(", \"metadata\": ");
        out.push_str(column.metadata.as_deref().unwrap_or("null"));
        out.push('}');
    }
    out.push_str("], \"attributes\": ");
    match graph.node(attrs) {
        Node::None => out.push_str("{}"),
        _ => {
            let left = out.len().saturating_add(graph.weight().saturating_mul(8));
            json::value(&mut out, graph, attrs, 16, left)?;
        }
    }
    // pandas looks at its version to know how older ones wrote.
    out.push_str(", \"creator\": {\"library\": \"frames\", \"version\": \"");
    out.push_str(env!("CARGO_PKG_VERSION"));
    out.push_str("\"}, \"pandas_version\": \"3.0.0\"}");
    Ok(out)
}
