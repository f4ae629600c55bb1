//! numpy's scalars, which are arrays of no dimensions, as the plain values that they say.

use super::Part;
use crate::graph::Graph;
use crate::numpy;
use frames_core::{FillValue, NdArray, Result, rmpv};

/// A scalar of numpy: a text, bytes or number, if it is one, whose type in Python is one of `str`, `bytes` and the like.
pub(super) fn scalar(array: NdArray) -> Result<Part> {
    match array.dtype().kind() {
        'U' => {
            let is_native = array.dtype().is_native();
            let codes = array.as_bytes().chunks_exact(4).map(|code| {
                let code = code.try_into().map_or(0, u32::from_ne_bytes);
                if is_native { code } else { code.swap_bytes() }
            });
            Ok(match codes.map(char::from_u32).collect::<Option<String>>() {
                Some(text) => Part::Plain(text.trim_end_matches('\0').into()),
                // Half of a surrogate pair.
                None => Part::Array(Box::new(array)),
            })
        }
        'S' => {
            let bytes = array.frame().clone().into_bytes();
            let len = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            Ok(Part::Bytes(bytes.slice(..len)))
        }
        _ => number(array),
    }
}

/// A number, if it is one; else an array without dimensions.
pub(super) fn number(array: NdArray) -> Result<Part> {
    let dtype = array.dtype();
    let number: Option<rmpv::Value> = match (dtype.kind(), dtype.itemsize()) {
        ('b', _) => array.as_bytes().first().map(|value| (*value != 0).into()),
        ('i', 1) => array.to_vec::<i8>()?.first().map(|value| (*value).into()),
        ('i', 2) => array.to_vec::<i16>()?.first().map(|value| (*value).into()),
        ('i', 4) => array.to_vec::<i32>()?.first().map(|value| (*value).into()),
        ('i', 8) => array.to_vec::<i64>()?.first().map(|value| (*value).into()),
        ('u', 1) => array.to_vec::<u8>()?.first().map(|value| (*value).into()),
        ('u', 2) => array.to_vec::<u16>()?.first().map(|value| (*value).into()),
        ('u', 4) => array.to_vec::<u32>()?.first().map(|value| (*value).into()),
        ('u', 8) => array.to_vec::<u64>()?.first().map(|value| (*value).into()),
        ('f', 4) => array.to_vec::<f32>()?.first().map(|value| (*value).into()),
        ('f', 8) => array.to_vec::<f64>()?.first().map(|value| (*value).into()),
        _ => None,
    };
    Ok(match number {
        Some(number) => Part::Plain(number),
        None => Part::Array(Box::new(array)),
    })
}

/// What a masked array is filled with, of an array of no dimensions: a number, or the pickle of the array.
pub(super) fn fill(item: &NdArray) -> Result<FillValue> {
    if let Part::Plain(number) = number(item.clone())? {
        return Ok(match number {
            rmpv::Value::Boolean(value) => FillValue::Bool(value),
            rmpv::Value::F32(value) => FillValue::Float(value.into()),
            rmpv::Value::F64(value) => FillValue::Float(value),
            rmpv::Value::Integer(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => FillValue::Int(number),
                (None, Some(number)) => FillValue::UInt(number),
                (None, None) => FillValue::Default,
            },
            _ => FillValue::Default,
        });
    }
    let mut graph = Graph::new();
    let root = numpy::numpy_ndarray(&mut graph, item);
    graph.set_root(root);
    Ok(FillValue::Pickle(crate::Writer::new().write(&graph)?.bytes))
}
