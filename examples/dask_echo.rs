//! A server to which a Dask connects: what it sends is decoded into Rust values and written anew, or forwarded as it came.
//!
//! ```sh
//! cargo run --release --example dask_echo -- tcp://127.0.0.1:0
//! ```
//!
//! It prints `listening on tcp://127.0.0.1:PORT`, and serves until it is killed. From Python:
//!
//! ```python
//! comm = await distributed.comm.connect("tcp://127.0.0.1:PORT")
//! await comm.write({"op": "echo", "x": to_serialize(np.arange(5))})
//! await comm.read()  # {"status": "OK", "types": ("numpy.ndarray",), "x": array([0, 1, 2, 3, 4])}
//! ```
//!
//! | request | answer |
//! |---|---|
//! | `{"op": "echo", …}` | the same keys, every payload decoded and written anew; `types` says what each became |
//! | `{"op": "forward", …}` | the same message, its payloads untouched |
//! | `{"op": "ping"}` | `b"pong"` |
//! | anything else | `{"status": "error", "exception_text": …}` |
//!
//! A malformed message ends its connection, with a line on stderr, and no other.
//!
//! Behind the address: `--compression lz4` (zlib, zstd, snappy), used if the other side names it too; `--shard BYTES`; for `tls://`
//! `--tls CA CERTIFICATE KEY`. A `unix:///path` serves other Rust processes.

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use frames_core::comm::{Incoming, Listener, Options, Tls};
// Brings the family `pickle`: what Dask pickles becomes a `frames_pickle::Pickle`, or the array in it.
use frames_pickle as _;

use frames_core::{AnyValue, Body, Codec, Decoder, Encoder, Frame, Limits, Payload, to_serialize};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "tcp://127.0.0.1:0".into());
    let listener = Listener::bind(&address, &options(&mut arguments)?).await?;
    println!("listening on {}", listener.address());
    io::stdout().flush()?;
    listen(listener).await
}

fn options(arguments: &mut dyn Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let mut options = Options::new().limits(limits());
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        options = match &*name {
            "--compression" => options.compression(Codec::parse(&value()?)?)?,
            "--shard" => options.shard(value()?.parse()?),
            "--tls" => options.tls(Tls::from_pem_files(value()?, value()?, value()?)?),
            _ => return Err(format!("{name} is no option: --compression, --shard or --tls").into()),
        };
    }
    Ok(options)
}

/// What one stranger may cost at once.
fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.message_bytes, limits.decompressed_bytes) = (8 << 30, 1 << 30);
    limits
}

/// Serves whoever connects, each in a task of its own, for ever.
#[allow(unreachable_pub, reason = "the test of this example calls it")]
pub async fn listen(listener: Listener) -> ! {
    loop {
        match listener.accept().await {
            Ok(incoming) => {
                tokio::spawn(async {
                    let peer = incoming.peer_address().to_owned();
                    if let Err(error) = serve(incoming).await {
                        eprintln!("{peer}: {error}");
                    }
                });
            }
            Err(error) => {
                // Too many open files, most likely. Those who are served will close theirs.
                eprintln!("a connection could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(120);

/// Answers the messages of one connection until it ends.
async fn serve(incoming: Incoming) -> io::Result<()> {
    let mut comm = incoming.handshake().await?;
    let encoder = comm.encoder().clone();
    while let Some(message) = comm.read().await? {
        let is_echo = message.get("op").and_then(Body::as_str) == Some("echo");
        let payloads = if is_echo { message.payloads() } else { Vec::new() };
        let values: Vec<Became> = payloads.into_iter().map(Became::of).collect();
        let answer = answer(&message, &values, &encoder).unwrap_or_else(|e| failure(e.to_string()));
        // Who does not read the answer is not waited for.
        tokio::time::timeout(PATIENCE, comm.write(&answer)).await??;
    }
    comm.close().await
}

/// What a payload is here.
enum Became {
    /// A Rust value, found through the registry or the form of the data.
    Value(AnyValue),
    /// Nothing that this program knows.
    Forwarded(Payload<'static>),
}

impl Became {
    fn of(payload: &Payload<'static>) -> Became {
        match payload.deserialize_any_with(&Decoder::new().limits(limits())) {
            Ok(value) => Became::Value(value),
            Err(_) => Became::Forwarded(payload.clone()),
        }
    }

    fn name(&self) -> &str {
        match self {
            Became::Value(value) => value.type_name(),
            Became::Forwarded(_) => "forwarded",
        }
    }
}

fn answer<'v>(message: &Body<'static>, values: &'v [Became], encoder: &Encoder) -> frames_core::Result<Body<'v>> {
    match message.get("op").and_then(Body::as_str) {
        Some("ping") => Ok(Frame::from(&b"pong"[..]).into()),
        Some("forward") => Ok(message.clone()),
        Some("echo") => {
            let types = values.iter().map(Became::name).collect::<Vec<_>>();
            let anew = anew(message, &mut values.iter(), encoder)?;
            let mut entries = vec![(Body::from("status"), Body::from("OK")), (Body::from("types"), types.into())];
            if let Body::Map(all) = anew {
                entries.extend(all.into_iter().filter(|(key, _)| key.as_str() != Some("op")));
            }
            Ok(Body::Map(entries))
        }
        _ => Ok(failure("a message is a map with the key `op`: echo, forward or ping".into())),
    }
}

/// The body with its payloads written anew, in the order in which `values` were decoded.
fn anew<'v>(
    body: &Body<'static>,
    values: &mut impl Iterator<Item = &'v Became>,
    encoder: &Encoder,
) -> frames_core::Result<Body<'v>> {
    Ok(match body {
        Body::Payload(_) => match values.next() {
            Some(Became::Value(value)) => Payload::new(encoder, value)?.into(),
            Some(Became::Forwarded(payload)) => payload.clone().into(),
            None => to_serialize(&())?.into(),
        },
        Body::List(items) => {
            Body::List(items.iter().map(|item| anew(item, values, encoder)).collect::<frames_core::Result<_>>()?)
        }
        Body::Set(items) => {
            Body::Set(items.iter().map(|item| anew(item, values, encoder)).collect::<frames_core::Result<_>>()?)
        }
        Body::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = anew(key, values, encoder)?;
                Ok((key, anew(value, values, encoder)?))
            });
            Body::Map(entries.collect::<frames_core::Result<_>>()?)
        }
        other => other.clone(),
    })
}

fn failure(text: String) -> Body<'static> {
    Body::map([("status", "error".into()), ("exception_text", text.into())])
}
