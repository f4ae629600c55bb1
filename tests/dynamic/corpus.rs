//! Every case of the corpus, in both of its families.

use super::*;
use crate::support::peer::{Make, peer};
use std::collections::BTreeMap;

/// What Dask has a form of its own for that nobody here reads.
const CLOSED: &[&str] = &[];

/// True if Python gets the same value again.
fn survives(value: &Dynamic) -> bool {
    match value {
        Dynamic::FrozenSet(_) | Dynamic::Table(_) | Dynamic::Object(_) => false,
        Dynamic::Dict(entries) => entries.iter().all(|(key, value)| survives(key) && survives(value)),
        many => many.items().iter().all(survives),
    }
}

#[test]
fn every_case_opens_or_says_why_not() {
    let Some(mut python) = peer() else { return };
    let (mut opened, mut compared, mut closed) = (0, 0, BTreeMap::new());
    for case in python.cases().unwrap() {
        if case.fails.is_some() {
            continue;
        }
        for serializers in [&[][..], &["pickle"]] {
            let made = python.make(&format!("corpus.value('{}')", case.name), &Make { serializers, ..Make::default() });
            let Ok(made) = made else { continue };
            let (header, frames) = received(made);
            let value: Dynamic = deserialize(&header, frames).unwrap_or_else(|e| panic!("{}: {e}\n{header}", case.name));
            println!("{} {serializers:?} {value:#}", case.name);
            if let Dynamic::Other(other) = &value {
                closed.insert(format!("{} {serializers:?}", case.name), other.reason.clone());
            }
            opened += 1;
            let written = serialize(&value);
            let Ok((header, frames)) = written else {
                println!("NOT WRITTEN {} {}", case.name, written.unwrap_err());
                continue;
            };
            round_trip(&value);
            if !survives(&value) {
                continue;
            }
            compared += 1;
            let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
            let arrives = format!("corpus.received('{}')", case.name);
            python.check(header.as_bytes(), &slices, &arrives).unwrap_or_else(|e| println!("DIFFERENT {}: {e}\n{value:?}", case.name));
        }
    }
    println!("{opened} {compared} {closed:#?}");
    panic!();
}
