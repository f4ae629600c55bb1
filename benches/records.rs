//! Five data sets beside the peers: written into reused and into fresh memory, read, looked at without reading; and sizes.
//!
//! ```text
//! cargo bench --bench records                     # all, seven minutes on two cores
//! cargo bench --bench records -- log/             # a part
//! FRAMES_REPORT=1 cargo bench --bench records     # all, and REPORT.md with its charts anew
//! ```
//!
//! Our rows are header and frames; `portable` for any reader, `packed` for another process with this crate. Peers give one
//! buffer, so `-gathered` is the same in one buffer, each part behind its length: what a file would hold. Rows named `limit…`
//! are what the machine can do. Reading includes the drop of what was read.

mod chart;
mod data;
mod harness;
mod page;
mod peers;
mod report;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, SamplingMode};
use data::log::{ArchivedLog, Log, LogRef, LogView, checksum, log};
use data::mesh::{Triangle, mesh};
use data::minecraft_savedata::minecraft_savedata;
use data::small::small;
use data::tensors::{SharedTensors, Tensors, tensors};
use frames_core::bytes::Bytes;
use frames_core::{Array, Buffers, Decoder, Encoder, Frame, FrameSerialize, Frames, Header, HeaderRef, Reader};
use peers::{RkyvError, Value, each_peer};
use rkyv::vec::ArchivedVec;
use std::hint::black_box;
use std::time::Duration;

type Group<'c> = BenchmarkGroup<'c, WallTime>;

/// Our forms, by the names of their rows.
const FORMS: [(&str, Reader); 2] = [("frames-portable", Reader::Any), ("frames-packed", Reader::Rust)];

fn main() {
    let results = harness::run("rmp-serde-named", |criterion| {
        data_set(criterion, "small", &small(), |_| {});
        data_set(criterion, "log", &log(), |_| {});
        log_view(criterion, &log());
        data_set(criterion, "minecraft_savedata", &minecraft_savedata(), |_| {});
        data_set(criterion, "mesh", &mesh(), |_| {});
        mesh_more(criterion, &mesh());
        data_set(criterion, "tensors", &tensors(), large);
        tensors_more(criterion, tensors());
    });
    if std::env::var_os("FRAMES_REPORT").is_some() {
        let sizes = [
            ("log", sizes(&log())),
            ("minecraft_savedata", sizes(&minecraft_savedata())),
            ("mesh", sizes(&mesh())),
            ("small", sizes(&small())),
            ("tensors", sizes(&tensors())),
        ];
        page::write(&results, &sizes);
    }
}

/// The rows that every data set has.
fn data_set<T>(criterion: &mut Criterion, set: &str, value: &T, settings: fn(&mut Group<'_>))
where
    T: Value + FrameSerialize,
{
    let mut group = criterion.benchmark_group(format!("{set}/serialize"));
    settings(&mut group);
    for (name, reader) in FORMS {
        frames_write(&mut group, name, reader, value);
    }
    each_peer!(write(&mut group, value));
    group.finish();

    let mut group = criterion.benchmark_group(format!("{set}/serialize-fresh"));
    settings(&mut group);
    for (name, reader) in FORMS {
        frames_write_fresh(&mut group, name, reader, value);
    }
    each_peer!(write_fresh(&mut group, value));
    group.finish();

    let mut group = criterion.benchmark_group(format!("{set}/deserialize"));
    settings(&mut group);
    for (name, reader) in FORMS {
        frames_read(&mut group, name, reader, value);
    }
    each_peer!(read(&mut group, value));
    group.bench_function("limit-clone", |b| b.iter(|| black_box(value).clone()));
}

/// Writes again and again, with whatever memory can be used again; the parts are lent to `then`.
struct Writer {
    encoder: Encoder,
    buffers: Buffers,
}

impl Writer {
    fn new(reader: Reader) -> Self {
        Writer { encoder: Encoder::new().reader(reader), buffers: Buffers::new() }
    }

    #[inline]
    fn write_reused<T: FrameSerialize, R>(
        &mut self,
        value: &T,
        then: impl FnOnce(HeaderRef<'_>, &Frames<'_>) -> R,
    ) -> R {
        let (header, frames) = self.encoder.serialize_in(value, &mut self.buffers).unwrap();
        then(header, &frames)
    }
}

fn frames_write<T: FrameSerialize>(group: &mut Group<'_>, name: &str, reader: Reader, value: &T) {
    let mut writer = Writer::new(reader);
    group.bench_function(name, |b| {
        b.iter(|| {
            writer.write_reused(black_box(value), |header, frames| {
                black_box((header, frames));
            });
        });
    });
    let mut out = Vec::new();
    group.bench_function(format!("{name}-gathered"), |b| {
        b.iter(|| {
            writer.write_reused(black_box(value), |header, frames| gather(header, frames, &mut out));
            black_box(&out);
        });
    });
}

fn frames_write_fresh<T: FrameSerialize>(group: &mut Group<'_>, name: &str, reader: Reader, value: &T) {
    let encoder = Encoder::new().reader(reader);
    group.bench_function(name, |b| {
        b.iter(|| encoder.serialize(black_box(value)).unwrap());
    });
    group.bench_function(format!("{name}-gathered"), |b| {
        b.iter(|| {
            let (header, frames) = encoder.serialize(black_box(value)).unwrap();
            let mut out = Vec::new();
            gather(header.as_ref(), &frames, &mut out);
            out
        });
    });
}

fn frames_read<T: FrameSerialize + PartialEq>(group: &mut Group<'_>, name: &str, reader: Reader, value: &T) {
    frames_read_as::<T, T>(group, name, reader, value, |again| again == value);
    let mut received = None;
    group.bench_function(format!("{name}-gathered"), |b| {
        let bytes = received.get_or_insert_with(|| {
            let mut out = Vec::new();
            Writer::new(reader).write_reused(value, |header, frames| gather(header, frames, &mut out));
            Bytes::from(out)
        });
        let decoder = Decoder::new();
        let read = |bytes: &Bytes| {
            let (header, frames) = split(bytes);
            decoder.deserialize::<T>(header, frames).unwrap()
        };
        assert!(read(bytes) == *value, "{name} gives back another value");
        b.iter(|| read(black_box(bytes)));
    });
}

/// Reads what was written of `value` as an `R`, out of shared frames as after a receive.
fn frames_read_as<T: FrameSerialize, R: FrameSerialize>(
    group: &mut Group<'_>,
    id: &str,
    reader: Reader,
    value: &T,
    is_same: impl Fn(&R) -> bool,
) {
    let mut received = None;
    group.bench_function(id, |b| {
        let (header, frames) = received.get_or_insert_with(|| {
            let (header, frames) = Encoder::new().reader(reader).serialize(value).unwrap();
            (header, frames.into_owned())
        });
        let decoder = Decoder::new();
        let read = |frames: Frames<'static>| decoder.deserialize::<R>(black_box(&*header), frames).unwrap();
        assert!(is_same(&read(frames.clone())), "{id} gives back another value");
        // A receiver gives its frames away; only a benchmark has to keep them.
        // Few at a time, so that they are as near as what was just received.
        let batch = BatchSize::NumIterations(64);
        b.iter_batched(|| frames.clone(), |frames| drop(read(black_box(frames))), batch);
    });
}

/// The header and the frames behind one another, each behind its length.
fn gather(header: HeaderRef<'_>, frames: &Frames<'_>, out: &mut Vec<u8>) {
    out.clear();
    let parts = || std::iter::once(header.as_bytes()).chain(frames.iter().map(Frame::as_slice));
    out.reserve(parts().map(|part| part.len() + size_of::<u64>()).sum());
    for part in parts() {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part);
    }
}

/// What [`gather`] put together; the frames share its memory. The header is checked to be one msgpack map, as after any receive.
fn split(bytes: &Bytes) -> (HeaderRef<'_>, Frames<'static>) {
    let mut at = 0;
    let mut part = || {
        let (length, _) = bytes.get(at..)?.split_first_chunk()?;
        let start = at + size_of::<u64>();
        at = start + u64::from_le_bytes(*length) as usize;
        Some(start..at)
    };
    let header = HeaderRef::new(&bytes[part().unwrap()]).unwrap();
    let frames = std::iter::from_fn(part).map(|range| Frame::from(bytes.slice(range))).collect();
    (header, frames)
}

/// Rows of a log looked at without making owned values of them: opened, opened and every field read (`-read-all`), every field
/// read of what was opened before (`-read-only`).
///
/// rkyv's unvalidated access is left out: it is `unsafe`, which these crates forbid, and no choice for bytes that a peer sent.
fn log_view(criterion: &mut Criterion, value: &Vec<Log>) {
    let expected = checksum(value.iter().map(LogRef::from));
    let mut group = criterion.benchmark_group("log/view");

    for (form, reader) in FORMS {
        let (header, frames) = Encoder::new().reader(reader).serialize(value).unwrap();
        let open = |header: &Header| frames_core::view::<Log>(header, &frames).unwrap();
        let read = |view: &LogView<'_>| checksum(view.iter().map(LogRef::from));
        assert_eq!(read(&open(&header)), expected);
        group.bench_function(format!("{form}-view"), |b| {
            b.iter(|| {
                black_box(open(black_box(&header)));
            });
        });
        group.bench_function(format!("{form}-view-read-all"), |b| b.iter(|| read(&open(black_box(&header)))));
        let opened = open(&header);
        group.bench_function(format!("{form}-view-read-only"), |b| b.iter(|| read(black_box(&opened))));
    }

    let bytes = rkyv::to_bytes::<RkyvError>(value).unwrap();
    let access = |bytes| rkyv::access::<ArchivedVec<ArchivedLog>, RkyvError>(bytes).unwrap();
    let read = |rows: &ArchivedVec<ArchivedLog>| checksum(rows.iter().map(LogRef::from));
    assert_eq!(read(access(&bytes)), expected);
    group.bench_function("rkyv-access-validated", |b| {
        b.iter(|| {
            black_box(access(black_box(&bytes)));
        });
    });
    group.bench_function("rkyv-read-all", |b| b.iter(|| read(access(black_box(&bytes)))));
    let opened = access(&bytes);
    group.bench_function("rkyv-read-only", |b| b.iter(|| read(black_box(opened))));

    let bytes = bitcode::encode(value);
    let mut buffer = bitcode::Buffer::new();
    borrowed(&mut group, "bitcode-borrowed", expected, || buffer.decode(black_box(&bytes)).unwrap());
    let bytes = wincode::serialize(value).unwrap();
    borrowed(&mut group, "wincode-borrowed", expected, || wincode::deserialize(black_box(&bytes)).unwrap());
    let bytes = postcard::to_stdvec(value).unwrap();
    borrowed(&mut group, "postcard-borrowed", expected, || postcard::from_bytes(black_box(&bytes)).unwrap());
    let bytes = rmp_serde::to_vec(value).unwrap();
    borrowed(&mut group, "rmp-serde-borrowed", expected, || rmp_serde::from_slice(black_box(&bytes)).unwrap());
    group.bench_function("limit-values-read-only", |b| b.iter(|| checksum(black_box(value).iter().map(LogRef::from))));
}

/// A `Vec` of rows whose texts stay in the peer's buffer.
fn borrowed<'a>(group: &mut Group<'_>, id: &str, expected: u64, mut decode: impl FnMut() -> Vec<LogRef<'a>>) {
    group.bench_function(id, |b| b.iter(&mut decode));
    let mut read = || checksum(decode().into_iter());
    assert_eq!(read(), expected, "{id}");
    group.bench_function(format!("{id}-read-all"), |b| b.iter(&mut read));
}

/// What only bulk data can be: received without a copy.
fn mesh_more(criterion: &mut Criterion, value: &Vec<Triangle>) {
    let mut group = criterion.benchmark_group("mesh/deserialize");
    frames_read_as(&mut group, "frames-shared", Reader::Any, value, |again: &Array<Triangle>| again[..] == value[..]);
    drop(group);
    limit_memcpy(criterion, "mesh", bytemuck::cast_slice(value), |_| {});
}

fn tensors_more(criterion: &mut Criterion, value: Tensors) {
    limit_memcpy(criterion, "tensors", &value.payload().concat(), large);
    let value = value.shared();
    let mut group = criterion.benchmark_group("tensors/deserialize");
    large(&mut group);
    frames_read_as(&mut group, "frames-shared", Reader::Any, &value, |again: &SharedTensors| {
        again.weights == value.weights && again.ids == value.ids && again.raw == value.raw && again.shape == value.shape
    });
}

/// The least that a writer of one buffer and a reader of owned values have to do.
fn limit_memcpy(criterion: &mut Criterion, set: &str, bytes: &[u8], settings: fn(&mut Group<'_>)) {
    let mut out = bytes.to_vec();
    let mut group = criterion.benchmark_group(format!("{set}/serialize"));
    settings(&mut group);
    group.bench_function("limit-memcpy", |b| {
        b.iter(|| {
            out.copy_from_slice(black_box(bytes));
            black_box(&out);
        });
    });
    group.finish();
    for kind in ["serialize-fresh", "deserialize"] {
        let mut group = criterion.benchmark_group(format!("{set}/{kind}"));
        settings(&mut group);
        group.bench_function("limit-memcpy", |b| b.iter(|| black_box(bytes).to_vec()));
    }
}

/// The bytes of every codec, ours with the header; gathered, 8 bytes more a part.
fn sizes<T: Value + FrameSerialize>(value: &T) -> Vec<(&'static str, usize)> {
    let mut sizes: Vec<_> = FORMS
        .map(|(name, reader)| {
            let bytes = |header: HeaderRef<'_>, frames: &Frames<'_>| header.as_bytes().len() + frames.total_bytes();
            (name, Writer::new(reader).write_reused(value, bytes))
        })
        .into();
    each_peer!(size(&mut sizes, value));
    sizes
}

/// Few samples of the same number of iterations: an iteration takes tens of milliseconds.
fn large(group: &mut Group<'_>) {
    group.sample_size(10).sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_millis(200));
}
