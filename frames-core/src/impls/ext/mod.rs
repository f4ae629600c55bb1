//! `FrameSerialize` for types of other crates: a feature and a file each.

#[cfg(feature = "half")]
mod half;
#[cfg(feature = "indexmap")]
mod indexmap;
#[cfg(feature = "ndarray")]
mod ndarray;
#[cfg(feature = "smallvec")]
mod smallvec;
#[cfg(feature = "sprs")]
mod sprs;
