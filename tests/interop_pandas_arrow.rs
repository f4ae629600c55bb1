//! Frames of pandas and arrays of pyarrow that come as pickles, as tables of arrow-rs; and back to a pandas that finds them unchanged.

mod support;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use frames_core::arrow::Table;
use frames_core::bytes::Bytes;
use frames_core::{ErrorKind, Frames, Header, deserialize, deserialize_any, serialize};
use frames_pickle::{Known, Pickle, Registry};
use support::peer::{Make, Peer, peer};

/// Frames that come back equal.
const FRAMES: &[&str] = &[
    "pd.DataFrame({'x': [1, 2, 3], 'y': [1.5, float('nan'), 2.5]})",
    "pd.DataFrame({'x': np.arange(5, dtype='i1'), 'y': np.arange(5, dtype='u8'), 'z': np.arange(5, dtype='f4')})",
    "pd.DataFrame({c: np.zeros(3, c) for c in ['i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f4', 'f8', '?']})",
    "pd.DataFrame(np.arange(12.).reshape(4, 3), columns=['a', 'b', 'c'])",
    "pd.DataFrame(np.arange(12.).reshape(4, 3))",
    "pd.DataFrame(np.asfortranarray(np.arange(12).reshape(4, 3)), columns=['a', 'b', 'c'])[::2]",
    "pd.DataFrame({'b': [True, False, True]})",
    "pd.DataFrame({'s': ['a', None, 'žluť', '']})",
    "pd.DataFrame({'s': ['a', 'b', 'c', 'd']})[1:3]",
    "pd.DataFrame({'c': pd.Categorical(['u', 'v', None, 'u'])})",
    "pd.DataFrame({'c': pd.Categorical([3, 1, 3], categories=[1, 2, 3], ordered=True)})",
    "pd.DataFrame({'c': pd.Categorical([])})",
    "pd.DataFrame({'t': pd.to_datetime(['2024-02-29', None, '1969-01-01'])})",
    "pd.DataFrame({'t': pd.date_range('2024', periods=3, unit='ns')})",
    "pd.DataFrame({'t': pd.date_range('2024', periods=3, tz='Europe/Prague')})",
    "pd.DataFrame({'t': pd.DatetimeIndex(['2024', None]).tz_localize('UTC')})",
    "pd.DataFrame({'t': pd.date_range('2024', periods=3, tz='America/New_York', unit='s')})",
    "pd.DataFrame({'d': pd.to_timedelta([1, None, 3], 's')})",
    "pd.DataFrame({'n': pd.array([1, None, 3], 'Int64'), 'u': pd.array([1, None, 3], 'UInt8')})",
    "pd.DataFrame({'f': pd.array([1.5, None], 'Float64'), 'g': pd.array([1.5, None], 'Float32')})",
    "pd.DataFrame({'b': pd.array([True, None, False], 'boolean')})",
    "pd.DataFrame({'p': pd.array([1, None], 'int64[pyarrow]'), 'q': pd.array([1.5, None], 'double[pyarrow]')})",
    "pd.DataFrame({'p': pd.Series([1, None], dtype=pd.ArrowDtype(pa.timestamp('ns', 'UTC')))})",
    "pd.DataFrame({'o': pd.Series([b'a', None], dtype=object)})",
    "pd.DataFrame({'o': pd.Series([None, None], dtype=object)})",
    "pd.DataFrame({'o': pd.Series([True, None], dtype=object)})",
    "pd.DataFrame({'x': [1, 2]}, index=[5, 7])",
    "pd.DataFrame({'x': [1, 2]}, index=pd.Index(['a', 'b'], name='key'))",
    "pd.DataFrame({'x': [1, 2]}, index=pd.RangeIndex(10, 30, 10, name='r'))",
    "pd.DataFrame({'x': [1, 2]}, index=pd.DatetimeIndex(['2024', '2025'], tz='UTC', name='when'))",
    "pd.DataFrame({'x': [1, 2]}, index=pd.CategoricalIndex(['u', 'v']))",
    "pd.DataFrame({'x': [1, 2]}, index=pd.Index([1.5, 2.5]))",
    "pd.DataFrame({'x': range(6)}, index=pd.MultiIndex.from_product([['a', 'b'], [1, 2, 3]], names=['k', None]))",
    "pd.DataFrame({'x': range(2)}, index=pd.MultiIndex.from_tuples([('a', 1), (None, 2)], names=['k', 'l']))",
    "pd.DataFrame({'x': range(2), 'k': [3, 4]}, index=pd.Index(['a', 'b'], name='k'))",
    "pd.DataFrame({'x': [1]}, columns=pd.Index(['x'], name='names'))",
    "pd.DataFrame({}, index=range(3))",
    "pd.DataFrame({'x': []})",
    "pd.DataFrame({'x': pd.Series([], dtype='str'), 'y': pd.Series([], dtype='i8')})",
    "pd.DataFrame({'x': np.arange(100_000), 'y': np.random.default_rng(7).random(100_000), \
     's': [str(i) for i in range(100_000)], 'c': pd.Categorical(['u', 'v'] * 50_000)})",
    "pd.concat([pd.DataFrame({'s': ['a', 'b'], 'x': [1, 2]}), pd.DataFrame({'s': ['c'], 'x': [3]})], ignore_index=True)",
];

fn received((header, frames): (Vec<u8>, Vec<Vec<u8>>)) -> (Header, Frames<'static>) {
    let header = Header::from_bytes(header).unwrap();
    assert_eq!(header.as_ref().get::<&str>("serializer").unwrap(), "pickle");
    (header, frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

#[track_caller]
fn made(python: &mut Peer, expression: &str) -> (Header, Frames<'static>) {
    received(python.make(expression, &Make::default()).unwrap_or_else(|e| panic!("{expression}: {e}")))
}

#[track_caller]
fn back(python: &mut Peer, table: &Table, predicate: &str) -> Result<(), String> {
    let (header, frames) = serialize(table).unwrap();
    let frames: Vec<&[u8]> = frames.iter().map(|frame| frame.as_slice()).collect();
    python.check_where(header.as_bytes(), &frames, predicate)
}

#[test]
fn frames_come_back_equal() {
    let Some(mut python) = peer() else { return };
    let mut failures = Vec::new();
    for frame in FRAMES {
        let (header, frames) = made(&mut python, frame);
        let table: Table = match deserialize(&header, frames) {
            Ok(table) => table,
            Err(error) => {
                failures.push(format!("{frame}: {error}"));
                continue;
            }
        };
        let same = format!(
            "not x.validate(full=True) and pd.testing.assert_frame_equal(x.to_pandas(), {frame}, check_freq=False) is None"
        );
        if let Err(error) = back(&mut python, &table, &same) {
            failures.push(format!("{frame}: {error}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), FRAMES.len(), failures.join("\n"));
    println!("{} frames", FRAMES.len());
}

#[test]
fn types_of_arrow_that_pandas_cannot_name_are_kept_as_values() {
    let Some(mut python) = peer() else { return };
    for column in [
        "pd.Series([[1], None, [2, 3]], dtype=pd.ArrowDtype(pa.list_(pa.int64())))",
        "pd.Series([decimal.Decimal('1.25'), None], dtype=pd.ArrowDtype(pa.decimal128(9, 2)))",
    ] {
        let (header, frames) = made(&mut python, &format!("pd.DataFrame({{'p': {column}}})"));
        let table: Table = deserialize(&header, frames).unwrap();
        let same = format!(
            "x.column('p').combine_chunks().equals(pa.array({column})) and len(x.to_pandas()) == len({column})"
        );
        back(&mut python, &table, &same).unwrap_or_else(|e| panic!("{column}: {e}"));
    }
}

#[test]
fn series_are_frames_of_a_column() {
    let Some(mut python) = peer() else { return };
    for series in ["pd.Series([1, 2], name='x')", "pd.Series(['a', None])", "pd.Series([1.5], index=['k'], name='y')"] {
        let (header, frames) = made(&mut python, series);
        let table: Table = deserialize(&header, frames).unwrap();
        let same = format!("pd.testing.assert_frame_equal(x.to_pandas(), {series}.to_frame()) is None");
        back(&mut python, &table, &same).unwrap_or_else(|e| panic!("{series}: {e}"));
    }
}

#[test]
fn attributes_of_a_frame_are_kept() {
    let Some(mut python) = peer() else { return };
    let attrs = "{'a': [1, 2.5, None, True], 'quoted': '\"ž\\\\\\n', 'in': {'b': 'c'}}";
    let frame = format!("[(setattr(d, 'attrs', {attrs}), d)[1] for d in [pd.DataFrame({{'x': [1]}})]][0]");
    let (header, frames) = made(&mut python, &frame);
    let table: Table = deserialize(&header, frames).unwrap();
    back(&mut python, &table, &format!("x.to_pandas().attrs == {attrs}")).unwrap();
    let (header, frames) = made(&mut python, &frame.replace("None", "{1, 2}"));
    let error = deserialize::<Table>(&header, frames).unwrap_err();
    assert!(error.to_string().contains("nothing that JSON has"), "{error}");
}

#[test]
fn what_is_no_table_of_arrow_is_refused() {
    let Some(mut python) = peer() else { return };
    for (frame, words) in [
        ("pd.DataFrame([[1, 2]], columns=['a', 'a'])", "two columns of one name"),
        ("pd.DataFrame([[1, 2]], columns=['a', 5])", "not all named by text"),
        ("pd.DataFrame({'o': pd.Series([1, 'a'], dtype=object)})", "of objects has"),
        ("pd.DataFrame({'o': pd.Series([{1}], dtype=object)})", "Python objects"),
        ("pd.DataFrame({'c': [1 + 2j]})", "no column of Arrow"),
        ("pd.DataFrame({'p': pd.period_range('2024', periods=2, freq='M')})", "spans of time"),
        ("pd.DataFrame({'x': [1]}, index=pd.interval_range(0, 1))", "intervals"),
        ("pd.DataFrame({'x': [1]}, index=pd.Index([1], name=5))", "name is no text"),
        ("pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([('a', 'b')]))", "named by text"),
    ] {
        let (header, frames) = made(&mut python, frame);
        let error = deserialize::<Table>(&header, frames).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{frame}: {error}");
        assert!(error.to_string().contains(words), "{frame}: {error}");
    }
}

#[test]
fn numbers_and_texts_are_not_copied() {
    let Some(mut python) = peer() else { return };
    // Two blocks, of which each column is a row; and texts of pandas 3.
    let frame = "pd.DataFrame({'a': np.arange(1000), 'b': np.arange(1000) * 2, 'c': np.arange(1000.), \
                 's': [f'text {i}' for i in range(1000)], 'n': pd.array(range(1000), 'Int64')})";
    let (header, frames) = made(&mut python, frame);
    let kept: Vec<Bytes> = frames.iter().map(|frame| frame.clone().into_bytes()).collect();
    let batch: RecordBatch = deserialize(&header, frames).unwrap();
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().value(999), 1998);
    assert_eq!(batch.column(2).as_primitive::<Float64Type>().value(999), 999.0);
    assert_eq!(batch.column(3).as_string::<i64>().value(999), "text 999");
    for (column, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
        for buffer in column.to_data().buffers() {
            let at = buffer.as_ptr();
            assert!(kept.iter().any(|frame| frame.as_ptr_range().contains(&at)), "{}", field.name());
        }
    }
}

#[test]
fn tables_that_were_pickled_are_tables() {
    let Some(mut python) = peer() else { return };
    let options = Make { serializers: &["pickle"], ..Make::default() };
    for table in [
        "pa.table({'x': [1, None], 's': ['a', 'b']})",
        "pa.table({'x': pa.chunked_array([[1], [2, 3]]), 'y': pa.chunked_array([[1, 2], [3]])})",
        "pa.table({'d': pa.array(['u', 'v', 'u']).dictionary_encode(), 'l': [[1], None, [2]]}).slice(1)",
        "pa.table({'m': pa.array([[('k', 1)], None], pa.map_(pa.string(), pa.int64()))})",
        "pa.table({'t': pa.array([{'a': 1, 'b': 'x'}, None, {'a': 2, 'b': None}])[1:]})",
        "pa.schema([('a', pa.int64())], {'k': 'v'}).empty_table()",
        "pa.table({'v': pa.array(['a', 'a text that is longer than twelve'], pa.string_view())})",
        "pa.table({'f': pa.array([[1, 2], [3, 4], None], pa.list_(pa.int8(), 2))[1:]})",
    ] {
        let (header, frames) = received(python.make(table, &options).unwrap());
        let read: Table = deserialize(&header, frames.clone()).unwrap_or_else(|e| panic!("{table}: {e}"));
        let same = format!("x.equals({table}, check_metadata=True) and not x.validate(full=True)");
        back(&mut python, &read, &same).unwrap_or_else(|e| panic!("{table}: {e}"));
        let any = deserialize_any(&header, frames).unwrap();
        assert_eq!(any.downcast_ref::<Table>(), Some(&read), "{table}");
    }
    let (header, frames) = received(python.make("pa.record_batch({'x': [1, 2]})", &options).unwrap());
    assert_eq!(deserialize::<RecordBatch>(&header, frames).unwrap().num_rows(), 2);
    // A frame stays what it is, where nobody asks for a table.
    let (header, frames) = made(&mut python, "pd.DataFrame({'x': [1, 2]})");
    let any = deserialize_any(&header, frames).unwrap();
    assert!(any.downcast_ref::<Pickle>().is_some(), "{}", any.type_name());
}

#[test]
fn arrays_by_themselves() {
    let Some(mut python) = peer() else { return };
    for (array, len, nulls) in [
        ("pa.array([1, None, 3])", 3, 1),
        ("pa.array(['a', 'bc', None, 'd'])[1:]", 3, 1),
        ("pa.array([True, None, False] * 9)[5:]", 22, 7),
        ("pa.array([[1], None, [2, 3]])[1:]", 2, 1),
        ("pa.array([{'a': [1]}, None])", 2, 1),
        ("pa.nulls(4)", 4, 0),
        ("pa.array(['u', 'v', 'u']).dictionary_encode()", 3, 0),
        ("pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(['a', None]))", 5, 0),
        ("pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(['a', 'b'])])", 2, 0),
    ] {
        let (header, frames) = made(&mut python, array);
        let pickle: Pickle = deserialize(&header, frames).unwrap();
        let graph = pickle.graph().unwrap();
        let Known::ArrowArray(made) = Registry::standard().construct(&graph, graph.root()).unwrap() else { panic!() };
        let made = made.to_arrow().unwrap_or_else(|e| panic!("{array}: {e}"));
        assert_eq!((made.len(), made.null_count()), (len, nulls), "{array}");
        // As a column of a batch that Python compares.
        let batch = RecordBatch::try_from_iter_with_nullable([("x", made, true)]).unwrap();
        back(&mut python, &batch.into(), &format!("x.column(0).combine_chunks().equals({array})"))
            .unwrap_or_else(|e| panic!("{array}: {e}"));
    }
}
