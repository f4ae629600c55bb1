//! A large derived struct from one process to another, with a progress bar, and what it reached.
//!
//! ```sh
//! cargo run --release --example transfer                                        # both ends, in two processes, 1 GiB
//! cargo run --release --example transfer -- both 64                             # the same with 64 MiB
//! cargo run --release --example transfer -- receive tcp://0.0.0.0:9000          # on one machine …
//! cargo run --release --example transfer -- send tcp://192.0.2.1:9000 4096      # … and on the other: 4 GiB
//! ```
//!
//! Each layer of a model is a message, so that the receiver works on one while the next is on its way. Its weights leave from
//! where they are, and arrive in memory of their own, where they stay: nobody copies them.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use frames_core::comm::{Listener, Options, connect};
use frames_core::{Array, Body, FrameSerialize, Payload};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

#[derive(FrameSerialize, Debug, PartialEq)]
struct Layer {
    name: String,
    shape: Vec<u64>,
    weights: Array<f32>,
}

type Done = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(|argument| &**argument).collect();
    match arguments[..] {
        [] => both("1024").await,
        ["both", mib] => both(mib).await,
        ["send", address] => send(address, "1024").await,
        ["send", address, mib] => send(address, mib).await,
        ["receive", address] => receive(address).await,
        _ => Err("transfer [both MIB | send ADDRESS [MIB] | receive ADDRESS]".into()),
    }
}

/// Starts this program again as the receiver, and sends to it.
async fn both(mib: &str) -> Done {
    let program = std::env::current_exe()?;
    let mut receiver = Command::new(program).args(["receive", "tcp://127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(receiver.stdout.take().ok_or("a receiver without output")?).lines();
    let line = lines.next().ok_or("the receiver said nothing")??;
    send(line.strip_prefix("listening on ").ok_or("the receiver did not say where it listens")?, mib).await?;
    for line in lines {
        println!("the receiver: {}", line?);
    }
    match receiver.wait()?.success() {
        true => Ok(()),
        false => Err("the receiver failed".into()),
    }
}

async fn send(address: &str, mib: &str) -> Done {
    // Made before the clock runs. A layer has 16 MiB, and a number in it says which it is.
    let layers = (0..mib.parse::<usize>()?.div_ceil(16)).map(|i| Layer {
        name: format!("block.{i}.attention"),
        shape: vec![2048, 2048],
        weights: vec![i as f32; 4 << 20].into(),
    });
    let layers: Vec<Layer> = layers.collect();
    let total: u64 = layers.iter().map(|layer| 4 * layer.weights.len() as u64).sum();

    let mut comm = connect(address, &Options::new().timeout(Duration::from_secs(10))).await?;
    let bar = ProgressBar::new(total);
    bar.set_style(ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}")?);
    let start = Instant::now();
    for layer in &layers {
        let payload = Payload::new(comm.encoder(), layer)?;
        comm.write(&Body::map([("op", "layer".into()), ("data", payload.into())])).await?;
        bar.inc(4 * layer.weights.len() as u64);
    }
    comm.write(&Body::map([("op", "end".into())])).await?;
    let answer = comm.read().await?.ok_or("the receiver hung up")?;
    let took = start.elapsed();
    bar.finish_and_clear();
    if answer.get("layers").and_then(Body::as_u64) != Some(layers.len() as u64) {
        return Err(format!("the receiver says {answer:?}").into());
    }
    comm.close().await?;
    let rate = total as f64 / took.as_secs_f64();
    println!("sent {} in {took:.2?}: {}/s", HumanBytes(total), HumanBytes(rate as u64));
    Ok(())
}

async fn receive(address: &str) -> Done {
    let listener = Listener::bind(address, &Options::new()).await?;
    println!("listening on {}", listener.address());
    std::io::stdout().flush()?;
    let mut comm = listener.accept().await?.handshake().await?;
    let (mut layers, mut bytes) = (0u64, 0);
    while let Some(message) = comm.read().await? {
        match message.get("op").and_then(Body::as_str) {
            Some("layer") => {
                let payload = message.get("data").and_then(Body::as_payload).ok_or("a layer has data")?;
                let layer: Layer = payload.deserialize()?;
                if layer.weights.iter().step_by(1 << 20).any(|&weight| weight != layers as f32) {
                    return Err(format!("{} arrived with other weights", layer.name).into());
                }
                (layers, bytes) = (layers + 1, bytes + 4 * layer.weights.len() as u64);
                // Here it would be put to use. Dropped, its memory is that of the next layer.
            }
            Some("end") => comm.write(&Body::map([("layers", layers.into())])).await?,
            _ => return Err(format!("what is this? {message:?}").into()),
        }
    }
    println!("{layers} layers, {}", HumanBytes(bytes));
    Ok(())
}
