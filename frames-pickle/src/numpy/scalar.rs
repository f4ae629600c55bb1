//! numpy's scalars: an item outside of an array.

use super::Arrays;
use crate::aliases::Name;
use crate::graph::Graph;
use crate::look::{Call, invalid, unsupported};
use crate::node::Node;
use crate::value::Value;
use frames_core::{ByteOrder, DType, NdArray, Result};

/// The scalar of numpy that `value` is, as an array of no dimensions; `None` if it is none.
///
/// # Errors
///
/// It is one as numpy does not write it.
///
/// ```
/// // np.float64(1.5), in the form that all versions of numpy read
/// let graph = frames_pickle::read(b"cnumpy\nfloat64\n(F1.5\ntR.")?;
/// let scalar = frames_pickle::numpy::scalar(&graph, graph.root())?.unwrap();
/// assert_eq!((scalar.shape().len(), scalar.to_vec::<f64>()?), (0, vec![1.5]));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn scalar(graph: &Graph<'_>, value: Value) -> Result<Option<NdArray>> {
    Arrays::new(graph).scalar(value)
}

impl Arrays<'_> {
    pub(crate) fn scalar(&mut self, value: Value) -> Result<Option<NdArray>> {
        let graph = self.graph;
        let Some(call) = graph.known_call(value) else { return Ok(None) };
        match (call.name, call.args) {
            (Name::Scalar, [dtype, rest @ ..]) => {
                let dtype = self.dtype(*dtype)?;
                if self.has_objects(&dtype)? {
                    return Err(unsupported("a scalar of numpy that holds an object"));
                }
                let bytes = match rest {
                    [] => bytes::Bytes::from(vec![0; check_small(&dtype)?]),
                    [bytes, ..] => match self.data(*bytes)? {
                        Some(data) => data.bytes,
                        None => return Err(graph.not("the bytes of a scalar", *bytes)),
                    },
                };
                // numpy's scalars cannot be changed.
                NdArray::new(dtype, &[], None, bytes).map(|scalar| Some(scalar.read_only()))
            }
            (Name::ScalarClass(typestr), [argument]) if self.state(&call)?.is_none() => {
                let (dtype, bytes) = self.of_python(typestr, *argument)?;
                NdArray::new(dtype, &[], None, bytes).map(|scalar| Some(scalar.read_only()))
            }
            _ => Ok(None),
        }
    }

    /// A class of scalars called with an object of Python.
    fn of_python(&mut self, typestr: &str, argument: Value) -> Result<(DType, Vec<u8>)> {
        let graph = self.graph;
        let dtype = DType::parse(typestr)?;
        let misfit = || graph.not(&format!("an argument for {dtype}"), argument);
        let bytes = match (dtype.kind(), dtype.itemsize(), graph.node(argument)) {
            ('b', _, Node::Bool(value)) => vec![value as u8],
            ('i' | 'u', size, Node::Int(int)) => {
                let number = int.to_i128().ok_or_else(misfit)?;
                let bits = size as u32 * 8;
                let range =
                    if dtype.kind() == 'i' { -(1i128 << (bits - 1))..1i128 << (bits - 1) } else { 0..1i128 << bits };
                if !range.contains(&number) {
                    return Err(invalid(format!("{number} is out of the range of {dtype}")));
                }
                ordered(&number.to_le_bytes(), size)
            }
            ('f', size @ (2 | 4 | 8), node) => float(as_f64(&node).ok_or_else(misfit)?, size),
            ('c', size, Node::Object(_)) => match graph.known_call(argument) {
                Some(Call { name: Name::Complex, args: [re, im], .. }) => {
                    let part = |value: Value| as_f64(&graph.node(value)).ok_or_else(misfit);
                    [float(part(*re)?, size / 2), float(part(*im)?, size / 2)].concat()
                }
                _ => return Err(misfit()),
            },
            ('c', size, node) => [float(as_f64(&node).ok_or_else(misfit)?, size / 2), float(0.0, size / 2)].concat(),
            ('S', _, Node::Bytes(bytes)) => {
                self.charge(bytes.len())?;
                return Ok((DType::parse(&format!("|S{}", bytes.len()))?, bytes.to_vec()));
            }
            ('U', _, Node::Str(text)) => {
                self.charge(4 * text.as_wtf8().len())?;
                let text = text.as_str().ok_or_else(|| unsupported("a numpy.str_ with a lone surrogate"))?;
                let bytes: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect();
                return Ok((DType::parse(&format!("=U{}", bytes.len() / 4))?, bytes));
            }
            _ => return Err(misfit()),
        };
        Ok((dtype, bytes))
    }
}

fn as_f64(node: &Node<'_>) -> Option<f64> {
    match node {
        Node::Float(number) => Some(*number),
        // As Python would, but only where nothing is lost.
        Node::Int(int) => int.to_i64().filter(|n| n.unsigned_abs() <= 1 << 53).map(|n| n as f64),
        _ => None,
    }
}

/// Rounded as numpy does.
fn float(number: f64, size: usize) -> Vec<u8> {
    match size {
        2 => half(number).to_ne_bytes().to_vec(),
        4 => (number as f32).to_ne_bytes().to_vec(),
        _ => number.to_ne_bytes().to_vec(),
    }
}

/// The nearest number of 16 bits, of two that are as near the even one.
fn half(number: f64) -> u16 {
    let bits = number.to_bits();
    let sign = (bits >> 48) as u16 & 0x8000;
    let (power, fraction) = ((bits >> 52) as i32 & 0x7ff, bits & ((1 << 52) - 1));
    let magnitude = match power - 1023 {
        1024 if fraction == 0 => 0x7c00,
        // What is left of the payload, and something is.
        1024 => 0x7c00 | ((fraction >> 42) as u16).max(1),
        16.. => 0x7c00,
        ..=-26 => 0,
        power => {
            // Below the smallest normal number, digits fall out. A digit that is carried is one of the power.
            let digits = fraction | 1 << 52;
            let lost = 42 + (-14 - power).max(0) as u32;
            let (kept, rest) = ((digits >> lost) as u16, digits & ((1 << lost) - 1));
            let middle = 1 << (lost - 1);
            let up = rest > middle || rest == middle && kept & 1 == 1;
            ((power.max(-14) + 14) as u16) * 0x400 + kept + up as u16
        }
    };
    sign | magnitude
}

/// The lowest bytes of a number, in the order of this machine.
fn ordered(little: &[u8], size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = little.iter().take(size).copied().collect();
    if ByteOrder::NATIVE == ByteOrder::Big {
        bytes.reverse();
    }
    bytes
}

/// A scalar without bytes is one of zeros, of which numpy writes only those of no size.
fn check_small(dtype: &DType) -> Result<usize> {
    match dtype.itemsize() {
        size if size <= 64 => Ok(size),
        size => Err(invalid(format!("a scalar of {size} bytes has none of them"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 16 bits, exactly.
    fn of_half(bits: u16) -> f64 {
        let (power, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
        let magnitude = match power {
            0 => fraction * 2f64.powi(-24),
            power => (1024.0 + fraction) * 2f64.powi(power - 25),
        };
        if bits & 0x8000 == 0 { magnitude } else { -magnitude }
    }

    #[test]
    fn halves_are_the_nearest_and_of_two_the_even_one() {
        for bits in (0..0x7c00).chain(0x8000..0xfc00) {
            assert_eq!(half(of_half(bits)), bits);
            // The last one's upper neighbour would be infinity: it is where it begins.
            let (here, next) = (of_half(bits), of_half(bits + 1));
            let middle = (here + next) / 2.0;
            let even = bits + (bits & 1);
            assert_eq!(half(middle), even, "{middle}");
            assert_eq!(half(f64::from_bits(middle.to_bits() - 1)), bits, "{middle}");
            assert_eq!(half(f64::from_bits(middle.to_bits() + 1)), bits + 1, "{middle}");
        }
        for (number, bits) in [
            (f64::INFINITY, 0x7c00),
            (f64::NEG_INFINITY, 0xfc00),
            (65519.99, 0x7bff),
            (65520.0, 0x7c00),
            (f64::MAX, 0x7c00),
            (f64::MIN_POSITIVE, 0),
            (-f64::from_bits(1), 0x8000),
            (2f64.powi(-25), 0),
            (f64::NAN, 0x7e00),
        ] {
            assert_eq!(half(number), bits, "{number}");
        }
        assert_eq!(half(f64::from_bits(0x7ff0_0000_0000_0001)), 0x7c01, "still no number");
    }
}
