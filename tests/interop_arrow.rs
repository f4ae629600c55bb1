//! Tables and arrays of Arrow against the released pyarrow, through `distributed`: Python writes and Rust reads, Rust writes and Python compares.

mod support;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int64Type};
use arrow_array::{Array, Int64Array, RecordBatch, StringArray};
use arrow_array::{ArrayRef, BooleanArray, DictionaryArray, ListArray};
use frames_core::arrow::{ChunkedArray, ExtensionArray, Table};
use frames_core::bytes::Bytes;
use frames_core::{Decoder, ErrorKind, FrameSerialize, Frames, Header, deserialize, deserialize_any, serialize};
use frames_pickle as _;
use std::sync::Arc;
use support::peer::{Make, Peer, peer};

/// Arrays of every type that pyarrow makes and Arrow's stream format has.
const ARRAYS: &[&str] = &[
    "pa.array([1, None, -3], pa.int8())",
    "pa.array([1, None, -3], pa.int16())",
    "pa.array([1, None, -3], pa.int32())",
    "pa.array([1, None, -3], pa.int64())",
    "pa.array([1, None, 3], pa.uint8())",
    "pa.array([1, None, 3], pa.uint16())",
    "pa.array([1, None, 3], pa.uint32())",
    "pa.array([1, None, 2**64 - 1], pa.uint64())",
    "pa.array([np.float16(1.5), None], pa.float16())",
    "pa.array([1.5, None, float('inf')], pa.float32())",
    "pa.array([1.5, None, -0.0], pa.float64())",
    "pa.array([1, 2, 3])",
    "pa.array([], pa.int64())",
    "pa.array([True, None, False])",
    "pa.array([True, False] * 20)[3:30]",
    "pa.array([None, True, False] * 20)[5:41]",
    "pa.array(['a', None, '', 'žluť'])",
    "pa.array(['a', 'bc', None, 'def', 'g'])[1:4]",
    "pa.array([], pa.string())",
    "pa.array(['a', None, 'bc'], pa.large_string())",
    "pa.array(['a', 'bc', 'x' * 40], pa.large_string())[1:]",
    "pa.array(['a', None, 'a text that is longer than twelve bytes', ''], pa.string_view())",
    "pa.array(['short', 'a text that is longer than twelve bytes', 'another text of many bytes'], pa.string_view())[1:]",
    "pa.array([], pa.string_view())",
    "pa.array([b'a', None, b'\\xff'], pa.binary())",
    "pa.array([b'a', None], pa.large_binary())",
    "pa.array([b'a', None, b'many bytes that do not fit a view'], pa.binary_view())",
    "pa.array([b'abc', None, b'xyz'], pa.binary(3))",
    "pa.array([b'abc', None, b'xyz'], pa.binary(3))[1:]",
    "pa.array([b'', None], pa.binary(0))",
    "pa.array([decimal.Decimal('1.25'), None], pa.decimal32(7, 2))",
    "pa.array([decimal.Decimal('1.25'), None], pa.decimal64(12, 2))",
    "pa.array([decimal.Decimal('1.25'), None, decimal.Decimal('-7.00')], pa.decimal128(20, 2))",
    "pa.array([decimal.Decimal('1.25'), None], pa.decimal256(60, 2))",
    "pa.array([decimal.Decimal('125'), None], pa.decimal128(20, 0))",
    "pa.array([datetime.date(2024, 2, 29), None])",
    "pa.array([0, None, 86_400_000], pa.date64())",
    "pa.array([1, None], pa.time32('s'))",
    "pa.array([1, None], pa.time32('ms'))",
    "pa.array([1, None], pa.time64('us'))",
    "pa.array([1, None], pa.time64('ns'))",
    "pa.array([1, None], pa.timestamp('s'))",
    "pa.array([1, None], pa.timestamp('ms', 'UTC'))",
    "pa.array([1, None], pa.timestamp('us', '+05:30'))",
    "pa.array([1, None, -5], pa.timestamp('ns', 'Europe/Prague'))",
    "pa.array([1, None], pa.duration('s'))",
    "pa.array([1, None], pa.duration('ms'))",
    "pa.array([1, None], pa.duration('us'))",
    "pa.array([1, None], pa.duration('ns'))",
    "pa.array([pa.MonthDayNano([1, 2, 3]), None])",
    "pa.array([[1, 2], None, [], [3]])",
    "pa.array([['a'], ['b', 'c'], [], None])[1:]",
    "pa.array([[1], None, []], pa.large_list(pa.int8()))",
    "pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int16(), 2))",
    "pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int16(), 2))[1:]",
    "pa.array([[], None, []], pa.list_(pa.int16(), 0))",
    "pa.array([[1, 2], None, [3]], pa.list_view(pa.int16()))",
    "pa.array([[1, 2], None, [3]], pa.large_list_view(pa.int16()))",
    "pa.array([{'a': 1, 'b': 'x'}, None, {'a': None, 'b': 'z'}])",
    "pa.array([{'a': 1, 'b': [{'c': True}]}, {'a': None, 'b': None}, {'a': 3, 'b': []}])[1:]",
    "pa.array([{}, None], pa.struct([]))",
    "pa.array([[('k', 1), ('l', None)], None, []], pa.map_(pa.string(), pa.int64()))",
    "pa.array([[('k', 1)]], pa.map_(pa.string(), pa.int64(), keys_sorted=True))",
    "pa.array(['a', 'b', None, 'a']).dictionary_encode()",
    "pa.array(['a', 'b', None, 'a'] * 5).dictionary_encode()[3:]",
    "pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.uint8()), pa.array([1.5, 2.5]), ordered=True)",
    "pa.DictionaryArray.from_arrays(pa.array([1, 0], pa.int64()), pa.array([['x'], ['y', 'z']]))",
    "pa.array([['a', 'b'], ['a']], pa.list_(pa.dictionary(pa.int16(), pa.string())))",
    "pa.array([{'d': 'a'}, None], pa.struct([('d', pa.dictionary(pa.int8(), pa.large_string()))]))",
    "pa.nulls(5)",
    "pa.array([[None], []], pa.list_(pa.null()))",
    "pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(['a', None]))",
    "pa.UnionArray.from_dense(pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(['a'])])",
    "pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(['a', 'b'])], ['x', 'y'], [0, 1])",
    "pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b'0' * 16, None], pa.binary(16)))",
    "pa.array([1, 2**40] * 50_000)",
];

const FAMILIES: Make<'static> =
    Make { serializers: &["dask"], wrap: false, pickle_protocol: None, error_family: false };

fn received((header, frames): (Vec<u8>, Vec<Vec<u8>>)) -> (Header, Frames<'static>) {
    (Header::from_bytes(header).unwrap(), frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

#[track_caller]
fn made<T: FrameSerialize>(python: &mut Peer, expression: &str) -> T {
    let (header, frames) = received(python.make(expression, &FAMILIES).unwrap_or_else(|e| panic!("{expression}: {e}")));
    deserialize(&header, frames).unwrap_or_else(|e| panic!("{expression}: {e}"))
}

/// Whether Python finds in `value` what the expression is: type, schema with metadata, values, and all that pyarrow validates.
#[track_caller]
fn same_in_python(python: &mut Peer, value: &impl FrameSerialize, expression: &str) {
    let (header, frames) = serialize(value).unwrap();
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    assert_eq!(frames.len(), 1);
    let same = format!(
        "[type(x) is type(e) and x.schema.equals(e.schema, check_metadata=True) and x.num_rows == e.num_rows \
         and not x.validate(full=True) and x.equals(e, check_metadata=True) for e in [{expression}]] == [True]"
    );
    python.check_where(header.as_bytes(), &frames, &same).unwrap_or_else(|e| panic!("{expression}: {e}"));
    let blob = frames_core::serialize_bytes(value).unwrap();
    python.check_blob(&blob, expression).unwrap_or_else(|e| panic!("{expression}, a blob: {e}"));
}

#[test]
fn every_type_goes_both_ways() {
    let Some(mut python) = peer() else { return };
    for array in ARRAYS {
        let table = format!("pa.table({{'x': {array}}})");
        let read: Table = made(&mut python, &table);
        same_in_python(&mut python, &read, &table);
        let batch = format!("pa.record_batch({{'x': {array}}})");
        let read: RecordBatch = made(&mut python, &batch);
        same_in_python(&mut python, &read, &batch);
        // For Rust the stream is cut, and is the same.
        let rust = frames_core::Encoder::new().reader(frames_core::Reader::Rust);
        let (header, frames) = rust.serialize(&read).unwrap();
        assert_eq!(deserialize::<RecordBatch>(&header, frames).unwrap(), read, "{array}");
    }
    println!("{} arrays", ARRAYS.len());
}

#[test]
fn all_types_in_one_table_of_several_chunks() {
    let Some(mut python) = peer() else { return };
    let arrays: Vec<_> = ARRAYS.iter().map(|array| format!("pa.concat_arrays([{array}] * 2)")).collect();
    let arrays: Vec<_> = arrays.iter().filter(|a| !a.contains("RunEnd") && !a.contains("Union")).collect();
    let columns: Vec<_> = arrays.iter().enumerate().map(|(i, a)| format!("('c{i}', {a})")).collect();
    // As long as the shortest that has items.
    let table = format!(
        "[pa.concat_tables([t, t.slice(1), t.slice(0, 0), t]) for c in [[{}]] \
         for t in [pa.table({{k: a[:2] for k, a in c if len(a) > 1}})]][0]",
        columns.join(", ")
    );
    let read: Table = made(&mut python, &table);
    assert!(read.batches().len() >= 3, "{}", read.batches().len());
    assert_eq!(read.num_rows(), 5);
    same_in_python(&mut python, &read, &table);
}

#[test]
fn values_are_what_python_says() {
    let Some(mut python) = peer() else { return };
    let table: Table = made(
        &mut python,
        "pa.table({'n': [1, None, 3], 's': ['a', None, 'ž'], 'd': pa.array(['u', 'v', 'u']).dictionary_encode(), \
         'l': [[1], None, [2, 3]]})",
    );
    let [batch] = table.batches() else { panic!() };
    let numbers = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(numbers.iter().collect::<Vec<_>>(), [Some(1), None, Some(3)]);
    assert_eq!(batch.column(1).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, Some("ž")]);
    let dictionary = batch.column(2).as_dictionary::<arrow_array::types::Int32Type>();
    assert_eq!(dictionary.values().as_string::<i32>().iter().collect::<Vec<_>>(), [Some("u"), Some("v")]);
    assert_eq!(dictionary.keys().values(), &[0, 1, 0]);
    let lists = batch.column(3).as_list::<i32>();
    assert!(lists.is_null(1) && lists.value(2).as_primitive::<Int64Type>().values() == &[2, 3]);
    let bytes: RecordBatch = made(&mut python, "pa.record_batch({'b': pa.array([-1, 2], pa.int8())})");
    assert_eq!(bytes.column(0).as_primitive::<Int8Type>().values(), &[-1, 2]);
}

#[test]
fn what_rust_makes_python_reads() {
    let Some(mut python) = peer() else { return };
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("n", Arc::new(Int64Array::from(vec![Some(1), None])) as _, true),
        ("s", Arc::new(StringArray::from(vec!["a", "ž"])) as _, false),
    ])
    .unwrap();
    let schema = "pa.schema([pa.field('n', pa.int64()), pa.field('s', pa.string(), nullable=False)])";
    let batches = format!("pa.record_batch({{'n': [1, None], 's': ['a', 'ž']}}, schema={schema})");
    same_in_python(&mut python, &batch, &batches);
    same_in_python(&mut python, &batch.slice(1, 1), &format!("{batches}.slice(1)"));
    let twice = Table::try_new(batch.schema(), vec![batch.clone(), batch.slice(0, 1)]).unwrap();
    let table = format!("pa.Table.from_batches([b, b.slice(0, 1)]) for b in [{batches}]");
    same_in_python(&mut python, &twice, &format!("[{table}][0]"));
    let empty = Table::try_new(batch.schema(), Vec::new()).unwrap();
    same_in_python(&mut python, &empty, &format!("{schema}.empty_table()"));
}

#[test]
fn schemas_are_kept() {
    let Some(mut python) = peer() else { return };
    for table in [
        "pa.table({})",
        "pa.schema([('a', pa.int64()), ('b', pa.dictionary(pa.int8(), pa.string()))]).empty_table()",
        "pa.schema([('a', pa.int64())], {'k': 'v', 'empty': ''}).empty_table()",
        "pa.table({'a': [1]}, schema=pa.schema([pa.field('a', pa.int8(), False, {'unit': 'm'})], {'of': 'table'}))",
        "pa.table([[1], [2]], names=['a', 'a'])",
        "pa.table([[1]], names=[''])",
        "pa.table({'a': pa.chunked_array([], pa.int64())})",
        // Another dictionary in each chunk.
        "pa.table({'d': pa.chunked_array([pa.array(['a', 'b']).dictionary_encode(), pa.array(['c']).dictionary_encode()])})",
        "pa.Table.from_pandas(pd.DataFrame({'x': [1, 2], 'y': ['a', None]}, index=[5, 7]))",
        "pa.Table.from_pandas(pd.DataFrame({'x': pd.Categorical(['a', 'b', 'a'])}))",
    ] {
        let read: Table = made(&mut python, table);
        same_in_python(&mut python, &read, table);
    }
    // Rows without columns.
    let batch = "pa.RecordBatch.from_struct_array(pa.array([{}] * 5, pa.struct([])))";
    let read: RecordBatch = made(&mut python, batch);
    assert_eq!((read.num_rows(), read.num_columns()), (5, 0));
    same_in_python(&mut python, &read, batch);
}

#[test]
fn tables_and_batches_stand_for_each_other_where_nothing_is_lost() {
    let Some(mut python) = peer() else { return };
    let batch: RecordBatch = made(&mut python, "pa.table({'x': [1, 2]})");
    assert_eq!(batch.num_rows(), 2);
    let batch: RecordBatch = made(&mut python, "pa.schema([('x', pa.int64())]).empty_table()");
    assert_eq!((batch.num_rows(), batch.num_columns()), (0, 1));
    let table: Table = made(&mut python, "pa.record_batch({'x': [1, 2]})");
    assert_eq!(table.num_rows(), 2);
    let many = "pa.table({'x': pa.chunked_array([[1], [2]])})";
    let (header, frames) = received(python.make(many, &FAMILIES).unwrap());
    let error = deserialize::<RecordBatch>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("a table of 2 batches"), "{error}");
}

#[test]
fn by_name_and_in_structs() {
    let Some(mut python) = peer() else { return };
    let (header, frames) = received(python.make("pa.table({'x': [1, 2]})", &FAMILIES).unwrap());
    let any = deserialize_any(&header, frames).unwrap();
    assert_eq!(any.type_name(), "pyarrow.lib.Table");
    assert_eq!(any.downcast::<Table>().unwrap().num_rows(), 2);
    let (header, frames) = received(python.make("pa.record_batch({'x': [1, 2]})", &FAMILIES).unwrap());
    let any = deserialize_any(&header, frames).unwrap();
    assert_eq!(any.downcast::<RecordBatch>().unwrap().num_rows(), 2);

    #[derive(FrameSerialize, Debug, PartialEq)]
    struct Partition {
        number: u32,
        rows: Table,
        parts: Vec<RecordBatch>,
    }
    let batch = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1, 2])) as _)]).unwrap();
    let partition = Partition { number: 7, rows: batch.clone().into(), parts: vec![batch.clone(), batch.slice(1, 1)] };
    let (header, frames) = serialize(&partition).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    let expect =
        "x['number'] == 7 and x['rows'].to_pydict() == {'x': [1, 2]} and x['parts'][1].to_pydict() == {'x': [2]}";
    python.check_where(header.as_bytes(), &slices, expect).unwrap();
    assert_eq!(deserialize::<Partition>(&header, frames).unwrap(), partition);
    let received = received(
        python
            .make("{'number': 7, 'rows': pa.table({'x': [1, 2]}), 'parts': [pa.record_batch({'x': [1, 2]}), pa.record_batch({'x': [2]})]}", &Make { wrap: true, serializers: &["dask", "msgpack"], ..FAMILIES })
            .unwrap(),
    );
    let decoder = Decoder::new();
    let back: Partition = decoder.deserialize(&received.0, received.1).unwrap();
    assert_eq!(back.rows.num_rows(), 2);
    assert_eq!(back.parts.len(), 2);
}

#[test]
fn what_is_not_kept_is_refused() {
    let Some(mut python) = peer() else { return };
    for (stream, kind, words) in [
        ("pa.ipc.IpcWriteOptions(compression='lz4')", ErrorKind::Unsupported, "compressed"),
        ("pa.ipc.IpcWriteOptions(compression='zstd')", ErrorKind::Unsupported, "compressed"),
        ("pa.ipc.IpcWriteOptions(use_legacy_format=True)", ErrorKind::Invalid, "the mark"),
    ] {
        let bytes = format!(
            "[(s := pa.BufferOutputStream(), w := pa.ipc.new_stream(s, t.schema, options={stream}), w.write_table(t), w.close(), \
             s.getvalue().to_pybytes())[-1] for t in [pa.table({{'x': [1, 2, 3] * 100}})]][0]"
        );
        let bytes: Vec<u8> = {
            let (header, frames) = received(python.make(&bytes, &Make { serializers: &["dask"], ..FAMILIES }).unwrap());
            deserialize(&header, frames).unwrap()
        };
        let table = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1])) as _)]).unwrap();
        let (header, _) = serialize(&Table::from(table)).unwrap();
        let error = deserialize::<Table>(&header, vec![Bytes::from(bytes)].into()).unwrap_err();
        assert_eq!(error.kind(), kind, "{stream}: {error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// What Dask has no form for, it pickles, with buffers beside the pickle.
const PICKLED: Make<'static> = Make { serializers: &["dask", "pickle"], ..FAMILIES };

#[track_caller]
fn unpickled<T: FrameSerialize>(python: &mut Peer, expression: &str) -> frames_core::Result<T> {
    let (header, frames) = received(python.make(expression, &PICKLED).unwrap_or_else(|e| panic!("{expression}: {e}")));
    assert_eq!(header.to_value().unwrap()["serializer"], "pickle".into(), "{expression}");
    deserialize(&header, frames)
}

/// Whether Python finds in `value` what its own pickle of the expression is: class, type, values, and all that pyarrow validates.
#[track_caller]
fn same_array_in_python(python: &mut Peer, value: &impl FrameSerialize, expression: &str) {
    let (header, frames) = serialize(value).unwrap_or_else(|e| panic!("{expression}: {e}"));
    assert_eq!(header.to_value().unwrap()["serializer"], "pickle".into());
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    let same = format!(
        "[(type(x) is type(e), x.type.equals(e.type, check_metadata=True), x.null_count == e.null_count, x.validate(full=True), x.equals(e)) \
         for e in [distributed.protocol.pickle.loads(distributed.protocol.pickle.dumps({expression}))]] == [(True, True, True, None, True)]"
    );
    python.check_where(header.as_bytes(), &frames, &same).unwrap_or_else(|e| panic!("{expression}: {e}"));
}

/// For Rust no pickle is written, and the array is the same.
#[track_caller]
fn same_for_rust<T: FrameSerialize + PartialEq + std::fmt::Debug>(value: &T, expression: &str) {
    let rust = frames_core::Encoder::new().reader(frames_core::Reader::Rust);
    let (header, frames) = rust.serialize(value).unwrap();
    assert_eq!(header.to_value().unwrap()["serializer"], "dask".into(), "{expression}");
    assert_eq!(&Decoder::new().families(["dask"]).deserialize::<T>(&header, frames).unwrap(), value, "{expression}");
}

#[test]
fn single_arrays_go_both_ways() {
    let Some(mut python) = peer() else { return };
    let mut refused = Vec::new();
    for array in ARRAYS {
        let chunks = format!("[pa.chunked_array([a, a[1:], a[:0]], a.type) for a in [{array}]][0]");
        let (read, many) =
            match (unpickled::<ArrayRef>(&mut python, array), unpickled::<ChunkedArray>(&mut python, &chunks)) {
                (Ok(read), Ok(many)) => (read, many),
                // No type of arrow-rs says it, and the field of a single array is not there.
                (Err(error), Ok(many)) if many.is_ordered() => {
                    assert!(error.to_string().contains("`frames_core::arrow::ChunkedArray`"), "{error}");
                    refused.push(*array);
                    same_array_in_python(&mut python, &many, &chunks);
                    same_for_rust(&many, &chunks);
                    continue;
                }
                (Err(error), Ok(many)) if many.extension().is_some() => {
                    assert!(error.to_string().contains("`frames_core::arrow::ExtensionArray`"), "{error}");
                    refused.push(*array);
                    same_array_in_python(&mut python, &many, &chunks);
                    same_for_rust(&many, &chunks);
                    let read: ExtensionArray = unpickled(&mut python, array).unwrap();
                    assert_eq!(&many.chunks()[0], read.storage());
                    same_array_in_python(&mut python, &read, array);
                    same_for_rust(&read, array);
                    continue;
                }
                (read, many) => panic!("{array}: {read:?}, {many:?}"),
            };
        assert_eq!(
            many.chunks().iter().map(|chunk| chunk.len()).collect::<Vec<_>>(),
            [read.len(), read.len().saturating_sub(1), 0]
        );
        assert_eq!(&many.chunks()[0], &read);
        same_array_in_python(&mut python, &read, array);
        same_array_in_python(&mut python, &many, &chunks);
        same_for_rust(&read, array);
        same_for_rust(&many, &chunks);
        // A slice is only its items, and what they need.
        if read.len() > 2 {
            same_array_in_python(&mut python, &read.slice(1, 2), &format!("{array}[1:3]"));
            same_for_rust(&read.slice(1, 2), array);
        }
        // And as an array in a table, whose form is another.
        let (header, frames) = received(python.make(&format!("pa.table({{'x': {array}}})"), &FAMILIES).unwrap());
        let table: Table = deserialize(&header, frames).unwrap();
        if !array.contains("keys_sorted") {
            assert_eq!(table.column("x").unwrap().next().unwrap_or(&read), &read, "{array}");
        }
    }
    assert_eq!(refused.len(), 2, "an ordered dictionary and an extension type: {refused:#?}");
}

/// The first buffer behind the validity.
fn items(array: &dyn Array) -> *const u8 {
    array.to_data().buffers()[0].as_ptr()
}

#[test]
fn arrays_are_fields_and_items_and_share_their_memory_both_ways() {
    let Some(mut python) = peer() else { return };

    #[derive(FrameSerialize, Debug)]
    struct Columns {
        id: Int64Array,
        name: StringArray,
        flags: BooleanArray,
        any: ArrayRef,
        lists: ListArray,
        kinds: DictionaryArray<Int8Type>,
        parts: ChunkedArray,
        more: Vec<ArrayRef>,
        lacks: Option<Int64Array>,
    }
    // A derived comparison would move `any` out.
    impl PartialEq for Columns {
        fn eq(&self, other: &Self) -> bool {
            let [a, b] =
                [self, other].map(|c| (&c.id, &c.name, &c.flags, &c.lists, &c.kinds, &c.parts, &c.more, &c.lacks));
            a == b && *self.any == *other.any
        }
    }
    let python_has = "{'id': pa.array(range(1000)), 'name': pa.array(['a', None] * 1000), 'flags': pa.array([True, None]), \
         'any': pa.array([1.5, 2.5]), 'lists': pa.array([[1], None]), \
         'kinds': pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), pa.array(['a', 'b'])), \
         'parts': pa.chunked_array([[1], [2, 3]]), 'more': [pa.array([1]), pa.array(['x'])], 'lacks': None}";
    // The whole pickled by Dask, or each array for itself.
    let (header, frames) = received(python.make(python_has, &PICKLED).unwrap());
    let pickled: Columns = deserialize(&header, frames.clone()).unwrap();
    let is_here = |at: *const u8| frames.iter().any(|frame| frame.as_slice().as_ptr_range().contains(&at));
    // Below 4 KiB a copy is less than a frame.
    assert!(is_here(items(&pickled.id)) && is_here(items(&pickled.name)) && !is_here(items(&*pickled.any)));
    assert_eq!((pickled.id.value(999), pickled.name.value(0), pickled.parts.len()), (999, "a", 3));
    let wrapped = Make { wrap: true, serializers: &["dask", "msgpack", "pickle"], ..FAMILIES };
    let (header, frames) = received(python.make(python_has, &wrapped).unwrap());
    assert_eq!(deserialize::<Columns>(&header, frames).unwrap(), pickled);

    // Back, the frames are the memory of the arrays.
    let (header, frames) = serialize(&pickled).unwrap();
    for at in [items(&pickled.id), items(&pickled.name), items(&*pickled.any), items(&*pickled.parts.chunks()[1])] {
        assert!(frames.iter().any(|frame| frame.as_slice().as_ptr() == at));
    }
    let slices: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    let same = format!(
        "[x[k] == e[k] and type(x[k]) is type(e[k]) for e in [{python_has}] for k in e if k != 'lacks'] == [True] * 8 and x['lacks'] is None"
    );
    python.check_where(header.as_bytes(), &slices, &same).unwrap();
    let rust = frames_core::Encoder::new().reader(frames_core::Reader::Rust);
    let (header, frames) = rust.serialize(&pickled).unwrap();
    assert!(frames.iter().any(|frame| frame.as_slice().as_ptr() == items(&pickled.id)), "8000 bytes are not copied");
    assert_eq!(Decoder::new().families(["dask", "msgpack"]).deserialize::<Columns>(&header, frames).unwrap(), pickled);
}

#[test]
fn a_slice_of_an_array_takes_only_its_items_along() {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..1000).map(|n| format!("{n:0100}"))));
    let lists: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>((0..1000).map(|n| Some([Some(n); 10]))));
    let bytes = |frames: &Frames<'_>| frames.iter().map(|frame| frame.len()).sum::<usize>();
    for array in [texts, lists] {
        let (_, whole) = serialize(&array).unwrap();
        let part = array.slice(500, 2);
        let (header, frames) = serialize(&part).unwrap();
        assert!(bytes(&whole) > 80_000 && bytes(&frames) < 800, "{} of {}", bytes(&frames), bytes(&whole));
        assert_eq!(&deserialize::<ArrayRef>(&header, frames).unwrap(), &part);
    }
}

#[test]
fn arrays_by_name_and_what_is_none() {
    let Some(mut python) = peer() else { return };
    for (expression, name, words) in [
        ("pa.array([1, 2])", "pyarrow.lib.Array", "array <i8 (2,)"),
        ("pa.chunked_array([[1, 2], [3]])", "pyarrow.lib.ChunkedArray", "ChunkedArray"),
    ] {
        let (header, frames) = received(python.make(expression, &PICKLED).unwrap());
        let any = deserialize_any(&header, frames.clone()).unwrap();
        assert_eq!(any.type_name(), name);
        // It is looked at in the same way in both forms.
        let dynamic: frames_core::Dynamic = deserialize(&header, frames.clone()).unwrap();
        let array: ChunkedArray = deserialize(&header, frames).unwrap();
        let rust = frames_core::Encoder::new().reader(frames_core::Reader::Rust);
        let (header, frames) = match array.chunks() {
            [one] => rust.serialize(one).unwrap(),
            _ => rust.serialize(&array).unwrap(),
        };
        assert_eq!(deserialize_any(&header, frames.clone()).unwrap().type_name(), name);
        let again: frames_core::Dynamic = deserialize(&header, frames).unwrap();
        assert!(format!("{dynamic}").contains(words), "{dynamic}");
        assert_eq!(
            format!("{dynamic:?}").contains(words),
            format!("{again:?}").contains(words),
            "{dynamic:?} {again:?}"
        );
    }
    let said = |error: frames_core::Error, words: &[&str]| {
        for word in words {
            assert!(error.to_string().contains(word), "{word:?} is not in: {error}");
        }
    };
    said(
        unpickled::<StringArray>(&mut python, "pa.array([1])").unwrap_err(),
        &["GenericByteArray<Utf8>", "an array of Int64"],
    );
    said(
        unpickled::<Int64Array>(&mut python, "pa.array([1], pa.int32())").unwrap_err(),
        &["PrimitiveArray<Int64>", "an array of Int32"],
    );
    said(
        unpickled::<ArrayRef>(&mut python, "pa.chunked_array([[1], [2]])").unwrap_err(),
        &["one array of Arrow", "an array in 2 chunks", "read it as a `frames_core::arrow::ChunkedArray`"],
    );
    said(unpickled::<Table>(&mut python, "pa.array([1])").unwrap_err(), &["a table of Arrow", "pyarrow.lib.Array"]);
    let (header, frames) = received(python.make("pa.table({'x': [1]})", &FAMILIES).unwrap());
    said(deserialize::<ArrayRef>(&header, frames).unwrap_err(), &["an array of Arrow", "the class pyarrow.lib.Table"]);
    assert_eq!(unpickled::<ArrayRef>(&mut python, "pa.chunked_array([], pa.int8())").unwrap().len(), 0);
    let (header, frames) = received(python.make("np.arange(3)", &FAMILIES).unwrap());
    said(deserialize::<ArrayRef>(&header, frames).unwrap_err(), &["an array of Arrow", "i8"]);
    let months: ArrayRef = Arc::new(arrow_array::IntervalYearMonthArray::from(vec![1]));
    said(serialize(&months).unwrap_err(), &["pyarrow does not have", "Interval(YearMonth)"]);
    // arrow-rs panics where it makes one of no rows.
    for union in
        ["pa.dense_union([])", "pa.list_(pa.sparse_union([]))", "pa.run_end_encoded(pa.int32(), pa.dense_union([]))"]
    {
        let error = unpickled::<ArrayRef>(&mut python, &format!("pa.chunked_array([], {union})")).unwrap_err();
        said(error, &["a union of Arrow of no fields"]);
        let table = format!("pa.table({{'x': pa.chunked_array([], {union})}})");
        let (header, frames) = received(python.make(&table, &FAMILIES).unwrap());
        said(deserialize::<RecordBatch>(&header, frames.clone()).unwrap_err(), &["a union of Arrow of no fields"]);
        said(deserialize::<Table>(&header, frames).unwrap_err(), &["a union of Arrow of no fields"]);
    }
}

#[test]
fn what_pyarrow_passes_over_in_types_is_passed_over_and_nothing_else() {
    let Some(mut python) = peer() else { return };
    // The names of what lists hold.
    let element = "pa.array([[2]], pa.list_(pa.field('element', pa.int64())))";
    let chunks = format!("pa.chunked_array([pa.array([[1]]), {element}])");
    let read: ChunkedArray = unpickled(&mut python, &chunks).unwrap();
    assert_eq!(read.len(), 2);
    same_array_in_python(&mut python, &read, &chunks);
    let table = "pa.table([pa.array([[1]])], schema=pa.schema([('l', pa.list_(pa.field('element', pa.int64())))]))";
    let (header, frames) = received(python.make(table, &Make { serializers: &["pickle"], ..FAMILIES }).unwrap());
    let read: Table = deserialize(&header, frames).unwrap();
    assert_eq!(read.num_rows(), 1);
    same_in_python(&mut python, &read, table);
    // The order of a dictionary is kept within, too, or refused.
    let sizes = "pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array(['a']), ordered=True)";
    for array in [
        format!("pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), {sizes})"),
        format!("pa.StructArray.from_arrays([{sizes}], ['x'])"),
        format!("pa.ListArray.from_arrays([0, 1], {sizes})"),
    ] {
        let read: ArrayRef = unpickled(&mut python, &array).unwrap();
        same_array_in_python(&mut python, &read, &array);
        same_for_rust(&read, &array);
    }
    let nested = format!("pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), {sizes})");
    let error = unpickled::<ArrayRef>(&mut python, &nested).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}
