//! Extension types: a name and words for what items mean that lie in an array of another type, the storage. A field says both in its metadata;
//! a single array has no field, so [`ExtensionArray`] and [`ChunkedArray`](super::ChunkedArray) say them.

use super::array::{ChunkedArray, in_type, read_as};
use super::pickle;
use super::schema::invalid;
use crate::error::{Error, ErrorKind, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::Slot;
use crate::impls::whole;
use crate::msgpack::Cursor;
use crate::writer::Writer;
use arrow_array::ArrayRef;
use arrow_schema::extension::{EXTENSION_TYPE_METADATA_KEY, EXTENSION_TYPE_NAME_KEY};
use arrow_schema::{DataType, Field};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What the items of an array mean beyond their type: `arrow.uuid`, `arrow.json`, …, as the metadata of a field says it.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use frames_core::arrow::ExtensionType;
///
/// let uuid = ExtensionType::new("arrow.uuid", "");
/// let field = uuid.mark(Field::new("id", DataType::FixedSizeBinary(16), true));
/// assert_eq!(field.extension_type_name(), Some("arrow.uuid"));
/// assert_eq!(ExtensionType::of(&field), Some(uuid));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExtensionType {
    name: String,
    metadata: String,
}

impl ExtensionType {
    /// The type of this name, with its parameters as it writes them: none is an empty text.
    ///
    /// ```
    /// let opaque = frames_core::arrow::ExtensionType::new("arrow.opaque", r#"{"type_name":"point","vendor_name":"db"}"#);
    /// assert_eq!(opaque.name(), "arrow.opaque");
    /// ```
    pub fn new(name: impl Into<String>, metadata: impl Into<String>) -> Self {
        ExtensionType { name: name.into(), metadata: metadata.into() }
    }

    /// The type that the metadata of a field names, if it does.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// assert_eq!(frames_core::arrow::ExtensionType::of(&Field::new("x", DataType::Int8, true)), None);
    /// ```
    pub fn of(field: &Field) -> Option<Self> {
        let name = field.extension_type_name()?;
        Some(ExtensionType::new(name, field.extension_type_metadata().unwrap_or_default()))
    }

    /// The field with this type in its metadata, as pyarrow writes it.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// let flags = frames_core::arrow::ExtensionType::new("arrow.bool8", "").mark(Field::new("flags", DataType::Int8, true));
    /// assert_eq!(flags.metadata()["ARROW:extension:name"], "arrow.bool8");
    /// ```
    #[must_use]
    pub fn mark(&self, field: Field) -> Field {
        let mut metadata = field.metadata().clone();
        metadata.insert(EXTENSION_TYPE_NAME_KEY.to_owned(), self.name.clone());
        metadata.insert(EXTENSION_TYPE_METADATA_KEY.to_owned(), self.metadata.clone());
        field.with_metadata(metadata)
    }

    /// Its name.
    ///
    /// ```
    /// assert_eq!(frames_core::arrow::ExtensionType::new("arrow.json", "").name(), "arrow.json");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its parameters, in a form of its own: JSON, or nothing.
    ///
    /// ```
    /// assert_eq!(frames_core::arrow::ExtensionType::new("arrow.json", "").metadata(), "");
    /// ```
    pub fn metadata(&self) -> &str {
        &self.metadata
    }
}

/// One array of an extension type. Python's `pyarrow.ExtensionArray`: `UuidArray`, `JsonArray`, `Bool8Array`, `FixedShapeTensorArray` and
/// `OpaqueArray`.
///
/// Types of other names travel to Rust alone: to Python they are made by a class, which no name says. A table has them all.
///
/// ```
/// use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray};
/// use frames_core::arrow::{ExtensionArray, ExtensionType};
/// use std::sync::Arc;
///
/// let ids: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter([[7u8; 16]].iter()).unwrap());
/// let ids = ExtensionArray::new(ExtensionType::new("arrow.uuid", ""), ids); // a `UuidArray` in Python
/// let (header, frames) = frames_core::serialize(&ids)?;
/// assert_eq!(header.to_value()?["serializer"].as_str(), Some("pickle"));
///
/// // For Rust it is a stream of Arrow.
/// let (header, frames) = frames_core::Encoder::new().reader(frames_core::Reader::Rust).serialize(&ids)?;
/// let same: ExtensionArray = frames_core::deserialize(&header, frames)?;
/// assert_eq!((same.extension().name(), same.storage().len()), ("arrow.uuid", 1));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExtensionArray {
    extension: ExtensionType,
    storage: ArrayRef,
}

impl ExtensionArray {
    /// An array whose items mean what the type says. Whether it can lie in this storage is asked when it is written for Python.
    ///
    /// ```
    /// use arrow_array::Int8Array;
    /// use frames_core::arrow::{ExtensionArray, ExtensionType};
    /// let flags = ExtensionArray::new(ExtensionType::new("arrow.bool8", ""), std::sync::Arc::new(Int8Array::from(vec![1, 0])));
    /// assert_eq!(flags.extension().name(), "arrow.bool8");
    /// ```
    pub fn new(extension: ExtensionType, storage: ArrayRef) -> Self {
        ExtensionArray { extension, storage }
    }

    /// The type.
    ///
    /// ```
    /// # fn f(array: &frames_core::arrow::ExtensionArray) {
    /// println!("{}", array.extension().name());
    /// # }
    /// ```
    pub fn extension(&self) -> &ExtensionType {
        &self.extension
    }

    /// The array in which the items lie.
    ///
    /// ```
    /// # fn f(array: &frames_core::arrow::ExtensionArray) {
    /// println!("{}", array.storage().data_type());
    /// # }
    /// ```
    pub fn storage(&self) -> &ArrayRef {
        &self.storage
    }

    /// The type and the array, moved out.
    ///
    /// ```
    /// # fn f(array: frames_core::arrow::ExtensionArray) {
    /// let (extension, storage) = array.into_parts();
    /// # }
    /// ```
    pub fn into_parts(self) -> (ExtensionType, ArrayRef) {
        (self.extension, self.storage)
    }
}

// A derived one would move the array out.
impl PartialEq for ExtensionArray {
    fn eq(&self, other: &Self) -> bool {
        self.extension == other.extension && *self.storage == *other.storage
    }
}

impl From<ExtensionArray> for ChunkedArray {
    fn from(array: ExtensionArray) -> Self {
        ChunkedArray::from(array.storage).with_extension(array.extension)
    }
}

crate::register!(ExtensionArray, name = "pyarrow.lib.ExtensionArray", python = "pyarrow.lib:ExtensionArray");

/// Also reads a `pyarrow.ChunkedArray` of at most one chunk.
impl FrameSerialize for ExtensionArray {
    whole!();
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        match writer.is_packed() {
            true => ChunkedArray::from(self.clone()).write_shared("ExtensionArray", writer),
            false => pickle::array(&*self.storage, Some(&self.extension), writer),
        }
        .map_err(in_type::<Self>)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read_as(cursor, frames, |array| {
            let (extension, storage) = array.into_extension()?;
            Ok(ExtensionArray { extension, storage })
        })
    }
}

/// An extension type that pyarrow makes by a function of its own, which its pickles name. What the function makes has to lie in the storage that
/// there is: pyarrow believes pickles.
#[derive(Debug)]
pub(super) enum Canonical {
    Uuid,
    Json,
    Bool8,
    Opaque { type_name: String, vendor_name: String },
    FixedShapeTensor { shape: Vec<i64>, dim_names: Vec<String>, permutation: Vec<i64> },
}

impl Canonical {
    /// `None` for a name that is not one of them.
    pub(super) fn of(extension: &ExtensionType, storage: &DataType) -> Result<Option<Self>> {
        let name = &*extension.name;
        let fits = match (name, storage) {
            ("arrow.uuid", storage) => *storage == DataType::FixedSizeBinary(16),
            ("arrow.json", storage) => {
                matches!(storage, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
            }
            ("arrow.bool8", storage) => *storage == DataType::Int8,
            ("arrow.opaque", _) => true,
            // The function says nothing of the items but their type.
            ("arrow.fixed_shape_tensor", DataType::FixedSizeList(item, _)) => {
                item.is_nullable() && item.metadata().is_empty()
            }
            ("arrow.fixed_shape_tensor", _) => false,
            _ => return Ok(None),
        };
        if !fits {
            return Err(Error::mismatch(format_args!("the storage of {name}"), format_args!("an array of {storage}")));
        }
        let made = match name {
            "arrow.uuid" => Canonical::Uuid,
            "arrow.json" => Canonical::Json,
            "arrow.bool8" => Canonical::Bool8,
            _ => Canonical::with_parameters(extension, storage).map_err(|error| error.at_key(name))?,
        };
        Ok(Some(made))
    }

    fn with_parameters(extension: &ExtensionType, storage: &DataType) -> Result<Self> {
        let mut parameters: Map<String, Value> = serde_json::from_str(&extension.metadata).map_err(no_parameters)?;
        let made = match storage {
            DataType::FixedSizeList(_, size) if extension.name == "arrow.fixed_shape_tensor" => {
                let shape: Vec<i64> = take(&mut parameters, "shape")?;
                let items = shape.iter().try_fold(1i64, |items, dim| items.checked_mul(*dim));
                if items != Some(i64::from(*size)) || shape.iter().any(|dim| *dim < 0) {
                    return Err(invalid(format!("a tensor of the shape {shape:?} in lists of {size} items")));
                }
                let (permutation, dim_names) =
                    (take(&mut parameters, "permutation")?, take(&mut parameters, "dim_names")?);
                Canonical::FixedShapeTensor { shape, dim_names, permutation }
            }
            _ => {
                let mut text = |key| match take(&mut parameters, key)? {
                    Some(text) => Ok(text),
                    None => Err(invalid("a parameter that is a text is not there").at_key(key)),
                };
                Canonical::Opaque { type_name: text("type_name")?, vendor_name: text("vendor_name")? }
            }
        };
        match parameters.keys().next() {
            // It would be lost.
            Some(key) => {
                Err(Error::new(ErrorKind::Unsupported, "a parameter that pyarrow does not have").at_key(key.clone()))
            }
            None => Ok(made),
        }
    }
}

/// A parameter; what is not there is the default of its type.
fn take<T: DeserializeOwned + Default>(parameters: &mut Map<String, Value>, key: &'static str) -> Result<T> {
    let value = parameters.remove(key).unwrap_or_default();
    let read: Option<T> = serde_json::from_value(value).map_err(|error| no_parameters(error).at_key(key))?;
    Ok(read.unwrap_or_default())
}

#[cold]
fn no_parameters(error: serde_json::Error) -> Error {
    invalid(format!("no parameters of an extension type: {error}"))
}
