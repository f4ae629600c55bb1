//! A picture made in Python, sent by an unmodified Dask, blurred in Rust where it arrived, and sent back.
//!
//!     cargo run --release --example image_filter
//!
//! Python writes `target/image_filter/before.png` and `after.png`, and compares with its own blur, value by value. The first run makes
//! a Python environment below `target/`.

use frames_core::comm::{Listener, Options};
use frames_core::{Body, NdArray, to_serialize};
use ndarray::{Array3, ArrayView3, Axis, Zip};
use std::error::Error;
use std::time::Instant;

#[path = "../tests/support/python.rs"]
mod python;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let python = python::interpreter()?;
    let folder = python.ancestors().nth(4).ok_or("a Python that is not below target/")?.join("image_filter");
    std::fs::create_dir_all(&folder)?;
    let listener = Listener::bind("tcp://127.0.0.1:0", &Options::new()).await?;
    let script = python::workspace().join("examples/image_filter.py");
    let mut child = python::isolated(python).arg(script).arg(listener.address()).arg(&folder).spawn()?;

    let mut comm = listener.accept().await?.handshake().await?;
    while let Some(message) = comm.read().await? {
        let payload = message.get("image").and_then(Body::as_payload).ok_or("a message without an image")?;
        let image: NdArray = payload.deserialize()?;
        // Whatever its strides: no byte is copied until here.
        let view = ArrayView3::<u8>::try_from(&image)?;
        println!("rust sees    {image:?} with strides {:?}", view.strides());
        let start = Instant::now();
        let blurred = blur(view);
        println!("rust blurred it in {:?}", start.elapsed());
        comm.write(&Body::map([("image", to_serialize(&blurred)?.into())])).await?;
    }
    comm.close().await?;
    assert!(child.wait()?.success(), "Python refused");
    println!("the pictures are in {}", folder.display());
    Ok(())
}

/// Every channel is weighted by 1 2 1 along both axes, the outermost pixels repeated, and rounded to the nearest.
fn blur(image: ArrayView3<'_, u8>) -> Array3<u8> {
    let sums = weigh(weigh(image.mapv(u16::from), Axis(0)), Axis(1));
    // Sums of 16 bytes: 4080 at most.
    sums.mapv(|sum| ((sum + 8) / 16) as u8)
}

fn weigh(image: Array3<u16>, axis: Axis) -> Array3<u16> {
    let last = image.len_of(axis).saturating_sub(1);
    let mut sums = image.mapv(|value| 2 * value);
    for (at, mut line) in sums.axis_iter_mut(axis).enumerate() {
        let (before, after) =
            (image.index_axis(axis, at.saturating_sub(1)), image.index_axis(axis, (at + 1).min(last)));
        Zip::from(&mut line).and(&before).and(&after).for_each(|sum, before, after| *sum += before + after);
    }
    sums
}
