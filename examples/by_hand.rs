//! A type with a form of its own: Dask's documentation has a `Human`, whose name is a frame.
//!
//!     cargo run --example by_hand
//!
//! The Python side of the same class, which is all that an unmodified Dask needs to know:
//!
//! ```python
//! from distributed.protocol import register_serialization
//! register_serialization(Human, lambda h: ({"age": h.age}, [h.name.encode()]),
//!                        lambda header, frames: Human(bytes(frames[0]).decode(), header["age"]))
//! ```

use frames_core::{
    Error, Frame, FrameSerialize, Frames, Header, HeaderRef, Result, deserialize, deserialize_any, register, serialize,
};

#[derive(Clone, Debug, PartialEq)]
struct Human {
    name: String,
    age: u32,
}

impl FrameSerialize for Human {
    fn serialize(&self) -> Result<(Header, Frames<'_>)> {
        Ok((Header::new().with("age", &self.age)?, Frames::from(Frame::from(self.name.as_str()))))
    }

    fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<Self> {
        let name = String::from_utf8(frames.into_one()?.into_vec()).map_err(Error::custom)?;
        Ok(Human { name, age: header.get("age")? })
    }
}

// The name for the registry, and the class that stands for it in Python.
register!(Human, name = "people::Human", python = "people:Human");

#[derive(Debug, PartialEq, FrameSerialize)]
struct Team {
    lead: Human,
    members: Vec<Human>,
}

fn main() -> Result<()> {
    let alice = Human { name: "Alice".into(), age: 41 };
    let (header, frames) = serialize(&alice)?;
    println!("one human:  {header}\n            {frames:?}");
    assert_eq!(deserialize::<Human>(&header, frames.clone())?, alice);
    assert_eq!(deserialize_any(&header, frames)?.downcast::<Human>().ok(), Some(alice.clone()));

    // It works as a field and in a `Vec`, as any derived type does.
    let team = Team { lead: alice.clone(), members: vec![alice, Human { name: "Bob".into(), age: 7 }] };
    let (header, frames) = serialize(&team)?;
    println!("\na team:     {} bytes of header, {} frames", header.as_bytes().len(), frames.len());
    assert_eq!(deserialize::<Team>(&header, frames)?, team);

    // What goes wrong is said with the place.
    let pair = (1u8, vec![1.0f64]);
    let (header, frames) = serialize(&pair)?;
    println!("\nan error:   {}", deserialize::<(u8, Human)>(&header, frames).unwrap_err());
    Ok(())
}
