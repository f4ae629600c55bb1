//! Connections between two of ours: what is promised of them, and what a peer may do. Dask is in `interop_comm.rs`.

use frames_core::comm::{Comm, CommReader, FramesCodec, Incoming, Listener, Options, connect};
use frames_core::{Body, Codec, Encoder, Error, Frame, Frames, Handshake, Limits, Pool, Reader, to_serialize};
use futures_util::SinkExt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Long enough for any machine, and short enough for a person.
const PATIENCE: Duration = Duration::from_secs(20);

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { timeout(PATIENCE, test).await.expect("a test that hangs") })
}

async fn pair(address: &str, options: &Options) -> (Comm, Comm) {
    let listener = Listener::bind(address, options).await.unwrap();
    let accept = async { listener.accept().await?.handshake().await };
    let (client, server) = tokio::join!(connect(listener.address(), options), accept);
    (client.unwrap(), server.unwrap())
}

fn unix_path(name: &str) -> String {
    let path = std::env::temp_dir().join(format!("frames-{}-{name}", std::process::id()));
    format!("unix://{}", path.display())
}

#[allow(clippy::ptr_arg, reason = "a slice is no value of its own")]
fn body(data: &Vec<f64>) -> Body<'_> {
    Body::map([("op", "put".into()), ("data", to_serialize(data).unwrap().into())])
}

fn data_of(body: &Body<'static>) -> Vec<f64> {
    body.get("data").and_then(Body::as_payload).unwrap().deserialize().unwrap()
}

/// The error of this crate inside of one of std.
fn inner(error: &io::Error) -> &Error {
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    error.get_ref().and_then(|error| error.downcast_ref()).unwrap()
}

#[test]
fn messages_of_all_sizes_go_both_ways_over_every_transport() {
    run(async {
        let path = unix_path("sizes");
        for address in ["tcp://127.0.0.1:0", &path] {
            let (mut client, mut server) = pair(address, &Options::new()).await;
            assert_eq!(client.agreed().reader, Reader::Rust);
            for n in [0, 1, 100, 3000, 9000, 100_000, 1_000_000] {
                let data: Vec<f64> = (0..n).map(f64::from).collect();
                let message = body(&data);
                let echo = async {
                    let message = server.read().await.unwrap().unwrap();
                    server.write(&message).await.unwrap();
                };
                let ((), again) = tokio::join!(echo, async {
                    client.write(&message).await.unwrap();
                    client.read().await.unwrap().unwrap()
                });
                assert_eq!(data_of(&again), data);
                let payload = again.get("data").and_then(Body::as_payload).unwrap();
                let frame = payload.frames().get(0).unwrap().clone();
                assert!(frame.is_empty() || frame.as_ptr().align_offset(64) == 0);
            }
            client.close().await.unwrap();
            assert!(server.read().await.unwrap().is_none(), "the end of the connection");
        }
        assert!(!std::path::Path::new(path.trim_start_matches("unix://")).exists(), "the listener cleans up");
    });
}

#[test]
fn a_codec_is_used_where_both_name_it() {
    run(async {
        let zeros = vec![0.0; 100_000];
        let (plain, lz4) = (Options::new(), Options::new().compression(Codec::Lz4).unwrap());
        for (here, there, agreed) in [(&lz4, &lz4, Some(Codec::Lz4)), (&lz4, &plain, None), (&plain, &lz4, None)] {
            let listener = Listener::bind("tcp://127.0.0.1:0", here).await.unwrap();
            let accept = async { listener.accept().await.unwrap().handshake().await.unwrap() };
            let (client, mut server) = tokio::join!(connect(listener.address(), there), accept);
            let mut client = client.unwrap();
            assert_eq!((client.agreed().compression, server.agreed().compression), (agreed, agreed));
            assert_eq!(*client.encoder(), client.agreed().encoder());
            let message = body(&zeros);
            let (written, frames) = tokio::join!(client.write(&message), server.read_frames());
            let (frames, ()) = (frames.unwrap().unwrap(), written.unwrap());
            assert_eq!(frames.total_bytes() < 100_000, agreed.is_some());
            let message = frames_core::read_message(frames).unwrap();
            assert_eq!(data_of(&message), zeros);
        }
    });
}

#[test]
fn a_handshake_says_who_reads_and_how_frames_are_cut() {
    run(async {
        let mut like_dask = Handshake::new();
        like_dask.frames = None;
        let dask = Options::new().handshake(like_dask.clone());
        let listener = Listener::bind("tcp://127.0.0.1:0", &Options::new().shard(1000)).await.unwrap();
        let accept = async { listener.accept().await.unwrap().handshake().await.unwrap() };
        let (client, mut server) = tokio::join!(connect(listener.address(), &dask), accept);
        assert_eq!((server.agreed().reader, server.remote()), (Reader::Any, &like_dask));
        let data = vec![0.5; 1000];
        server.write(&body(&data)).await.unwrap();
        let frames = client.unwrap().read_frames().await.unwrap().unwrap();
        assert_eq!(frames.len(), 2 + 9, "the body, a header, pieces of up to 992 bytes");
    });
}

#[test]
fn a_read_that_is_dropped_loses_nothing() {
    run(async {
        let (mut slow, ours) = duplex(200);
        let data: Vec<f64> = (0..20_000).map(f64::from).collect();
        let mut stream = Vec::new();
        let hello = Encoder::new().write_message(&Handshake::new().to_body()).unwrap().into_owned();
        frames_core::write_frames(&mut stream, &hello).unwrap();
        for _ in 0..2 {
            frames_core::write_frames(&mut stream, &frames_core::write_message(&body(&data)).unwrap()).unwrap();
        }
        tokio::spawn(async move {
            for portion in stream.chunks(1009) {
                slow.write_all(portion).await.unwrap();
                tokio::task::yield_now().await;
            }
            let mut answer = Vec::new();
            slow.read_to_end(&mut answer).await
        });
        let mut comm = Comm::over(ours, &Options::new()).await.unwrap();
        let mut dropped = 0;
        for _ in 0..2 {
            let message = loop {
                // Dropped at the first place where it waits.
                tokio::select! {
                    biased;
                    message = comm.read() => break message.unwrap().unwrap(),
                    () = tokio::task::yield_now() => dropped += 1,
                }
            };
            assert_eq!(data_of(&message), data);
        }
        assert!(dropped > 100, "only {dropped} reads were dropped");
    });
}

#[test]
fn a_write_that_is_dropped_half_way_ends_the_writing() {
    run(async {
        let (mut client, mut server) = pair("tcp://127.0.0.1:0", &Options::new()).await;
        let data = vec![1.0; 4 << 20];
        let message = body(&data);
        // Nobody reads: the system's buffers are full before it is done, and nothing is queued here.
        let dropped = timeout(Duration::from_millis(200), client.write(&message)).await;
        assert!(dropped.is_err(), "a write that does not wait for the reader");
        let error = client.write(&"more".into()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(error.to_string().contains("cut off"), "{error}");
        client.abort();
        assert!(server.read().await.is_err(), "the message is cut");

        // One that was dropped before a byte was out does no harm.
        let (mut client, mut server) = pair("tcp://127.0.0.1:0", &Options::new()).await;
        drop(client.write(&message));
        client.write(&"fine".into()).await.unwrap();
        assert_eq!(server.read().await.unwrap(), Some("fine".into()));
    });
}

#[test]
fn what_cannot_travel_is_refused_before_a_byte_is_written() {
    run(async {
        let (mut client, mut server) = pair("tcp://127.0.0.1:0", &Options::new()).await;
        let reserved = Body::map([("__Set__", 1.into())]);
        inner(&client.write(&reserved).await.unwrap_err());
        client.write(&"fine".into()).await.unwrap();
        assert_eq!(server.read().await.unwrap(), Some("fine".into()));
    });
}

#[test]
fn the_limits_of_a_connection_hold() {
    run(async {
        let mut limits = Limits::default();
        (limits.message_bytes, limits.frames) = (10_000, 5);
        let careful = Options::new().limits(limits);
        for (message, says) in [(vec![0.0; 2000], "message_bytes"), (vec![0.0; 500], "")] {
            let (client, server) = pair("tcp://127.0.0.1:0", &careful).await;
            let ((_, mut writer), (mut reader, _)) = (client.split(), server.split());
            let message = body(&message);
            let (_, read) = tokio::join!(writer.write(&message), reader.read());
            match says {
                "" => assert!(read.unwrap().is_some()),
                says => assert!(inner(&read.unwrap_err()).to_string().contains(says)),
            }
        }
        let (mut client, mut server) = pair("tcp://127.0.0.1:0", &careful).await;
        let many: Frames<'_> = (0..6).map(|_| Frame::from("x")).collect();
        client.write_frames(&many).await.unwrap();
        let error = server.read().await.unwrap_err();
        assert!(inner(&error).to_string().contains("frames"), "{error}");
    });
}

/// Accepts and shakes hands with whoever can, each in a task, and answers every message with itself.
async fn serve(listener: Arc<Listener>) {
    async fn answer(incoming: Incoming) -> io::Result<()> {
        let mut comm = incoming.handshake().await?;
        while let Some(message) = comm.read().await? {
            comm.write(&message).await?;
        }
        Ok(())
    }
    while let Ok(incoming) = listener.accept().await {
        tokio::spawn(answer(incoming));
    }
}

#[test]
fn a_peer_that_stalls_or_dawdles_in_the_handshake_is_given_up() {
    run(async {
        let options = Options::new().timeout(Duration::from_millis(300));
        let listener = Arc::new(Listener::bind("tcp://127.0.0.1:0", &options).await.unwrap());
        let place = listener.address().trim_start_matches("tcp://").to_owned();
        for dawdles in [false, true] {
            let mut peer = TcpStream::connect(&place).await.unwrap();
            let incoming = listener.accept().await.unwrap();
            let dawdle = async move {
                loop {
                    // A word that says 2⁵⁶ and more, a byte a time.
                    let _ = peer.write_all(if dawdles { b"\x01" } else { b"" }).await;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            let error = tokio::select! {
                done = incoming.handshake() => done.unwrap_err(),
                () = dawdle => unreachable!(),
            };
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
            assert!(error.to_string().contains("tcp://127.0.0.1:") && error.to_string().contains("300ms"), "{error}");
        }
        // The same where the other side listens and says nothing.
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = connect(&format!("tcp://{}", silent.local_addr().unwrap()), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    });
}

#[test]
fn a_thousand_connections_of_garbage_cost_only_themselves() {
    run(async {
        let options = Options::new().timeout(Duration::from_secs(2));
        let listener = Arc::new(Listener::bind("tcp://127.0.0.1:0", &options).await.unwrap());
        let (address, server) = (listener.address().to_owned(), tokio::spawn(serve(listener)));
        let place = address.trim_start_matches("tcp://");
        let mut held = Vec::new();
        for n in 0..1000u32 {
            // Descriptors are few where tests run: some hang up at once.
            let mut peer = TcpStream::connect(place).await.unwrap();
            let mut garbage: Vec<u8> = (0..64).map(|i| (n.wrapping_mul(2_654_435_761) >> (i % 24)) as u8).collect();
            match n % 4 {
                // A handshake of 2⁴⁷ bytes, and one of 2²⁴ frames.
                0 => garbage[..24].copy_from_slice(&[16u64, 1, 1 << 47].map(u64::to_ne_bytes).concat()),
                1 => garbage[..16].copy_from_slice(&[u64::MAX, 1 << 24].map(u64::to_ne_bytes).concat()),
                _ => {}
            }
            let _ = peer.write_all(&garbage).await;
            if n % 5 == 0 {
                held.push(peer);
            }
            if n % 100 == 0 {
                let mut comm = connect(&address, &options).await.unwrap();
                comm.write(&n.into()).await.unwrap();
                assert_eq!(comm.read().await.unwrap(), Some(n.into()));
            }
        }
        let mut comm = connect(&address, &options).await.unwrap();
        comm.write(&"still here".into()).await.unwrap();
        assert_eq!(comm.read().await.unwrap(), Some("still here".into()));
        assert!(!server.is_finished());
        server.abort();
    });
}

#[test]
fn a_message_cut_anywhere_is_an_error_and_between_two_is_the_end() {
    run(async {
        let mut stream = Vec::new();
        let hello = Encoder::new().write_message(&Handshake::new().to_body()).unwrap().into_owned();
        frames_core::write_frames(&mut stream, &hello).unwrap();
        let start = stream.len();
        let data = vec![1.5, 2.5];
        frames_core::write_frames(&mut stream, &frames_core::write_message(&body(&data)).unwrap()).unwrap();
        for cut in 1..=stream.len() {
            let (mut peer, ours) = duplex(1 << 16);
            peer.write_all(&stream[..cut]).await.unwrap();
            // Only its half that writes: our handshake still finds a reader.
            let _ = peer.shutdown().await;
            let comm = Comm::over(ours, &Options::new()).await;
            if cut < start {
                assert_eq!(comm.unwrap_err().kind(), ErrorKind::UnexpectedEof, "cut at {cut}");
                continue;
            }
            let mut comm = comm.unwrap();
            if cut == start {
                assert!(comm.read().await.unwrap().is_none());
            } else if cut < stream.len() {
                assert_eq!(comm.read().await.unwrap_err().kind(), ErrorKind::UnexpectedEof, "cut at {cut}");
            } else {
                assert_eq!(data_of(&comm.read().await.unwrap().unwrap()), data);
            }
        }
    });
}

#[test]
fn memory_is_shared_by_the_connections_of_an_option_and_bounded() {
    run(async {
        let pool = Pool::new(1 << 20);
        let options = Options::new().pool(&pool);
        let (client, server) = pair("tcp://127.0.0.1:0", &options).await;
        let ((_, mut writer), (mut reader, _)) = (client.split(), server.split());
        let data = vec![1.0; 100_000];
        let message = body(&data);
        for _ in 0..3 {
            let (written, read) = tokio::join!(writer.write(&message), reader.read());
            written.unwrap();
            let read = read.unwrap().unwrap();
            assert_eq!(pool.held(), 0, "in use");
            drop(read);
            assert_eq!(pool.held(), 851_968, "800,000 bytes in steps of 64 KiB");
        }
        let large = vec![1.0; 200_000];
        let message = body(&large);
        let (_, read) = tokio::join!(writer.write(&message), reader.read());
        drop(read);
        assert_eq!(pool.held(), 851_968, "what is beyond the bound goes back to the system");
    });
}

#[test]
fn both_halves_work_at_once() {
    run(async {
        let (client, server) = pair("tcp://127.0.0.1:0", &Options::new()).await;
        async fn count(mut reader: CommReader) -> u64 {
            let mut n = 0;
            while let Some(message) = reader.read().await.unwrap() {
                n += data_of(&message).len() as u64;
            }
            n
        }
        let data = vec![1.0; 300_000];
        let mut tasks = Vec::new();
        for comm in [client, server] {
            let ((reader, mut writer), data) = (comm.split(), data.clone());
            tasks.push(tokio::spawn(async move {
                let write = async {
                    for _ in 0..20 {
                        writer.write(&body(&data)).await.unwrap();
                    }
                    writer.close().await.unwrap();
                };
                tokio::join!(count(reader), write).0
            }));
        }
        for task in tasks {
            assert_eq!(task.await.unwrap(), 20 * 300_000);
        }
    });
}

#[test]
fn a_codec_for_a_transport_of_ones_own() {
    run(async {
        let (ours, theirs) = duplex(1000);
        let data: Vec<f64> = (0..30_000).map(f64::from).collect();
        let writer = async {
            let mut sink = tokio_util::codec::FramedWrite::new(ours, FramesCodec::new(Limits::default()));
            for _ in 0..3 {
                sink.send(frames_core::write_message(&body(&data)).unwrap()).await.unwrap();
            }
            sink.close().await.unwrap();
        };
        let reader = async {
            let mut stream = tokio_util::codec::FramedRead::new(theirs, FramesCodec::new(Limits::default()));
            let mut n = 0;
            while let Some(frames) = next(&mut stream).await {
                let frames = frames.unwrap();
                assert_eq!(frames.get(2).unwrap().as_ptr().align_offset(64), 0);
                assert_eq!(data_of(&frames_core::read_message(frames).unwrap()), data);
                n += 1;
            }
            n
        };
        assert_eq!(tokio::join!(writer, reader).1, 3);

        let (mut ours, theirs) = duplex(1000);
        ours.write_all(&[1; 20]).await.unwrap();
        drop(ours);
        let mut stream = tokio_util::codec::FramedRead::new(theirs, FramesCodec::new(Limits::default()));
        assert!(next(&mut stream).await.unwrap().is_err(), "a message that is cut");
    });
}

#[cfg(unix)]
#[test]
fn a_listener_removes_its_own_socket_and_no_other() {
    run(async {
        let options = Options::new();
        let address = unix_path("own");
        let path = std::path::Path::new(address.trim_start_matches("unix://"));
        let first = Listener::bind(&address, &options).await.unwrap();
        assert_eq!(Listener::bind(&address, &options).await.unwrap_err().kind(), ErrorKind::AddrInUse);
        std::fs::remove_file(path).unwrap();
        let second = Listener::bind(&address, &options).await.unwrap();
        drop(first);
        let accept = async { second.accept().await?.handshake().await };
        let (client, server) = tokio::join!(connect(&address, &options), accept);
        assert!(client.is_ok() && server.is_ok(), "the path is that of the second");
        drop(second);
        assert!(!path.exists());
    });
}

#[test]
fn a_message_of_which_a_frame_was_taken_is_not_written() {
    run(async {
        let (mut client, mut server) = pair("tcp://127.0.0.1:0", &Options::new()).await;
        let mut frames: Frames<'_> = (0..3).map(|_| Frame::from("12345678")).collect();
        frames.take(0).unwrap();
        let error = client.write_frames(&frames).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let mut stream = Vec::new();
        assert!(frames_core::write_frames(&mut stream, &frames).is_err() && stream.is_empty());
        let data = vec![1.0];
        let (header, mut frames) = frames_core::serialize(&data).unwrap();
        frames.take(0).unwrap();
        assert!(frames_core::pack_value(header.clone(), &frames).is_err());
        let payload = Body::from(frames_core::Payload::from_parts(header, frames));
        inner(&client.write(&payload).await.unwrap_err());
        client.write(&"fine".into()).await.unwrap();
        assert_eq!(server.read().await.unwrap(), Some("fine".into()));
    });
}

#[test]
fn a_handshake_is_small_whatever_the_limits_are() {
    run(async {
        for words in [[16u64, 1, 1 << 30], [8 * 1001, 1000, 0]] {
            let (mut peer, ours) = duplex(1 << 16);
            peer.write_all(&words.map(u64::to_ne_bytes).concat()).await.unwrap();
            let error = Comm::over(ours, &Options::new()).await.unwrap_err();
            assert_eq!(inner(&error).kind(), frames_core::ErrorKind::Limit, "{error}");
        }
    });
}

/// The next item of a stream.
async fn next<S: futures_util::Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|context| std::pin::Pin::new(&mut *stream).poll_next(context)).await
}

#[test]
fn what_is_no_address_or_nobody_says_so() {
    run(async {
        let options = Options::new();
        for address in ["127.0.0.1:1", "ws://127.0.0.1:1", "tls://127.0.0.1:1"] {
            let error = connect(address, &options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert_eq!(Listener::bind(address, &options).await.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("tcp://{}", nobody.local_addr().unwrap());
        drop(nobody);
        assert_eq!(connect(&address, &options).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
}
