//! Messages over a socket of this machine, beside loops that do nothing but move the bytes, and beside `distributed`'s own comm.
//!
//! ```text
//! cargo bench --bench framing                     # all, four minutes; 1 GiB needs 4 GiB of memory
//! cargo bench --bench framing -- tcp/64MiB
//! ```
//!
//! One way: a thread writes a message each time the other has read one; what is measured is from the request to write it to the drop of
//! what was read. `frames` blocks, `frames-comm` is over tokio. Of the `raw` loops, those named `fresh` read into new memory, as
//! a receiver must that keeps the data and has none to spare, and `reused` into the same again; all write in as few calls as `frames`
//! does, and those of many parts read them into one buffer. Round trips are of one thread for both ends: on two cores a wake-up costs
//! ten times the message.
//!
//! Rows of Python need the environment that the tests make.

mod harness;
#[allow(dead_code, reason = "the page of the report is of the records")]
mod report;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};
use frames_core::comm::{Comm, Options};
use frames_core::{Body, Frame, FrameReader, Frames, to_serialize, write_frames, write_message};
use std::hint::black_box;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::runtime::Runtime;

const SIZES: [(&str, usize, usize); 4] =
    [("64MiB", 64 << 20, 1), ("1MiB", 1 << 20, 1), ("10000x1KiB", 1 << 10, 10_000), ("1GiB", 1 << 30, 1)];

/// A pair of connected sockets, as descriptors.
type Connect = fn() -> (OwnedFd, OwnedFd);

fn main() {
    harness::run("frames", |criterion| {
        round_trips(criterion);
        for (name, size, count) in SIZES {
            one_way::<std::net::TcpStream, tokio::net::TcpStream>(criterion, &format!("tcp/{name}"), size, count, tcp);
            let connect: Connect = || {
                let (writer, reader) = std::os::unix::net::UnixStream::pair().unwrap();
                (writer.into(), reader.into())
            };
            one_way::<std::os::unix::net::UnixStream, tokio::net::UnixStream>(
                criterion,
                &format!("unix/{name}"),
                size,
                count,
                connect,
            );
        }
    });
    // All of it, and not a part or a test of the bench itself.
    if std::env::args().skip(1).all(|arg| arg.starts_with("--")) && std::env::args().any(|arg| arg == "--bench") {
        python();
    }
}

fn tcp() -> (OwnedFd, OwnedFd) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let writer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (reader, _) = listener.accept().unwrap();
    writer.set_nodelay(true).unwrap();
    reader.set_nodelay(true).unwrap();
    (writer.into(), reader.into())
}

/// A socket of tokio's, from within a runtime.
trait Tokio: AsyncRead + AsyncWrite + Send + Unpin + Sized + 'static {
    fn adopt(descriptor: OwnedFd) -> Self;
}

impl Tokio for tokio::net::TcpStream {
    fn adopt(descriptor: OwnedFd) -> Self {
        let stream = std::net::TcpStream::from(descriptor);
        stream.set_nonblocking(true).unwrap();
        Self::from_std(stream).unwrap()
    }
}

impl Tokio for tokio::net::UnixStream {
    fn adopt(descriptor: OwnedFd) -> Self {
        let stream = std::os::unix::net::UnixStream::from(descriptor);
        stream.set_nonblocking(true).unwrap();
        Self::from_std(stream).unwrap()
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn one_way<B, T>(criterion: &mut Criterion, name: &str, size: usize, count: usize, connect: Connect)
where
    B: Read + Write + From<OwnedFd> + Send + 'static,
    T: Tokio,
{
    let total = size * count;
    let mut group = criterion.benchmark_group(name);
    group.sample_size(if total > 1 << 28 { 10 } else { 20 }).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Bytes(total as u64)).measurement_time(Duration::from_secs(2));

    // The pages of what is sent are there once, whoever sends it.
    let parts: Frames<'static> = (0..count).map(|i| Frame::from(vec![i as u8; size])).collect();

    let (writer, reader) = connect();
    let frames = parts.clone();
    let next = on_request(move |requests| {
        let mut writer = B::from(writer);
        for () in requests {
            write_frames(&mut writer, &frames).unwrap();
        }
    });
    let mut reader = FrameReader::new(B::from(reader)).pool(&frames_core::Pool::new(2 << 30));
    group.bench_function("frames", |b| {
        b.iter(|| {
            next.send(()).unwrap();
            black_box(reader.read_frames().unwrap().unwrap());
        });
    });
    drop((reader, next));

    let (writer, reader) = connect();
    let frames = parts.clone();
    let options = Options::new().pool(&frames_core::Pool::new(2 << 30));
    let mine = options.clone();
    let next = on_request(move |requests| {
        runtime().block_on(async {
            let mut comm = Comm::over(T::adopt(writer), &mine).await.unwrap();
            for () in requests {
                comm.write_frames(&frames).await.unwrap();
            }
        });
    });
    let tokio = runtime();
    let mut comm = tokio.block_on(async { Comm::over(T::adopt(reader), &options).await.unwrap() });
    group.bench_function("frames-comm", |b| {
        b.iter(|| {
            next.send(()).unwrap();
            black_box(tokio.block_on(comm.read_frames()).unwrap().unwrap());
        });
    });
    drop((comm, next));

    for fresh in [true, false] {
        let kind = if fresh { "fresh" } else { "reused" };
        let (writer, reader) = connect();
        let frames = parts.clone();
        let next = on_request(move |requests| {
            let mut writer = B::from(writer);
            for () in requests {
                write_parts(&mut writer, &frames).unwrap();
            }
        });
        let mut reader = B::from(reader);
        raw(&mut group, &format!("raw-blocking-{kind}"), fresh, total, &next, |buffer| {
            reader.read_exact(buffer).unwrap();
        });

        let (writer, reader) = connect();
        let frames = parts.clone();
        let next = on_request(move |requests| {
            runtime().block_on(async {
                let mut writer = T::adopt(writer);
                for () in requests {
                    write_parts_async(&mut writer, &frames).await.unwrap();
                }
            });
        });
        let tokio = runtime();
        let mut reader = tokio.block_on(async { T::adopt(reader) });
        raw(&mut group, &format!("raw-tokio-{kind}"), fresh, total, &next, |buffer| {
            tokio.block_on(reader.read_exact(buffer)).unwrap();
        });
    }
}

fn raw(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    fresh: bool,
    total: usize,
    next: &Sender<()>,
    mut read: impl FnMut(&mut [u8]),
) {
    let mut buffer = vec![1; total];
    group.bench_function(name, |b| {
        b.iter(|| {
            next.send(()).unwrap();
            if fresh {
                buffer = vec![0; total];
            }
            read(&mut buffer);
            black_box(&buffer);
        });
    });
}

/// A thread that writes a message for each request.
fn on_request(serve: impl FnOnce(Receiver<()>) + Send + 'static) -> Sender<()> {
    let (sender, requests) = channel();
    thread::spawn(move || serve(requests));
    sender
}

/// As many parts as one call of the system takes.
const BATCH: usize = 1024;

fn write_parts(writer: &mut impl Write, frames: &Frames<'_>) -> io::Result<()> {
    let parts: Vec<&[u8]> = frames.iter().map(Frame::as_slice).collect();
    for batch in parts.chunks(BATCH) {
        let mut slices: Vec<IoSlice<'_>> = batch.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let written = writer.write_vectored(rest)?;
            IoSlice::advance_slices(&mut rest, written);
        }
    }
    Ok(())
}

async fn write_parts_async(writer: &mut (impl AsyncWrite + Unpin), frames: &Frames<'_>) -> io::Result<()> {
    let parts: Vec<&[u8]> = frames.iter().map(Frame::as_slice).collect();
    for batch in parts.chunks(BATCH) {
        let mut slices: Vec<IoSlice<'_>> = batch.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let written = writer.write_vectored(rest).await?;
            IoSlice::advance_slices(&mut rest, written);
        }
    }
    Ok(())
}

/// A small message there and back.
fn round_trips(criterion: &mut Criterion) {
    let small = Body::map([("op", "get".into()), ("key", "x-5".into()), ("n", 5.into())]);
    let numbers = vec![0.5f64; 10];
    let array = Body::map([("op", "put".into()), ("data", to_serialize(&numbers).unwrap().into())]);
    for (name, body) in [("round-trip/small", &small), ("round-trip/array", &array)] {
        let mut group = criterion.benchmark_group(name);
        let tokio = runtime();
        let frames = write_message(body).unwrap();

        let (client, server) = tcp();
        let mut comm = tokio.block_on(async {
            tokio::spawn(async {
                let mut comm = Comm::over(tokio::net::TcpStream::adopt(server), &Options::new()).await.unwrap();
                while let Some(frames) = comm.read_frames().await.unwrap() {
                    comm.write_frames(&frames).await.unwrap();
                }
            });
            Comm::over(tokio::net::TcpStream::adopt(client), &Options::new()).await.unwrap()
        });
        group.bench_function("frames", |b| {
            b.iter(|| {
                tokio.block_on(async {
                    comm.write_frames(&frames).await.unwrap();
                    black_box(comm.read_frames().await.unwrap().unwrap());
                });
            });
        });

        let (client, server) = tcp();
        let mut comm = tokio.block_on(async {
            tokio::spawn(async {
                let mut comm = Comm::over(tokio::net::TcpStream::adopt(server), &Options::new()).await.unwrap();
                while let Some(body) = comm.read().await.unwrap() {
                    comm.write(&body).await.unwrap();
                }
            });
            Comm::over(tokio::net::TcpStream::adopt(client), &Options::new()).await.unwrap()
        });
        group.bench_function("frames-messages", |b| {
            b.iter(|| {
                tokio.block_on(async {
                    comm.write(black_box(body)).await.unwrap();
                    black_box(comm.read().await.unwrap().unwrap());
                });
            });
        });

        let mut bytes = Vec::new();
        write_frames(&mut bytes, &frames).unwrap();
        let (client, server) = tcp();
        let n = bytes.len();
        let mut client = tokio.block_on(async {
            tokio::spawn(async move {
                let (mut server, mut buffer) = (tokio::net::TcpStream::adopt(server), vec![0; n]);
                while server.read_exact(&mut buffer).await.is_ok() {
                    server.write_all(&buffer).await.unwrap();
                }
            });
            tokio::net::TcpStream::adopt(client)
        });
        let mut buffer = vec![0; n];
        group.bench_function("raw-tokio", |b| {
            b.iter(|| {
                tokio.block_on(async {
                    client.write_all(&bytes).await.unwrap();
                    client.read_exact(&mut buffer).await.unwrap();
                    black_box(&buffer);
                });
            });
        });
    }
}

/// The same through `distributed`, for reference.
fn python() {
    let root = env!("CARGO_MANIFEST_DIR");
    let environments = std::fs::read_dir(format!("{root}/target/python")).into_iter().flatten().flatten();
    let Some(python) = environments.map(|entry| entry.path().join("bin/python")).find(|path| path.exists()) else {
        println!("\nno rows of Python: its environment is made by the tests, `cargo test --workspace`");
        return;
    };
    println!("\ndistributed's own comm, both ends Python, in two processes; medians");
    let done = Command::new(python).arg(format!("{root}/benches/framing.py")).status();
    if !done.is_ok_and(|status| status.success()) {
        println!("failed");
    }
}
