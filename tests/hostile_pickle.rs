//! Pickles made to hurt: read in one pass and in memory in proportion to their size, at any depth, on a small stack.

#[path = "hostile_pickle/shared.rs"]
mod shared;

use allocation_counter::measure;
use frames_core::ErrorKind;
use frames_pickle::{Buffer, Graph, Node, Reader, read};
use std::fmt::Write;
use std::time::{Duration, Instant};

const MILLION: usize = 1_000_000;
/// Of what is tried in many forms.
const N: usize = 100_000;
/// Bytes of memory for each byte of a pickle, and for each pickle.
const PER_BYTE: u64 = 32;
const SLACK: u64 = 1 << 20;

/// Reads within the bound; the most memory in use at once beside it.
#[track_caller]
fn within<'a>(name: &str, reader: &Reader<'_>, pickle: &'a [u8]) -> frames_core::Result<Graph<'a>> {
    let mut result = None;
    let start = Instant::now();
    let info = measure(|| result = Some(reader.read(pickle)));
    let took = start.elapsed();
    let ratio = info.bytes_max as f64 / pickle.len() as f64;
    println!("{name:40} {:>9} bytes: {:>11} in use, {ratio:6.2} a byte, {took:?}", pickle.len(), info.bytes_max);
    assert!(info.bytes_max <= PER_BYTE * pickle.len() as u64 + SLACK, "{name}: {info:?} for {} bytes", pickle.len());
    // A hundred times what it takes without optimization, for a busy machine.
    assert!(took < Duration::from_secs(2 + pickle.len() as u64 / 20_000), "{name}: {took:?}");
    result.unwrap()
}

#[track_caller]
fn good(name: &str, pickle: &[u8]) {
    let reader = Reader::new();
    let graph = within(name, &reader, pickle).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(graph == graph.clone(), "{name}");
    // No more than what is named, by 200 characters each.
    let mut shown = Shown(0);
    write!(shown, "{graph:?}").unwrap();
    assert!(shown.0 <= 300 * pickle.len() + 100, "{name}: {} bytes are shown", shown.0);
}

#[track_caller]
fn bad(name: &str, pickle: &[u8], kind: ErrorKind) {
    let error = within(name, &Reader::new(), pickle).err().unwrap_or_else(|| panic!("{name}"));
    assert_eq!(error.kind(), kind, "{name}: {error}");
    assert!(error.to_string().len() < 300, "{name}");
}

/// Counts what is printed.
struct Shown(usize);

impl Write for Shown {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

fn cat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn what_breaks_others() {
    good("DUP TUPLE2", &cat(&[b"N", &b"2\x86".repeat(26), b"."]));
    let doubled: Vec<u8> = (0..26).flat_map(|n| [b'h', n, b'h', n, 0x86, b'q', n + 1]).collect();
    good("BINGET BINGET TUPLE2 BINPUT", &cat(&[b"Nq\0", &doubled, b"."]));
    good("3000 of one list of 3000", &cat(&[b"](](", &b"K\x07".repeat(3000), b"e\x94", &b"h\0".repeat(2999), b"e."]));
    good("nested lists", &cat(&[&b"]".repeat(MILLION), &b"a".repeat(MILLION - 1), b"."]));
    good("nested lists, 20000", &cat(&[&b"(".repeat(20_000), &b"l".repeat(20_000), b"."]));
    good("nested lists by LIST", &cat(&[&b"(".repeat(MILLION), &b"l".repeat(MILLION), b"."]));
    good("TUPLE1", &cat(&[b"N", &b"\x85".repeat(MILLION), b"."]));
    within("NONE", &Reader::new(), &cat(&[&b"N".repeat(10 * MILLION), b"."])).unwrap();
    good("LONG_BINPUT", b"Nr\xff\xff\xff\xff.");
    bad("MARK", &cat(&[&b"(".repeat(MILLION), b"."]), ErrorKind::Invalid);
    good("MARK of nothing", &cat(&[&b"(".repeat(MILLION), b"N."]));
    for code in [0x8d, 0x8e, 0x96] {
        bad("2^40 bytes", &[&[code][..], &(1u64 << 40).to_le_bytes(), b"abc."].concat(), ErrorKind::Truncated);
        bad("2^64 bytes", &[&[code][..], &u64::MAX.to_le_bytes(), b"abc."].concat(), ErrorKind::Truncated);
    }
    for code in *b"BX\x8bT" {
        bad("2^31 bytes", &[&[code][..], &i32::MAX.to_le_bytes(), b"abc."].concat(), ErrorKind::Truncated);
    }
    bad("a frame", b"\x95\0\0\0\0\0\0\0\x40N.", ErrorKind::Truncated);
    let digits = "7".repeat(200_000);
    bad("LONG of digits", format!("L{digits}L\n.").as_bytes(), ErrorKind::Limit);
    bad("INT of digits", format!("I{digits}\n.").as_bytes(), ErrorKind::Limit);
    bad("INT of hexadecimal digits", format!("I0x{digits}\n.").as_bytes(), ErrorKind::Limit);
    bad("PUT of digits", format!("Np{digits}\n.").as_bytes(), ErrorKind::Invalid);
}

/// Every opcode without an argument, behind values that it may take, as often as there are.
#[test]
fn every_opcode_of_one_byte() {
    let starts: [&[u8]; 9] = [b"", b"N", b"]", b"}", b"\x8f", b"cm\nC\n", b"cm\nC\n)R", b"Va\n", b"C\x01a"];
    let (mut read, mut tried) = (0, 0);
    let reader = Reader::new();
    for code in 0..=255u8 {
        for start in starts {
            for repeat in [&[code][..], &[b'2', code], &[b'N', code], &[b'(', code], &[b')', code], &[code, b'0']] {
                // Most are errors at once.
                if reader.read(&cat(&[start, &repeat.repeat(20), b"."])).is_err() {
                    continue;
                }
                tried += 1;
                let pickle = cat(&[start, &repeat.repeat(N / 8), b"."]);
                let name = format!("{} and {}", start.escape_ascii(), repeat.escape_ascii());
                read += usize::from(within(&name, &reader, &pickle).is_ok());
            }
        }
    }
    println!("{read} of {tried}");
    assert!(read == tried && tried > 100);
    for code in *b"N)]}(\x88\x89\x8f" {
        good("one of a million", &cat(&[&[code].repeat(N), b"N."]));
    }
    good("BINPERSID", &cat(&[b"N", &b"Q".repeat(N), b"."]));
    good("DUP", &cat(&[b"cm\nf\n)R", &b"2".repeat(N), b"."]));
    good("READONLY_BUFFER", &cat(&[b"C\x01a", &b"\x98".repeat(N), b"."]));
    good("MEMOIZE", &cat(&[b"N", &b"\x94".repeat(N), b"."]));
}

/// A vector that has just grown is the largest for what is in it.
#[test]
fn sizes_between_steps_of_growth() {
    for step in 0..12 {
        let n = MILLION / 2 + step * MILLION / 30;
        let inputs = [
            ("lists", cat(&[&b"]".repeat(n), b"N."])),
            ("lists in lists", cat(&[&b"]".repeat(n), &b"a".repeat(n - 1), b"."])),
            ("lists in lists by LIST", cat(&[&b"(".repeat(n), &b"l".repeat(n), b"."])),
            ("tuples", cat(&[b"N", &b"\x85".repeat(n), b"."])),
            ("dicts", cat(&[&b"}N".repeat(n), b"N", &b"s".repeat(n), b"."])),
            ("calls", cat(&[b"cm\nf\n", &b")R".repeat(n), b"."])),
            ("states", cat(&[b"cm\nC\n)\x81", &b"2".repeat(n), &b"b".repeat(n), b"."])),
            ("INST", cat(&[&b"(".repeat(n / 8), &b"im\nC\n".repeat(n / 8), b"."])),
            ("None", cat(&[&b"N".repeat(n), b"."])),
        ];
        for (name, pickle) in inputs {
            within(name, &Reader::new(), &pickle).unwrap();
        }
    }
}

#[test]
fn what_is_done_to_containers() {
    good("APPEND to itself", &cat(&[b"]", &b"2a".repeat(N), b"."]));
    good("APPENDS to itself", &cat(&[b"]q\0(", &b"h\0".repeat(N), b"e."]));
    good("APPEND to two lists", &cat(&[b"]q\0]q\x01", &b"h\0Nah\x01Na".repeat(N / 4), b"\x86."]));
    good(
        "APPEND to two lists of a stack",
        &cat(&[b"]q\0]q\x01", &b"h\0h\x01".repeat(N / 4), &b"a".repeat(N / 2 - 1), b"."]),
    );
    good("BUILD of itself", &cat(&[b"cm\nC\n)\x81", &b"2b".repeat(N), b"."]));
    good("BUILD of a stack of one", &cat(&[b"cm\nC\n)\x81", &b"2".repeat(N), &b"b".repeat(N), b"."]));
    good("BUILD and APPEND", &cat(&[b"cm\nC\n)\x81", &b"2".repeat(N), &b"ba".repeat(N / 2), b"."]));
    good("BUILD of a ring", &cat(&[b"cm\nC\n)\x81q\0", &b"cm\nC\n)\x81h\0bq\x01h\0h\x01bq\0".repeat(N / 20), b"."]));
    good("SETITEM", &cat(&[b"}", &b"22s".repeat(N / 2), b"."]));
    let keys: Vec<u8> = (0..N as u32).flat_map(|key| [&b"J"[..], &key.to_le_bytes(), b"N"].concat()).collect();
    good("SETITEMS", &cat(&[b"}(", &keys, b"u."]));
    good("DICT", &cat(&[b"(", &keys, b"d."]));
    good("ADDITEMS", &cat(&[b"\x8f(", &keys, b"\x90."]));
    good("FROZENSET", &cat(&[b"(", &keys, b"\x91."]));
    good("REDUCE of what REDUCE made", &cat(&[b"cm\nf\n", &b")R".repeat(N), b"."]));
    good("NEWOBJ", &cat(&[b"cm\nf\n", &b")\x81".repeat(N), b"."]));
    good("NEWOBJ_EX", &cat(&[b"cm\nf\n", &b")}\x92".repeat(N / 2), b"."]));
    good("OBJ", &cat(&[&b"(cm\nC\n".repeat(N / 8), &b"o".repeat(N / 8), b"."]));
    good("INST", &cat(&[&b"(".repeat(N / 8), &b"im\nC\n".repeat(N / 8), b"."]));
    good("calls dropped", &cat(&[b"cm\nf\nq\0", &b"h\0)R0".repeat(N / 4), b"."]));
    good("containers dropped", &cat(&[b"cm\nf\n)Rq\0(", &b"h\0".repeat(N / 8), b"lq\x01", &b"20".repeat(N / 8), b"."]));
    good("containers of calls dropped", &cat(&[b"cm\nf\nq\0)", &b"h\0)R\x850".repeat(N / 8), b"."]));
    good("containers left", &cat(&[b"cm\nf\n)Rq\0(", &b"h\0".repeat(N / 8), b"l", &b"2".repeat(N / 8), b"."]));
}

#[test]
fn names_and_codes() {
    good("GLOBAL", &cat(&[&b"cm\nC\n".repeat(N / 5), b"."]));
    good("names that moved", &cat(&[&b"c__builtin__\nlong\n".repeat(N / 10), b"."]));
    let old = b"V_multiprocessing\np0\nVConnection\np1\n";
    good("old names from the memo", &cat(&[old, &b"h\0h\x01\x93".repeat(N / 5), b"."]));
    good("names from the memo", &cat(&[b"\x80\x04", old, &b"h\0h\x01\x93".repeat(N / 5), b"."]));
    good("a stack of names", &cat(&[b"\x80\x04Va\n", &b"2".repeat(N), &b"\x930".repeat(N / 2), b"N."]));
    good("EXT1", &cat(&[&b"\x82\x07".repeat(N / 2), b"."]));
    let spread: Vec<u8> = (1..N as u32 / 4).flat_map(|code| [&b"\x84"[..], &code.to_le_bytes()].concat()).collect();
    good("EXT4", &cat(&[&spread, b"."]));
    let name = "n".repeat(500);
    let known = Reader::new().extensions(|code| (code < 10).then(|| (name.clone(), name.clone())));
    within("EXT1 of long names", &known, &cat(&[&b"\x82\x07".repeat(N / 2), b"."])).unwrap();
    good("text", &cat(&[b"V", &b"\xe9".repeat(N), b"\n."]));
    good("texts", &cat(&[&b"V\xe9\n".repeat(N / 3), b"."]));
    good("strings", &cat(&[&b"S''\n".repeat(N / 4), b"."]));
    good("integers", &cat(&[&b"L9L\n".repeat(N / 4), b"."]));
    good("large integers", &cat(&[&b"\x8a\x09\0\0\0\0\0\0\0\0\x01".repeat(N / 11), b"."]));
    good("floats whose bits are taken", &cat(&[&b"G\xff\xff\0\0\0\0\0\x01".repeat(N / 9), b"."]));
}

#[test]
fn numbers_of_the_memo() {
    let spread = |step: u32| -> Vec<u8> {
        (0..N as u32 / 5).flat_map(|n| [&b"r"[..], &n.wrapping_mul(step).to_le_bytes()].concat()).collect()
    };
    for step in [1, 2, 3, 1000, 0x9e37_79b9, u32::MAX] {
        good(&format!("LONG_BINPUT by {step}"), &cat(&[b"N", &spread(step), b"."]));
    }
    let lines =
        |step: u64| -> Vec<u8> { (0..N as u64 / 8).flat_map(|n| format!("p{}\n", n * step).into_bytes()).collect() };
    good("PUT", &cat(&[b"N", &lines(1), b"."]));
    good("PUT far apart", &cat(&[b"N", &lines(1 << 40), b"."]));
    // As far up as places are made for what is there.
    let mut above = b"N".to_vec();
    let mut count = 0u32;
    while above.len() < N {
        above.extend(b"\x94".repeat(count as usize / 4 + 1));
        count += count / 4 + 1;
        above.extend([&b"r"[..], &(2 * count + 60).to_le_bytes()].concat());
        count += 1;
    }
    good("MEMOIZE and far above", &cat(&[&above, b"."]));
    good("MEMOIZE and twice above", &cat(&[b"N", &b"\x94".repeat(N), b"r", &(2 * N as u32).to_le_bytes(), b"."]));
}

#[test]
fn buffers_named_often() {
    let reader = Reader::new().buffers([Buffer::from(vec![7; N])]);
    let other = Reader::new().buffers([Buffer::from(vec![7; N])]);
    let pickle = cat(&[b"\x97q\0", &b"h\0\x98".repeat(N / 8), b"."]);
    let graph = within("READONLY_BUFFER of one", &reader, &pickle).unwrap();
    // The buffer is compared once.
    assert!(graph == other.read(&pickle).unwrap());
    let third = Reader::new().buffers([Buffer::from(vec![8; N])]);
    assert!(graph != third.read(&pickle).unwrap());
    bad("more buffers than there are", &b"\x97".repeat(N), ErrorKind::FrameCount);
}

/// Whether anything recurses: a stack of 64 KB has room for some hundred calls.
#[test]
fn a_million_levels_on_a_small_stack() {
    // What takes long without optimization.
    const DEEP: usize = MILLION / 5;
    let inputs: Vec<(&str, Vec<u8>)> = vec![
        ("lists", cat(&[&b"]".repeat(MILLION), &b"a".repeat(MILLION - 1), b"."])),
        ("lists by LIST", cat(&[&b"(".repeat(DEEP), &b"l".repeat(DEEP), b"."])),
        ("tuples", cat(&[b"N", &b"\x85".repeat(MILLION), b"."])),
        ("pairs", cat(&[b"N", &b"2\x86".repeat(DEEP), b"."])),
        ("dicts", cat(&[&b"}N".repeat(MILLION), b"N", &b"s".repeat(MILLION), b"."])),
        ("sets", cat(&[&b"(".repeat(DEEP), b"N", &b"\x91".repeat(DEEP), b"."])),
        ("calls", cat(&[b"cm\nf\n", &b")R".repeat(DEEP), b"."])),
        ("arguments", cat(&[b"cm\nf\nq\0", &b"h\0".repeat(DEEP), b")", &b"R\x85".repeat(DEEP), b"."])),
        ("states", cat(&[b"cm\nC\nq\0", &b"h\0)\x81".repeat(DEEP / 2), &b"b".repeat(DEEP / 2 - 1), b"."])),
        ("ids", cat(&[b"N", &b"Q".repeat(DEEP), b"."])),
        ("dropped", cat(&[b"N", &b"\x85".repeat(DEEP), b"0cm\nf\n", &b"\x85".repeat(DEEP), b"0N."])),
    ];
    let all = move || {
        for (name, pickle) in inputs {
            let graph = within(name, &Reader::new(), &pickle).unwrap_or_else(|error| panic!("{name}: {error}"));
            let clone = graph.clone().into_owned();
            assert!(clone == graph, "{name}");
            let mut shown = Shown(0);
            write!(shown, "{graph:?} {:?}", graph.node(graph.root())).unwrap();
            assert!(shown.0 >= DEEP / 2, "{name}: {} bytes are shown", shown.0);
            drop((graph, clone));
        }
    };
    let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(all).unwrap();
    thread.join().unwrap();
}

#[test]
fn honest_sharing_is_read() {
    let pickle = cat(&[b"](](", &b"K\x07".repeat(3000), b"e\x94", &b"h\0".repeat(2999), b"e."]);
    let graph = read(&pickle).unwrap();
    let Node::List(rows) = graph.node(graph.root()) else { panic!() };
    let first = rows.get(0).unwrap();
    assert_eq!((rows.len(), rows.filter(|row| *row == first).count()), (3000, 3000));
}
