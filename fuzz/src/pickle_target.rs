//! The body of the target `pickle`: any bytes as a pickle, read, printed, compared, copied, written, and made Rust types of.

use super::check_error;
use frames_pickle::{Buffer, Deserializer, Graph, Pickle, Python2, Reader, Registry, Writer, disassemble};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// A text is shown by at most 200 characters each time that it is named, and an opcode and a byte name one.
const SHOWN: usize = 2200;

/// The first byte says how to read: two bits for Python 2's text, three for the number of buffers, one for each of the rest.
pub fn pickle(data: &[u8]) {
    let Some((how, data)) = data.split_first() else { return };
    let reader = Reader::new()
        .python2([Python2::Ascii, Python2::Latin1, Python2::Bytes, Python2::Ascii][usize::from(how & 3)])
        .buffers((0..how >> 2 & 7).map(|len| {
            let buffer = Buffer::from(vec![len; usize::from(len)]);
            if len % 2 == 0 { buffer } else { buffer.read_only() }
        }));
    let reader = match how & 0x20 {
        0 => reader,
        _ => reader.extensions(|code| (code % 2 == 0).then(|| ("__builtin__".into(), "long".into()))),
    };
    let reader = match how & 0x40 {
        0 => reader,
        _ => reader.persistent_ids(|graph, id| Ok(graph.list(&[id]))),
    };
    let (graph, end) = match reader.read_prefix(data) {
        Ok(read) => read,
        Err(error) => return check_error(&error),
    };
    assert!(end <= data.len());
    let text = format!("{graph:?}");
    assert!(text.len() < SHOWN * (end + 10), "{} bytes of {end}", text.len());
    let again: Graph<'static> = reader.read(&data[..end]).expect("what was read").into_owned();
    assert_eq!(format!("{again:?}"), text);
    assert!(again == graph && graph == graph.clone());
    // No more than what the pickle is of.
    for len in [end.saturating_sub(1), end / 2] {
        assert!(reader.read(&data[..len]).is_err(), "{len} of {end}");
    }
    for protocol in [2, 5] {
        // What a protocol cannot say is refused.
        if let Ok(written) = Writer::new().protocol(protocol).write(&graph) {
            assert!(Reader::new().read(&written.bytes).is_ok(), "what is written is read");
        }
    }
    let _ = graph.report().to_string();
    if let Err(error) = disassemble(&data[..end]) {
        check_error(&error);
    }
    if let Err(error) = Registry::standard().construct(&graph, graph.root()) {
        check_error(&error);
    }
    // serde: whatever is there, and types that want something.
    let careful = Deserializer::new().free(4096);
    for error in [
        careful.from_graph::<IgnoredAny>(&graph, graph.root()).err(),
        careful.from_graph::<BTreeMap<String, Vec<f64>>>(&graph, graph.root()).err(),
        careful.from_graph::<Vec<(Option<i64>, String)>>(&graph, graph.root()).err(),
    ] {
        error.iter().for_each(check_error);
    }
    // The family: as any type, and as one that takes whatever msgpack holds.
    let pickle = Pickle::new(data[..end].to_vec(), graph.buffers().to_vec());
    if let Ok((header, frames)) = frames_core::serialize(&pickle) {
        if let Err(error) = frames_core::deserialize::<frames_core::rmpv::Value>(&header, frames.clone()) {
            check_error(&error);
        }
        if let Err(error) = frames_core::deserialize_any(&header, frames.clone()) {
            check_error(&error);
        }
        super::dynamic(&frames_core::Decoder::new(), &frames_core::Serialized::new(header, frames.into_owned()));
    }
}
