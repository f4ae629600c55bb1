//! Messages that are almost valid: cut, flipped and lied about, part by part. Each is an error that a person can use, or a value; on a
//! stack of 256 KiB, and in memory that its bytes and the limits have paid for.
//!
//! What a message of few bytes does to the reader is in `tests/messages.rs`; streams are in `tests/framing.rs`.

use allocation_counter::measure;
use frames_core::bytes::Bytes;
use frames_core::{
    AnyValue, Body, Codec, Decoder, Encoder, EnumMember, Error, ErrorKind, Frame, FrameSerialize, Frames, Header,
    Limits, Payload, Result, read_message, to_serialize, write_message,
};

// ---- the rules

/// What the compressed pieces of one payload may become.
const LIMIT: u64 = 64 << 10;
/// What one byte of a message may hold in memory: nil is one, and a place in a list that doubles while it grows.
const BYTES_PER_BYTE: u64 = 96;
/// What any message may hold: a codec has a state of its own, and a list reserves a little before its elements are looked at.
const BASE: u64 = 128 << 10;
/// A path of 64 levels, each cut, and a sentence.
const LONGEST_ERROR: usize = 64 * 100 + 2000;
/// Stands in the data, and never in an error.
const SECRET: &str = "Sesame-4711";

fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn decoder() -> Decoder {
    let mut limits = Limits::default();
    limits.decompressed_bytes = LIMIT;
    Decoder::new().limits(limits)
}

type Parts = Vec<Vec<u8>>;

fn received(parts: &[Vec<u8>]) -> Frames<'static> {
    parts.iter().map(|part| Frame::from(Bytes::copy_from_slice(part))).collect()
}

fn parts(frames: &Frames<'_>) -> Parts {
    frames.iter().map(|frame| frame.to_vec()).collect()
}

/// Reads a message and decodes all that is in it; a body that was read is written, and read again the same.
fn take(parts: &[Vec<u8>]) -> Result<Body<'static>> {
    let decoder = decoder();
    let body = decoder.read_message(received(parts))?;
    let again = parts_of(&body);
    let twice = decoder.read_message(received(&again)).expect("what was read can be written and read");
    // As text: NaN is not equal to itself.
    assert_eq!(format!("{twice:?}"), format!("{body:?}"));
    for payload in body.payloads() {
        payload.deserialize_with::<AnyValue>(&decoder)?;
    }
    Ok(body)
}

fn parts_of(body: &Body<'_>) -> Parts {
    parts(&write_message(body).expect("what was read can be written"))
}

/// The same, with an eye on the memory and on what the error says.
#[track_caller]
fn attack(parts: &[Vec<u8>], what: impl Fn() -> String) -> Result<Body<'static>> {
    let input: usize = parts.iter().map(|part| part.len() + size_of::<Bytes>()).sum();
    let mut result = None;
    let info = measure(|| result = Some(take(parts)));
    // Pieces become one frame, which may have moved while it grew; texts are made of it.
    let bound = BYTES_PER_BYTE * input as u64 + 4 * LIMIT + BASE;
    assert!(info.bytes_max <= bound, "{}: {} bytes held for {input}", what(), info.bytes_max);
    let result = result.unwrap();
    if let Err(error) = &result {
        let text = error.to_string();
        assert!(!text.is_empty() && text.len() < LONGEST_ERROR && !text.contains(SECRET), "{}: {text:.3000}", what());
    }
    result
}

#[track_caller]
fn refused(parts: &[Vec<u8>], what: &str) -> Error {
    attack(parts, || what.to_owned()).map(|body| panic!("{what} was accepted: {body:?}")).unwrap_err()
}

/// Refused, in words that tell what was wrong.
#[track_caller]
fn refused_as(parts: &[Vec<u8>], kind: ErrorKind, words: &[&str], what: &str) {
    let error = refused(parts, what);
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{what}: {text}");
    assert!(words.iter().all(|word| text.contains(word)), "{what}: {text}");
}

// ---- valid messages

fn texts(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("{SECRET}{}", i % 3)).collect()
}

/// A message of everything, around one payload that `encoder` cuts and compresses.
fn message<T: FrameSerialize>(encoder: &Encoder, data: &T) -> Parts {
    let member = EnumMember { name: "running".into(), module: "distributed.core".into(), class: "Status".into() };
    let body = Body::map([
        ("op", "put".into()),
        ("set", Body::Set(vec![1.into(), Body::List(vec!["a".into(), (-1).into()])])),
        ("status", member.into()),
        ("data", Body::List(vec![to_serialize(data).unwrap().into()])),
        ("keys", Body::Map(vec![(Body::List(vec![1.into()]), 0.5.into()), (Body::Nil, true.into())])),
        ("raw", Frame::from(&b"\x01\x02"[..]).into()),
    ]);
    parts(&encoder.write_message(&body).unwrap())
}

/// Whole, in many pieces, and in pieces of each codec: the smallest that one takes.
fn messages() -> Vec<(String, Parts)> {
    let mut all = vec![("whole".to_owned(), message(&Encoder::new(), &texts(3)))];
    all.push(("in pieces".to_owned(), message(&Encoder::new().shard(20), &vec![1u64; 9])));
    let numbers: Vec<u64> = (0..2500).map(|n| n / 50).collect();
    for codec in Codec::ALL {
        let parts = message(&Encoder::new().compression(codec).shard(10_000), &numbers);
        assert!(parts.len() == 4 && parts[2].len() + parts[3].len() < 2000, "{codec}");
        all.push((format!("in pieces of {codec}"), parts));
    }
    all
}

/// From where on a frame is worth an attack: the bodies of all messages are one, and codecs are spoken of where a header ends.
fn worth(parts: &[Vec<u8>], frame: usize, name: &str) -> usize {
    match frame {
        _ if !name.contains(" of ") => 0,
        0 => parts[0].len(),
        1 => parts[1].len().saturating_sub(90),
        _ => 0,
    }
}

#[test]
fn the_messages_themselves_are_valid() {
    for (name, parts) in messages() {
        let body = attack(&parts, || name.clone()).unwrap();
        assert_eq!(body.payloads().len(), 1, "{name}");
        assert_eq!(parts_of(&body), parts, "{name}");
        println!("{name}: {:?}", parts.iter().map(Vec::len).collect::<Vec<_>>());
    }
}

#[test]
fn a_message_cut_at_any_byte_of_any_frame_is_an_error() {
    let messages = messages();
    on_a_small_stack(|| {
        for (name, parts) in messages {
            for frame in 0..parts.len() {
                for cut in worth(&parts, frame, &name)..parts[frame].len() {
                    let mut bad = parts.clone();
                    bad[frame].truncate(cut);
                    refused(&bad, &format!("{name}, frame {frame} cut at {cut}"));
                }
            }
        }
    });
}

#[test]
fn a_message_with_any_byte_flipped_is_an_error_or_a_value() {
    let messages = messages();
    on_a_small_stack(|| {
        let (mut errors, mut values) = (0, 0);
        for (name, parts) in messages {
            for frame in 0..parts.len() {
                for at in worth(&parts, frame, &name)..parts[frame].len() {
                    // All values where a header or a body starts: its keys, its counts, its placeholders.
                    let all = at < 64 && (frame == 0 && name == "whole" || frame == 1 && name == "in pieces");
                    let masks = if all { (1..=255).collect() } else { vec![0x01, 0x10, 0x80, 0xff] };
                    for mask in masks {
                        let mut bad = parts.clone();
                        bad[frame][at] ^= mask;
                        match attack(&bad, || format!("{name}, frame {frame}, byte {at} ^ {mask:#x}")) {
                            Ok(_) => values += 1,
                            Err(_) => errors += 1,
                        }
                    }
                }
            }
        }
        println!("{errors} errors, {values} values");
        assert!(errors > 10_000 && values > 1000, "{errors} errors, {values} values");
    });
}

// ---- lies

/// A msgpack map of placeholders' form.
fn placeholder(name: &str, index: &[u8]) -> Vec<u8> {
    [&[0x81, 0xa0 | name.len() as u8], name.as_bytes(), index].concat()
}

#[test]
fn a_placeholder_that_is_no_index_of_a_header_is_named() {
    on_a_small_stack(|| {
        let valid = message(&Encoder::new().shard(20), &texts(3));
        for name in ["__Serialized__", "__Pickled__"] {
            for (index, kind, words) in [
                (&b"\x00"[..], ErrorKind::FrameCount, &["frame 0", "frames"][..]),
                (b"\xcf\x80\0\0\0\0\0\0\0", ErrorKind::FrameCount, &["frame 9223372036854775808"]),
                (b"\xcf\0\0\0\x01\0\0\0\0", ErrorKind::FrameCount, &["frame 4294967296"]),
                (b"\xff", ErrorKind::Mismatch, &["a count", "-1"]),
                (b"\xd3\x80\0\0\0\0\0\0\0", ErrorKind::Mismatch, &["a count"]),
                (b"\xcb\x3f\xf0\0\0\0\0\0\0", ErrorKind::Mismatch, &["a count"]),
                (b"\xc0", ErrorKind::Mismatch, &["a count", "None"]),
                (b"\xa1\x31", ErrorKind::Mismatch, &["a count", "text"]),
                (b"\x91\x01", ErrorKind::Mismatch, &["a count", "a list"]),
            ] {
                let mut bad = valid.clone();
                bad[0] = placeholder(name, index);
                refused_as(&bad, kind, &[words, &[name]].concat(), &format!("{name} {index:x?}"));
            }
            // A piece is data, whatever it looks like.
            for index in 2..valid.len() as u8 {
                let mut bad = valid.clone();
                bad[0] = placeholder(name, &[index]);
                let error = refused(&bad, "a placeholder of a piece");
                assert_eq!(error.path(), format!("[\"{name}\"][{index}]"), "{error}");
            }
        }
    });
}

/// A message of one payload whose header is made of these.
fn with_header(entries: &[&[u8]], pieces: &[&[u8]]) -> Parts {
    let header = [&[0x80 | entries.len() as u8], &entries.concat()[..]].concat();
    let first = placeholder("__Serialized__", &[1]);
    [first, header].into_iter().chain(pieces.iter().map(|piece| piece.to_vec())).collect()
}

#[test]
fn a_count_of_pieces_that_are_not_there_is_no_reason_to_make_room() {
    let count = |n: &[u8]| with_header(&[&[b"\xaenum-sub-frames", n].concat()], &[b"a", b"b"]);
    for n in [&b"\x03"[..], b"\xcf\x10\0\0\0\0\0\0\0", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"] {
        refused_as(&count(n), ErrorKind::FrameCount, &["frames behind a header", "found 2"], "too many pieces");
    }
    refused_as(&count(b"\x01"), ErrorKind::FrameCount, &["frame 3 of a message of 4", "no payload"], "too few pieces");
    for n in [&b"\xff"[..], b"\xc0", b"\xa1\x32", b"\x91\x02", b"\xcb\x40\0\0\0\0\0\0\0"] {
        let error = refused(&count(n), "a count that is none");
        assert!(error.to_string().contains("num-sub-frames"), "{error}");
    }
    let none = with_header(&[b"\xa1a\xc0"], &[b"a", b"b"]);
    refused_as(&none, ErrorKind::MissingField, &["num-sub-frames"], "no count");
}

/// The header of a list of texts, in `pieces` pieces that are said to lie so.
fn split(said: &[(&str, &str)], pieces: usize) -> Parts {
    let data = texts(2);
    let payload = to_serialize(&data).unwrap();
    let mut header = payload.header().clone();
    for (key, json) in said {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        header.insert(key, &value).unwrap();
    }
    header.insert("num-sub-frames", &pieces).unwrap();
    let frames = std::iter::repeat_n(payload.frames().get(0).unwrap().to_vec(), pieces);
    [placeholder("__Serialized__", &[1]), header.into_bytes()].into_iter().chain(frames).collect()
}

#[test]
fn pieces_that_overlap_or_lack_or_go_back_are_refused() {
    let (counts, offsets, codecs) = ("split-num-sub-frames", "split-offsets", "compression");
    use ErrorKind::{FrameCount, Invalid, Unsupported};
    assert!(take(&split(&[(counts, "[1]"), (offsets, "[0]"), (codecs, "[null]")], 1)).is_ok());
    for (said, pieces, kind, words) in [
        (&[(counts, "[2, 2]"), (offsets, "[0, 1]")][..], 3, FrameCount, &["pieces 1..3", "do not follow piece 2"][..]),
        (&[(counts, "[1, 1]"), (offsets, "[1, 0]")], 2, FrameCount, &["pieces 1..2", "do not follow piece 0"]),
        (&[(counts, "[1, 1]"), (offsets, "[0, 0]")], 2, FrameCount, &["pieces 0..1", "do not follow piece 1"]),
        (&[(counts, "[1, 1]"), (offsets, "[0, 2]")], 3, FrameCount, &["pieces 2..3", "do not follow piece 1"]),
        (&[(counts, "[3]"), (offsets, "[0]")], 2, FrameCount, &["pieces 0..3", "of 2"]),
        (&[(counts, "[1]"), (offsets, "[0]")], 2, FrameCount, &["expected 1 pieces", "found 2"]),
        (&[(counts, "[]"), (offsets, "[]")], 1, FrameCount, &["expected 0 pieces", "found 1"]),
        (&[(counts, "[18446744073709551615]"), (offsets, "[0]")], 1, FrameCount, &["pieces 0..18446744073709551615"]),
        (&[(counts, "[1]"), (offsets, "[9223372036854775808]")], 1, FrameCount, &["pieces 9223372036854775808"]),
        (&[(counts, "[1, 1]"), (offsets, "[0]")], 2, Invalid, &["2 frames have 1 offsets"]),
        (&[(counts, "[1]")], 1, Invalid, &[counts, "without", offsets]),
        (&[(offsets, "[0]")], 1, Invalid, &[offsets, "without", counts]),
        (&[(codecs, "[null]")], 2, FrameCount, &["1 pieces", "codec", "found 2"]),
        (&[(codecs, "[]")], 1, FrameCount, &["0 pieces", "codec", "found 1"]),
        (&[(codecs, "[null, null]")], 1, FrameCount, &["2 pieces", "codec", "found 1"]),
        (&[(codecs, "[\"lzma\"]")], 1, Unsupported, &["\"lzma\"", "lz4, zlib, zstd and snappy"]),
        (&[(codecs, "[\"\"]")], 1, Unsupported, &["no codec \"\""]),
        (&[(codecs, "[\"LZ4\"]")], 1, Unsupported, &["\"LZ4\""]),
    ] {
        refused_as(&split(said, pieces), kind, words, &format!("{said:?}"));
    }
    for said in
        [(counts, "[-1]"), (counts, "5"), (counts, "[null]"), (offsets, "[\"a\"]"), (codecs, "[5]"), (codecs, "{}")]
    {
        let other = if said.0 == counts { (offsets, "[0]") } else { (counts, "[1]") };
        let error = refused(&split(&[said, other], 1), &format!("{said:?}"));
        assert!(error.kind() != ErrorKind::Limit, "{error}");
    }
    // A key is the same key, however wide its length is written.
    let mut wide = split(&[(codecs, "[\"lzma\"]")], 1);
    let at = wide[1].windows(12).position(|w| w == b"\xabcompression").unwrap();
    wide[1].splice(at..=at, *b"\xd9\x0b");
    refused_as(&wide, Unsupported, &["lzma"], "a wide key");
    let long = format!("[{:?}]", "x".repeat(10_000));
    let error = refused(&split(&[(codecs, &long)], 1), "a codec with a name of 10 kB");
    assert!(error.to_string().len() < 200, "{error}");
}

// ---- bombs

/// A message of one byte string in pieces of a codec, which nobody has compressed here.
fn pieces_of(codec: &str, pieces: &[Vec<u8>]) -> Parts {
    let (header, _) = frames_core::serialize(&Bytes::new()).unwrap();
    let header = header
        .with("split-num-sub-frames", &[pieces.len()])
        .and_then(|header| header.with("split-offsets", &[0]))
        .and_then(|header| header.with("compression", &vec![codec; pieces.len()]))
        .and_then(|header| header.with("num-sub-frames", &pieces.len()))
        .unwrap();
    [placeholder("__Serialized__", &[1]), header.into_bytes()].into_iter().chain(pieces.iter().cloned()).collect()
}

/// Bytes as a piece of a codec, to which they must be worth it.
fn piece(codec: Codec, bytes: &Vec<u8>) -> Vec<u8> {
    let body = Body::from(to_serialize(bytes).unwrap());
    let piece = Encoder::new().compression(codec).write_message(&body).unwrap().get(2).unwrap().to_vec();
    assert!(piece.len() < bytes.len(), "{codec}");
    piece
}

fn zeros(codec: Codec, len: usize) -> Vec<u8> {
    piece(codec, &vec![0; len])
}

#[track_caller]
fn bytes_of(parts: &[Vec<u8>], limit: u64) -> (Result<Vec<u8>>, u64) {
    let mut limits = Limits::default();
    limits.decompressed_bytes = limit;
    let decoder = Decoder::new().limits(limits);
    let payload = decoder.read_message(received(parts)).unwrap().payloads()[0].clone();
    let mut result = None;
    let info = measure(|| result = Some(payload.deserialize_with::<Bytes>(&decoder)));
    (result.unwrap().map(|bytes| bytes.to_vec()), info.bytes_max)
}

#[test]
fn a_limit_on_what_pieces_become_is_exact_and_counts_all_of_them() {
    for codec in Codec::ALL {
        for pieces in [1, 3] {
            let parts = pieces_of(codec.name(), &vec![zeros(codec, 50_000); pieces]);
            let all = 50_000 * pieces;
            let (bytes, held) = bytes_of(&parts, all as u64);
            assert_eq!(bytes.unwrap().len(), all, "{codec}: as many as the limit");
            assert!(held < 4 * all as u64 + BASE, "{codec}: {held}");
            let (error, held) = bytes_of(&parts, all as u64 - 1);
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Limit, "{codec}: one more than the limit");
            assert!(held < 4 * all as u64 + BASE, "{codec}: {held}");
        }
        // Whatever stands at the end of a stream when the room is full.
        for len in 20_000..20_040 {
            let bytes: Vec<u8> = (0..len).map(|i: usize| ((i * i) >> 9) as u8 & 0x3f).collect();
            let parts = pieces_of(codec.name(), &[piece(codec, &bytes)]);
            assert_eq!(bytes_of(&parts, len as u64).0.unwrap(), bytes, "{codec}");
            assert_eq!(bytes_of(&parts, len as u64 - 1).0.unwrap_err().kind(), ErrorKind::Limit, "{codec}");
        }
        // A thousand small ones: each is within the limit.
        let parts = pieces_of(codec.name(), &vec![zeros(codec, 20_000); 1000]);
        let (error, held) = bytes_of(&parts, 100_000);
        let error = error.unwrap_err();
        assert!(error.kind() == ErrorKind::Limit && error.to_string().contains("decompressed_bytes"), "{error}");
        // The pieces themselves are listed, each with its codec.
        assert!(held < 4 * 100_000 + 1000 * 128 + BASE, "{codec}: {held}");
    }
}

#[test]
fn a_piece_that_boasts_is_refused_before_there_is_room_for_it() {
    for (codec, piece, kind) in [
        // A length of 4 GiB in front of a few bytes, and of 16 MiB in front of as many as could make them.
        ("lz4", b"\xff\xff\xff\xff\x1f\0\x01\0\xff".to_vec(), ErrorKind::Invalid),
        ("lz4", [&b"\0\0\0\x01"[..], &[0xff; 70_000]].concat(), ErrorKind::Limit),
        ("snappy", b"\xff\xff\xff\xff\x0f\0a".to_vec(), ErrorKind::Invalid),
        ("snappy", [&b"\x80\x80\x80\x08"[..], &[0xfe; 300_000]].concat(), ErrorKind::Limit),
        // A window of 128 MiB, of which nothing is needed; 2 EiB of content in a single segment; a window of 2 TiB.
        ("zstd", b"\x28\xb5\x2f\xfd\x00\x88\x01\0\0".to_vec(), ErrorKind::Limit),
        ("zstd", b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\0\0\x20\x01\0\0".to_vec(), ErrorKind::Limit),
        ("zstd", b"\x28\xb5\x2f\xfd\x00\xff\x01\0\0".to_vec(), ErrorKind::Limit),
    ] {
        let (error, held) = bytes_of(&pieces_of(codec, &[piece]), 1 << 20);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), kind, "{codec}: {error}");
        assert!(
            error.to_string().contains(if kind == ErrorKind::Limit { "decompressed_bytes" } else { codec }),
            "{error}"
        );
        assert!(held < BASE, "{codec}: {held}");
    }
    // Blocks of zstd that repeat one byte: four bytes that become 128 KiB, a thousand times.
    let mut bomb = b"\x28\xb5\x2f\xfd\0\x38".to_vec();
    bomb.extend_from_slice(&b"\x02\0\x10\0".repeat(1000));
    let (error, held) = bytes_of(&pieces_of("zstd", &[bomb]), 1 << 20);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Limit);
    assert!(held < 4 << 20, "{held}");
}

#[test]
fn a_payload_inside_of_a_body_has_the_limits_of_any_other() {
    let outside = pieces_of("zlib", &[zeros(Codec::Zlib, 1 << 20)]);
    let mut first = b"\x82\xae__Serialized__\xc3\xa4data\x92".to_vec();
    first.extend_from_slice(&outside[1]);
    first.extend_from_slice(b"\x91\xc5");
    first.extend_from_slice(&(outside[2].len() as u16).to_be_bytes());
    first.extend_from_slice(&outside[2]);
    let (bytes, _) = bytes_of(&[first.clone()], 1 << 20);
    assert_eq!(bytes.unwrap().len(), 1 << 20);
    let (error, held) = bytes_of(&[first.clone()], LIMIT);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Limit);
    assert!(held < 4 * LIMIT + BASE, "{held}");
    // It holds a message that names itself: bytes like any other, which nobody opens.
    let inner = placeholder("__Serialized__", &[1]);
    let header = Header::from_bytes(placeholder("__Serialized__", &[1])).unwrap();
    let mut cycle = b"\x82\xae__Serialized__\xc3\xa4data\x92".to_vec();
    cycle.extend_from_slice(header.as_bytes());
    cycle.extend_from_slice(&[0x91, 0xc4, inner.len() as u8]);
    cycle.extend_from_slice(&inner);
    let body = read_message(received(&[cycle.clone()])).unwrap();
    assert_eq!(parts_of(&body), [cycle]);
    assert!(body.payloads()[0].deserialize_any().is_err());
    // A header that names itself, as a payload.
    let own = with_header(&[&placeholder("__Serialized__", &[1])[1..], b"\xaenum-sub-frames\0"], &[]);
    assert_eq!(parts_of(&read_message(received(&own)).unwrap()), own);
}

#[test]
fn depth_ends_at_the_limit_wherever_it_is() {
    on_a_small_stack(|| {
        const DEEP: usize = 100_000;
        let nested =
            |open: &[u8], inner: &[u8], close: &[u8]| [open.repeat(DEEP), inner.to_vec(), close.repeat(DEEP)].concat();
        for (what, first) in [
            ("keys that are lists", [&b"\x81"[..], &nested(b"\x91", b"\xc0", b""), b"\xc0"].concat()),
            ("keys that are maps", nested(b"\x81", b"\xc0", b"\xc0")),
            ("sets in keys", nested(b"\x81\x82\xa7__Set__\xc3\xa7as-list\x91", b"\xc0", b"\xc0")),
            ("lists in sets", nested(b"\x82\xa7__Set__\xc3\xa7as-list\x91\x91", b"\xc0", b"")),
        ] {
            refused_as(&[first], ErrorKind::Limit, &["depth"], what);
        }
        // In the header of a payload nothing follows it but the one who wants the value.
        for open in [&b"\x91"[..], b"\x81\xa1a"] {
            let deep = [b"\xa1x", &nested(open, b"\xc0", b"")[..]].concat();
            let parts = with_header(&[&deep, b"\xaenum-sub-frames\0"], &[]);
            let body = read_message(received(&parts)).unwrap();
            assert!(parts_of(&body) == parts, "forwarded");
            assert!(body.payloads()[0].deserialize_any().is_err());
            assert!(body.payloads()[0].deserialize::<Vec<String>>().is_err());
            assert!(!format!("{body:?}").is_empty());
        }
    });
}

#[test]
fn a_reserved_key_anywhere_in_a_map_is_an_error_that_names_it() {
    for name in ["__Serialized__", "__Pickled__", "__Set__", "__Enum__"] {
        let key = [&[0xa0 | name.len() as u8], name.as_bytes()].concat();
        let wide = [&[0xd9, name.len() as u8], name.as_bytes()].concat();
        for (what, first) in [
            ("behind another key", [b"\x82\xa1a\x01", &key[..], b"\xc3"].concat()),
            ("twice", [b"\x82", &key[..], b"\xc3", &key, b"\xc3"].concat()),
            ("with false", [b"\x82", &key[..], b"\xc2\xa7as-list\x90"].concat()),
            ("with its like behind it", [b"\x82\xa7as-list\x90", &key[..], b"\xc3"].concat()),
            ("with one key more", [b"\x83", &key[..], b"\xc3\xa7as-list\x90\xa1a\xc0"].concat()),
            ("in a map that is a key", [b"\x81\x82\xa1a\xc0", &key[..], b"\xc3\xc0"].concat()),
            ("in a wider form", [b"\x81", &wide[..], b"\xa1a"].concat()),
            ("in a set", [b"\x82\xa7__Set__\xc3\xa7as-list\x91\x82\xa1a\xc0", &key[..], b"\xc3"].concat()),
        ] {
            let error = refused(&[first], what);
            assert!(error.to_string().contains(name), "{name} {what}: {error}");
        }
    }
}

#[test]
fn many_small_things_hold_no_more_than_their_bytes_pay_for() {
    let many = |n: u32, item: &[u8]| [&[0xdd], &n.to_be_bytes()[..], &item.repeat(n as usize)].concat();
    let enums = b"\x84\xa8__Enum__\xc3\xa4name\xa0\xaa__module__\xa0\xa8__name__\xa0";
    for (what, item) in [
        ("nils", &b"\xc0"[..]),
        ("lists", b"\x90"),
        ("lists of one", b"\x91\xc0"),
        ("lists in lists", b"\x91\x91\x91\x91\x90"),
        ("maps", b"\x80"),
        ("maps of one", b"\x81\xc0\xc0"),
        ("byte strings", b"\xc4\0"),
        ("texts", b"\xa0"),
        ("texts of one", b"\xa1a"),
        ("sets", b"\x82\xa7__Set__\xc3\xa7as-list\x90"),
        ("enums", enums),
        ("payloads inside", b"\x82\xae__Serialized__\xc3\xa4data\x92\x80\x90"),
        ("payloads inside with frames", b"\x82\xae__Serialized__\xc3\xa4data\x92\x80\x94\xc4\0\xc4\0\xc4\0\xc4\0"),
    ] {
        let first = many(65_537, item);
        let (input, mut read) = (first.len() as u64, None);
        let frames = received(&[first]);
        let info = measure(|| read = Some(read_message(frames)));
        let held = info.bytes_max as f64 / input as f64;
        println!("{what}: {held:.1} bytes a byte");
        assert!(info.bytes_max <= BYTES_PER_BYTE * input + BASE, "{what}: {held:.1} bytes a byte");
        assert_eq!(read.unwrap().unwrap().as_list().map(<[_]>::len), Some(65_537));
    }
    // Frames of nothing: a message of many payloads without pieces.
    let header = b"\x81\xaenum-sub-frames\0".to_vec();
    let first = [
        &[0xdd],
        &20_000u32.to_be_bytes()[..],
        &(1..=20_000u32)
            .flat_map(|n| placeholder("__Serialized__", &[&[0xce], &n.to_be_bytes()[..]].concat()))
            .collect::<Vec<_>>(),
    ]
    .concat();
    let parts: Parts = std::iter::once(first).chain(std::iter::repeat_n(header, 20_000)).collect();
    let (input, frames) = (parts.iter().map(|part| part.len() as u64 + 8).sum::<u64>(), received(&parts));
    let info = measure(|| assert_eq!(read_message(frames).unwrap().payloads().len(), 20_000));
    assert!(info.bytes_max <= BYTES_PER_BYTE * input, "{} of {input}", info.bytes_max);
}

// ---- what Dask leaves behind

#[test]
fn payloads_that_nobody_names_are_passed_over_and_any_other_frame_is_an_error() {
    let whole = message(&Encoder::new().shard(20), &texts(3));
    let pieces = whole.len() - 2;
    // Dask's fallback to pickles: the payloads of the first attempt, and then those that are named.
    let body = [&b"\x81\xae__Serialized__"[..], &[whole.len() as u8]].concat();
    let with = |dead: &[Vec<u8>]| -> Parts { [&[body.clone()][..], dead, &whole[1..]].concat() };
    let read = take(&with(&whole[1..])).unwrap();
    assert_eq!(read.payloads().len(), 1);
    assert_eq!(parts_of(&read)[1..], whole[1..], "what was named, and nothing else");
    for piece in 1..=pieces {
        // The same number of frames, and one of them too few or in the wrong place.
        let mut dead = whole[1..].to_vec();
        dead.swap(0, piece);
        refused_as(&with(&dead), ErrorKind::FrameCount, &["frame 1 ", "no payload"], "a header behind its pieces");
    }
    let mut boasts = whole[1..].to_vec();
    let at = boasts[0].len() - 1;
    boasts[0][at] += 1;
    refused_as(&with(&boasts), ErrorKind::FrameCount, &["frame 1 ", "no payload"], "pieces of one that is named");
    boasts[0][at] -= 2;
    refused_as(&with(&boasts), ErrorKind::FrameCount, &["no payload"], "a piece too many");
    // Behind those that are named there may be more of them, of pickles too.
    let pickled = b"\x82\xabpickled-obj\xc4\x04\x80\x05N.\xaenum-sub-frames\0".to_vec();
    let mut more = message(&Encoder::new(), &texts(3));
    more.push(pickled);
    assert_eq!(take(&more).unwrap().payloads().len(), 1);
    more.push(b"\x80".to_vec());
    refused_as(&more, ErrorKind::FrameCount, &["no payload"], "a header that counts nothing");
}

#[test]
fn a_payload_that_cannot_be_decoded_can_still_be_forwarded() {
    for (name, parts) in messages() {
        let mut bad = parts.clone();
        let last = bad.len() - 1;
        bad[last] = b"garbage".to_vec();
        let body = decoder().read_message(received(&bad)).unwrap();
        let payload: &Payload<'_> = body.payloads()[0];
        assert!(payload.deserialize_with::<AnyValue>(&decoder()).is_err(), "{name}");
        assert_eq!(parts_of(&body), bad, "{name}");
    }
}
