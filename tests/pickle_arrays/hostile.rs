//! Pickles that lie: errors, and never a panic or memory that nobody paid for.

use frames_core::{DType, ErrorKind, NdArray, Result};
use frames_pickle::{Buffer, CallKind, Graph, Reader, Value, numpy, pandas, pyarrow};

/// The graph of a call `module.name(*args)`, made of parts.
pub(crate) fn call(graph: &mut Graph<'_>, module: &str, name: &str, args: &[Value]) -> Value {
    let class = graph.global(module, name);
    graph.call(CallKind::Reduce, class, args).unwrap()
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
    assert_eq!(numpy::dtype(&graph, value).unwrap_err().kind(), ErrorKind::Limit);

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

/// Bits of honest pickles turned: whatever comes out, nothing panics or takes much memory.
#[test]
fn damaged_pickles_never_panic() {
    let cases = crate::cases::golden();
    for case in cases.iter().filter(|case| case.pickle.len() < 4000).step_by(3) {
        for bit in (0..case.pickle.len() * 8).step_by(5) {
            let mut pickle = case.pickle.clone();
            pickle[bit / 8] ^= 1 << (bit % 8);
            let Ok(graph) = Reader::new().buffers(case.buffers.iter().cloned()).read(&pickle) else { continue };
            let used = allocation_counter::measure(|| read_all(&graph, graph.root()));
            // A range of names may stand for some thousand columns.
            assert!(used.bytes_max < 32 << 20, "{}, bit {bit}: {used:?}", case.name());
        }
    }
}

/// Asks for all that could be there.
fn read_all(graph: &Graph<'_>, value: Value) {
    let _ = numpy::array(graph, value);
    let _ = numpy::masked(graph, value);
    let _ = numpy::scalar(graph, value);
    let _ = numpy::dtype(graph, value);
    let _ = pyarrow::array(graph, value).map(|array| {
        let array = array.filter(|array| array.length < 1000)?;
        (0..array.length).for_each(|index| drop(array.bytes_at(index)));
        array.fixed_size_bytes()
    });
    let _ = pyarrow::table(graph, value);
    let _ = pyarrow::record_batch(graph, value);
    let _ = pandas::data_frame(graph, value);
    let _ = pandas::series(graph, value);
    let _ = pandas::index(graph, value).map(|index| index.map(|index| pandas::label(graph, &index, 1)));
}

/// `_restore_array((type, length, null_count, offset, buffers, children, None))`, with buffers of these lengths.
fn arrow(
    graph: &mut Graph<'_>,
    data_type: Value,
    numbers: [i64; 3],
    buffers: &[Option<Vec<u8>>],
    children: &[Value],
) -> Value {
    let parts = arrow_parts(graph, data_type, numbers, buffers, children);
    call(graph, "pyarrow.lib", "_restore_array", &[parts])
}

fn arrow_parts(
    graph: &mut Graph<'_>,
    data_type: Value,
    [length, nulls, offset]: [i64; 3],
    buffers: &[Option<Vec<u8>>],
    children: &[Value],
) -> Value {
    let mut list = Vec::new();
    for buffer in buffers {
        list.push(match buffer {
            None => Value::NONE,
            Some(bytes) => {
                let buffer = graph.buffer(Buffer::from(bytes.clone()));
                call(graph, "pyarrow.lib", "py_buffer", &[buffer])
            }
        });
    }
    let (buffers, children) = (graph.list(&list), graph.list(children));
    let numbers = [length, nulls, offset].map(|number| graph.int(number));
    graph.tuple(&[data_type, numbers[0], numbers[1], numbers[2], buffers, children, Value::NONE])
}

fn alias(graph: &mut Graph<'_>, name: &str) -> Value {
    let name = graph.str(name);
    call(graph, "pyarrow.lib", "type_for_alias", &[name])
}

#[test]
fn arrow_arrays_stay_inside_of_their_buffers() {
    const MAX: i64 = i64::MAX;
    let check = |name: &str, numbers, buffers: &[Option<Vec<u8>>]| {
        let mut graph = Graph::new();
        let data_type = alias(&mut graph, name);
        let value = arrow(&mut graph, data_type, numbers, buffers, &[]);
        pyarrow::array(&graph, value).map(|array| array.unwrap())
    };
    let some = |len: usize| Some(vec![0; len]);
    let ints = |ints: &[i32]| Some(ints.iter().flat_map(|int| int.to_le_bytes()).collect::<Vec<u8>>());
    assert!(check("int64", [2, 0, 1], &[None, some(24)]).is_ok());
    assert!(check("int64", [2, -1, 1], &[some(1), some(24)]).is_ok());
    assert!(check("bool", [8, 0, 8], &[None, some(2)]).is_ok());
    assert!(check("null", [MAX, MAX, 0], &[None]).is_ok());
    assert!(check("string", [0, 0, 0], &[None, some(0), None]).is_ok());
    assert!(check("string", [2, 0, 0], &[None, ints(&[0, 1, 3]), some(3)]).is_ok());
    for (name, numbers, buffers) in [
        ("int64", [2, 0, 2], vec![None, some(24)]),
        ("int64", [4, 0, 0], vec![None, some(24)]),
        ("int64", [3, 4, 0], vec![None, some(24)]),
        ("int64", [3, -2, 0], vec![None, some(24)]),
        ("int64", [-3, 0, 0], vec![None, some(24)]),
        ("int64", [3, 0, -1], vec![None, some(24)]),
        ("int64", [MAX, 0, 0], vec![None, some(24)]),
        ("int64", [MAX, 0, MAX], vec![None, some(24)]),
        ("int64", [3, 0, 0], vec![None, None]),
        ("int64", [3, 0, 0], vec![]),
        ("int64", [3, 0, 0], vec![some(0), some(24)]),
        ("int64", [3, 0, 0], vec![None, some(24), some(1)]),
        ("bool", [9, 0, 8], vec![None, some(2)]),
        ("null", [3, 3, 0], vec![some(1)]),
        ("string", [2, 0, 0], vec![None, some(8), some(9)]),
        ("string", [2, 0, 0], vec![None, ints(&[0, 1, 4]), some(3)]),
        ("string", [2, 0, 0], vec![None, ints(&[0, 1, -1]), some(3)]),
        ("large_string", [2, 0, 0], vec![None, some(20), some(3)]),
        ("string", [2, 0, 0], vec![None, ints(&[0, 1, 1]), None, None]),
        ("nonsense", [0, 0, 0], vec![]),
    ] {
        assert!(check(name, numbers, &buffers).is_err(), "{name} {numbers:?}");
    }
    // Offsets in between that run backwards or out are found when they are asked for.
    let array = check("string", [3, 0, 0], &[None, ints(&[0, 9, -1, 2]), some(3)]).unwrap();
    assert!((0..3).all(|index| array.str_at(index).is_err()));
    let array = check("string_view", [1, 0, 0], &[None, ints(&[20, 0, -1, -1])]).unwrap();
    assert!(array.str_at(0).is_err());
    assert_eq!((array.str_at(1).unwrap(), array.str_at(u64::MAX).unwrap()), (None, None));
}

#[test]
fn arrow_children_are_as_their_type_says() {
    let mut graph = Graph::new();
    let int = alias(&mut graph, "int8");
    let list = call(&mut graph, "pyarrow.lib", "list_", &[int]);
    let child = |graph: &mut Graph<'_>, data_type, len| {
        arrow_parts(graph, data_type, [len, 0, 0], &[None, Some(vec![0; len as usize])], &[])
    };
    let (two, three) = (child(&mut graph, int, 2), child(&mut graph, int, 3));
    let string = alias(&mut graph, "uint8");
    let other = child(&mut graph, string, 3);
    let offsets = Some([0i32, 1, 3].iter().flat_map(|int| int.to_le_bytes()).collect::<Vec<u8>>());
    for (children, is_good) in [
        (vec![three], true),
        (vec![two], false),
        (vec![], false),
        (vec![three, three], false),
        (vec![other], false),
        (vec![int], false),
    ] {
        let value = arrow(&mut graph, list, [2, 0, 0], &[None, offsets.clone()], &children);
        assert_eq!(pyarrow::array(&graph, value).is_ok(), is_good);
    }
}

#[test]
fn types_and_arrays_that_share_their_parts_are_bounded() {
    // Each level has the one below twice.
    let mut graph = Graph::new();
    let mut data_type = alias(&mut graph, "int8");
    let name = graph.str("a");
    let mut levels = Vec::new();
    for _ in 0..60 {
        let field = call(&mut graph, "pyarrow.lib", "field", &[name, data_type]);
        let fields = graph.list(&[field, field]);
        data_type = call(&mut graph, "pyarrow.lib", "struct", &[fields]);
        levels.push(data_type);
    }
    assert_eq!(pyarrow::data_type(&graph, data_type).unwrap_err().kind(), ErrorKind::Limit);
    // 2^14 parts are a type, but many arrays of it are more than was paid for.
    let leaf = alias(&mut graph, "int8");
    let mut parts = arrow_parts(&mut graph, leaf, [0, 0, 0], &[None], &[]);
    for level in &levels[..14] {
        parts = arrow_parts(&mut graph, *level, [0, 0, 0], &[None], &[parts, parts]);
    }
    let array = call(&mut graph, "pyarrow.lib", "_restore_array", &[parts]);
    let chunks = graph.list(&[array; 1000]);
    let value = call(&mut graph, "pyarrow.lib", "chunked_array", &[chunks, levels[13]]);
    assert_eq!(pyarrow::chunked_array(&graph, value).unwrap_err().kind(), ErrorKind::Limit);
    // A type in itself, and a deep one.
    let fields = graph.list(&[]);
    let own = call(&mut graph, "pyarrow.lib", "struct", &[fields]);
    let field = call(&mut graph, "pyarrow.lib", "field", &[name, own]);
    graph.append(fields, &[field]).unwrap();
    assert!(pyarrow::data_type(&graph, own).is_err());
    for _ in 0..100_000 {
        data_type = call(&mut graph, "pyarrow.lib", "list_", &[data_type]);
    }
    assert!(pyarrow::data_type(&graph, data_type).is_err());
}

#[test]
fn extension_types_are_as_pyarrow_makes_them_and_bounded() {
    let mut graph = Graph::new();
    let int8 = alias(&mut graph, "int8");
    let uuid = call(&mut graph, "pyarrow.lib", "uuid", &[]);
    let text = graph.str("a");
    let long = graph.str(&"\u{1}".repeat(1 << 20));
    let shapes: Vec<Value> = [&[2, -1][..], &[-2, -1], &[1 << 40, 1 << 40], &[1 << 31]]
        .map(|shape| {
            let shape: Vec<Value> = shape.iter().map(|dim| graph.int(*dim)).collect();
            graph.list(&shape)
        })
        .into();
    for shape in shapes {
        let tensor = call(&mut graph, "pyarrow.lib", "fixed_shape_tensor", &[int8, shape]);
        assert!(pyarrow::data_type(&graph, tensor).is_err());
    }
    for (name, args) in [
        ("json_", &[int8][..]),
        ("opaque", &[uuid, text, text]),
        ("opaque", &[int8, text]),
        ("opaque", &[int8, text, int8]),
        ("fixed_shape_tensor", &[int8]),
        ("fixed_shape_tensor", &[int8, text]),
    ] {
        let made = call(&mut graph, "pyarrow.lib", name, args);
        let is_made =
            pyarrow::data_type(&graph, made).is_ok_and(|made| made.unwrap().to_string().contains("shape\":[]"));
        // A tensor without a shape is one item.
        assert!(is_made || pyarrow::data_type(&graph, made).is_err(), "{name}");
    }
    // Buffers are as long as what the items lie in says.
    for (size, is_right) in [(16, true), (15, false)] {
        let value = arrow(&mut graph, uuid, [1, 0, 0], &[None, Some(vec![0; size])], &[]);
        assert_eq!(pyarrow::array(&graph, value).is_ok(), is_right);
    }
    // One text in many types.
    let types: Vec<Value> = (0..1000).map(|_| call(&mut graph, "pyarrow.lib", "opaque", &[int8, long, long])).collect();
    let fields: Vec<Value> =
        types.iter().map(|made| call(&mut graph, "pyarrow.lib", "field", &[text, *made])).collect();
    let fields = graph.list(&fields);
    let value = call(&mut graph, "pyarrow.lib", "struct", &[fields]);
    assert_eq!(pyarrow::data_type(&graph, value).unwrap_err().kind(), ErrorKind::Limit);
}

/// An index of `len` numbers.
pub(crate) fn range(graph: &mut Graph<'_>, len: i64) -> Value {
    let class = graph.global("pandas", "RangeIndex");
    let entries = [("start", 0), ("stop", len), ("step", 1)].map(|(key, n)| (graph.str(key), graph.int(n)));
    let dict = graph.dict(&entries);
    call(graph, "pandas.core.indexes.base", "_new_Index", &[class, dict])
}

/// A block of `columns` times three bytes.
fn block(graph: &mut Graph<'_>, columns: u64, places: Value) -> Value {
    let data = vec![0; columns as usize * 3];
    let array = NdArray::new(DType::parse("|u1").unwrap(), &[columns, 3], None, data).unwrap();
    let values = numpy::numpy_ndarray(graph, &array);
    call(graph, "pandas._libs.internals", "_unpickle_block", &[values, places, 2.into()])
}

fn frame(graph: &mut Graph<'_>, columns: Value, rows: Value, blocks: &[Value]) -> Value {
    let (blocks, axes) = (graph.tuple(blocks), graph.list(&[columns, rows]));
    let manager = call(graph, "pandas.core.internals.managers", "BlockManager", &[blocks, axes]);
    let class = graph.global("pandas", "DataFrame");
    let frame = graph.call(CallKind::NewObj, class, &[]).unwrap();
    let key = graph.str("_mgr");
    let state = graph.dict(&[(key, manager)]);
    graph.build(frame, state).unwrap();
    frame
}

pub(crate) fn slice(graph: &mut Graph<'_>, ends: [Option<i64>; 3]) -> Value {
    let ends = ends.map(|end| end.map_or(Value::NONE, |end| graph.int(end)));
    call(graph, "builtins", "slice", &ends)
}

#[test]
fn blocks_cover_each_column_once() {
    const MAX: i64 = i64::MAX;
    let read = |columns: i64, rows: i64, blocks: &[(u64, [Option<i64>; 3])]| {
        let mut graph = Graph::new();
        let (columns, rows) = (range(&mut graph, columns), range(&mut graph, rows));
        let mut list = Vec::new();
        for (columns, places) in blocks {
            let places = slice(&mut graph, *places);
            list.push(block(&mut graph, *columns, places));
        }
        let value = frame(&mut graph, columns, rows, &list);
        pandas::data_frame(&graph, value).map(|frame| frame.unwrap().columns.len())
    };
    assert_eq!(read(3, 3, &[(2, [Some(0), Some(3), Some(2)]), (1, [Some(1), Some(2), None])]).unwrap(), 3);
    assert_eq!(read(2, 3, &[(2, [Some(1), None, Some(-1)])]).unwrap(), 2);
    assert_eq!(read(0, 3, &[]).unwrap(), 0);
    for (columns, rows, blocks) in [
        (3, 3, vec![(2, [Some(0), Some(2), Some(1)])]),
        (2, 3, vec![(2, [Some(0), Some(2), Some(1)]), (1, [Some(1), Some(2), Some(1)])]),
        (2, 3, vec![(2, [Some(1), Some(3), Some(1)])]),
        (2, 3, vec![(2, [Some(0), Some(3), Some(1)])]),
        (2, 3, vec![(2, [Some(0), Some(1), Some(1)])]),
        (2, 3, vec![(2, [Some(-2), Some(0), Some(1)])]),
        (2, 3, vec![(2, [Some(0), Some(-1), Some(1)])]),
        (2, 3, vec![(2, [Some(0), None, Some(1)])]),
        (2, 3, vec![(2, [Some(0), Some(2), Some(0)])]),
        (2, 3, vec![(2, [Some(0), Some(MAX), Some(MAX / 2 + 1)])]),
        (2, 3, vec![(2, [Some(MAX), Some(0), Some(i64::MIN)])]),
        (2, 4, vec![(2, [Some(0), Some(2), Some(1)])]),
        (2, 2, vec![(2, [Some(0), Some(2), Some(1)])]),
        (-1, 3, vec![(2, [Some(0), Some(2), Some(1)])]),
        (MAX, 3, vec![(2, [Some(0), Some(2), Some(1)])]),
    ] {
        assert!(read(columns, rows, &blocks).is_err(), "{columns} {rows} {blocks:?}");
    }
}

#[test]
fn columns_without_bytes_are_bounded() {
    let mut graph = Graph::new();
    let (columns, rows) = (range(&mut graph, 1 << 30), range(&mut graph, 0));
    let array = NdArray::new(DType::parse("|u1").unwrap(), &[1 << 30, 0], None, Vec::new()).unwrap();
    let values = numpy::numpy_ndarray(&mut graph, &array);
    let places = slice(&mut graph, [Some(0), Some(1 << 30), Some(1)]);
    let block = call(&mut graph, "pandas._libs.internals", "_unpickle_block", &[values, places, 2.into()]);
    let value = frame(&mut graph, columns, rows, &[block]);
    assert_eq!(pandas::data_frame(&graph, value).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn codes_are_of_their_categories() {
    let read = |codes: Vec<u8>, categories: i64| {
        let mut graph = Graph::new();
        let class = graph.global("pandas", "CategoricalDtype");
        let dtype = graph.call(CallKind::NewObj, class, &[]).unwrap();
        let (a, b) = (graph.str("categories"), graph.str("ordered"));
        let categories = range(&mut graph, categories);
        let state = graph.dict(&[(a, categories), (b, false.into())]);
        graph.build(dtype, state).unwrap();
        let codes = NdArray::new(DType::parse("|i1").unwrap(), &[codes.len() as u64], None, codes).unwrap();
        let codes = numpy::numpy_ndarray(&mut graph, &codes);
        let class = graph.global("pandas", "Categorical");
        let number = graph.int(82904607);
        let value =
            call(&mut graph, "pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked", &[class, number, Value::NONE]);
        let state = graph.tuple(&[dtype, codes]);
        graph.build(value, state).unwrap();
        pandas::values(&graph, value)
    };
    assert!(read(vec![0, 1, 255], 2).unwrap().is_some());
    assert!(read(vec![], 0).unwrap().is_some());
    assert!(read(vec![0, 2], 2).is_err());
    assert!(read(vec![254], 2).is_err());
}

#[test]
fn indexes_in_themselves_are_bounded() {
    let mut graph = Graph::new();
    let class = graph.global("pandas", "MultiIndex");
    let codes = NdArray::new(DType::parse("|i1").unwrap(), &[1], None, vec![0]).unwrap();
    let codes = numpy::numpy_ndarray(&mut graph, &codes);
    let levels = graph.list(&[]);
    let codes = graph.list(&[codes; 20]);
    let entries = [("levels", levels), ("codes", codes), ("names", Value::NONE)];
    let entries = entries.map(|(key, value)| (graph.str(key), value));
    let dict = graph.dict(&entries);
    let index = call(&mut graph, "pandas.core.indexes.base", "_new_Index", &[class, dict]);
    graph.append(levels, &[index; 20]).unwrap();
    assert_eq!(pandas::index(&graph, index).unwrap_err().kind(), ErrorKind::Limit);
}
