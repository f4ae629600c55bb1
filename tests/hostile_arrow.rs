//! Streams of Arrow that lie: cut, with bits turned and numbers replaced, and made to cost much. Nothing panics, nothing is taken for what it is not,
//! and memory follows the bytes that came.

#[path = "../fuzz/src/arrow_target.rs"]
#[allow(dead_code, unreachable_pub, reason = "the fuzz target uses the rest")]
mod arrow_target;

use arrow_array::{Int64Array, RecordBatch};
use arrow_target::{decode, decode_array, header, single, stream, tables};
use frames_core::arrow::Table;
use frames_core::bytes::Bytes;
use frames_core::{Encoder, ErrorKind, Frame, Frames, Reader, deserialize};
use std::sync::Arc;

/// A generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

#[test]
fn what_is_whole_is_read() {
    let header = header();
    for table in tables() {
        single(&decode(&header, &stream(&table)).unwrap());
    }
}

#[test]
fn a_stream_of_one_column_is_an_array_and_no_other_is() {
    for table in tables() {
        let fields = table.schema().fields().len();
        match decode_array(&stream(&table)) {
            Ok(array) => assert_eq!((fields, array.len()), (1, table.num_rows())),
            Err(error) => {
                assert_ne!(fields, 1, "{error}");
                assert!(error.to_string().contains(&format!("a stream of {fields} columns")), "{error}");
            }
        }
    }
}

#[test]
fn every_beginning_of_a_stream_is_refused() {
    let (header, mut count) = (header(), 0);
    for table in tables() {
        let whole = stream(&table);
        for end in 0..whole.len() {
            let error = decode(&header, &whole[..end]).expect_err("a part of a stream");
            assert!(matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Invalid), "{error}");
            count += 1;
        }
        let mut longer = whole;
        longer.push(0);
        decode(&header, &longer).expect_err("a byte too many");
    }
    println!("{count} cuts");
}

#[test]
fn turned_bits_and_other_numbers_are_no_panic() {
    let header = header();
    let (mut dice, mut read, mut refused) = (Dice(7), 0, 0);
    let rounds = if cfg!(debug_assertions) { 600 } else { 20_000 };
    for table in tables() {
        let whole = stream(&table);
        for round in 0..rounds {
            let mut data = whole.clone();
            for _ in 0..1 + round % 3 {
                let at = dice.below(data.len());
                match dice.below(5) {
                    0 | 1 => data[at] ^= 1 << dice.below(8),
                    2 => data[at] = [0, 1, 0x7f, 0x80, 0xff][dice.below(5)],
                    3 => {
                        let at = at & !3;
                        let number = [0, 1, -1, i32::MAX, i32::MIN, 4, 1 << 30][dice.below(7)].to_le_bytes();
                        data[at..at + 4].copy_from_slice(&number);
                    }
                    _ => {
                        let at = (at & !7).min(data.len() - 8);
                        let number = [0, 1, -1, i64::MAX, i64::MIN, 1 << 32, 1 << 60][dice.below(7)].to_le_bytes();
                        data[at..at + 8].copy_from_slice(&number);
                    }
                }
            }
            match decode(&header, &data) {
                Ok(table) => {
                    if read % 8 == 0 {
                        single(&table);
                    }
                    read += 1;
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
        }
    }
    println!("{read} read, {refused} refused");
    assert!(read > 100 && refused > 100);
}

#[test]
fn a_stream_takes_no_more_memory_than_a_multiple_of_its_bytes() {
    let header = header();
    let mut dice = Dice(11);
    for table in tables() {
        let whole = stream(&table);
        for _ in 0..200 {
            let mut data = whole.clone();
            let at = dice.below(data.len() - 8) & !7;
            let number = [i64::MAX, 1 << 32, 1 << 40, 0x7fff_ffff, -1, 1 << 20][dice.below(6)].to_le_bytes();
            data[at..at + 8].copy_from_slice(&number);
            let frame = Bytes::from(data);
            let taken = allocation_counter::measure(|| drop(deserialize::<Table>(&header, vec![frame.clone()].into())));
            let most = 64 * frame.len() as u64 + (64 << 10);
            assert!(taken.bytes_max < most, "{} bytes of {}", taken.bytes_max, frame.len());
        }
    }
}

#[test]
fn arrays_point_into_the_frame() {
    let batch = RecordBatch::try_from_iter([
        ("x", Arc::new(Int64Array::from((0..10_000).collect::<Vec<_>>())) as _),
        ("y", Arc::new(arrow_array::StringArray::from(vec!["text"; 10_000])) as _),
    ])
    .unwrap();
    let inside = |frame: &[u8], at: *const u8| frame.as_ptr_range().contains(&at);
    let columns = |batch: &RecordBatch| {
        let buffers = batch.columns().iter().flat_map(|column| column.to_data().buffers().to_vec());
        buffers.map(|buffer| buffer.as_ptr()).collect::<Vec<_>>()
    };
    // Python's form: one frame.
    let (header, frames) = frames_core::serialize(&batch).unwrap();
    let frames = frames.into_owned();
    let frame = frames.get(0).unwrap().clone();
    let read: RecordBatch = deserialize(&header, frames).unwrap();
    assert_eq!(read, batch);
    assert_eq!(columns(&read).len(), 3);
    assert!(columns(&read).into_iter().all(|at| inside(&frame, at)));

    // For Rust: the arrays that were sent are the frames, and the frames are the arrays that are received.
    let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&batch).unwrap();
    assert!(frames.len() > 3, "{}", frames.len());
    for at in columns(&batch) {
        assert!(frames.iter().any(|frame| frame.as_ptr() == at));
    }
    let read: RecordBatch = deserialize(&header, frames).unwrap();
    assert_eq!(columns(&read), columns(&batch));
    assert_eq!(read, batch);

    // Memory that is not aligned is copied, and read all the same.
    let (header, frames) = frames_core::serialize(&batch).unwrap();
    let shifted = Bytes::from([b"-", &frames.get(0).unwrap()[..]].concat()).slice(1..);
    assert_eq!(deserialize::<RecordBatch>(&header, vec![shifted].into()).unwrap(), batch);
    // So is memory that is borrowed.
    let borrowed = Frames::from(Frame::from(frames.get(0).unwrap().as_slice()));
    assert_eq!(deserialize::<RecordBatch>(&header, borrowed).unwrap(), batch);
}

#[test]
fn frames_of_a_cut_stream_that_lack_or_moved_are_refused() {
    let values: Vec<i64> = (0..2000).collect();
    let batch = RecordBatch::try_from_iter([
        ("x", Arc::new(Int64Array::from(values.clone())) as _),
        ("y", Arc::new(Int64Array::from(values)) as _),
    ])
    .unwrap();
    let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&batch).unwrap();
    let frames: Vec<Bytes> = frames.into_owned().into_iter().map(|frame| frame.into_bytes()).collect();
    for index in 0..frames.len() {
        let mut fewer = frames.clone();
        fewer.remove(index);
        deserialize::<RecordBatch>(&header, fewer.into()).expect_err("a frame lacks");
        let mut shorter = frames.clone();
        shorter[index] = shorter[index].slice(..shorter[index].len() - 1);
        deserialize::<RecordBatch>(&header, shorter.into()).expect_err("a frame is short");
    }
    deserialize::<RecordBatch>(&header, Frames::new()).expect_err("no frame");
}

#[test]
fn rows_that_cost_nothing_are_bounded() {
    let batch = |rows: usize| {
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = arrow_schema::Schema::empty().into();
        RecordBatch::try_new_with_options(schema, Vec::new(), &options).unwrap()
    };
    for (rows, is_read) in [(1 << 20, true), ((1 << 20) + 1, false), (1 << 50, false)] {
        let batch = batch(rows);
        let (header, frames) = frames_core::serialize(&batch).unwrap();
        match deserialize::<RecordBatch>(&header, frames.into_owned()) {
            Ok(read) => assert!(is_read && read.num_rows() == rows),
            Err(error) => assert!(!is_read && error.kind() == ErrorKind::Limit, "{error}"),
        }
    }
    let nulls: arrow_array::ArrayRef = Arc::new(arrow_array::NullArray::new(1 << 40));
    let batch = RecordBatch::try_from_iter([("n", nulls)]).unwrap();
    let (header, frames) = frames_core::serialize(&batch).unwrap();
    assert_eq!(deserialize::<RecordBatch>(&header, frames.into_owned()).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn types_that_nest_too_deep_are_refused() {
    let mut array: arrow_array::ArrayRef = Arc::new(Int64Array::from(vec![1]));
    for depth in 0..40 {
        let batch = RecordBatch::try_from_iter([("x", array.clone())]).unwrap();
        let (header, frames) = frames_core::serialize(&batch).unwrap();
        match deserialize::<RecordBatch>(&header, frames.into_owned()) {
            Ok(read) => assert!(depth < 28 && read == batch, "{depth}"),
            Err(error) => assert!(depth >= 26 && error.kind() == ErrorKind::Limit, "{depth}: {error}"),
        }
        let field = Arc::new(arrow_schema::Field::new("item", array.data_type().clone(), true));
        let offsets = arrow_buffer::OffsetBuffer::new(vec![0, 1].into());
        array = Arc::new(arrow_array::ListArray::new(field, offsets, array, None));
    }
}

#[test]
fn an_array_whose_views_name_one_buffer_often_is_paid_for_each_time() {
    // One buffer just too small for a frame of its own, 600 times in an array, which is a hundred times in a list.
    let call = |name: &str, args: &[u8]| [format!("cpyarrow.lib\n{name}\n").as_bytes(), b"(", args, b"tR"].concat();
    let mut buffers = [b"(lN".as_slice(), b"a", &call("py_buffer", b"\x97"), b"q\x01a"].concat();
    (0..600).for_each(|_| buffers.extend(b"h\x01a"));
    let data_type = call("type_for_alias", b"Vstring_view\n");
    let array = call("_restore_array", &[b"(".as_slice(), &data_type, b"I0\nI0\nI0\n", &buffers, b"(lNt"].concat());
    for times in [1usize, 100] {
        let mut pickle = [b"\x80\x05(l".as_slice(), &array, b"q\x02a"].concat();
        (1..times).for_each(|_| pickle.extend(b"h\x02a"));
        pickle.push(b'.');
        let header = frames_core::Header::new()
            .with("serializer", "pickle")
            .and_then(|header| header.with("writeable", &[false]))
            .unwrap();
        let frames: Frames<'static> = vec![Bytes::from(pickle), Bytes::from(vec![7; 4095])].into();
        let mut read = Ok(Vec::new());
        let taken = allocation_counter::measure(|| read = deserialize::<Vec<arrow_array::ArrayRef>>(&header, frames));
        assert!(taken.bytes_max < 48 << 20, "{} bytes of {times}", taken.bytes_max);
        match times {
            1 => assert_eq!(read.unwrap().len(), 1),
            _ => assert_eq!(read.unwrap_err().kind(), ErrorKind::Limit),
        }
    }
}
