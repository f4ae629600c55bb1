//! Any type of serde's as a pickle of protocol 5, as CPython writes the dicts, lists and tuples that it becomes: the same opcodes, batches and
//! frames, and each name of a field or variant once. No graph in between.
//!
//! | serde | Python |
//! |---|---|
//! | struct, map | `dict` |
//! | sequence; tuple, tuple struct | `list`; `tuple` |
//! | newtype struct, `Some` | the value inside |
//! | `()`, unit struct, `None` | `None` |
//! | unit variant; other variants | its name; `{name: value}` |
//! | integers, `f32` and `f64`, `bool`, text and `char`, bytes | `int`, `float`, `bool`, `str`, `bytes` |
//! | [`Buffer`](crate::Buffer) | a buffer out of band; else `bytearray`, or `bytes` if it is read-only |
//! | a field `#[serde(with = "frames_core::as_set")]` | `set` |

mod batch;
mod names;
mod writer;

use crate::node::Buffer;
use frames_core::Result;
use serde::ser::Serialize;
use writer::Writer;

/// A value of any type of serde's as a pickle, all in one.
///
/// # Errors
///
/// The value nests deeper than [`Serializer::depth`] allows; its own [`Serialize`] fails.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Point {
///     name: &'static str,
///     at: (i32, f64),
/// }
/// let pickle = frames_pickle::to_vec(&Point { name: "a", at: (1, 2.5) })?;
/// let graph = frames_pickle::read(&pickle)?;
/// assert_eq!(format!("{graph:?}"), r#"{"name": "a", "at": (1, 2.5)}"#);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    Serializer::new().to_vec(value)
}

/// A value of any type of serde's as a pickle and the buffers that travel beside it: what `pickle.loads(pickle, buffers=buffers)` reads.
///
/// Each [`Buffer`](crate::Buffer) in it is one of them, shared and not copied; [`Serializer::out_of_band`] makes some of plain bytes too.
///
/// # Errors
///
/// As [`to_vec`].
///
/// ```
/// use frames_pickle::Buffer;
/// let data = Buffer::from(vec![7; 1 << 20]);
/// let (pickle, buffers) = frames_pickle::to_frames(&("data", &data))?;
/// assert_eq!((pickle.len() < 40, buffers.len()), (true, 1));
/// assert!(std::ptr::eq(&**buffers[0].bytes(), &**data.bytes()));
///
/// let (_, bytes): (&str, &[u8]) = frames_pickle::from_frames(&pickle, &buffers)?;
/// assert_eq!(bytes.len(), 1 << 20);
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn to_frames<T: Serialize + ?Sized>(value: &T) -> Result<(Vec<u8>, Vec<Buffer>)> {
    Serializer::new().to_frames(value)
}

/// How values are written; the functions [`to_vec`] and [`to_frames`] are of the default.
///
/// ```
/// let pickle = frames_pickle::Serializer::new().depth(4).to_vec(&[1, 2])?;
/// assert_eq!(pickle[..2], [0x80, 5]);
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Serializer {
    depth: u16,
    out_of_band: usize,
}

impl Default for Serializer {
    fn default() -> Self {
        Serializer { depth: 128, out_of_band: usize::MAX }
    }
}

impl Serializer {
    /// The default.
    ///
    /// ```
    /// let pickle = frames_pickle::Serializer::new().to_vec(&())?;
    /// assert_eq!(pickle, b"\x80\x05N.");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn new() -> Self {
        Serializer::default()
    }

    /// How many containers, options and newtype structs may be inside of each other: values nest by recursion, and this bounds the stack.
    /// Default 128.
    ///
    /// ```
    /// assert!(frames_pickle::Serializer::new().depth(1).to_vec(&[[1]]).is_err());
    /// ```
    pub fn depth(mut self, levels: u16) -> Self {
        self.depth = levels;
        self
    }

    /// [`to_frames`](Self::to_frames) sends plain bytes (`serde_bytes`) of so many or more beside the pickle, read-only, and copied once as
    /// serde only lends them. Without it only a [`Buffer`](crate::Buffer) travels so.
    ///
    /// ```
    /// let bytes = serde_bytes::Bytes::new(&[7; 5000]);
    /// let (_, buffers) = frames_pickle::Serializer::new().out_of_band(4096).to_frames(bytes)?;
    /// assert!(buffers[0].is_read_only());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn out_of_band(mut self, len: usize) -> Self {
        self.out_of_band = len;
        self
    }

    /// The pickle of a value.
    ///
    /// # Errors
    ///
    /// As the function [`to_vec`].
    ///
    /// ```
    /// assert_eq!(frames_pickle::Serializer::new().to_vec(&7)?, b"\x80\x05K\x07.");
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_vec<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>> {
        self.run(value, false).map(|(pickle, _)| pickle)
    }

    /// The pickle of a value, and its buffers.
    ///
    /// # Errors
    ///
    /// As the function [`to_vec`].
    ///
    /// ```
    /// let (pickle, buffers) = frames_pickle::Serializer::new().to_frames(&7)?;
    /// assert_eq!((&pickle[..], buffers.len()), (&b"\x80\x05K\x07."[..], 0));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_frames<T: Serialize + ?Sized>(&self, value: &T) -> Result<(Vec<u8>, Vec<Buffer>)> {
        self.run(value, true)
    }

    fn run<T: Serialize + ?Sized>(&self, value: &T, out_of_band: bool) -> Result<(Vec<u8>, Vec<Buffer>)> {
        let mut writer = Writer::new(self.depth, out_of_band.then_some(self.out_of_band));
        value.serialize(&mut writer)?;
        Ok(writer.finish())
    }
}
