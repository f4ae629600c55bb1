//! Masked arrays: data, mask, and what stands for what is masked.

use super::array::{Order, class_name, whole};
use super::{ArrayData, Arrays};
use crate::aliases::Name;
use crate::graph::Graph;
use crate::look::{Call, Data, invalid};
use crate::node::Node;
use crate::value::Value;
use frames_core::{DType, Field, NdArray, Result};
use std::borrow::Cow;

/// An array of numpy in which some items count as missing.
///
/// ```
/// # fn f(graph: &frames_pickle::Graph<'_>) -> frames_core::Result<()> {
/// if let Some(array) = frames_pickle::numpy::masked(graph, graph.root())? {
///     assert_eq!(array.data.shape(), array.mask.shape());
/// }
/// # Ok(()) }
/// # f(&frames_pickle::Graph::new()).unwrap();
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MaskedArray {
    /// Module and name of the class, mostly `numpy.ma.MaskedArray`.
    pub class: Cow<'static, str>,
    /// The items, also those that are masked.
    pub data: ArrayData,
    /// A bool for each item, true where it is masked; for a record a bool for each field.
    pub mask: NdArray,
    /// What numpy puts in the place of masked items: an array of no dimensions, or `None` for its default.
    pub fill_value: Value,
}

/// The masked array that `value` is; `None` if it is none.
///
/// # Errors
///
/// It is one as numpy does not write it.
///
/// ```
/// let graph = frames_pickle::read(b"N.")?;
/// assert!(frames_pickle::numpy::masked(&graph, graph.root())?.is_none());
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn masked(graph: &Graph<'_>, value: Value) -> Result<Option<MaskedArray>> {
    Arrays::new(graph).masked(value)
}

/// True if `value` is `numpy.ma.masked`, the item that a masked array gives out.
///
/// ```
/// let graph = frames_pickle::read(b"cnumpy.ma.core\nMaskedConstant\n)R.")?;
/// assert!(frames_pickle::numpy::is_masked_constant(&graph, graph.root()));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn is_masked_constant(graph: &Graph<'_>, value: Value) -> bool {
    matches!(graph.known_call(value), Some(Call { name: Name::MaskedConstant, .. }))
}

impl Arrays<'_> {
    pub(crate) fn masked(&mut self, value: Value) -> Result<Option<MaskedArray>> {
        let graph = self.graph;
        let Some(call @ Call { name: Name::MaReconstruct, .. }) = graph.known_call(value) else { return Ok(None) };
        let Some(class) = graph.global_path(call.arg(0)) else { return Err(graph.not("a class", call.arg(0))) };
        let Some(state) = self.state(&call)? else { return Err(invalid("a masked array has no state")) };
        let [_, shape, dtype, is_fortran, data, mask, fill_value] = *graph.tuple_items(state)? else {
            return match graph.known(call.arg(0)) {
                Some(Name::MaskedArray) => {
                    Err(invalid("the state of a masked array is not the tuple that numpy writes"))
                }
                // A subclass, which has a state of its own.
                _ => Ok(None),
            };
        };
        let data = self.of_state(shape, dtype, is_fortran, data)?;
        let mask_dtype = match &data {
            ArrayData::Plain(array) => self.mask_dtype(array.dtype())?,
            ArrayData::Objects(array) => match array.dtype() {
                Some(dtype) => self.mask_dtype(dtype)?,
                None => DType::parse("|b1")?,
            },
        };
        let order = if graph.as_bool(is_fortran)? { Order::F } else { Order::C };
        let Some(bytes) = self.data(mask)? else { return Err(graph.not("the bytes of a mask", mask)) };
        let mask = whole(mask_dtype, data.shape(), order, Data { is_writeable: true, ..bytes })?;
        let fill_value = match graph.node(fill_value) {
            Node::None => Value::NONE,
            _ => fill_value,
        };
        Ok(Some(MaskedArray { class: class_name(class), data, mask, fill_value }))
    }

    /// A bool in the place of each number. The nesting of a dtype is bounded where it is made, and its parts are paid for.
    fn mask_dtype(&mut self, dtype: &DType) -> Result<DType> {
        if let Some((base, shape)) = dtype.subarray() {
            return DType::array(self.mask_dtype(base)?, shape);
        }
        let Some(fields) = dtype.fields() else { return DType::parse("|b1") };
        let (mut masks, mut end) = (Vec::new(), 0);
        for field in fields {
            self.charge(32 + field.name.len())?;
            let dtype = self.mask_dtype(&field.dtype)?;
            let size = dtype.itemsize();
            masks.push(Field::new(field.name.clone(), end, dtype));
            end += size;
        }
        DType::structured(masks, end)
    }
}
