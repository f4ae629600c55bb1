//! Single arrays of Arrow: `arrow_array::ArrayRef` and the arrays of one type, which Python has as `pyarrow.Array`, and [`ChunkedArray`];
//! those of extension types are in `extension.rs`.
//!
//! Dask pickles them, and so does this crate, with the buffers beside the pickle (`pickle.rs`); what arrives so is translated by the crate
//! frames-pickle (`use frames_pickle as _;`). For [`Reader::Rust`](crate::Reader::Rust) an array is a stream of Arrow of one column, cut at its
//! large buffers, and no pickle is needed.
//!
//! Nothing here may lose what the peer said of an array: what a Rust type cannot keep is an error.

use super::extension::{ExtensionArray, ExtensionType};
use super::{Table, pickle, read, refused, write};
use crate::TypeName;
use crate::entry::{Class, Entry};
use crate::error::{Error, Result};
use crate::frame_serialize::FrameSerialize;
use crate::frames::{Slot, take_all};
use crate::impls::whole;
use crate::msgpack::Cursor;
use crate::writer::Writer;
use arrow_array::types::{ArrowDictionaryKeyType, ArrowPrimitiveType, ByteArrayType, ByteViewType, RunEndIndexType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, FixedSizeListArray, GenericByteArray,
    GenericByteViewArray, GenericListArray, GenericListViewArray, MapArray, NullArray, OffsetSizeTrait, PrimitiveArray,
    RecordBatch, RunArray, StructArray, UnionArray, new_empty_array,
};
use arrow_schema::{DataType, Field, Schema};
use std::borrow::Cow;
use std::sync::Arc;

/// An array in pieces of one type. Python's `pyarrow.ChunkedArray`.
///
/// Unlike a list of arrays it has a type when it has no pieces, and says of a dictionary whether the order of its values means something, and
/// of which extension type the items are.
///
/// ```
/// use arrow_array::{ArrayRef, Int64Array};
/// use frames_core::{Encoder, Reader, arrow::ChunkedArray};
/// use std::sync::Arc;
///
/// let chunk: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
/// let array = ChunkedArray::try_new(chunk.data_type().clone(), vec![chunk.clone(), chunk])?;
/// assert_eq!((array.len(), array.chunks().len()), (4, 2));
/// // To Python, what pyarrow pickles: the pickle, and validity and items of each chunk …
/// let (header, frames) = frames_core::serialize(&array)?;
/// assert_eq!((header.to_value()?["serializer"].as_str(), frames.len()), (Some("pickle"), 5));
/// // … and to Rust, a stream of Arrow.
/// let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&array)?;
/// assert_eq!(frames_core::deserialize::<ChunkedArray>(&header, frames)?, array);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkedArray {
    data_type: DataType,
    is_ordered: bool,
    extension: Option<ExtensionType>,
    chunks: Vec<ArrayRef>,
}

impl ChunkedArray {
    /// An array of chunks that are all of `data_type`.
    ///
    /// # Errors
    ///
    /// A chunk of another type.
    ///
    /// ```
    /// use frames_core::arrow::ChunkedArray;
    /// use arrow_schema::DataType;
    /// assert!(ChunkedArray::try_new(DataType::Int64, Vec::new())?.is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn try_new(data_type: DataType, chunks: Vec<ArrayRef>) -> Result<Self> {
        match chunks.iter().map(Array::data_type).find(|of_chunk| **of_chunk != data_type) {
            Some(of_chunk) => {
                Err(Error::mismatch(format_args!("a chunk of {data_type}"), format_args!("one of {of_chunk}")))
            }
            None => Ok(ChunkedArray { data_type, is_ordered: false, extension: None, chunks }),
        }
    }

    /// The same; of a dictionary it is said whether the order of the values means something, which its type does not say.
    ///
    /// ```
    /// use arrow_array::{ArrayRef, DictionaryArray, types::Int8Type};
    /// use frames_core::arrow::ChunkedArray;
    /// use std::sync::Arc;
    /// let sizes: DictionaryArray<Int8Type> = ["small", "large"].into_iter().collect();
    /// let array = ChunkedArray::from(Arc::new(sizes) as ArrayRef).with_ordered(true);
    /// assert!(array.is_ordered());
    /// ```
    #[must_use]
    pub fn with_ordered(mut self, is_ordered: bool) -> Self {
        self.is_ordered = is_ordered && matches!(self.data_type, DataType::Dictionary(..));
        self
    }

    /// True for a dictionary whose values are in an order that means something.
    ///
    /// ```
    /// # use frames_core::arrow::ChunkedArray;
    /// # use arrow_schema::DataType;
    /// assert!(!ChunkedArray::try_new(DataType::Int64, Vec::new())?.is_ordered());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    /// The same; its items are of an extension type. For Python it has to be one that pyarrow itself has, as [`ExtensionArray`] says.
    ///
    /// ```
    /// use arrow_array::{ArrayRef, StringArray};
    /// use frames_core::arrow::{ChunkedArray, ExtensionType};
    /// use std::sync::Arc;
    /// let texts: ArrayRef = Arc::new(StringArray::from(vec!["{}"]));
    /// let array = ChunkedArray::from(texts).with_extension(ExtensionType::new("arrow.json", ""));
    /// assert_eq!(array.extension().map(ExtensionType::name), Some("arrow.json"));
    /// ```
    #[must_use]
    pub fn with_extension(mut self, extension: ExtensionType) -> Self {
        self.extension = Some(extension);
        self
    }

    /// The extension type of the items, if they are of one.
    ///
    /// ```
    /// # use frames_core::arrow::ChunkedArray;
    /// # use arrow_schema::DataType;
    /// assert!(ChunkedArray::try_new(DataType::Int64, Vec::new())?.extension().is_none());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn extension(&self) -> Option<&ExtensionType> {
        self.extension.as_ref()
    }

    /// The type of all chunks.
    ///
    /// ```
    /// # use frames_core::arrow::ChunkedArray;
    /// # use arrow_schema::DataType;
    /// assert_eq!(ChunkedArray::try_new(DataType::Int64, Vec::new())?.data_type(), &DataType::Int64);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The chunks in their order.
    ///
    /// ```
    /// # use frames_core::arrow::ChunkedArray;
    /// # use arrow_schema::DataType;
    /// assert!(ChunkedArray::try_new(DataType::Int64, Vec::new())?.chunks().is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn chunks(&self) -> &[ArrayRef] {
        &self.chunks
    }

    /// The chunks, moved out.
    ///
    /// ```
    /// # use frames_core::arrow::ChunkedArray;
    /// # use arrow_schema::DataType;
    /// assert!(ChunkedArray::try_new(DataType::Int64, Vec::new())?.into_chunks().is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn into_chunks(self) -> Vec<ArrayRef> {
        self.chunks
    }

    /// The items of all chunks.
    ///
    /// ```
    /// # use frames_core::arrow::ChunkedArray;
    /// # use arrow_array::{ArrayRef, Int8Array};
    /// let chunk: ArrayRef = std::sync::Arc::new(Int8Array::from(vec![1, 2]));
    /// assert_eq!(ChunkedArray::from(chunk).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.chunks.iter().fold(0, |sum, chunk| sum.saturating_add(chunk.len()))
    }

    /// True if there are none.
    ///
    /// ```
    /// # use frames_core::arrow::ChunkedArray;
    /// # use arrow_schema::DataType;
    /// assert!(ChunkedArray::try_new(DataType::Int64, Vec::new())?.is_empty());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes it for Rust, whoever will read it, by the name `Array` or `ChunkedArray`: for the families of other crates, which hand it to
    /// this crate again.
    #[doc(hidden)]
    pub fn write_shared(&self, name: &str, writer: &mut Writer<'_>) -> Result<()> {
        let field = Field::new("", self.data_type.clone(), true).with_dict_is_ordered(self.is_ordered);
        let field = self.extension.iter().fold(field, |field, extension| extension.mark(field));
        let schema = Arc::new(Schema::new(vec![field]));
        let batch = |chunk: &ArrayRef| RecordBatch::try_new(schema.clone(), vec![chunk.clone()]).map_err(refused);
        let batches = self.chunks.iter().map(batch).collect::<Result<Vec<_>>>()?;
        write::entry(name, &schema, &batches, true, writer)
    }

    /// The one chunk, if its type is all there is to say of it.
    fn into_array(self) -> Result<ArrayRef> {
        match &self.extension {
            None => self.into_storage(),
            Some(extension) => {
                let text = format_args!("one of the extension type {}", extension.name());
                let error = Error::mismatch("a plain array of Arrow", text);
                Err(error.with_help("read it as a `frames_core::arrow::ExtensionArray` or a `ChunkedArray`"))
            }
        }
    }

    /// The one chunk and what its items are.
    pub(super) fn into_extension(mut self) -> Result<(ExtensionType, ArrayRef)> {
        match self.extension.take() {
            Some(extension) => Ok((extension, self.into_storage()?)),
            None => Err(Error::mismatch("an array of an extension type", format_args!("one of {}", self.data_type))),
        }
    }

    /// The one chunk; none is an empty array.
    fn into_storage(mut self) -> Result<ArrayRef> {
        if self.is_ordered {
            let text = format_args!("one of {} whose values are in an order", self.data_type);
            return Err(Error::mismatch("a dictionary array", text).with_help(READ_CHUNKED));
        }
        match (self.chunks.pop(), self.chunks.len()) {
            (Some(chunk), 0) => Ok(chunk),
            (None, _) => Ok(new_empty_array(&self.data_type)),
            (Some(_), before) => {
                let text = format_args!("an array in {} chunks", before + 1);
                Err(Error::mismatch("one array of Arrow", text).with_help(READ_CHUNKED))
            }
        }
    }

    /// The column of a stream that has only one.
    fn of_table(table: Table) -> Result<Self> {
        let schema = table.schema().clone();
        let [field] = &schema.fields()[..] else {
            let fields = schema.fields().len();
            return Err(Error::mismatch("one array of Arrow", format_args!("a stream of {fields} columns")));
        };
        let chunks = table.into_batches().into_iter().filter_map(|batch| batch.columns().first().cloned()).collect();
        let (data_type, is_ordered) = (field.data_type().clone(), pickle::is_ordered_field(field));
        Ok(ChunkedArray { data_type, is_ordered, extension: ExtensionType::of(field), chunks })
    }
}

const READ_CHUNKED: &str = "read it as a `frames_core::arrow::ChunkedArray`";

/// An array of one chunk.
impl From<ArrayRef> for ChunkedArray {
    fn from(array: ArrayRef) -> Self {
        ChunkedArray { data_type: array.data_type().clone(), is_ordered: false, extension: None, chunks: vec![array] }
    }
}

crate::register!(ChunkedArray, name = "pyarrow.lib.ChunkedArray", python = "pyarrow.lib:ChunkedArray");
crate::register!(ArrayRef, name = "pyarrow.lib.Array", python = "pyarrow.lib:Array");

/// Also reads a `pyarrow.Array`, of an extension type too, as the only chunk.
impl FrameSerialize for ChunkedArray {
    whole!();
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        match writer.is_packed() {
            true => self.write_shared("ChunkedArray", writer),
            false => {
                let (data_type, extension) = (&self.data_type, self.extension.as_ref());
                pickle::chunked(data_type, self.is_ordered, extension, &self.chunks, writer).map_err(in_type::<Self>)
            }
        }
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read_as(cursor, frames, Ok)
    }
}

/// Also reads a `pyarrow.ChunkedArray` of at most one chunk. To put several into one is a copy, which the reader of a [`ChunkedArray`] may make
/// or not. A dictionary whose values are in an order that means something is an error: only a [`ChunkedArray`] can say so; and so is an array of
/// an extension type, which is an [`ExtensionArray`].
impl FrameSerialize for ArrayRef {
    whole!();
    fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
        write_array(self, writer).map_err(in_type::<Self>)
    }
    fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
        read_as(cursor, frames, ChunkedArray::into_array)
    }
}

pub(super) fn in_type<T: TypeName>(error: Error) -> Error {
    error.in_type(T::type_name())
}

fn write_array(array: &ArrayRef, writer: &mut Writer<'_>) -> Result<()> {
    match writer.is_packed() {
        true => ChunkedArray::from(array.clone()).write_shared("Array", writer),
        false => pickle::array(array, None, writer),
    }
}

/// True for a class of arrays, for Python or for Rust.
pub(crate) fn is_array(class: &Class<'_>) -> Result<bool> {
    Ok(class.is::<ArrayRef>()? || class.is::<ChunkedArray>()? || class.is::<ExtensionArray>()?)
}

/// Reads an array in chunks, and makes a `T` of it.
pub(super) fn read_as<T: FrameSerialize>(
    cursor: &mut Cursor<'_>,
    frames: &mut [Slot<'_>],
    make: impl FnOnce(ChunkedArray) -> Result<T>,
) -> Result<T> {
    match Entry::read(cursor)? {
        Entry::Class(class) if is_array(&class)? => {
            let table = read::table(take_all(frames)?, &class.sub());
            table.and_then(ChunkedArray::of_table).and_then(make).map_err(in_type::<T>)
        }
        other => other.refuse::<T>("an array of Arrow", cursor, frames),
    }
}

/// Arrays of one type: what the header says is that of an `ArrayRef`.
macro_rules! typed {
    ($([$($generics:tt)*] $type:ty, $name:expr;)*) => { $(
        impl<$($generics)*> TypeName for $type {
            fn type_name() -> Cow<'static, str> {
                $name.into()
            }
            fn type_name_of_val(&self) -> Cow<'static, str> {
                Self::type_name()
            }
        }
        impl<$($generics)*> FrameSerialize for $type {
            whole!();
            fn write_entry<'a>(&'a self, writer: &mut Writer<'a>) -> Result<()> {
                write_array(&(Arc::new(self.clone()) as ArrayRef), writer).map_err(in_type::<Self>)
            }
            fn read_entry(cursor: &mut Cursor<'_>, frames: &mut [Slot<'_>]) -> Result<Self> {
                read_as(cursor, frames, |array| {
                    let array = array.into_array()?;
                    array.as_any().downcast_ref::<Self>().cloned().ok_or_else(|| {
                        Error::mismatch(Self::type_name(), format_args!("an array of {}", array.data_type()))
                    })
                })
            }
        }
    )* };
}

typed! {
    [] NullArray, "NullArray";
    [] BooleanArray, "BooleanArray";
    [T: ArrowPrimitiveType] PrimitiveArray<T>, format!("PrimitiveArray<{}>", T::DATA_TYPE);
    [T: ByteArrayType] GenericByteArray<T>, format!("GenericByteArray<{}>", T::DATA_TYPE);
    [T: ByteViewType + ?Sized] GenericByteViewArray<T>, format!("GenericByteViewArray<{}>", T::DATA_TYPE);
    [] FixedSizeBinaryArray, "FixedSizeBinaryArray";
    [O: OffsetSizeTrait] GenericListArray<O>, format!("{}ListArray", O::PREFIX);
    [O: OffsetSizeTrait] GenericListViewArray<O>, format!("{}ListViewArray", O::PREFIX);
    [] FixedSizeListArray, "FixedSizeListArray";
    [] StructArray, "StructArray";
    [] MapArray, "MapArray";
    [K: ArrowDictionaryKeyType] DictionaryArray<K>, format!("DictionaryArray<{}>", K::DATA_TYPE);
    [R: RunEndIndexType] RunArray<R>, format!("RunArray<{}>", R::DATA_TYPE);
    [] UnionArray, "UnionArray";
}
