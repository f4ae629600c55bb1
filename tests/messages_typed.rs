//! Typed messages: types of serde's as messages and back, the hand-over of payloads, and who may not have them.

use frames_core::bytes::Bytes;
use frames_core::{
    Body, EnumMember, Error, ErrorKind, Frame, Frames, Payload, as_set, from_body, read_message, to_body, to_serialize,
    write_message,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[path = "messages_typed/buffers.rs"]
mod buffers;

/// As after a receive: every frame a buffer of its own.
fn received(frames: &Frames<'_>) -> Frames<'static> {
    frames.iter().map(|frame| Frame::from(Bytes::copy_from_slice(frame))).collect()
}

/// Through a whole message.
#[track_caller]
fn sent<T: Serialize, U: DeserializeOwned>(value: &T) -> Result<U, Error> {
    let body = to_body(value).unwrap();
    let frames = received(&write_message(&body).unwrap());
    from_body(read_message(frames).unwrap())
}

fn payload(values: &[f64]) -> Payload<'static> {
    to_serialize(&values).unwrap().into_owned()
}

fn values(payload: &Payload<'_>) -> Vec<f64> {
    payload.deserialize().unwrap()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Put {
    op: String,
    key: (String, u64),
    data: Payload<'static>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Item {
    None,
    One(Payload<'static>),
    Two(u8, Payload<'static>),
    Named { name: char, data: Option<Payload<'static>> },
}

#[derive(Debug, Serialize, Deserialize)]
struct Everywhere {
    list: Vec<Payload<'static>>,
    here: Option<Payload<'static>>,
    not_here: Option<Payload<'static>>,
    map: BTreeMap<u64, Payload<'static>>,
    items: Vec<Item>,
    newtype: Newtype,
}

#[derive(Debug, Serialize, Deserialize)]
struct Newtype(Payload<'static>);

/// The natural form of a request: the operation says what it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Request {
    Ping,
    Put { key: String, data: Payload<'static>, more: Vec<Option<Payload<'static>>> },
    Update(Update),
    Run { kwargs: Body<'static> },
}

#[derive(Debug, Serialize, Deserialize)]
struct Update {
    data: BTreeMap<String, Payload<'static>>,
    #[serde(flatten)]
    rest: BTreeMap<String, Body<'static>>,
}

#[test]
fn a_struct_with_a_payload_is_a_message() {
    let put = Put { op: "put".into(), key: ("x".into(), 7), data: payload(&[1.5, 2.5]) };
    let body = to_body(&put).unwrap();
    let by_hand = Body::map([
        ("op", "put".into()),
        ("key", Body::List(vec!["x".into(), 7.into()])),
        ("data", put.data.clone().into()),
    ]);
    assert_eq!(body, by_hand);
    let again: Put = sent(&put).unwrap();
    assert_eq!((again.op.as_str(), &again.key, values(&again.data)), ("put", &put.key, vec![1.5, 2.5]));
}

#[test]
fn payloads_stand_wherever_serde_leads() {
    let everywhere = Everywhere {
        list: vec![payload(&[1.0]), payload(&[2.0])],
        here: Some(payload(&[3.0])),
        not_here: None,
        map: [(5, payload(&[4.0]))].into(),
        items: vec![
            Item::None,
            Item::One(payload(&[5.0])),
            Item::Two(9, payload(&[6.0])),
            Item::Named { name: 'ž', data: Some(payload(&[7.0])) },
        ],
        newtype: Newtype(payload(&[8.0])),
    };
    let body = to_body(&everywhere).unwrap();
    let numbers: Vec<f64> = body.payloads().into_iter().flat_map(values).collect();
    assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);

    let again: Everywhere = sent(&everywhere).unwrap();
    assert!(again.not_here.is_none());
    // As they came is another form of the same, so that the bodies are compared by value.
    let again: Vec<f64> = to_body(&again).unwrap().payloads().into_iter().flat_map(values).collect();
    assert_eq!(again, numbers);
}

#[test]
fn no_byte_of_a_payload_is_copied_on_either_way() {
    let data = vec![7u8; 8 << 20];
    let (header, _) = frames_core::serialize(&data).unwrap();
    let shared = Bytes::from(data);
    let at = shared.as_ptr();
    let data = Payload::from_parts(header, vec![shared].into());
    let put = Put { op: String::new(), key: Default::default(), data };
    let mut body = Body::Nil;
    let info = allocation_counter::measure(|| body = to_body(&put).unwrap());
    assert!(info.bytes_total < 8192, "{info:?}");
    assert_eq!(body.payloads()[0].frames().get(0).unwrap().as_ptr(), at);

    let frames = write_message(&body).unwrap();
    assert_eq!(frames.get(2).unwrap().as_ptr(), at);
    let frames = received(&frames);
    let at = frames.get(2).unwrap().as_ptr();
    let body = read_message(frames).unwrap();
    let mut again = None;
    let info = allocation_counter::measure(|| again = Some(from_body::<Put>(body).unwrap()));
    assert!(info.bytes_total < 8192, "{info:?}");
    assert_eq!(again.unwrap().data.frames().get(0).unwrap().as_ptr(), at);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Dynamic {
    op: String,
    kwargs: Body<'static>,
    more: Vec<Body<'static>>,
}

#[test]
fn a_body_is_a_field_that_survives_unchanged() {
    let status = EnumMember { name: "running".into(), module: "distributed.core".into(), class: "Status".into() };
    let kwargs = Body::Map(vec![
        (Body::List(vec![1.into(), Body::Nil]), Body::Set(vec![2.into(), "a".into()])),
        (Body::Int(-5), status.into()),
        ("bytes".into(), Frame::from(vec![1u8, 2]).into()),
        ("float".into(), Body::Float32(0.5)),
        ("data".into(), payload(&[1.0]).into()),
        ("code".into(), Body::Pickled(Box::new(payload(&[2.0])))),
    ]);
    let value = Dynamic { op: "run".into(), kwargs: kwargs.clone(), more: vec![Body::Nil, kwargs.clone()] };
    let body = to_body(&value).unwrap();
    assert_eq!(body.get("kwargs"), Some(&kwargs));
    assert_eq!(from_body::<Dynamic>(body).unwrap(), value);
    assert_eq!(from_body::<Body>(to_body(&kwargs).unwrap()).unwrap(), kwargs);
    assert_eq!(from_body::<Option<Body>>(Body::Nil).unwrap(), None);
}

#[test]
fn a_pickle_is_no_payload() {
    let pickle = Body::Pickled(Box::new(payload(&[2.0])));
    let error = from_body::<Put>(Body::map([("op", "".into()), ("data", pickle.clone())])).unwrap_err();
    assert_eq!((error.kind(), error.path().as_str()), (ErrorKind::Mismatch, "data"));
    assert!(error.to_string().contains("expected a payload, found a pickle"), "{error}");
    let error = from_body::<Vec<u8>>(pickle).unwrap_err();
    assert!(error.to_string().contains("`Body`"), "{error}");
}

#[test]
fn sets_and_enum_members_are_read_as_lists_and_text() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Keys {
        #[serde(with = "as_set")]
        keys: BTreeSet<String>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        Running,
    }
    let keys = Keys { keys: ["b".to_owned(), "a".to_owned()].into() };
    let body = to_body(&keys).unwrap();
    assert_eq!(body.get("keys"), Some(&Body::Set(vec!["a".into(), "b".into()])));
    assert_eq!(sent::<_, Keys>(&keys).unwrap(), keys);
    assert_eq!(serde_json::to_string(&keys).unwrap(), r#"{"keys":["a","b"]}"#);

    let running = EnumMember { name: "running".into(), module: "m".into(), class: "Status".into() };
    assert_eq!(from_body::<Status>(running.clone().into()).unwrap(), Status::Running);
    assert_eq!(from_body::<String>(running.into()).unwrap(), "running");
    // A set has no order.
    let error = from_body::<(u8, u8)>(Body::Set(vec![1.into(), 2.into()])).unwrap_err();
    assert_eq!(error.to_string(), "expected a list of 2, found a set");

    #[derive(Serialize)]
    struct NoSet(#[serde(with = "as_set")] u8);
    let error = to_body(&NoSet(1)).unwrap_err();
    assert_eq!(error.to_string(), "expected a sequence for a set, found an integer");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Deep {
    data: HashMap<String, Vec<Leaf>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Leaf {
    coef: u8,
}

#[track_caller]
fn refused<T: DeserializeOwned + std::fmt::Debug>(body: impl Into<Body<'static>>, kind: ErrorKind, words: &str) {
    let error = from_body::<T>(body.into()).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.kind()), (words, kind));
}

#[test]
fn an_error_says_the_place_and_both_sides() {
    let leaf = |n: u64| Body::map([("coef", n.into())]);
    let deep = |leaf: Body<'static>| {
        Body::map([("data", Body::map([("x", Body::List(vec![Body::map([("coef", 1.into())]), leaf]))]))])
    };
    let (range, mismatch) = (ErrorKind::OutOfRange, ErrorKind::Mismatch);
    refused::<Deep>(deep(leaf(300)), range, r#"data["x"][1].coef: 300 does not fit u8 (in Leaf)"#);
    refused::<Deep>(deep("a".into()), mismatch, r#"data["x"][1]: expected a map, found text (in Leaf)"#);
    let missing =
        r#"data["x"][1]: the field `coef` is missing (in Leaf); `#[serde(default)]` on the field makes it optional"#;
    refused::<Deep>(deep(Body::map([("other", 1.into())])), ErrorKind::MissingField, missing);
    let twice = Body::Map(vec![("coef".into(), 1.into()), ("coef".into(), 2.into())]);
    refused::<Deep>(
        deep(twice),
        ErrorKind::DuplicateField,
        r#"data["x"][1]: the field `coef` is there twice (in Leaf)"#,
    );

    refused::<u8>(-1, range, "-1 does not fit u8");
    refused::<i64>(u64::MAX, range, "18446744073709551615 does not fit i64");
    refused::<u64>(1.0, mismatch, "expected u64, found 1.0 (f64)");
    refused::<std::num::NonZeroU8>(0, range, "expected a nonzero u8, found 0");
    refused::<char>("ab", mismatch, "expected a character, found text");
    refused::<bool>(1, mismatch, "expected a bool, found an integer");
    refused::<String>(Frame::from(vec![1u8]), mismatch, "expected text, found bytes");
    refused::<()>(1, mismatch, "expected nothing (None), found an integer");
    refused::<(u8, u8)>(vec![1, 2, 3], mismatch, "expected a list of 2, found a list of 3");
    refused::<(u8, u8)>(vec![1], mismatch, "expected a tuple of size 2, found a length of 1");
    refused::<Vec<u8>>(
        Frame::from(vec![1u8]),
        mismatch,
        "expected a list, found bytes; bytes are a field of `serde_bytes`, or a `Body`",
    );
    refused::<HashMap<u8, u8>>(Body::map([("a", 1.into())]), mismatch, r#"["a"]: expected u8, found text"#);
    refused::<Item>(
        "Ones",
        ErrorKind::UnknownVariant,
        "there is no variant \"Ones\"; there are `None`, `One`, `Two`, `Named` (in Item); `One` is near",
    );
    refused::<Item>("One", mismatch, "One: expected a variant with a value, found its name alone (in Item)");
    refused::<Item>(Body::map([("One", 1.into())]), mismatch, "One: expected a payload, found an integer (in Item)");
    refused::<Item>(Body::Map(vec![]), mismatch, "expected a map of one variant, found a map of 0 (in Item)");
    refused::<Item>(5, mismatch, "expected a variant, found an integer (in Item)");
    refused::<serde_json::Value>(payload(&[]), mismatch, "expected any valid JSON value, found a payload");
    refused::<u8>(payload(&[]), mismatch, "expected u8, found a payload");
    // Text of the peer is no part of an error.
    let error = from_body::<std::net::IpAddr>("secret".into()).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn numbers_are_never_rounded() {
    assert_eq!(from_body::<f64>(5.into()).unwrap(), 5.0);
    assert_eq!(from_body::<f32>(0.5.into()).unwrap(), 0.5);
    assert_eq!(from_body::<f64>(Body::Float32(0.1)).unwrap(), f64::from(0.1f32));
    assert_eq!(from_body::<u128>(5.into()).unwrap(), 5);
    assert_eq!(from_body::<i128>((-5).into()).unwrap(), -5);
    for inexact in [Body::from(0.1), (1u64 << 60 | 1).into()] {
        assert_eq!(from_body::<f32>(inexact).unwrap_err().kind(), ErrorKind::OutOfRange);
    }
    assert_eq!(from_body::<f64>((1u64 << 60 | 1).into()).unwrap_err().kind(), ErrorKind::OutOfRange);
    assert_eq!(to_body(&0.1f32).unwrap(), Body::Float32(0.1));
    assert_eq!(to_body(&u128::from(u64::MAX)).unwrap(), Body::UInt(u64::MAX));
    assert_eq!(to_body(&i128::from(i64::MIN)).unwrap(), Body::Int(i64::MIN));
    let error = to_body(&[[0, u128::MAX]]).unwrap_err();
    assert_eq!((error.kind(), error.path().as_str()), (ErrorKind::OutOfRange, "[0][1]"));
    assert!(to_body(&(i128::from(i64::MIN) - 1)).is_err());
}

#[test]
fn unknown_fields_follow_serde() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[serde(default, rename = "coef")]
        _coef: u8,
    }
    // A payload that nobody wants is dropped.
    let body = Body::map([("coef", 1.into()), ("other", payload(&[1.0]).into())]);
    assert_eq!(from_body::<Leaf>(body.clone()).unwrap(), Leaf { coef: 1 });
    refused::<Strict>(body, ErrorKind::UnknownField, "there is no field \"other\"; there are `coef` (in Strict)");
}

#[test]
fn no_other_serializer_gets_a_payload_or_a_body() {
    let words = "only in a message: use `frames_core::to_body`";
    let refuses = |error: String| assert!(error.contains(words), "{error}");
    let put = Put { op: "put".into(), key: ("x".into(), 0), data: payload(&[1.0]) };
    refuses(serde_json::to_string(&put).unwrap_err().to_string());
    refuses(serde_json::to_value(&put.data).unwrap_err().to_string());
    refuses(serde_json::to_value(Body::Nil).unwrap_err().to_string());
    refuses(rmp_serde::to_vec(&put).unwrap_err().to_string());
    refuses(rmp_serde::to_vec_named(&Some(Body::Nil)).unwrap_err().to_string());
    refuses(frames_core::Header::new().with("data", &put.data).unwrap_err().to_string());

    let words = "only out of a message: use `frames_core::from_body`";
    let refuses = |error: String| assert!(error.contains(words), "{error}");
    for json in ["null", "1", "[]", "{}", r#""a""#, r#"{"__Serialized__": 1}"#] {
        refuses(serde_json::from_str::<Payload>(json).unwrap_err().to_string());
        refuses(serde_json::from_str::<Body>(json).unwrap_err().to_string());
        refuses(serde_json::from_value::<Payload>(json.parse().unwrap()).unwrap_err().to_string());
    }
    for bytes in [&b"\xc0"[..], b"\x05", b"\x90", b"\x81\xc0\x05", b"\xc4\x01a"] {
        refuses(rmp_serde::from_slice::<Payload>(bytes).unwrap_err().to_string());
        refuses(rmp_serde::from_slice::<Body>(bytes).unwrap_err().to_string());
    }
}

/// A user's type with the names by which this crate knows its own.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "$frames_core::handed_over")]
struct Forged<T>(T);

#[test]
fn the_name_alone_opens_nothing() {
    assert_eq!(to_body(&Forged(5u8)).unwrap(), 5.into());
    assert_eq!(from_body::<Forged<u8>>(5.into()).unwrap(), Forged(5));
    let pair = Forged((payload(&[1.0]), Forged(payload(&[2.0]))));
    let body = to_body(&pair).unwrap();
    assert_eq!(body.payloads().len(), 2);
    assert_eq!(from_body::<Forged<(Payload, Forged<Payload>)>>(body).unwrap(), pair);
    // Without a payload in it, it reads none.
    let error = from_body::<Forged<u8>>(payload(&[1.0]).into()).unwrap_err();
    assert_eq!(error.to_string(), "expected u8, found a payload");
    assert_eq!(serde_json::to_string(&Forged(5u8)).unwrap(), "5");
    assert!(serde_json::from_str::<Forged<Payload>>("5").is_err());
    // `as_set` is for everyone.
    #[derive(Serialize)]
    #[serde(rename = "$frames_core::as_set")]
    struct Set(Vec<u8>);
    assert_eq!(to_body(&Set(vec![1])).unwrap(), Body::Set(vec![1.into()]));
}

/// Serializes its payload by other means in the middle of the message, and says what came of it.
struct Nested(Payload<'static>, fn(&Payload<'static>) -> String);

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.1(&self.0), &self.0).serialize(serializer)
    }
}

#[test]
fn a_call_within_a_call_takes_nothing_from_it() {
    let by_json = |payload: &Payload<'static>| serde_json::to_string(payload).unwrap_err().to_string();
    let by_body = |payload: &Payload<'static>| format!("{:?}", to_body(&[payload]).unwrap());
    let failing = |payload: &Payload<'static>| to_body(&(payload, u128::MAX)).unwrap_err().to_string();
    for inner in [by_json, by_body, failing] {
        // In the window that a forged name opens, too.
        for body in [
            to_body(&Nested(payload(&[1.0]), inner)).unwrap(),
            to_body(&Forged(Nested(payload(&[1.0]), inner))).unwrap(),
        ] {
            let Body::List(items) = body else { panic!("{body:?}") };
            assert_eq!(items[0], inner(&payload(&[1.0])).into());
            assert_eq!(items[1], payload(&[1.0]).into());
        }
    }
}

/// Reads something else in the middle of the message.
#[derive(Debug)]
struct NestedRead(Payload<'static>);

impl<'de> Deserialize<'de> for NestedRead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let other = payload(&[9.0]);
        assert_eq!(from_body::<Payload>(other.clone().into()).unwrap(), other);
        assert!(from_body::<Payload>(5.into()).is_err());
        assert!(serde_json::from_str::<Payload>("5").is_err());
        let (mine, n) = <(Payload<'static>, u8)>::deserialize(deserializer)?;
        assert!(serde_json::from_str::<Payload>("null").is_err());
        assert_eq!(n, 1);
        Ok(NestedRead(mine))
    }
}

#[test]
fn a_read_within_a_read_takes_nothing_from_it() {
    let body = Body::List(vec![payload(&[1.0]).into(), 1.into()]);
    assert_eq!(values(&from_body::<NestedRead>(body.clone()).unwrap().0), [1.0]);
    let many = Body::List(vec![body.clone(), body]);
    assert_eq!(from_body::<Vec<Forged<NestedRead>>>(many).unwrap().len(), 2);
}

/// A deserializer that reads a message of its own while it is asked for a payload.
struct Reads;

impl<'de> Deserializer<'de> for Reads {
    type Error = Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        assert_eq!(from_body::<Forged<u8>>(5.into())?, Forged(5));
        assert_eq!(to_body(&Forged(5u8))?, 5.into());
        assert_eq!(values(&from_body::<Payload>(payload(&[1.0]).into())?), [1.0]);
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn another_deserializer_cannot_pass_on_what_it_reads_on_the_side() {
    for error in [<Payload as Deserialize>::deserialize(Reads).err(), Body::deserialize(Reads).err()] {
        let error = error.unwrap();
        assert!(error.to_string().contains("only out of a message"), "{error}");
    }
}

#[test]
fn nothing_is_left_by_an_error_or_a_panic() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("fails"))
        }
    }
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            // Without the words that a panic prints.
            std::panic::resume_unwind(Box::new("on purpose"))
        }
    }
    let words = "only in a message: use `frames_core::to_body`";
    let clean = || {
        assert!(serde_json::to_string(&payload(&[1.0])).unwrap_err().to_string().contains(words));
        assert!(serde_json::from_str::<Payload>("null").is_err());
        assert!(serde_json::from_str::<Body>("null").is_err());
        assert_eq!(to_body(&Forged(())).unwrap(), Body::Nil);
        assert_eq!(from_body::<Forged<()>>(Body::Nil).unwrap(), Forged(()));
    };
    assert!(to_body(&Forged(Fails)).is_err());
    clean();
    assert!(to_body(&(payload(&[1.0]), Fails)).is_err());
    clean();
    assert!(std::panic::catch_unwind(|| to_body(&Forged(Panics))).is_err());
    clean();
    assert!(from_body::<(Payload, u8)>(Body::List(vec![payload(&[1.0]).into(), "a".into()])).is_err());
    clean();
    assert!(from_body::<Payload>(5.into()).is_err());
    clean();
}

#[test]
fn a_type_that_contains_itself_does_not_use_up_the_stack() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Endless(Option<Box<Endless>>);
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Chain {
        next: Option<Box<Chain>>,
    }
    #[derive(Debug, Serialize, Deserialize)]
    enum Tree {
        Leaf,
        Node(Box<Tree>),
        Set(#[serde(with = "as_set")] Vec<Tree>),
    }
    assert_eq!(from_body::<Endless>(5.into()).unwrap_err().kind(), ErrorKind::Limit);
    assert!(from_body::<Endless>(Body::Nil).unwrap().0.is_none());
    let mut endless = Endless(None);
    (0..100_000).for_each(|_| endless = Endless(Some(Box::new(std::mem::replace(&mut endless, Endless(None))))));
    assert_eq!(to_body(&endless).unwrap_err().kind(), ErrorKind::Limit);
    while let Some(inner) = endless.0.take() {
        endless = *inner;
    }

    let chain = |n: usize| (1..n).fold(Chain { next: None }, |next, _| Chain { next: Some(Box::new(next)) });
    // What can be made can be sent, and what cannot be sent is not made.
    assert_eq!(sent::<_, Chain>(&chain(28)).unwrap(), chain(28));
    assert_eq!(to_body(&chain(29)).unwrap_err().kind(), ErrorKind::Limit);
    let node = |n: usize| (0..n).fold(Tree::Leaf, |tree, _| Tree::Node(Box::new(tree)));
    assert!(sent::<_, Tree>(&node(28)).is_ok());
    assert_eq!(to_body(&node(29)).unwrap_err().kind(), ErrorKind::Limit);
    // A set is a map and a list on the way, and a payload a map.
    let set = |n: usize| (0..n).fold(Tree::Leaf, |tree, _| Tree::Set(vec![tree]));
    assert!(sent::<_, Tree>(&set(9)).is_ok());
    assert_eq!(to_body(&set(10)).unwrap_err().kind(), ErrorKind::Limit);

    #[derive(Debug, Serialize, Deserialize)]
    enum Parcel {
        Data(Payload<'static>),
        In(Box<Parcel>),
    }
    let parcel = |n: usize| (0..n).fold(Parcel::Data(payload(&[1.0])), |inner, _| Parcel::In(Box::new(inner)));
    assert!(sent::<_, Parcel>(&parcel(26)).is_ok());
    assert_eq!(to_body(&parcel(27)).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn the_deepest_message_fits_a_small_stack() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Wide {
        next: Option<Box<Wide>>,
        more: Vec<(u8, String)>,
        data: Option<Payload<'static>>,
        body: Option<Body<'static>>,
    }
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "op")]
    enum Tagged {
        Next { next: Box<Tagged> },
        End { body: Body<'static>, data: Payload<'static> },
    }
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        End(Payload<'static>),
        Next(Vec<Untagged>),
    }
    let run = || {
        let mut wide = Wide { next: None, more: vec![], data: Some(payload(&[1.0])), body: Some(Body::Nil) };
        (1..27).for_each(|_| {
            let next = std::mem::replace(&mut wide, Wide { next: None, more: vec![], data: None, body: None });
            wide.next = Some(Box::new(next));
        });
        assert!(sent::<_, Wide>(&wide).is_ok());

        let end =
            || Tagged::End { body: (0..8).fold(Body::Nil, |body, _| Body::List(vec![body])), data: payload(&[1.0]) };
        let tagged = (0..19).fold(end(), |next, _| Tagged::Next { next: Box::new(next) });
        assert!(sent::<_, Tagged>(&tagged).is_ok());

        let untagged = (0..27).fold(Untagged::End(payload(&[1.0])), |next, _| Untagged::Next(vec![next]));
        assert!(sent::<_, Untagged>(&untagged).is_ok());

        let body = (0..27).fold(Body::Nil, |body, _| Body::map([("x", body)]));
        let run = Body::map([("op", "run".into()), ("kwargs", body)]);
        let frames = received(&write_message(&run).unwrap());
        assert!(from_body::<Request>(read_message(frames).unwrap()).is_ok());
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_length_is_not_believed() {
    struct Liar;
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde::ser::SerializeSeq::end(serializer.serialize_seq(Some(usize::MAX))?)
        }
    }
    assert_eq!(to_body(&Liar).unwrap(), Body::List(vec![]));
}

/// Any of what serde knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Anything {
    flag: bool,
    small: i8,
    large: u64,
    wide: i128,
    float: f32,
    double: f64,
    letter: char,
    text: Option<String>,
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    map: BTreeMap<(i16, bool), Vec<Anyone>>,
    #[serde(with = "as_set")]
    set: BTreeSet<u32>,
    array: [u16; 3],
    body: Body<'static>,
    unit: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Anyone {
    Unit,
    Newtype(i64),
    Tuple(u8, String),
    Struct { inner: Option<Box<Anyone>> },
}

fn anyone() -> impl Strategy<Value = Anyone> {
    let leaf = prop_oneof![
        Just(Anyone::Unit),
        any::<i64>().prop_map(Anyone::Newtype),
        (any::<u8>(), ".{0,5}").prop_map(|(n, text)| Anyone::Tuple(n, text)),
    ];
    leaf.prop_recursive(3, 6, 1, |inner| {
        prop::option::of(inner.prop_map(Box::new)).prop_map(|inner| Anyone::Struct { inner })
    })
}

prop_compose! {
    fn anything()(
        (flag, small, large, wide) in (any::<bool>(), any::<i8>(), any::<u64>(), any::<i64>()),
        (float, double, letter) in (-1e6f32..1e6, -1e6f64..1e6, any::<char>()),
        text in prop::option::of(".{0,20}"),
        bytes in prop::collection::vec(any::<u8>(), 0..20),
        map in prop::collection::btree_map(any::<(i16, bool)>(), prop::collection::vec(anyone(), 0..4), 0..4),
        set in prop::collection::btree_set(any::<u32>(), 0..5),
        array in any::<[u16; 3]>(),
        number in any::<i32>(),
    ) -> Anything {
        let body = Body::Set(vec![number.into(), "a".into()]);
        Anything { flag, small, large, wide: wide.into(), float, double, letter, text, bytes, map, set, array, body, unit: () }
    }
}

/// What a peer may send in place of what is wanted.
fn bodies() -> impl Strategy<Value = Body<'static>> {
    let leaf = prop_oneof![
        Just(Body::Nil),
        any::<bool>().prop_map(Body::Bool),
        any::<i64>().prop_map(Body::from),
        any::<u64>().prop_map(Body::UInt),
        any::<i16>().prop_map(|n| Body::Float32(f32::from(n) / 3.0)),
        any::<i32>().prop_map(|n| Body::Float(f64::from(n) / 3.0)),
        "op|put|run|data|key|more|kwargs|One|[a-z]{0,3}".prop_map(Body::from),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Frame::from(bytes).into()),
        any::<i8>().prop_map(|n| payload(&[n.into()]).into()),
        any::<i8>().prop_map(|n| Body::Pickled(Box::new(payload(&[n.into()])))),
        "[a-z]{0,3}".prop_map(|name| EnumMember { name: name.into(), module: "m".into(), class: "C".into() }.into()),
    ];
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Body::List),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Body::Set),
            prop::collection::vec((inner.clone(), inner.clone()), 0..5).prop_map(Body::Map),
            ("op|put|data|kwargs|list|here", inner).prop_map(|(key, value)| Body::map([(key, value)])),
        ]
    })
}

/// Whether there is something in it that serde has no buffer for.
fn is_lossy(body: &Body<'_>) -> bool {
    match body {
        Body::Set(_) | Body::Enum(_) => true,
        Body::List(items) => items.iter().any(is_lossy),
        Body::Map(entries) => entries.iter().any(|(key, value)| is_lossy(key) || is_lossy(value)),
        _ => false,
    }
}

proptest! {
    #[test]
    fn any_body_is_a_field_and_nothing_else_by_accident(body in bodies()) {
        prop_assert_eq!(&from_body::<(u8, Body)>(to_body(&(1, &body)).unwrap()).unwrap().1, &body);
        let run = |op: &'static str| Body::map([("op", op.into()), ("kwargs", body.clone()), ("data", body.clone()), ("key", body.clone())]);
        match from_body::<Request>(run("run")) {
            Ok(Request::Run { kwargs }) => prop_assert_eq!(&kwargs, &body),
            other => prop_assert!(other.is_err() && is_lossy(&body), "{:?}", other),
        }
        // No panic, and no payload out of anything else.
        prop_assert_eq!(from_body::<Payload>(body.clone()).is_ok(), body.as_payload().is_some());
        prop_assert!(from_body::<Request>(run("put")).is_err());
        let _ = from_body::<Anything>(body.clone());
        let _ = from_body::<Everywhere>(body.clone());
        let _ = from_body::<Vec<Item>>(body.clone());
        let _ = from_body::<BTreeMap<String, Newtype>>(body.clone());
        let _ = from_body::<serde_json::Value>(body.clone());
        let _ = from_body::<serde::de::IgnoredAny>(body);
    }

    #[test]
    fn a_value_comes_back(value in anything(), numbers in prop::collection::vec(any::<i32>().prop_map(f64::from), 0..50)) {
        prop_assert_eq!(&sent::<_, Anything>(&value).unwrap(), &value);
        let (again, data): (Anything, Payload) = sent(&(&value, payload(&numbers))).unwrap();
        prop_assert_eq!((again, values(&data)), (value, numbers));
    }
}
