//! Two linked types under one name: an error in every use of the registry, the same in every build, that names both places.

use frames_core::{ErrorKind, FrameSerialize, Registry, deserialize, deserialize_any, serialize};

mod first {
    #[derive(frames_core::FrameSerialize)]
    #[frames(name = "twice::Named")]
    pub(crate) struct A {
        pub(crate) n: u8,
    }
}

#[derive(FrameSerialize)]
#[frames(name = "twice::Named")]
struct B {
    n: u8,
}

#[test]
fn a_duplicate_is_an_error_that_names_both_places() {
    let error = Registry::check().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateType);
    let text = error.to_string();
    assert!(text.contains("`twice::Named` is registered twice"), "{text}");
    let places: Vec<&str> = text.matches("registry_duplicates.rs:").collect();
    assert_eq!(places.len(), 2, "{text}");
    let (header, frames) = serialize(&first::A { n: 1 }).unwrap();
    assert_eq!(deserialize_any(&header, frames.clone()).unwrap_err().to_string(), text, "the same every time");
    // What is asked for by its type needs no registry.
    assert_eq!(deserialize::<B>(&header, frames).unwrap().n, 1);
}
