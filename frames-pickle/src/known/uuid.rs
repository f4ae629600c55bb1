//! `uuid.UUID`.

use crate::known::Known;
use crate::known::call::{Call, Callee, int};
use crate::value::Value;
use frames_core::python::Uuid;
use frames_core::{Error, ErrorKind, Result};

pub(crate) fn uuid(call: &Call<'_>) -> Result<Known> {
    call.count(0..=0)?;
    call.made()?;
    let [number, is_safe] = call.attributes(["int", "is_safe"])?;
    let number = match number {
        Some(number) => int(call.graph, number).and_then(|number| {
            let text = "expected a number of 128 bits, found a negative or larger one";
            number.to_u128().ok_or_else(|| Error::new(ErrorKind::OutOfRange, text))
        }),
        None => return Err(Error::new(ErrorKind::MissingField, "it has no `int`").at_field("state")),
    };
    let number = number.map_err(|error| error.at_key("int").at_field("state"))?;
    let is_safe = safety(call, is_safe.unwrap_or(Value::NONE));
    let is_safe = is_safe.map_err(|error| error.at_key("is_safe").at_field("state"))?;
    let mut uuid = Uuid::new(number.to_be_bytes());
    uuid.is_safe = is_safe;
    Ok(Known::Uuid(uuid))
}

/// The value of `uuid.SafeUUID`, or its member, which Python 3.7 pickled.
fn safety(call: &Call<'_>, value: Value) -> Result<Option<bool>> {
    let value = match Call::of_value(call.graph, value) {
        Some(member) if member.callee == Callee::Global("uuid", "SafeUUID") => {
            member.count(1..=1)?;
            member.no_steps()?;
            member.get(0).unwrap_or(Value::NONE)
        }
        _ => value,
    };
    if value == Value::NONE {
        return Ok(None);
    }
    match int(call.graph, value)?.to_i64() {
        Some(0) => Ok(Some(true)),
        Some(-1) => Ok(Some(false)),
        _ => Err(Error::mismatch("0, -1 or None", "another number")),
    }
}
