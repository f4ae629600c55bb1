//! The family `pickle` of frames-core: linking this crate is enough.
//!
//! A header `{"serializer": "pickle", "writeable": […]}` with a pickle and its buffers is translated into the families dask and msgpack, so
//! that every type decodes from pickles through the code that decodes it from those. Nothing is run. Who does not say which type is wanted
//! gets arrays and registered classes as they are, and a [`Pickle`] of anything else, which loses nothing.

use crate::dynamic;
use crate::encode::encode;
use crate::node::Node;
use crate::part;
use crate::pickle::Pickle;
use frames_core::{AnyValue, ErrorKind, Family, Frames, Header, HeaderRef, Result, inventory};

inventory::submit! { Family { name: "pickle", decode, encode: Some(encode), any: Some(any), dynamic: Some(dynamic::dynamic) } }

fn decode<'f>(header: HeaderRef<'_>, frames: Frames<'f>) -> Result<(Header, Frames<'f>)> {
    let pickle = Pickle::from_frames(header, frames)?;
    let part = part::translate(&pickle.graph()?, &pickle)?;
    let (header, frames) = frames_core::serialize(&part)?;
    Ok((header, frames.into_owned()))
}

fn any(
    header: HeaderRef<'_>,
    frames: Frames<'static>,
    read: &mut dyn FnMut(&Header, Frames<'static>) -> Result<AnyValue>,
) -> Result<AnyValue> {
    let pickle = Pickle::from_frames(header, frames)?;
    let graph = pickle.graph()?;
    if matches!(graph.node(graph.root()), Node::Object(_)) {
        let made = match part::translate(&graph, &pickle) {
            Ok(part) => typed(&part, read),
            Err(error) if is_broken(error.kind()) => return Err(error),
            // What has no form in Rust is kept, as are attributes beyond those of its class and numbers that are too large.
            Err(_) => Ok(None),
        };
        match made {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => {}
            // A type that is registered is what its name says, or an error.
            Err(error)
                if matches!(error.kind(), ErrorKind::UnknownType | ErrorKind::Unsupported | ErrorKind::Limit) => {}
            Err(error) => return Err(error),
        }
    }
    drop(graph);
    Ok(AnyValue::new(pickle))
}

/// True for what no Python writes: parts that contradict each other, not only what a type cannot hold.
fn is_broken(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Invalid | ErrorKind::Truncated | ErrorKind::FrameCount)
}

/// The array, or the value of a registered type.
fn typed(
    part: &part::Part,
    read: &mut dyn FnMut(&Header, Frames<'static>) -> Result<AnyValue>,
) -> Result<Option<AnyValue>> {
    if !part::is_typed(part) {
        return Ok(None);
    }
    let (header, frames) = frames_core::serialize(part)?;
    read(&header, frames.into_owned()).map(Some)
}
