//! What is promised not to be copied is not copied: counted, allocation by allocation, on the thread that asks.

use allocation_counter::{AllocationInfo, measure};
use frames_core::bytes::{Bytes, BytesMut};
use frames_core::{
    Array, Buffers, Column, Encoder, Frame, FrameSerialize, Frames, Header, NdArray, Reader, Serialized, deserialize,
    deserialize_bytes, pack_frames, serialize, serialize_bytes, unpack_frames, unpack_frames_ref, unpack_value, view,
};

/// Headers, paths and lists of frames: what a value may cost beside its payload.
const SMALL: u64 = 4 << 10;
const MIB: usize = 1 << 20;

/// Runs it and gives what it made and what that took.
fn counted<R>(run: impl FnOnce() -> R) -> (R, AllocationInfo) {
    let mut result = None;
    let info = measure(|| result = Some(run()));
    (result.unwrap(), info)
}

/// Shared bytes that start where a `T` may start, as buffers of the receive path do.
fn aligned(len: usize) -> Bytes {
    let raw = vec![0u8; len + 64];
    let start = raw.as_ptr().align_offset(64);
    Bytes::from(raw).slice(start..start + len)
}

#[derive(FrameSerialize, Debug)]
struct Tensors {
    name: String,
    step: u64,
    weights: Vec<f64>,
}

#[derive(FrameSerialize, Debug)]
struct Shared {
    name: String,
    step: u64,
    weights: Array<f64>,
}

#[derive(FrameSerialize, Debug)]
struct TwoArrays {
    left: Array<f64>,
    right: Array<f64>,
}

#[test]
fn a_gibibyte_is_serialized_in_less_than_four_kibibytes() {
    let value = Tensors { name: "large".into(), step: 7, weights: vec![0.0; 1 << 27] };
    let ((header, frames), info) = counted(|| serialize(&value).unwrap());
    assert_eq!(frames.total_bytes(), 1 << 30);
    assert_eq!(frames.get(0).unwrap().as_ptr(), value.weights.as_ptr().cast(), "the frame points into the vector");
    assert!(info.bytes_total < SMALL, "{info:?}");
    assert!(header.as_bytes().len() < 1024);
}

#[test]
fn a_shared_array_is_the_frame_itself() {
    let frame = aligned(MIB);
    let at = frame.as_ptr();
    let template = Shared { name: "n".into(), step: 1, weights: vec![0.0f64; MIB / 8].into() };
    let (header, _) = serialize(&template).unwrap();
    let (value, info) = counted(|| deserialize::<Shared>(&header, Frames::from(Frame::from(frame))).unwrap());
    assert_eq!(value.weights.as_ptr().cast(), at);
    assert!(info.bytes_total < SMALL, "{info:?}");
    // Clones and slices are views.
    let (views, info) = counted(|| (value.weights.clone(), value.weights.slice(1000..2000)));
    assert_eq!(views.1.as_ptr(), value.weights[1000..].as_ptr());
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn an_array_of_any_dtype_is_the_frame_itself() {
    let frame = aligned(MIB);
    let at = frame.as_ptr();
    let (header, _) = serialize(&vec![0.0f64; MIB / 8]).map(|(h, f)| (h, f.into_owned())).unwrap();
    let (array, info) = counted(|| deserialize::<NdArray>(&header, Frames::from(Frame::from(frame))).unwrap());
    assert_eq!(array.as_bytes().as_ptr(), at);
    assert!(info.bytes_total < SMALL, "{info:?}");
    let ((_, frames), info) = counted(|| serialize(&array).unwrap());
    assert_eq!(frames.get(0).unwrap().as_ptr(), at, "and is again when it is sent on");
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn a_vec_costs_its_payload_once() {
    let template = Tensors { name: "n".into(), step: 1, weights: vec![0.0; MIB / 8] };
    let (header, frames) = serialize(&template).unwrap();
    for frames in [frames.clone(), frames.into_owned()] {
        let (value, info) = counted(|| deserialize::<Tensors>(&header, frames).unwrap());
        assert_eq!(value.weights.len(), MIB / 8);
        assert!(info.bytes_total < MIB as u64 + SMALL, "{info:?}");
    }
}

#[test]
fn a_frame_that_is_not_aligned_is_copied_once() {
    let frame = aligned(MIB + 8).slice(1..MIB + 1);
    let (header, _) = serialize(&vec![0.0f64; MIB / 8]).map(|(h, f)| (h, f.into_owned())).unwrap();
    let (array, info) = counted(|| deserialize::<Array<f64>>(&header, Frames::from(Frame::from(frame))).unwrap());
    assert_eq!(array.len(), MIB / 8);
    assert!(info.bytes_total < MIB as u64 + SMALL, "{info:?}");
}

#[test]
fn detaching_shared_frames_copies_nothing() {
    let frames: Frames<'_> = (0..16).map(|_| Frame::from(aligned(MIB))).collect();
    let at: Vec<_> = frames.iter().map(|f| f.as_ptr()).collect();
    let (owned, info) = counted(|| frames.into_owned());
    assert!(owned.iter().map(|f| f.as_ptr()).eq(at));
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn a_unique_array_is_changed_in_place() {
    let frame = aligned(MIB);
    let at = frame.as_ptr();
    let mut array = Array::<f64>::from_bytes(frame).unwrap();
    let ((), info) = counted(|| array.make_mut()[0] = 1.0);
    assert_eq!((array.as_ptr().cast(), array[0]), (at, 1.0));
    assert!(info.bytes_total < SMALL, "{info:?}");

    let mut array = Array::from(vec![0.0f64; MIB / 8]);
    let at = array.as_ptr();
    let ((), info) = counted(|| array.make_mut()[0] = 1.0);
    assert_eq!(array.as_ptr(), at);
    assert!(info.bytes_total < SMALL, "{info:?}");
    let (data, info) = counted(|| array.into_vec());
    assert_eq!(data.as_ptr(), at, "and is the vector again");
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn a_shared_array_is_copied_before_it_is_changed() {
    let mut array = Array::from(vec![0.0f64; MIB / 8]);
    let other = array.clone();
    let ((), info) = counted(|| array.make_mut()[0] = 1.0);
    assert_eq!((array[0], other[0]), (1.0, 0.0));
    assert!((MIB as u64..MIB as u64 + SMALL).contains(&info.bytes_total), "{info:?}");
}

#[test]
fn unpacking_copies_nothing() {
    let packed = Bytes::from(pack_frames(&vec![vec![0u8; MIB / 8]; 8]));
    let (frames, info) = counted(|| unpack_frames(&packed).unwrap());
    assert_eq!(frames[0].as_ptr(), packed[72..].as_ptr());
    assert!(info.bytes_total < SMALL, "{info:?}");
    let (frames, info) = counted(|| unpack_frames_ref(&packed).unwrap());
    assert_eq!(frames[0].as_ptr(), packed[72..].as_ptr());
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn packing_allocates_the_packed_bytes_and_no_more() {
    let frames = vec![vec![0u8; MIB / 8]; 8];
    let (packed, info) = counted(|| pack_frames(&frames));
    // The default `realloc` of a counting allocator is a new allocation, so the prelude is counted twice.
    assert!(info.bytes_total < packed.len() as u64 + SMALL, "{info:?}");
}

#[test]
fn a_byte_string_is_decoded_in_place() {
    let blob = Bytes::from(serialize_bytes(&vec![1u8; MIB]).unwrap());
    let range = blob.as_ptr_range();
    let (data, info) = counted(|| deserialize_bytes::<Bytes>(&blob).unwrap());
    assert!(range.contains(&data.as_ptr()) && data.len() == MIB);
    assert!(info.bytes_total < SMALL, "{info:?}");
    let (_, info) = counted(|| unpack_value(&blob).unwrap());
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn an_array_that_is_dropped_frees_its_own_frame() {
    let frames = vec![aligned(MIB), aligned(MIB)];
    let template = TwoArrays { left: vec![0.0; MIB / 8].into(), right: vec![0.0; MIB / 8].into() };
    let (header, _) = serialize(&template).map(|(h, f)| (h, f.into_owned())).unwrap();
    let value: TwoArrays = deserialize(&header, Frames::from(frames)).unwrap();
    let (left, info) = counted(move || {
        let TwoArrays { left, right } = value;
        drop(right);
        left
    });
    assert!(info.bytes_current <= -(MIB as i64), "{info:?}");
    assert_eq!(left.len(), MIB / 8);
}

#[test]
fn a_frame_that_is_taken_alone_stays_unique() {
    let mut frames: Frames<'_> = (0..3).map(|_| Frame::from(vec![1u8; MIB])).collect();
    let (mut one, info) = counted(|| frames.take_range(1..2).unwrap());
    assert!(info.bytes_total < SMALL, "{info:?}");
    assert!(one.take(0).unwrap().into_bytes().is_unique());
}

#[test]
fn a_vec_of_bytes_is_the_unique_frame_that_came() {
    let data = vec![7u8; MIB];
    let (header, _) = serialize(&data).map(|(h, f)| (h, f.into_owned())).unwrap();
    let at = data.as_ptr();
    let frame = Frame::from(data);
    let (back, info) = counted(|| deserialize::<Vec<u8>>(&header, Frames::from(frame)).unwrap());
    assert_eq!((back.as_ptr(), back.len()), (at, MIB));
    assert!(info.bytes_total < SMALL, "{info:?}");
    let (back, info) = counted(|| deserialize::<BytesMut>(&header, Frames::from(Frame::from(back))).unwrap());
    assert_eq!((back.as_ptr(), back.len()), (at, MIB));
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn long_text_is_neither_copied_out_nor_in() {
    let text = "ž".repeat(MIB / 2);
    let ((header, frames), info) = counted(|| serialize(&text).unwrap());
    assert_eq!(frames.get(1).unwrap().as_ptr(), text.as_ptr());
    assert!(info.bytes_total < SMALL, "{info:?}");
    let received: Frames<'_> = frames.iter().map(|f| Frame::from(f.to_vec())).collect();
    let at = received.get(1).unwrap().as_ptr();
    let (back, info) = counted(|| deserialize::<String>(&header, received).unwrap());
    assert_eq!(back.as_ptr(), at);
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn what_is_forwarded_is_not_copied() {
    let frame = aligned(MIB);
    let at = frame.as_ptr();
    let header = Header::new().with("serializer", "unknown").unwrap();
    let kept = Serialized::new(header, Frames::from(Frame::from(frame)));
    let ((_, frames), info) = counted(|| serialize(&kept).unwrap());
    assert_eq!(frames.get(0).unwrap().as_ptr(), at);
    assert!(info.bytes_total < SMALL, "{info:?}");
}

#[test]
fn plain_data_in_bulk_is_written_without_a_header_an_element() {
    let numbers = vec![1u32; 1000];
    let (_, info) = counted(|| serialize(&numbers).unwrap());
    assert_eq!(info.count_total, 1, "one buffer for the header: {info:?}");
}

#[derive(FrameSerialize, Debug, Clone)]
#[frames(view)]
struct Reading {
    level: f64,
    count: u16,
    name: String,
}

#[derive(FrameSerialize, Debug)]
#[frames(view)]
struct Level {
    level: f64,
    count: u16,
}

fn readings() -> Vec<Reading> {
    (0..MIB / 32).map(|i| Reading { level: i as f64, count: i as u16, name: format!("ž reading {i}") }).collect()
}

/// In frames that start where everything may start, as buffers of the receive path do.
#[derive(FrameSerialize)]
enum Kind {
    Small,
    Large,
}

#[derive(FrameSerialize)]
struct Visit {
    name: String,
    score: Option<f64>,
    kind: Kind,
    last: Option<Kind>,
    marks: Vec<u32>,
    children: Vec<Reading>,
}

#[test]
fn a_loop_that_sends_tables_allocates_their_buffers_once() {
    let visits = |n: usize| -> Vec<Visit> {
        let visit = |i: usize| Visit {
            name: format!("visit {i}"),
            score: (i % 3 == 0).then_some(i as f64),
            kind: if i % 2 == 0 { Kind::Small } else { Kind::Large },
            last: (i % 5 == 0).then_some(Kind::Small),
            marks: vec![7; i % 9],
            children: readings().into_iter().take(i % 4).collect(),
        };
        (0..n).map(visit).collect()
    };
    let (few, many) = (visits(100), visits(2000));
    for reader in [Reader::Any, Reader::Rust] {
        let encoder = Encoder::new().reader(reader);
        let mut buffers = Buffers::new();
        let size = encoder.serialize_in(&many, &mut buffers).unwrap().1.total_bytes();
        assert!(size > 50_000);
        let held = buffers.capacity();
        assert!(held < size * 2 + 10 * SMALL as usize, "{held} bytes for {size}");
        // One that is smaller in between takes nothing away from the columns.
        for value in [&few, &many, &many] {
            let (_, info) = counted(|| encoder.serialize_in(value, &mut buffers).map(|_| ()).unwrap());
            assert!(info.bytes_total < 2 * SMALL, "{reader:?}: {info:?}");
        }
        assert_eq!(buffers.capacity(), held, "{reader:?}");
    }
}

fn received<T: FrameSerialize>(reader: Reader, value: &T) -> (Header, Frames<'static>) {
    let (header, frames) = Encoder::new().reader(reader).serialize(value).unwrap();
    let moved = frames.iter().map(|frame| {
        let mut room = vec![0u8; frame.len() + 64];
        let start = room.as_ptr().align_offset(64);
        room[start..start + frame.len()].copy_from_slice(frame);
        Frame::from(Bytes::from(room).slice(start..start + frame.len()))
    });
    (header, moved.collect())
}

fn has(frames: &Frames<'_>, at: *const u8) -> bool {
    frames.iter().any(|frame| frame.as_ptr_range().contains(&at))
}

#[test]
fn a_view_of_numbers_is_the_frame_itself() {
    for reader in [Reader::Any, Reader::Rust] {
        let (header, frames) = received(reader, &vec![0.5f64; MIB / 8]);
        let (numbers, info) = counted(|| view::<f64>(&header, &frames).unwrap());
        assert_eq!(numbers.as_slice().as_ptr().cast(), frames.get(0).unwrap().as_ptr());
        assert!(info.bytes_total < SMALL, "{info:?}");

        // In packed rows a number is read where it lies, and a slice of all is collected when it is wanted.
        let rows: Vec<_> = (0..MIB / 8).map(|i| Level { level: i as f64, count: i as u16 }).collect();
        let (header, frames) = received(reader, &rows);
        let (columns, info) = counted(|| view::<Level>(&header, &frames).unwrap());
        assert!(info.bytes_total < SMALL, "{reader:?} {info:?}");
        let (last, info) = counted(|| columns.get(rows.len() - 1).unwrap());
        assert_eq!((last.level, last.count, info.count_total), ((rows.len() - 1) as f64, u16::MAX, 0));
        if reader == Reader::Any {
            assert!(has(&frames, columns.level().as_ptr().cast()) && has(&frames, columns.count().as_ptr().cast()));
        }
    }
    // A plain list within rows is a part of the column of all.
    let (header, frames) = received(Reader::Rust, &vec![vec![1u64; 8]; MIB / 64]);
    let (lists, info) = counted(|| view::<Vec<u64>>(&header, &frames).unwrap());
    assert!(has(&frames, Column::<Vec<u64>>::get(&lists, 100).unwrap().as_ptr().cast()));
    assert!(info.bytes_total < (MIB / 64 * size_of::<usize>()) as u64 + SMALL, "{info:?}");
}

#[test]
fn a_view_of_packed_text_points_into_its_frame() {
    let rows = readings();
    let (header, frames) = received(Reader::Rust, &rows);
    let (view, info) = counted(|| view::<Reading>(&header, &frames).unwrap());
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(view.name(i), row.name);
        assert!(has(&frames, view.name(i).as_ptr()));
    }
    assert!(info.bytes_total < (rows.len() * size_of::<&str>()) as u64 + SMALL, "where each is: {info:?}");
}

#[test]
fn a_view_of_portable_text_copies_it_once() {
    let rows = readings();
    let (header, frames) = received(Reader::Any, &rows);
    let text: usize = rows.iter().map(|row| row.name.len()).sum();
    let (view, info) = counted(|| view::<Reading>(&header, &frames).unwrap());
    assert_eq!(view.name(7), rows[7].name);
    assert!(has(&frames, view.level().as_ptr().cast()));
    // A number a row for where each ends, in a vector that grows; a marker a row beside the text.
    let ends = rows.len() * size_of::<u32>();
    assert!(info.bytes_max < (text + rows.len() * 4 + 4 * ends) as u64 + SMALL, "{info:?}");
}
