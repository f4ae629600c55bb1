//! Types that another crate registered, found by the name in a header; and a type whose crate is not linked.
//!
//!     cargo run --example plugin
//!
//! This program names no type of the crate `shapes`. One line links it.

use frames_core::{Decoder, ErrorKind, Header, Registry, Result, Serialized, deserialize_any, serialize};

// Without this line the linker leaves the crate out, and its types are unknown.
use shapes as _;

/// What a peer sent: here, made on the spot.
fn from_a_peer(type_name: &str) -> Result<Serialized> {
    let circle = shapes::Circle { radius: 2.0 };
    let polygon = shapes::Polygon { xs: vec![0.0, 1.0, 0.0].into(), ys: vec![0.0, 0.0, 1.0].into() };
    let grid = shapes::Grid { cells: vec![1.0f32; 4] };
    let (header, frames) = match type_name {
        "shapes::ClosedPath" => serialize(&polygon)?,
        "shapes::Grid<f32>" => serialize(&grid)?,
        _ => serialize(&circle)?,
    };
    Ok(Serialized::new(rename(&header, type_name)?, frames.into_owned()))
}

/// The same header under another type's name.
fn rename(header: &Header, name: &str) -> Result<Header> {
    let mut tree = header.to_value()?;
    if let frames_core::rmpv::Value::Map(entries) = &mut tree {
        for (key, value) in entries {
            if key.as_str() == Some("type") {
                *value = name.into();
            }
        }
    }
    Header::from_value(&tree)
}

fn main() -> Result<()> {
    Registry::check()?;
    println!("registered: {:?}\n", Registry::global()?.names());

    for name in ["shapes::Circle", "shapes::ClosedPath", "shapes::Grid<f32>"] {
        let value = from_a_peer(name)?.deserialize_any()?;
        println!("{name:20} → {}", value.type_name());
    }

    // A crate that is not linked: the error says what to do, and the value can be forwarded byte for byte.
    let unknown = from_a_peer("gears::Wheel")?;
    let error = unknown.deserialize_any().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownType);
    println!("\ngears::Wheel         → {error}");
    let (header, frames) = serialize(&unknown)?;
    assert_eq!((&header, frames.len()), (unknown.header(), unknown.frames().len()));

    // A spelling that is near.
    println!("shapes::Circel       → {}", from_a_peer("shapes::Circel")?.deserialize_any().unwrap_err());

    // An allow-list: what is not in it is not decoded, registered or not.
    let decoder = Decoder::new().registry(Registry::global()?.only(["shapes::Polygon"])?);
    let (header, frames) = from_a_peer("shapes::Circle")?.into_parts();
    println!("not on the list      → {}", decoder.deserialize_any(&header, frames.clone()).unwrap_err());
    assert!(deserialize_any(&header, frames).is_ok());
    Ok(())
}
