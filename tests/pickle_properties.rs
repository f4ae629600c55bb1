//! Programs of random opcodes: no panic, the same graph each time, and no more printed than was named.

use frames_pickle::{Buffer, Graph, Python2, Reader, Writer};
use proptest::collection::vec;
use proptest::prelude::*;

/// An opcode with an argument that it may have.
fn opcode() -> impl Strategy<Value = Vec<u8>> {
    let index = 0..6u8;
    let of = |codes: &'static [u8]| proptest::sample::select(codes);
    prop_oneof![
        // What makes values.
        6 => of(b"NN)]}\x88\x89\x8f(((").prop_map(|code| vec![code]),
        // What takes them from the stack.
        8 => of(b"aaeesutttlldbbooR\x81\x92\x93\x85\x86\x87\x90\x9101222Q\x94\x94\x97\x98").prop_map(|code| vec![code]),
        4 => (of(b"qqhhhK\x82"), index.clone()).prop_map(|(code, index)| vec![code, index]),
        2 => (of(b"JrjBXT\x84\x8b"), any::<u32>()).prop_map(|(code, word)| [vec![code], word.to_le_bytes().to_vec()].concat()),
        1 => (of(b"rjM"), index).prop_map(|(code, index)| vec![code, index, 0, 0, 0]),
        2 => (of(b"CU\x8c\x8a"), vec(any::<u8>(), 0..12)).prop_map(|(code, body)| [vec![code, body.len() as u8], body].concat()),
        2 => vec(97..100u8, 1..4).prop_map(|text| [b"\x8c".to_vec(), vec![text.len() as u8], text].concat()),
        3 => (of(b"ci"), "[a-c]{1,2}\n[a-c]{1,2}\n").prop_map(|(code, names)| [&[code], names.as_bytes()].concat()),
        2 => (of(b"IFLSVPpg"), "[0-9eLx'.+-]{0,4}\n").prop_map(|(code, line)| [&[code], line.as_bytes()].concat()),
        1 => any::<f64>().prop_map(|number| [&b"G"[..], &number.to_bits().to_be_bytes()].concat()),
        1 => (0..12u64).prop_map(|len| [&b"\x95"[..], &len.to_le_bytes()].concat()),
        1 => (0..6u8).prop_map(|protocol| vec![0x80, protocol]),
        1 => vec(any::<u8>(), 1..3),
    ]
}

fn reader() -> Reader<'static> {
    Reader::new().python2(Python2::Latin1).buffers([Buffer::from(vec![1, 2]), Buffer::from(vec![3]).read_only()])
}

fn holds(graph: &Graph<'_>, pickle: &[u8], end: usize) -> Result<(), TestCaseError> {
    let text = format!("{graph:?}");
    prop_assert!(text.len() <= 2200 * (end + 10), "{} bytes are shown for {}", text.len(), end);
    let again = reader().read(&pickle[..end]).unwrap();
    prop_assert!(again == *graph);
    let owned = again.clone().into_owned();
    prop_assert!(owned == *graph);
    prop_assert_eq!(format!("{owned:?}"), text);
    for protocol in [2, 4, 5] {
        // What no protocol can say, or not this one, is refused.
        let Ok(written) = Writer::new().protocol(protocol).write(graph) else { continue };
        prop_assert!(written.bytes.len() <= 40 * (end + 10), "{} bytes are written for {}", written.bytes.len(), end);
        let back = Reader::new().read(&written.bytes).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(Writer::new().protocol(5).write(&back).is_ok(), true);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_program_is_read_or_refused(program in vec(opcode(), 0..60)) {
        // As far as each goes: a program that fails is good up to there.
        let mut good = b"\x80\x02\x97\x97".to_vec();
        for opcode in program {
            let longer = [&good[..], &opcode].concat();
            let stopped = [&longer[..], b"."].concat();
            match reader().read_prefix(&stopped) {
                Ok((graph, end)) => {
                    holds(&graph, &stopped, end)?;
                    if end == stopped.len() {
                        good = longer;
                    }
                }
                // One that wants more on the stack, or a mark, may go on.
                Err(_) if opcode == b"(" => good = longer,
                Err(error) => prop_assert!(error.to_string().len() < 400),
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok((graph, end)) = reader().read_prefix(&bytes) {
            holds(&graph, &bytes, end)?;
        }
    }
}
