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

use std::error::Error;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use frames_core::{
    AnyValue, Body, Encoder, Frame, Handshake, Limits, Payload, read_frames, read_message, to_serialize, write_frames,
};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "tcp://127.0.0.1:0".into());
    let address = address.strip_prefix("tcp://").ok_or("an address is tcp://HOST:PORT")?;
    let listener = TcpListener::bind(address)?;
    println!("listening on tcp://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    listen(&listener);
    Ok(())
}

/// Serves whoever connects, each in a thread of its own.
#[allow(unreachable_pub, reason = "the test of this example calls it")]
pub fn listen(listener: &TcpListener) {
    for stream in listener.incoming() {
        let served = stream.map(|stream| {
            thread::spawn(move || {
                let peer = stream.peer_addr().map_or_else(|_| "?".into(), |address| address.to_string());
                if let Err(error) = serve(stream) {
                    eprintln!("{peer}: {error}");
                }
            })
        });
        if let Err(error) = served {
            eprintln!("a connection could not be accepted: {error}");
        }
    }
}

/// How long the other side may take for its handshake.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers the messages of one connection until it ends.
fn serve(stream: TcpStream) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let limits = Limits::default();

    let ours = Handshake::new();
    write_frames(&mut writer, &Encoder::new().write_message(&ours.to_body())?)?;
    let Some(frames) = read_frames(&mut reader, &limits)? else { return Ok(()) };
    let encoder = ours.agree(&Handshake::from_body(&read_message(frames)?)?).encoder();

    reader.get_ref().set_read_timeout(None)?;
    while let Some(frames) = read_frames(&mut reader, &limits)? {
        let message = read_message(frames)?;
        let values: Vec<Became> = message.payloads().into_iter().map(Became::of).collect();
        let answer = answer(&message, &values, &encoder).unwrap_or_else(|e| failure(e.to_string()));
        write_frames(&mut writer, &encoder.write_message(&answer)?)?;
    }
    Ok(())
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
        match payload.deserialize_any() {
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
