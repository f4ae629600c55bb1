//! The data sets of the benchmarks, one a file, each from a seeded generator: the same values in every run.
//!
//! Fields, counts and shapes are those with which the public comparisons of Rust codecs measure, so that figures can be
//! set beside theirs.

/// Derives what frames and each peer ask of a type.
macro_rules! codec_types {
    ($($item:item)*) => { $(
        #[derive(
            Clone, Debug, PartialEq,
            frames_core::FrameSerialize,
            serde::Serialize, serde::Deserialize,
            bitcode::Encode, bitcode::Decode,
            speedy::Writable, speedy::Readable,
            wincode::SchemaWrite, wincode::SchemaRead,
        )]
        $item
    )* };
}

mod rng;
pub(crate) mod small;
pub(crate) mod tensors;
