//! A struct out of a pickle that CPython made, and a pickle out of a struct. Needs no Python.
//!
//!     cargo run --example pickle_to_struct

use frames_pickle::{Buffer, from_frames, from_slice, to_frames, to_vec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Estimator {
    name: String,
    coefficients: Vec<f64>,
    bounds: (i32, Option<i32>),
    labels: BTreeMap<u32, String>,
}

/// `pickle.dumps(Estimator("ridge", [0.5, -2.0], (0, None), {1: "cat", 2: "dog"}), 5)` of a dataclass in `models.py`.
const FROM_PYTHON: &[u8] = b"\x80\x05\x95\x7f\0\0\0\0\0\0\0\
    \x8c\x06models\x94\x8c\tEstimator\x94\x93\x94)\x81\x94}\x94(\
    \x8c\x04name\x94\x8c\x05ridge\x94\
    \x8c\x0ccoefficients\x94]\x94(G?\xe0\0\0\0\0\0\0G\xc0\0\0\0\0\0\0\0e\
    \x8c\x06bounds\x94K\0N\x86\x94\
    \x8c\x06labels\x94}\x94(K\x01\x8c\x03cat\x94K\x02\x8c\x03dog\x94uub.";

/// Of a `list` of dicts that has one of another sort: `[{"name": "ridge", "coefficients": ["?"]}]`.
const WRONG: &[u8] = b"\x80\x04](}(\x8c\x04name\x8c\x05ridge\x8c\x0ccoefficients](\x8c\x01?eue.";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // In: the class is not looked for, and nothing of the pickle is run. Its attributes are the fields.
    let estimator: Estimator = from_slice(FROM_PYTHON)?;
    println!("from Python: {estimator:?}\n");

    // Out: what CPython would write of a dict of the same.
    let pickle = to_vec(&estimator)?;
    println!("{} bytes for pickle.loads:\n  {}\n", pickle.len(), pickle.escape_ascii());
    assert_eq!(from_slice::<Estimator>(&pickle)?, estimator);

    // Large bytes travel beside the pickle, and nobody copies them.
    let weights = Buffer::from(vec![7; 100 << 20]);
    let (pickle, buffers) = to_frames(&("weights", &weights))?;
    println!("{} bytes and {} buffer of {} bytes", pickle.len(), buffers.len(), buffers[0].bytes().len());
    let (_, bytes): (&str, &[u8]) = from_frames(&pickle, &buffers)?;
    assert!(std::ptr::eq(bytes, &**weights.bytes()));

    // What does not fit says where.
    let error = from_slice::<Vec<Estimator>>(WRONG).unwrap_err();
    println!("\n{error}");
    Ok(())
}
