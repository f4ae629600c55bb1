//! The body of the fuzz target `arrow`: any bytes as a stream of Arrow, decoded, looked at and written again. The tests share it.

use arrow_array::builder::{
    FixedSizeBinaryBuilder, FixedSizeListBuilder, Int8Builder, Int64Builder, LargeListBuilder, ListBuilder, MapBuilder,
    StringBuilder, StringDictionaryBuilder, StringViewBuilder,
};
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::*;
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::{DataType, Field, Schema, UnionFields};
use frames_core::arrow::{ChunkedArray, Table};
use frames_core::bytes::Bytes;
use frames_core::{Decoder, Encoder, ErrorKind, Frames, Header, Limits, Reader, Result};
use frames_pickle as _;
use std::collections::HashMap;
use std::sync::Arc;

fn list(field: &Arc<Field>, offsets: &[i32], values: ArrayRef, nulls: Option<NullBuffer>) -> ArrayRef {
    let offsets = OffsetBuffer::new(offsets.to_vec().into());
    Arc::new(ListArray::new(field.clone(), offsets, values, nulls))
}

/// Arrays of every kind of layout, of three rows each.
pub fn arrays() -> Vec<ArrayRef> {
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![Some(1), None, Some(-3)])),
        Arc::new(UInt8Array::from(vec![1, 2, 3])),
        Arc::new(Float64Array::from(vec![Some(1.5), None, Some(f64::NAN)])),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        Arc::new(StringArray::from(vec![Some("a"), None, Some("ž")])),
        Arc::new(LargeStringArray::from(vec!["a", "", "bc"])),
        Arc::new(BinaryArray::from(vec![Some(&b"a"[..]), None, Some(b"\xff")])),
        Arc::new(NullArray::new(3)),
        Arc::new(
            Decimal128Array::from(vec![Some(125), None, Some(-7)]).with_precision_and_scale(20, 2).expect("decimals"),
        ),
        Arc::new(Decimal256Array::from(vec![i256::MAX, i256::ZERO, i256::ONE])),
        Arc::new(TimestampNanosecondArray::from(vec![Some(1), None, Some(i64::MIN)]).with_timezone("Europe/Prague")),
        Arc::new(Date32Array::from(vec![1, i32::MAX, 3])),
        Arc::new(Time64MicrosecondArray::from(vec![1, i64::MAX, 3])),
        Arc::new(DurationSecondArray::from(vec![1, 2, 3])),
        Arc::new(IntervalMonthDayNanoArray::from(vec![None, None, None])),
    ];
    let mut views = StringViewBuilder::new();
    views.append_value("short");
    views.append_null();
    views.append_value("a text that is longer than twelve bytes");
    arrays.push(Arc::new(views.finish()));
    let mut fixed = FixedSizeBinaryBuilder::new(3);
    fixed.append_value(b"abc").expect("three bytes");
    fixed.append_null();
    fixed.append_value(b"xyz").expect("three bytes");
    arrays.push(Arc::new(fixed.finish()));
    let mut lists = ListBuilder::new(Int64Builder::new());
    lists.append_option(Some([Some(1), None]));
    lists.append_null();
    lists.append_option(Some([]));
    arrays.push(Arc::new(lists.finish()));
    let mut lists = LargeListBuilder::new(StringBuilder::new());
    lists.append_option(Some([Some("a"), None]));
    lists.append_option(Some([Some("bc")]));
    lists.append_null();
    arrays.push(Arc::new(lists.finish()));
    let mut lists = FixedSizeListBuilder::new(Int8Builder::new(), 2);
    for at in 0..3 {
        lists.values().append_value(at);
        lists.values().append_null();
        lists.append(at != 1);
    }
    arrays.push(Arc::new(lists.finish()));
    let item = Arc::new(Field::new("item", DataType::Int8, true));
    let values: ArrayRef = Arc::new(Int8Array::from(vec![1, 2, 3]));
    let (offsets, sizes) = (ScalarBuffer::from(vec![1, 0, 2]), ScalarBuffer::from(vec![2, 0, 1]));
    arrays.push(Arc::new(ListViewArray::new(item.clone(), offsets, sizes, values.clone(), None)));
    let pair: ArrayRef = Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("a", DataType::Int8, true)), values.clone()),
        (Arc::new(Field::new("b", DataType::Utf8, true)), arrays[4].clone()),
    ]));
    arrays.push(pair.clone());
    let of_pairs = Arc::new(Field::new("item", pair.data_type().clone(), true));
    arrays.push(list(&of_pairs, &[0, 1, 1, 3], pair, Some(NullBuffer::from(vec![true, false, true]))));
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    maps.keys().append_value("k");
    maps.values().append_null();
    maps.append(true).expect("a map");
    maps.append(false).expect("a map");
    maps.append(true).expect("a map");
    arrays.push(Arc::new(maps.finish()));
    let mut texts = StringDictionaryBuilder::<Int8Type>::new();
    texts.append_value("u");
    texts.append_null();
    texts.append_value("v");
    let texts: ArrayRef = Arc::new(texts.finish());
    arrays.push(texts.clone());
    let of_texts = Arc::new(Field::new("item", texts.data_type().clone(), true));
    arrays.push(list(&of_texts, &[0, 2, 2, 3], texts, None));
    let ends = Int32Array::from(vec![2, 3]);
    arrays.push(Arc::new(
        RunArray::<Int32Type>::try_new(&ends, &StringArray::from(vec![Some("a"), None])).expect("runs"),
    ));
    let fields = [Field::new("a", DataType::Int8, true), Field::new("b", DataType::Utf8, true)];
    let fields = UnionFields::try_new([0, 5], fields).expect("two codes");
    let codes = ScalarBuffer::from(vec![0i8, 5, 0]);
    let children = vec![values, arrays[4].clone()];
    let offsets = Some(ScalarBuffer::from(vec![0, 2, 1]));
    let dense = UnionArray::try_new(fields.clone(), codes.clone(), offsets, children.clone());
    arrays.push(Arc::new(dense.expect("a union")));
    arrays.push(Arc::new(UnionArray::try_new(fields, codes, None, children).expect("a union")));
    arrays
}

/// A table of one array, of all, of nothing, and of rows without columns.
pub fn tables() -> Vec<Table> {
    let nullable = |arrays: &[ArrayRef]| {
        let fields = arrays.iter().enumerate().map(|(i, a)| Field::new(format!("c{i}"), a.data_type().clone(), true));
        let metadata = HashMap::from([("k".to_owned(), "v".to_owned())]);
        let schema = Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), metadata));
        RecordBatch::try_new(schema, arrays.to_vec()).expect("columns of three rows")
    };
    let arrays = arrays();
    let all = nullable(&arrays);
    let mut tables: Vec<Table> = arrays.iter().map(|array| nullable(std::slice::from_ref(array)).into()).collect();
    tables.push(Table::try_new(all.schema(), vec![all.clone(), all.slice(1, 2), all.slice(0, 0)]).expect("one schema"));
    tables.push(Table::try_new(all.schema(), Vec::new()).expect("no batch"));
    let options = RecordBatchOptions::new().with_row_count(Some(9));
    let none = RecordBatch::try_new_with_options(Schema::empty().into(), Vec::new(), &options);
    tables.push(none.expect("rows of nothing").into());
    tables
}

/// The stream that stands for a table in Python.
pub fn stream(table: &Table) -> Vec<u8> {
    let (_, frames) = frames_core::serialize(table).expect("a table");
    frames.into_one().expect("one frame").into_vec()
}

/// The header of every table.
pub fn header() -> Header {
    let table = Table::try_new(Schema::empty().into(), Vec::new()).expect("nothing");
    frames_core::serialize(&table).expect("nothing").0
}

/// Decodes a stream in one frame; what is read is looked at, written in both forms and read again.
pub fn decode(header: &Header, data: &[u8]) -> Result<Table> {
    let mut limits = Limits::default();
    limits.nodes = 1 << 16;
    let decoder = Decoder::new().limits(limits);
    let table: Table = decoder.deserialize(header, vec![Bytes::copy_from_slice(data)].into())?;
    look(&table);
    for reader in [Reader::Any, Reader::Rust] {
        let encoder = Encoder::new().reader(reader);
        let (header, frames) = match encoder.serialize(&table) {
            Ok((header, frames)) => (header, frames.into_owned()),
            Err(error) => panic!("a table that was read is not written for {reader:?}: {error}"),
        };
        let same: Table = match frames_core::deserialize(&header, frames.clone()) {
            Ok(same) => same,
            // Rows that cost nothing were paid for by other bytes of the stream, which are not written.
            Err(error) if error.kind() == ErrorKind::Limit => continue,
            Err(error) => panic!("a table that was written for {reader:?} is not read: {error}\n{table:?}"),
        };
        // Bytes are compared, because a NaN equals nothing; of what was written once.
        let (second, frames) = encoder.serialize(&same).expect("it was written before");
        let third: Table = frames_core::deserialize(&second, frames.clone()).expect("it was read before");
        let (_, again) = encoder.serialize(&third).expect("it was written before");
        assert!(is_same(&frames, &again), "{table:?}");
    }
    Ok(table)
}

fn is_same(a: &Frames<'_>, b: &Frames<'_>) -> bool {
    a.len() == b.len() && a.iter().eq(b.iter())
}

/// Everything of a table that is cheap to look at.
pub fn look(table: &Table) {
    assert!(!format!("{table:?}").is_empty());
    for batch in table.batches() {
        assert_eq!(batch.schema_ref().fields(), table.schema().fields());
        for column in batch.columns() {
            assert_eq!(column.len(), batch.num_rows());
            assert!(column.null_count() <= column.len());
            let data = column.to_data();
            data.validate_full().expect("what was read is valid");
            let half = column.slice(column.len() / 2, column.len() - column.len() / 2);
            half.to_data().validate_full().expect("so is a part of it");
        }
    }
}

/// Each column as an array of its own: written for Python, which is a pickle, and for Rust, and read again.
pub fn single(table: &Table) {
    for column in table.batches().iter().flat_map(|batch| batch.columns()) {
        let half = column.slice(column.len() / 2, column.len() - column.len() / 2);
        for array in [column, &half] {
            for reader in [Reader::Any, Reader::Rust] {
                let (header, frames) = match Encoder::new().reader(reader).serialize(array) {
                    Ok((header, frames)) => (header, frames.into_owned()),
                    // pyarrow has not all types.
                    Err(error) if error.kind() == ErrorKind::Unsupported => continue,
                    Err(error) => panic!("an array that was read is not written for {reader:?}: {error}"),
                };
                match frames_core::deserialize::<ArrayRef>(&header, frames) {
                    // pyarrow drops some names within types.
                    Ok(same) if same.data_type() == array.data_type() => {
                        assert_eq!((same.len(), same.null_count()), (array.len(), array.null_count()));
                        assert_eq!(same.to_data(), array.to_data());
                    }
                    Ok(same) => assert_eq!((same.len(), same.null_count()), (array.len(), array.null_count())),
                    Err(error) if matches!(error.kind(), ErrorKind::Limit | ErrorKind::Unsupported) => {}
                    Err(error) => panic!("an array written for {reader:?} is not read: {error}\n{array:?}"),
                }
            }
        }
    }
}

/// The header of a single array of Rust.
fn array_header() -> Header {
    let array: ArrayRef = std::sync::Arc::new(Int8Array::from(vec![1]));
    Encoder::new().reader(Reader::Rust).serialize(&array).expect("an array is written").0
}

/// A stream as a single array: what has one column is one, and nothing else is.
pub fn decode_array(data: &[u8]) -> Result<ChunkedArray> {
    let mut limits = Limits::default();
    limits.nodes = 1 << 16;
    Decoder::new().limits(limits).deserialize(&array_header(), vec![Bytes::copy_from_slice(data)].into())
}

/// The target.
pub fn arrow(data: &[u8]) {
    match (decode(&header(), data), decode_array(data)) {
        (Ok(table), array) => {
            single(&table);
            assert_eq!(array.is_ok(), table.schema().fields().len() == 1, "{array:?}");
        }
        (Err(error), Err(other)) => assert!(!error.to_string().is_empty() && !other.to_string().is_empty()),
        (Err(error), Ok(array)) => panic!("an array and no table: {error}\n{array:?}"),
    }
}
