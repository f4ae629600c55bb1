//! Column views agree with what `deserialize` gives, in both forms.

use frames_core::{Encoder, FrameSerialize, Reader};
use std::collections::BTreeMap;

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Address {
    x0: u8,
    x1: u8,
}

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
enum Kind {
    Plain,
    Tagged(String),
}

#[derive(FrameSerialize, Debug, Clone, PartialEq)]
#[frames(view)]
struct Log {
    address: Address,
    request: String,
    code: u16,
    rate: Option<f64>,
    note: Option<String>,
    values: Vec<f32>,
    tags: Vec<String>,
    inner: Vec<Address>,
    pair: (u8, String),
    boxed: Box<u32>,
    kind: Kind,
    map: BTreeMap<String, u8>,
    array: [u16; 3],
    ok: bool,
    parent: Option<Box<Log>>,
    at: Option<Address>,
}

fn logs(n: usize) -> Vec<Log> {
    (0..n)
        .map(|i| Log {
            address: Address { x0: i as u8, x1: 1 },
            request: format!("GET /é{i}"),
            code: i as u16,
            rate: (i % 3 > 0).then_some(i as f64),
            note: (i % 2 > 0).then(|| format!("note {i}")),
            values: vec![i as f32; if i % 7 == 0 { 2000 } else { i % 3 }],
            tags: vec!["a".into(); i % 4],
            inner: vec![Address { x0: 1, x1: i as u8 }; i % 3],
            pair: (i as u8, format!("p{i}")),
            boxed: Box::new(i as u32),
            kind: if i % 2 == 0 { Kind::Plain } else { Kind::Tagged("t".into()) },
            map: [(format!("k{i}"), 1)].into(),
            array: [i as u16; 3],
            ok: i % 2 == 0,
            parent: (i % 5 == 4).then(|| Box::new(logs(1).remove(0))),
            at: (i % 4 == 1).then_some(Address { x0: 9, x1: 9 }),
        })
        .collect()
}

fn same(row: LogRow<'_>, log: &Log) {
    assert_eq!((row.address.x0, row.address.x1), (log.address.x0, log.address.x1));
    assert_eq!((row.request, row.code, row.rate, row.note), (&*log.request, log.code, log.rate, log.note.as_deref()));
    assert_eq!(row.values, log.values);
    assert!(row.tags.iter().eq(log.tags.iter().map(String::as_str)));
    assert!(row.inner.iter().map(|a| (a.x0, a.x1)).eq(log.inner.iter().map(|a| (a.x0, a.x1))));
    assert_eq!((row.pair.0, row.pair.1, row.boxed.get()), (log.pair.0, &*log.pair.1, *log.boxed));
    assert_eq!((row.kind, row.map, row.array, row.ok), (&log.kind, &log.map, &log.array, log.ok));
    assert_eq!(row.at.map(|a| a.x0), log.at.as_ref().map(|a| a.x0));
    match (row.parent, &log.parent) {
        (Some(row), Some(log)) => same(row.get(), log),
        (None, None) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn rows_are_those_that_were_sent() {
    for reader in [Reader::Any, Reader::Rust] {
        for n in [0, 1, 200] {
            let logs = logs(n);
            let (header, frames) = Encoder::new().reader(reader).serialize(&logs).unwrap();
            let view = frames_core::view::<Log>(&header, &frames).unwrap();
            assert_eq!(view.len(), n);
            assert_eq!(view.iter().len(), n);
            for (row, log) in view.iter().zip(&logs) {
                same(row, log);
            }
            assert!(view.get(n).is_none());
            assert!(view.code().iter().eq(logs.iter().map(|log| &log.code)));
            if n > 0 {
                assert_eq!(view.request(n - 1), logs[n - 1].request);
            }
        }
    }
}
