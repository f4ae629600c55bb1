//! The peers: codecs that write one finished buffer. One implementation of [`Peer`] a codec, one function a kind of row.
//!
//! What is called `write` uses its memory again, `write_fresh` allocates what it gives, and `read` gives an owned value, which is
//! then dropped. Codecs that write into a slice get one of the right length, which spares them to grow it.

use bitcode::{DecodeOwned, Encode};
use borsh::{BorshDeserialize, BorshSerialize};
use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use rkyv::api::high::{HighDeserializer, HighSerializer, HighValidator};
use rkyv::bytecheck::CheckBytes;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;
use serde::de::DeserializeOwned;
use speedy::{LittleEndian, Readable, Writable};
use std::hint::black_box;
use wincode::config::{Configuration, PREALLOCATION_SIZE_LIMIT_DISABLED};
use wincode::{SchemaRead, SchemaWrite};

type Group<'c> = BenchmarkGroup<'c, WallTime>;
pub(crate) type RkyvError = rkyv::rancor::Error;

/// As it comes wincode refuses to reserve more than 4 MiB.
type Wide = Configuration<true, PREALLOCATION_SIZE_LIMIT_DISABLED>;
const WIDE: Wide = Configuration::default().disable_preallocation_size_limit();

/// What the peers together ask of a type. It has no functions: an `impl` says that a type is a data set.
pub(crate) trait Value:
    Clone
    + PartialEq
    + serde::Serialize
    + DeserializeOwned
    + Encode
    + DecodeOwned
    + BorshSerialize
    + BorshDeserialize
    + Writable<LittleEndian>
    + for<'a> Readable<'a, LittleEndian>
    + SchemaWrite<Wide, Src = Self>
    + for<'a> SchemaRead<'a, Wide, Dst = Self>
    + for<'a> rkyv::Serialize<HighSerializer<AlignedVec, ArenaHandle<'a>, RkyvError>>
    + rkyv::Archive<
        Archived: for<'a> CheckBytes<HighValidator<'a, RkyvError>>
                      + rkyv::Deserialize<Self, HighDeserializer<RkyvError>>,
    >
{
}

/// One codec, with the memory that it uses again.
pub(crate) trait Peer {
    const NAME: &'static str;

    fn new<T: Value>(value: &T) -> Self;
    fn write<T: Value>(&mut self, value: &T) -> &[u8];
    fn write_fresh<T: Value>(value: &T) -> impl AsRef<[u8]>;
    fn read<T: Value>(&mut self, bytes: &[u8]) -> T;
}

/// Codecs whose memory is the `Vec` that they write to.
macro_rules! vec_peers {
    ($($peer:ident, $name:literal, write: |$value:ident, $out:ident| $write:expr, fresh: $fresh:expr, read: $read:expr;)*) => { $(
        pub(crate) struct $peer(Vec<u8>);

        impl Peer for $peer {
            const NAME: &'static str = $name;

            fn new<T: Value>(value: &T) -> Self {
                $peer(($fresh)(value).unwrap())
            }
            #[inline]
            fn write<T: Value>(&mut self, $value: &T) -> &[u8] {
                let $out = &mut self.0;
                $write.unwrap();
                $out
            }
            #[inline]
            fn write_fresh<T: Value>(value: &T) -> impl AsRef<[u8]> {
                ($fresh)(value).unwrap()
            }
            #[inline]
            fn read<T: Value>(&mut self, bytes: &[u8]) -> T {
                ($read)(bytes).unwrap()
            }
        }
    )* };
}

vec_peers! {
    Borsh, "borsh",
        write: |value, out| { out.clear(); borsh::to_writer(&mut *out, value) },
        fresh: borsh::to_vec,
        read: borsh::from_slice;
    Postcard, "postcard",
        write: |value, out| postcard::to_slice(value, out),
        fresh: postcard::to_stdvec,
        read: postcard::from_bytes;
    RmpSerde, "rmp-serde",
        write: |value, out| { out.clear(); rmp_serde::encode::write(out, value) },
        fresh: rmp_serde::to_vec,
        read: rmp_serde::from_slice;
    RmpSerdeNamed, "rmp-serde-named",
        write: |value, out| { out.clear(); rmp_serde::encode::write_named(out, value) },
        fresh: rmp_serde::to_vec_named,
        read: rmp_serde::from_slice;
    SerdeJson, "serde_json",
        write: |value, out| { out.clear(); serde_json::to_writer(&mut *out, value) },
        fresh: serde_json::to_vec,
        read: serde_json::from_slice;
    Speedy, "speedy",
        write: |value, out| value.write_to_buffer_with_ctx(LittleEndian {}, out),
        fresh: |value: &T| value.write_to_vec_with_ctx(LittleEndian {}),
        read: |bytes| T::read_from_buffer_with_ctx(LittleEndian {}, bytes);
    Wincode, "wincode",
        write: |value, out| wincode::config::serialize_into(&mut out[..], value, WIDE),
        fresh: |value: &T| wincode::config::serialize(value, WIDE),
        read: |bytes| wincode::config::deserialize(bytes, WIDE);
}

pub(crate) struct Bitcode(bitcode::Buffer);

impl Peer for Bitcode {
    const NAME: &'static str = "bitcode";

    fn new<T: Value>(_: &T) -> Self {
        Bitcode(bitcode::Buffer::new())
    }
    #[inline]
    fn write<T: Value>(&mut self, value: &T) -> &[u8] {
        self.0.encode(value)
    }
    #[inline]
    fn write_fresh<T: Value>(value: &T) -> impl AsRef<[u8]> {
        bitcode::encode(value)
    }
    #[inline]
    fn read<T: Value>(&mut self, bytes: &[u8]) -> T {
        self.0.decode(bytes).unwrap()
    }
}

pub(crate) struct Rkyv(AlignedVec);

impl Peer for Rkyv {
    const NAME: &'static str = "rkyv";

    fn new<T: Value>(_: &T) -> Self {
        Rkyv(AlignedVec::new())
    }
    #[inline]
    fn write<T: Value>(&mut self, value: &T) -> &[u8] {
        self.0.clear();
        self.0 = rkyv::api::high::to_bytes_in::<_, RkyvError>(value, std::mem::take(&mut self.0)).unwrap();
        &self.0
    }
    #[inline]
    fn write_fresh<T: Value>(value: &T) -> impl AsRef<[u8]> {
        rkyv::to_bytes::<RkyvError>(value).unwrap()
    }
    #[inline]
    fn read<T: Value>(&mut self, bytes: &[u8]) -> T {
        rkyv::from_bytes::<T, RkyvError>(bytes).unwrap()
    }
}

// What a row needs is made when criterion asks for the row: a filter leaves most of them out.

/// Into memory that is used again.
pub(crate) fn write<P: Peer, T: Value>(group: &mut Group<'_>, value: &T) {
    let mut made = None;
    group.bench_function(P::NAME, |b| {
        let peer = made.get_or_insert_with(|| P::new(value));
        b.iter(|| {
            black_box(peer.write(black_box(value)));
        });
    });
}

/// Into fresh memory.
pub(crate) fn write_fresh<P: Peer, T: Value>(group: &mut Group<'_>, value: &T) {
    write_fresh_as::<P, T>(group, P::NAME, value);
}

/// The same in a group that has another row of this codec.
pub(crate) fn write_fresh_as<P: Peer, T: Value>(group: &mut Group<'_>, id: &str, value: &T) {
    group.bench_function(id, |b| b.iter(|| P::write_fresh(black_box(value))));
}

/// To an owned value.
pub(crate) fn read<P: Peer, T: Value>(group: &mut Group<'_>, value: &T) {
    let mut made = None;
    group.bench_function(P::NAME, |b| {
        let (peer, bytes) = made.get_or_insert_with(|| (P::new(value), P::write_fresh(value)));
        let bytes = bytes.as_ref();
        assert!(peer.read::<T>(bytes) == *value, "{} gives back another value", P::NAME);
        b.iter(|| peer.read::<T>(black_box(bytes)));
    });
}

/// How many bytes the codec makes of the value.
pub(crate) fn size<P: Peer, T: Value>(sizes: &mut Vec<(&str, usize)>, value: &T) {
    sizes.push((P::NAME, P::write_fresh(value).as_ref().len()));
}

/// Calls one of these functions for every peer.
macro_rules! each_peer {
    ($row:ident($to:expr, $value:expr)) => {
        each_peer!($row($to, $value) Bitcode Borsh Postcard Rkyv RmpSerde RmpSerdeNamed SerdeJson Speedy Wincode)
    };
    ($row:ident($to:expr, $value:expr) $($peer:ident)*) => {{ $( peers::$row::<peers::$peer, _>($to, $value); )* }};
}
pub(crate) use each_peer;
