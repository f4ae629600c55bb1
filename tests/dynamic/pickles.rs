//! Pickles: kinds that only they have, arrays that are not copied, and what is hostile.

use super::*;
use frames_core::{Decoder, ErrorKind, Limits};

#[track_caller]
fn shows(pickle: &[u8], expected: &str) {
    let value = unpickled(pickle).unwrap();
    assert_eq!(format!("{value:?}"), expected);
    round_trip(&value);
}

#[test]
fn what_only_pickles_have() {
    shows(b"\x80\x04(K\x01\x91.", "frozenset {1}");
    shows(b"\x80\x04\x8f(K\x01\x90.", "set {1}");
    shows(b"\x80\x02\x8a\x0a\0\0\0\0\0\0\0\0\0\x01.", "4722366482869645213696");
    shows(b"\x80\x05\x96\x02\0\0\0\0\0\0\0ab.", "bytearray b\"ab\"");
    shows(b"\x80\x04\x8c\x03\xed\xa0\x80.", "builtins.str {wtf8: b\"\\xed\\xa0\\x80\"}");
    shows(b"cposix\nsystem\n(S'ls'\ntR.", "call posix.system {args: (\"ls\",)}");
    shows(b"cposix\nsystem\n.", "name posix.system");
    shows(b"(cm\nf\nK\x01oK\x02b.", "call m.f {args: (1,), state: 2}");
    shows(b"\x80\x02cm\nC\n)\x81}X\x01\0\0\0xK\x01sb.", "m.C {x: 1}");
    shows(b"\x80\x02cm\nC\n)\x81N}X\x01\0\0\0xK\x01s\x86b.", "m.C {x: 1}");
    shows(b"ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR(dVx\nI1\nsb.", "m.C {x: 1}");
    // A key that is no text, a state that is no dict, items beside the attributes: all is shown.
    shows(b"\x80\x02cm\nC\n)\x81}K\x07K\x01sb.", "call m.C {state: {7: 1}}");
    shows(b"\x80\x02cm\nC\n)\x81K\x07b.", "call m.C {state: 7}");
    shows(b"\x80\x02cm\nC\n)\x81K\x05aK\x06a}b.", "call m.C {items: [5, 6], state: {}}");
    shows(b"\x80\x02cm\nC\n)\x81}bK\x05a}b.", "call m.C {state: {}, items: [5], state 2: {}}");
    shows(b"\x80\x04cm\nC\n)}X\x01\0\0\0kK\x01s\x92.", "call m.C {kwargs: {\"k\": 1}}");
    shows(b"cm\nf\n)R)R.", "call operator.call {callable: call m.f {args: ()}, args: ()}");
    shows(b"\x80\x02Vid\nQ.", "pickle.PersistentId {id: \"id\"}");
    shows(b"\x80\x02\x82\x07.", "copyreg.extension {code: 7}");
}

#[test]
fn what_the_standard_library_makes_is_said_in_words() {
    let date = b"\x80\x04\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\x07\xe8\x02\x1d\x94\x85\x94R\x94.";
    shows(date, "datetime.date \"2024-02-29\"");
    // What is not made as its package makes it is shown as it is.
    shows(b"\x80\x04\x8c\x08datetime\x8c\x04date\x93C\x01x\x85R.", "call datetime.date {args: (b\"x\",)}");
    shows(b"\x80\x04\x8c\x08builtins\x8c\x07complex\x93G\x3f\xf8\0\0\0\0\0\0G\0\0\0\0\0\0\0\0\x86R.", "(1.5+0.0j)");
}

#[test]
fn arrays_lie_where_they_came() {
    use crate::support::peer::{Make, peer};
    let Some(mut python) = peer() else { return };
    let expression =
        "{'a': np.arange(1000.0), 'f': pd.DataFrame({'x': np.arange(1000), 'y': np.arange(1000)}), 'b': b'x' * 1000}";
    let (header, frames) =
        received(python.make(expression, &Make { serializers: &["pickle"], ..Make::default() }).unwrap());
    let inside: Vec<_> = frames.iter().map(|frame| frame.as_ptr_range()).collect();
    let value: Dynamic = deserialize(&header, frames).unwrap();
    let frame = value.get("f").unwrap();
    for array in [value.get("a").unwrap(), frame.get("x").unwrap(), frame.get("y").unwrap()] {
        let start = array.as_array().unwrap().as_bytes().as_ptr();
        assert!(inside.iter().any(|frame| frame.contains(&start)), "{array:?} was copied");
    }
    let bytes = value.get("b").and_then(Dynamic::as_bytes).unwrap();
    assert!(inside.iter().any(|frame| frame.contains(&bytes.as_ptr())), "a part of a pickle");
}

#[track_caller]
fn stays_closed(pickle: &[u8], words: &str) {
    let value = unpickled(pickle).unwrap();
    let Dynamic::Other(closed) = &value else { panic!("{value:.200?}") };
    assert!(closed.reason.contains(words), "{}", closed.reason);
    round_trip(&value);
}

#[test]
fn what_is_in_itself_or_has_no_end_stays_closed() {
    // l = []; l.append(l)
    stays_closed(b"\x80\x02]q\0h\0a.", "one in itself");
    // An object in its own attributes, a dict in itself, a tuple in its list.
    stays_closed(b"\x80\x02cm\nC\n)\x81q\0}X\x01\0\0\0xh\0sb.", "one in itself");
    stays_closed(b"\x80\x02}q\0K\x01h\0s.", "one in itself");
    stays_closed(b"\x80\x02cm\nf\n(]q\0tRq\x01h\0h\x01a0.", "one in itself");
    stays_closed(&[&b"\x80\x02"[..], &[b']'; 100], &[b'a'; 99], b"."].concat(), "more than 28 deep");
    // Each list has the one before it many times: 100 to the power of 10.
    let mut bomb = b"\x80\x02]q\0".to_vec();
    for level in 1..=10u8 {
        bomb.extend_from_slice(&[b']', b'q', level, b'(']);
        (0..100).for_each(|_| bomb.extend_from_slice(&[b'h', level - 1]));
        bomb.push(b'e');
    }
    bomb.push(b'.');
    stays_closed(&bomb, "names its parts so often");
    // One long text, named often.
    let text = vec![b'a'; 1 << 20];
    let mut often = [&b"\x80\x02X\0\0\x10\0"[..], &text, b"q\0]("].concat();
    (0..1000).for_each(|_| often.extend_from_slice(b"h\0"));
    often.extend_from_slice(b"e.");
    stays_closed(&often, "names its parts so often");
}

#[test]
fn the_depth_of_a_pickle_is_that_of_the_limits() {
    let deep = [&b"\x80\x02"[..], &[b']'; 60], &[b'a'; 59], b"."].concat();
    let header = Header::new().with("serializer", "pickle").unwrap();
    let mut limits = Limits::default();
    for (depth, opens) in [(60, true), (59, false)] {
        limits.depth = depth;
        let frames = vec![Bytes::from(deep.clone())].into();
        let value: Dynamic = Decoder::new().limits(limits.clone()).deserialize(&header, frames).unwrap();
        assert_eq!(value.kind() == "list", opens, "{value:?}");
    }
    // What lies around it counts.
    let list = Dynamic::List(vec![unpickled(&deep).unwrap()]);
    round_trip(&list);
}

#[test]
fn a_broken_pickle_is_an_error() {
    stays_closed(b"\x80\x09N.", "protocol 9");
    for pickle in [&b""[..], b"K", b"(", b"h\0."] {
        let error = unpickled(pickle).unwrap_err();
        assert!(!matches!(error.kind(), ErrorKind::Limit | ErrorKind::UnknownType), "{error}");
        assert_eq!(error.family(), Some("pickle"), "{error}");
    }
}
