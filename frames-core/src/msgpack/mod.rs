//! msgpack as this crate needs it: a reader that walks bytes in place and a writer that appends to a `Vec`.
//!
//! Both are hidden: users see [`Header`](crate::Header). They exist because the header is the hot path of small
//! values; anything that is not hot goes through `rmpv` or `rmp-serde`. The reader never allocates, never recurses
//! and never trusts a length.

mod read;
pub(crate) mod write;

pub use read::{Cursor, Kind, Number};
