//! `pathlib`: paths of both families, on any machine.

use crate::known::Known;
use crate::known::call::{Call, Callee, wtf8};
use crate::text::Text;
use frames_core::{Error, Result};
use std::fmt;
use std::path::PathBuf;

/// A path of Python's `pathlib`, taken apart as Python does. It prints as Python's `str`, with surrogates escaped.
///
/// Both families are known on any machine; `Path` and `PurePath` without a family are of this one.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// // pickle.dumps(PureWindowsPath("c:/a/b"))
/// let graph = frames_pickle::read(b"\x80\x04\x8c\x07pathlib\x8c\x0fPureWindowsPath\x93\x8c\x03c:\\\x8c\x03a/b\x86R.")?;
/// let Known::Path(path) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!(path.to_string(), r"c:\a\b");
/// assert_eq!(path.parts().map(|part| part.to_string_lossy()).collect::<Vec<_>>(), [r"c:\", "a", "b"]);
/// assert!(path.is_windows() && path.is_pure() && path.is_absolute());
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PyPath {
    is_windows: bool,
    is_pure: bool,
    drive: Vec<u8>,
    root: Vec<u8>,
    /// Drive and root, if there are.
    anchor: Vec<u8>,
    /// One behind the other, with a separator between them: a vector for each would take many times their length.
    names: Vec<u8>,
}

impl PyPath {
    /// True for paths of Windows.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// let graph = frames_pickle::read(b"cpathlib\nPosixPath\n(X\x01\0\0\0atR.")?;
    /// let Known::Path(path) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert!(!path.is_windows());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_windows(&self) -> bool {
        self.is_windows
    }

    /// True for the classes that touch no file system.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"cpathlib\nPosixPath\n(X\x01\0\0\0atR.")?;
    /// # let Known::Path(path) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert!(!path.is_pure());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_pure(&self) -> bool {
        self.is_pure
    }

    /// True if it has a root and, on Windows, a drive.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"cpathlib\nPosixPath\n(X\x01\0\0\0atR.")?;
    /// # let Known::Path(path) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert!(!path.is_absolute());
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn is_absolute(&self) -> bool {
        !self.root.is_empty() && (!self.is_windows || !self.drive.is_empty())
    }

    /// As Python's `parts`: drive and root together first, if there are.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"cpathlib\nPosixPath\n(X\x01\0\0\0atR.")?;
    /// # let Known::Path(path) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(path.parts().count(), 1);
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn parts(&self) -> impl Iterator<Item = Text<'_>> {
        let anchor = Some(&self.anchor).filter(|anchor| !anchor.is_empty());
        let separator = self.separator();
        let names = self.names.split(move |byte| *byte == separator).filter(|name| !name.is_empty());
        anchor.into_iter().map(Vec::as_slice).chain(names).map(Text::new)
    }

    /// The path of this machine, if it is one of its family. Bytes that are no text are there again, which Python has as surrogates.
    ///
    /// ```
    /// # use frames_pickle::{Known, Registry};
    /// # let graph = frames_pickle::read(b"cpathlib\nPosixPath\n(X\x01\0\0\0atR.")?;
    /// # let Known::Path(path) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
    /// assert_eq!(path.to_path_buf().is_some(), cfg!(unix));
    /// # Ok::<(), frames_core::Error>(())
    /// ```
    pub fn to_path_buf(&self) -> Option<PathBuf> {
        if self.is_windows != cfg!(windows) {
            return None;
        }
        native(&self.wtf8())
    }

    fn separator(&self) -> u8 {
        if self.is_windows { b'\\' } else { b'/' }
    }

    /// The whole path, as Python's `str`.
    fn wtf8(&self) -> Vec<u8> {
        let names = &self.names;
        // A name that looks like a drive is told from one by a dot.
        let is_like_drive = self.is_windows && self.anchor.is_empty() && !split_root(names).0.is_empty();
        match () {
            () if self.anchor.is_empty() && names.is_empty() => b".".to_vec(),
            () if is_like_drive => [b".", &[self.separator()][..], names].concat(),
            () => [&*self.anchor, names].concat(),
        }
    }
}

impl fmt::Display for PyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text::new(&self.wtf8()).write_plain(f)
    }
}

#[cfg(unix)]
fn native(wtf8: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::with_capacity(wtf8.len());
    let mut rest = wtf8;
    loop {
        match rest {
            [] => return Some(std::ffi::OsString::from_vec(bytes).into()),
            // U+DC80 to U+DCFF: Python's `surrogateescape`.
            [0xed, high @ (0xb2 | 0xb3), low @ 0x80..=0xbf, tail @ ..] => {
                bytes.push((high & 3) << 6 | (low & 0x3f));
                rest = tail;
            }
            [0xed, 0xa0..=0xbf, ..] => return None,
            [byte, tail @ ..] => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
}

#[cfg(not(unix))]
fn native(wtf8: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(wtf8).ok().map(PathBuf::from)
}

/// `class(*parts)`, where a part may be a whole path: Python 3.13 pickles what it was given.
pub(crate) fn path(call: &Call<'_>) -> Result<Known> {
    let Callee::Global(_, class) = call.callee else {
        return Err(Error::mismatch("a class", "another callable"));
    };
    call.no_steps()?;
    let mut parts = Vec::with_capacity(call.args.len());
    for index in 0..call.args.len() {
        parts.push(call.take(index, |graph, value| wtf8(graph, value))?.as_wtf8());
    }
    let is_windows = match class {
        "PureWindowsPath" | "WindowsPath" => true,
        "PurePosixPath" | "PosixPath" => false,
        _ => cfg!(windows),
    };
    let is_pure = class.starts_with("Pure");
    let (drive, root, rest) = if is_windows { windows(&parts) } else { posix(&parts) };
    let separator = if is_windows { b'\\' } else { b'/' };
    let mut names = Vec::with_capacity(rest.len());
    for name in rest.split(|byte| *byte == separator).filter(|name| !matches!(*name, b"" | b".")) {
        if !names.is_empty() {
            names.push(separator);
        }
        names.extend_from_slice(name);
    }
    let anchor = [&*drive, &*root].concat();
    Ok(Known::Path(PyPath { is_windows, is_pure, drive, root, anchor, names }))
}

type Split = (Vec<u8>, Vec<u8>, Vec<u8>);

/// Joined as `posixpath.join` does: an absolute part is a new start.
fn posix(parts: &[&[u8]]) -> Split {
    let start = parts.iter().rposition(|part| part.starts_with(b"/")).unwrap_or(0);
    let parts = parts.get(start..).unwrap_or_default();
    let joined = parts.join(&b'/');
    // Two slashes are another root than one, and three are one.
    let first = parts.iter().copied().find(|part| !part.is_empty()).unwrap_or_default();
    let root: &[u8] = match first {
        [b'/', b'/', b'/', ..] => b"/",
        [b'/', b'/', ..] => b"//",
        [b'/', ..] => b"/",
        _ => b"",
    };
    (Vec::new(), root.to_vec(), joined)
}

/// Joined as `ntpath.join` does, and taken apart as `pathlib` does.
fn windows(parts: &[&[u8]]) -> Split {
    let parts = parts.iter().map(|part| part.iter().map(|b| if *b == b'/' { b'\\' } else { *b }).collect::<Vec<u8>>());
    let (mut drive, mut root, mut path) = Split::default();
    for (index, part) in parts.enumerate() {
        let (of_drive, of_root, of_path) = split_root(&part);
        let is_other = !of_drive.is_empty() && of_drive != drive;
        if index == 0 || (is_other && !of_drive.eq_ignore_ascii_case(&drive)) {
            (drive, root, path) = (of_drive.to_vec(), of_root.to_vec(), of_path.to_vec());
            continue;
        }
        if is_other {
            drive = of_drive.to_vec();
        }
        if !of_root.is_empty() {
            (root, path) = (of_root.to_vec(), of_path.to_vec());
            continue;
        }
        if path.last().is_some_and(|last| *last != b'\\') {
            path.push(b'\\');
        }
        path.extend_from_slice(of_path);
    }
    let is_share = |drive: &[u8]| {
        let parts: Vec<&[u8]> = drive.split(|byte| *byte == b'\\').collect();
        // `\\server\share` and `\\?\UNC\server\share`
        match (parts.len(), parts.get(2)) {
            (4, Some(server)) => !matches!(*server, b"?" | b"."),
            (6, _) => true,
            _ => false,
        }
    };
    // What is behind a share without a root is one name of a longer path: it is taken apart once more.
    let is_share_only = root.is_empty() && !matches!(drive.last(), None | Some(b':' | b'\\'));
    if is_share_only && !path.is_empty() {
        root = b"\\".to_vec();
    }
    let joined = [drive, root, path].concat();
    let (drive, root, path) = split_root(&joined);
    let is_unc = drive.starts_with(b"\\") && !drive.ends_with(b"\\");
    let root: &[u8] = if root.is_empty() && is_unc && is_share(drive) { b"\\" } else { root };
    (drive.to_vec(), root.to_vec(), path.to_vec())
}

/// `ntpath.splitroot`, of a path without slashes.
fn split_root(path: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let cut = |drive: usize, root: usize| {
        let (drive, rest) = path.split_at(drive.min(path.len()));
        let (root, rest) = rest.split_at(root.min(rest.len()));
        (drive, root, rest)
    };
    let find = |from: usize| {
        let at = path.get(from..)?.iter().position(|byte| *byte == b'\\')?;
        Some(from + at)
    };
    if path.starts_with(b"\\\\") {
        let is_long = path.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"\\\\?\\UNC\\"));
        return match find(if is_long { 8 } else { 2 }).and_then(|server| find(server + 1)) {
            Some(share) => cut(share, 1),
            None => cut(path.len(), 0),
        };
    }
    if path.starts_with(b"\\") {
        return cut(0, 1);
    }
    // A drive is any one character and a colon.
    let first = match path.first() {
        Some(0..=0x7f) => 1,
        Some(0x80..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        _ => 4,
    };
    match (path.get(first), path.get(first + 1)) {
        (Some(b':'), Some(b'\\')) => cut(first + 1, 1),
        (Some(b':'), _) => cut(first + 1, 0),
        _ => cut(0, 0),
    }
}
