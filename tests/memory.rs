//! What receiving and sending take: a ledger of where the system wrote each byte, and memory as the allocator and the system count it.
//! One test after the other, in one process of their own: memory is looked at from outside.

use frames_core::bytes::Bytes;
use frames_core::comm::{Comm, Options};
use frames_core::{
    Array, Body, Encoder, Frame, FrameReader, Frames, Handshake, Limits, deserialize_bytes, read_frames,
    serialize_bytes, write_frames,
};
use std::future::Future;
use std::io::{self, IoSlice, Read};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is read of a message of which nothing is known yet: so much of it may be copied once.
const AHEAD: usize = 4 << 10;

/// A stream out of bytes, that writes down where it put them.
#[derive(Clone)]
struct Ledger {
    bytes: Arc<Vec<u8>>,
    at: usize,
    /// How much the other side has sent at once.
    portion: usize,
    entries: Arc<Mutex<Vec<(usize, usize)>>>,
}

impl Ledger {
    fn new(bytes: Vec<u8>, portion: usize) -> Self {
        Ledger { bytes: Arc::new(bytes), at: 0, portion, entries: Arc::default() }
    }

    fn give(&mut self, to: &mut [u8]) -> usize {
        let n = to.len().min(self.portion).min(self.bytes.len() - self.at);
        to[..n].copy_from_slice(&self.bytes[self.at..self.at + n]);
        self.entries.lock().unwrap().push((to.as_ptr() as usize, n));
        self.at += n;
        n
    }

    /// How many bytes of the frame were put where they are now.
    fn in_place(&self, frame: &Frame<'_>) -> usize {
        let (start, end) = (frame.as_ptr() as usize, frame.as_ptr() as usize + frame.len());
        let inside = |&(at, n): &(usize, usize)| at >= start && at + n <= end;
        self.entries.lock().unwrap().iter().filter(|entry| inside(entry)).map(|entry| entry.1).sum()
    }
}

impl Read for Ledger {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        Ok(self.give(to))
    }
}

impl AsyncRead for Ledger {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // What is handed out here is initialized: the receiver never has it otherwise.
        let n = self.give(buf.initialize_unfilled());
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

/// Takes everything, and writes down from where.
impl AsyncWrite for Ledger {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.entries.lock().unwrap().push((bytes.as_ptr() as usize, bytes.len()));
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.entries.lock().unwrap().extend(parts.iter().map(|part| (part.as_ptr() as usize, part.len())));
        Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()))
    }
    fn is_write_vectored(&self) -> bool {
        true
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn message(sizes: &[usize]) -> Vec<u8> {
    let frames: Frames<'_> = sizes.iter().enumerate().map(|(i, &n)| Frame::from(vec![i as u8; n])).collect();
    let mut stream = Vec::new();
    write_frames(&mut stream, &frames).unwrap();
    stream
}

/// A line of what the system says of this process, in bytes.
#[cfg(target_os = "linux")]
fn status(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

/// By how much the memory of this process grew at most.
#[cfg(target_os = "linux")]
fn resident<R>(work: impl FnOnce() -> R) -> (usize, R) {
    let before = status("VmRSS:");
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let done = work();
    (status("VmHWM:").saturating_sub(before), done)
}

const SIZES: [usize; 6] = [300, 20_000, 70_000, 3 << 20, 0, (16 << 20) + 12_345];

fn every_byte_stays_where_the_system_wrote_it() {
    for portion in [usize::MAX, 1 << 20, 60_000] {
        let ledger = Ledger::new(message(&SIZES), portion);
        let frames = FrameReader::new(ledger.clone()).read_frames().unwrap().unwrap();
        check(&ledger, &frames, AHEAD);
        // Without reading ahead not a byte of a large frame is moved.
        let ledger = Ledger::new(message(&SIZES), portion);
        let frames = read_frames(&mut ledger.clone(), &Limits::default()).unwrap().unwrap();
        check(&ledger, &frames, 0);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut stream = Vec::new();
    let hello = Encoder::new().write_message(&Handshake::new().to_body()).unwrap().into_owned();
    write_frames(&mut stream, &hello).unwrap();
    // So that nothing of the message is read with the handshake.
    stream.extend(message(&vec![100; 50]));
    stream.extend(message(&SIZES));
    let ledger = Ledger::new(stream, usize::MAX);
    let frames = runtime.block_on(async {
        let mut comm = Comm::over(ledger.clone(), &Options::new()).await.unwrap();
        comm.read_frames().await.unwrap();
        comm.read_frames().await.unwrap().unwrap()
    });
    check(&ledger, &frames, AHEAD);
}

fn check(ledger: &Ledger, frames: &Frames<'_>, ahead: usize) {
    let mut copied = 0;
    for (i, frame) in frames.iter().enumerate() {
        assert!(frame.iter().all(|&byte| byte == i as u8) && frame.len() == SIZES[i]);
        if frame.len() >= 16 << 10 {
            copied += frame.len() - ledger.in_place(frame);
        }
    }
    assert!(copied <= ahead, "{copied} bytes were copied");
}

fn what_is_sent_is_sent_from_where_it_is() {
    let data = Array::from(vec![1.5f64; 1 << 20]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut stream = Vec::new();
    let hello = Encoder::new().write_message(&Handshake::new().to_body()).unwrap().into_owned();
    write_frames(&mut stream, &hello).unwrap();
    let ledger = Ledger::new(stream, usize::MAX);
    let info = runtime.block_on(async {
        let mut comm = Comm::over(ledger.clone(), &Options::new()).await.unwrap();
        let message = Body::from(frames_core::to_serialize(&data).unwrap());
        let mut write = std::pin::pin!(comm.write(&message));
        // One poll is all it takes: this stream never waits.
        let mut done = None;
        let info = allocation_counter::measure(|| {
            let mut context = Context::from_waker(std::task::Waker::noop());
            done = Some(write.as_mut().poll(&mut context).is_ready());
        });
        assert_eq!(done, Some(true));
        info
    });
    assert!(info.bytes_total < 40 << 10, "{info:?}");
    let entries = ledger.entries.lock().unwrap();
    assert!(entries.contains(&(data.as_ptr() as usize, data.len() * 8)), "the array itself is written");
}

fn receiving_takes_the_bytes_that_arrive() {
    let n = (64 << 20) + 12_345;
    let stream = message(&[100, n]);
    for ahead in [false, true] {
        let receive = || {
            let reader = &mut &stream[..];
            match ahead {
                true => FrameReader::new(reader).read_frames().unwrap().unwrap(),
                false => read_frames(reader, &Limits::default()).unwrap().unwrap(),
            }
        };
        let info = allocation_counter::measure(|| drop(receive()));
        assert!(info.bytes_max < 64 << 10, "on the heap: {info:?}");
        #[cfg(target_os = "linux")]
        {
            let (grown, frames) = resident(receive);
            assert!(grown <= n + (512 << 10), "{grown} for {n}");
            // One dropped array gives its memory back: to the pool, or without one to the system.
            let before = status("VmRSS:");
            let second = frames.get(1).unwrap().clone();
            drop(frames);
            assert!(before.abs_diff(status("VmRSS:")) < 1 << 20, "it is still used");
            drop(second);
            if !ahead {
                assert!(before - status("VmRSS:") >= n - (1 << 20));
            }
        }
    }
}

/// The allocator of this system gives blocks of one size one behind the other, so that most are guessed right; with two allocations
/// each there would be ten thousand.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn most_small_frames_of_one_size_take_one_allocation() {
    let stream = message(&vec![1 << 10; 5000]);
    let mut reader = FrameReader::new(&stream[..]);
    let info = allocation_counter::measure(|| drop(reader.read_frames().unwrap().unwrap()));
    assert!(info.count_total < 8000, "{info:?}");
}

fn a_length_takes_no_memory() {
    for claimed in [1u64 << 20, 1 << 30, 1 << 34, 1 << 40] {
        let mut stream = message(&[100_000]);
        stream[16..24].copy_from_slice(&claimed.to_ne_bytes());
        let info = allocation_counter::measure(|| {
            let error = read_frames(&mut &stream[..], &Limits::default()).unwrap_err();
            assert!(matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::OutOfMemory), "{error}");
        });
        assert!(info.bytes_max < 64 << 10, "{info:?}");
        #[cfg(target_os = "linux")]
        {
            let (grown, error) = resident(|| read_frames(&mut &stream[..], &Limits::default()).is_err());
            assert!(error && grown <= 512 << 10, "{grown} for a claim of {claimed}");
        }
    }
}

fn a_file_that_is_mapped_is_read_where_it_lies() {
    let values = (Array::from(vec![0.5f64; 1000]), Array::from(vec![2.5; 3]), Array::from(vec![1.0; 1 << 17]));
    let blob = serialize_bytes(&values).unwrap();
    // As a file is mapped: a map of a file itself takes `unsafe`, because others may write to it.
    let mut map = memmap2::MmapMut::map_anon(blob.len()).unwrap();
    map.copy_from_slice(&blob);
    let (start, len) = (map.as_ptr() as usize, map.len());
    let blob = Bytes::from_owner(map.make_read_only().unwrap());
    type Three = (Array<f64>, Array<f64>, Array<f64>);
    let mut again = Three::default();
    let info = allocation_counter::measure(|| again = deserialize_bytes::<Three>(&blob).unwrap());
    assert!(again == values && info.bytes_max < 8 << 10, "{info:?}");
    for array in [&again.0, &again.1, &again.2] {
        let at = array.as_ptr() as usize;
        assert!(at >= start && at + 8 * array.len() <= start + len, "an array was copied");
    }
    assert_eq!(again.0.as_ptr().align_offset(64), 0);
}

#[test]
fn memory_and_copies() {
    a_file_that_is_mapped_is_read_where_it_lies();
    every_byte_stays_where_the_system_wrote_it();
    what_is_sent_is_sent_from_where_it_is();
    receiving_takes_the_bytes_that_arrive();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    most_small_frames_of_one_size_take_one_allocation();
    a_length_takes_no_memory();
}
