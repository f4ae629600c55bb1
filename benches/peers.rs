//! The peers: codecs that write one finished buffer. Each function adds one codec's row.
//!
//! A row without a suffix writes into memory that is used again, and `-fresh` allocates what it gives. Reading gives an owned
//! value and drops it.

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use std::hint::black_box;

type Group<'c> = BenchmarkGroup<'c, WallTime>;

pub(crate) mod write {
    use super::*;

    pub(crate) fn rmp_serde_named<T: serde::Serialize>(group: &mut Group<'_>, value: &T) {
        let mut out = Vec::new();
        group.bench_function("rmp-serde-named", |b| {
            b.iter(|| {
                out.clear();
                rmp_serde::encode::write_named(&mut out, black_box(value)).unwrap();
                black_box(&out);
            });
        });
    }

    pub(crate) fn rmp_serde_named_fresh<T: serde::Serialize>(group: &mut Group<'_>, value: &T) {
        group.bench_function("rmp-serde-named-fresh", |b| {
            b.iter(|| rmp_serde::to_vec_named(black_box(value)).unwrap());
        });
    }

    pub(crate) fn bitcode<T: bitcode::Encode>(group: &mut Group<'_>, value: &T) {
        let mut buffer = bitcode::Buffer::new();
        group.bench_function("bitcode", |b| {
            b.iter(|| {
                black_box(buffer.encode(black_box(value)));
            });
        });
    }

    pub(crate) fn postcard<T: serde::Serialize>(group: &mut Group<'_>, value: &T) {
        let mut out = postcard::to_stdvec(value).unwrap();
        group.bench_function("postcard", |b| {
            b.iter(|| {
                black_box(postcard::to_slice(black_box(value), &mut out).unwrap());
            });
        });
    }

    pub(crate) fn speedy<T: speedy::Writable<speedy::LittleEndian>>(group: &mut Group<'_>, value: &T) {
        let mut out = value.write_to_vec_with_ctx(speedy::LittleEndian {}).unwrap();
        group.bench_function("speedy", |b| {
            b.iter(|| {
                black_box(value).write_to_buffer_with_ctx(speedy::LittleEndian {}, &mut out).unwrap();
                black_box(&out);
            });
        });
    }

    pub(crate) fn wincode<T: wincode::Serialize<Src = T>>(group: &mut Group<'_>, value: &T) {
        let mut out = T::serialize(value).unwrap();
        group.bench_function("wincode", |b| {
            b.iter(|| {
                T::serialize_into(&mut out[..], black_box(value)).unwrap();
                black_box(&out);
            });
        });
    }
}

pub(crate) mod read {
    use super::*;

    pub(crate) fn rmp_serde_named<T: serde::Serialize + serde::de::DeserializeOwned>(group: &mut Group<'_>, value: &T) {
        let bytes = rmp_serde::to_vec_named(value).unwrap();
        group.bench_function("rmp-serde-named", |b| {
            b.iter(|| rmp_serde::from_slice::<T>(black_box(&bytes)).unwrap());
        });
    }

    pub(crate) fn bitcode<T: bitcode::Encode + bitcode::DecodeOwned>(group: &mut Group<'_>, value: &T) {
        let bytes = bitcode::encode(value);
        let mut buffer = bitcode::Buffer::new();
        group.bench_function("bitcode", |b| b.iter(|| buffer.decode::<T>(black_box(&bytes)).unwrap()));
    }

    pub(crate) fn postcard<T: serde::Serialize + serde::de::DeserializeOwned>(group: &mut Group<'_>, value: &T) {
        let bytes = postcard::to_stdvec(value).unwrap();
        group.bench_function("postcard", |b| b.iter(|| postcard::from_bytes::<T>(black_box(&bytes)).unwrap()));
    }

    pub(crate) fn speedy<T>(group: &mut Group<'_>, value: &T)
    where
        T: speedy::Writable<speedy::LittleEndian> + for<'a> speedy::Readable<'a, speedy::LittleEndian>,
    {
        let bytes = value.write_to_vec_with_ctx(speedy::LittleEndian {}).unwrap();
        group.bench_function("speedy", |b| {
            b.iter(|| T::read_from_buffer_with_ctx(speedy::LittleEndian {}, black_box(&bytes)).unwrap());
        });
    }

    pub(crate) fn wincode<T>(group: &mut Group<'_>, value: &T)
    where
        T: wincode::Serialize<Src = T> + for<'a> wincode::Deserialize<'a, Dst = T>,
    {
        let bytes = T::serialize(value).unwrap();
        group.bench_function("wincode", |b| b.iter(|| T::deserialize(black_box(&bytes)).unwrap()));
    }
}
