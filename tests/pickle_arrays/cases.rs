//! Pickles that Python made, with what it says of them.

use crate::python;
use frames_core::NdArray;
use frames_core::bytes::Bytes;
use frames_pickle::{Buffer, Graph, Reader};
use serde_json::{Value, from_slice};
use std::process::Command;

pub(crate) struct Case {
    about: Value,
    pub(crate) pickle: Vec<u8>,
    pub(crate) buffers: Vec<Buffer>,
}

impl Case {
    fn new(parts: Vec<Vec<u8>>) -> Case {
        let mut parts = parts.into_iter();
        let about: Value = from_slice(&parts.next().unwrap()).unwrap();
        let pickle = parts.next().unwrap();
        let read_only = about["readonly"].as_array().unwrap();
        let buffers = parts.zip(read_only).map(|(bytes, read_only)| {
            let buffer = Buffer::from(Bytes::from(bytes));
            if read_only == true { buffer.read_only() } else { buffer }
        });
        Case { buffers: buffers.collect(), about, pickle }
    }

    pub(crate) fn kind(&self) -> &str {
        self.about["kind"].as_str().unwrap()
    }

    pub(crate) fn name(&self) -> &str {
        self.about["name"].as_str().unwrap()
    }

    pub(crate) fn expect(&self) -> &Value {
        &self.about["expect"]
    }

    pub(crate) fn graph(&self) -> Graph<'_> {
        Reader::new().buffers(self.buffers.iter().cloned()).read(&self.pickle).unwrap()
    }

    /// True if the bytes lie in a buffer that was given.
    pub(crate) fn is_shared(&self, bytes: &[u8]) -> bool {
        self.buffers.iter().any(|buffer| buffer.bytes().as_ptr_range().contains(&bytes.as_ptr()))
    }
}

/// Of the Python of the tests; `None` where the user has none.
pub(crate) fn live(kinds: &[&str]) -> Option<Vec<Case>> {
    let output = script("make", kinds)?.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(cases(&output.stdout))
}

/// The script, not yet run.
pub(crate) fn script(what: &str, more: &[&str]) -> Option<Command> {
    if python::skip() {
        return None;
    }
    let interpreter = python::interpreter().unwrap_or_else(|reason| panic!("{reason}"));
    let mut command = python::isolated(interpreter);
    command.arg(python::workspace().join("tests/python/pickle_arrays.py")).arg(what).args(more);
    Some(command)
}

pub(crate) fn golden() -> Vec<Case> {
    cases(include_bytes!("../golden/pickle_arrays.bin"))
}

fn cases(mut bytes: &[u8]) -> Vec<Case> {
    let mut cases = Vec::new();
    while !bytes.is_empty() {
        let count = u32::from_le_bytes(bytes[..4].try_into().unwrap());
        bytes = &bytes[4..];
        let mut parts = Vec::new();
        for _ in 0..count {
            let len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            parts.push(bytes[8..8 + len].to_vec());
            bytes = &bytes[8 + len..];
        }
        cases.push(Case::new(parts));
    }
    cases
}

/// An error unless the two are the same.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?} and not {expected:?}")) }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The elements one after the other, the last dimension fastest, in hexadecimal: numpy's `tobytes().hex()`.
pub(crate) fn elements(array: &NdArray) -> String {
    let (shape, itemsize) = (array.shape(), array.dtype().itemsize());
    let count: u64 = shape.iter().product();
    let mut index = vec![0u64; shape.len()];
    let mut out = Vec::new();
    for _ in 0..count {
        let at: i64 = index.iter().zip(array.strides()).map(|(&i, &stride)| i as i64 * stride).sum();
        out.extend_from_slice(&array.as_bytes()[at as usize..][..itemsize]);
        for (i, &n) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < n {
                break;
            }
            *i = 0;
        }
    }
    hex(&out)
}

/// Compares an array with what Python's `plain` says.
pub(crate) fn plain(array: &NdArray, expect: &Value) -> Result<(), String> {
    same("dtype", array.dtype().to_string().as_str(), expect["dtype"].as_str().unwrap())?;
    same("shape", array.shape().to_vec(), numbers(&expect["shape"]))?;
    same("writeable", array.is_writeable(), expect["writeable"] == true)?;
    same("bytes", elements(array).as_str(), expect["bytes"].as_str().unwrap())?;
    if array.shape().contains(&0) {
        return Ok(());
    }
    let strides: Vec<i64> = expect["strides"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
    // Of a dimension of one item numpy lets the stride be anything.
    let counts = |strides: &[i64]| -> Vec<i64> {
        strides.iter().zip(array.shape()).filter(|(_, n)| **n > 1).map(|(stride, _)| *stride).collect()
    };
    same("strides", counts(array.strides()), counts(&strides))
}

pub(crate) fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect()
}
