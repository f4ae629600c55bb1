//! What the integration tests share: a real Python with the released `distributed`, to ask about bytes.
//!
//! ```ignore
//! mod support;
//!
//! #[test]
//! fn python_reads_our_bytes() {
//!     let Some(mut python) = support::peer::peer() else { return };
//!     python.check(&header, &frames, "b'abc'").unwrap();
//! }
//! ```

#![allow(dead_code, reason = "each test binary compiles this module, and uses a part of it")]

pub(crate) mod certificates;
pub(crate) mod human;
pub(crate) mod message;
pub(crate) mod peer;
pub(crate) mod python;
