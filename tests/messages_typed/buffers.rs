//! Where serde keeps what it looks at twice in a buffer of its own: `tag`, `untagged`, `flatten`.

use super::*;

#[test]
fn a_tag_inside_lets_payloads_through() {
    let put = Request::Put { key: "x".into(), data: payload(&[1.0]), more: vec![None, Some(payload(&[2.0]))] };
    let body = to_body(&put).unwrap();
    assert_eq!(body.get("op").and_then(Body::as_str), Some("put"));
    let Request::Put { key, data, more } = sent(&put).unwrap() else { panic!("another request") };
    let second = more[1].as_ref().map(values);
    assert_eq!((key.as_str(), values(&data), second), ("x", vec![1.0], Some(vec![2.0])));
    assert!(matches!(sent(&Request::Ping).unwrap(), Request::Ping));

    let rest = [("nbytes".to_owned(), Body::map([("x", 8.into())])), ("last".to_owned(), payload(&[3.0]).into())];
    let update = Request::Update(Update { data: [("x".into(), payload(&[1.0]))].into(), rest: rest.into() });
    let body = to_body(&update).unwrap();
    assert_eq!(body.get("nbytes").and_then(|n| n.get("x")), Some(&8.into()));
    let Request::Update(again) = from_body(body).unwrap() else { panic!("another request") };
    let Request::Update(update) = update else { panic!("another request") };
    assert_eq!((again.data, again.rest), (update.data, update.rest));
}

#[test]
fn a_payload_in_a_buffer_is_not_copied_and_never_taken_for_another() {
    let (header, _) = frames_core::serialize(&vec![7u8; 1000]).unwrap();
    let shared = Bytes::from(vec![7u8; 1000]);
    let at = shared.as_ptr();
    let data = Payload::from_parts(header, vec![shared].into());
    let body = |data: Body<'static>| {
        Body::map([("key", "x".into()), ("data", data), ("more", Body::List(vec![])), ("op", "put".into())])
    };
    let Request::Put { data, .. } = from_body(body(data.into())).unwrap() else { panic!("another request") };
    assert_eq!(data.frames().get(0).unwrap().as_ptr(), at);

    for other in [
        5.into(),
        "a".into(),
        Body::Nil,
        Body::List(vec![]),
        Body::List(vec![Body::Nil]),
        Body::Map(vec![]),
        Body::Map(vec![(Body::Nil, 0.into())]),
        Body::Pickled(Box::new(data.clone())),
    ] {
        let error = from_body::<Request>(body(other.clone())).unwrap_err();
        assert!(error.to_string().contains("expected a payload, found"), "{other:?}: {error}");
    }
}

#[test]
fn nothing_but_a_payload_is_read_from_a_payload_in_a_buffer() {
    #[derive(Debug, Deserialize)]
    struct Wrapped<T>(#[allow(dead_code, reason = "only shown")] T);
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Other(#[allow(dead_code, reason = "only shown")] T),
        Payload(Payload<'static>),
    }
    fn is_payload<T: DeserializeOwned + std::fmt::Debug>() {
        let body = Body::List(vec![payload(&[1.0]).into(), payload(&[2.0]).into()]);
        let read = from_body::<Vec<Either<T>>>(body).unwrap();
        for (i, either) in read.iter().enumerate() {
            let Either::Payload(data) = either else { panic!("{either:?}") };
            assert_eq!(values(data), [i as f64 + 1.0]);
        }
    }
    is_payload::<u64>();
    is_payload::<Wrapped<u64>>();
    is_payload::<Wrapped<Wrapped<u32>>>();
    is_payload::<Wrapped<String>>();
    is_payload::<Wrapped<Vec<u64>>>();
    is_payload::<Wrapped<serde_bytes::ByteBuf>>();
    is_payload::<Wrapped<HashMap<String, u64>>>();
    is_payload::<Wrapped<Leaf>>();
    is_payload::<Wrapped<serde_json::Value>>();
    is_payload::<serde_json::Value>();
    is_payload::<(Payload, Payload)>();
    is_payload::<Item>();
    let error = from_body::<Either<u8>>("a".into()).unwrap_err();
    assert!(error.to_string().contains("untagged enum Either"), "{error}");
}

#[test]
fn numbers_in_a_buffer_are_checked_by_serde() {
    #[derive(Debug, Deserialize)]
    #[serde(tag = "op")]
    enum Tagged {
        Set { small: u8, half: f32 },
    }
    let set = |small: u64, half: f64| Body::map([("op", "Set".into()), ("small", small.into()), ("half", half.into())]);
    let error = from_body::<Tagged>(set(300, 0.5)).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::OutOfRange, "expected u8, found 300"));
    // As documented: the one place where a number is rounded.
    let Tagged::Set { small, half } = from_body(set(5, 0.1)).unwrap();
    assert_eq!((small, half), (5, 0.1));
}

#[test]
fn a_body_in_a_buffer_is_what_it_was_or_an_error() {
    let run = |kwargs: Body<'static>| Body::map([("op", "run".into()), ("kwargs", kwargs)]);
    let plain = Body::Map(vec![
        (1.into(), Body::List(vec![true.into(), (-1).into(), Body::Float32(0.5), 0.25.into()])),
        (Body::Nil, Frame::from(vec![1u8]).into()),
        ("data".into(), payload(&[1.0]).into()),
        ("code".into(), Body::Pickled(Box::new(payload(&[2.0])))),
        ("empty".into(), Body::map([("", Body::Map(vec![]))])),
    ]);
    let Request::Run { kwargs } = from_body(run(plain.clone())).unwrap() else { panic!("another request") };
    assert_eq!(kwargs, plain);
    let member = EnumMember { name: "a".into(), module: "m".into(), class: "C".into() };
    for lossy in [Body::Set(vec![1.into()]), member.into()] {
        let error = from_body::<Request>(run(Body::List(vec![lossy.clone()]))).unwrap_err();
        assert!(error.to_string().contains("plain struct"), "{error}");
        // Elsewhere in the same message it hurts no payload.
        let put = [("op", "put".into()), ("key", "x".into()), ("data", payload(&[1.0]).into())];
        let put = Body::map(put.into_iter().chain([("more", Body::List(vec![])), ("unknown", lossy)]));
        assert!(from_body::<Request>(put).is_ok());
    }
}

#[test]
fn what_serde_buffers_on_the_way_out_is_a_clear_error() {
    #[derive(Serialize)]
    #[serde(tag = "op")]
    enum Outer {
        Item(Item),
    }
    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        data: Payload<'static>,
    }
    let words = "a payload travels only in a message";
    let error = to_body(&Outer::Item(Item::Two(1, payload(&[1.0])))).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    let error = to_body(&Flat { data: payload(&[1.0]) }).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
}
