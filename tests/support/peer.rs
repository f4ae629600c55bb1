//! `tests/python/peer.py` from the side of the tests: asks a real Python what bytes mean, and for bytes of its own.
//!
//! Expressions are Python, evaluated with `np`, `pd`, `pa`, `datetime`, `decimal`, `math`, `corpus` and the like.
//! Every question answers `Err` with a text for the reader: both objects and where they differ, or Python's traceback.

use std::fmt::Display;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::python;

/// How long Python may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A header and frames, as Dask's `serialize` returns them.
pub(crate) type Serialized = (Vec<u8>, Vec<Vec<u8>>);

/// The Python that all tests of this binary share; `None` where the user skips Python.
///
/// A test holds it until the guard is dropped. Where an earlier test has broken it, it is a new one.
///
/// # Panics
///
/// With a sentence for the user, where no Python can be had.
#[track_caller]
pub(crate) fn peer() -> Option<MutexGuard<'static, Peer>> {
    static PEER: OnceLock<Result<Mutex<Peer>, String>> = OnceLock::new();
    if python::skip() {
        return None;
    }
    match PEER.get_or_init(|| Peer::try_start().map(Mutex::new)) {
        Ok(peer) => {
            // Poison says that a test failed, which does not matter here: `link` says whether the peer is sound.
            let mut peer = peer.lock().unwrap_or_else(PoisonError::into_inner);
            if peer.link.is_none() {
                *peer = Peer::start();
            }
            Some(peer)
        }
        Err(reason) => panic!("{reason}"),
    }
}

/// How Python connects.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Talk<'a> {
    pub(crate) address: &'a str,
    /// The codec that it names, and expects to be agreed on.
    pub(crate) compression: Option<&'a str>,
    /// The most bytes of a piece, if not Dask's.
    pub(crate) shard: Option<usize>,
    /// Files: of the authority, its certificate, its key.
    pub(crate) tls: Option<[&'a str; 3]>,
}

/// How Python makes a header and frames. The default is what `distributed` does between two workers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Make<'a> {
    /// The families to try, in this order; none for Dask's default, `["dask", "pickle"]`.
    pub(crate) serializers: &'a [&'a str],
    /// As inside a message, `to_serialize(x)`: a collection is always taken apart, one level.
    pub(crate) wrap: bool,
    /// The protocol of pickles, if not 5. What comes through a scheduler has 4.
    pub(crate) pickle_protocol: Option<u8>,
    /// An object that no family takes becomes a header of the family `error`, instead of an `Err`.
    pub(crate) error_family: bool,
}

impl Make<'_> {
    fn request(&self, op: &str) -> Map<String, Value> {
        let serializers = (!self.serializers.is_empty()).then_some(self.serializers);
        request(json!({
            "op": op,
            "serializers": serializers,
            "wrap": self.wrap,
            "pickle_protocol": self.pickle_protocol,
            "error_family": self.error_family,
        }))
    }
}

/// How Python packs a blob or a message. The default neither compresses nor splits below 64 MiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pack<'a> {
    /// `lz4`, `zlib`, `zstd` or `snappy`.
    pub(crate) compression: Option<&'a str>,
    /// Frames with more bytes are split.
    pub(crate) shard: Option<usize>,
    /// The protocol of pickles, if not 5.
    pub(crate) pickle_protocol: Option<u8>,
}

impl Pack<'_> {
    fn request(&self, op: &str, what: &str, expression: &str) -> Map<String, Value> {
        request(json!({
            "op": op,
            what: expression,
            "compression": self.compression,
            "shard": self.shard,
            "pickle_protocol": self.pickle_protocol,
        }))
    }
}

/// A case of `tests/python/corpus.py`.
///
/// `corpus.value('name')` is the object, `corpus.received('name')` what another Python gets for it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Unique.
    pub(crate) name: String,
    /// `builtin`, `collection`, `numpy`, `masked`, `pandas`, `arrow`, `scipy` or `class`.
    pub(crate) group: String,
    /// Why `distributed` itself cannot read what it writes for this object.
    pub(crate) fails: Option<String>,
    /// Why `serialize_bytes` refuses it.
    pub(crate) fails_as_blob: Option<String>,
    /// What is special about it.
    pub(crate) note: Option<String>,
}

/// A Python process with `distributed`, at the other end of a TCP connection. Ends when dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    /// None after a failure: an answer that comes too late must not be taken for that of the next question.
    link: Option<TcpStream>,
    stderr: Option<JoinHandle<String>>,
}

impl Peer {
    /// Starts a process of its own. Most tests share one: [`peer`].
    ///
    /// # Panics
    ///
    /// With a sentence for the user, where no Python can be had.
    #[track_caller]
    pub(crate) fn start() -> Peer {
        Peer::try_start().unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// As [`Peer::start`], for those who can do without.
    pub(crate) fn try_start() -> Result<Peer, String> {
        let interpreter = python::interpreter()?;
        let script = python::workspace().join("tests/python/peer.py");
        Peer::spawn(&interpreter, &script)
            .map_err(|error| format!("cannot start {}: {error}", interpreter.display()))?
    }

    fn spawn(interpreter: &Path, script: &Path) -> io::Result<Result<Peer, String>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let mut command = python::isolated(interpreter);
        command.arg(script).arg(address.ip().to_string()).arg(address.port().to_string());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().map(|stderr| thread::spawn(move || last_text(stderr)));
        let mut peer = Peer { child, link: None, stderr };
        Ok(match peer.accept(&listener) {
            Ok(link) => {
                peer.link = Some(link);
                Ok(peer)
            }
            Err(error) => Err(peer.bury(&error)),
        })
    }

    /// The child's connection. Looks at both, as a child that fails early never connects.
    fn accept(&mut self, listener: &TcpListener) -> io::Result<TcpStream> {
        listener.set_nonblocking(true)?;
        let start = Instant::now();
        loop {
            match listener.accept() {
                Ok((link, _)) => {
                    link.set_nonblocking(false)?;
                    link.set_nodelay(true)?;
                    link.set_read_timeout(Some(PATIENCE))?;
                    link.set_write_timeout(Some(PATIENCE))?;
                    return Ok(link);
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) => {}
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            if start.elapsed() > PATIENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the process; what it said on stderr explains the error.
    fn bury(&mut self, error: &dyn Display) -> String {
        self.link = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
        let words = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        format!("the Python peer failed: {error}; its stderr:\n{words}")
    }

    /// Sends a question, returns the JSON and the bytes of the answer.
    fn ask<F: AsRef<[u8]>>(
        &mut self,
        question: Map<String, Value>,
        parts: impl IntoIterator<Item = F>,
    ) -> Result<(Value, Vec<Vec<u8>>), String> {
        // Taken, and put back by success only: a panic or an error in between leaves none.
        let link = self.link.take().ok_or("the Python peer is gone since an earlier failure")?;
        let question = Value::Object(question).to_string();
        let parts: Vec<F> = parts.into_iter().collect();
        let parts = parts.iter().map(AsRef::as_ref);
        let answer = send(&link, &question, parts).and_then(|()| receive(&link)).and_then(|mut answer| {
            let rest = answer.split_off(1.min(answer.len()));
            let json: Value = serde_json::from_slice(answer.first().map_or(&[], Vec::as_slice))?;
            Ok((json, rest))
        });
        let (json, rest) = answer.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                self.bury(&format_args!("no answer for {} s", PATIENCE.as_secs()))
            }
            _ => self.bury(&error),
        })?;
        self.link = Some(link);
        if json["ok"] == true {
            return Ok((json, rest));
        }
        let error = json["error"].as_str().unwrap_or("no reason given");
        Err(json["traceback"].as_str().map_or_else(|| error.to_owned(), |traceback| format!("{error}\n{traceback}")))
    }

    /// Whether `distributed` decodes header and frames into the same as the expression `expect`: same types, dtypes,
    /// strides, writeability, order of keys, bits of NaN.
    pub(crate) fn check<F: AsRef<[u8]>>(&mut self, header: &[u8], frames: &[F], expect: &str) -> Result<(), String> {
        self.ask(request(json!({"op": "check", "expect": expect})), with_header(header, frames)).map(drop)
    }

    /// As [`Peer::check`], where the order of the keys of dicts does not matter.
    pub(crate) fn check_unordered<F: AsRef<[u8]>>(
        &mut self,
        header: &[u8],
        frames: &[F],
        expect: &str,
    ) -> Result<(), String> {
        let question = json!({"op": "check", "expect": expect, "unordered": true});
        self.ask(request(question), with_header(header, frames)).map(drop)
    }

    /// Whether the expression `predicate` is true of the decoded object `x`.
    pub(crate) fn check_where<F: AsRef<[u8]>>(
        &mut self,
        header: &[u8],
        frames: &[F],
        predicate: &str,
    ) -> Result<(), String> {
        self.ask(request(json!({"op": "check_where", "where": predicate})), with_header(header, frames)).map(drop)
    }

    /// As [`Peer::check`], for a blob and `deserialize_bytes`.
    pub(crate) fn check_blob(&mut self, blob: &[u8], expect: &str) -> Result<(), String> {
        self.ask(request(json!({"op": "check_blob", "expect": expect})), [blob]).map(drop)
    }

    /// As [`Peer::check`], for the frames of a whole message and `loads`. `expect` is the whole message too.
    pub(crate) fn check_message<F: AsRef<[u8]>>(&mut self, frames: &[F], expect: &str) -> Result<(), String> {
        self.ask(request(json!({"op": "check_message", "expect": expect})), frames).map(drop)
    }

    /// What `serialize` makes of the expression `value`.
    pub(crate) fn make(&mut self, value: &str, options: &Make<'_>) -> Result<Serialized, String> {
        let mut question = options.request("make");
        question.insert("value".into(), value.into());
        self.ask(question, NOTHING).and_then(split_header)
    }

    /// What `serialize_bytes` makes of the expression `value`.
    pub(crate) fn make_blob(&mut self, value: &str, options: &Pack<'_>) -> Result<Vec<u8>, String> {
        let (_, parts) = self.ask(options.request("make_blob", "value", value), NOTHING)?;
        Ok(parts.concat())
    }

    /// The frames of the message `{"op": "test", "data": to_serialize(value)}`.
    pub(crate) fn make_message(&mut self, value: &str, options: &Pack<'_>) -> Result<Vec<Vec<u8>>, String> {
        self.ask(options.request("make_message", "value", value), NOTHING).map(|(_, frames)| frames)
    }

    /// The frames of any message, an expression that may use `to_serialize`, `ToPickle`, `Serialized` and `Status`.
    pub(crate) fn dump(&mut self, message: &str, options: &Pack<'_>) -> Result<Vec<Vec<u8>>, String> {
        self.ask(options.request("make_message", "message", message), NOTHING).map(|(_, frames)| frames)
    }

    /// Decodes, runs the statement `change` on `x` (`"x['a'] *= 2"`, or nothing), and serializes `x` again.
    pub(crate) fn echo<F: AsRef<[u8]>>(
        &mut self,
        header: &[u8],
        frames: &[F],
        change: &str,
        options: &Make<'_>,
    ) -> Result<Serialized, String> {
        let mut question = options.request("echo");
        question.insert("change".into(), change.into());
        self.ask(question, with_header(header, frames)).and_then(split_header)
    }

    /// Connects to `address` with the comm of `distributed`, sends each of `messages` (an expression for a list) and waits for the answer
    /// to it; then whether the expression `predicate` is true of the list `answers`.
    pub(crate) fn talk(&mut self, talk: Talk<'_>, messages: &str, predicate: &str) -> Result<(), String> {
        let Talk { address, compression, shard, tls } = talk;
        let question = json!({
            "op": "talk", "address": address, "messages": messages, "where": predicate,
            "compression": compression, "shard": shard, "tls": tls,
        });
        self.ask(request(question), NOTHING).map(drop)
    }

    /// A listener of `distributed`'s comm, which answers each `message` with what an expression says; where it listens.
    pub(crate) fn listen(&mut self, address: &str, tls: Option<[&str; 3]>, answer: &str) -> Result<String, String> {
        let question = json!({"op": "listen", "address": address, "tls": tls, "answer": answer});
        let (answer, _) = self.ask(request(question), NOTHING)?;
        text(&answer, "address").ok_or("a listener without an address".into())
    }

    /// The `repr` of an expression.
    pub(crate) fn eval(&mut self, expression: &str) -> Result<String, String> {
        let (answer, _) = self.ask(request(json!({"op": "eval", "expression": expression})), NOTHING)?;
        Ok(text(&answer, "value").unwrap_or_default())
    }

    /// All cases of the corpus.
    pub(crate) fn cases(&mut self) -> Result<Vec<Case>, String> {
        let (answer, _) = self.ask(request(json!({"op": "cases"})), NOTHING)?;
        let cases = answer["cases"].as_array().ok_or("an answer without cases")?;
        let case = |case: &Value| Case {
            name: text(case, "name").unwrap_or_default(),
            group: text(case, "group").unwrap_or_default(),
            fails: text(case, "fails"),
            fails_as_blob: text(case, "fails_as_blob"),
            note: text(case, "note"),
        };
        Ok(cases.iter().map(case).collect())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const NOTHING: [&[u8]; 0] = [];

fn request(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(map) => map,
        other => unreachable!("a request is an object, not {other}"),
    }
}

fn text(json: &Value, key: &str) -> Option<String> {
    json[key].as_str().map(str::to_owned)
}

fn with_header<'a, F: AsRef<[u8]>>(header: &'a [u8], frames: &'a [F]) -> impl Iterator<Item = &'a [u8]> {
    std::iter::once(header).chain(frames.iter().map(AsRef::as_ref))
}

fn split_header((_, mut parts): (Value, Vec<Vec<u8>>)) -> Result<Serialized, String> {
    if parts.is_empty() {
        return Err("an answer without a header".into());
    }
    let frames = parts.split_off(1);
    Ok((parts.remove(0), frames))
}

fn send<'a>(link: &TcpStream, question: &'a str, parts: impl ExactSizeIterator<Item = &'a [u8]>) -> io::Result<()> {
    let mut link = BufWriter::new(link);
    let count = u32::try_from(1 + parts.len()).map_err(io::Error::other)?;
    link.write_all(&count.to_le_bytes())?;
    for part in std::iter::once(question.as_bytes()).chain(parts) {
        link.write_all(&(part.len() as u64).to_le_bytes())?;
        link.write_all(part)?;
    }
    link.flush()
}

fn receive(link: &TcpStream) -> io::Result<Vec<Vec<u8>>> {
    let mut link = BufReader::new(link);
    let mut count = [0; 4];
    link.read_exact(&mut count)?;
    (0..u32::from_le_bytes(count))
        .map(|_| {
            let mut length = [0; 8];
            link.read_exact(&mut length)?;
            let mut part = vec![0; usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?];
            link.read_exact(&mut part)?;
            Ok(part)
        })
        .collect()
}

/// Reads to the end, keeps the last part: a process that chats must neither block nor fill the memory.
fn last_text(mut from: impl Read) -> String {
    const KEPT: usize = 16 * 1024;
    let mut text = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut chunk) {
        text.extend_from_slice(&chunk[..n]);
        text.drain(..text.len().saturating_sub(KEPT));
    }
    String::from_utf8_lossy(&text).into_owned()
}
