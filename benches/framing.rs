//! Messages over a socket of this machine, beside loops that do nothing but move the bytes.
//!
//! ```text
//! cargo bench --bench framing                     # all
//! cargo bench --bench framing -- --quick tcp
//! ```
//!
//! One thread writes a message each time the other has read one; what is measured is the way of one message, from the request to write
//! it to the drop of what was read. `limit-fresh` reads into new memory, as a receiver that keeps the data must; `limit-reused` into
//! the same again. In `10000x1KiB` the loops write all parts in as few calls as `frames` does, and read them into one buffer.

mod harness;
#[allow(dead_code, reason = "the page of the report is of the records")]
mod report;

use criterion::{Criterion, SamplingMode, Throughput};
use frames_core::{Frame, FrameReader, Frames, write_frames};
use std::hint::black_box;
use std::io::{self, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

fn main() {
    harness::run("limit-fresh", |criterion| {
        for (name, sizes) in [("64MiB", vec![64 << 20]), ("1MiB", vec![1 << 20]), ("10000x1KiB", vec![1 << 10; 10_000])]
        {
            transport(criterion, &format!("tcp/{name}"), &sizes, tcp);
            transport(criterion, &format!("unix/{name}"), &sizes, || UnixStream::pair().unwrap());
        }
    });
}

fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let writer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (reader, _) = listener.accept().unwrap();
    writer.set_nodelay(true).unwrap();
    (writer, reader)
}

fn transport<S: Read + Write + Send + 'static>(
    criterion: &mut Criterion,
    name: &str,
    sizes: &[usize],
    connect: impl Fn() -> (S, S),
) {
    let total: usize = sizes.iter().sum();
    let parts: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(i, &n)| vec![i as u8; n]).collect();
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Bytes(total as u64));

    let (writer, reader) = connect();
    let frames: Frames<'static> = parts.iter().map(|part| Frame::from(part.clone())).collect();
    let next = on_request(writer, move |writer| write_frames(writer, &frames));
    let mut reader = FrameReader::new(reader);
    group.bench_function("frames", |b| {
        b.iter(|| {
            next.send(()).unwrap();
            black_box(reader.read_frames().unwrap().unwrap());
        });
    });

    for (row, fresh) in [("limit-fresh", true), ("limit-reused", false)] {
        let (writer, mut reader) = connect();
        let parts = parts.clone();
        let next = on_request(writer, move |writer| write_parts(writer, &parts));
        let mut buffer = vec![0; total];
        group.bench_function(row, |b| {
            b.iter(|| {
                next.send(()).unwrap();
                if fresh {
                    buffer = vec![0; total];
                }
                reader.read_exact(&mut buffer).unwrap();
                black_box(&buffer);
            });
        });
    }
}

/// A thread that writes a message for each request.
fn on_request<S: Write + Send + 'static>(
    mut writer: S,
    write: impl Fn(&mut S) -> io::Result<()> + Send + 'static,
) -> Sender<()> {
    let (sender, requests): (Sender<()>, Receiver<()>) = channel();
    thread::spawn(move || {
        for () in requests {
            write(&mut writer).unwrap();
        }
    });
    sender
}

fn write_parts(writer: &mut impl Write, parts: &[Vec<u8>]) -> io::Result<()> {
    for batch in parts.chunks(512) {
        let mut slices: Vec<IoSlice<'_>> = batch.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let written = writer.write_vectored(rest)?;
            IoSlice::advance_slices(&mut rest, written);
        }
    }
    Ok(())
}
