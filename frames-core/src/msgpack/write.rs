//! Writing msgpack: each function appends the shortest form of one value, as msgpack-python does.

use crate::error::{Error, ErrorKind, Result};

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn nil(out: &mut Vec<u8>) {
    out.push(0xc0);
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn bool(out: &mut Vec<u8>, value: bool) {
    out.push(0xc2 | value as u8);
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn uint(out: &mut Vec<u8>, n: u64) {
    if n < 0x80 {
        out.push(n as u8);
    } else if n <= 0xff {
        out.extend_from_slice(&[0xcc, n as u8]);
    } else if n <= 0xffff {
        let b = (n as u16).to_be_bytes();
        out.extend_from_slice(&[0xcd, b[0], b[1]]);
    } else if n <= 0xffff_ffff {
        let b = (n as u32).to_be_bytes();
        out.extend_from_slice(&[0xce, b[0], b[1], b[2], b[3]]);
    } else {
        wide(out, 0xcf, n.to_be_bytes());
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn int(out: &mut Vec<u8>, n: i64) {
    if n >= 0 {
        uint(out, n as u64);
    } else if n >= -32 {
        out.push(n as u8);
    } else if n >= i8::MIN.into() {
        out.extend_from_slice(&[0xd0, n as u8]);
    } else if n >= i16::MIN.into() {
        let b = (n as i16).to_be_bytes();
        out.extend_from_slice(&[0xd1, b[0], b[1]]);
    } else if n >= i32::MIN.into() {
        let b = (n as i32).to_be_bytes();
        out.extend_from_slice(&[0xd2, b[0], b[1], b[2], b[3]]);
    } else {
        wide(out, 0xd3, n.to_be_bytes());
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn wide(out: &mut Vec<u8>, marker: u8, b: [u8; 8]) {
    // One write of nine bytes: a push and an extend check the capacity twice.
    out.extend_from_slice(&[marker, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn f32(out: &mut Vec<u8>, value: f32) {
    let b = value.to_be_bytes();
    out.extend_from_slice(&[0xca, b[0], b[1], b[2], b[3]]);
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn f64(out: &mut Vec<u8>, value: f64) {
    wide(out, 0xcb, value.to_be_bytes());
}

/// The marker and length in front of text; an error beyond 4 GiB, before anything is written.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn str_len(out: &mut Vec<u8>, len: usize) -> Result<()> {
    if len < 32 {
        out.push(0xa0 | len as u8);
        Ok(())
    } else {
        long_len(out, len, Some(0xd9), 0xda, 0xdb, "text")
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn str(out: &mut Vec<u8>, text: &str) -> Result<()> {
    str_len(out, text.len())?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn bin(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    long_len(out, bytes.len(), Some(0xc4), 0xc5, 0xc6, "a byte string")?;
    out.extend_from_slice(bytes);
    Ok(())
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn array_len(out: &mut Vec<u8>, len: usize) -> Result<()> {
    if len < 16 {
        out.push(0x90 | len as u8);
        Ok(())
    } else {
        long_len(out, len, None, 0xdc, 0xdd, "a list")
    }
}

#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn map_len(out: &mut Vec<u8>, len: usize) -> Result<()> {
    if len < 16 {
        out.push(0x80 | len as u8);
        Ok(())
    } else {
        long_len(out, len, None, 0xde, 0xdf, "a map")
    }
}

fn long_len(out: &mut Vec<u8>, len: usize, m8: Option<u8>, m16: u8, m32: u8, what: &str) -> Result<()> {
    match (m8, len) {
        (Some(m8), 0..=0xff) => out.extend_from_slice(&[m8, len as u8]),
        (_, 0..=0xffff) => {
            let b = (len as u16).to_be_bytes();
            out.extend_from_slice(&[m16, b[0], b[1]]);
        }
        _ => {
            let Ok(n) = u32::try_from(len) else { return Err(too_long(what, len)) };
            let b = n.to_be_bytes();
            out.extend_from_slice(&[m32, b[0], b[1], b[2], b[3]]);
        }
    }
    Ok(())
}

#[cold]
fn too_long(what: &str, len: usize) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{what} of length {len} does not fit msgpack, which ends at 2³² − 1"))
        .with_help("send it as a frame of its own: bytes, or an array of numbers")
}
