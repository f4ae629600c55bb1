//! The codecs in which pieces of frames may travel, as Dask names and frames them.
//!
//! | name | form | feature |
//! |---|---|---|
//! | `lz4` | the length in four bytes, then one block | `lz4` |
//! | `zlib` | one zlib stream | `zlib` |
//! | `zstd` | one zstd frame | `zstd` |
//! | `snappy` | one raw block | `snappy` |
//!
//! A piece is decompressed straight into the frame that it is a part of. No size that a peer claims is allocated at once: memory follows
//! what a codec can make of the bytes that are there, or grows with what it has made, and ends at the limit.

use crate::error::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt;

/// A codec. Which of them can be used is decided by the features of the crate.
///
/// ```
/// use frames_core::Codec;
/// assert_eq!(Codec::Lz4.name(), "lz4");
/// assert_eq!(Codec::parse("lzma").unwrap_err().kind(), frames_core::ErrorKind::Unsupported);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Fast both ways; what Dask takes for `auto` where it is installed.
    Lz4,
    /// Of Python's standard library, so always there.
    Zlib,
    /// The smallest.
    Zstd,
    /// As fast as lz4.
    Snappy,
}

impl Codec {
    /// All of them.
    ///
    /// ```
    /// assert_eq!(frames_core::Codec::ALL.len(), 4);
    /// ```
    pub const ALL: [Codec; 4] = [Codec::Lz4, Codec::Zlib, Codec::Zstd, Codec::Snappy];

    /// The name that Dask uses.
    ///
    /// ```
    /// assert_eq!(frames_core::Codec::Zstd.name(), "zstd");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Codec::Lz4 => "lz4",
            Codec::Zlib => "zlib",
            Codec::Zstd => "zstd",
            Codec::Snappy => "snappy",
        }
    }

    /// The codec of a name.
    ///
    /// # Errors
    ///
    /// No codec has this name.
    ///
    /// ```
    /// use frames_core::Codec;
    /// assert_eq!(Codec::parse("zlib")?, Codec::Zlib);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn parse(name: &str) -> Result<Self> {
        Codec::ALL.into_iter().find(|codec| codec.name() == name).ok_or_else(|| {
            let shown: String = name.chars().take(40).collect();
            Error::new(
                ErrorKind::Unsupported,
                format!("there is no codec {shown:?}; there are lz4, zlib, zstd and snappy"),
            )
        })
    }

    /// True if the feature of this codec is on.
    ///
    /// ```
    /// use frames_core::Codec;
    /// assert_eq!(Codec::Lz4.is_available(), cfg!(feature = "lz4"));
    /// ```
    pub const fn is_available(self) -> bool {
        match self {
            Codec::Lz4 => cfg!(feature = "lz4"),
            Codec::Zlib => cfg!(feature = "zlib"),
            Codec::Zstd => cfg!(feature = "zstd"),
            Codec::Snappy => cfg!(feature = "snappy"),
        }
    }

    pub(crate) fn check_available(self) -> Result<()> {
        if self.is_available() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unsupported, format!("this program was built without the codec {:?}", self.name()))
            .with_help(format!("switch on the feature `{}` of frames-core", self.name())))
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What decompressed bytes may still take, of one value or message.
#[derive(Debug)]
#[cfg_attr(not(any(feature = "lz4", feature = "zlib", feature = "zstd", feature = "snappy")), allow(dead_code))]
pub(crate) struct Budget {
    limit: u64,
    left: u64,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        Budget { limit, left: limit }
    }

    /// Takes `bytes` of it.
    #[cfg_attr(not(any(feature = "lz4", feature = "zlib", feature = "zstd", feature = "snappy")), allow(dead_code))]
    pub(crate) fn spend(&mut self, bytes: u64) -> Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Error::limit(
                "decompressed_bytes",
                self.limit,
                format_args!("{bytes} more, where {} are left", self.left),
            )),
        }
    }
}

/// Payloads smaller than this are not worth a codec, and larger ones take too long. As in `distributed.protocol.compression`.
const WORTH: std::ops::RangeInclusive<usize> = 10_000..=1 << 31;
/// How much of a payload is tried first, and in how many places.
const SAMPLE: usize = 10_000;
const SAMPLES: usize = 5;

/// The bytes compressed, if that is worth it: if a sample and then all of it become at most 0.7 of what they were. Dask takes its
/// samples at random; here they are always the same, so that equal values give equal bytes.
pub(crate) fn worthwhile(codec: Codec, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    codec.check_available()?;
    if !WORTH.contains(&bytes.len()) {
        return Ok(None);
    }
    let small = |compressed: usize, of: usize| compressed as f64 <= 0.7 * of as f64;
    let sample = sample(bytes);
    if !small(compress(codec, &sample)?.len(), sample.len()) {
        return Ok(None);
    }
    let compressed = compress(codec, bytes)?;
    Ok(small(compressed.len(), bytes.len()).then_some(compressed))
}

/// Some runs of the bytes, far from each other, one behind the other; all of them if they are few.
fn sample(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.len() <= SAMPLE * SAMPLES {
        return Cow::Borrowed(bytes);
    }
    let part = bytes.len() / SAMPLES;
    let mut random = bytes.len() as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mut out = Vec::with_capacity(SAMPLE * SAMPLES);
    for i in 0..SAMPLES {
        // Steps of xorshift: where in its fifth a sample starts.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let start = i * part + (random % (part - SAMPLE + 1) as u64) as usize;
        out.extend_from_slice(bytes.get(start..start + SAMPLE).unwrap_or_default());
    }
    Cow::Owned(out)
}

fn compress(codec: Codec, bytes: &[u8]) -> Result<Vec<u8>> {
    match codec {
        #[cfg(feature = "lz4")]
        Codec::Lz4 => lz4::compress(bytes),
        #[cfg(feature = "zlib")]
        Codec::Zlib => zlib::compress(bytes),
        #[cfg(feature = "zstd")]
        Codec::Zstd => zstandard::compress(bytes),
        #[cfg(feature = "snappy")]
        Codec::Snappy => snappy::compress(bytes),
        #[allow(unreachable_patterns, reason = "where all features are on")]
        _ => Err(missing(codec, bytes)),
    }
}

/// Appends what a piece was compressed from to its frame.
pub(crate) fn decompress(codec: Codec, bytes: &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<()> {
    match codec {
        #[cfg(feature = "lz4")]
        Codec::Lz4 => lz4::decompress(bytes, out, budget),
        #[cfg(feature = "zlib")]
        Codec::Zlib => zlib::decompress(bytes, out, budget),
        #[cfg(feature = "zstd")]
        Codec::Zstd => zstandard::decompress(bytes, out, budget),
        #[cfg(feature = "snappy")]
        Codec::Snappy => snappy::decompress(bytes, out, budget),
        #[allow(unreachable_patterns, reason = "where all features are on")]
        _ => {
            let _ = (out, budget);
            Err(missing(codec, bytes))
        }
    }
}

#[allow(dead_code, reason = "where all features are on")]
#[cold]
fn missing(codec: Codec, _: &[u8]) -> Error {
    match codec.check_available() {
        Err(error) => error,
        Ok(()) => malformed(codec, "it is not to be had"),
    }
}

#[allow(dead_code, reason = "where no feature is on")]
#[cold]
fn malformed(codec: Codec, why: impl fmt::Display) -> Error {
    Error::invalid(format!("a piece is no {codec}: {why}"))
}

/// Room of `len` bytes behind those that are there, if that many can come of `bytes` at all.
#[cfg(any(feature = "lz4", feature = "snappy"))]
fn room<'o>(codec: Codec, len: u64, most: u64, out: &'o mut Vec<u8>, budget: &mut Budget) -> Result<&'o mut [u8]> {
    if len > most {
        return Err(malformed(
            codec,
            format_args!("it says that it was {len} bytes, where at most {most} fit into it"),
        ));
    }
    budget.spend(len)?;
    let start = out.len();
    out.resize(start + len as usize, 0);
    Ok(out.get_mut(start..).unwrap_or_default())
}

/// Room behind those that are there, for a codec whose sizes are not known: as much as was made before, and a little at least.
#[cfg(any(feature = "zlib", feature = "zstd"))]
fn more_room(out: &mut Vec<u8>, made: usize, budget: &mut Budget) -> Result<()> {
    const LEAST: u64 = 64 << 10;
    let wanted = (made as u64).max(LEAST).min(budget.left);
    budget.spend(wanted.max(1))?;
    out.resize(out.len() + wanted as usize, 0);
    Ok(())
}

#[cfg(feature = "lz4")]
mod lz4 {
    use super::{Budget, Codec, Result, malformed, room};

    pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(lz4_flex::block::compress_prepend_size(bytes))
    }

    pub(super) fn decompress(bytes: &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<()> {
        let Some((size, block)) = bytes.split_first_chunk::<4>() else {
            return Err(malformed(Codec::Lz4, "it is too short for its size"));
        };
        // A byte of a match is worth 255 at most.
        let most = (block.len() as u64).saturating_mul(255);
        let room = room(Codec::Lz4, u32::from_le_bytes(*size).into(), most, out, budget)?;
        let found = lz4_flex::block::decompress_into(block, room).map_err(|e| malformed(Codec::Lz4, e))?;
        match found == room.len() {
            true => Ok(()),
            false => Err(malformed(Codec::Lz4, format_args!("{found} bytes came of it, not {}", room.len()))),
        }
    }
}

#[cfg(feature = "snappy")]
mod snappy {
    use super::{Budget, Codec, Result, malformed, room};

    pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
        snap::raw::Encoder::new().compress_vec(bytes).map_err(|e| malformed(Codec::Snappy, e))
    }

    pub(super) fn decompress(bytes: &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<()> {
        let len = snap::raw::decompress_len(bytes).map_err(|e| malformed(Codec::Snappy, e))?;
        // Three bytes copy 64 at most.
        let most = (bytes.len() as u64).saturating_mul(64);
        let room = room(Codec::Snappy, len as u64, most, out, budget)?;
        let found = snap::raw::Decoder::new().decompress(bytes, room).map_err(|e| malformed(Codec::Snappy, e))?;
        match found == room.len() {
            true => Ok(()),
            false => Err(malformed(Codec::Snappy, format_args!("{found} bytes came of it, not {}", room.len()))),
        }
    }
}

#[cfg(feature = "zlib")]
mod zlib {
    use super::{Budget, Codec, Result, malformed, more_room};
    use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

    pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
        let mut stream = Compress::new(Compression::default(), true);
        let mut out = Vec::with_capacity(bytes.len() / 2 + 64);
        loop {
            let rest = bytes.get(stream.total_in() as usize..).unwrap_or_default();
            let status =
                stream.compress_vec(rest, &mut out, FlushCompress::Finish).map_err(|e| malformed(Codec::Zlib, e))?;
            match status {
                Status::StreamEnd => return Ok(out),
                Status::Ok | Status::BufError => out.reserve(bytes.len() / 4 + 64),
            }
        }
    }

    pub(super) fn decompress(bytes: &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<()> {
        let (start, mut stream) = (out.len(), Decompress::new(true));
        loop {
            let (read, made) = (stream.total_in() as usize, stream.total_out() as usize);
            if start + made == out.len() {
                more_room(out, made, budget)?;
            }
            let (rest, room) = (bytes.get(read..).unwrap_or_default(), out.get_mut(start + made..).unwrap_or_default());
            let status = stream.decompress(rest, room, FlushDecompress::None).map_err(|e| malformed(Codec::Zlib, e))?;
            let (all_read, all_made) = (stream.total_in() as usize, stream.total_out() as usize);
            match status {
                Status::StreamEnd if all_read == bytes.len() => {
                    budget.left += (out.len() - start - all_made) as u64;
                    out.truncate(start + all_made);
                    return Ok(());
                }
                Status::StreamEnd => return Err(malformed(Codec::Zlib, "bytes are left behind it")),
                Status::Ok | Status::BufError if (all_read, all_made) == (read, made) => {
                    return Err(malformed(Codec::Zlib, "it is cut"));
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }
}

#[cfg(feature = "zstd")]
mod zstandard {
    use super::{Budget, Codec, Error, Result, malformed, more_room};
    use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

    pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>> {
        zstd::bulk::compress(bytes, 3).map_err(|e| malformed(Codec::Zstd, e))
    }

    pub(super) fn decompress(bytes: &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<()> {
        let mut decoder = Decoder::new().map_err(|e| malformed(Codec::Zstd, e))?;
        check_window(bytes, budget)?;
        let (start, mut made, mut input) = (out.len(), 0, InBuffer::around(bytes));
        loop {
            if start + made == out.len() {
                more_room(out, made, budget)?;
            }
            let before = (input.pos(), made);
            let mut output = OutBuffer::around(out.get_mut(start + made..).unwrap_or_default());
            let left = decoder.run(&mut input, &mut output).map_err(|e| malformed(Codec::Zstd, e))?;
            made += output.pos();
            match (left, input.pos() == bytes.len()) {
                (0, true) => {
                    budget.left += (out.len() - start - made) as u64;
                    out.truncate(start + made);
                    return Ok(());
                }
                (0, false) => return Err(malformed(Codec::Zstd, "bytes are left behind it")),
                _ if before == (input.pos(), made) => return Err(malformed(Codec::Zstd, "it is cut")),
                _ => {}
            }
        }
    }

    /// zstd itself allocates the window that a frame asks for, up to 128 MiB, before it has made a byte. What Dask writes asks for no
    /// more than comes of it; a frame from a stream may, and counts as what it asks for.
    fn check_window(bytes: &[u8], budget: &Budget) -> Result<()> {
        const SINGLE_SEGMENT: u8 = 1 << 5;
        let [0x28, 0xb5, 0x2f, 0xfd, descriptor, window, ..] = *bytes else { return Ok(()) };
        let window = match descriptor & SINGLE_SEGMENT {
            0 => (1 << (10 + (window >> 3))) / 8 * u64::from(8 + (window & 7)),
            _ => zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().unwrap_or(0),
        };
        if window > budget.left.max(1 << 10) {
            return Err(Error::limit(
                "decompressed_bytes",
                budget.limit,
                format_args!("a window of {window} bytes, where {} are left", budget.left),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available() -> impl Iterator<Item = Codec> {
        Codec::ALL.into_iter().filter(|codec| codec.is_available())
    }

    fn undo(codec: Codec, bytes: &[u8], limit: u64) -> Result<Vec<u8>> {
        let mut out = b"before".to_vec();
        decompress(codec, bytes, &mut out, &mut Budget::new(limit))?;
        Ok(out.split_off(6))
    }

    #[test]
    fn what_is_compressed_comes_back() {
        for codec in available() {
            for bytes in [&b""[..], b"a", &[7; 70_000], &(0..200_000u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>()]
            {
                let small = compress(codec, bytes).unwrap();
                assert_eq!(undo(codec, &small, bytes.len() as u64 + (64 << 10)).unwrap(), bytes, "{codec}");
            }
        }
    }

    #[test]
    fn a_cut_is_an_error_and_so_is_more() {
        let bytes: Vec<u8> = (0..3000u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
        for codec in available() {
            let small = compress(codec, &bytes).unwrap();
            for cut in 0..small.len() {
                assert!(undo(codec, &small[..cut], 1 << 20).is_err(), "{codec} cut at {cut}");
            }
            assert!(undo(codec, &[&small[..], b"\0"].concat(), 1 << 20).is_err(), "{codec} with a byte more");
        }
    }

    #[test]
    fn the_limit_holds_before_memory_is_taken() {
        for codec in available() {
            let bomb = compress(codec, &vec![0; 10 << 20]).unwrap();
            let error = undo(codec, &bomb, 1 << 20).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{codec}: {error}");
        }
        for (codec, lie) in [(Codec::Lz4, &b"\xff\xff\xff\xff\x10a"[..]), (Codec::Snappy, b"\xff\xff\xff\xff\x0f\x00a")]
        {
            if codec.is_available() {
                assert_eq!(undo(codec, lie, u64::MAX).unwrap_err().kind(), ErrorKind::Invalid, "{codec}");
            }
        }
    }

    #[test]
    fn only_what_is_worth_it_is_compressed() {
        let mut random = 1u64;
        let noise = std::iter::repeat_with(|| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 56) as u8
        });
        let noise: Vec<u8> = noise.take(200_000).collect();
        for codec in available() {
            assert_eq!(worthwhile(codec, &noise).unwrap(), None, "{codec}: noise");
            assert_eq!(worthwhile(codec, &[0; 9_999]).unwrap(), None, "{codec}: few");
            let zeros = worthwhile(codec, &[0; 200_000]).unwrap().unwrap();
            assert_eq!(worthwhile(codec, &[0; 200_000]).unwrap().unwrap(), zeros, "{codec}: the same each time");
        }
        for codec in Codec::ALL.into_iter().filter(|codec| !codec.is_available()) {
            let error = worthwhile(codec, &[0; 200_000]).unwrap_err();
            assert!(error.to_string().contains(codec.name()), "{error}");
        }
    }
}
