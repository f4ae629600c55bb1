//! Arrow's arrays: buffers, of which a type says what they mean, checked to be as long as it says.

use super::types::{DataType, Field};
use super::{Arrow, ArrowArray};
use crate::aliases::Name;
use crate::look::{Call, invalid, short};
use crate::node::Node;
use crate::value::Value;
use bytes::Bytes;
use frames_core::{Error, Result};

/// What a part of an array costs of the budget.
const PART_COST: usize = 64;

/// What a type says of the buffers and children of its arrays.
struct Layout {
    /// How many buffers there are, the first the validity; of views there may be more.
    buffers: usize,
    more: bool,
    children: Vec<DataType>,
}

impl<'g> Arrow<'g> {
    /// `_restore_array((type, length, null_count, offset, buffers, children, dictionary))`
    pub(crate) fn restored(&mut self, value: Value) -> Result<Option<ArrowArray>> {
        let graph = self.arrays.graph;
        let Some(Call { name: Name::RestoreArray, args, .. }) = graph.known_call(value) else { return Ok(None) };
        match args {
            [parts] => self.parts(*parts, None).map(Some),
            _ => Err(invalid("pyarrow's _restore_array takes a tuple")),
        }
    }

    /// The nesting of an array is that of its type, which is bounded.
    fn parts(&mut self, parts: Value, wanted: Option<&DataType>) -> Result<ArrowArray> {
        let graph = self.arrays.graph;
        let [data_type, length, null_count, offset, buffers, children, dictionary] = *graph.tuple_items(parts)? else {
            return Err(invalid("an array of Arrow is not the tuple of seven that pyarrow writes"));
        };
        self.arrays.charge(PART_COST)?;
        let data_type = self.data_type(data_type)?;
        if let Some(wanted) = wanted.filter(|wanted| !is_same(wanted, &data_type, false)) {
            return Err(Error::mismatch(
                format_args!("an array of {}", short(wanted)),
                format_args!("an array of {}", short(&data_type)),
            ));
        }
        let (length, offset) = (graph.as_u64(length)?, graph.as_u64(offset)?);
        let null_count = match graph.as_i64(null_count)? {
            -1 => None,
            count if u64::try_from(count).is_ok_and(|count| count <= length) => Some(count as u64),
            count => return Err(invalid(format!("{count} of {length} items are null"))),
        };
        // Positions are signed in Arrow.
        let end = offset.checked_add(length).filter(|end| i64::try_from(*end).is_ok());
        let end = end.ok_or_else(|| invalid(format!("an array of {length} items from {offset} on")))?;

        let layout = Layout::of(data_type.storage());
        let places = self.arrays.sequence(buffers)?;
        // pyarrow leaves out what is behind the last buffer that there is.
        if places.len() > layout.buffers && !layout.more {
            return Err(invalid(format!("an array of {} has {} buffers", short(&data_type), places.len())));
        }
        self.arrays.charge(places.len().saturating_mul(PART_COST))?;
        let mut buffers = Vec::new();
        for buffer in places {
            buffers.push(self.buffer(buffer)?);
        }
        buffers.resize(buffers.len().max(layout.buffers), None);

        let parts = self.arrays.sequence(children)?;
        if parts.len() != layout.children.len() {
            let (found, wanted) = (parts.len(), layout.children.len());
            return Err(invalid(format!("an array of {} has {found} children and not {wanted}", short(&data_type))));
        }
        let mut children = Vec::new();
        for (part, wanted) in parts.into_iter().zip(&layout.children) {
            children.push(self.parts(part, Some(wanted))?);
        }
        let dictionary = match (data_type.storage(), graph.node(dictionary)) {
            (DataType::Dictionary(parts, _), Node::Tuple(_)) => {
                let [_, values] = &**parts;
                Some(Box::new(self.parts(dictionary, Some(values))?))
            }
            (DataType::Dictionary(..), _) => return Err(invalid("a dictionary array has no dictionary")),
            (_, Node::None) => None,
            _ => return Err(invalid(format!("an array of {} has a dictionary", short(&data_type)))),
        };
        let array = ArrowArray { data_type, length, null_count, offset, buffers, children, dictionary };
        array.check(end)?;
        Ok(array)
    }

    /// `py_buffer(bytes)`, or nothing.
    fn buffer(&mut self, value: Value) -> Result<Option<Bytes>> {
        let graph = self.arrays.graph;
        if value == Value::NONE {
            return Ok(None);
        }
        match self.py_buffer(value)? {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(graph.not("a buffer of pyarrow", value)),
        }
    }

    pub(super) fn py_buffer(&mut self, value: Value) -> Result<Option<Bytes>> {
        let Some(Call { name: Name::PyBuffer, args: [data], .. }) = self.arrays.graph.known_call(value) else {
            return Ok(None);
        };
        match self.arrays.data(*data)? {
            Some(data) => Ok(Some(data.bytes)),
            None => Err(self.arrays.graph.not("the bytes of a buffer", *data)),
        }
    }
}

/// The same type, but for the names of what lists and maps hold, which pyarrow passes over, too; and, unless they count, for those in a struct,
/// which is what the entries of a map are. The nesting of types was bounded.
pub(super) fn is_same(a: &DataType, b: &DataType, fields_count: bool) -> bool {
    use DataType::*;
    let inner = |a: &Field, b: &Field| is_same(&a.data_type, &b.data_type, fields_count);
    let item = |a: &Field, b: &Field| a.is_nullable == b.is_nullable && inner(a, b);
    let is_named =
        |a: &Field, b: &Field| (&a.name, a.is_nullable, &a.metadata) == (&b.name, b.is_nullable, &b.metadata);
    match (a, b) {
        (List(a), List(b)) | (LargeList(a), LargeList(b)) => item(a, b),
        (ListView(a), ListView(b)) | (LargeListView(a), LargeListView(b)) => item(a, b),
        (FixedSizeList(a, len), FixedSizeList(b, other)) => len == other && item(a, b),
        (Struct(a), Struct(b)) => {
            let mut pairs = a.iter().zip(b.iter());
            a.len() == b.len() && pairs.all(|(a, b)| (!fields_count || is_named(a, b)) && inner(a, b))
        }
        (Map(a, _), Map(b, _)) => {
            let ([key, value], [other_key, other_value]) = (&**a, &**b);
            inner(key, other_key) && item(value, other_value)
        }
        (Extension(a), Extension(b)) => {
            (a.name, &a.metadata) == (b.name, &b.metadata) && is_same(&a.storage, &b.storage, fields_count)
        }
        (a, b) => a == b,
    }
}

impl Layout {
    fn of(data_type: &DataType) -> Layout {
        use DataType::*;
        let (buffers, children) = match data_type {
            Null => (1, Vec::new()),
            Utf8 | LargeUtf8 | Binary | LargeBinary => (3, Vec::new()),
            List(item) | LargeList(item) => (2, vec![item.data_type.clone()]),
            ListView(item) | LargeListView(item) => (3, vec![item.data_type.clone()]),
            FixedSizeList(item, _) => (1, vec![item.data_type.clone()]),
            Struct(fields) => (1, fields.iter().map(|field| field.data_type.clone()).collect()),
            Map(entry, _) => (2, vec![Struct(std::sync::Arc::from(entry.as_slice()))]),
            RunEndEncoded(parts) => (1, parts.to_vec()),
            Union { is_dense, fields, .. } => {
                (2 + *is_dense as usize, fields.iter().map(|field| field.data_type.clone()).collect())
            }
            _ => (2, Vec::new()),
        };
        Layout { buffers, more: matches!(data_type, Utf8View | BinaryView), children }
    }
}

/// How many bits an item has in the buffer behind the validity, where all have the same.
pub(super) fn bits(data_type: &DataType) -> Option<u64> {
    use DataType::*;
    Some(match data_type {
        Bool => 1,
        Int8 | UInt8 => 8,
        Int16 | UInt16 | Float16 => 16,
        Int32 | UInt32 | Float32 | Date32 | Time32(_) => 32,
        Int64 | UInt64 | Float64 | Date64 | Time64(_) | Timestamp(..) | Duration(_) => 64,
        MonthDayNano | Utf8View | BinaryView => 128,
        FixedSizeBinary(size) => u64::from(*size) * 8,
        Decimal { bits, .. } => u64::from(*bits),
        Dictionary(parts, _) => {
            let [indices, _] = &**parts;
            match indices {
                Int8 | UInt8 => 8,
                Int16 | UInt16 => 16,
                Int32 | UInt32 => 32,
                _ => 64,
            }
        }
        _ => return None,
    })
}

impl ArrowArray {
    /// Whether buffers and children reach to `end`, which is offset and length.
    fn check(&self, end: u64) -> Result<()> {
        use DataType::*;
        self.needs(0, end, 1, true)?;
        let storage = self.data_type.storage();
        if let Some(bits) = bits(storage) {
            self.needs(1, end, bits, end == 0)?;
        }
        let child = |index: usize| self.children.get(index).map_or(0, |child| child.length);
        let reach = |wanted: u64, found: u64| match wanted <= found {
            true => Ok(()),
            false => Err(invalid(format!(
                "an array of {} needs {wanted} items of a child, of which there are {found}",
                short(&self.data_type)
            ))),
        };
        match storage {
            Null => match self.buffers.first() {
                Some(Some(_)) => Err(invalid("an array of nulls has a buffer")),
                _ => Ok(()),
            },
            Utf8 | Binary | LargeUtf8 | LargeBinary => {
                let last = self.offsets(end)?;
                let data = self.buffers.get(2).and_then(Option::as_ref).map_or(0, Bytes::len);
                if last > data as u64 {
                    return Err(invalid(format!(
                        "an array of {} ends at byte {last} of {data}",
                        short(&self.data_type)
                    )));
                }
                Ok(())
            }
            List(_) | LargeList(_) | Map(..) => reach(self.offsets(end)?, child(0)),
            ListView(_) | LargeListView(_) => {
                let bits = if matches!(storage, ListView(_)) { 32 } else { 64 };
                self.needs(1, end, bits, end == 0)?;
                self.needs(2, end, bits, end == 0)
            }
            FixedSizeList(_, size) => reach(end.saturating_mul(u64::from(*size)), child(0)),
            Struct(_) => self.children.iter().try_for_each(|child| reach(end, child.length)),
            Union { is_dense, .. } => {
                self.needs(1, end, 8, end == 0)?;
                match is_dense {
                    true => self.needs(2, end, 32, end == 0),
                    false => self.children.iter().try_for_each(|child| reach(end, child.length)),
                }
            }
            RunEndEncoded(_) => reach(child(0), child(1)),
            _ => Ok(()),
        }
    }

    /// An error unless buffer `index` has `count` items of so many bits, or is not there and need not.
    fn needs(&self, index: usize, count: u64, bits: u64, may_lack: bool) -> Result<()> {
        let bytes = u128::from(count) * u128::from(bits);
        let len = match self.buffers.get(index) {
            Some(Some(buffer)) => buffer.len() as u128,
            _ if may_lack => return Ok(()),
            _ => 0,
        };
        if bytes.div_ceil(8) > len {
            let data_type = short(&self.data_type);
            let text = format!("{count} items of {data_type} do not lie in buffer {index}, which has {len} bytes");
            return Err(invalid(text));
        }
        Ok(())
    }

    /// Where the last item ends, by the offsets. Those in between are looked at when somebody asks for an item.
    fn offsets(&self, end: u64) -> Result<u64> {
        let bits = if self.is_large() { 64 } else { 32 };
        // Arrays of no items may have no offsets at all.
        if end == 0 && self.buffers.get(1).and_then(Option::as_ref).is_none_or(|offsets| offsets.is_empty()) {
            return Ok(0);
        }
        self.needs(1, end.saturating_add(1), bits, false)?;
        self.offset_at(end).ok_or_else(|| invalid("an offset of an array of Arrow is negative"))
    }

    fn is_large(&self) -> bool {
        matches!(self.data_type.storage(), DataType::LargeUtf8 | DataType::LargeBinary | DataType::LargeList(_))
    }

    /// Offset `index` of the buffer, not counted from the array's own.
    pub(super) fn offset_at(&self, index: u64) -> Option<u64> {
        let offsets = self.buffers.get(1)?.as_ref()?;
        let index = usize::try_from(index).ok()?;
        if self.is_large() {
            let at = index.checked_mul(8)?;
            let offset = offsets.get(at..at.checked_add(8)?)?;
            u64::try_from(i64::from_le_bytes(offset.try_into().ok()?)).ok()
        } else {
            let at = index.checked_mul(4)?;
            let offset = offsets.get(at..at.checked_add(4)?)?;
            u64::try_from(i32::from_le_bytes(offset.try_into().ok()?)).ok()
        }
    }
}
