//! Headers and frames that were tampered with: an error, or another value that can be written and printed. Never more.

use super::*;
use frames_core::dynamic::{Object, Table};
use frames_core::{Array, ClassRef, ErrorKind};

/// Looks at it in every way.
fn attack(header: &[u8], frames: &[Bytes]) {
    let Ok(header) = Header::from_bytes(header.to_vec()) else { return };
    let Ok(value) = deserialize::<Dynamic>(&header, frames.to_vec().into()) else { return };
    assert!(format!("{value:?}").len() < 10_000 && value.to_string().len() < 300_000);
    match serialize(&value) {
        Ok((written, frames)) => {
            let again: Dynamic = deserialize(&written, frames).unwrap_or_else(|e| panic!("{e}\n{header}\n{written}"));
            assert_eq!(again, value, "{header}\n{written}");
        }
        Err(error) => {
            let known = matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Limit | ErrorKind::DuplicateField);
            assert!(known, "{error}\n{header}");
        }
    }
}

/// A value of every form that has a reader here.
fn victims() -> Vec<(Vec<u8>, Vec<Bytes>)> {
    let mut object =
        Object::new(ClassRef::new("m", "C"), vec![("a".into(), 1.into()), ("b".into(), Dynamic::List(vec![]))]);
    let instance = Dynamic::from(object.clone());
    object.kind = frames_core::dynamic::ObjectKind::Call;
    let mut table = Table::new(vec![("x".into(), Dynamic::Tuple(vec![1.into()])), (1.into(), "t".into())], 1);
    (table.index, table.attributes) = (Some("i".into()), vec![("m".into(), Dynamic::None)]);
    let columns: Vec<(Option<f64>, String)> = vec![(None, "a".into()), (Some(1.0), "b".into())];
    let array = (Array::from(vec![1.0f64, 2.0]), 7u8);
    let values: [Dynamic; 9] = [
        instance,
        object.into(),
        table.into(),
        Dynamic::Dict(vec![("k".into(), Dynamic::List(vec![1.into()])), (2.into(), Dynamic::Complex(1.0, 2.0))]),
        Dynamic::FrozenSet(vec![Dynamic::from(1i128 << 90), Dynamic::ByteArray(Bytes::from_static(b"x"))]),
        Dynamic::Tuple(vec![1.into(), "x".into(), Dynamic::Dict(vec![("a".into(), Dynamic::None)])]),
        unpickled(b"\x80\x02cm\nC\n)\x81}X\x01\0\0\0xK\x01sb.").unwrap(),
        round(&columns),
        round(&array),
    ];
    let mut victims: Vec<(Vec<u8>, Vec<Bytes>)> = values.iter().map(parts).collect();
    let pickle = Header::new().with("serializer", "pickle").unwrap().with("writeable", &[true]).unwrap();
    let buffers = [&b"\x80\x05(K\x01]K\x02a}K\x03K\x04s\x97cm\nC\n)\x81}X\x01\0\0\0xK\x01sbt."[..], b"buffer"];
    victims.push((pickle.into_bytes(), buffers.map(Bytes::from_static).into()));
    victims
}

fn round<T: frames_core::FrameSerialize>(value: &T) -> Dynamic {
    let (header, frames) = serialize(value).unwrap();
    deserialize(&header, frames.into_owned()).unwrap()
}

fn parts(value: &Dynamic) -> (Vec<u8>, Vec<Bytes>) {
    let (header, frames) = serialize(value).unwrap();
    (header.into_bytes(), frames.into_iter().map(|frame| frame.into_bytes()).collect())
}

#[test]
fn tampered_headers_and_frames_never_panic() {
    for (header, frames) in victims() {
        attack(&header, &frames);
        for at in 0..header.len() {
            for bit in 0..8 {
                let mut header = header.clone();
                header[at] ^= 1 << bit;
                attack(&header, &frames);
            }
            let mut cut = header.clone();
            cut.remove(at);
            attack(&cut, &frames);
        }
        for (index, frame) in frames.iter().enumerate() {
            for at in 0..frame.len() {
                for bit in 0..8 {
                    let mut changed = frame.to_vec();
                    changed[at] ^= 1 << bit;
                    let mut frames = frames.clone();
                    frames[index] = changed.into();
                    attack(&header, &frames);
                }
            }
            let mut fewer = frames.clone();
            fewer.remove(index);
            attack(&header, &fewer);
            let mut twice = frames.clone();
            twice.push(frame.clone());
            attack(&header, &twice);
        }
    }
}

#[test]
fn frames_that_nobody_uses_are_an_error() {
    let object = Object::new(ClassRef::new("m", "C"), vec![("b".into(), Dynamic::List(vec![1.into()]))]);
    let (header, mut frames) = parts(&object.into());
    frames.push(Bytes::from_static(b"more"));
    let header = Header::from_bytes(header).unwrap();
    let error = deserialize::<Dynamic>(&header, frames.into()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FrameCount);
}

#[test]
fn nesting_ends_at_the_limit() {
    // {"sub-headers": [ … ], …} in itself, and msgpack.
    let deep = [&[0x91u8; 100_000][..], &[0xc0]].concat();
    let header = Header::new().with("serializer", "msgpack").unwrap();
    let error = deserialize::<Dynamic>(&header, vec![Bytes::from(deep)].into()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let mut header = b"\x81\xaaserializer\xa7msgpack".to_vec();
    for _ in 0..200 {
        header = [
            &b"\x84\xabsub-headers\x91"[..],
            &header,
            b"\xadis-collection\xc3\xadframe-lengths\x91\x01\xaftype-serialized\xa4list",
        ]
        .concat();
    }
    let header = Header::from_bytes(header).unwrap();
    let error = deserialize::<Dynamic>(&header, vec![Bytes::from_static(b"\xc0")].into()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
}
