//! Every object of the corpus that the released `distributed` serializes: decoded without knowing its type, written again, and
//! compared by Python. What this crate does not decode yet is forwarded byte for byte; the lists below are exact, so that
//! they shrink as families and types are added.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{AnyCollection, ErrorKind, Frame, Frames, Header, Serialized, deserialize_any, serialize};
use support::human::Human;
use support::peer::{Make, peer};

/// Families and types that need more than this crate has: pickles above all.
fn is_forwarded(error: &frames_core::Error) -> bool {
    match error.kind() {
        ErrorKind::Family => error.family() == Some("pickle") || error.to_string().contains("\"pickle\""),
        ErrorKind::UnknownType => true,
        _ => false,
    }
}

/// Classes of the family dask that no type here stands for. Pickled values are not listed: they are all of their family.
const FORWARDED: &[&str] = &[
    "estimator",
    "estimator_empty",
    "estimator_subclass",
    "estimator_with_list",
    "sp_bsr",
    "sp_coo",
    "sp_csc",
    "sp_csr",
    "sp_dia",
    "sp_dok",
    "sp_lil",
    "sparse_coo",
];

#[test]
fn every_object_is_decoded_or_forwarded_and_arrives_as_it_was() {
    let Some(mut python) = peer() else { return };
    let (mut decoded, mut pickled, mut forwarded) = (0, 0, Vec::new());
    for case in python.cases().unwrap() {
        if case.fails.is_some() {
            continue;
        }
        for serializers in [&[][..], &["dask", "msgpack", "pickle"]] {
            let value = format!("corpus.value('{}')", case.name);
            let (header, frames) = python.make(&value, &Make { serializers, ..Make::default() }).unwrap();
            let header = Header::from_bytes(header).unwrap();
            let frames: Frames<'static> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
            let kept = Serialized::new(header.clone(), frames.clone());
            let (again, again_frames) = match kept.deserialize_any() {
                Ok(any) => {
                    decoded += 1;
                    let (header, frames) = serialize(&any).unwrap_or_else(|e| panic!("{}: {e}", case.name));
                    (header, frames.into_owned())
                }
                Err(error) if is_forwarded(&error) => {
                    match error.kind() {
                        ErrorKind::Family => pickled += 1,
                        _ => forwarded.push(case.name.clone()),
                    }
                    let (again, again_frames) = serialize(&kept).unwrap();
                    assert_eq!(again, header, "{}: forwarded byte for byte", case.name);
                    (again, again_frames.into_owned())
                }
                Err(error) => panic!("{}: {error}\n{header}", case.name),
            };
            let slices: Vec<&[u8]> = again_frames.iter().map(|f| f.as_slice()).collect();
            let arrives = format!("corpus.received('{}')", case.name);
            let Err(error) = python.check(again.as_bytes(), &slices, &arrives) else { continue };
            // With msgpack in front of pickle Python itself loses some types (a named tuple): then what it makes of its own counts.
            let own = format!("distributed.protocol.serialize({value}, serializers={serializers:?})");
            let result = match serializers {
                [] => Err(error),
                _ => python.check(again.as_bytes(), &slices, &format!("distributed.protocol.deserialize(*{own})")),
            };
            result.unwrap_or_else(|e| panic!("{}: {e}\n{header}\n{again}", case.name));
        }
    }
    forwarded.sort();
    forwarded.dedup();
    assert_eq!(forwarded, FORWARDED, "the classes that are forwarded");
    println!("decoded {decoded}, pickles forwarded {pickled}, other classes forwarded {}", forwarded.len());
    assert!(decoded > 100, "{decoded} decoded");
}

#[test]
fn blobs_of_python_are_unpacked_and_packed_again() {
    let Some(mut python) = peer() else { return };
    for case in python.cases().unwrap() {
        if case.fails.is_some() || case.fails_as_blob.is_some() {
            continue;
        }
        let blob = python.make_blob(&format!("corpus.value('{}')", case.name), &Default::default()).unwrap();
        let (header, frames) = frames_core::unpack_value(&blob.clone().into()).unwrap();
        let _ = deserialize_any(&header, frames.clone());
        // The keys of the packing are still in the header: it is packed again as Dask had it.
        let all: Vec<Frame<'_>> = [Frame::from(header.as_bytes())].into_iter().chain(frames).collect();
        assert_eq!(frames_core::pack_frames(&all), blob, "{}", case.name);
    }
}

#[test]
fn pieces_of_a_large_frame_are_joined_without_a_copy() {
    let Some(mut python) = peer() else { return };
    // Dask cuts frames at 64 MiB.
    let blob: Bytes = python.make_blob("np.arange(9_000_001.)", &Default::default()).unwrap().into();
    let (header, frames) = frames_core::unpack_value(&blob).unwrap();
    assert_eq!(header.as_ref().get::<Vec<u64>>("split-num-sub-frames").unwrap(), [2]);
    assert_eq!((frames.len(), frames.total_bytes()), (1, 9_000_001 * 8));
    let inside = blob.as_ptr_range();
    assert!(inside.contains(&frames.get(0).unwrap().as_ptr()));
    let values: Vec<f64> = frames_core::deserialize(&header, frames).unwrap();
    assert!(values.iter().enumerate().all(|(i, &v)| v == i as f64));
}

#[test]
fn a_collection_keeps_what_it_cannot_read() {
    let Some(mut python) = peer() else { return };
    let (header, frames) = python.make("[b'x', 1 + 2j, corpus.Human(name='Ž', age=3)]", &Make::default()).unwrap();
    let header = Header::from_bytes(header).unwrap();
    let frames: Frames<'static> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
    let items = deserialize_any(&header, frames).unwrap().downcast::<AnyCollection>().unwrap().items;
    let names: Vec<&str> = items.iter().map(|(_, value)| value.type_name()).collect();
    assert_eq!(names, ["bytes", "Serialized", "tests::Human"]);
    assert_eq!(items[2].1.downcast_ref::<Human>(), Some(&Human { name: "Ž".into(), age: Some(3) }));
}
