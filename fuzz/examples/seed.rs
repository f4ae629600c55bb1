//! Writes the seeds of all targets to `corpus/`: valid values of every form. `cargo run --example seed`, after a change of the wire.

#[path = "../../tests/pickle/vectors.rs"]
mod vectors;

use frames_core::bytes::Bytes;
use frames_core::{
    Array, Body, ClassRef, Codec, DType, Encoder, FrameSerialize, Handshake, Header, MaskedArray, MaskedConstant,
    NdArray, Reader, pack_frames, python, serialize, serialize_bytes, to_serialize, write_frames, write_message,
};
use frames_fuzz::types::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn write(target: &str, name: &str, data: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder for the seeds");
    fs::write(folder.join(name), data).expect("a seed");
}

/// A value as a seed of every target that takes values; `choice` is its type's place in `frames_fuzz::TYPES`.
fn value<T: FrameSerialize>(name: &str, choice: u8, value: &T) {
    let (header, frames) = serialize(value).expect("a valid value");
    let frames: Vec<Bytes> = frames.into_owned().into_iter().map(|f| f.into_bytes()).collect();
    write("header", name, header.as_bytes());
    write("envelope", name, &frames_fuzz::join(choice, header.as_bytes(), &frames));
    write("registry", name, &frames_fuzz::join(0, header.as_bytes(), &frames));
    write("blob", name, &serialize_bytes(value).expect("a valid value"));
}

/// One of Python's objects, as a pickle and by its class and fields.
fn scalar<T: FrameSerialize>(name: &str, choice: u8, object: &T) {
    value(name, choice, object);
    let (header, _) = Encoder::new().reader(Reader::Rust).serialize(object).expect("a valid object");
    write("header", &format!("{name}-fields"), header.as_bytes());
    write("envelope", &format!("{name}-fields"), &frames_fuzz::join(choice, header.as_bytes(), &[]));
}

fn scalars() {
    let mut time = python::Time::new(2, 30, 0, 5).expect("a time");
    let date = python::Date::new(2024, 10, 27).expect("a date");
    scalar("datetime", 27, &python::DateTime::new(date, time.clone()));
    time.fold = true;
    time.zone = Some(python::Zone::named("Europe/Prague").expect("a zone"));
    scalar("datetime-named", 28, &python::DateTime::new(date, time.clone()));
    let delta = python::TimeDelta::new(0, -3600, -5).expect("a length");
    time.zone = Some(python::Zone::fixed(delta, Some("west".into())).expect("a zone"));
    scalar("time", 29, &time);
    scalar("date", 30, &date);
    scalar("timedelta", 31, &delta);
    scalar("decimal", 32, &"-1.50E+30".parse::<python::Decimal>().expect("a number"));
    scalar("uuid", 33, &python::Uuid::new([7; 16]));
    scalar("complex", 34, &python::Complex { re: 1.0, im: -0.0 });
    scalar("fraction", 35, &python::Fraction::new(&[3; 20], &[4]).expect("a fraction"));
}

const TEXT: &str = "text";
const NINE: [f64; 9] = [1.5; 9];

fn main() {
    value("sample", 1, &sample());
    value("node", 2, &node(4));
    value("nodes", 3, &vec![node(2), node(1)]);
    for (i, shape) in shapes().iter().enumerate() {
        value(&format!("shape-{i}"), 4, shape);
    }
    value("rows", 5, &(0..3).map(row).collect::<Vec<_>>());
    value("list", 6, &List::Cons(1u8, Box::new(List::Cons(2, Box::new(List::Nil)))));
    value("pixels", 7, &vec![pixel(1), pixel(2)]);
    value("array", 9, &Array::from(vec![1.0f64, 2.0]));
    value("dict", 10, &BTreeMap::from([("a".to_string(), vec![1i32]), ("b".to_string(), vec![])]));
    value("texts", 11, &vec![Some("a".to_string()), None]);
    value("tuple", 12, &(1u8, vec![2u16], Some(Some(true))));
    value("bools", 13, &vec![true, false]);
    value("human", 14, &Human { name: "Alice".into() });
    value("in-python", 15, &InPython { a: 1, data: vec![-1] });
    value("grid", 16, &Grid::<f64, 2> { cells: [vec![1.0], vec![]], first: None });
    value("set", 17, &BTreeSet::from([1i128, i128::MAX]));
    value("empty", 18, &vec![Empty::default(); 3]);
    value("times", 19, &Ok::<_, SystemTime>(Duration::new(1, 2)));
    value("text", 20, &"text".to_string());
    value("long-text", 20, &"t".repeat(16 << 10));
    value("bytes", 21, &Bytes::from_static(b"bytes"));
    value("float", 22, &1.5f32);
    value("shapes", 23, &shapes());
    value("range", 24, &(1i8..5));
    value("pairs", 25, &vec![Pair(1, vec![1.0])]);
    value("odd-keys", 26, &BTreeMap::from([((1u8, 'c'), Marker)]));
    scalars();

    let dtype = |typestr| DType::parse(typestr).expect("a dtype");
    let grid = NdArray::new(dtype("<f8"), &[2, 1], None, vec![0; 16]).expect("an array");
    value("nd-array", 36, &grid);
    value("matrix", 36, &grid.clone().into_matrix().expect("two dimensions"));
    let mask = NdArray::new(dtype("|b1"), &[2, 1], None, vec![0, 1]).expect("a mask");
    value("masked", 37, &MaskedArray::new(grid, Some(mask)).expect("a mask of its shape"));
    value("masked-constant", 38, &MaskedConstant);
    value("halves", 39, &vec![half::f16::ONE; 2]);
    value("index-map", 40, &indexmap::IndexMap::from([("z".to_string(), vec![1i32]), ("a".to_string(), vec![])]));
    value("small-vec", 41, &smallvec::SmallVec::<[i16; 3]>::from([1, 2, 3]));
    value("ndarray", 42, &ndarray::ArrayD::<f32>::zeros(ndarray::IxDyn(&[1, 2])));
    value("ndarray-bools", 43, &ndarray::Array2::from_elem((1, 2), true));
    value("csr", 44, &sprs::CsMat::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0]));
    value("coo", 45, &sprs::TriMatI::<f32, i32>::from_triplets((2, 2), vec![0, 1], vec![1, 0], vec![1.0, 2.0]));
    for (name, class, sub) in [
        ("memoryview", "builtins:memoryview", &b"\x82\xa6format\xa2<d\xa5shape\x91\x02"[..]),
        ("array-array", "array:array", b"\x82\xa8typecode\xa1d\xa9writeable\x91\xc0"),
    ] {
        let class = ClassRef::parse(class).expect("a class").encode();
        let mut header = [b"\x83\xaasub-header", sub, b"\xaftype-serialized\xc4"].concat();
        header.push(class.len() as u8);
        header.extend_from_slice(&class);
        header.extend_from_slice(b"\xaaserializer\xa4dask");
        write("envelope", name, &frames_fuzz::join(36, &header, &[Bytes::from(vec![0; 16])]));
    }

    for (name, class) in [("dict", "builtins:dict"), ("array", "numpy:ndarray"), ("nested", "a.b:C.D")] {
        write("class_reference", name, &ClassRef::parse(class).expect("a class").encode());
    }
    write("class_reference", "protocol-0", b"c__builtin__\ndict\np0\n.");
    write("class_reference", "protocol-2", b"\x80\x02cnumpy\nndarray\nq\x00.");
    write("class_reference", "memo", b"\x80\x04\x95\x0a\0\0\0\0\0\0\0\x8c\x01a\x94h\x00\x93\x94..");

    for typestr in ["<f8", "|S3", ">M8[25s]", "<c16", "|O"] {
        write("dtype", typestr.trim_start_matches(['<', '>', '|']), typestr.as_bytes());
    }
    let record = [("a", DType::parse("<u4")), ("b", DType::array(DType::parse("<f8").expect("a dtype"), &[2, 3]))];
    let fields = record
        .into_iter()
        .zip([0, 8])
        .map(|((name, dtype), offset)| frames_core::Field::new(name, offset, dtype.expect("a dtype")));
    let mut spec = vec![0x92, 0];
    DType::structured(fields.collect(), 64).and_then(|d| d.write_msgpack(&mut spec)).expect("a record");
    write("dtype", "record", &spec);
    let pickle = b"\x80\x04\x95\x3b\0\0\0\0\0\0\0\x8c\x05numpy\x94\x8c\x05dtype\x94\x93\x94\x8c\x02f8\x94\x89\x88\x87\x94R\x94(K\x03\
        \x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b.";
    let mut spec = vec![0x92, 1, 0xc4, pickle.len() as u8];
    spec.extend_from_slice(pickle);
    write("dtype", "pickle", &spec);

    for (i, table) in frames_fuzz::arrow_target::tables().iter().enumerate() {
        write("arrow", &format!("table-{i:02}"), &frames_fuzz::arrow_target::stream(table));
    }

    for (i, rows) in frames_fuzz::table_target::ROWS.iter().enumerate() {
        for (reader, form) in [(Reader::Any, "portable"), (Reader::Rust, "packed")] {
            // As many rows as fit into what `split` tells: 31 frames, of 64 KiB.
            let (header, frames) = (rows.seed)(reader, 3);
            if frames.len() < 32 && frames.iter().all(|f| f.len() < 1 << 15) {
                write("table", &format!("{i:02}-{form}"), &frames_fuzz::join(i as u8, &header, &frames));
            }
        }
        write("table", &format!("{i:02}-made"), &[0x80 | i as u8, 3, 7, 1]);
    }

    for codec in Codec::ALL {
        for (name, bytes) in [
            ("zeros", vec![0; 20_000]),
            ("texts", (0..2000).flat_map(|n| format!("{n} and ").into_bytes()).collect()),
            ("numbers", (0..4000u32).flat_map(|n| (n / 3).to_le_bytes()).collect()),
        ] {
            let body = Body::from(to_serialize(&bytes).expect("bytes"));
            let frames = Encoder::new().compression(codec).write_message(&body).expect("a codec that is there");
            write(codec.name(), name, frames.get(2).expect("one piece"));
        }
    }
    // As other programs write: stored bytes, no size in front of a stream, an empty one.
    write("lz4", "empty", b"\0\0\0\0\0");
    write("lz4", "stored", b"\x05\0\0\0\x50hello");
    write("snappy", "empty", b"\0");
    write("snappy", "stored", b"\x05\x10hello");
    write("zlib", "empty", b"\x78\x9c\x03\0\0\0\0\x01");
    write("zlib", "stored", b"\x78\x01\x01\x05\0\xfa\xffhello\x06\x2c\x02\x15");
    write("zstd", "empty", b"\x28\xb5\x2f\xfd\x20\0\x01\0\0");
    write("zstd", "stored", b"\x28\xb5\x2f\xfd\0\x38\x29\0\0hello");
    write("zstd", "skippable", b"\x50\x2a\x4d\x18\x03\0\0\0abc");

    let hello = Handshake::new();
    let bodies = [
        ("status", Body::map([("status", "OK".into())])),
        (
            "payloads",
            Body::List(vec![to_serialize(&TEXT).expect("text").into(), to_serialize(&NINE).expect("numbers").into()]),
        ),
        ("hello", hello.to_body()),
    ];
    let mut conversation = vec![7];
    for (name, body) in &bodies {
        let mut stream = vec![3];
        write_frames(&mut stream, &write_message(body).expect("a message")).expect("a Vec");
        conversation.extend_from_slice(&stream[1..]);
        write("framing", name, &stream);
    }
    write("framing", "conversation", &conversation);
    write("framing", "empty-frames", &[vec![0], [24u64, 2, 0, 0].map(u64::to_ne_bytes).concat()].concat());
    write(
        "framing",
        "outer-behind-all",
        &[vec![9], [19u64, 1, 3].map(u64::to_ne_bytes).concat(), b"abc".to_vec()].concat(),
    );

    write("blob", "frames", &pack_frames(&[&b"abc"[..], b"", b"defgh"]));
    write("header", "nested", Header::new().with("a", &[[1, 2], [3, 4]]).expect("a header").as_bytes());

    for (name, pickle) in vectors::VECTORS {
        // The first byte says how to read it.
        write("pickle", &name.replace(' ', "-"), &[&[0], *pickle].concat());
    }
    write("pickle", "buffers", b"\x08\x80\x05\x97\x94\x97\x98h\0\x87.");
    write("pickle", "codes", b"\x20\x80\x02\x82\x07\x83\x08\0\x84\x09\0\0\0\x87.");
    write(
        "pickle",
        "stop-in-a-frame",
        b"\0\x80\x05\x95\x16\0\0\0\0\0\0\0]\x85\x94.\x01\x02\0K\0\0\x8cK\0\0\x8c\x02_codecs",
    );
    write("pickle", "ids", b"\x40Pid\nNQ\x86.");
    write("pickle", "latin-1", b"\x01U\x01\xe9S'\\xe9'\nT\x01\0\0\0\xe9\x87.");
}
