//! Pickles of arrays and a real numpy 1, whose modules have other names: it loads what Rust writes, and Rust reads what it writes.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{Array, DType, Encoder, Frames, Header, MaskedArray, NdArray, Serialized, deserialize, serialize};
use frames_pickle::{Buffer, Pickle};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use support::peer::{Make, peer};
use support::python;

/// A process that has numpy 1.
struct Numpy1 {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Numpy1 {
    fn start() -> Numpy1 {
        let interpreter = python::numpy1().unwrap_or_else(|reason| panic!("{reason}"));
        let script = python::workspace().join("tests/python/numpy1.py");
        let mut process = python::isolated(interpreter)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}"));
        let (to, from) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Numpy1 { process, to, from }
    }

    fn ask(&mut self, line: &str) -> String {
        writeln!(self.to, "{line}").unwrap();
        let mut answer = String::new();
        self.from.read_line(&mut answer).unwrap();
        answer.trim_end_matches(['\r', '\n']).to_owned()
    }

    #[track_caller]
    fn loads(&mut self, header: &Header, frames: &Frames<'_>, expect: &str) {
        assert_eq!(header.as_ref().get::<&str>("serializer").unwrap(), "pickle", "{expect}");
        let parts: Vec<String> = frames.iter().map(|frame| hex(frame)).collect();
        assert_eq!(self.ask(&format!("{expect}\t{}", parts.join("\t"))), "ok", "{expect}");
    }

    fn dumps(&mut self, expression: &str, protocol: u8) -> Pickle {
        let answer = self.ask(&format!("{expression}\t{protocol}"));
        let mut parts = answer.split('\t').map(unhex);
        Pickle::new(parts.next().unwrap(), parts.map(Buffer::from))
    }
}

impl Drop for Numpy1 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap_or_else(|_| panic!("{text}")))
        .collect()
}

/// What both versions make the same of.
const ARRAYS: [&str; 18] = [
    "np.arange(6.0).reshape(2, 3)",
    "np.asfortranarray(np.arange(6.0).reshape(2, 3))",
    "np.arange(3, dtype='>i4')",
    "np.arange(5, dtype='u1')",
    "np.array([True, False])",
    "np.array([1 + 2j], 'c8')",
    "np.array([0.5, 1.5], 'f2')",
    "np.array(['2024-01-01', 'NaT'], 'M8[D]')",
    "np.array([25, 50], 'm8[25us]')",
    "np.array([(1, 2.0)], [('a', 'i4'), ('b', 'f8')])",
    "np.array([(1, [2, 3])], np.dtype([('a', 'i1'), ('b', 'i8', (2,))], align=True))",
    "np.array([b'ab', b'c'])",
    "np.array(['x', 'yz'])",
    "np.zeros((0, 3))",
    "np.array(5.0)",
    "np.matrix([[1, 2], [3, 4]])",
    "np.ma.MaskedArray([1.0, 2.0], [True, False], fill_value=7.0)",
    "np.array([1, 'a', None], object)",
];

/// In what numpy 2 sent, written as a pickle by Rust.
#[test]
fn numpy_1_loads_what_rust_pickles() {
    let Some(mut python) = peer() else { return };
    let mut old = Numpy1::start();
    let pickles = Encoder::new().families(["pickle"]);
    for value in ARRAYS {
        let make = Make { serializers: &["dask"], ..Make::default() };
        let (header, frames) = python.make(value, &make).unwrap();
        let frames: Frames<'static> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
        let kept = Serialized::new(Header::from_bytes(header).unwrap(), frames);
        let (header, frames) = pickles.serialize(&kept).unwrap();
        old.loads(&header, &frames, value);
    }
    // Made in Rust: the forms that a derive and collections have.
    let array = Array::from(vec![1u16, 2]);
    let (header, frames) = pickles.serialize(&array).unwrap();
    old.loads(&header, &frames, "np.array([1, 2], 'u2')");
    let masked = MaskedArray::new(
        NdArray::new(DType::parse("<f8").unwrap(), &[2], None, Bytes::from(vec![0; 16])).unwrap(),
        None,
    )
    .unwrap();
    let value = (vec![0.5f64, 1.5], masked, "x");
    let (header, frames) = pickles.serialize(&value).unwrap();
    old.loads(&header, &frames, "(np.array([0.5, 1.5]), np.ma.MaskedArray([0.0, 0.0]), 'x')");
}

/// Read by Rust, and told to numpy 2 in Dask's form.
#[test]
fn rust_reads_what_numpy_1_pickles() {
    let Some(mut python) = peer() else { return };
    let mut old = Numpy1::start();
    for protocol in [0, 2, 4, 5] {
        for value in ARRAYS {
            if value.contains("object") {
                continue;
            }
            let pickle = old.dumps(value, protocol);
            let (header, frames) = serialize(&pickle).unwrap();
            let (header, frames) = match value.contains("np.ma.") {
                true => {
                    let array: MaskedArray = deserialize(&header, frames).unwrap();
                    let (header, frames) = serialize(&array).unwrap();
                    (header, frames.into_owned())
                }
                false => {
                    let array: NdArray = deserialize(&header, frames).unwrap();
                    let (header, frames) = serialize(&array).unwrap();
                    (header, frames.into_owned())
                }
            };
            let slices: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
            python.check(header.as_bytes(), &slices, value).unwrap();
        }
        let list: Vec<serde_json::Value> = {
            let pickle = old.dumps("np.array([1, 'a', None], object).tolist()", protocol);
            frames_pickle::from_slice(&pickle.bytes).unwrap()
        };
        assert_eq!(serde_json::Value::from(list), serde_json::json!([1, "a", null]));
    }
    let pickle = old.dumps("[np.float64(1.5), np.int8(-3), np.bool_(True), np.str_('xé'), np.bytes_(b'yz')]", 5);
    let (header, frames) = serialize(&pickle).unwrap();
    let value: (f64, i8, bool, String, Bytes) = deserialize(&header, frames).unwrap();
    assert_eq!(value, (1.5, -3, true, "xé".to_owned(), Bytes::from_static(b"yz")));
}
