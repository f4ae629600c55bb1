//! The example `dask_echo`, to which the released `distributed` connects with its own comm.

mod support;

#[allow(dead_code, reason = "its main is not called here")]
#[path = "../examples/dask_echo.rs"]
mod dask_echo;

use frames_core::comm::{Listener, Options, Tls, connect};
use frames_core::{
    Array, Body, Codec, Encoder, FrameReader, Handshake, Reader, read_message, to_serialize, write_frames,
};
use std::collections::HashMap;
use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use support::certificates::Certificates;
use support::peer::{Talk, peer};

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), test).await.expect("a test that hangs") })
}

/// Where the example listens with these options, by their name, for all tests.
fn server_with(name: &str, scheme: &str, options: impl FnOnce() -> Options) -> String {
    static ADDRESSES: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);
    let mut addresses = ADDRESSES.lock().unwrap_or_else(PoisonError::into_inner);
    let new = || {
        let (options, (sender, address)) = (options(), std::sync::mpsc::channel());
        let local = format!("{scheme}://127.0.0.1:0");
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = Listener::bind(&local, &options).await.unwrap();
                sender.send(listener.address().to_owned()).unwrap();
                dask_echo::listen(listener).await
            })
        });
        address.recv().unwrap()
    };
    addresses.get_or_insert_default().entry(name.to_owned()).or_insert_with(new).clone()
}

fn server() -> String {
    server_with("", "tcp", Options::new)
}

fn tcp_server() -> TcpStream {
    TcpStream::connect(server().trim_start_matches("tcp://")).unwrap()
}

/// Lets Python send messages and look at the answers; false where Python is skipped.
#[track_caller]
fn talk(messages: &str, predicate: &str) -> bool {
    talk_to(Talk { address: &server(), ..Talk::default() }, messages, predicate)
}

#[track_caller]
fn talk_to(talk: Talk<'_>, messages: &str, predicate: &str) -> bool {
    let Some(mut python) = peer() else { return false };
    python.talk(talk, messages, predicate).unwrap();
    true
}

/// What can be a file can travel over a socket of Dask: it joins the frames in the same way.
const NAMES: &str = "[case.name for case in corpus.CASES.values() if not case.fails and not case.fails_as_blob]";

/// Every object through `op`, one message each; and whether they came back.
#[track_caller]
fn all_objects(talk: Talk<'_>, op: &str) {
    let messages = format!("[{{'op': '{op}', 'data': to_serialize(corpus.value(n))}} for n in {NAMES}]");
    let same = format!(
        "[corpus.assert_same(corpus.received(n), answer['data']) for n, answer in zip({NAMES}, answers, strict=True)]"
    );
    talk_to(talk, &messages, &same);
}

#[test]
fn every_object_comes_back_over_a_socket_forwarded_and_written_anew() {
    let address = server();
    for op in ["forward", "echo"] {
        all_objects(Talk { address: &address, ..Talk::default() }, op);
    }
    // In one message: the frames of a hundred payloads, one behind the other.
    let all = format!("[{{'op': 'echo', 'data': {{n: to_serialize(corpus.value(n)) for n in {NAMES}}}}}]");
    let same = format!("[corpus.assert_same(corpus.received(n), answers[0]['data'][n]) for n in {NAMES}]");
    talk(&all, &same);
}

#[test]
fn every_object_comes_back_with_each_codec_and_in_shards() {
    for codec in Codec::ALL {
        let name = codec.name();
        let address = server_with(name, "tcp", || Options::new().compression(codec).unwrap().shard(100_000));
        for op in ["forward", "echo"] {
            let shard = (op == "echo").then_some(20_000);
            all_objects(Talk { address: &address, compression: Some(name), shard, ..Talk::default() }, op);
        }
        // Large enough to be worth it, and in many pieces.
        let messages = "[{'op': op, 'data': to_serialize(np.arange(200_000) // 7)} for op in ['echo', 'forward']]";
        let predicate =
            "all((a['data'] == np.arange(200_000) // 7).all() and a['data'].flags.aligned for a in answers)";
        talk_to(
            Talk { address: &address, compression: Some(name), shard: Some(90_000), ..Talk::default() },
            messages,
            predicate,
        );
    }
}

#[test]
fn every_object_comes_back_in_small_shards() {
    let address = server_with("small shards", "tcp", || Options::new().shard(7));
    for op in ["forward", "echo"] {
        // Dask cuts no item in two, and fails where a piece is smaller than one.
        all_objects(Talk { address: &address, shard: Some(256), ..Talk::default() }, op);
    }
}

fn tls(files: &[String; 3]) -> Options {
    Options::new().tls(Tls::from_pem_files(&files[0], &files[1], &files[2]).unwrap())
}

#[test]
fn python_comes_over_tls_with_its_certificate_and_not_with_anothers() {
    let certificates = Certificates::new("talk");
    let files = certificates.files();
    let address = server_with("tls", "tls", || tls(&files));
    assert!(address.starts_with("tls://"), "{address}");
    let (files, stranger) = (files.each_ref().map(|f| &**f), certificates.stranger());
    let talk = Talk { address: &address, tls: Some(files), ..Talk::default() };
    let messages = "[{'op': 'echo', 'data': to_serialize(np.arange(float(n)))} for n in [1, 20_000, 1_000_000]]";
    talk_to(talk, messages, "all((a['data'] == np.arange(len(a['data']))).all() for a in answers)");

    let Some(mut python) = peer() else { return };
    let talk = Talk { tls: Some(stranger.each_ref().map(|f| &**f)), ..talk };
    python.talk(talk, "[{'op': 'ping'}]", "True").unwrap_err();
}

#[test]
fn a_client_of_ours_talks_to_a_listener_of_python() {
    let certificates = Certificates::new("listen");
    let files = certificates.files();
    for (scheme, options) in [("tcp", Options::new()), ("tcp", Options::new().shard(300_000)), ("tls", tls(&files))] {
        let address = {
            let Some(mut python) = peer() else { return };
            let tls = (scheme == "tls").then(|| files.each_ref().map(|f| &**f));
            let answer = "{'same': bool((message['x'] == np.arange(len(message['x']))).all()),                            'flags': (message['x'].flags.aligned, message['x'].flags.writeable),                            'twice': to_serialize(message['x'] * 2)}";
            python.listen(&format!("{scheme}://127.0.0.1:0"), tls, answer).unwrap()
        };
        run(async {
            let mut comm = connect(&address, &options).await.unwrap();
            assert_eq!((comm.agreed().reader, comm.remote().frames), (Reader::Any, None), "Dask is no Rust");
            // The last one is beyond Dask's own shard.
            for n in [1u32, 1000, 20_000, 1_000_000, 9_000_000] {
                let data: Array<f64> = (0..n).map(f64::from).collect::<Vec<_>>().into();
                comm.write(&Body::map([("x", to_serialize(&data).unwrap().into())])).await.unwrap();
                let answer = comm.read().await.unwrap().unwrap();
                assert_eq!(answer.get("same"), Some(&true.into()), "{answer:?}");
                assert_eq!(answer.get("flags"), Some(&vec![true, true].into()), "{answer:?}");
                let twice: Array<f64> = answer.get("twice").and_then(Body::as_payload).unwrap().deserialize().unwrap();
                assert!(twice.iter().zip(&data[..]).all(|(a, b)| *a == b * 2.0) && twice.len() == data.len());
            }
            comm.close().await.unwrap();
        });
    }
}

#[test]
fn python_hangs_up_over_tls_and_that_is_the_end_and_no_error() {
    let certificates = Certificates::new("end");
    let files = certificates.files();
    let Some(mut python) = peer() else { return };
    let (sender, address) = std::sync::mpsc::channel();
    let options = tls(&files);
    let server = thread::spawn(move || {
        run(async {
            let listener = Listener::bind("tls://127.0.0.1:0", &options).await.unwrap();
            sender.send(listener.address().to_owned()).unwrap();
            let mut comm = listener.accept().await.unwrap().handshake().await.unwrap();
            let mut messages = 0;
            while let Some(message) = comm.read().await.unwrap() {
                comm.write(&message).await.unwrap();
                messages += 1;
            }
            messages
        })
    });
    let address = address.recv().unwrap();
    let talk = Talk { address: &address, tls: Some(files.each_ref().map(|f| &**f)), ..Talk::default() };
    python.talk(talk, "[1, 2]", "answers == [1, 2]").unwrap();
    assert_eq!(server.join().unwrap(), 2);
}

#[test]
fn certificates_are_asked_for_on_both_sides() {
    let certificates = Certificates::new("both");
    let (ours, stranger) = (tls(&certificates.files()), tls(&certificates.stranger()));
    run(async {
        for (client, server, works) in [(&ours, &ours, true), (&stranger, &ours, false), (&ours, &stranger, false)] {
            let listener = Listener::bind("tls://127.0.0.1:0", server).await.unwrap();
            let accept = async { listener.accept().await.unwrap().handshake().await };
            let (there, here) = tokio::join!(connect(listener.address(), client), accept);
            assert_eq!((there.is_ok(), here.is_ok()), (works, works), "{there:?} {here:?}");
            if let (Ok(mut there), Ok(mut here)) = (there, here) {
                assert_eq!(there.peer_address(), listener.address());
                let data = vec![1.0; 300_000];
                let message = Body::from(to_serialize(&data).unwrap());
                let (written, read) = tokio::join!(there.write(&message), here.read());
                written.unwrap();
                assert_eq!(read.unwrap().unwrap().as_payload().unwrap().deserialize::<Vec<f64>>().unwrap(), data);
                there.close().await.unwrap();
                assert!(here.read().await.unwrap().is_none());
            }
        }
        // Somebody who does not speak TLS, and one who asks for it where there is none.
        let quick = ours.clone().timeout(Duration::from_secs(1));
        let listener = Listener::bind("tls://127.0.0.1:0", &quick).await.unwrap();
        let plain = listener.address().replace("tls://", "tcp://");
        let accept = async { listener.accept().await.unwrap().handshake().await };
        let (there, here) = tokio::join!(connect(&plain, &quick), accept);
        assert!(there.is_err() && here.is_err());
    });
    let error = Tls::from_pem_files(certificates.path("key.pem"), "", "").unwrap_err();
    assert!(error.to_string().contains("key.pem"), "{error}");
    let mixed = Tls::from_pem_files(
        certificates.path("ca.pem"),
        certificates.path("cert.pem"),
        certificates.path("stranger-key.pem"),
    );
    assert!(mixed.unwrap_err().to_string().contains("cert.pem"), "key and certificate do not belong together");
}

#[test]
fn an_answer_says_what_each_payload_became() {
    let messages = "[{'op': 'echo', 'a': [to_serialize(np.arange(3)), {'b': to_serialize(b'x')}], 5: None, \
                     'deep': {('k', 1): ((to_serialize([1.5]),),)}, 'unknown': to_serialize(corpus.Plain(a=1))}]";
    let predicate = "list(answers[0]) == ['status', 'types', 'a', 5, 'deep', 'unknown'] and answers[0]['status'] == 'OK' \
                     and answers[0]['types'] == ('numpy.ndarray', 'bytes', 'list', 'frames_pickle::Pickle') \
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
    let mut stream = tcp_server();
    let mut reader = FrameReader::new(stream.try_clone().unwrap());
    let ours = Handshake::new();
    write_frames(&mut stream, &Encoder::new().write_message(&ours.to_body()).unwrap()).unwrap();
    let hello = read_message(reader.read_frames().unwrap().unwrap()).unwrap();
    let agreed = ours.agree(&Handshake::from_body(&hello).unwrap());
    assert_eq!(agreed.reader, Reader::Rust);
    let rows = vec![(1u8, "a".to_string()), (2, "b".to_string())];
    let message = Body::map([("op", "echo".into()), ("rows", to_serialize(&rows).unwrap().into())]);
    write_frames(&mut stream, &agreed.encoder().write_message(&message).unwrap()).unwrap();
    let answer = read_message(reader.read_frames().unwrap().unwrap()).unwrap();
    let again = answer.get("rows").and_then(Body::as_payload).unwrap();
    assert_eq!(again.deserialize::<Vec<(u8, String)>>().unwrap(), rows);
}

#[test]
fn a_connection_of_garbage_ends_and_the_others_live_on() {
    let mut bad: Vec<TcpStream> = (0..100u32)
        .map(|n| {
            let mut stream = tcp_server();
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
