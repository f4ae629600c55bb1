//! `tests/python/pickle_peer.py` from the side of the tests: what CPython's `pickle` makes of objects and of bytes.
//!
//! The including file has `#[path = "support/python.rs"] mod python;` beside this one.

use super::python;
use serde_json::{Value, json};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A CPython with `pickle_objects`. Ends when dropped.
pub(crate) struct Pickles {
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// What CPython writes for an object.
pub(crate) struct Dumped {
    /// Protocols 2 to 5, and 5 with its buffers out of band; empty where CPython refuses.
    pub(crate) pickles: Vec<Vec<u8>>,
    /// With whether Python may not write to them.
    pub(crate) buffers: Vec<(Vec<u8>, bool)>,
}

/// Two pickles that should be of the same objects.
pub(crate) type Pair<'a> = (&'a [u8], &'a [u8]);

impl Pickles {
    /// `None` where the user skips Python.
    pub(crate) fn start() -> Option<Pickles> {
        if python::skip() {
            return None;
        }
        let interpreter = python::interpreter().unwrap_or_else(|reason| panic!("{reason}"));
        let mut command = python::isolated(&interpreter);
        command.arg(python::workspace().join("tests/python/pickle_peer.py"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a Python");
        let to = BufWriter::new(child.stdin.take().expect("a pipe"));
        let from = BufReader::new(child.stdout.take().expect("a pipe"));
        Some(Pickles { child, to, from })
    }

    /// The names and groups of all objects of the corpus.
    pub(crate) fn names(&mut self) -> Vec<(String, String)> {
        let (answer, _) = self.ask(&json!({"op": "names"}), &[]);
        serde_json::from_value(answer["names"].clone()).expect("pairs of names")
    }

    /// An object of the corpus.
    pub(crate) fn dump(&mut self, name: &str) -> Dumped {
        let (answer, mut pickles) = self.ask(&json!({"op": "dump", "name": name}), &[]);
        let read_only: Vec<bool> = serde_json::from_value(answer["read_only"].clone()).expect("flags");
        let buffers = pickles.split_off(5);
        Dumped { pickles, buffers: buffers.into_iter().zip(read_only).collect() }
    }

    /// For each pair why CPython does not load the same objects from it, with the same `is`; `None` where it does.
    pub(crate) fn same(&mut self, pairs: &[Pair<'_>], buffers: &[(Vec<u8>, bool)], group: &str) -> Vec<Option<String>> {
        let mut parts: Vec<&[u8]> = pairs.iter().flat_map(|(expected, actual)| [*expected, *actual]).collect();
        parts.extend(buffers.iter().map(|(bytes, _)| &bytes[..]));
        let read_only: Vec<bool> = buffers.iter().map(|(_, is_read_only)| *is_read_only).collect();
        let question = json!({
            "op": "same", "pairs": pairs.len(), "read_only": read_only,
            "by_value": group == "by value",
        });
        let (answer, _) = self.ask(&question, &parts);
        serde_json::from_value(answer["answers"].clone()).expect("answers")
    }

    /// What is described, in protocols 2 to 5.
    pub(crate) fn make(&mut self, objects: &Value) -> Vec<Vec<u8>> {
        self.ask(&json!({"op": "make", "objects": objects}), &[]).1
    }

    #[track_caller]
    fn ask(&mut self, question: &Value, parts: &[&[u8]]) -> (Value, Vec<Vec<u8>>) {
        let answer = self.send(question, parts).and_then(|()| self.receive());
        let mut parts = answer.expect("an answer of Python");
        let json: Value = serde_json::from_slice(&parts.remove(0)).expect("JSON");
        assert!(json.get("error").is_none(), "{}", json["error"].as_str().unwrap_or_default());
        (json, parts)
    }

    fn send(&mut self, question: &Value, parts: &[&[u8]]) -> io::Result<()> {
        let question = question.to_string();
        self.to.write_all(&(1 + parts.len() as u32).to_le_bytes())?;
        for part in std::iter::once(question.as_bytes()).chain(parts.iter().copied()) {
            self.to.write_all(&(part.len() as u64).to_le_bytes())?;
            self.to.write_all(part)?;
        }
        self.to.flush()
    }

    fn receive(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let mut count = [0; 4];
        self.from.read_exact(&mut count)?;
        (0..u32::from_le_bytes(count))
            .map(|_| {
                let mut len = [0; 8];
                self.from.read_exact(&mut len)?;
                let mut part = vec![0; u64::from_le_bytes(len) as usize];
                self.from.read_exact(&mut part)?;
                Ok(part)
            })
            .collect()
    }
}

impl Drop for Pickles {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
