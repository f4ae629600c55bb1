//! Arrays of numpy, pandas and pyarrow out of their pickles, against a real Python, and numpy's arrays back to it.
//!
//! The cases come from `tests/python/pickle_arrays.py`, in every protocol and with buffers out of band: live from the Python of the tests,
//! and from a golden file that numpy 1.26, pandas 2.1 and pyarrow 14 wrote.

#[path = "pickle_arrays/arrow.rs"]
mod arrow;
#[path = "pickle_arrays/arrow_rs.rs"]
mod arrow_rs;
#[path = "pickle_arrays/cases.rs"]
mod cases;
#[path = "pickle_arrays/hostile.rs"]
mod hostile;
#[path = "pickle_arrays/numpy.rs"]
mod numpy;
#[path = "pickle_arrays/pandas.rs"]
mod pandas;
#[path = "support/python.rs"]
mod python;
#[path = "pickle_arrays/written.rs"]
mod written;

use cases::{Case, golden, live};
use frames_pickle::{Known, Registry};
use std::collections::BTreeMap;

/// Reads a case and compares it with what Python said; an error says what differs.
type Check = fn(&Case) -> Result<(), String>;

const CHECKS: &[(&str, Check)] = &[
    ("array", numpy::array),
    ("shared", numpy::shared),
    ("objects", numpy::objects),
    ("masked", numpy::masked),
    ("scalar", numpy::scalar),
    ("dtype", numpy::dtype),
    ("arrow_array", arrow::array),
    ("arrow_table", arrow::table),
    ("frame", pandas::frame),
    ("series", pandas::series),
    ("index", pandas::index),
];

#[track_caller]
fn check_all(cases: &[Case]) {
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut failures = Vec::new();
    for case in cases {
        let Some((kind, check)) = CHECKS.iter().find(|(kind, _)| *kind == case.kind()) else {
            failures.push(format!("nobody checks {:?}", case.kind()));
            continue;
        };
        *counts.entry(kind).or_default() += 1;
        if let Err(error) = check(case) {
            failures.push(format!("{kind}, {}: {error}", case.name()));
        }
    }
    println!("{counts:?}");
    failures.truncate(100);
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn what_python_pickles_is_read() {
    let Some(cases) = live(&[]) else { return };
    check_all(&cases);
    assert!(CHECKS.iter().all(|(kind, _)| cases.iter().any(|case| case.kind() == *kind)), "each kind has cases");
}

#[test]
fn what_older_versions_pickled_is_read() {
    check_all(&golden());
}

/// The seeds of the fuzz target `pickle` that are of the golden file, with their buffers in the pickle: a mutation starts from what is read, not from
/// an error. `hostile.rs` runs the target over them.
#[test]
fn the_seeds_of_the_fuzz_target_are_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/pickle");
    let mut counts = BTreeMap::<String, usize>::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((package @ ("numpy" | "pandas" | "pyarrow"), _)) = name.split_once('-') else { continue };
        let data = std::fs::read(&path).unwrap();
        assert!(data[0] == 0 && data.len() < 1200, "no buffers, and short: {name}");
        let graph = frames_pickle::read(&data[1..]).unwrap();
        let made = Registry::standard().construct(&graph, graph.root()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(!matches!(made, Known::Plain(_)), "{name}");
        *counts.entry(package.to_owned()).or_default() += 1;
    }
    let expected = [("numpy", 5), ("pandas", 3), ("pyarrow", 4)].map(|(package, count)| (package.to_owned(), count));
    assert_eq!(counts, BTreeMap::from(expected));
}
