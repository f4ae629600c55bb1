//! Derive once: serialize, look at the header and the frames, find the type by its name, get the value back.
//!
//!     cargo run --example quickstart

use frames_core::{Array, FrameSerialize, deserialize, deserialize_any, serialize};

#[derive(Debug, PartialEq, FrameSerialize)]
struct Layer {
    name: String,
    step: u64,
    bias: Option<f64>,
    weights: Array<f32>,
    labels: Vec<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = Layer {
        name: "conv1".into(),
        step: 7,
        bias: None,
        weights: (0..1_000_000).map(|i| i as f32).collect(),
        labels: vec!["cat".into(), "dog".into()],
    };

    // Out: a header, and frames that point into the value.
    let (header, frames) = serialize(&layer)?;
    println!("the header, {} bytes of msgpack:\n  {header}\n", header.as_bytes().len());
    println!("the frames:");
    for (i, frame) in frames.iter().enumerate() {
        println!("  {i}: {frame:?}");
    }
    assert_eq!(frames.get(0)?.as_ptr(), layer.weights.as_ptr().cast(), "the weights are not copied");

    // In, by type. Detached from the sender's memory, as if they had come from a socket.
    let frames = frames.into_owned();
    let received: Layer = deserialize(&header, frames.clone())?;
    assert_eq!(received, layer);
    let weights = frames.get(0)?;
    assert_eq!(received.weights.as_ptr().cast(), weights.as_ptr(), "the received weights are the frame");
    println!("\nby type: {received:?}");

    // In, by the name in the header.
    let any = deserialize_any(&header, frames)?;
    println!("by name: {:?}", any.type_name());
    assert_eq!(any.downcast::<Layer>().map_err(|any| format!("{any:?} is no Layer"))?, layer);
    Ok(())
}
