//! What the crate writes is what CPython writes: for the objects of the corpus and for random ones, in protocols 2 to 5, in band and
//! out of band.

#[path = "support/pickles.rs"]
mod pickles;
#[path = "support/python.rs"]
mod python;

use frames_core::ErrorKind;
use frames_pickle::{Buffer, Reader, Writer};
use pickles::Pickles;
use std::collections::BTreeMap;

const PROTOCOLS: [u8; 5] = [2, 3, 4, 5, 5];

#[test]
fn corpus_is_written_as_cpython_does() {
    let Some(mut python) = Pickles::start() else { return };
    let mut failures = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, group) in python.names() {
        let dumped = python.dump(&name);
        let buffers: Vec<Buffer> = dumped
            .buffers
            .iter()
            .map(|(bytes, is_read_only)| {
                let buffer = Buffer::from(bytes.clone());
                if *is_read_only { buffer.read_only() } else { buffer }
            })
            .collect();
        let mut written = Vec::new();
        for (index, (pickle, protocol)) in dumped.pickles.iter().zip(PROTOCOLS).enumerate() {
            if pickle.is_empty() {
                continue;
            }
            let is_outside = index == 4;
            let reader = Reader::new();
            let reader = if is_outside { reader.buffers(buffers.iter().cloned()) } else { reader };
            let graph = reader.read(pickle).unwrap_or_else(|error| panic!("{name}: {error}"));
            for target in 2..=5 {
                let at = format!("{name}, from {protocol}{} to {target}", if is_outside { " out of band" } else { "" });
                let ours = match Writer::new().protocol(target).out_of_band(|_| true).write(&graph) {
                    Ok(ours) => ours,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Unsupported, "{at}: {error}");
                        let cpython = &dumped.pickles[usize::from(target) - 2];
                        assert!(cpython.is_empty() || is_outside && target < 5, "{at}: {error}");
                        *counts.entry("refused").or_default() += 1;
                        continue;
                    }
                };
                assert_eq!(ours.buffers, if target == 5 { &graph.buffers()[..] } else { &[] }, "{at}");
                if target == protocol && ours.bytes == *pickle {
                    *counts.entry("exact").or_default() += 1;
                } else if target == protocol {
                    failures.push(format!("{at}:\n  {pickle:?}\n  {:?}", ours.bytes));
                } else if ours.bytes == dumped.pickles[usize::from(target) - 2] {
                    *counts.entry("exact in another protocol").or_default() += 1;
                } else {
                    *counts.entry("other bytes in another protocol").or_default() += 1;
                    written.push((at, is_outside, pickle, ours.bytes));
                }
            }
        }
        for outside in [false, true] {
            let of: Vec<_> = written.iter().filter(|(_, is_outside, ..)| *is_outside == outside).collect();
            let pairs: Vec<_> = of.iter().map(|(_, _, pickle, ours)| (&pickle[..], &ours[..])).collect();
            let buffers = if outside { &dumped.buffers[..] } else { &[] };
            for (answer, (at, ..)) in python.same(&pairs, buffers, &group, name == "self_set(set, 1, 2)").iter().zip(of) {
                match answer {
                    None => *counts.entry("loaded equal").or_default() += 1,
                    Some(answer) => failures.push(format!("{at}: {answer}")),
                }
            }
        }
    }
    println!("{counts:?}");
    for failure in &failures {
        println!("{}", failure.chars().take(1500).collect::<String>());
    }
    assert!(failures.is_empty(), "{} failures", failures.len());
}
