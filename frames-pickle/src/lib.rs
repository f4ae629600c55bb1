//! The pickle family for `frames-core`.
//!
//! This crate holds the place of the pickle family in the workspace. It has no code yet: the family
//! `pickle` is not readable, and `frames-core` says so by name whenever it meets one.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
