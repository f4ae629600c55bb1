//! Extension types that pyarrow makes by functions of its own: what they mean, as the metadata of a field says it.
//!
//! Others are made by a method of a class of somebody's, which only that class understands.

use super::Arrow;
use super::types::{DataType, Extent, Field, small};
use crate::look::{Call, invalid, unsupported};
use crate::node::Node;
use crate::value::Value;
use frames_core::Result;
use std::fmt::Write;
use std::sync::Arc;

/// A type that is stored as another one, and means more.
///
/// ```
/// use frames_pickle::pyarrow::DataType;
/// let graph = frames_pickle::read(b"cpyarrow.lib\nuuid\n)R.")?; // pa.uuid()
/// let data_type = frames_pickle::pyarrow::data_type(&graph, graph.root())?.unwrap();
/// let DataType::Extension(extension) = &data_type else { panic!() };
/// assert_eq!((&*extension.name, &extension.storage), ("arrow.uuid", &DataType::FixedSizeBinary(16)));
/// assert_eq!(data_type.to_string(), "extension<arrow.uuid>");
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extension {
    /// `arrow.uuid` and the like.
    pub name: &'static str,
    /// Its parameters, as Arrow writes them into the metadata of a field: JSON, or nothing.
    pub metadata: String,
    /// What the items lie in; no extension type.
    pub storage: DataType,
}

impl DataType {
    /// What the items lie in: that of an extension type, or else the type itself.
    ///
    /// ```
    /// use frames_pickle::pyarrow::DataType;
    /// assert_eq!(DataType::Int8.storage(), &DataType::Int8);
    /// ```
    pub fn storage(&self) -> &DataType {
        match self {
            DataType::Extension(extension) => &extension.storage,
            other => other,
        }
    }
}

impl<'g> Arrow<'g> {
    /// The type that a function of pyarrow makes: `uuid()`, `json_(storage)`, `bool8()`, `opaque(storage, type_name, vendor_name)`,
    /// `fixed_shape_tensor(value_type, shape, dim_names, permutation)`.
    pub(super) fn extension(&mut self, name: &str, call: Call<'g>, level: u32, of: &mut Extent) -> Result<DataType> {
        let graph = self.arrays.graph;
        let mut metadata = String::new();
        let (name, storage) = match name {
            "uuid" => ("arrow.uuid", DataType::FixedSizeBinary(16)),
            "bool8" => ("arrow.bool8", DataType::Int8),
            "json" => match graph.node(call.arg(0)) {
                Node::None => ("arrow.json", DataType::Utf8),
                _ => ("arrow.json", self.stored(call.arg(0), level, of)?),
            },
            "opaque" => {
                let storage = self.stored(call.arg(0), level, of)?;
                let (type_name, vendor_name) = (graph.as_str(call.arg(1))?, graph.as_str(call.arg(2))?);
                // Many may name one text.
                self.arrays.charge(type_name.len().saturating_add(vendor_name.len()))?;
                metadata.push_str("{\"type_name\":");
                text(&mut metadata, type_name);
                metadata.push_str(",\"vendor_name\":");
                text(&mut metadata, vendor_name);
                metadata.push('}');
                ("arrow.opaque", storage)
            }
            "fixed_shape_tensor" => {
                let item = self.stored(call.arg(0), level, of)?;
                let shape = self.numbers(call.arg(1))?;
                let size = shape.iter().try_fold(1i64, |size, dim| size.checked_mul(*dim).filter(|size| *size >= 0));
                let size = size.filter(|_| shape.iter().all(|dim| *dim >= 0));
                let size = small(size.ok_or_else(|| invalid("the shape of a tensor of Arrow is none"))?)?;
                let _ = write!(metadata, "{{\"shape\":{}", list(&shape));
                let permutation = self.numbers(call.arg(3))?;
                if !permutation.is_empty() {
                    let _ = write!(metadata, ",\"permutation\":{}", list(&permutation));
                }
                self.dim_names(call.arg(2), &mut metadata)?;
                metadata.push('}');
                let item = Field { name: "item".into(), data_type: item, is_nullable: true, metadata: Vec::new() };
                ("arrow.fixed_shape_tensor", DataType::FixedSizeList(Arc::new(item), size))
            }
            name => return Err(unsupported(format!("the type {name} of Arrow"))),
        };
        if name == "arrow.json" && !matches!(storage, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return Err(invalid(format!("JSON of Arrow is text and not {}", crate::look::short(&storage))));
        }
        self.arrays.charge(metadata.len() + 64)?;
        // As often as the type is used.
        of.text(metadata.len());
        Ok(DataType::Extension(Arc::new(Extension { name, metadata, storage })))
    }

    /// The type in which one of extension lies.
    fn stored(&mut self, value: Value, level: u32, of: &mut Extent) -> Result<DataType> {
        match of.add(self.type_at(value, level)?) {
            DataType::Extension(_) => Err(unsupported("an extension type of Arrow that lies in another one")),
            storage => Ok(storage),
        }
    }

    fn numbers(&mut self, list: Value) -> Result<Vec<i64>> {
        let graph = self.arrays.graph;
        match graph.node(list) {
            Node::None => Ok(Vec::new()),
            _ => self.arrays.sequence(list)?.into_iter().map(|number| graph.as_i64(number)).collect(),
        }
    }

    fn dim_names(&mut self, list: Value, out: &mut String) -> Result<()> {
        let graph = self.arrays.graph;
        let names = match graph.node(list) {
            Node::None => return Ok(()),
            _ => self.arrays.sequence(list)?,
        };
        for (index, name) in names.iter().enumerate() {
            let name = graph.as_str(*name)?;
            self.arrays.charge(name.len())?;
            out.push_str(if index == 0 { ",\"dim_names\":[" } else { "," });
            text(out, name);
        }
        if !names.is_empty() {
            out.push(']');
        }
        Ok(())
    }
}

fn list(numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", numbers.join(","))
}

/// A text as Arrow's own writer of JSON has it.
fn text(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if u32::from(char) < 0x20 => drop(write!(out, "\\u{:04X}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
}
