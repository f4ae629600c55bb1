//! What one value costs: headers written and read, borrowed and shared frames, names looked up, beside the peers.
//!
//! ```text
//! cargo bench --bench envelope                         # all, a few minutes
//! cargo bench --bench envelope -- small/serialize      # a part
//! ```
//!
//! Rows named `limit…` are what the machine can do: to copy the finished bytes, to clone the value. In `tensors` that is a
//! header put together by hand beside borrowed slices, and `memcpy` for all that writes one buffer. Reading includes
//! the drop of what was read, and taking a reference to received frames.

#[allow(dead_code, reason = "the other bench has more data sets")]
mod data;
mod harness;
#[allow(dead_code, reason = "the other bench has sizes, and more rows for fresh memory")]
mod peers;
mod report;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use data::small::{Small, small};
use data::tensors::{SharedTensors, Tensors, tensors};
use frames_core::__private::{Record, Writer};
use frames_core::bytes::Bytes;
use frames_core::{
    Array, Encoder, Error, Frame, FrameSerialize, Frames, Header, HeaderRef, Registry, Result, TypeName,
};
use peers::{RmpSerdeNamed, each_peer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

type Group<'c> = BenchmarkGroup<'c, WallTime>;

fn main() {
    harness::run("rmp-serde-named", |criterion| {
        small_serialize(criterion);
        small_deserialize(criterion);
        one_element_array(criterion);
        registry(criterion);
        tensors_serialize(criterion);
        tensors_deserialize(criterion);
    });
}

fn small_serialize(criterion: &mut Criterion) {
    let value = small();
    let mut group = criterion.benchmark_group("small/serialize");
    frames_reused(&mut group, "frames-sub-header", &SubHeader(&value));
    group.bench_function("frames-sub-header-fresh", |b| b.iter(|| black_box(&value).serialize().unwrap()));
    frames_reused(&mut group, "frames-envelope", &value);
    group.bench_function("frames-envelope-fresh", |b| b.iter(|| frames_core::serialize(black_box(&value)).unwrap()));
    each_peer!(write(&mut group, &value));
    peers::write_fresh_as::<RmpSerdeNamed, _>(&mut group, "rmp-serde-named-fresh", &value);
    let (header, _) = frames_core::serialize(&value).unwrap();
    limit_copy(&mut group, header.as_bytes());
    group.bench_function("limit-clone", |b| b.iter(|| black_box(&value).clone()));
}

fn small_deserialize(criterion: &mut Criterion) {
    let value = small();
    let mut group = criterion.benchmark_group("small/deserialize");
    let (header, frames) = value.serialize().unwrap();
    assert!(frames.is_empty());
    assert_eq!(Small::deserialize(header.as_ref(), Frames::new()).unwrap(), value);
    group.bench_function("frames-sub-header", |b| {
        b.iter(|| Small::deserialize(black_box(&header).as_ref(), Frames::new()).unwrap());
    });
    let (header, _) = frames_core::serialize(&value).unwrap();
    group.bench_function("frames-envelope", |b| {
        b.iter(|| frames_core::deserialize::<Small>(black_box(&header), Frames::new()).unwrap());
    });
    group.bench_function("frames-envelope-by-name", |b| {
        b.iter(|| frames_core::deserialize_any(black_box(&header), Frames::new()).unwrap());
    });
    each_peer!(read(&mut group, &value));
    group.bench_function("limit-clone", |b| b.iter(|| black_box(&value).clone()));
}

impl peers::Value for Vec<f64> {}

fn one_element_array(criterion: &mut Criterion) {
    let vec = vec![1.5f64];
    let array = Array::from(vec.clone());
    let (header, frames) = frames_core::serialize(&vec).unwrap();

    let mut group = criterion.benchmark_group("one-element-array/serialize");
    frames_reused(&mut group, "frames-vec", &vec);
    group.bench_function("frames-vec-fresh", |b| b.iter(|| frames_core::serialize(black_box(&vec)).unwrap()));
    frames_reused(&mut group, "frames-array", &array);
    group.bench_function("frames-array-fresh", |b| b.iter(|| frames_core::serialize(black_box(&array)).unwrap()));
    peers::write::<RmpSerdeNamed, _>(&mut group, &vec);
    peers::write_fresh_as::<RmpSerdeNamed, _>(&mut group, "rmp-serde-named-fresh", &vec);
    limit_copy(&mut group, header.as_bytes());
    group.bench_function("limit-copy-fresh", |b| b.iter(|| black_box(header.as_bytes()).to_vec()));
    group.finish();

    let mut group = criterion.benchmark_group("one-element-array/deserialize");
    let borrowed: &[u8] = frames.get(0).unwrap();
    let shared = Bytes::copy_from_slice(borrowed);
    group.bench_function("frames-vec-borrowed", |b| {
        b.iter(|| {
            let frames = Frames::from(Frame::from(black_box(borrowed)));
            frames_core::deserialize::<Vec<f64>>(black_box(&header), frames).unwrap()
        });
    });
    group.bench_function("frames-vec-shared", |b| {
        b.iter(|| {
            let frames = Frames::from(Frame::from(black_box(&shared).clone()));
            frames_core::deserialize::<Vec<f64>>(black_box(&header), frames).unwrap()
        });
    });
    group.bench_function("frames-array-shared", |b| {
        b.iter(|| {
            let frames = Frames::from(Frame::from(black_box(&shared).clone()));
            frames_core::deserialize::<Array<f64>>(black_box(&header), frames).unwrap()
        });
    });
    peers::read::<RmpSerdeNamed, _>(&mut group, &vec);
    group.bench_function("limit-clone", |b| b.iter(|| black_box(&vec).clone()));
    group.bench_function("limit-take-frame", |b| b.iter(|| Frames::from(Frame::from(black_box(&shared).clone()))));
}

fn tensors_serialize(criterion: &mut Criterion) {
    let value = tensors();
    let mut group = criterion.benchmark_group("tensors/serialize");
    large(&mut group);
    group.bench_function("frames-fresh", |b| {
        b.iter(|| {
            black_box(frames_core::serialize(black_box(&value)).unwrap());
        });
    });
    frames_reused(&mut group, "frames", &value);
    group.bench_function("limit-by-hand-fresh", |b| {
        b.iter(|| {
            let value = black_box(&value);
            black_box((header_by_hand(value), value.payload()));
        });
    });
    let (header, _) = frames_core::serialize(&value).unwrap();
    group.bench_function("limit-copy-header-fresh", |b| b.iter(|| black_box(header.as_bytes()).to_vec()));
    peers::write::<RmpSerdeNamed, _>(&mut group, &value);
    peers::write::<peers::Bitcode, _>(&mut group, &value);
    peers::write::<peers::Wincode, _>(&mut group, &value);
    limit_copy(&mut group, &value.payload().concat());
}

fn tensors_deserialize(criterion: &mut Criterion) {
    let value = tensors();
    let mut group = criterion.benchmark_group("tensors/deserialize");
    large(&mut group);
    let (header, frames) = frames_core::serialize(&value).unwrap();
    let frames = frames.into_owned();
    assert_eq!(frames_core::deserialize::<Tensors>(&header, frames.clone()).unwrap(), value);
    group.bench_function("frames-vecs", |b| {
        b.iter(|| frames_core::deserialize::<Tensors>(black_box(&header), black_box(&frames).clone()).unwrap());
    });
    drop(frames);
    peers::read::<RmpSerdeNamed, _>(&mut group, &value);
    borrowed_by_serde(&mut group, &value);
    peers::read::<peers::Bitcode, _>(&mut group, &value);
    peers::read::<peers::Wincode, _>(&mut group, &value);
    let payload = value.payload().concat();
    group.bench_function("limit-memcpy-fresh", |b| b.iter(|| black_box(&payload).clone()));
    drop(payload);

    let value = value.shared();
    let (header, frames) = frames_core::serialize(&value).unwrap();
    // The same frames with two owners each, as after a receive.
    let frames = frames.into_owned();
    let again: SharedTensors = frames_core::deserialize(&header, frames.clone()).unwrap();
    assert_eq!(again.weights.as_ptr().cast(), frames.get(1).unwrap().as_ptr(), "no copy");
    assert!((again.weights, again.ids, again.raw) == (value.weights, value.ids, value.raw));
    assert!((again.name, again.step, again.lr, again.shape) == (value.name, value.step, value.lr, value.shape));
    group.bench_function("frames-shared", |b| {
        b.iter(|| frames_core::deserialize::<SharedTensors>(black_box(&header), black_box(&frames).clone()).unwrap());
    });
    group.bench_function("limit-take-frames", |b| b.iter(|| black_box(&frames).clone()));
}

/// The tensors as serde can borrow them: byte strings, which the reader must align and cast by itself.
#[derive(serde::Deserialize)]
struct BorrowedTensors<'a> {
    name: &'a str,
    step: u64,
    lr: f64,
    shape: Vec<u64>,
    weights: &'a [u8],
    ids: &'a [u8],
    raw: &'a [u8],
}

fn borrowed_by_serde(group: &mut Group<'_>, value: &Tensors) {
    let bytes = rmp_serde::to_vec_named(value).unwrap();
    let view: BorrowedTensors<'_> = rmp_serde::from_slice(&bytes).unwrap();
    assert_eq!([view.weights, view.ids, view.raw], value.payload());
    assert!((view.name, view.step, view.lr, &view.shape) == (&value.name, value.step, value.lr, &value.shape));
    group.bench_function("rmp-serde-named-borrowed", |b| {
        b.iter(|| {
            black_box(rmp_serde::from_slice::<BorrowedTensors<'_>>(black_box(&bytes)).unwrap());
        });
    });
}

fn registry(criterion: &mut Criterion) {
    const LEN: usize = 10_000;
    let mut registry = Registry::new();
    for i in 0..LEN {
        Renamed::NEXT.store(i, Ordering::Relaxed);
        registry = registry.with::<Renamed>().unwrap();
    }
    assert_eq!(registry.len(), LEN);
    let hash_map: HashMap<String, usize> = (0..LEN).map(|i| (name(i), i)).collect();
    // In an order that neither table was filled in, and with text of its own, as names come out of headers.
    let names: Vec<String> = (0..LEN).map(|i| name(i * 7919 % LEN)).collect();

    let mut group = criterion.benchmark_group("registry/one-name");
    group.bench_function("frames", |b| b.iter(|| registry.get(black_box(&names[1]))));
    group.bench_function("std-hash-map", |b| b.iter(|| hash_map.get(black_box(&names[1]))));
    group.finish();

    // What the caches of the processor do not hold.
    let mut group = criterion.benchmark_group("registry/all-names");
    let mut next = names.iter().cycle();
    group.bench_function("frames", |b| b.iter(|| registry.get(black_box(next.next().unwrap()))));
    group.bench_function("std-hash-map", |b| b.iter(|| hash_map.get(black_box(next.next().unwrap()))));
}

fn name(i: usize) -> String {
    format!("application::module_{}::Record{i}", i % 100)
}

/// A type whose name is another each time that it is registered: ten thousand real types take minutes to compile.
struct Renamed;

impl Renamed {
    const NEXT: &AtomicUsize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        &NEXT
    };
}

impl TypeName for Renamed {
    fn type_name() -> Cow<'static, str> {
        name(Renamed::NEXT.load(Ordering::Relaxed)).into()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        Renamed::type_name()
    }
}

impl FrameSerialize for Renamed {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Ok((Header::new(), Frames::new()))
    }
    fn deserialize(_: HeaderRef<'_>, _: Frames<'_>) -> Result<Self> {
        Ok(Renamed)
    }
}

/// A struct's inner header, which by the public functions is written into fresh memory only.
struct SubHeader<'v, T>(&'v T);

impl<T: Record> TypeName for SubHeader<'_, T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }
    fn type_name_of_val(&self) -> Cow<'static, str> {
        T::type_name()
    }
}

impl<T: Record> FrameSerialize for SubHeader<'_, T> {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        self.0.serialize()
    }
    fn deserialize(_: HeaderRef<'_>, _: Frames<'_>) -> Result<Self> {
        Err(Error::custom("only written"))
    }
    fn write_entry<'w>(&'w self, writer: &mut Writer<'w>) -> Result<()> {
        let value = self.0;
        writer.raw(T::LAYOUT);
        writer.object(value.inline_fields(), T::KEYS.len(), |w| value.write_simple(w), |c| value.write_complex(c))
    }
}

/// Writes into one header again and again.
fn frames_reused<T: FrameSerialize>(group: &mut Group<'_>, id: &str, value: &T) {
    let encoder = Encoder::new();
    let mut header = Header::new();
    group.bench_function(id, |b| {
        b.iter(|| {
            let frames = encoder.serialize_into(black_box(value), &mut header).unwrap();
            black_box((&header, &frames));
        });
    });
}

/// What any writer of these bytes has to do at least.
fn limit_copy(group: &mut Group<'_>, bytes: &[u8]) {
    let mut out = bytes.to_vec();
    group.bench_function("limit-copy", |b| {
        b.iter(|| {
            out.copy_from_slice(black_box(bytes));
            black_box(&out);
        });
    });
}

/// The least header with which a reader that knows the type can put the three payloads together again.
fn header_by_hand(value: &Tensors) -> Vec<u8> {
    use rmp::encode::*;
    let mut out = Vec::with_capacity(256);
    write_array_len(&mut out, 7).unwrap();
    write_str(&mut out, &value.name).unwrap();
    write_uint(&mut out, value.step).unwrap();
    write_f64(&mut out, value.lr).unwrap();
    write_array_len(&mut out, value.shape.len() as u32).unwrap();
    for &n in &value.shape {
        write_uint(&mut out, n).unwrap();
    }
    for (dtype, n) in [("<f4", value.weights.len()), ("<i8", value.ids.len()), ("|u1", value.raw.len())] {
        write_array_len(&mut out, 2).unwrap();
        write_str(&mut out, dtype).unwrap();
        write_uint(&mut out, n as u64).unwrap();
    }
    out
}

/// Few samples of the same number of iterations: an iteration of the peers takes tens of milliseconds.
fn large(group: &mut Group<'_>) {
    group.sample_size(10).sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_millis(200));
}
