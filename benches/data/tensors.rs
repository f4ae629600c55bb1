//! `tensors`: 64 MiB of f32, a million i64, 8 MiB of bytes and a few scalars, where every copy is overhead.

use super::rng::Rng;
use frames_core::{Array, FrameSerialize, bytes::Bytes};

codec_types! {
    pub(crate) struct Tensors {
        pub(crate) name: String,
        pub(crate) step: u64,
        pub(crate) lr: f64,
        pub(crate) shape: Vec<u64>,
        #[serde(with = "as_bytes")]
        pub(crate) weights: Vec<f32>,
        #[serde(with = "as_bytes")]
        pub(crate) ids: Vec<i64>,
        #[serde(with = "serde_bytes")]
        pub(crate) raw: Vec<u8>,
    }
}

/// The same, received without a copy.
#[derive(FrameSerialize)]
pub(crate) struct SharedTensors {
    pub(crate) name: String,
    pub(crate) step: u64,
    pub(crate) lr: f64,
    pub(crate) shape: Vec<u64>,
    pub(crate) weights: Array<f32>,
    pub(crate) ids: Array<i64>,
    pub(crate) raw: Bytes,
}

impl crate::peers::Value for Tensors {}

impl Tensors {
    /// The bulk data, as it lies in memory.
    pub(crate) fn payload(&self) -> [&[u8]; 3] {
        [bytemuck::cast_slice(&self.weights), bytemuck::cast_slice(&self.ids), &self.raw]
    }

    pub(crate) fn shared(self) -> SharedTensors {
        let Tensors { name, step, lr, shape, weights, ids, raw } = self;
        SharedTensors { name, step, lr, shape, weights: weights.into(), ids: ids.into(), raw: raw.into() }
    }
}

pub(crate) fn tensors() -> Tensors {
    let mut rng = Rng::new(4);
    Tensors {
        name: "encoder.0.weight".into(),
        step: 128_000,
        lr: 2.5e-4,
        shape: vec![4096, 4096],
        weights: (0..1 << 24).map(|_| rng.unit() - 0.5).collect(),
        ids: (0..1_000_000).map(|_| rng.below(50_000) as i64).collect(),
        raw: (0..8 << 20).map(|_| rng.any() as u8).collect(),
    }
}

/// Numbers as one byte string: the best that a serde format in one buffer can be told. Text formats get numbers.
mod as_bytes {
    use bytemuck::Pod;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
    use std::marker::PhantomData;

    pub(super) fn serialize<T, S>(items: &[T], serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Pod + Serialize,
        S: Serializer,
    {
        if serializer.is_human_readable() {
            return items.serialize(serializer);
        }
        serializer.serialize_bytes(bytemuck::cast_slice(items))
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        T: Pod + Deserialize<'de>,
        D: Deserializer<'de>,
    {
        struct Visitor<T>(PhantomData<T>);
        impl<T: Pod> de::Visitor<'_> for Visitor<T> {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a byte string")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
                if bytes.len() % size_of::<T>() != 0 {
                    return Err(E::invalid_length(bytes.len(), &self));
                }
                Ok(bytemuck::pod_collect_to_vec(bytes))
            }
        }
        if deserializer.is_human_readable() {
            return Vec::deserialize(deserializer);
        }
        deserializer.deserialize_bytes(Visitor(PhantomData))
    }
}
