//! `uuid::Uuid` as Python's `uuid.UUID`. Whether Python made it in a way that is safe among processes is no part of the number, and not kept.

use crate::python::{self, through};
use uuid::Uuid;

through!(
    Uuid, "uuid::Uuid": python::Uuid,
    |uuid| Ok(python::Uuid::new(*uuid.as_bytes())), |uuid| Ok(Uuid::from_bytes(uuid.bytes))
);
