//! A server of a few lines over `std::net`, to which the released `distributed` connects with its own comm.

mod support;

use frames_core::{Body, Encoder, Limits, Payload, Result, read_frames, read_message, to_serialize, write_frames};
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use support::peer::peer;

/// What both sides say first.
fn handshake() -> Body<'static> {
    let python = vec![3, 11, 0];
    Body::map([("compression", Body::Nil), ("python", python.into()), ("pickle-protocol", 5.into())])
}

/// A value of ours that the payload becomes, written anew; what there is no type for, as it came.
fn anew(payload: &Payload<'_>) -> Result<Payload<'static>> {
    match payload.deserialize_any() {
        Ok(value) => to_serialize(&value).map(Payload::into_owned),
        Err(_) => Ok(payload.clone().into_serialized()?.into()),
    }
}

fn answer(message: &Body<'static>) -> Result<Body<'static>> {
    let data = || message.get("data").and_then(Body::as_payload);
    Ok(match (message.get("op").and_then(Body::as_str), data()) {
        (Some("echo"), Some(data)) => Body::map([("data", anew(data)?.into())]),
        (Some("forward"), _) => message.clone(),
        _ => "what?".into(),
    })
}

/// Answers one connection until it ends; gives the number of messages.
fn serve(listener: TcpListener, shard: usize) -> JoinHandle<usize> {
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut writer: TcpStream = stream.try_clone().unwrap();
        let mut reader = BufReader::new(stream);
        let encoder = Encoder::new().shard(shard);
        let hello = handshake();
        write_frames(&mut writer, &encoder.write_message(&hello).unwrap()).unwrap();
        let mut count = 0;
        while let Some(frames) = read_frames(&mut reader, &Limits::default()).unwrap() {
            let message = read_message(frames).unwrap();
            count += 1;
            if count == 1 {
                assert_eq!(message.get("pickle-protocol").and_then(Body::as_u64), Some(5), "{message:?}");
                continue;
            }
            let answer = answer(&message).unwrap();
            write_frames(&mut writer, &encoder.write_message(&answer).unwrap()).unwrap();
            writer.flush().unwrap();
        }
        count - 1
    })
}

/// Lets Python talk to a server of ours that cuts frames at `shard` bytes.
#[track_caller]
fn talk(shard: usize, messages: &str, predicate: &str) -> Option<usize> {
    let mut python = peer()?;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let server = serve(listener, shard);
    let result = python.talk(&address, messages, predicate);
    let count = server.join();
    result.unwrap();
    Some(count.unwrap())
}

#[test]
fn every_object_comes_back_over_a_socket_forwarded_and_written_anew() {
    // What cannot be a file cannot travel over a socket of Dask either: it joins the frames in the same way.
    let names = "[case.name for case in corpus.CASES.values() if not case.fails and not case.fails_as_blob]";
    for (op, shard) in [("forward", 64 << 20), ("echo", 64 << 20), ("echo", 1000)] {
        let messages = format!("[{{'op': '{op}', 'data': to_serialize(corpus.value(n))}} for n in {names}]");
        let same = format!(
            "[corpus.assert_same(corpus.received(n), answer['data']) for n, answer in zip({names}, answers, strict=True)]"
        );
        let Some(count) = talk(shard, &messages, &same) else { return };
        assert!(count > 100, "{count} messages");
    }
}

#[test]
fn arrays_arrive_aligned_and_writeable_as_they_were() {
    let sizes = "[1, 100, 1000, 20_000, 200_000, 3_000_000]";
    let messages = format!("[{{'op': 'echo', 'data': to_serialize(np.arange(float(n)))}} for n in {sizes}]");
    let predicate = format!(
        "all((a['data'] == np.arange(float(n))).all() and a['data'].flags.aligned and a['data'].flags.writeable \
         and a['data'].ctypes.data % 8 == 0 for n, a in zip({sizes}, answers, strict=True))"
    );
    talk(64 << 20, &messages, &predicate);
    let readonly = "[{'op': 'echo', 'data': to_serialize(corpus.readonly(np.arange(9.)))}]";
    talk(64 << 20, readonly, "not answers[0]['data'].flags.writeable");
}
