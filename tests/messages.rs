//! Messages without Python: round trips of random bodies, and what a peer may send instead of one.

use frames_core::bytes::Bytes;
use frames_core::{
    Body, Codec, Decoder, Encoder, EnumMember, Error, ErrorKind, Frame, Frames, Limits, read_message, to_serialize,
    write_message,
};
use proptest::prelude::*;

/// As after a receive: every frame a buffer of its own.
fn received(frames: &Frames<'_>) -> Frames<'static> {
    frames.iter().map(|frame| Frame::from(Bytes::copy_from_slice(frame))).collect()
}

fn message(first: &[u8]) -> Result<Body<'static>, Error> {
    read_message(Frames::from(Frame::from(Bytes::copy_from_slice(first))))
}

/// Bodies whose integers and maps are as the reader gives them.
fn bodies() -> impl Strategy<Value = Body<'static>> {
    let leaf = prop_oneof![
        Just(Body::Nil),
        any::<bool>().prop_map(Body::Bool),
        any::<u64>().prop_map(Body::UInt),
        (i64::MIN..0).prop_map(Body::Int),
        any::<i32>().prop_map(|n| Body::Float(f64::from(n) / 3.0)),
        any::<i16>().prop_map(|n| Body::Float32(f32::from(n) / 3.0)),
        ".{0,40}".prop_map(Body::from),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Frame::from(bytes).into()),
        prop::collection::vec(any::<u32>(), 0..300).prop_map(|v| to_serialize(&v).unwrap().into_owned().into()),
        (".{0,9}", ".{0,9}").prop_map(|(name, class)| {
            EnumMember { name: name.into(), module: "m".into(), class: class.into() }.into()
        }),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Body::List),
            prop::collection::vec(inner.clone(), 0..6).prop_map(Body::Set),
            prop::collection::vec((inner.clone(), inner), 0..6).prop_map(Body::Map),
        ]
    })
}

/// The same but for payloads, which come back as pieces: those are compared by value.
fn same(sent: &Body<'_>, got: &Body<'_>) -> bool {
    match (sent, got) {
        (Body::Payload(a), Body::Payload(b)) => {
            a.deserialize::<Vec<u32>>().unwrap() == b.deserialize::<Vec<u32>>().unwrap()
        }
        (Body::List(a), Body::List(b)) | (Body::Set(a), Body::Set(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Body::Map(a), Body::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.0, &b.0) && same(&a.1, &b.1))
        }
        (a, b) => a == b,
    }
}

proptest! {
    #[test]
    fn a_body_comes_back_and_is_forwarded_as_it_came(body in bodies(), shard in 1usize..400) {
        let frames = received(&Encoder::new().shard(shard).write_message(&body).unwrap());
        let again = read_message(frames.clone()).unwrap();
        prop_assert!(same(&body, &again), "{body:?}\n{again:?}");
        let forwarded = write_message(&again).unwrap();
        prop_assert!(forwarded.iter().map(Frame::as_slice).eq(frames.iter().map(Frame::as_slice)));
    }

    #[test]
    fn bytes_that_are_no_message_are_an_error(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4)) {
        let frames: Frames<'static> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
        if let Ok(body) = read_message(frames) {
            let again = received(&write_message(&body).unwrap());
            // Floats may be NaN, which are not equal to themselves.
            prop_assert_eq!(format!("{:?}", read_message(again).unwrap()), format!("{body:?}"));
        }
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_an_error() {
    let data = vec![1.5f64; 20];
    let body = Body::map([
        ("op", "put".into()),
        ("data", to_serialize(&data).unwrap().into()),
        ("n", Body::Set(vec![1.into()])),
    ]);
    let frames = write_message(&body).unwrap();
    for (index, frame) in frames.iter().enumerate().take(2) {
        for cut in 0..frame.len() {
            let mut bad: Vec<Frame<'static>> = received(&frames).into_iter().collect();
            bad[index] = Bytes::copy_from_slice(&frame[..cut]).into();
            assert!(read_message(bad.into()).is_err(), "frame {index} cut at {cut}");
        }
    }
    for left in 0..frames.len() {
        let some: Frames<'static> = received(&frames).into_iter().take(left).collect();
        assert!(read_message(some).is_err(), "{left} frames left");
    }
}

#[test]
fn a_placeholder_that_leads_nowhere_is_an_error() {
    let frames = write_message(&Body::from(to_serialize(&5u8).unwrap())).map(|frames| received(&frames)).unwrap();
    // Frame 2 is no header, 0 is the body itself.
    for index in [0u64, 2, 3, 0x7f, 1 << 31, u64::MAX] {
        let mut first = b"\x81\xae__Serialized__\xcf".to_vec();
        first.extend_from_slice(&index.to_be_bytes());
        let mut bad: Vec<Frame<'static>> = frames.clone().into_iter().collect();
        bad[0] = Bytes::from(first).into();
        assert!(read_message(bad.into()).is_err(), "frame {index}");
    }
    let many = frames.clone().into_iter().chain([Frame::empty()]).collect();
    let error = read_message(many).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FrameCount, "{error}");
    assert!(error.to_string().contains("belongs to no payload"), "{error}");
    assert_eq!(read_message(Frames::new()).unwrap_err().kind(), ErrorKind::FrameCount);
}

#[test]
fn a_map_with_a_key_of_the_protocol_is_never_taken_for_something_else() {
    for key in ["__Serialized__", "__Pickled__", "__Set__", "__Enum__"] {
        let body = Body::List(vec![Body::map([("a", Body::Nil), (key, 1.into())])]);
        let error = write_message(&body).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, "[0]".into()));
        assert!(error.to_string().contains(key), "{error}");
        // What Python lets pass.
        let mut sent = vec![0x82, 0xa1, b'a', 0xc0, 0xa0 | key.len() as u8];
        sent.extend_from_slice(key.as_bytes());
        sent.push(0xc3);
        let error = message(&sent).unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
    for bad in [
        &b"\x82\xa7__Set__\xc2\xa7as-list\x90"[..],
        b"\x82\xa7__Set__\xc3\xa7as-lost\x90",
        b"\x82\xa7__Set__\xc3\xa7as-list\x01",
        b"\x82\xae__Serialized__\xc3\xa4data\x91\x80",
        b"\x84\xa8__Enum__\xc3\xa4name\xc0\xaa__module__\xa0\xa8__name__\xa0",
    ] {
        assert!(message(bad).is_err(), "{bad:x?}");
    }
    // As a value, or as a key that is no text, it means nothing.
    assert_eq!(message(b"\x92\xa7__Set__\x81\xc4\x07__Set__\xc3").unwrap().as_list().map(<[_]>::len), Some(2));
}

#[test]
fn a_message_that_nests_without_end_is_an_error() {
    for (open, inner) in
        [(&b"\x91"[..], &b"\xc0"[..]), (b"\x81\xa1a", b"\xc0"), (b"\x82\xa7__Set__\xc3\xa7as-list\x91", b"\xc0")]
    {
        let deep = [open.repeat(100_000), inner.to_vec()].concat();
        assert_eq!(message(&deep).unwrap_err().kind(), ErrorKind::Limit);
    }
    let mut body = Body::Nil;
    for _ in 0..40 {
        body = Body::List(vec![body]);
    }
    assert_eq!(write_message(&body).unwrap_err().kind(), ErrorKind::Limit);
    let mut limits = Limits::default();
    limits.depth = 50;
    let frames = Encoder::new().depth(50).write_message(&body).map(|frames| received(&frames)).unwrap();
    assert_eq!(Decoder::new().limits(limits).read_message(frames).unwrap(), body);
}

#[test]
fn a_count_is_not_believed_before_its_bytes_are_there() {
    for bad in [&b"\xdd\xff\xff\xff\xff"[..], b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"]
    {
        let info = allocation_counter::measure(|| assert!(message(bad).is_err()));
        assert!(info.bytes_max < 4096, "{bad:x?}: {info:?}");
    }
}

#[test]
fn a_payload_is_neither_copied_when_it_is_written_nor_when_it_is_read() {
    let data = vec![1u8; 1 << 20];
    let payload = to_serialize(&data).unwrap();
    let body = Body::map([("data", payload.into())]);
    let frames = write_message(&body).unwrap();
    assert_eq!(frames.get(2).unwrap().as_ptr(), data.as_ptr());
    let frames = received(&frames);
    let info = allocation_counter::measure(|| {
        let body = read_message(frames.clone()).unwrap();
        let shared = body.payloads()[0].deserialize::<Bytes>().unwrap();
        assert_eq!(shared.as_ptr(), frames.get(2).unwrap().as_ptr());
    });
    assert!(info.bytes_total < 4096, "{info:?}");
}

#[test]
fn frames_are_cut_into_pieces_that_are_put_together_again() {
    let data: Vec<u64> = (0..100).collect();
    for shard in [1, 15, 16, 100, 799, 800, 801] {
        let body = Body::from(to_serialize(&data).unwrap());
        let frames = received(&Encoder::new().shard(shard).write_message(&body).unwrap());
        assert!(frames.iter().skip(2).all(|piece| piece.len() <= shard), "pieces of {shard}");
        assert_eq!(frames.iter().skip(2).map(|piece| piece.len()).sum::<usize>(), 800);
        let body = read_message(frames).unwrap();
        assert_eq!(body.as_payload().unwrap().deserialize::<Vec<u64>>().unwrap(), data);
    }
}

#[test]
fn compressed_pieces_cost_no_more_than_their_limit() {
    let zeros = vec![0u8; 32 << 20];
    let body = Body::from(to_serialize(&zeros).unwrap());
    for codec in Codec::ALL {
        let frames = received(&Encoder::new().compression(codec).write_message(&body).unwrap());
        assert!(frames.total_bytes() < 2 << 20, "{codec}");
        let body = read_message(frames).unwrap();
        assert_eq!(body.as_payload().unwrap().deserialize::<Vec<u8>>().unwrap(), zeros, "{codec}");
        let mut limits = Limits::default();
        limits.decompressed_bytes = 1 << 20;
        let decoder = Decoder::new().limits(limits);
        let mut kind = None;
        let info = allocation_counter::measure(|| {
            kind = body.as_payload().unwrap().deserialize_with::<Vec<u8>>(&decoder).err().map(|e| e.kind());
        });
        assert_eq!(kind, Some(ErrorKind::Limit), "{codec}");
        assert!(info.bytes_max < 3 << 20, "{codec}: {info:?}");
    }
}

#[test]
fn equal_values_are_compressed_to_equal_bytes() {
    let values: Vec<u32> = (0..200_000).map(|n| n / 7).collect();
    let body = Body::from(to_serialize(&values).unwrap());
    for codec in Codec::ALL {
        let encoder = Encoder::new().compression(codec).shard(100_000);
        let (once, again) = (encoder.write_message(&body).unwrap(), encoder.write_message(&body).unwrap());
        assert!(once.iter().map(Frame::as_slice).eq(again.iter().map(Frame::as_slice)), "{codec}");
    }
}

/// A message whose body is a list of placeholders.
fn naming(indices: &[u8], headers: &[Vec<u8>]) -> Frames<'static> {
    let mut first = vec![0xdd];
    first.extend_from_slice(&(indices.len() as u32).to_be_bytes());
    for index in indices {
        first.extend_from_slice(b"\x81\xae__Serialized__");
        first.push(*index);
    }
    std::iter::once(first).chain(headers.iter().cloned()).map(|frame| Frame::from(Bytes::from(frame))).collect()
}

/// A header that says that `pieces` frames are behind it, and has `bytes` bytes more.
fn header(pieces: u8, bytes: usize) -> Vec<u8> {
    let mut header = vec![0x82, 0xae];
    header.extend_from_slice(b"num-sub-frames");
    header.extend_from_slice(&[pieces, 0xa1, b'x', 0xc6]);
    header.extend_from_slice(&(bytes as u32).to_be_bytes());
    header.resize(header.len() + bytes, 0);
    header
}

#[test]
fn placeholders_that_name_one_payload_again_and_again_take_no_more_than_they_paid() {
    // A hundred thousand times a header of a megabyte: 100 GB, of 3 MB.
    let frames = naming(&[1; 100_000], &[header(0, 1 << 20)]);
    let mut kind = None;
    let paid = frames.total_bytes() as u64;
    let info = allocation_counter::measure(|| kind = read_message(frames).err().map(|e| e.kind()));
    assert_eq!(kind, Some(ErrorKind::Limit));
    assert!(info.bytes_max < 70 * paid, "{info:?}");
    // A few times is no attack.
    assert_eq!(read_message(naming(&[1; 20], &[header(0, 1000)])).unwrap().payloads().len(), 20);
}

#[test]
fn payloads_that_share_frames_are_an_error() {
    // Each header claims all that are behind it: a hundred frames, five thousand pieces.
    let headers: Vec<Vec<u8>> = (0..100).rev().map(|left| header(left, 0)).collect();
    let indices: Vec<u8> = (1..=100).collect();
    for indices in [indices.clone(), indices.into_iter().rev().collect()] {
        let error = read_message(naming(&indices, &headers)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FrameCount, "{error}");
        assert!(error.to_string().contains("two payloads"), "{error}");
    }
}

#[test]
fn what_may_be_written_is_as_deep_as_what_may_be_read() {
    let leaves: [fn() -> Body<'static>; 5] = [
        || 5.into(),
        || to_serialize(&1u8).unwrap().into_owned().into(),
        || EnumMember { name: "a".into(), module: "b".into(), class: "c".into() }.into(),
        || Body::List(Vec::new()),
        || Body::Set(Vec::new()),
    ];
    for leaf in leaves {
        for nest in [|b: Body<'static>| Body::List(vec![b]), |b| Body::Set(vec![b]), |b| Body::map([("k", b)])] {
            let (mut body, mut deepest) = (leaf(), 0);
            for level in 0..40 {
                match write_message(&body) {
                    Ok(frames) => {
                        assert!(read_message(frames.into_owned()).is_ok(), "{level} levels: {body:?}");
                        deepest = level;
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Limit, "{error}"),
                }
                body = nest(body);
            }
            assert!((12..=28).contains(&deepest), "{deepest}");
        }
    }
}
