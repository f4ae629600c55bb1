//! The data sets of the benchmarks, one a file, each from a seeded generator: the same values in every run.
//!
//! Fields, counts and shapes are those with which the public comparisons of Rust codecs measure, so that figures can be
//! set beside theirs.

/// Derives what frames and each peer ask of a type, and what stands behind `derive`. That is no attribute of its own: the
/// standard library copies a slice of a type as memory only if `Clone` and `Copy` are derived by one list.
macro_rules! codec_types {
    (derive $more:tt; $($item:item)*) => { $( codec_types! { one $more $item } )* };
    (one ($($more:path),*) $item:item) => {
        #[derive(
            $($more,)*
            Clone, Debug, PartialEq,
            frames_core::FrameSerialize,
            serde::Serialize, serde::Deserialize,
            bitcode::Encode, bitcode::Decode,
            speedy::Writable, speedy::Readable,
            wincode::SchemaWrite, wincode::SchemaRead,
            rkyv::Archive, rkyv::Serialize, rkyv::Deserialize,
            borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        $item
    };
    ($($item:item)*) => { codec_types! { derive(); $($item)* } };
}

pub(crate) mod log;
pub(crate) mod mesh;
pub(crate) mod minecraft_savedata;
mod rng;
pub(crate) mod small;
pub(crate) mod tensors;
