//! Ten thousand to ten million flat rows: time a row, and the most memory at once beside what was written.
//!
//! ```text
//! cargo bench --bench scale                    # all; the largest takes 3 GiB and is left out where they are not free
//! cargo bench --bench scale -- 1000000         # up to so many rows
//! ```
//!
//! `fresh` writes into new memory, `reused` into that of the value before, and `limit` copies the finished bytes into new memory:
//! what the machine takes for that much output, page faults included. Reading includes the drop of what was read. Times are the
//! best of some runs, and `×` is the time a row over that of the smallest size: 1 where cost grows linearly.
//!
//! `peak` is by how much the memory of the process grew at most while `fresh` was written, as the system saw it (Linux), over the bytes
//! of header and frames; for outputs from 32 MiB on, below which memory that was freed before is used again. A buffer that grows is
//! moved by the system without a copy: an allocator without that holds the old and the new one at once. `uneven` rows have names that
//! grow tenfold on the way, so that the first say little of the rest.

use frames_core::{Buffers, Decoder, Encoder, Frame, FrameSerialize, Frames, Header, Reader};
use std::hint::black_box;
use std::time::{Duration, Instant};

#[derive(FrameSerialize, PartialEq)]
struct Row {
    id: u32,
    value: f64,
    valid: bool,
    name: String,
}

const SIZES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

/// Values, output and what is read of it, each with what an allocator adds.
const BYTES_A_ROW: u64 = 300;

const FORMS: [(&str, Reader); 2] = [("portable", Reader::Any), ("packed", Reader::Rust)];

fn main() {
    let mut largest = None;
    let mut all = false;
    for arg in std::env::args().skip(1) {
        match arg.as_str() {
            "--bench" => all = true,
            n => largest = n.parse().ok().or(largest),
        }
    }
    // Without `--bench` this is a test of the bench itself.
    let largest = largest.unwrap_or(if all { usize::MAX } else { SIZES[0] });

    println!(
        "{:>10} {:<9} {:>9} {:>6}  {:>9} {:>6}  {:>9} {:>6}  {:>9} {:>6}  {:>12} {:>6}",
        "rows", "form", "fresh", "×", "reused", "×", "read", "×", "limit", "×", "output", "peak"
    );
    let mut smallest = [None; FORMS.len()];
    for n in SIZES.into_iter().filter(|&n| n <= largest) {
        if available().is_some_and(|bytes| bytes < n as u64 * BYTES_A_ROW) {
            println!("{n:>10} left out: too little memory");
            continue;
        }
        let mut values = rows(n);
        for ((name, reader), smallest) in FORMS.into_iter().zip(&mut smallest) {
            let encoder = Encoder::new().reader(reader);
            let (output, peak) = output_and_peak(&encoder, &values);
            let nanos = times(&encoder, &values).map(|time| time.as_nanos() as f64 / n as f64);
            let first = *smallest.get_or_insert(nanos);
            print!("{n:>10} {name:<9}");
            for (nanos, first) in nanos.into_iter().zip(first) {
                print!(" {nanos:>6.2} ns {:>6.2} ", nanos / first);
            }
            println!(" {output:>12} {peak:>6}");
        }
        uneven(&mut values);
        for (name, reader) in FORMS {
            let (output, peak) = output_and_peak(&Encoder::new().reader(reader), &values);
            println!("{:>10} {name:<9} {:<71} {output:>12} {peak:>6}", "", "uneven");
        }
    }
}

/// Names of 3 to 10 bytes, in no order.
fn rows(n: usize) -> Vec<Row> {
    let row = |i: usize| {
        let spread = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let name = "gearboxes!"[..3 + (spread >> 61) as usize].into();
        Row { id: i as u32, value: i as f64 * 0.5, valid: spread >> 63 == 1, name }
    };
    (0..n).map(row).collect()
}

/// Names of up to ten times the length, the longer the later.
fn uneven(values: &mut [Row]) {
    let n = values.len();
    for (i, row) in values.iter_mut().enumerate() {
        row.name = row.name.repeat(1 + 9 * i / n);
    }
}

/// The bytes of the output, and by how much the memory of this process grew at most for them.
fn output_and_peak(encoder: &Encoder, values: &Vec<Row>) -> (usize, String) {
    let before = status("VmRSS:");
    // Sets the highest value so far back to the one now.
    let reset = std::fs::write("/proc/self/clear_refs", "5");
    let (header, frames) = encoder.serialize(values).unwrap();
    let output: usize = parts(&header, &frames).map(<[u8]>::len).sum();
    let grown = status("VmHWM:").zip(before).and_then(|(peak, before)| peak.checked_sub(before));
    match grown.filter(|_| reset.is_ok() && output >= 32 << 20) {
        Some(grown) => (output, format!("{:.3}", grown as f64 / output as f64)),
        None => (output, "-".into()),
    }
}

/// A line of what the system says of this process, in bytes.
fn status(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Fresh, reused, read, limit.
fn times(encoder: &Encoder, values: &Vec<Row>) -> [Duration; 4] {
    let n = values.len();
    let fresh = best(n, || encoder.serialize(black_box(values)).unwrap());

    let mut buffers = Buffers::new();
    let reused = best(n, || {
        black_box(encoder.serialize_in(black_box(values), &mut buffers).unwrap());
    });
    drop(buffers);

    let (header, frames) = encoder.serialize(values).unwrap();
    let frames = frames.into_owned();
    let decoder = Decoder::new();
    let read = |frames: Frames<'static>| decoder.deserialize::<Vec<Row>>(black_box(&header), frames).unwrap();
    assert!(read(frames.clone()) == *values, "another value came back");
    let reading = best(n, || drop(read(frames.clone())));

    let limit = best(n, || parts(&header, &frames).map(<[u8]>::to_vec).collect::<Vec<_>>());
    [fresh, reused, reading, limit]
}

fn parts<'p>(header: &'p Header, frames: &'p Frames<'_>) -> impl Iterator<Item = &'p [u8]> {
    std::iter::once(header.as_bytes()).chain(frames.iter().map(Frame::as_slice))
}

/// The best of as many runs as there is time for, after one that is not counted. What a run gives is dropped before the clock
/// is read: to give pages back is part of having used them.
fn best<R>(rows: usize, mut run: impl FnMut() -> R) -> Duration {
    black_box(run());
    let runs = (10_000_000 / rows).clamp(3, 200);
    let once = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    (0..runs).map(once).min().unwrap_or_default()
}

/// The bytes that may be allocated without swapping, where the system says so.
fn available() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}
