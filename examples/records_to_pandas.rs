//! A `Vec` of records becomes a `pandas.DataFrame`, with nothing in Python but the released `distributed` and pandas; what
//! Python filters comes back as records.
//!
//!     cargo run --example records_to_pandas
//!
//! The first run makes a Python environment below `target/`.

use frames_core::bytes::Bytes;
use frames_core::{FrameSerialize, deserialize, pack_value, serialize, unpack_value};
use std::{env, fs, process};

#[path = "../tests/support/python.rs"]
mod python;

/// Each field is a column: numbers and bools an array each, an `Option` of a number a masked array, text a tuple.
#[derive(Debug, FrameSerialize)]
struct Reading {
    code: u16,
    station: String,
    celsius: f64,
    ok: bool,
    note: Option<String>,
    drift: Option<f64>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let python = python::interpreter()?;
    let reading = |code, station: &str, celsius, ok, note: Option<&str>, drift| {
        let (station, note) = (station.into(), note.map(Into::into));
        Reading { code, station, celsius, ok, note, drift }
    };
    let readings = vec![
        reading(101, "Zürich", 21.5, true, None, Some(0.25)),
        reading(102, "Bern", -40.0, false, Some("sensor frozen"), None),
        reading(103, "Genève", 23.0, true, Some("after service"), None),
        reading(104, "Lugano", 85.0, false, None, Some(-1.5)),
    ];

    // The frames are the columns; none belongs to a single row.
    let (header, frames) = serialize(&readings)?;
    println!("rust sends {} records as a header of {} bytes and {frames:?}", readings.len(), header.as_bytes().len());

    // All as one byte string, which `distributed.protocol.deserialize_bytes` reads; a message or a socket would do as well.
    let file = env::temp_dir().join(format!("records_to_pandas-{}", process::id()));
    fs::write(&file, pack_value(header, &frames)?)?;
    let script = python::workspace().join("examples/records_to_pandas.py");
    let status = python::isolated(python).arg(script).arg(&file).status();
    let answer = fs::read(&file);
    fs::remove_file(&file)?;
    assert!(status?.success(), "Python refused");

    // Python wrote its own dict of arrays and lists. Columns may stand in any order; another dtype would be an error.
    let (header, frames) = unpack_value(&Bytes::from(answer?))?;
    let bad: Vec<Reading> = deserialize(&header, frames)?;
    println!("rust gets back");
    bad.iter().for_each(|reading| println!("  {reading:?}"));
    assert_eq!(bad.iter().map(|r| (r.code, r.drift)).collect::<Vec<_>>(), [(102, None), (104, Some(-1.5))]);
    Ok(())
}
