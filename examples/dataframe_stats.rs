//! A `pandas.DataFrame` that a real Dask worker holds: fetched over its own connection, read as Arrow without a copy, described, and the
//! result put back into the worker as a `pyarrow.Table`, which pandas reads and compares with `df.describe()`.
//!
//!     cargo run --example dataframe_stats
//!
//! The first run makes a Python environment below `target/`.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use frames_core::arrow::Table;
use frames_core::comm::{Comm, Options, connect};
use frames_core::{Body, Error, to_serialize};
// The frame comes as a pickle: linking the crate is enough to decode it.
use frames_pickle as _;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

#[path = "../tests/support/python.rs"]
mod python;

/// What there is to say about a column.
#[derive(Default)]
struct Stats {
    count: i64,
    nulls: i64,
    /// Of numbers only: mean, min, max, and the standard deviation of a sample.
    numbers: Option<[f64; 4]>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let script = python::workspace().join("examples/dataframe_stats.py");
    let mut command = python::isolated(python::interpreter()?);
    let mut child = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut said = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
    let first = said.next().ok_or("Python said nothing")??;
    let (worker, key) = first.split_once(' ').ok_or("Python did not say which worker has the frame")?;
    println!("the worker {worker} holds the frame as {key}");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(describe(worker, key))?;
    // Python waits for a line.
    child.stdin.take().ok_or("no stdin")?.write_all(b"\n")?;
    for line in said {
        println!("{}", line?);
    }
    assert!(child.wait()?.success(), "Python refused");
    Ok(())
}

/// Fetches the frame, and puts what is to be said about it beside it.
async fn describe(worker: &str, key: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut comm = connect(worker, &Options::new()).await?;
    let keys = Body::List(vec![key.into()]);
    let request = Body::map([("op", "get_data".into()), ("keys", keys), ("reply", true.into())]);
    let answer = ask(&mut comm, &request).await?;
    let payload = answer.get("data").and_then(|data| data.get(key)).and_then(Body::as_payload);
    let start = Instant::now();
    let table: Table = payload.ok_or("the worker does not have it")?.deserialize()?;
    println!(
        "rust reads {} rows of {} columns in {:?}: columns of numbers and text where they were received",
        table.num_rows(),
        table.schema().fields().len(),
        start.elapsed()
    );
    // The worker counts whom it sends data until they say this.
    comm.write(&"OK".into()).await?;

    let start = Instant::now();
    let stats = stats(&table)?;
    println!("rust describes it in {:?}", start.elapsed());
    let mut comm = connect(worker, &Options::new()).await?;
    let data = Body::map([("stats-of-rust", to_serialize(&stats)?.into())]);
    ask(&mut comm, &Body::map([("op", "update_data".into()), ("data", data), ("reply", true.into())])).await?;
    comm.close().await?;
    Ok(())
}

/// A request of Dask's, and the answer.
async fn ask(comm: &mut Comm, request: &Body<'_>) -> Result<Body<'static>, Box<dyn std::error::Error>> {
    comm.write(request).await?;
    let answer = comm.read().await?.ok_or("the worker closed the connection")?;
    match answer.get("status").and_then(Body::as_str) {
        Some("OK") => Ok(answer),
        other => Err(format!("the worker answered {other:?}").into()),
    }
}

/// A row for each column.
fn stats(table: &Table) -> Result<Table, Box<dyn std::error::Error>> {
    let mut names = Vec::new();
    let mut all = Vec::new();
    for field in table.schema().fields() {
        let parts: Vec<&ArrayRef> = table.column(field.name()).ok_or("no such column")?.collect();
        all.push(of_column(field.data_type(), &parts)?);
        names.push(field.name().as_str());
    }
    let number = |which: usize| {
        let numbers = all.iter().map(|stats| stats.numbers.as_ref().and_then(|numbers| numbers.get(which)).copied());
        Arc::new(numbers.collect::<Float64Array>()) as ArrayRef
    };
    let batch = RecordBatch::try_from_iter([
        ("column", Arc::new(StringArray::from(names)) as ArrayRef),
        ("count", Arc::new(all.iter().map(|stats| Some(stats.count)).collect::<Int64Array>()) as ArrayRef),
        ("nulls", Arc::new(all.iter().map(|stats| Some(stats.nulls)).collect::<Int64Array>()) as ArrayRef),
        ("mean", number(0)),
        ("min", number(1)),
        ("max", number(2)),
        ("std", number(3)),
    ])?;
    Ok(batch.into())
}

fn of_column(data_type: &DataType, parts: &[&ArrayRef]) -> Result<Stats, Error> {
    let numbers: Vec<f64> = match data_type {
        DataType::Float64 => {
            parts.iter().flat_map(|part| part.as_primitive::<Float64Type>().iter().flatten()).collect()
        }
        DataType::Float32 => {
            parts.iter().flat_map(|part| part.as_primitive::<Float32Type>().iter().flatten().map(f64::from)).collect()
        }
        // Good enough for statistics, as pandas does it.
        DataType::Int64 => {
            parts.iter().flat_map(|part| part.as_primitive::<Int64Type>().iter().flatten().map(|n| n as f64)).collect()
        }
        DataType::Utf8 | DataType::LargeUtf8 => {
            let (rows, nulls) = (
                parts.iter().map(|part| part.len()).sum::<usize>(),
                parts.iter().map(|part| part.null_count()).sum::<usize>(),
            );
            return Ok(Stats { count: (rows - nulls) as i64, nulls: nulls as i64, numbers: None });
        }
        other => return Err(Error::custom(format!("a column of {other} is not described here"))),
    };
    let rows: usize = parts.iter().map(|part| part.len()).sum();
    // NaN is what pandas has where a float lacks.
    let numbers: Vec<f64> = numbers.into_iter().filter(|number| !number.is_nan()).collect();
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let min = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let max = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    let std = (squares / (count - 1.0)).sqrt();
    Ok(Stats {
        count: numbers.len() as i64,
        nulls: (rows - numbers.len()) as i64,
        numbers: (!numbers.is_empty()).then_some([mean, min, max, std]),
    })
}
