//! A derived struct with a 64 MB array goes to a Python that runs the released `distributed`, unmodified; Python checks it,
//! changes it and sends it back.
//!
//!     cargo run --example dask_roundtrip
//!
//! The first run makes a Python environment below `target/`.

use frames_core::bytes::Bytes;
use frames_core::{Array, Error, FrameSerialize, Frames, Header, deserialize, pack_prelude, serialize};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

#[path = "../tests/support/python.rs"]
mod python;

#[derive(Debug, FrameSerialize)]
struct Scan {
    station: String,
    step: u64,
    grid: Array<f64>,
    points: Vec<Point>,
}

#[derive(Debug, PartialEq, FrameSerialize)]
struct Point {
    x: f64,
    label: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let python = python::interpreter()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let script = python::workspace().join("examples/dask_roundtrip.py");
    let mut child = python::isolated(python).arg(script).arg(port).spawn()?;
    let (mut socket, _) = listener.accept()?;
    socket.set_nodelay(true)?;

    let scan = Scan {
        station: "Zürich".into(),
        step: 7,
        grid: (0..8_000_000).map(f64::from).collect(),
        points: (0..3).map(|i| Point { x: i.into(), label: format!("p{i}") }).collect(),
    };

    let start = Instant::now();
    let (header, frames) = serialize(&scan)?;
    let serialized = start.elapsed();
    println!("rust sends a header of {} bytes and {frames:?}", header.as_bytes().len());
    println!("rust serialized it in {serialized:?}, no byte of the grid was copied");

    let start = Instant::now();
    send(&mut socket, &header, &frames)?;
    let (header, frames) = receive(&mut socket)?;
    let there_and_back = start.elapsed();

    let start = Instant::now();
    let back: Scan = deserialize(&header, frames)?;
    println!("rust decoded the answer in {:?}", start.elapsed());

    assert!(child.wait()?.success(), "Python refused");
    assert_eq!((back.station.as_str(), back.step, back.grid.len()), ("Zürich", 8, scan.grid.len()));
    assert!(back.grid.iter().zip(&scan.grid).all(|(new, old)| *new == 2.0 * old));
    assert_eq!(back.points[2], Point { x: 12.0, label: "p2".into() });
    println!("rust sees    {back:?}");
    println!("64 MB there, checked, changed and back: {there_and_back:?}");
    Ok(())
}

/// A prelude, then the header and the frames as they lie in memory.
fn send(socket: &mut TcpStream, header: &Header, frames: &Frames<'_>) -> std::io::Result<()> {
    let all: Vec<&[u8]> = std::iter::once(header.as_bytes()).chain(frames.iter().map(|f| f.as_slice())).collect();
    socket.write_all(&pack_prelude(&all))?;
    all.iter().try_for_each(|part| socket.write_all(part))
}

/// The same from Python; each frame in a buffer of its own, which grows as its bytes arrive.
fn receive(socket: &mut TcpStream) -> Result<(Header, Frames<'static>), Box<dyn std::error::Error>> {
    let mut word = [0; 8];
    let mut number = |socket: &mut TcpStream| socket.read_exact(&mut word).map(|()| u64::from_ne_bytes(word));
    let count = number(socket)?;
    let lengths = (0..count).map(|_| number(socket)).collect::<Result<Vec<u64>, _>>()?;
    let mut parts = Vec::new();
    for length in lengths {
        let mut part = Vec::new();
        if socket.take(length).read_to_end(&mut part)? as u64 != length {
            return Err("Python closed the connection".into());
        }
        parts.push(part);
    }
    let header = (!parts.is_empty()).then(|| parts.remove(0)).ok_or(Error::custom("Python sent nothing"))?;
    Ok((Header::from_bytes(header)?, parts.into_iter().map(Bytes::from).collect::<Vec<_>>().into()))
}
