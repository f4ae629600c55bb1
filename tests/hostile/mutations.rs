//! Valid values of every type, cut, flipped, and with lengths and frames that lie.

use super::*;

#[test]
fn honest_values_pass() {
    on_a_small_stack(|| {
        for case in cases() {
            case.attack().unwrap_or_else(|e| panic!("{}: {e}", case.name));
        }
    });
}

#[test]
fn a_header_that_is_cut_anywhere_is_an_error() {
    on_a_small_stack(|| {
        for case in cases() {
            for cut in 0..case.header.len() {
                Case { header: case.header[..cut].to_vec(), ..case.clone() }
                    .must_fail(&format!("{cut} bytes of header"));
            }
            let mut longer = case.clone();
            longer.header.push(0xc0);
            longer.must_fail("a byte behind the header");
        }
    });
}

#[test]
fn a_flipped_bit_is_an_error_or_another_value_and_never_more() {
    on_a_small_stack(|| {
        for mut case in cases() {
            for at in 0..case.header.len() {
                for bit in 0..8 {
                    case.header[at] ^= 1 << bit;
                    let _ = case.attack();
                    case.header[at] ^= 1 << bit;
                }
            }
            for index in 0..case.frames.len() {
                let honest = case.frames[index].clone();
                for at in 0..honest.len().min(64) {
                    for bit in 0..8 {
                        let mut frame = honest.to_vec();
                        frame[at] ^= 1 << bit;
                        case.frames[index] = frame.into();
                        let _ = case.attack();
                    }
                }
                case.frames[index] = honest;
            }
        }
    });
}

/// Markers of msgpack with lengths that nothing follows, and other bytes that parsers trip over.
const NASTY: [&[u8]; 9] = [
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xdb\x7f\xff\xff\xff",
    b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xd3\x80\0\0\0\0\0\0\0",
    b"\xc0",
    b"\xc1",
    b"\x9f",
];

/// Every place of what is short, and some of what is long.
fn places(len: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by(1 + len / 400)
}

#[test]
fn lengths_that_lie_are_found_before_they_are_believed() {
    on_a_small_stack(|| {
        for case in cases() {
            for at in places(case.header.len()) {
                for nasty in NASTY {
                    // In the place of one byte, and of as many as it has.
                    for until in [at + 1, (at + nasty.len()).min(case.header.len())] {
                        let mut header = case.header.clone();
                        header.splice(at..until, nasty.iter().copied());
                        let _ = Case { header, ..case.clone() }.attack();
                    }
                }
            }
            for index in 0..case.frames.len() {
                for at in 0..case.frames[index].len().min(32) {
                    for nasty in NASTY {
                        let mut hostile = case.clone();
                        let mut frame = hostile.frames[index].to_vec();
                        frame.splice(at..at + 1, nasty.iter().copied());
                        hostile.frames[index] = frame.into();
                        let _ = hostile.attack();
                    }
                }
            }
        }
    });
}

#[test]
fn frames_that_are_missing_or_too_many_are_an_error() {
    on_a_small_stack(|| {
        for case in cases() {
            for index in 0..case.frames.len() {
                let mut fewer = case.clone();
                fewer.frames.remove(index);
                fewer.must_fail(&format!("frame {index} dropped"));
                let mut doubled = case.clone();
                doubled.frames.insert(index, doubled.frames[index].clone());
                doubled.must_fail(&format!("frame {index} doubled"));
            }
            let mut more = case.clone();
            more.frames.push(Bytes::from_static(b"more"));
            more.must_fail("a frame more");
            let none = Case { frames: Vec::new(), ..case.clone() };
            if !case.frames.is_empty() {
                none.must_fail("no frames");
            }
            for index in 1..case.frames.len() {
                let mut swapped = case.clone();
                swapped.frames.swap(index - 1, index);
                let _ = swapped.attack();
            }
        }
    });
}

#[test]
fn a_frame_of_another_length_is_an_error_where_the_header_knows_it() {
    on_a_small_stack(|| {
        for case in cases() {
            for index in 0..case.frames.len() {
                let mut longer = case.clone();
                let mut frame = longer.frames[index].to_vec();
                frame.push(0xc0);
                longer.frames[index] = frame.into();
                let mut shorter = case.clone();
                if case.frames[index].is_empty() {
                    let _ = longer.attack();
                    continue;
                }
                shorter.frames[index] = case.frames[index].slice(..case.frames[index].len() - 1);
                let (longer, shorter) = (longer.attack(), shorter.attack());
                // Nothing tells the length of bytes but the frame itself; everything else knows it.
                if !holds_bytes(&case) {
                    assert!(longer.is_err() && shorter.is_err(), "{} frame {index}", case.name);
                }
            }
        }
    });
}

fn holds_bytes(case: &Case) -> bool {
    // The class reference of `bytes` or `bytearray`.
    case.header.windows(6).any(|w| w == b"\x05bytes") || case.header.windows(10).any(|w| w == b"\x09bytearray")
}

#[test]
fn a_byte_string_that_is_cut_or_flipped_is_an_error_or_another_value() {
    on_a_small_stack(|| {
        for case in cases() {
            let header = Header::from_bytes(case.header.clone()).unwrap();
            let blob = pack_value(header, &Frames::from(case.frames.clone())).unwrap();
            for cut in places(blob.len().min(3000)) {
                attack_blob(&blob[..cut]).unwrap_err();
            }
            for at in places(blob.len().min(3000)) {
                let mut flipped = blob.clone();
                for bit in [0, 7] {
                    flipped[at] ^= 1 << bit;
                    let _ = attack_blob(&flipped);
                    flipped[at] ^= 1 << bit;
                }
            }
        }
    });
}

#[track_caller]
fn attack_blob(bytes: &[u8]) -> Result<()> {
    let blob = Bytes::copy_from_slice(bytes);
    let mut result = None;
    let info = measure(|| {
        let _ = unpack_frames(&blob).inspect_err(check);
        let _ = unpack_frames_ref(&blob).inspect_err(check);
        let _ = deserialize_bytes::<Sample>(&blob).inspect_err(check);
        let _ = deserialize_bytes::<Vec<Row>>(&blob).inspect_err(check);
        result = Some(unpack_value(&blob).and_then(|(header, frames)| deserialize_any(&header, frames)).map(drop));
    });
    assert!(info.bytes_max <= BYTES_PER_BYTE * bytes.len() as u64 + BASE, "{info:?} for {} bytes", bytes.len());
    result.unwrap().inspect_err(check)
}

#[test]
fn a_prelude_that_lies_is_an_error() {
    let packed = pack_frames(&[&b"abc"[..], b"", b"defgh"]);
    for lie in [0, 1, 6, 1 << 24, 1 << 32, 1 << 60, 1 << 61, 1 << 63, u64::MAX] {
        for word in 0..4 {
            let mut bad = packed.clone();
            bad[word * 8..word * 8 + 8].copy_from_slice(&u64::to_ne_bytes(lie));
            if bad == packed {
                continue;
            }
            let info = measure(|| check(&unpack_frames(&Bytes::copy_from_slice(&bad)).unwrap_err()));
            assert!(info.bytes_max < 4096, "{info:?}");
        }
    }
}
