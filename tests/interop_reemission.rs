//! Messages of the released `distributed`, read and written again by one who never looks into a payload: the same frames, byte for
//! byte, whatever the shard size and the codec. What cannot be the same is named here, with the reason.
//!
//! What `to_serialize` of this crate writes for a value is its own and not compared with Python's bytes.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{Body, Decoder, Encoder, ErrorKind, Frames, Limits, read_message, write_message};
use support::peer::{Pack, Peer, peer};

/// What `dumps` is told to cut frames to. It is `distributed.comm.shard`, which distributed reads when it is imported; the comm hands it on.
const SHARDS: [Option<usize>; 5] = [None, Some(16_000), Some(1000), Some(64), Some(16)];
const CODECS: [Option<&str>; 5] = [None, Some("lz4"), Some("zlib"), Some("zstd"), Some("snappy")];

fn packs() -> impl Iterator<Item = Pack<'static>> {
    SHARDS.into_iter().flat_map(|shard| CODECS.map(|compression| Pack { shard, compression, ..Pack::default() }))
}

fn shared(frames: Vec<Vec<u8>>) -> Frames<'static> {
    frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into()
}

fn slices<'f>(frames: &'f Frames<'_>) -> Vec<&'f [u8]> {
    frames.iter().map(|frame| frame.as_slice()).collect()
}

/// As frames one behind the other, where the first difference is looked for.
#[track_caller]
fn assert_same_frames(sent: &[Vec<u8>], again: &Frames<'_>, what: &str) {
    assert_eq!(again.len(), sent.len(), "{what}: as many frames");
    for (i, (sent, again)) in sent.iter().zip(again.iter()).enumerate() {
        let at = sent.iter().zip(again.iter()).position(|(a, b)| a != b);
        assert!(sent == again.as_slice(), "{what}: frame {i} differs at {at:?} of {} and {}", sent.len(), again.len());
    }
}

/// Reads and writes again; the settings of the encoder are those of another message, and are not for what came.
#[track_caller]
fn forward(sent: &[Vec<u8>], what: &str) -> Body<'static> {
    let body = read_message(shared(sent.to_vec())).unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_same_frames(sent, &write_message(&body).unwrap(), what);
    let other = Encoder::new().shard(10).compression(frames_core::Codec::Zlib);
    assert_same_frames(sent, &other.write_message(&body).unwrap(), what);
    body
}

#[test]
fn every_object_alone_and_all_in_one_message() {
    let Some(mut python) = peer() else { return };
    let cases = python.cases().unwrap();
    let mut compressed = 0;
    for pack in packs() {
        // Small pieces are never compressed: the same bytes once more.
        if pack.compression.is_some() && pack.shard.is_some_and(|shard| shard < 10_000) {
            continue;
        }
        let mut travel = Vec::new();
        for case in &cases {
            // Also those that arrive as something else, or that Dask itself cannot read: they can be passed on.
            let what = format!("{} {pack:?}", case.name);
            match python.make_message(&format!("corpus.value('{}')", case.name), &pack) {
                Ok(sent) => {
                    forward(&sent, &what);
                    compressed += usize::from(sent[1].windows(3).any(|w| w == b"lz4" || w == b"std"));
                    travel.push(format!("'{}'", case.name));
                }
                // Its items are larger than the shard, which Dask refuses.
                Err(error) => assert!(pack.shard.is_some() && error.contains("range() arg 3"), "{what}: {error}"),
            }
        }
        assert!(travel.len() * 10 > cases.len() * 8, "{} of {} travel with {pack:?}", travel.len(), cases.len());
        let all = travel.join(", ");
        let message = format!("{{'op': 'all', 'data': {{n: to_serialize(corpus.value(n)) for n in [{all}]}}}}");
        let body = forward(&python.dump(&message, &pack).unwrap(), "all in one message");
        assert_eq!(body.payloads().len(), travel.len());
    }
    assert!(compressed >= 8, "{compressed}");
}

/// Bodies that mix what a message may hold; each names what it is for.
const BODIES: &[(&str, &str)] = &[
    (
        "several payloads, some empty",
        "[to_serialize(b''), to_serialize(np.zeros(0)), to_serialize(np.arange(5000)), to_serialize(b'')]",
    ),
    (
        "payloads at every depth",
        "{'a': to_serialize(np.arange(3)), 'b': [{'c': (to_serialize(b'x'), [to_serialize('t')])}], 'd': to_serialize(1)}",
    ),
    ("a payload as the whole message", "to_serialize(np.arange(4000) // 100)"),
    (
        "a payload in a payload",
        "to_serialize([to_serialize(np.arange(3000.) // 9), {'x': to_serialize(b'ab' * 9000)}, 1])",
    ),
    ("a payload that is a payload", "to_serialize(to_serialize(b'x'))"),
    ("the same payload twice", "(lambda x: [x, 1, x])(to_serialize(np.arange(3000) // 7))"),
    ("many payloads", "[to_serialize(np.full(1 + i % 3, i)) for i in range(300)]"),
    ("an array that no codec takes", "to_serialize(corpus.value('bytes_random'))"),
    (
        "more than one piece, compressed or not as each is worth it",
        "to_serialize(b'a' * 40_000 + corpus.rng().bytes(40_000))",
    ),
    (
        "fortran order, broadcast, read-only",
        "[to_serialize(np.asfortranarray(np.arange(9000.).reshape(90, 100))), to_serialize(np.broadcast_to(np.arange(20), (9, 20))), to_serialize(corpus.readonly(np.arange(9)))]",
    ),
    (
        "set, enum and payload",
        "{'s': {1, 'a', (2, b'b')}, 'e': Status.running, 'p': to_serialize({1, 2}), 'n': {'deep': [set(), {Status.closed}]}}",
    ),
    ("a set of many", "[set(range(1000)), {str(i) for i in range(20)}, {None}]"),
    ("an enum as a key", "{Status.running: 1, Status.closed: to_serialize(1)}"),
    (
        "keys of all kinds",
        "{1: 0, -1: 0, 2**64 - 1: 0, 1.5: 0, None: 0, b'k': 0, True: 0, 'a': 0, ('t', (1, b'x')): to_serialize(np.arange(3))}",
    ),
    ("a payload under keys of all kinds", "{k: to_serialize(k) for k in (0, 'a', b'b', None, (1, 'x'))}"),
    (
        "pickles with buffers",
        "{'x': ToPickle([np.arange(5000) // 9, b'x' * 20_000, np.arange(3)]), 'y': ToPickle(None)}",
    ),
    (
        "pickles and payloads, mixed",
        "[ToPickle({'a': 1}), to_serialize(np.arange(3)), ToPickle(np.zeros(9000)), to_serialize(b'x')]",
    ),
    (
        "made by hand, as a client's graph: no word of pieces",
        "{'expr_ser': Serialized({'serializer': 'pickle', 'writeable': ()}, [b'\\x80\\x05K\\x01.'])}",
    ),
    (
        "a header with a set and an enum in it",
        "Serialized({'serializer': 'pickle', 'writeable': (), 'extra': {'s': {1}, 'e': Status.running}}, [b'\\x80\\x05K\\x01.'])",
    ),
    (
        "a header with a payload in it",
        "Serialized({'serializer': 'pickle', 'writeable': (), 'extra': to_serialize(b'inside')}, [b'\\x80\\x05K\\x01.'])",
    ),
    (
        "bytes of every sort",
        "[b'', bytearray(b'x'), memoryview(b'abc'), b'x' * 255, b'x' * 256, b'x' * 65535, b'x' * 65536]",
    ),
    (
        "text around every width",
        "['', 'a' * 31, 'a' * 32, 'é' * 127, 'é' * 128, 'a' * 65535, 'a' * 65536, '\\0', '🐍']",
    ),
    ("lists around every width", "[[0] * n for n in (0, 15, 16, 65535, 65536)]"),
    ("maps around every width", "[dict.fromkeys(range(n)) for n in (0, 15, 16, 65535, 65536)]"),
    (
        "numbers around every width",
        "[s * (2**b + d) for b in (0, 4, 5, 7, 8, 15, 16, 31, 32, 62) for d in (-1, 0, 1) for s in (1, -1)] + [2**63 - 1, -2**63, 2**64 - 1]",
    ),
    (
        "floats",
        "[0.0, -0.0, 1e308, 5e-324, math.inf, -math.inf, math.nan, -math.nan, corpus.value('float_nan_payload')]",
    ),
    (
        "a batch of a worker's stream",
        "[{'op': 'task-finished', 'key': ('x', i), 'nbytes': 8 << i, 'type': b'\\x80\\x05N.', 'status': 'OK'} for i in range(40)]",
    ),
    (
        "what only a pickle holds, without a payload",
        "{'n': np.int64(5), 'f': frozenset([1]), 'd': datetime.datetime(2020, 1, 2), 'x': np.float32(1.5)}",
    ),
    ("a pickle family that is in-band", "to_serialize(corpus.Plain(a=np.arange(3000), b='x'))"),
];

#[test]
fn every_kind_of_body_whatever_the_shard_size_and_the_codec() {
    let Some(mut python) = peer() else { return };
    for (name, message) in BODIES {
        for pack in packs() {
            let what = format!("{name}, {pack:?}");
            forward(&python.dump(message, &pack).unwrap_or_else(|e| panic!("{what}: {e}")), &what);
        }
        // What comes through a scheduler has pickles of protocol 4.
        let old = Pack { pickle_protocol: Some(4), ..Pack::default() };
        forward(&python.dump(message, &old).unwrap(), name);
    }
}

#[test]
fn a_body_deeper_than_the_limit_is_the_same_where_the_limit_is_raised() {
    let Some(mut python) = peer() else { return };
    let message = "__import__('functools').reduce(lambda x, i: [x, {'k': i}], range(90), to_serialize(b'x'))";
    let sent = python.dump(message, &Pack::default()).unwrap();
    assert_eq!(read_message(shared(sent.clone())).unwrap_err().kind(), ErrorKind::Limit);
    let mut limits = Limits::default();
    limits.depth = 100;
    let body = Decoder::new().limits(limits).read_message(shared(sent.clone())).unwrap();
    assert_same_frames(&sent, &Encoder::new().depth(100).write_message(&body).unwrap(), "ninety levels");
}

/// Forwards what is not to come out as it came, and lets Python compare what both mean.
#[track_caller]
fn forward_as(python: &mut Peer, sent: &[Vec<u8>], expected: &[Vec<u8>], means: &str) {
    let body = read_message(shared(sent.to_vec())).unwrap();
    let again = write_message(&body).unwrap();
    assert_same_frames(expected, &again, means);
    for frames in [sent.iter().map(Vec::as_slice).collect(), slices(&again)] {
        python.check_message(&frames, means).unwrap();
    }
}

// ---- the exceptions

#[test]
fn numbers_and_lengths_wider_than_they_need_come_out_as_msgpack_python_writes_them() {
    let Some(mut python) = peer() else { return };
    // Every packer that Dask may have writes the shortest form. A tree of values does not say how wide each was.
    for (wide, short, means) in [
        (&b"\xcc\x05"[..], &b"\x05"[..], "5"),
        (b"\xcf\0\0\0\0\0\0\x01\0", b"\xcd\x01\0", "256"),
        (b"\xd3\0\0\0\0\0\0\0\x05", b"\x05", "5"),
        (b"\xd1\xff\xff", b"\xff", "-1"),
        (b"\xd9\x01a", b"\xa1a", "'a'"),
        (b"\xc6\0\0\0\x01a", b"\xc4\x01a", "b'a'"),
        (b"\xdd\0\0\0\x01\xc0", b"\x91\xc0", "(None,)"),
        (b"\xde\0\x01\xa1a\xc0", b"\x81\xa1a\xc0", "{'a': None}"),
    ] {
        forward_as(&mut python, &[wide.to_vec()], &[short.to_vec()], means);
    }
    // A float of 32 bits, which Python never writes either, has a place in the tree.
    forward_as(&mut python, &[b"\xca\x3f\xc0\0\0".to_vec()], &[b"\xca\x3f\xc0\0\0".to_vec()], "1.5");
}

#[test]
fn payloads_come_out_in_the_order_of_their_placeholders_and_one_for_each() {
    let Some(mut python) = peer() else { return };
    let sent = python.dump("[to_serialize(b'first'), to_serialize(b'second')]", &Pack::default()).unwrap();
    let placeholder = |index: u8| [&b"\x81\xae__Serialized__"[..], &[index]].concat();
    let first = |a, b| [b"\x92".to_vec(), placeholder(a), placeholder(b)].concat();
    assert_eq!(sent[0], first(1, 3));
    let part = |parts: [usize; 4]| parts.map(|i| sent[i].clone());
    // Nobody writes placeholders that go back: the index is given when the payload is met.
    let turned: Vec<_> = [first(3, 1)].into_iter().chain(part([1, 2, 3, 4])).collect();
    let in_order: Vec<_> = [first(1, 3)].into_iter().chain(part([3, 4, 1, 2])).collect();
    forward_as(&mut python, &turned, &in_order, "(b'second', b'first')");
    // Nor two that name one payload: Dask writes an object as often as it meets it.
    let twice: Vec<_> = [first(1, 1)].into_iter().chain(sent[1..3].to_vec()).collect();
    let both: Vec<_> = [first(1, 3)].into_iter().chain(part([1, 2, 1, 2])).collect();
    forward_as(&mut python, &twice, &both, "(b'first', b'first')");
}

#[test]
fn payloads_that_dask_left_behind_are_not_sent_again() {
    let Some(mut python) = peer() else { return };
    // At the number Dask starts anew, to pickle what msgpack does not take, and what it had written until there it sends too.
    let message = "{'a': to_serialize(b'first'), 'b': [ToPickle(1), to_serialize(np.arange(3))], 'n': np.int64(5), 'z': to_serialize(b'z')}";
    for pack in [Pack::default(), Pack { shard: Some(8), ..Pack::default() }] {
        let sent = python.dump(message, &pack).unwrap();
        let body = read_message(shared(sent.clone())).unwrap();
        assert_eq!(body.payloads()[0].deserialize::<Vec<u8>>().unwrap(), b"first");
        let again = write_message(&body).unwrap().into_owned();
        assert!(again.len() < sent.len(), "{} of {} frames", again.len(), sent.len());
        let left = sent.len() - again.len();
        // The frames that are named are as they came, behind a body whose placeholders count from one.
        assert_eq!(slices(&again)[1..], sent[1 + left..]);
        assert_eq!(again.get(0).unwrap().len(), sent[0].len());
        let means = "{'a': b'first', 'b': (1, np.arange(3)), 'n': np.int64(5), 'z': b'z'}";
        python.check_message(&slices(&again), means).unwrap();
        // And from then on the same.
        let once: Vec<Vec<u8>> = again.iter().map(|frame| frame.to_vec()).collect();
        forward(&once, "what was left behind is gone");
    }
}

#[test]
fn what_dask_writes_by_accident_is_an_error_that_says_so() {
    let Some(mut python) = peer() else { return };
    // Objects of msgpack's own; Dask writes none.
    for message in ["msgpack.ExtType(5, b'ab')", "{'at': msgpack.Timestamp(1, 2)}"] {
        let error = read_message(shared(python.dump(message, &Pack::default()).unwrap())).unwrap_err();
        assert!(error.to_string().contains("msgpack extension"), "{error}");
    }
    // Dicts that no Python reads as such.
    for key in ["__Serialized__", "__Pickled__", "__Set__", "__Enum__"] {
        let sent = python.dump(&format!("{{'{key}': 1}}"), &Pack::default()).unwrap();
        let error = read_message(shared(sent)).unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
}
