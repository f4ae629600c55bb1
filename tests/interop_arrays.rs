//! Everything that is an array in Python, against the released `distributed`: numpy of every dtype and layout, matrices, masked arrays,
//! arrays of objects and texts, `memoryview` and `array.array`. What Rust sends back is made anew from the values.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{
    Array, ByteOrder, DType, ErrorKind, FillValue, FrameSerialize, Frames, Header, MaskedArray, MaskedConstant,
    NdArray, deserialize, deserialize_any, serialize,
};
// Arrays of Python objects are pickles in the family dask.
use frames_pickle as _;
use std::fmt::Debug;
use support::peer::{Make, Peer, peer};

fn received(python: &mut Peer, value: &str, make: &Make<'_>) -> (Header, Frames<'static>) {
    let (header, frames) = python.make(value, make).unwrap();
    (Header::from_bytes(header).unwrap(), frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

#[track_caller]
fn read<T: FrameSerialize>(python: &mut Peer, value: &str) -> T {
    let (header, frames) = received(python, value, &Make::default());
    deserialize(&header, frames).unwrap_or_else(|e| panic!("{value}: {e}\n{header}"))
}

#[track_caller]
fn refused<T: FrameSerialize + Debug>(python: &mut Peer, value: &str) -> frames_core::Error {
    let (header, frames) = received(python, value, &Make::default());
    deserialize::<T>(&header, frames).unwrap_err()
}

#[track_caller]
fn send(python: &mut Peer, value: &dyn FrameSerialize, expect: &str) {
    let (header, frames) = serialize(value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check(header.as_bytes(), &slices, expect).unwrap_or_else(|e| panic!("{expect}: {e}\n{header}"));
}

/// The same array, of nothing that was received but its values.
fn remade(array: &NdArray) -> NdArray {
    let bytes = Bytes::copy_from_slice(array.as_bytes());
    let made = NdArray::new(array.dtype().clone(), array.shape(), Some(array.strides()), bytes).unwrap();
    let made = if array.is_matrix() { made.into_matrix().unwrap() } else { made };
    if array.is_writeable() { made } else { made.read_only() }
}

const DTYPES: &[&str] = &[
    "'?'",
    "'i1'",
    "'u1'",
    "'<i2'",
    "'>i2'",
    "'<u2'",
    "'>u2'",
    "'<i4'",
    "'>i4'",
    "'<u4'",
    "'>u4'",
    "'<i8'",
    "'>i8'",
    "'<u8'",
    "'>u8'",
    "'<f2'",
    "'>f2'",
    "'<f4'",
    "'>f4'",
    "'<f8'",
    "'>f8'",
    "'<c8'",
    "'>c8'",
    "'<c16'",
    "'>c16'",
    "'S3'",
    "'S1'",
    "'<U2'",
    "'>U2'",
    "'V5'",
    "'V1'",
    "'<M8[ns]'",
    "'>M8[D]'",
    "'<M8[25s]'",
    "'<M8'",
    "'<m8[ms]'",
    "'>m8[Y]'",
    "'<m8'",
    "[('a', '<i4'), ('b', '>f8')]",
    "np.dtype([('a', 'i1'), ('b', '<f8')], align=True)",
    "np.dtype([('a', [('x', 'i1'), ('y', '<i2')]), ('b', '<f8')], align=True)",
    "[('p', [('x', '<f4'), ('y', [('z', '>c8')])]), ('ids', '<i8', (2, 3)), ('s', 'S3'), ('t', '<M8[us]')]",
    "{'names': ['b', 'a'], 'formats': ['<i2', '<i4'], 'offsets': [6, 1], 'itemsize': 16}",
    "{'names': ['b', 'a'], 'formats': ['<i2', '<i4'], 'offsets': [0, 0], 'itemsize': 4}",
    "{'names': ['a', 'b'], 'formats': ['<i2', '<i4'], 'offsets': [0, 2], 'titles': ['first', None], 'itemsize': 6}",
    "[(('title', 'a'), '<i4'), ('b', '?')]",
    "[('é ü', '<f4')]",
    "[]",
];

const LAYOUTS: &[&str] = &[
    "x",
    "x.reshape(2, 3)",
    "np.asfortranarray(x.reshape(2, 3))",
    "x.reshape(2, 3).T",
    "x.reshape(1, 2, 3).transpose(2, 0, 1)",
    "x.reshape(3, 2, 1, 1).transpose(1, 0, 3, 2)",
    "x[::2]",
    "x[::-1]",
    "x.reshape(2, 3)[:, ::-2]",
    "x.reshape(2, 3)[1:, 1:]",
    "np.broadcast_to(x, (3, 6))",
    "np.broadcast_to(x[:1], (4,))",
    "np.broadcast_to(x.reshape(2, 1, 3), (2, 4, 3))",
    "np.broadcast_to(np.asfortranarray(x.reshape(2, 3)), (2, 2, 3))",
    "np.broadcast_to(x[::2], (2, 3))",
    "np.broadcast_to(x[0:1].reshape(()), (2, 2))",
    "x[0:1].reshape(())",
    "x[:0]",
    "x[:0].reshape(0, 3)",
    "np.asfortranarray(x[:0].reshape(3, 0, 2))",
    "corpus.readonly(x.copy())",
    "corpus.readonly(np.asfortranarray(x.reshape(2, 3)))",
    "x.view(np.ndarray)[:5]",
];

#[test]
fn every_dtype_in_every_layout_is_made_anew() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let mut count = 0;
    for dtype in DTYPES {
        // Items that differ in every byte; those of bools are bools.
        let items = match *dtype {
            "'?'" => "np.array([1, 0, 0, 1, 1, 0], '?')".to_owned(),
            "[]" => "np.zeros(6, [])".to_owned(),
            dtype => format!(
                "np.frombuffer((bytes(range(1, 251)) * 8)[:6 * np.dtype({dtype}).itemsize], np.dtype({dtype})).copy()"
            ),
        };
        // Code points end at 0x10ffff.
        let items = if dtype.contains('U') { format!("np.array(list('abcdef'), {dtype})") } else { items };
        for layout in LAYOUTS {
            let value = format!("(lambda x: {layout})({items})");
            let (header, frames) = received(python, &value, &Make::default());
            let array: NdArray = deserialize(&header, frames).unwrap_or_else(|e| panic!("{value}: {e}\n{header}"));
            send(python, &remade(&array), &value);
            count += 1;
        }
    }
    println!("{count} arrays");
    assert_eq!(count, DTYPES.len() * LAYOUTS.len());
}

#[test]
fn long_doubles_are_bytes_and_come_back() {
    let Some(mut python) = peer() else { return };
    for dtype in ["'g'", "'G'", "np.dtype('g').newbyteorder('S')"] {
        let value = format!("np.array([1.5, math.nan, -math.inf], {dtype})");
        let array: NdArray = read(&mut python, &value);
        // Between its ten bytes and its sixteen there is whatever the memory held: bytes are kept, and Python compares the values.
        send(&mut python, &remade(&array), &format!("np.frombuffer({:?}, {dtype}).copy()", Octets(array.as_bytes())));
    }
}

/// As Python writes bytes.
struct Octets<'a>(&'a [u8]);

impl Debug for Octets<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "bytes({:?})", self.0)
    }
}

#[test]
fn views_and_copies_of_every_layout_are_what_python_has() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    for layout in LAYOUTS {
        let value = format!("(lambda x: {layout})(np.arange(6, dtype='<i2'))");
        let array: NdArray = read(python, &value);
        let expected = python.eval(&format!("{value}.ravel().tolist()")).unwrap();
        assert_eq!(format!("{:?}", array.to_vec::<i16>().unwrap()), expected, "{value}");
        let view = array.view::<i16>().unwrap();
        assert_eq!(format!("{:?}", view.iter().collect::<Vec<_>>()), expected, "{value}");
        assert_eq!(format!("{:?}", Vec::from(view.shape())), python.eval(&format!("[*{value}.shape]")).unwrap());
        if let Some(items) = view.as_slice() {
            assert_eq!(format!("{items:?}"), expected, "{value}");
        }
        let swapped: NdArray = read(python, &format!("({value}).astype('>i2')"));
        assert_eq!(format!("{:?}", swapped.to_vec::<i16>().unwrap()), expected, "{value}");
        assert_eq!(swapped.view::<i16>().unwrap_err().kind(), ErrorKind::Mismatch);
        assert_eq!(swapped.to_vec::<u16>().unwrap_err().kind(), ErrorKind::Mismatch);
        let bools: NdArray = read(python, &format!("np.asarray({value} > 2)"));
        let expected = python.eval(&format!("str(({value} > 2).ravel().tolist()).lower()")).unwrap();
        assert_eq!(format!("'{:?}'", bools.to_vec::<bool>().unwrap()), expected);
        assert_eq!(format!("'{:?}'", bools.view::<bool>().unwrap().iter().collect::<Vec<_>>()), expected);
    }
}

#[test]
fn matrices_stay_matrices() {
    let Some(mut python) = peer() else { return };
    for value in ["np.matrix([[1, 2], [3, 4]])", "np.matrix([[1.5]])", "np.asmatrix(np.asfortranarray(np.eye(2, 3)))"] {
        let array: NdArray = read(&mut python, value);
        assert!(array.is_matrix());
        send(&mut python, &array, value);
        send(&mut python, &remade(&array), value);
    }
    let made = NdArray::new(DType::parse("|u1").unwrap(), &[1, 2], None, vec![1, 2]).unwrap().into_matrix().unwrap();
    send(&mut python, &made, "np.matrix([[1, 2]], 'u1')");
    send(&mut python, &made.read_only(), "np.asmatrix(corpus.readonly(np.array([[1, 2]], 'u1')))");
}

#[test]
fn subclasses_arrive_as_python_gets_them() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    assert_eq!(read::<NdArray>(python, "np.rec.array([(1, 2.0)], dtype='<i4,<f8')").shape(), [1]);
    assert_eq!(read::<NdArray>(python, "np.char.array(['ab', 'c'])").dtype().to_string(), "<U2");
    let map = "np.memmap(__import__('tempfile').TemporaryFile(), '<f4', 'w+', shape=(3,))";
    assert_eq!(read::<Vec<f32>>(python, map), [0.0; 3]);
}

#[test]
fn masked_arrays_keep_data_mask_and_fill_value() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let cases = [
        "np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0], fill_value=-1)",
        "np.ma.array([1, 2])",
        "np.ma.array([1, 2], mask=False)",
        "np.ma.array([1, 2], mask=[1, 1], fill_value=-7)",
        "np.ma.array([2**64 - 1], 'u8', mask=[1], fill_value=2**64 - 1)",
        "np.ma.array([True, False], mask=[0, 1])",
        "np.ma.array([1.5, 2], 'f2', mask=[0, 1], fill_value=7)",
        "np.ma.array([1.5, 2], '>f4', mask=[0, 1], fill_value=np.nan)",
        "np.ma.array([1 + 2j, 3], mask=[0, 1])",
        "np.ma.array(['ab', 'c'], mask=[0, 1], fill_value='x')",
        "np.ma.array([b'ab', b'c'], mask=[0, 1], fill_value=b'x')",
        "np.ma.array(np.array([1, 2], 'M8[s]'), mask=[1, 0])",
        "np.ma.array(np.array([1, 2], 'm8[D]'), mask=[1, 0])",
        "np.ma.array(np.asfortranarray(np.eye(2, 3)), mask=np.eye(2, 3, dtype=bool))",
        "np.ma.array(np.eye(2, 3), mask=np.asfortranarray(np.eye(2, 3, dtype=bool)))",
        "np.ma.array(np.zeros(2, [('a', '<i4'), ('b', [('c', '<f8', (2,))])]), mask=[(1, ((0, 1),)), (0, ((1, 1),))])",
        "np.ma.array(5.0, mask=True)",
        "np.ma.array(np.empty((0, 3)), mask=np.empty((0, 3), bool))",
        "np.ma.array(np.arange(6)[::2], mask=[0, 0, 1])",
        "np.ma.masked_array(corpus.readonly(np.arange(3.0)), mask=[0, 0, 1])",
        "np.ma.array(np.zeros(2, 'V3'), mask=[0, 1], fill_value=np.void(b'abc'))",
    ];
    for value in cases {
        for make in [Make::default(), Make { pickle_protocol: Some(4), ..Make::default() }] {
            let (header, frames) = received(python, value, &make);
            let array: MaskedArray = deserialize(&header, frames).unwrap_or_else(|e| panic!("{value}: {e}\n{header}"));
            send(python, &array, value);
            let (data, mask, fill_value) = array.into_parts();
            let made = MaskedArray::new(remade(&data), mask.as_ref().map(remade)).unwrap();
            send(python, &made.with_fill_value(fill_value), value);
        }
        let (header, frames) = received(python, value, &Make::default());
        let any = deserialize_any(&header, frames).unwrap();
        assert_eq!(any.type_name(), "numpy.ma.MaskedArray");
        send(python, &any, value);
    }
    let first: MaskedArray = read(python, cases[0]);
    assert_eq!(first.to_options::<f64>().unwrap(), [Some(1.0), None, Some(3.0)]);
    assert_eq!(first.fill_value(), &FillValue::Float(-1.0));
    assert_eq!(read::<Vec<Option<f64>>>(python, cases[0]), [Some(1.0), None, Some(3.0)]);
    assert_eq!(read::<MaskedArray>(python, cases[4]).fill_value(), &FillValue::UInt(u64::MAX));
    // numpy's own fill value.
    let f8 = DType::parse("<f8").unwrap();
    let data = NdArray::new(f8, &[2], None, vec![0; 16]).unwrap();
    send(python, &MaskedArray::new(data, None).unwrap(), "np.ma.array([0.0, 0.0])");
    // Of objects it is forwarded.
    assert_eq!(refused::<MaskedArray>(python, "np.ma.array([None, 1], mask=[0, 1])").kind(), ErrorKind::UnknownType);
    assert_eq!(refused::<MaskedArray>(python, "np.arange(3)").kind(), ErrorKind::Mismatch);
}

#[test]
fn the_masked_constant_is_itself() {
    let Some(mut python) = peer() else { return };
    assert_eq!(read::<MaskedConstant>(&mut python, "np.ma.masked"), MaskedConstant);
    let (header, frames) = received(&mut python, "np.ma.masked", &Make::default());
    assert_eq!(serialize(&MaskedConstant).unwrap().0, header);
    let any = deserialize_any(&header, frames).unwrap();
    assert!(any.downcast_ref::<MaskedConstant>().is_some());
    send(&mut python, &MaskedConstant, "np.ma.masked");
}

#[test]
fn pickled_masked_arrays_and_matrices_are_the_same() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let make = Make { serializers: &["pickle"], ..Make::default() };
    for value in [
        "np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0], fill_value=-1)",
        "np.ma.array([1, 2], 'i2', mask=[0, 1])",
        "np.ma.array(np.array([1, 2], 'M8[s]'), mask=[1, 0])",
        "np.ma.array(['ab', 'c'], mask=[0, 1], fill_value='x')",
    ] {
        let (header, frames) = received(python, value, &make);
        let array: MaskedArray = deserialize(&header, frames).unwrap_or_else(|e| panic!("{value}: {e}"));
        send(python, &array, value);
    }
    let (header, frames) = received(python, "np.matrix([[1, 2]])", &make);
    let array: NdArray = deserialize(&header, frames).unwrap();
    assert!(array.is_matrix());
    send(python, &array, "np.matrix([[1, 2]])");
}

#[test]
fn arrays_of_objects_and_texts_are_lists() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    for protocol in [4, 5] {
        let make = Make { pickle_protocol: Some(protocol), ..Make::default() };
        let mut all = |value: &str| received(python, value, &make);
        let (header, frames) = all("np.array(['a', 'žlu'], object)");
        assert_eq!(header.as_ref().get::<&str>("serializer").unwrap(), "dask");
        assert_eq!(deserialize::<Vec<String>>(&header, frames.clone()).unwrap(), ["a", "žlu"]);
        assert_eq!(deserialize::<NdArray>(&header, frames).unwrap_err().kind(), ErrorKind::Mismatch);
        let (header, frames) = all("np.array(['a', 'b' * 30, None], np.dtypes.StringDType(na_object=None))");
        let texts = [Some("a".to_owned()), Some("b".repeat(30)), None];
        assert_eq!(deserialize::<Vec<Option<String>>>(&header, frames).unwrap(), texts);
        let (header, frames) = all("np.array([[1, 2, 3], [4, 5, 6]], object)");
        assert_eq!(deserialize::<Vec<Vec<i64>>>(&header, frames.clone()).unwrap(), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(deserialize::<[[u8; 3]; 2]>(&header, frames).unwrap(), [[1, 2, 3], [4, 5, 6]]);
        let (header, frames) = all("np.asfortranarray(np.array([[1, 2, 3], [4, 5, 6]], object))");
        assert_eq!(deserialize::<Vec<Vec<i64>>>(&header, frames).unwrap(), [[1, 2, 3], [4, 5, 6]]);
        let (header, frames) = all("np.array([np.arange(2.0), np.arange(3.0), 0], object)[:2]");
        let lists: Vec<Array<f64>> = deserialize(&header, frames).unwrap();
        assert_eq!((&lists[0][..], &lists[1][..]), (&[0.0, 1.0][..], &[0.0, 1.0, 2.0][..]));
        let (header, frames) = all("np.array([], object)");
        assert_eq!(deserialize::<Vec<u8>>(&header, frames).unwrap(), [0u8; 0]);
        let (header, frames) = all("np.empty((3, 0), object)");
        assert_eq!(deserialize::<Vec<Vec<u8>>>(&header, frames).unwrap(), [[0u8; 0]; 3]);
        let (header, frames) = all("np.array(7, object)");
        assert_eq!(deserialize::<u8>(&header, frames).unwrap(), 7);
    }
    // Made here, of values of a graph.
    let texts = [Some("a"), None, Some("žlu"), Some("b")];
    for (count, expect) in [
        (4, "np.array([['a', None], ['žlu', 'b']], np.dtypes.StringDType(na_object=None))"),
        (1, "np.array(['a'], np.dtypes.StringDType())"),
        (0, "np.empty((0, 3), np.dtypes.StringDType())"),
        (4, "np.array([['a', None], ['žlu', 'b']], object)"),
        (1, "np.array('a', object)"),
        (3, "np.array(['a', None, 'žlu'], object)"),
    ] {
        let mut graph = frames_pickle::Graph::new();
        let values: Vec<_> =
            texts[..count].iter().map(|text| text.map_or(frames_pickle::Value::NONE, |text| graph.str(text))).collect();
        let shape: &[u64] = match (count, expect.contains("'a', object")) {
            (_, true) => &[],
            (4, _) => &[2, 2],
            (0, _) => &[0, 3],
            (1, _) => &[1],
            _ => &[3],
        };
        let array = match expect.contains("StringDType") {
            true => frames_pickle::numpy::numpy_texts(&mut graph, shape, &values).unwrap(),
            false => frames_pickle::numpy::numpy_objects(&mut graph, shape, &values).unwrap(),
        };
        graph.set_root(array);
        let pickle = frames_pickle::Writer::new().write(&graph).unwrap();
        let (header, frames) = serialize(&pickle).unwrap();
        let slices: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
        let same = format!(
            "[(type(x) is type(e), x.dtype == e.dtype, x.shape == e.shape, x.flags == e.flags, x.tolist() == e.tolist()) \
             for e in [{expect}]] == [(True,) * 5]"
        );
        python.check_where(header.as_bytes(), &slices, &same).unwrap_or_else(|e| panic!("{expect}: {e}"));
    }
    // No type is wanted: they stay pickles, and go back as they are.
    for name in ["np_objects", "np_stringdtype"] {
        let value = format!("corpus.value('{name}')");
        let (header, frames) = received(python, &value, &Make::default());
        send(python, &deserialize_any(&header, frames).unwrap(), &value);
    }
    // Who allows the family dask only allows no pickle in it.
    let (header, frames) = received(python, "np.array([1], object)", &Make::default());
    let error = frames_core::Decoder::new().families(["dask", "msgpack"]).deserialize::<Vec<u8>>(&header, frames);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Family);
}

#[test]
fn memoryviews_are_arrays() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    assert_eq!(read::<Bytes>(python, "memoryview(b'abc')"), b"abc"[..]);
    assert_eq!(read::<Vec<u8>>(python, "memoryview(bytearray(b'abcdef'))[::2]"), b"ace");
    assert_eq!(read::<Vec<u8>>(python, "memoryview(b'')"), b"");
    macro_rules! typed {
        ($($type:ident $dtype:literal)*) => { $(
            let values: Vec<$type> = (0..3u8).map(|n| n as $type).collect();
            for order in ["=", "<", ">"] {
                let value = format!("memoryview(np.arange(3, dtype='{order}{}'))", $dtype);
                assert_eq!(read::<Vec<$type>>(python, &value), values, "{value}");
                assert_eq!(&read::<Array<$type>>(python, &value)[..], values, "{value}");
            }
        )* };
    }
    typed! { u8 "u1" i8 "i1" u16 "u2" i16 "i2" u32 "u4" i32 "i4" u64 "u8" i64 "i8" f32 "f4" f64 "f8" }
    assert_eq!(read::<Vec<bool>>(python, "memoryview(np.array([True, False]))"), [true, false]);
    assert_eq!(read::<f64>(python, "memoryview(np.array(1.5))"), 1.5);
    assert_eq!(read::<Vec<i64>>(python, "memoryview(array.array('l', [1, -2]))"), [1, -2]);
    let grid: NdArray = read(python, "memoryview(np.arange(6, dtype='<i2').reshape(2, 3))");
    assert_eq!((grid.shape(), grid.to_vec::<i16>().unwrap()), (&[2, 3][..], vec![0, 1, 2, 3, 4, 5]));
    send(python, &grid, "memoryview(np.arange(6, dtype='<i2').reshape(2, 3))");
    send(python, &remade(&grid), "np.arange(6, dtype='<i2').reshape(2, 3)");
    assert_eq!(
        read::<Vec<[i16; 3]>>(python, "memoryview(np.arange(6, dtype='<i2').reshape(2, 3))"),
        [[0, 1, 2], [3, 4, 5]]
    );
    for (value, dtype) in [
        ("memoryview(np.zeros(2, 'S3'))", "|S3"),
        ("memoryview(np.zeros(2, '<U3'))", "<U3"),
        ("memoryview(np.zeros(2, '>U3'))", ">U3"),
        ("memoryview(np.zeros(2, 'V3'))", "|V3"),
        ("memoryview(np.zeros(2, '>c8'))", ">c8"),
        ("memoryview(np.zeros(2, '<f2'))", "<f2"),
        ("memoryview(np.zeros(2, 'g'))", "<f16"),
        ("memoryview(b'ab').cast('c')", "|S1"),
    ] {
        assert_eq!(read::<NdArray>(python, value).dtype().to_string(), dtype, "{value}");
    }
    assert_eq!(refused::<NdArray>(python, "memoryview(np.zeros(2, 'i4,f8'))").kind(), ErrorKind::Unsupported);
    assert_eq!(read::<Vec<u8>>(python, "memoryview(np.array([1, 255], '<i2'))"), [1, 255]);
    assert_eq!(refused::<Vec<u8>>(python, "memoryview(np.array([256], '<i2'))").kind(), ErrorKind::OutOfRange);
}

#[test]
fn arrays_of_the_module_array_are_arrays() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    macro_rules! typed {
        ($($type:ident $codes:literal)*) => { $( for code in $codes.chars() {
            let value = format!("array.array('{code}', [0, 1, 100])");
            let expected: Vec<$type> = [0u8, 1, 100].into_iter().map(|n| n as $type).collect();
            assert_eq!(read::<Vec<$type>>(python, &value), expected, "{value}");
            assert_eq!(&read::<Array<$type>>(python, &value)[..], expected);
            let array: NdArray = read(python, &value);
            assert_eq!(array.dtype().byteorder(), if size_of::<$type>() == 1 { ByteOrder::NotApplicable } else { ByteOrder::NATIVE });
            send(python, &array, &value);
            let empty = format!("array.array('{code}')");
            assert!(read::<Vec<$type>>(python, &empty).is_empty());
            let (header, frames) = received(python, &empty, &Make::default());
            let any = deserialize_any(&header, frames).unwrap();
            assert_eq!(any.type_name(), "array.array");
            send(python, &any, &empty);
        } )* };
    }
    typed! { i8 "b" u8 "B" i16 "h" u16 "H" i32 "i" u32 "I" i64 "lq" u64 "LQ" f32 "f" f64 "d" }
    assert_eq!(read::<NdArray>(python, "array.array('u', 'až')").dtype().to_string(), "<U1");
    assert_eq!(read::<Vec<u8>>(python, "array.array('h', [1])"), [1]);
    assert_eq!(refused::<Vec<u8>>(python, "array.array('d', [1])").kind(), ErrorKind::Mismatch);
}
