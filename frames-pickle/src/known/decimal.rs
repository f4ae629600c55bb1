//! `decimal.Decimal`.

use crate::known::Known;
use crate::known::call::{Call, text};
use frames_core::Result;

pub(crate) fn decimal(call: &Call<'_>) -> Result<Known> {
    call.count(1..=1)?;
    call.no_steps()?;
    call.take(0, |graph, value| text(graph, value)?.parse()).map(Known::Decimal)
}
