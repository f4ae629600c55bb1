//! Arrays and tables, received and sent, beside distributed's own code: what a header of 64 MB costs, and ten thousand small ones.
//!
//! ```text
//! cargo bench --bench arrays                  # all, a minute
//! cargo bench --bench arrays -- small/read
//! ```
//!
//! The data is what the released distributed serializes: `array` (8 million `float64`), `frame` (the same as a DataFrame, pickled), `table` (the same
//! as a table of pyarrow), `arrow` (the array as one of pyarrow) and `small` (a list of 10,000 arrays of eight). No payload is copied in a row, unless it says so. Without the Python
//! environment of the tests there is no data, and no bench.

mod harness;
#[path = "../tests/support/python.rs"]
mod python;
#[allow(dead_code, reason = "the page of the report is of the records")]
mod report;

use arrow_array::{Array as _, ArrayRef};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use frames_core::arrow::Table;
use frames_core::bytes::Bytes;
use frames_core::{Array, Frames, Header, NdArray, deserialize, serialize, unpack_frames};
use frames_pickle::{Known, Pickle, Registry};
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

type Group<'c> = BenchmarkGroup<'c, WallTime>;

fn main() {
    if theirs().is_empty() {
        return println!("no Python, no data: see FRAMES_SKIP_PYTHON");
    }
    let groups = harness::run("frames", |criterion| {
        array(criterion);
        frame(criterion);
        table(criterion);
        arrow(criterion);
        small(criterion);
    });
    println!("\ndistributed's own code; the fastest of each");
    for (group, rows) in &groups {
        let Some(python) = theirs().get(group) else { continue };
        println!("{group:<30} {:>12}", report::time(*python));
        for row in rows {
            let name = format!("{group}/{}", row.name);
            println!("  {name:<38} x {:>8.4}, or {:.0} times as fast", row.fastest / python, python / row.fastest);
        }
    }
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("arrays")
}

/// What Python took, and with it the data: once a run.
fn theirs() -> &'static BTreeMap<String, f64> {
    static THEIRS: OnceLock<BTreeMap<String, f64>> = OnceLock::new();
    THEIRS.get_or_init(|| {
        fs::create_dir_all(home()).unwrap();
        let interpreter = match python::interpreter() {
            Ok(interpreter) if !python::skip() => interpreter,
            _ => return BTreeMap::new(),
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/arrays_rows.py");
        let output = python::isolated(interpreter).arg(script).arg(home()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(name, nanoseconds)| (name.to_owned(), nanoseconds.parse().unwrap())).collect()
    })
}

/// What Python made of one of the values.
fn received(name: &str) -> (Header, Frames<'static>) {
    let bytes = fs::read(home().join(name)).unwrap();
    let mut frames = unpack_frames(&bytes.into()).unwrap().into_iter();
    let header = Header::from_bytes(frames.next().unwrap().to_vec()).unwrap();
    // Each in memory of its own, as a connection gives them: in a file they lie at any address.
    let frames: Vec<Bytes> = frames.map(|frame| frame.to_vec().into()).collect();
    (header, frames.into())
}

fn row<T>(group: &mut Group<'_>, name: &str, mut run: impl FnMut() -> T) {
    group.bench_function(name, |b| b.iter(|| black_box(run())));
}

fn array(criterion: &mut Criterion) {
    let (header, frames) = received("array");
    let mut group = criterion.benchmark_group("array/read");
    row(&mut group, "frames", || deserialize::<Array<f64>>(black_box(&header), frames.clone()).unwrap());
    row(&mut group, "frames-any-dtype", || deserialize::<NdArray>(black_box(&header), frames.clone()).unwrap());
    group.finish();
    let mut group = criterion.benchmark_group("array/write");
    let array: Array<f64> = deserialize(&header, frames.clone()).unwrap();
    row(&mut group, "frames", || serialize(black_box(&array)).unwrap());
    group.finish();
}

fn frame(criterion: &mut Criterion) {
    let (header, frames) = received("frame");
    let mut group = criterion.benchmark_group("frame/read");
    row(&mut group, "frames", || {
        let pickle: Pickle = deserialize(black_box(&header), frames.clone()).unwrap();
        let graph = pickle.graph().unwrap();
        match Registry::standard().construct(&graph, graph.root()).unwrap() {
            Known::DataFrame(frame) => frame.columns.len(),
            other => panic!("{other:?}"),
        }
    });
    row(&mut group, "frames-arrow", || deserialize::<Table>(black_box(&header), frames.clone()).unwrap().num_rows());
    row(&mut group, "frames-kept", || deserialize::<Pickle>(black_box(&header), frames.clone()).unwrap());
    group.finish();
}

fn table(criterion: &mut Criterion) {
    let (header, frames) = received("table");
    let mut group = criterion.benchmark_group("table/read");
    row(&mut group, "frames", || deserialize::<Table>(black_box(&header), frames.clone()).unwrap().num_rows());
    group.finish();
}

/// A single array of pyarrow, which is a pickle both ways.
fn arrow(criterion: &mut Criterion) {
    let (header, frames) = received("arrow");
    let mut group = criterion.benchmark_group("arrow/read");
    row(&mut group, "frames", || deserialize::<ArrayRef>(black_box(&header), frames.clone()).unwrap().len());
    group.finish();
    let array: ArrayRef = deserialize(&header, frames).unwrap();
    let mut group = criterion.benchmark_group("arrow/write");
    row(&mut group, "frames", || serialize(black_box(&array)).unwrap().1.len());
    group.finish();
}

fn small(criterion: &mut Criterion) {
    let (header, frames) = received("small");
    let mut group = criterion.benchmark_group("small/read");
    row(&mut group, "frames", || deserialize::<Vec<Array<f64>>>(black_box(&header), frames.clone()).unwrap());
    row(&mut group, "frames-any-dtype", || deserialize::<Vec<NdArray>>(black_box(&header), frames.clone()).unwrap());
    row(&mut group, "frames-copied", || deserialize::<Vec<Vec<f64>>>(black_box(&header), frames.clone()).unwrap());
    group.finish();
    let mut group = criterion.benchmark_group("small/write");
    let arrays: Vec<Array<f64>> = deserialize(&header, frames.clone()).unwrap();
    let dynamic: Vec<NdArray> = deserialize(&header, frames.clone()).unwrap();
    let lists: Vec<Vec<f64>> = deserialize(&header, frames.clone()).unwrap();
    row(&mut group, "frames", || serialize(black_box(&arrays)).unwrap().1.len());
    row(&mut group, "frames-any-dtype", || serialize(black_box(&dynamic)).unwrap().1.len());
    row(&mut group, "frames-lists", || serialize(black_box(&lists)).unwrap().1.len());
    group.finish();
}
