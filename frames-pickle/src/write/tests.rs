//! What the corpus of real pickles does not have, without a Python.

use crate::{Buffer, CallKind, Graph, Reader, Value, Writer, read, write};
use frames_core::ErrorKind;

/// In each protocol the same graph comes back; in that of the pickle the same bytes.
#[track_caller]
fn comes_back(pickle: &[u8]) -> Vec<u8> {
    let graph = read(pickle).unwrap();
    for protocol in 4..=5 {
        let bytes = Writer::new().protocol(protocol).write(&graph).unwrap().bytes.to_vec();
        assert_eq!(read(&bytes).unwrap(), graph, "protocol {protocol}: {}", bytes.escape_ascii());
    }
    Writer::new().protocol(pickle[1]).write(&graph).unwrap().bytes.to_vec()
}

#[test]
fn what_is_discarded_is_made_first() {
    // A call that nobody has; one that has a state; one that another has.
    let bytes = comes_back(b"\x80\x05cm\nf\n)R0K\x01.");
    assert_eq!(bytes, b"\x80\x05\x95\x10\0\0\0\0\0\0\0\x8c\x01m\x94\x8c\x01f\x94\x93\x94)R0K\x01.");
    comes_back(b"\x80\x05cm\nf\n)R}b0K\x01.");
    comes_back(b"\x80\x05cm\nf\n)R\x94cm\ng\nh\0\x85R00K\x01.");
    comes_back(b"\x80\x05cos\nsystem\n0N.");
    // The root has it too: it is made with the root.
    let shared = read(b"\x80\x05cm\nf\n)R\x9400]h\0a.").map(|graph| write(&graph).unwrap());
    assert!(shared.is_err(), "a pickle that pops too much");
    let shared = read(b"\x80\x05cm\nf\n)R\x940]h\0a.").unwrap();
    assert_eq!(write(&shared).unwrap().iter().filter(|byte| **byte == b'R').count(), 1);
}

#[test]
fn calls_of_old_protocols() {
    let bytes = comes_back(b"\x80\x02(cm\nC\nK\x01K\x02oq\x00}b.");
    assert_eq!(bytes, b"\x80\x02(cm\nC\nq\x00K\x01K\x02oq\x01}q\x02b.");
    // By a name in the opcode: the same call, by a class on the stack.
    let graph = read(b"(K\x01im\nC\n.").unwrap();
    let bytes = Writer::new().protocol(2).write(&graph).unwrap().bytes.to_vec();
    assert_eq!(bytes, b"\x80\x02(cm\nC\nq\x00K\x01oq\x01.");
}

#[test]
fn extension_codes_and_persistent_ids() {
    let bytes = comes_back(b"\x80\x05](\x82\x01\x83\x00\x01\x84\x00\x00\x01\x00\x8c\x01aQ\x82\x01e.");
    assert!(bytes.ends_with(b"]\x94(\x82\x01\x83\x00\x01\x84\x00\x00\x01\x00\x8c\x01a\x94Q\x82\x01e."));
    // One object of which the state is set once.
    comes_back(b"\x80\x05](\x82\x01\x94}bh\0K\x01Q\x94}bh\x01e.");
    comes_back(b"\x80\x05](cm\nC\n\x94}bh\0e.");
    let mut graph = Graph::new();
    let code = graph.extension(0);
    graph.set_root(code);
    assert_eq!(write(&graph).unwrap_err().kind(), ErrorKind::OutOfRange);
}

#[test]
fn names_that_older_protocols_cannot_say() {
    let mut graph = Graph::new();
    let class = graph.global("m", "Ü");
    graph.set_root(class);
    let error = Writer::new().protocol(2).write(&graph).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("protocol(3)"), "{error}");
    assert_eq!(
        Writer::new().protocol(3).write(&graph).unwrap().bytes.to_vec(),
        "\u{80}\u{3}cm\nÜ\nq\0.".as_bytes()[1..].to_vec()
    );
    for names in [("m\nn", "x"), ("m", "x\ny")] {
        let mut graph = Graph::new();
        let class = graph.global(names.0, names.1);
        graph.set_root(class);
        assert!(Writer::new().protocol(3).write(&graph).is_err());
        assert!(write(&graph).is_ok());
    }
}

#[test]
fn names_of_python_2_and_in_classes() {
    let mut graph = Graph::new();
    let globals = [("builtins", "range"), ("m", "A.B.C"), ("builtins", "getattr"), ("m", "A")];
    let globals = globals.map(|(module, name)| graph.global(module, name));
    let list = graph.list(&globals);
    graph.set_root(list);
    let bytes = Writer::new().protocol(2).write(&graph).unwrap().bytes.to_vec();
    let text = b"\x80\x02]q\x00(c__builtin__\nxrange\nq\x01c__builtin__\ngetattr\nq\x02h\x02cm\nA\nq\x03X\x01\0\0\0Bq\x04\x86q\x05R\
        X\x01\0\0\0Cq\x06\x86q\x07Rq\x08h\x02h\x03e.";
    assert_eq!(bytes, text, "{}", bytes.escape_ascii());
}

#[test]
fn calls_with_named_arguments_before_protocol_4() {
    let mut graph = Graph::new();
    let (class, kwargs) = (graph.global("m", "C"), graph.dict(&[]));
    let object = graph.call(CallKind::NewObjEx, class, &[Value::EMPTY_TUPLE, kwargs]).unwrap();
    graph.set_root(object);
    let bytes = Writer::new().protocol(2).write(&graph).unwrap().bytes.to_vec();
    assert_eq!(
        bytes,
        b"\x80\x02ccopy_reg\n__newobj_ex__\nq\x00cm\nC\nq\x01)}q\x02\x87Rq\x03.",
        "{}",
        bytes.escape_ascii()
    );
}

#[test]
fn buffers_in_band_are_bytes() {
    let mut graph = Graph::new();
    let buffers = [graph.buffer(Buffer::from(vec![1])), graph.buffer(Buffer::from(vec![2]).read_only())];
    let list = graph.list(&[buffers[0], buffers[1], buffers[1]]);
    graph.set_root(list);
    let bytes = write(&graph).unwrap();
    assert!(bytes.ends_with(b"]\x94(\x96\x01\0\0\0\0\0\0\0\x01\x94C\x01\x02\x94h\x02e."), "{}", bytes.escape_ascii());
    let outside = Writer::new().out_of_band(Buffer::is_read_only).write(&graph).unwrap();
    assert_eq!(outside.buffers, [graph.buffers()[1].clone(), graph.buffers()[1].clone()]);
    let back = Reader::new().buffers(outside.buffers).read(&outside.bytes).unwrap();
    assert_eq!(format!("{back:?}").matches("read-only").count(), 2, "{back:?}");
    assert!(back.buffers().iter().all(|buffer| buffer.bytes().as_ptr() == graph.buffers()[1].bytes().as_ptr()));
}

#[test]
fn large_shared_integers_do_not_multiply() {
    let mut graph = Graph::new();
    let large = graph.big_int(&[vec![7; 100_000], vec![0]].concat());
    let list = graph.list(&vec![large; 1000]);
    graph.set_root(list);
    let bytes = write(&graph).unwrap();
    assert!(bytes.len() < 1_300_000, "{}", bytes.len());
    assert_eq!(format!("{:?}", read(&bytes).unwrap()), format!("{graph:?}"));
}

#[test]
fn handles_of_other_graphs_are_errors() {
    let mut other = Graph::new();
    let mut graph = Graph::new();
    // The place that the tuple will have itself.
    let place = other.tuple(&[1.into()]);
    let endless = graph.tuple(&[place]);
    graph.set_root(endless);
    for protocol in 2..=5 {
        assert_eq!(Writer::new().protocol(protocol).write(&graph).unwrap_err().kind(), ErrorKind::Invalid);
    }
    for make in [Graph::frozenset, Graph::tuple] {
        let mut graph = Graph::new();
        let pair = make(&mut graph, &[Value::place(3), 1.into()]);
        let other = make(&mut graph, &[pair]);
        graph.set_root(other);
        for protocol in 2..=5 {
            assert_eq!(Writer::new().protocol(protocol).write(&graph).unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
    let mut graph = Graph::new();
    let list = graph.list(&[Value::place(1 << 40)]);
    graph.set_root(list);
    assert_eq!(write(&graph).unwrap_err().kind(), ErrorKind::Invalid);
    // Any place at all: never a panic.
    let mut graph =
        read(b"\x80\x05](\x8c\x01m\x8c\x01n\x93)\x81}bK\x01\x85(K\x01\x91\x8fQ\x82\x01cm\na.b\n)Re.").unwrap();
    for place in 0..graph.heap.len() + 2 {
        graph.set_root(Value::place(place));
        for protocol in 2..=5 {
            let _ = Writer::new().protocol(protocol).write(&graph);
        }
    }
}

#[test]
fn frames_are_closed_behind_64_kib() {
    let mut graph = Graph::new();
    let texts: Vec<Value> = (0..3).map(|_| graph.str(&"x".repeat(40_000))).collect();
    let large = graph.str(&"y".repeat(1 << 16));
    let list = graph.list(&[texts[0], texts[1], large, texts[2]]);
    graph.set_root(list);
    let bytes = write(&graph).unwrap();
    let frames = frames(&bytes);
    assert_eq!(frames, [3 + 2 * (5 + 40_001), 1 + 5 + 40_001 + 2]);
    assert_eq!(read(&bytes).unwrap(), graph);
}

/// The lengths of the frames.
fn frames(pickle: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut at = 2;
    while let Some((&0x95, rest)) = pickle.get(at..).and_then(<[u8]>::split_first) {
        let len = u64::from_le_bytes(*rest.first_chunk().unwrap()) as usize;
        lengths.push(len);
        at += 9 + len;
        // The text between two frames.
        if pickle.get(at) == Some(&b'X') {
            at += 5 + (1 << 16);
        }
    }
    lengths
}

#[test]
fn a_name_is_never_taken_for_opcodes() {
    for (module, name) in
        [("m", "a\nR"), ("builtins", "a\nR"), ("m\nx", "a"), ("builtins", ""), ("", "a"), ("m", ".a"), ("m", "a.")]
    {
        let mut graph = Graph::new();
        let global = graph.global(module, name);
        graph.set_root(global);
        for protocol in [2, 3] {
            match Writer::new().protocol(protocol).write(&graph) {
                Err(error) => assert!(error.to_string().contains("protocol(4)"), "{error}"),
                // The last part of a name is an attribute, which may have any name.
                Ok(written) => assert!((module, name) == ("m", "a.") && Reader::new().read(&written.bytes).is_ok()),
            }
        }
        assert!(Writer::new().protocol(4).write(&graph).is_ok());
    }
}
