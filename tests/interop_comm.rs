//! The example `dask_echo`, to which the released `distributed` connects with its own comm.

mod support;

#[allow(dead_code, reason = "its main is not called here")]
#[path = "../examples/dask_echo.rs"]
mod dask_echo;

use frames_core::{Body, Encoder, Handshake, Limits, Reader, read_frames, read_message, to_serialize, write_frames};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread;
use support::peer::peer;

/// Where the server of all tests listens.
fn server() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || dask_echo::listen(&listener));
        address
    })
}

/// Lets Python send messages and look at the answers; false where Python is skipped.
#[track_caller]
fn talk(messages: &str, predicate: &str) -> bool {
    let Some(mut python) = peer() else { return false };
    python.talk(&format!("tcp://{}", server()), messages, predicate).unwrap();
    true
}

#[test]
fn every_object_comes_back_over_a_socket_forwarded_and_written_anew() {
    // What cannot be a file cannot travel over a socket of Dask either: it joins the frames in the same way.
    let names = "[case.name for case in corpus.CASES.values() if not case.fails and not case.fails_as_blob]";
    for op in ["forward", "echo"] {
        let messages = format!("[{{'op': '{op}', 'data': to_serialize(corpus.value(n))}} for n in {names}]");
        let same = format!(
            "[corpus.assert_same(corpus.received(n), answer['data']) for n, answer in zip({names}, answers, strict=True)]"
        );
        talk(&messages, &same);
    }
    // In one message: the frames of a hundred payloads, one behind the other.
    let all = format!("[{{'op': 'echo', 'data': {{n: to_serialize(corpus.value(n)) for n in {names}}}}}]");
    let same = format!("[corpus.assert_same(corpus.received(n), answers[0]['data'][n]) for n in {names}]");
    talk(&all, &same);
}

#[test]
fn an_answer_says_what_each_payload_became() {
    let messages = "[{'op': 'echo', 'a': [to_serialize(np.arange(3)), {'b': to_serialize(b'x')}], 5: None, \
                     'deep': {('k', 1): ((to_serialize([1.5]),),)}, 'unknown': to_serialize(corpus.Plain(a=1))}]";
    let predicate = "list(answers[0]) == ['status', 'types', 'a', 5, 'deep', 'unknown'] and answers[0]['status'] == 'OK' \
                     and answers[0]['types'] == ('numpy.ndarray', 'bytes', 'list', 'forwarded') \
                     and (answers[0]['a'][0] == np.arange(3)).all() and answers[0]['a'][1] == {'b': b'x'} \
                     and answers[0]['deep'] == {('k', 1): (([1.5],),)} and vars(answers[0]['unknown']) == {'a': 1}";
    talk(messages, predicate);
}

#[test]
fn what_is_no_request_is_answered_as_an_error_and_a_ping_with_a_pong() {
    let messages = "[{'op': 'ping'}, {'op': 'fly'}, [1, 2], 'text', {'op': 'ping', 'x': to_serialize(1)}]";
    let predicate = "answers[0] == answers[4] == b'pong' and all(a['status'] == 'error' and 'op' in a['exception_text'] \
                     for a in answers[1:4])";
    talk(messages, predicate);
}

#[test]
fn arrays_arrive_aligned_and_writeable_as_they_were() {
    let sizes = "[1, 100, 1000, 20_000, 200_000, 3_000_000]";
    let messages = format!("[{{'op': 'echo', 'data': to_serialize(np.arange(float(n)))}} for n in {sizes}]");
    let predicate = format!(
        "all((a['data'] == np.arange(float(n))).all() and a['data'].flags.aligned and a['data'].flags.writeable \
         and a['data'].ctypes.data % 8 == 0 for n, a in zip({sizes}, answers, strict=True))"
    );
    talk(&messages, &predicate);
    let readonly = "[{'op': 'echo', 'data': to_serialize(corpus.readonly(np.arange(9.)))}]";
    talk(readonly, "not answers[0]['data'].flags.writeable");
}

#[test]
fn a_rust_peer_is_known_by_its_handshake_and_gets_packed_rows() {
    let mut stream = TcpStream::connect(server()).unwrap();
    let ours = Handshake::new();
    write_frames(&mut stream, &Encoder::new().write_message(&ours.to_body()).unwrap()).unwrap();
    let hello = read_message(read_frames(&mut stream, &Limits::default()).unwrap().unwrap()).unwrap();
    let agreed = ours.agree(&Handshake::from_body(&hello).unwrap());
    assert_eq!(agreed.reader, Reader::Rust);
    let rows = vec![(1u8, "a".to_string()), (2, "b".to_string())];
    let message = Body::map([("op", "echo".into()), ("rows", to_serialize(&rows).unwrap().into())]);
    write_frames(&mut stream, &agreed.encoder().write_message(&message).unwrap()).unwrap();
    let answer = read_message(read_frames(&mut stream, &Limits::default()).unwrap().unwrap()).unwrap();
    let again = answer.get("rows").and_then(Body::as_payload).unwrap();
    assert_eq!(again.deserialize::<Vec<(u8, String)>>().unwrap(), rows);
}

#[test]
fn a_connection_of_garbage_ends_and_the_others_live_on() {
    let mut bad: Vec<TcpStream> = (0..100u32)
        .map(|n| {
            let mut stream = TcpStream::connect(server()).unwrap();
            let garbage: Vec<u8> = (0..200).map(|i| (n.wrapping_mul(2_654_435_761) >> (i % 24)) as u8).collect();
            // It may have hung up already.
            let _ = stream.write_all(&garbage);
            stream
        })
        .collect();
    talk("[{'op': 'ping'}]", "answers == [b'pong']");
    for stream in &mut bad {
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // Its handshake, and then the end: or a reset, where garbage was left unread.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.len() < 200, "a handshake and nothing else");
    }
    talk("[{'op': 'ping'}]", "answers == [b'pong']");
}
