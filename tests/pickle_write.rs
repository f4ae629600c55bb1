//! What the crate writes is what CPython writes: for the objects of the corpus and for random ones, in protocols 2 to 5,
//! in band and out of band.

#[path = "support/pickles.rs"]
mod pickles;
#[path = "support/python.rs"]
mod python;

use frames_core::ErrorKind;
use frames_pickle::{Buffer, CallKind, Graph, Reader, Value, Writer, read};
use pickles::Pickles;
use proptest::prelude::*;
use serde_json::json;
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
                assert_eq!(ours.buffers, if target == 5 { graph.buffers() } else { &[] }, "{at}");
                if target == protocol && ours.bytes == *pickle {
                    *counts.entry("exact").or_default() += 1;
                } else if target == protocol {
                    failures.push(format!("{at}:\n  {pickle:?}\n  {:?}", ours.bytes.to_vec()));
                } else if ours.bytes == dumped.pickles[usize::from(target) - 2] {
                    *counts.entry("exact in another protocol").or_default() += 1;
                } else {
                    *counts.entry("other bytes in another protocol").or_default() += 1;
                    written.push((at, is_outside, pickle, ours.bytes.to_vec()));
                }
            }
        }
        for outside in [false, true] {
            let of: Vec<_> = written.iter().filter(|(_, is_outside, ..)| *is_outside == outside).collect();
            let pairs: Vec<_> = of.iter().map(|(_, _, pickle, ours)| (&pickle[..], &ours[..])).collect();
            let buffers = if outside { &dumped.buffers[..] } else { &[] };
            for (answer, (at, ..)) in python.same(&pairs, buffers, &group).iter().zip(of) {
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

/// What Python makes of a description of objects that refer to each other: see `Objects` in `pickle_peer.py`.
fn objects() -> impl Strategy<Value = serde_json::Value> {
    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
    // Any index is taken modulo what may be referred to.
    let items = || proptest::collection::vec(any::<u16>(), 0..5);
    let many = || prop_oneof![6 => 0..4u32, 1 => 998..1003u32, 1 => 1999..2002u32];
    let text = prop_oneof![
        4 => proptest::string::string_regex("[a-zé€😀ÿ]{0,3}").unwrap().prop_map(|text| text.into_bytes()),
        1 => Just(b"\xed\xa0\x80".to_vec()),
        1 => Just(b"\xed\xa0\xbd\xed\xb8\x80x".to_vec()),
    ];
    let times =
        || prop_oneof![8 => Just(1u32), 1 => 85..130u32, 1 => 250..260u32, 1 => 21844..21847u32, 1 => 65533..65540u32];
    let node = prop_oneof![
        Just(json!(["none", null])),
        any::<bool>().prop_map(|value| json!(["bool", value])),
        prop_oneof![
            any::<i64>().prop_map(|number| format!("{}{:x}", if number < 0 { "-" } else { "" }, number.unsigned_abs())),
            (any::<i64>(), 0..64u32).prop_map(|(number, less)| {
                let number = number >> less;
                format!("{}{:x}", if number < 0 { "-" } else { "" }, number.unsigned_abs())
            }),
            proptest::string::string_regex("-?[1-9a-f][0-9a-f]{0,40}").unwrap(),
            (0..2u8, 505..515usize, 0..2u8).prop_map(|(negative, zeros, last)| {
                format!("{}8{}{last}", if negative == 1 { "-" } else { "" }, "0".repeat(zeros))
            }),
        ]
        .prop_map(|digits| json!(["int", digits])),
        prop_oneof![any::<f64>().prop_map(f64::to_bits), any::<u64>(), Just(f64::NAN.to_bits())]
            .prop_map(|bits| json!(["float", hex(&bits.to_le_bytes())])),
        (text, times()).prop_map(|(text, times)| json!(["str", hex(&text), times])),
        (proptest::collection::vec(any::<u8>(), 0..3), times()).prop_map(|(data, n)| json!(["bytes", hex(&data), n])),
        (proptest::collection::vec(any::<u8>(), 0..3), times()).prop_map(|(data, n)| json!([
            "bytearray",
            hex(&data),
            n
        ])),
        items().prop_map(|items| json!(["tuple", items])),
        (items(), many()).prop_map(|(items, more)| json!(["frozenset", items, more])),
        (items(), many()).prop_map(|(items, more)| json!(["set", items, more])),
        (items(), many()).prop_map(|(items, more)| json!(["list", items, more])),
        (items(), many()).prop_map(|(items, more)| json!(["list", items, more])),
        (proptest::collection::vec(any::<(u16, u16)>(), 0..4), many())
            .prop_map(|(entries, more)| json!(["dict", entries, more])),
        items().prop_map(|items| json!(["object", items.iter().map(|item| ("x", item)).collect::<Vec<_>>()])),
        (items(), many()).prop_map(|(items, more)| json!(["deque", items, more])),
        prop_oneof![Just("int"), Just("bytearray"), Just("set"), Just("bytes"), Just("getattr"), Just("Inner")]
            .prop_map(|name| json!(["type", name])),
    ];
    proptest::collection::vec(node, 1..12).prop_map(|nodes| {
        let count = nodes.len();
        let nodes = nodes.into_iter().enumerate().map(|(index, mut node)| {
            let kind = node[0].as_str().unwrap_or_default().to_owned();
            let limit = match &kind[..] {
                "list" | "dict" | "object" | "deque" => count,
                _ => index,
            };
            let within = |value: &mut serde_json::Value| {
                let raw = value.as_u64().unwrap_or_default() as usize;
                *value = json!(raw % limit.max(1));
            };
            if let (Some(items), "tuple" | "frozenset" | "set" | "list" | "deque") = (node[1].as_array_mut(), &kind[..])
            {
                items.truncate(if limit == 0 { 0 } else { items.len() });
                items.iter_mut().for_each(within);
            } else if let (Some(entries), "dict") = (node[1].as_array_mut(), &kind[..]) {
                // Keys are what was there before, as they are hashed.
                entries.truncate(if index == 0 { 0 } else { entries.len() });
                for entry in entries {
                    let key = entry[0].as_u64().unwrap_or_default() as usize % index;
                    within(&mut entry[1]);
                    entry[0] = json!(key);
                }
            } else if let (Some(entries), "object") = (node[1].as_array_mut(), &kind[..]) {
                for (at, entry) in entries.iter_mut().enumerate() {
                    entry[0] = json!(format!("x{at}"));
                    within(&mut entry[1]);
                }
            }
            node
        });
        serde_json::Value::Array(nodes.collect())
    })
}

#[test]
fn random_objects_are_written_as_cpython_does() {
    let Some(python) = Pickles::start() else { return };
    let python = std::cell::RefCell::new(python);
    let count = std::cell::RefCell::new([0usize; 2]);
    let config = ProptestConfig { cases: 400, max_shrink_iters: 500, failure_persistence: None, ..Default::default() };
    proptest!(config, |(objects in objects())| {
        let mut python = python.borrow_mut();
        let pickles = python.make(&objects);
        for (pickle, protocol) in pickles.iter().zip(2..=5) {
            let graph = read(pickle).unwrap();
            let mut others = Vec::new();
            for (expected, target) in pickles.iter().zip(2..=5) {
                let ours = Writer::new().protocol(target).write(&graph).unwrap().bytes.to_vec();
                // Later protocols know more kinds of objects; what an earlier one calls stays a call.
                if protocol == 5 || protocol == target {
                    let (mine, theirs) = (ours.escape_ascii(), expected.escape_ascii());
                    prop_assert!(ours == *expected, "{objects}: from {protocol} to {target}: {mine}, not {theirs}");
                    count.borrow_mut()[0] += 1;
                } else if ours != *expected {
                    others.push(ours);
                }
            }
            count.borrow_mut()[1] += others.len();
            let pairs: Vec<_> = others.iter().map(|ours| (&pickle[..], &ours[..])).collect();
            for answer in python.same(&pairs, &[], "") {
                prop_assert!(answer.is_none(), "{objects}: {}", answer.unwrap_or_default());
            }
        }
    });
    println!("exact, loaded equal: {:?}", count.borrow());
}

/// Runs with a stack that no recursion over the graph survives.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(64 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_million_levels_are_read_and_written() {
    const DEPTH: usize = 1_000_000;
    on_a_small_stack(|| {
        let levels: [(&[u8], &[u8]); 6] = [
            (b"]\x94", b"a"),
            (b"", b"\x85\x94"),
            (b"}\x94K\x01", b"s"),
            (b"(", b"\x91\x94"),
            (b"\x8c\x01m\x94\x8c\x01c\x94\x93\x94", b"\x85\x94R\x94"),
            (b"\x8f\x94(", b"\x90"),
        ];
        for (front, back) in levels {
            let pickle = [b"\x80\x05", &front.repeat(DEPTH)[..], b"N", &back.repeat(DEPTH), b"."].concat();
            let graph = read(&pickle).unwrap();
            for protocol in [2, 5] {
                let ours = Writer::new().protocol(protocol).write(&graph).unwrap().bytes.to_vec();
                assert!(read(&ours).is_ok());
            }
        }
    });
}

#[test]
fn a_million_levels_of_all_kinds() {
    on_a_small_stack(|| {
        let mut graph = Graph::new();
        let mut inner = Value::NONE;
        for level in 0..1_000_000 {
            inner = match level % 7 {
                0 => graph.call(CallKind::Obj, inner, &[inner]).unwrap(),
                1 => {
                    let args = graph.tuple(&[inner]);
                    let kwargs = graph.dict(&[(1.into(), inner)]);
                    graph.call(CallKind::NewObjEx, inner, &[args, kwargs]).unwrap()
                }
                2 => graph.persistent(inner),
                3 => {
                    let object = graph.call(CallKind::NewObj, Value::NONE, &[]).unwrap();
                    graph.build(object, inner).unwrap();
                    object
                }
                4 => {
                    let object = graph.call(CallKind::Reduce, Value::NONE, &[]).unwrap();
                    graph.build_by(object, inner, inner).unwrap();
                    object
                }
                5 => graph.frozenset(&[inner, 1.into()]),
                _ => graph.tuple(&[1.into(), inner, 2.into(), 3.into()]),
            };
        }
        graph.set_root(inner);
        for protocol in [3, 5] {
            Writer::new().protocol(protocol).write(&graph).unwrap();
        }
    });
}
