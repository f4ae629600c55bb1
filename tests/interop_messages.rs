//! Messages against the released `distributed`: what its `dumps` writes is read, forwarded byte for byte, and decoded and written anew
//! for its `loads`.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{
    Body, Codec, Encoder, EnumMember, Error, ErrorKind, Frames, Payload, as_set, from_body, read_message, to_body,
    to_serialize, write_message,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use support::peer::{Make, Pack, Peer, peer};

fn shared(frames: Vec<Vec<u8>>) -> Frames<'static> {
    frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into()
}

fn slices<'f>(frames: &'f Frames<'_>) -> Vec<&'f [u8]> {
    frames.iter().map(|frame| frame.as_slice()).collect()
}

/// Forms of a payload on the way: whole, and cut into pieces smaller than any honest frame.
const SHARDS: [Option<usize>; 2] = [None, Some(1000)];

#[test]
fn every_object_is_forwarded_byte_for_byte_and_arrives_decoded_and_written_anew() {
    let Some(mut python) = peer() else { return };
    let mut anew = 0;
    for case in python.cases().unwrap() {
        if case.fails.is_some() {
            continue;
        }
        for shard in SHARDS {
            let value = format!("corpus.value('{}')", case.name);
            let arrives = format!("{{'op': 'test', 'data': corpus.received('{}')}}", case.name);
            let sent = match python.make_message(&value, &Pack { shard, ..Pack::default() }) {
                Ok(sent) => sent,
                // Dask itself cannot cut this one.
                Err(error) if shard.is_some() => {
                    println!("{}: {}", case.name, error.lines().next().unwrap_or_default());
                    continue;
                }
                Err(error) => panic!("{}: {error}", case.name),
            };
            let body = read_message(shared(sent.clone())).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            assert_eq!(slices(&write_message(&body).unwrap()), sent, "{}: forwarded as it came", case.name);

            let payload = body.get("data").and_then(Body::as_payload).unwrap();
            // What this crate has no type for is a value all the same: whole, under its own header.
            let value = payload.deserialize_any();
            let again = match &value {
                Ok(value) => {
                    anew += 1;
                    to_serialize(value).unwrap()
                }
                Err(error) => {
                    let known =
                        matches!(error.kind(), ErrorKind::Family | ErrorKind::UnknownType | ErrorKind::Mismatch);
                    assert!(known, "{}: {error}", case.name);
                    payload.clone().into_serialized().unwrap().into()
                }
            };
            let body = Body::map([("op", "test".into()), ("data", again.into())]);
            let encoder = shard.map_or_else(Encoder::new, |bytes| Encoder::new().shard(bytes));
            let frames = encoder.write_message(&body).unwrap();
            python
                .check_message(&slices(&frames), &arrives)
                .unwrap_or_else(|e| panic!("{} in pieces of {shard:?}: {e}", case.name));
        }
    }
    assert!(anew > 100, "{anew} decoded and written anew");
}

/// Messages that Python writes, which come back as the same bytes.
const BODIES: &[&str] = &[
    "{'status': 'OK'}",
    "None",
    "[]",
    "{}",
    "'text'",
    "b'pong'",
    "[{'op': 'a'}, {'op': 'b', 'n': 1}]",
    "{1: b'a', 2.5: None, None: 1, b'k': [1], (1, 'x'): True, False: -1}",
    "[0, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1]",
    "[-1, -32, -33, -128, -129, -32768, -32769, -2**31, -2**31 - 1, -2**63]",
    "[0.1, -0.0, math.inf, math.nan]",
    "['é' * 15, 'a' * 31, 'a' * 32, 'a' * 256, b'b' * 256]",
    "{'set': {1}, 'nothing': set(), 'nested': [{(1, 2)}]}",
    "{'status': Status.running}",
    "{'compression': None, 'python': (3, 11, 7), 'pickle-protocol': 5}",
    "{'x': ToPickle([1, 'a', np.arange(1000.)])}",
    "{'a': to_serialize(np.arange(3)), 'b': [to_serialize(b'x'), {'c': to_serialize([1, 'a'])}], 'd': 1}",
    "[[[[[[[[to_serialize(np.arange(3))]]]]]]]]",
    "{'keys': {('a', i): to_serialize(i) for i in range(40)}}",
];

#[test]
fn every_kind_of_body_is_read_and_written_as_python_wrote_it() {
    let Some(mut python) = peer() else { return };
    for message in BODIES {
        let sent = python.dump(message, &Pack::default()).unwrap();
        let body = read_message(shared(sent.clone())).unwrap_or_else(|e| panic!("{message}: {e}"));
        assert_eq!(slices(&write_message(&body).unwrap()), sent, "{message}: {body:?}");
    }
}

/// Sends a body, and lets Python compare what it gets.
#[track_caller]
fn arrives(python: &mut Peer, body: &Body<'_>, expected: &str) {
    let frames = write_message(body).unwrap();
    python.check_message(&slices(&frames), expected).unwrap_or_else(|e| panic!("{body:?}: {e}"));
}

#[test]
fn a_body_of_ours_is_what_python_reads() {
    let Some(mut python) = peer() else { return };
    let data = vec![1.5f64, 2.5];
    let entries = vec![
        ("none", Body::Nil),
        ("yes", true.into()),
        ("n", 5u64.into()),
        ("below", (-5i64).into()),
        ("x", 0.5.into()),
        ("text", "ž".into()),
        ("bytes", frames_core::Frame::from(&b"ab"[..]).into()),
        ("list", vec![1u8, 2].into()),
        ("set", Body::Set(vec![1.into(), "a".into()])),
        ("keys", Body::Map(vec![(Body::List(vec![1.into(), "k".into()]), Body::Nil), (1.into(), 2.into())])),
        ("data", to_serialize(&data).unwrap().into()),
    ];
    let expected = "{'none': None, 'yes': True, 'n': 5, 'below': -5, 'x': 0.5, 'text': 'ž', 'bytes': b'ab', 'list': (1, 2), \
                    'set': {1, 'a'}, 'keys': {(1, 'k'): None, 1: 2}, 'data': np.array([1.5, 2.5])}";
    arrives(&mut python, &Body::map(entries), expected);
    let running = EnumMember { name: "running".into(), module: "distributed.core".into(), class: "Status".into() };
    arrives(&mut python, &Body::map([("status", running.into())]), "{'status': Status.running}");
}

#[test]
fn a_pickle_is_kept_closed() {
    let Some(mut python) = peer() else { return };
    let sent = python.dump("{'x': ToPickle([1, np.arange(1000.)])}", &Pack::default()).unwrap();
    let body = read_message(shared(sent)).unwrap();
    let Some(Body::Pickled(pickle)) = body.get("x") else { panic!("{body:?}") };
    let stream = pickle.header().as_ref().contains("pickled-obj").unwrap();
    assert!(stream && pickle.frames().total_bytes() >= 8000, "{pickle:?}");
    assert!(body.payloads().is_empty(), "a pickle is no payload");
    assert!(pickle.deserialize_any().is_err(), "nothing opens it");
}

#[test]
fn two_placeholders_may_name_one_payload() {
    let Some(mut python) = peer() else { return };
    let mut sent = python.dump("[to_serialize(np.arange(3)), 1, 2]", &Pack::default()).unwrap();
    let [placeholder, one, two] = [&b"\x81\xae__Serialized__\x01"[..], b"\x01", b"\x02"];
    assert_eq!(sent[0], [b"\x93", placeholder, one, two].concat());
    sent[0] = [b"\x93", placeholder, placeholder, two].concat();
    let body = read_message(shared(sent)).unwrap();
    let values: Vec<Vec<i64>> = body.payloads().into_iter().map(|p| p.deserialize().unwrap()).collect();
    assert_eq!(values, [[0, 1, 2], [0, 1, 2]]);
    arrives(&mut python, &body, "(np.arange(3), np.arange(3), 2)");
}

#[test]
fn a_payload_inside_the_header_is_read_and_forwarded() {
    let Some(mut python) = peer() else { return };
    let inside = "{'x': to_serialize(b'abc')}";
    let bytes = format!(
        "msgpack.dumps({inside}, default=importlib.import_module('distributed.protocol.serialize').msgpack_encode_default, use_bin_type=True)"
    );
    let text = python.eval(&format!("{bytes}.hex()")).unwrap();
    let text = text.trim_matches('\'');
    let first: Vec<u8> = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
    let body = read_message(shared(vec![first.clone()])).unwrap();
    assert_eq!(body.get("x").and_then(Body::as_payload).unwrap().deserialize::<Vec<u8>>().unwrap(), b"abc");
    assert_eq!(slices(&write_message(&body).unwrap()), [&first[..]]);
}

#[test]
fn every_object_travels_compressed_with_every_codec() {
    let Some(mut python) = peer() else { return };
    let (mut used, mut written) = (0, 0);
    for case in python.cases().unwrap() {
        if case.fails.is_some() {
            continue;
        }
        for codec in Codec::ALL {
            // Pieces that a codec takes up are of 10 kB at least.
            for shard in [None, Some(16_000)] {
                let value = format!("corpus.value('{}')", case.name);
                let arrives = format!("{{'op': 'test', 'data': corpus.received('{}')}}", case.name);
                let pack = Pack { compression: Some(codec.name()), shard, ..Pack::default() };
                let Ok(sent) = python.make_message(&value, &pack) else { continue };
                let body = read_message(shared(sent.clone())).unwrap_or_else(|e| panic!("{}: {e}", case.name));
                assert_eq!(slices(&write_message(&body).unwrap()), sent, "{}: forwarded as it came", case.name);

                let payload = body.get("data").and_then(Body::as_payload).unwrap();
                let whole: Payload<'_> =
                    payload.clone().into_serialized().unwrap_or_else(|e| panic!("{}: {e}", case.name)).into();
                let bytes = whole.frames().total_bytes();
                used += usize::from(bytes > payload.frames().total_bytes());
                let body = Body::map([("op", "test".into()), ("data", whole.into())]);
                let encoder = Encoder::new().compression(codec);
                let encoder = shard.map_or_else(|| encoder.clone(), |bytes| encoder.clone().shard(bytes));
                let frames = encoder.write_message(&body).unwrap();
                written += usize::from(bytes > frames.total_bytes());
                python
                    .check_message(&slices(&frames), &arrives)
                    .unwrap_or_else(|e| panic!("{} with {codec} in pieces of {shard:?}: {e}", case.name));
            }
        }
    }
    // Most objects of the corpus are too small for any codec.
    assert!(used >= 16 && written >= 16, "{used} came compressed, {written} were written so");
}

/// The module of each codec, by itself: ways to compress `x`, and the one to decompress it. Dask writes the first.
const MODULES: [(Codec, &[&str], &str); 4] = [
    (
        Codec::Lz4,
        &[
            "lz4.block.compress(x)",
            "lz4.block.compress(x, mode='fast', acceleration=20)",
            "lz4.block.compress(x, mode='high_compression', compression=12)",
        ],
        "lz4.block.decompress(x)",
    ),
    (
        Codec::Zlib,
        &[
            "zlib.compress(x)",
            "zlib.compress(x, 0)",
            "zlib.compress(x, 9)",
            // Flushed in the middle, and in the largest window.
            "(lambda c: c.compress(x[:999]) + c.flush(zlib.Z_FULL_FLUSH) + c.compress(x[999:]) + c.flush())(zlib.compressobj(1, 8, 15))",
        ],
        "zlib.decompress(x)",
    ),
    (
        Codec::Zstd,
        &[
            "zstandard.ZstdCompressor(level=3).compress(x)",
            "zstandard.ZstdCompressor(level=-5).compress(x)",
            "zstandard.ZstdCompressor(level=19, write_checksum=True).compress(x)",
            "zstandard.ZstdCompressor(level=3, threads=2).compress(x)",
            // A stream: its size is not said, and its window is that of any size.
            "(lambda c: c.compress(x) + c.flush())(zstandard.ZstdCompressor(write_content_size=False).compressobj())",
        ],
        "zstandard.ZstdDecompressor().decompress(x)",
    ),
    (Codec::Snappy, &["snappy.compress(x)"], "snappy.decompress(x)"),
];

/// Bytes that compress in different ways, and some that do not.
const CONTENTS: [&str; 8] = [
    "b''",
    "b'a'",
    "b'hello, hello, hello'",
    "bytes(70_000)",
    "(np.arange(30_000) // 7).tobytes()",
    "b''.join(b'%d and ' % i for i in range(9_000))",
    "corpus.rng().bytes(20_000)",
    "corpus.rng().bytes(300) * 3000",
];

#[test]
fn every_codec_reads_what_its_python_module_writes_and_the_other_way_round() {
    let Some(mut python) = peer() else { return };
    let bytes_of = |python: &mut Peer, expression: &str| python.make(expression, &Make::default()).unwrap().1.concat();
    let mut small = 0;
    for content in CONTENTS {
        let bytes = Bytes::from(bytes_of(&mut python, content));
        let (header, _) = frames_core::serialize(&bytes).unwrap();
        for (codec, ways, undo) in MODULES {
            for way in ways {
                let piece = bytes_of(&mut python, &format!("(lambda x: {way})({content})"));
                // The piece alone, as it would stand behind a header.
                let header = header.clone().with("compression", &[codec.name()]).unwrap();
                let header = header.with("num-sub-frames", &1).unwrap().into_bytes();
                let first = b"\x81\xae__Serialized__\x01".to_vec();
                let body = read_message(shared(vec![first, header, piece])).unwrap();
                let read = body.as_payload().unwrap().deserialize::<Bytes>();
                assert_eq!(read.unwrap_or_else(|e| panic!("{content} by {way}: {e}")), bytes, "{content} by {way}");
            }
            let body = Body::from(to_serialize(&bytes).unwrap());
            let frames = Encoder::new().compression(codec).write_message(&body).unwrap();
            let piece = frames.get(2).unwrap();
            if piece.len() < bytes.len() {
                small += 1;
                let (header, _) = frames_core::serialize(&Bytes::new()).unwrap();
                let same = format!("{undo} == {content}");
                python.check_where(header.as_bytes(), &[&piece[..]], &same).unwrap();
            }
        }
    }
    assert!(small >= 15, "{small} were worth a codec");
}

#[test]
fn compressed_arrays_of_ours_are_writeable_in_python() {
    let Some(mut python) = peer() else { return };
    let values: Vec<f64> = (0..20_000).map(|n| f64::from(n / 100)).collect();
    let body = Body::from(to_serialize(&values).unwrap());
    for codec in Codec::ALL {
        for shard in [1 << 20, 50_000] {
            let frames = Encoder::new().compression(codec).shard(shard).write_message(&body).unwrap();
            assert!(frames.total_bytes() < 80_000, "{codec}: it is compressed");
            // As strict as the corpus: a flag that differs is a difference.
            python
                .check_message(&slices(&frames), "np.arange(20_000) // 100 * 1.0")
                .unwrap_or_else(|e| panic!("{codec}: {e}"));
        }
    }
}

#[test]
fn files_of_python_are_read_whatever_their_codec() {
    let Some(mut python) = peer() else { return };
    for codec in Codec::ALL {
        for shard in [None, Some(100_000)] {
            let pack = Pack { compression: Some(codec.name()), shard, ..Pack::default() };
            let blob = python.make_blob("np.arange(50_000.) // 100", &pack).unwrap();
            assert!(blob.len() < 300_000, "{codec}: {} bytes", blob.len());
            let values: Vec<f64> = frames_core::deserialize_bytes(&blob.into()).unwrap();
            assert!(values.iter().enumerate().all(|(i, &x)| x == (i / 100) as f64), "{codec}");
        }
    }
}

#[test]
fn an_unknown_codec_is_named_and_the_payload_can_be_forwarded() {
    let Some(mut python) = peer() else { return };
    let pack = Pack { compression: Some("zlib"), ..Pack::default() };
    let mut sent = python.make_message("np.zeros(100_000)", &pack).unwrap();
    let at = sent[1].windows(5).position(|bytes| bytes == b"\xa4zlib").unwrap();
    sent[1][at..at + 5].copy_from_slice(b"\xa4lzma");
    let body = read_message(shared(sent.clone())).unwrap();
    assert_eq!(slices(&write_message(&body).unwrap()), sent);
    let error: Error = body.payloads()[0].deserialize::<Vec<f64>>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("lzma"), "{error}");
}

/// Whatever a typed message may hold.
#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
enum Request {
    Put {
        key: (String, u64),
        data: Payload<'static>,
        more: Vec<Option<Payload<'static>>>,
    },
    GetData {
        #[serde(with = "as_set")]
        keys: BTreeSet<String>,
        who: Option<String>,
        level: f32,
        letter: char,
        large: i128,
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
        kwargs: Body<'static>,
        state: State,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Running,
    Closed(u8),
}

#[test]
fn a_typed_message_is_what_python_reads() {
    let Some(mut python) = peer() else { return };
    let data = to_serialize(&vec![1.5f64, 2.5]).unwrap().into_owned();
    let more = vec![None, Some(to_serialize(&vec![1u8]).unwrap().into_owned())];
    let put = Request::Put { key: ("x".into(), 7), data, more };
    let expected = "{'op': 'put', 'key': ('x', 7), 'data': np.array([1.5, 2.5]), 'more': (None, b'\\x01')}";
    arrives(&mut python, &to_body(&put).unwrap(), expected);

    let get = Request::GetData {
        keys: ["x".to_owned(), "y".to_owned()].into(),
        who: None,
        level: 0.5,
        letter: 'ž',
        large: -5,
        bytes: b"ab".to_vec(),
        kwargs: Body::map([("n", Body::Set(vec![1.into()]))]),
        state: State::Closed(3),
    };
    let expected = "{'op': 'get-data', 'keys': {'x', 'y'}, 'who': None, 'level': 0.5, 'letter': 'ž', 'large': -5, 'bytes': b'ab', \
                    'kwargs': {'n': {1}}, 'state': {'closed': 3}}";
    arrives(&mut python, &to_body(&get).unwrap(), expected);
}

#[test]
fn a_message_of_python_is_read_into_a_struct() {
    #[derive(Deserialize)]
    struct Put {
        op: String,
        data: Payload<'static>,
    }
    let Some(mut python) = peer() else { return };
    let sent = python.dump("{'op': 'put', 'data': to_serialize(np.arange(5.))}", &Pack::default()).unwrap();
    let put: Put = from_body(read_message(shared(sent)).unwrap()).unwrap();
    assert_eq!((put.op.as_str(), put.data.deserialize::<Vec<f64>>().unwrap()), ("put", vec![0.0, 1.0, 2.0, 3.0, 4.0]));

    // Where serde has to look for the operation first, and pieces are compressed.
    let message = "{'data': to_serialize(np.zeros(50_000)), 'key': ['x', 0], 'more': [to_serialize([np.arange(2)]), None], 'op': 'put'}";
    let pack = Pack { compression: Some("lz4"), ..Pack::default() };
    let sent = python.dump(message, &pack).unwrap();
    let Request::Put { key, data, more } = from_body(read_message(shared(sent)).unwrap()).unwrap() else {
        panic!("another request")
    };
    assert_eq!((&key, data.deserialize::<Vec<f64>>().unwrap()), (&("x".into(), 0), vec![0.0; 50_000]));
    assert_eq!(more[0].as_ref().unwrap().deserialize::<Vec<Vec<i64>>>().unwrap(), [[0, 1]]);
    // Forwarded as it came.
    let put = Request::Put { key, data, more };
    let expected = "{'op': 'put', 'key': ('x', 0), 'data': np.zeros(50_000), 'more': ([np.arange(2)], None)}";
    arrives(&mut python, &to_body(&put).unwrap(), expected);

    // What Python has and serde has not: a set, an enum, a float for a number of 32 bits.
    #[derive(Deserialize)]
    struct Told {
        keys: BTreeSet<(String, u8)>,
        status: State,
        half: f32,
        code: Body<'static>,
    }
    let message = "{'keys': {('a', 1), ('b', 2)}, 'status': Status.running, 'half': 0.5, 'code': ToPickle(())}";
    let sent = python.dump(message, &Pack::default()).unwrap();
    let told: Told = from_body(read_message(shared(sent)).unwrap()).unwrap();
    assert_eq!((told.keys.len(), told.status, told.half), (2, State::Running, 0.5));
    assert!(matches!(told.code, Body::Pickled(_)), "{:?}", told.code);
}
