//! Pickles read and written, beside CPython's C code, `serde-pickle` and `deser-pickle`.
//!
//! ```text
//! cargo bench --bench pickle                  # all, two minutes
//! cargo bench --bench pickle -- rows/read
//! ```
//!
//! Rows named `frames-graph` read a pickle to a graph or write it, as `serde-pickle-value` does with its own tree; `frames` are of the types of
//! serde that the peers have too. Reading includes the drop, and most of `names/read` is what std's map costs. The pickles that are read are
//! those that CPython writes of the data, and each writer's own are compared by size.
//!
//! Rows of Python need the environment that the tests make; without it the Rust rows are measured alone.

mod harness;
#[path = "../tests/support/python.rs"]
mod python;
#[allow(dead_code, reason = "the page of the report is of the records")]
mod report;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use frames_core::{Array, Encoder, deserialize};
use frames_pickle::{Buffer, Reader, Writer, from_frames, from_slice, read, to_frames, to_vec, write};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize, de};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

type Group<'c> = BenchmarkGroup<'c, WallTime>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, deser::Serialize, deser::Deserialize)]
struct Row {
    id: i64,
    name: String,
    score: f64,
}

fn names() -> HashMap<String, i64> {
    (0..100_000).map(|n| (format!("key-{n}"), n * 7)).collect()
}

fn floats() -> Vec<f64> {
    (0..1_000_000).map(|n| f64::from(n) * 0.1).collect()
}

fn rows() -> Vec<Row> {
    (0..100_000).map(|n| Row { id: n, name: format!("name-{n}"), score: n as f64 * 0.5 }).collect()
}

fn main() {
    let groups = harness::run("serde-pickle", |criterion| {
        of(criterion, "names", &names());
        maps(criterion);
        of(criterion, "floats", &floats());
        of(criterion, "rows", &rows());
        buffers(criterion);
        arrays(criterion);
    });
    sizes();
    // All of it, and not a test of the bench itself.
    if std::env::args().any(|arg| arg == "--bench") {
        beside_python(&groups);
    }
}

fn of<T>(criterion: &mut Criterion, name: &str, value: &T)
where
    T: Serialize + de::DeserializeOwned + deser::Serialize + for<'de> deser::Deserialize<'de>,
{
    // To the byte what CPython writes, as a test says.
    let pickle = to_vec(value).unwrap();

    let mut group = criterion.benchmark_group(format!("{name}/read"));
    group.throughput(Throughput::Bytes(pickle.len() as u64));
    group.bench_function("frames-graph", |b| b.iter(|| black_box(read(black_box(&pickle)).unwrap())));
    row(&mut group, "frames", || from_slice::<T>(black_box(&pickle)).unwrap());
    row(&mut group, "serde-pickle", || serde_pickle::from_slice::<T>(black_box(&pickle), Default::default()).unwrap());
    row(&mut group, "deser-pickle", || deser_pickle::from_slice::<T>(black_box(&pickle)).unwrap());
    group.finish();

    let mut group = criterion.benchmark_group(format!("{name}/write"));
    group.throughput(Throughput::Bytes(pickle.len() as u64));
    let graph = read(&pickle).unwrap();
    row(&mut group, "frames-graph", || write(black_box(&graph)).unwrap());
    row(&mut group, "frames", || to_vec(black_box(value)).unwrap());
    row(&mut group, "serde-pickle", || serde_pickle::to_vec(black_box(value), Default::default()).unwrap());
    let theirs = serde_pickle::value_from_slice(&pickle, Default::default()).unwrap();
    row(&mut group, "serde-pickle-value", || {
        serde_pickle::value_to_vec(black_box(&theirs), Default::default()).unwrap()
    });
    row(&mut group, "deser-pickle", || deser_pickle::to_vec(black_box(value)).unwrap());
    group.finish();
}

fn row<T>(group: &mut Group<'_>, name: &str, mut run: impl FnMut() -> T) {
    group.bench_function(name, |b| b.iter(|| black_box(run())));
}

/// What of `names/read` is the map: a hash of another sort, and the same map of keys that are there already, in the order of the pickle.
fn maps(criterion: &mut Criterion) {
    let pickle = to_vec(&names()).unwrap();
    let keys: Vec<(String, i64)> = names().into_iter().collect();
    let mut group = criterion.benchmark_group("names/read");
    row(&mut group, "frames-fx-hash", || from_slice::<FxHashMap<String, i64>>(black_box(&pickle)).unwrap());
    row(&mut group, "frames-borrowed", || from_slice::<FxHashMap<&str, i64>>(black_box(&pickle)).unwrap());
    row(&mut group, "limit-collect", || -> HashMap<String, i64> {
        black_box(&keys).iter().map(|(key, value)| (key.clone(), *value)).collect()
    });
}

/// 100 MB beside a pickle.
fn buffers(criterion: &mut Criterion) {
    let value = ("data", Buffer::from(vec![7; 100_000_000]));
    let (pickle, buffers) = to_frames(&value).unwrap();
    let mut group = criterion.benchmark_group("buffer/read");
    row(&mut group, "frames-graph", || {
        let graph = Reader::new().buffers(buffers.iter().cloned()).read(&pickle).unwrap();
        graph.buffers()[0].bytes().len()
    });
    row(&mut group, "frames", || from_frames::<(&str, Buffer)>(&pickle, &buffers).unwrap());
    group.finish();
    let mut group = criterion.benchmark_group("buffer/write");
    let graph = Reader::new().buffers(buffers.iter().cloned()).read(&pickle).unwrap();
    row(&mut group, "frames-graph", || Writer::new().out_of_band(|_| true).write(black_box(&graph)).unwrap());
    row(&mut group, "frames", || to_frames(black_box(&value)).unwrap());
    group.finish();
}

/// An array of 100 MB of numpy beside its pickle: the typed array of a pickle that came, and the pickle of one that is here.
fn arrays(criterion: &mut Criterion) {
    let array = Array::from(vec![7u8; 100_000_000]);
    let family = Encoder::new().families(["pickle"]);
    let (header, frames) = family.serialize(&array).unwrap();
    let (header, frames) = (header, frames.into_owned());
    let mut group = criterion.benchmark_group("array/read");
    row(&mut group, "frames", || deserialize::<Array<u8>>(black_box(&header), frames.clone()).unwrap());
    group.finish();
    let mut group = criterion.benchmark_group("array/write");
    row(&mut group, "frames", || family.serialize(black_box(&array)).unwrap().1.len());
    group.finish();
}

fn sizes() {
    println!("\n{:<10}{:>12}{:>14}{:>14}  bytes", "", "frames", "serde-pickle", "deser-pickle");
    fn line<T: Serialize + deser::Serialize>(name: &str, value: &T) {
        let theirs = serde_pickle::to_vec(value, Default::default()).unwrap().len();
        let deser = deser_pickle::to_vec(value).unwrap().len();
        println!("{name:<10}{:>12}{theirs:>14}{deser:>14}", to_vec(value).unwrap().len());
    }
    line("names", &names());
    line("floats", &floats());
    line("rows", &rows());
}

/// Runs `pickle_rows.py` on the same data, and prints every row beside it.
fn beside_python(groups: &report::Groups) {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pickle");
    fs::create_dir_all(&home).unwrap();
    let put = |name: &str, pickle: Vec<u8>| -> PathBuf {
        let path = home.join(name);
        fs::write(&path, pickle).unwrap();
        path
    };
    let files = [
        put("names", to_vec(&names()).unwrap()),
        put("floats", to_vec(&floats()).unwrap()),
        put("rows", to_vec(&rows()).unwrap()),
    ];
    let interpreter = match python::interpreter() {
        Ok(interpreter) if !python::skip() => interpreter,
        _ => return println!("\nno rows of Python"),
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pickle_rows.py");
    let output = python::isolated(interpreter).arg(script).args(files).output().unwrap();
    if !output.status.success() {
        return println!("\npickle_rows.py failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let mut theirs: BTreeMap<&str, f64> = BTreeMap::new();
    println!("\nCPython's C code; the fastest, as in the ratios: what else runs spoils a median");
    for line in text.lines() {
        println!("  {line}");
        if let [name, nanoseconds, ..] = line.split_whitespace().collect::<Vec<_>>()[..] {
            theirs.insert(name, nanoseconds.parse().unwrap());
        }
    }
    for (group, rows) in groups {
        for row in rows {
            if let Some(python) = theirs.get(group.as_str()) {
                println!("{:<30} x {:>6.3} of CPython", format!("{group}/{}", row.name), row.fastest / python);
            }
        }
    }
}
