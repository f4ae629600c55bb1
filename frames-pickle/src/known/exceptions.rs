//! Exceptions of `builtins`.

use crate::known::Known;
use crate::known::call::{Call, Callee, bytes, int_in, sequence, text, wtf8};
use crate::value::Value;
use frames_core::{Error, Result};

/// An exception of `builtins`: its class, arguments and attributes.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// // pickle.dumps(KeyError("a"))
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x08builtins\x94\x8c\x08KeyError\x94\x93\x94\x8c\x01a\x94\x85\x94R\x94.")?;
/// let Known::Exception(error) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!((error.class.as_str(), error.args.len()), ("KeyError", 1));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exception {
    /// Its name in `builtins`. The protocols before 3 name subclasses of `OSError` so, and not by their own names.
    pub class: String,
    /// What it is called with: often one text.
    pub args: Vec<Value>,
    /// What its state sets, as `__notes__` and attributes of one's own.
    pub attributes: Vec<(String, Value)>,
}

/// All of CPython 3.14, and those that earlier versions have.
pub(crate) const CLASSES: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BaseExceptionGroup",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "EncodingWarning",
    "EnvironmentError",
    "Exception",
    "ExceptionGroup",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "PythonFinalizationError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
];

pub(crate) fn exception(call: &Call<'_>) -> Result<Known> {
    let Callee::Global(_, class) = call.callee else {
        return Err(Error::mismatch("a class", "another callable"));
    };
    call.called()?;
    match class {
        "UnicodeDecodeError" => {
            coding(call, 1)?;
            call.take(1, |graph, value| bytes(graph, value).map(drop))?;
        }
        "UnicodeEncodeError" => {
            coding(call, 1)?;
            call.take(1, |graph, value| wtf8(graph, value).map(drop))?;
        }
        "UnicodeTranslateError" => {
            coding(call, 0)?;
            call.take(0, |graph, value| wtf8(graph, value).map(drop))?;
        }
        "BaseExceptionGroup" | "ExceptionGroup" => {
            call.count(2..=2)?;
            call.take(0, |graph, value| wtf8(graph, value).map(drop))?;
            call.take(1, |graph, value| match sequence(graph, value)?.is_empty() {
                true => Err(Error::mismatch("exceptions", "none")),
                false => Ok(()),
            })?;
        }
        _ => {}
    }
    let mut attributes = Vec::new();
    for (key, value) in call.state()?.into_iter().flatten() {
        let key = text(call.graph, key).map_err(|error| error.at_field("state"))?;
        attributes.push((key.to_owned(), value));
    }
    Ok(Known::Exception(Exception { class: class.to_owned(), args: call.args.to_vec(), attributes }))
}

/// `[encoding,] object, start, end, reason`, with the object at `object`.
fn coding(call: &Call<'_>, object: usize) -> Result<()> {
    call.count(object + 4..=object + 4)?;
    if object > 0 {
        call.take(0, |graph, value| wtf8(graph, value).map(drop))?;
    }
    for index in [object + 1, object + 2] {
        call.take(index, |graph, value| int_in(graph, value, i64::MIN..=i64::MAX).map(drop))?;
    }
    call.take(object + 3, |graph, value| wtf8(graph, value).map(drop))
}
