//! Arrays of extension types outside of tables, against the released pyarrow: those for which pyarrow has functions of its own, one by one, in
//! chunks, and as parts of others.

mod support;

use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray, Int8Array, Int32Array, StringArray};
use arrow_schema::{DataType, Field};
use frames_core::arrow::{ChunkedArray, ExtensionArray, ExtensionType, Table};
use frames_core::bytes::Bytes;
use frames_core::{
    Decoder, Dynamic, Encoder, ErrorKind, FrameSerialize, Frames, Header, Reader, deserialize, deserialize_any,
    serialize,
};
use frames_pickle as _;
use std::sync::Arc;
use support::peer::{Make, Peer, peer};

/// An array, and what Rust has to say of it.
const ARRAYS: &[(&str, &str, &str)] = &[
    ("pa.array([b'0' * 16, None, b'1' * 16], pa.binary(16)).cast(pa.uuid())", "arrow.uuid", ""),
    ("pa.array([uuid.UUID(int=7)], pa.uuid())", "arrow.uuid", ""),
    ("pa.array([], pa.uuid())", "arrow.uuid", ""),
    ("pa.array(['{}', None, '[1, 2]'], pa.json_())", "arrow.json", ""),
    ("pa.array(['{}', None, '[1, 2]'], pa.json_(pa.large_string()))[1:]", "arrow.json", ""),
    ("pa.array(['{}', 'a text of more than twelve bytes'], pa.json_(pa.string_view()))", "arrow.json", ""),
    ("pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None, -7], pa.int8()))[1:]", "arrow.bool8", ""),
    (
        "pa.ExtensionArray.from_storage(pa.opaque(pa.int32(), 'point', 'db'), pa.array([1, None], pa.int32()))",
        "arrow.opaque",
        r#"{"type_name":"point","vendor_name":"db"}"#,
    ),
    (
        "pa.ExtensionArray.from_storage(pa.opaque(pa.list_(pa.string()), 'ž\"\\\\', '\\n\\x01😀'), pa.array([['a'], None]))",
        "arrow.opaque",
        r#"{"type_name":"ž\"\\","vendor_name":"\n\u0001😀"}"#,
    ),
    (
        "[pa.ExtensionArray.from_storage(pa.opaque(d.type, 'a', ''), d) for d in \
         [pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array(['x']))]][0]",
        "arrow.opaque",
        r#"{"type_name":"a","vendor_name":""}"#,
    ),
    (
        "pa.FixedShapeTensorArray.from_numpy_ndarray(np.arange(12, dtype='i4').reshape(2, 2, 3))",
        "arrow.fixed_shape_tensor",
        r#"{"shape":[2,3],"permutation":[0,1]}"#,
    ),
    (
        "[pa.ExtensionArray.from_storage(t, pa.array([[1.5] * 6, None], t.storage_type)) for t in \
         [pa.fixed_shape_tensor(pa.float64(), [2, 3], dim_names=['ž', 'b'], permutation=[1, 0])]][0]",
        "arrow.fixed_shape_tensor",
        r#"{"shape":[2,3],"permutation":[1,0],"dim_names":["ž","b"]}"#,
    ),
    (
        "[pa.ExtensionArray.from_storage(t, pa.array([[1, None, 3]], t.storage_type)) for t in [pa.fixed_shape_tensor(pa.int8(), [3])]][0]",
        "arrow.fixed_shape_tensor",
        r#"{"shape":[3]}"#,
    ),
];

/// Plain arrays with such in them.
const NESTED: &[&str] = &[
    "pa.ListArray.from_arrays([0, 1, 2], pa.array([b'0' * 16, b'1' * 16], pa.binary(16)).cast(pa.uuid()))",
    "pa.FixedSizeListArray.from_arrays(pa.array(['{}', '1'], pa.json_()), 2)",
    "pa.StructArray.from_arrays([pa.array(['{}'], pa.json_()), pa.array([uuid.UUID(int=7)], pa.uuid())], ['j', 'u'])",
    "pa.StructArray.from_arrays([pa.array(['{}'], pa.json_())], fields=[pa.field('j', pa.json_(), False, {'k': 'v'})])",
    "pa.MapArray.from_arrays([0, 1], ['k'], pa.array([uuid.UUID(int=7)], pa.uuid()))",
    "pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array(['{}'], pa.json_())])",
    "pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(['{}'], pa.json_()))",
];

const PICKLED: Make<'static> =
    Make { serializers: &["dask", "pickle"], wrap: false, pickle_protocol: None, error_family: false };

fn received(python: &mut Peer, expression: &str, make: &Make<'_>) -> (Header, Frames<'static>) {
    let (header, frames) = python.make(expression, make).unwrap_or_else(|e| panic!("{expression}: {e}"));
    (Header::from_bytes(header).unwrap(), frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

fn unpickled<T: FrameSerialize>(python: &mut Peer, expression: &str) -> frames_core::Result<T> {
    let (header, frames) = received(python, expression, &PICKLED);
    assert_eq!(header.to_value().unwrap()["serializer"], "pickle".into(), "{expression}");
    deserialize(&header, frames)
}

/// Whether Python finds in `value` what the expression is: class, type, values, and all that pyarrow validates.
#[track_caller]
fn same_in_python(python: &mut Peer, value: &dyn FrameSerialize, expression: &str) {
    let (header, frames) = serialize(value).unwrap_or_else(|e| panic!("{expression}: {e}"));
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    let same = format!(
        "[(type(x) is type(e), type(x.type) is type(e.type), x.type.equals(e.type, check_metadata=True), x.validate(full=True), x.equals(e)) \
         for e in [{expression}]] == [(True, True, True, None, True)]"
    );
    python.check_where(header.as_bytes(), &frames, &same).unwrap_or_else(|e| panic!("{expression}: {e}"));
}

#[track_caller]
fn same_for_rust<T: FrameSerialize + PartialEq + std::fmt::Debug>(value: &T) {
    let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(value).unwrap();
    assert_eq!(&Decoder::new().families(["dask"]).deserialize::<T>(&header, frames).unwrap(), value);
}

#[test]
fn arrays_of_extension_types_go_both_ways() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    for (array, name, metadata) in ARRAYS {
        let read: ExtensionArray = unpickled(python, array).unwrap_or_else(|e| panic!("{array}: {e}"));
        assert_eq!(read.extension(), &ExtensionType::new(*name, *metadata), "{array}");
        same_in_python(python, &read, array);
        same_for_rust(&read);
        let chunks = format!("[pa.chunked_array([a, a[1:], a[:0]], a.type) for a in [{array}]][0]");
        let many: ChunkedArray = unpickled(python, &chunks).unwrap();
        assert_eq!((many.extension(), many.chunks().len()), (Some(read.extension()), 3));
        same_in_python(python, &many, &chunks);
        same_for_rust(&many);
        let none = format!("[pa.chunked_array([], a.type) for a in [{array}]][0]");
        let many: ChunkedArray = unpickled(python, &none).unwrap();
        same_in_python(python, &many, &none);
        let alone: ExtensionArray = unpickled(python, &none).unwrap();
        assert_eq!((alone.extension(), alone.storage().len()), (read.extension(), 0));
        // What only an array is loses nothing.
        let error = unpickled::<ArrayRef>(python, array).unwrap_err();
        assert!(error.kind() == ErrorKind::Mismatch && error.to_string().contains(name), "{error}");
        // By name, from Python and from Rust, and looked at.
        let (header, frames) = received(python, array, &PICKLED);
        let any = deserialize_any(&header, frames.clone()).unwrap();
        assert_eq!(any.downcast_ref::<ExtensionArray>(), Some(&read), "{}", any.type_name());
        let seen = deserialize::<Dynamic>(&header, frames).unwrap();
        let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&read).unwrap();
        assert!(deserialize_any(&header, frames.clone()).unwrap().downcast::<ExtensionArray>().is_ok());
        for seen in [seen, deserialize::<Dynamic>(&header, frames).unwrap()] {
            assert_eq!(seen.get("extension").and_then(Dynamic::as_str), Some(*name), "{seen}");
            assert_eq!(seen.get("metadata").and_then(Dynamic::as_str), Some(*metadata), "{seen}");
        }
        // A table's field says the same, in its stream and in its pickle.
        for family in ["dask", "pickle"] {
            let make = Make { serializers: &[family], ..PICKLED };
            let (header, frames) = received(python, &format!("pa.table({{'x': {array}}})"), &make);
            let table: Table = deserialize(&header, frames).unwrap_or_else(|e| panic!("{array}: {e}"));
            assert_eq!(ExtensionType::of(&table.schema().fields()[0]).as_ref(), Some(read.extension()), "{family}");
            let column = table.column("x").unwrap().next();
            assert_eq!(column.unwrap_or(read.storage()), read.storage(), "{array}, {family}");
        }
    }
}

#[test]
fn arrays_with_extension_types_in_them_go_both_ways() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    for array in NESTED {
        let read: ArrayRef = unpickled(python, array).unwrap_or_else(|e| panic!("{array}: {e}"));
        same_in_python(python, &read, array);
        same_for_rust(&read);
        // The type of a column in a table is the same.
        let (header, frames) =
            received(python, &format!("pa.table({{'x': {array}}})"), &Make { serializers: &["dask"], ..PICKLED });
        let table: Table = deserialize(&header, frames).unwrap();
        assert_eq!(table.schema().fields()[0].data_type(), read.data_type(), "{array}");
    }
}

#[test]
fn what_rust_makes_python_reads() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let ids: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter([[7u8; 16]].iter()).unwrap());
    let ids = ExtensionArray::new(ExtensionType::new("arrow.uuid", ""), ids);
    same_in_python(python, &ids, "pa.array([b'\\x07' * 16], pa.binary(16)).cast(pa.uuid())");
    let texts = ChunkedArray::from(Arc::new(StringArray::from(vec!["{}"])) as ArrayRef);
    let texts = texts.with_extension(ExtensionType::new("arrow.json", ""));
    same_in_python(python, &texts, "pa.chunked_array([pa.array(['{}'], pa.json_())])");
    let points = r#" { "vendor_name" : "db", "type_name" : "\u017eid" } "#;
    let points = ExtensionArray::new(ExtensionType::new("arrow.opaque", points), Arc::new(Int32Array::from(vec![1])));
    let opaque = "pa.ExtensionArray.from_storage(pa.opaque(pa.int32(), 'žid', 'db'), pa.array([1], pa.int32()))";
    same_in_python(python, &points, opaque);
}

#[test]
fn what_pyarrow_would_misread_is_refused() {
    let Some(mut python) = peer() else { return };
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let refused = |name: &str, metadata: &str, storage: &ArrayRef| {
        let array = ExtensionArray::new(ExtensionType::new(name, metadata), storage.clone());
        same_for_rust(&array);
        let error = serialize(&array).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        let many = ChunkedArray::from(array);
        assert_eq!(serialize(&many).unwrap_err().kind(), error.kind());
        error.kind()
    };
    // pyarrow believes pickles: other items than the type has would be read beyond their buffers.
    for name in ["arrow.uuid", "arrow.json", "arrow.bool8", "arrow.fixed_shape_tensor"] {
        assert_eq!(refused(name, "", &numbers), ErrorKind::Mismatch);
    }
    let lists: ArrayRef = Arc::new(arrow_array::FixedSizeListArray::new(
        Arc::new(Field::new("item", DataType::Int32, true)),
        2,
        numbers.clone(),
        None,
    ));
    for shape in [r#"{"shape":[3]}"#, r#"{"shape":[-1,-2]}"#, r#"{"shape":2}"#, "{}", "", "[2]", r#"{"shape":["a"]}"#] {
        assert_eq!(refused("arrow.fixed_shape_tensor", shape, &lists), ErrorKind::Invalid, "{shape}");
    }
    let more = r#"{"shape":[2],"unit":"m"}"#;
    assert_eq!(refused("arrow.fixed_shape_tensor", more, &lists), ErrorKind::Unsupported);
    assert_eq!(refused("arrow.opaque", r#"{"type_name":"a"}"#, &numbers), ErrorKind::Invalid);
    // Of any other name Python's class is not known.
    assert_eq!(refused("acme.point", "", &numbers), ErrorKind::Unsupported);

    // A class of somebody's, and what arrow-rs has no field for.
    let own = "[t := type('Mine', (pa.ExtensionType,), {'__init__': lambda s: pa.ExtensionType.__init__(s, pa.int32(), 'acme.mine'), \
         '__arrow_ext_serialize__': lambda s: b'', '__arrow_ext_deserialize__': classmethod(lambda c, s, b: c())}), \
         pa.ExtensionArray.from_storage(t(), pa.array([1], pa.int32()))][-1]";
    let of_ids = "pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array([uuid.UUID(int=7)], pa.uuid()))";
    for array in [own, of_ids] {
        let error = unpickled::<ChunkedArray>(&mut python, array).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        // It is forwarded.
        let (header, frames) = received(&mut python, array, &PICKLED);
        assert_eq!(deserialize_any(&header, frames).unwrap().type_name(), "frames_pickle::Pickle");
    }
    // Int8 is no bool8 to who does not say so.
    let plain: ArrayRef = Arc::new(Int8Array::from(vec![1]));
    same_in_python(&mut python, &plain, "pa.array([1], pa.int8())");
    assert_eq!(unpickled::<ExtensionArray>(&mut python, "pa.array([1])").unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn damaged_ones_are_errors_or_valid_arrays() {
    let Some(mut python) = peer() else { return };
    let (mut state, mut read) = (0x9e37_79b9_7f4a_7c15u64, 0);
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for expression in ARRAYS.iter().map(|(array, ..)| array).chain(NESTED) {
        let (header, frames) = received(&mut python, expression, &PICKLED);
        let frames: Vec<Vec<u8>> = frames.iter().map(|frame| frame.to_vec()).collect();
        for _ in 0..2000 {
            let mut damaged = frames.clone();
            for _ in 0..=random(3) {
                // Mostly the pickle.
                let at = if random(4) == 0 { random(damaged.len()) } else { 0 };
                if !damaged[at].is_empty() {
                    let byte = random(damaged[at].len());
                    damaged[at][byte] = random(256) as u8;
                }
            }
            let frames: Frames<'static> = damaged.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
            let _ = deserialize::<Dynamic>(&header, frames.clone());
            if let Ok(array) = deserialize::<ChunkedArray>(&header, frames) {
                array.chunks().iter().for_each(|chunk| chunk.to_data().validate_full().unwrap());
                // What comes from a pickle has a form for Python.
                serialize(&array).unwrap_or_else(|e| panic!("{expression}: {e}"));
                read += 1;
            }
        }
    }
    assert!(read > 1000, "{read}");
}
