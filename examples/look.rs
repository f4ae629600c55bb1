//! What is in it? Prints whatever a header and frames hold as a tree, without knowing a type.
//!
//! ```sh
//! cargo run --example look                # some values of its own
//! cargo run --example look -- value.bin   # what `serialize_bytes(x)` wrote, of Rust or of `distributed.protocol`
//! ```

use frames_core::bytes::Bytes;
use frames_core::{Array, Dynamic, FrameSerialize, Result, deserialize_bytes, serialize_bytes};
use frames_pickle as _; // pickles open, too
use std::collections::BTreeMap;
use std::error::Error;

#[derive(FrameSerialize)]
struct Layer {
    name: String,
    weights: Array<f32>,
    bias: Option<Array<f32>>,
}

#[derive(FrameSerialize)]
struct Line {
    code: u16,
    request: String,
    seconds: Option<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let blobs = match std::env::args_os().nth(1) {
        Some(path) => vec![std::fs::read(path)?],
        None => some_values()?,
    };
    for blob in blobs {
        // Nothing that is large is copied out of `blob`.
        let value: Dynamic = deserialize_bytes(&Bytes::from(blob))?;
        println!("{value}\n");
        if let Some(code) = value.get("code").and_then(Dynamic::as_array) {
            println!("The column `code` has {} numbers: {:?}\n", code.shape()[0], code.to_vec::<u16>()?);
        }
    }
    Ok(())
}

fn some_values() -> Result<Vec<Vec<u8>>> {
    let layer = |name: &str, bias| Layer { name: name.into(), weights: vec![0.5; 3000].into(), bias };
    let model = BTreeMap::from([
        ("first".to_owned(), layer("conv", None)),
        ("second".to_owned(), layer("dense", Some(vec![0.0; 10].into()))),
    ]);
    let log: Vec<Line> = (0..4)
        .map(|n| Line { code: 200 + n, request: format!("GET /{n}"), seconds: (n > 1).then_some(0.25) })
        .collect();
    Ok(vec![
        serialize_bytes(&model)?,
        serialize_bytes(&log)?,
        serialize_bytes(&("a tuple", [1, 2, 3], u128::MAX, vec![7u8; 100_000]))?,
        serialize_bytes(&of_python())?,
    ])
}

/// `{"when": datetime.date(2024, 2, 29), "tags": frozenset(["a"]), "of": some.module.Class(size=7)}`, as Dask pickles it.
fn of_python() -> frames_pickle::Pickle {
    let pickle = b"\x80\x04}(\x8c\x04when\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xe8\x02\x1d\x85R\
        \x8c\x04tags(\x8c\x01a\x91\x8c\x02of\x8c\x0bsome.module\x8c\x05Class\x93)\x81}\x8c\x04sizeK\x07sbu.";
    frames_pickle::Pickle::new(&pickle[..], [])
}
