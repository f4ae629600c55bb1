//! Pickles that lie: errors, and never a panic or memory that nobody paid for.

use frames_core::Result;
use frames_pickle::{Buffer, Graph, Reader, Value, numpy};

/// The graph of a call `module.name(*args)`, made of parts.
fn call(graph: &mut Graph<'_>, module: &str, name: &str, args: &[Value]) -> Value {
    let class = graph.global(module, name);
    graph.call(frames_pickle::CallKind::Reduce, class, args).unwrap()
}

/// `numpy.ndarray(shape, dtype, buffer of 16 bytes, offset, strides, order)`
fn portable(shape: &[i64], dtype: &str, offset: i64, strides: Option<&[i64]>, order: &str) -> Result<Vec<u8>> {
    let mut graph = Graph::new();
    let ints = |graph: &mut Graph<'_>, ints: &[i64]| {
        let ints: Vec<Value> = ints.iter().map(|int| graph.int(*int)).collect();
        graph.tuple(&ints)
    };
    let shape = ints(&mut graph, shape);
    let text = graph.str(dtype);
    let dtype = call(&mut graph, "numpy", "dtype", &[text]);
    let buffer = graph.buffer(Buffer::from((0..16).collect::<Vec<u8>>()));
    let offset = graph.int(offset);
    let strides = strides.map_or(Value::NONE, |strides| ints(&mut graph, strides));
    let order = graph.str(order);
    let value = call(&mut graph, "numpy", "ndarray", &[shape, dtype, buffer, offset, strides, order]);
    numpy::ndarray(&graph, value).map(|array| array.unwrap().as_bytes().to_vec())
}

#[test]
fn arrays_stay_inside_of_their_buffer() {
    const MAX: i64 = i64::MAX;
    for (shape, offset, strides) in [
        (&[9][..], 0, None),
        (&[8], 1, None),
        (&[2, 5], 0, None),
        (&[-1], 0, None),
        (&[1], 15, None),
        (&[1], 17, None),
        (&[1], MAX, None),
        (&[MAX], 0, None),
        (&[MAX, MAX], 0, None),
        (&[MAX, MAX, 0], 0, None),
        (&[1 << 32, 1 << 32], 0, Some(&[0, 0][..])),
        (&[8], 0, Some(&[3])),
        (&[8], 0, Some(&[-2])),
        (&[8], 13, Some(&[-2])),
        (&[2], 0, Some(&[MAX])),
        (&[2], 0, Some(&[i64::MIN])),
        (&[MAX, 2], 0, Some(&[MAX, MAX])),
        (&[MAX, 2], 0, Some(&[i64::MIN, i64::MIN])),
        (&[2, 2], 0, Some(&[2])),
        (&[0], 0, Some(&[2, 2])),
        (&[2], 0, Some(&[2, 2])),
        (&[1000], 14, Some(&[0, -2])),
        (&[1000, 2], 14, Some(&[0, -2])),
    ] {
        let error = portable(shape, "<u2", offset, strides, "C").unwrap_err();
        assert!(error.to_string().len() < 400, "{error}");
    }
    assert!(portable(&[1; 65], "<u2", 0, None, "C").is_err());
    assert!(portable(&[8], "<u2", 0, None, "A").is_err());
    assert!(portable(&[8], "|O", 0, None, "C").is_err());
    assert!(portable(&[4], "<U1", 0, None, "F").is_ok());
    assert_eq!(portable(&[2], "<u2", 14, Some(&[-2]), "C").unwrap(), [14, 15, 12, 13]);
    assert_eq!(portable(&[2, 2], "|u1", 5, Some(&[-4, 1]), "C").unwrap(), [5, 6, 1, 2]);
    assert_eq!(portable(&[3, 1], "<u2", 4, Some(&[4, -8]), "C").unwrap(), (4..14).collect::<Vec<u8>>());
    assert_eq!(portable(&[1 << 40], "<u2", 4, Some(&[0]), "C").unwrap(), [4, 5]);
    assert!(portable(&[1 << 40], "|V0", 4, None, "C").unwrap().is_empty());
}

fn read(pickle: &[u8]) -> Result<String> {
    let graph = Reader::new().read(pickle)?;
    match numpy::array(&graph, graph.root())? {
        Some(array) => Ok(format!("{array:?}")),
        None => Ok("None".into()),
    }
}

/// `_frombuffer(bytearray of 6, dtype, shape, order)`
fn from_buffer(dtype: &[u8], rest: &[u8]) -> Result<String> {
    let start = b"\x80\x05cnumpy._core.numeric\n_frombuffer\n(\x96\x06\0\0\0\0\0\0\0abcdef";
    read(&[&start[..], dtype, rest, b"tR."].concat())
}

#[test]
fn buffers_are_as_long_as_shape_and_dtype_say() {
    let u2 = b"cnumpy\ndtype\n(X\x02\0\0\0u2tR";
    assert!(from_buffer(u2, b"K\x03\x85X\x01\0\0\0C").is_ok());
    assert!(from_buffer(u2, b"K\x03\x85X\x01\0\0\0F").is_ok());
    assert!(from_buffer(u2, b"K\x03\x85X\x01\0\0\0KK\0\x85").is_ok());
    for rest in [
        &b"K\x02\x85X\x01\0\0\0C"[..],
        b"K\x04\x85X\x01\0\0\0C",
        b"K\x03\x85X\x01\0\0\0A",
        b"K\x03\x85X\x01\0\0\0K",
        b"K\x03\x85X\x01\0\0\0KK\x01\x85",
        b"K\x03\x85X\x01\0\0\0KK\0K\0\x86",
        b"K\x03K\x01\x86X\x01\0\0\0KK\0K\0\x86",
        b"K\x03\x85K\x01",
        b"K\x03\x85",
        b"NX\x01\0\0\0C",
        b"J\xff\xff\xff\xff\x85X\x01\0\0\0C",
        b"\x8a\x08\0\0\0\0\0\0\0\x80\x85X\x01\0\0\0C",
        b"\x8a\x09\x03\0\0\0\0\0\0\0\x01\x85X\x01\0\0\0C",
    ] {
        assert!(from_buffer(u2, rest).is_err(), "{rest:?}");
    }
    for dtype in [
        &b"cnumpy\ndtype\n)R"[..],
        b"cnumpy\ndtype\nN\x85R",
        b"N",
        b"K\x01",
        b"cnumpy\nndarray\n",
        b"cnumpy\ndtype\n(X\x02\0\0\0O8tR",
        b"cnumpy._core._internal\n_convert_to_stringdtype_kwargs\n(K\x01tR",
        // Itself.
        b"cnumpy\ndtype\n(X\x02\0\0\0V6\x89\x88tR\x94(K\x03X\x01\0\0\0|NX\x01\0\0\0a\x85}X\x01\0\0\0ah\0K\0\x86sK\x06K\x01K\0tb",
        b"cnumpy\ndtype\n(X\x02\0\0\0u2\x89\x88tR(K\x03X\x01\0\0\0<NNNK\x03K\xffK\0tb",
        b"cnumpy\ndtype\n(X\x02\0\0\0u2\x89\x88tR(K\x05X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb",
        b"cnumpy\ndtype\n(X\x02\0\0\0u2\x89\x88tR(K\x03X\x01\0\0\0!NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb",
        b"cnumpy\ndtype\n(X\x02\0\0\0M8\x89\x88tR(K\x04X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0N(C\x02s]K\x01K\x01K\x01t\x86tb",
    ] {
        assert!(from_buffer(dtype, b"K\x03\x85X\x01\0\0\0C").is_err(), "{}", String::from_utf8_lossy(dtype));
    }
}

/// A record of two bytes with one field `a` of `<u2` at `offset`, in numpy's form of a state.
fn record(offset: &[u8], itemsize: u8) -> Vec<u8> {
    let state = [
        &b"cnumpy\ndtype\n(X\x02\0\0\0V2\x89\x88tR(K\x03X\x01\0\0\0|NX\x01\0\0\0a\x85}X\x01\0\0\0acnumpy\ndtype\n(X\x02\0\0\0u2tR"[..],
        offset,
        b"\x86sK",
        &[itemsize],
        b"K\x01K\0tb",
    ];
    state.concat()
}

#[test]
fn fields_stay_inside_of_their_record() {
    let rest = b"K\x03\x85X\x01\0\0\0C";
    assert!(from_buffer(&record(b"K\0", 2), rest).is_ok());
    for (offset, itemsize) in [(&b"K\x01"[..], 2), (b"J\xff\xff\xff\xff", 2), (b"K\0", 1), (b"K\0", 3), (b"N", 2)] {
        assert!(from_buffer(&record(offset, itemsize), rest).is_err());
    }
    for spec in [
        &b"}(X\x05\0\0\0names]X\x01\0\0\0aaX\x07\0\0\0formats]X\x02\0\0\0u2aX\x07\0\0\0offsets]K\x05aX\x08\0\0\0itemsizeK\x06u"[..],
        b"}(X\x05\0\0\0names]X\x01\0\0\0aaX\x07\0\0\0formats]u",
        b"}(X\x05\0\0\0names](X\x01\0\0\0aX\x01\0\0\0aeX\x07\0\0\0formats](X\x02\0\0\0u2X\x02\0\0\0u2eu",
        b"](X\x01\0\0\0aX\x02\0\0\0u2\x86X\x01\0\0\0aX\x02\0\0\0u2\x86e",
        b"]N\x85a",
        b"]\x94h\0a",
    ] {
        let dtype = [&b"cnumpy\ndtype\n("[..], spec, b"tR"].concat();
        assert!(from_buffer(&dtype, b"K\x01\x85X\x01\0\0\0C").is_err(), "{}", String::from_utf8_lossy(spec));
    }
}

#[test]
fn shared_names_and_dtypes_are_bounded() {
    // One dict of a field with a name of 10 KB, and 5000 records that share it.
    let mut bytes = b"\x80\x04(X\x10\x27\0\0".to_vec();
    bytes.extend([b'n'; 10_000]);
    bytes.extend(b"\x94\x85\x94cnumpy\ndtype\n\x94X\x02\0\0\0u2\x85R\x94}h\0h\x03K\0\x86s\x94");
    for _ in 0..5000 {
        bytes.extend(b"h\x02X\x02\0\0\0V2\x89\x88\x87R(K\x03X\x01\0\0\0|Nh\x01h\x04K\x02K\x01K\0tb");
    }
    bytes.extend(b"t.");
    let mut graph = frames_pickle::read(&bytes).unwrap();
    let frames_pickle::Node::Tuple(items) = graph.node(graph.root()) else { panic!() };
    // One record of all of them.
    let formats = items[5..].to_vec();
    assert!(numpy::dtype(&graph, formats[0]).unwrap().is_some());
    let names: Vec<Value> = (0..formats.len()).map(|index| graph.str(&format!("f{index}"))).collect();
    let (names, formats) = (graph.list(&names), graph.list(&formats));
    let (a, b) = (graph.str("names"), graph.str("formats"));
    let spec = graph.dict(&[(a, names), (b, formats)]);
    let value = call(&mut graph, "numpy", "dtype", &[spec]);
    assert_eq!(numpy::dtype(&graph, value).unwrap_err().kind(), frames_core::ErrorKind::Limit);

    // Each level has the one below twice: 2^60 parts.
    let mut graph = Graph::new();
    let mut dtype = graph.str("|V0");
    let names = [graph.str("a"), graph.str("b")];
    for _ in 0..60 {
        let fields = names.map(|name| graph.tuple(&[name, dtype]));
        dtype = graph.list(&fields);
    }
    let value = call(&mut graph, "numpy", "dtype", &[dtype]);
    assert!(numpy::dtype(&graph, value).is_err());

    // A million levels.
    let mut dtype = graph.str("u2");
    for _ in 0..1_000_000 {
        dtype = call(&mut graph, "numpy", "dtype", &[dtype]);
    }
    assert!(numpy::dtype(&graph, dtype).is_err());
}

/// Each bit of honest pickles turned, and each end cut: whatever comes out, nothing panics.
#[test]
fn damaged_pickles_never_panic() {
    let cases = crate::cases::golden();
    for case in cases.iter().filter(|case| case.pickle.len() < 4000).step_by(3) {
        for bit in (0..case.pickle.len() * 8).step_by(5) {
            let mut pickle = case.pickle.clone();
            pickle[bit / 8] ^= 1 << (bit % 8);
            let Ok(graph) = Reader::new().buffers(case.buffers.iter().cloned()).read(&pickle) else { continue };
            read_all(&graph, graph.root());
        }
    }
}

/// Asks for all that could be there.
fn read_all(graph: &Graph<'_>, value: Value) {
    let _ = numpy::array(graph, value);
    let _ = numpy::masked(graph, value);
    let _ = numpy::scalar(graph, value);
    let _ = numpy::dtype(graph, value);
}
