//! Headers that lie about shapes, strides, rows, and which frames are whose.

use super::*;

// ---- arrays that lie about their shape

fn array_header(dtype: &str, shape: &[i128], strides: &[i128], broadcast: Option<&[i128]>) -> Vec<u8> {
    let number = |n: &i128| match u64::try_from(*n) {
        Ok(n) => Value::from(n),
        Err(_) => Value::from(*n as i64),
    };
    let list = |ns: &[i128]| Value::Array(ns.iter().map(number).collect());
    let mut sub = vec![
        ("dtype".into(), Value::Array(vec![0.into(), dtype.into()])),
        ("shape".into(), list(shape)),
        ("strides".into(), list(strides)),
    ];
    if let Some(full) = broadcast {
        sub.push(("broadcast_to".into(), list(full)));
    }
    let class = frames_core::ClassRef::new("numpy", "ndarray").encode();
    let header = Value::Map(vec![
        ("serializer".into(), "dask".into()),
        ("type".into(), "numpy.ndarray".into()),
        ("type-serialized".into(), Value::Binary(class)),
        ("sub-header".into(), Value::Map(sub)),
    ]);
    Header::from_value(&header).unwrap().into_bytes()
}

fn array_case<T: FrameSerialize>(header: Vec<u8>, bytes: usize) -> Case {
    let decode: Decode = |h, f| deserialize::<T>(h, f.into()).map(drop);
    Case { name: T::type_name().into_owned(), header, frames: vec![vec![0u8; bytes].into()], decode }
}

#[test]
fn shapes_and_strides_that_overrun_or_overflow_are_an_error() {
    on_a_small_stack(|| {
        let huge: i128 = 1 << 63;
        let wrong: [(&[i128], &[i128]); 18] = [
            (&[5], &[8]),
            (&[3], &[8]),
            (&[4], &[9]),
            (&[4], &[-8]),
            (&[4], &[i64::MIN as i128]),
            (&[huge], &[8]),
            (&[huge], &[0]),
            (&[2], &[huge]),
            (&[u64::MAX as i128], &[1]),
            (&[1 << 61], &[8]),
            (&[1 << 32, 1 << 32], &[1 << 32, 8]),
            (&[1 << 32, 1 << 32, 0, 5], &[8, 8, 8]),
            (&[2, 2], &[16]),
            (&[4], &[]),
            (&[], &[8]),
            (&[-1], &[8]),
            (&[1 << 40, 1 << 40], &[0, 0]),
            (&[0], &[8]),
        ];
        for (shape, strides) in wrong {
            let header = array_header("<f8", shape, strides, None);
            array_case::<NdArray>(header.clone(), 32).must_fail(&format!("shape {shape:?}, strides {strides:?}"));
            array_case::<Vec<f64>>(header.clone(), 32).must_fail("the same");
            array_case::<Array<f64>>(header, 32).must_fail("the same");
        }
        for dims in [65usize, 10_000] {
            let header = array_header("<f8", &vec![1; dims], &vec![8; dims], None);
            array_case::<NdArray>(header, 8).must_fail("too many dimensions");
        }
    });
}

#[test]
fn a_broadcast_makes_no_terabyte_of_thirty_bytes() {
    on_a_small_stack(|| {
        for full in [1i128 << 21, 1 << 40, 1 << 62, (1 << 63) + 1] {
            for (shape, strides, to) in [
                (&[1i128][..], &[0i128][..], Some(vec![full])),
                (&[full], &[0], None),
                (&[1], &[8], Some(vec![full])),
                (&[0], &[0], Some(vec![full])),
                (&[2], &[0], Some(vec![full])),
            ] {
                let header = array_header("<f8", shape, strides, to.as_deref());
                array_case::<Vec<f64>>(header.clone(), 8).must_fail(&format!("{shape:?} as {to:?}"));
                array_case::<Array<f64>>(header.clone(), 8).must_fail(&format!("{shape:?} as {to:?}"));
                array_case::<Vec<bool>>(header, 8).must_fail("another dtype");
            }
        }
        // A wide element counts by its width.
        let item = 4096 * 8;
        let spec = Value::Array(vec!["<f8".into(), Value::Array(vec![4096.into()])]);
        let header = array_header("<f8", &[1], &[0], Some(&[1 << 20]));
        let mut tree = frames_core::rmpv::decode::read_value(&mut &header[..]).unwrap();
        let Value::Map(keys) = &mut tree else { unreachable!() };
        let Value::Map(sub) = &mut keys[3].1 else { unreachable!() };
        sub[0].1 = Value::Array(vec![0.into(), spec]);
        let header = Header::from_value(&tree).unwrap().into_bytes();
        array_case::<Array<[f64; 4096]>>(header, item).must_fail("a broadcast of wide elements");
    });
}

#[test]
fn a_broadcast_is_repeated_as_far_as_its_bytes_allow() {
    let decode = |limits: Limits, full: i128| {
        let header = array_header("<f8", &[1], &[0], Some(&[full]));
        let frames = Frames::from(Frame::from(vec![0u8; 8]));
        Decoder::new().limits(limits).deserialize::<Vec<f64>>(HeaderRef::new(&header).unwrap(), frames)
    };
    // 4 KiB in any case; beyond, 64 times the bytes that came.
    assert_eq!(decode(Limits::default(), 512).unwrap().len(), 512);
    assert_eq!(decode(Limits::default(), 513).unwrap_err().kind(), ErrorKind::Limit);
    let mut generous = Limits::default();
    generous.expansion = 1 << 20;
    assert_eq!(decode(generous, 1 << 20).unwrap().len(), 1 << 20);
}

#[test]
fn many_small_broadcasts_take_no_more_than_their_headers_paid() {
    on_a_small_stack(|| {
        // Each array is within its limit; all of them together must be within the bound of the input too.
        let item = array_header("<f8", &[1], &[0], Some(&[512]));
        let n = 1000u16;
        let mut header = b"\x84\xabsub-headers\xdc".to_vec();
        header.extend_from_slice(&n.to_be_bytes());
        header.extend(item.repeat(n.into()));
        header.extend_from_slice(b"\xadis-collection\xc3\xadframe-lengths\xdc");
        header.extend_from_slice(&n.to_be_bytes());
        header.extend(vec![1u8; n.into()]);
        header.extend_from_slice(b"\xaftype-serialized\xa4list");
        let frames: Frames<'_> = (0..n).map(|_| Frame::from(vec![0u8; 8])).collect();
        let lists: Vec<Vec<f64>> = deserialize(HeaderRef::new(&header).unwrap(), frames).unwrap();
        let taken = lists.iter().map(|l| l.len() * 8).sum::<usize>();
        assert!(taken <= 32 * header.len(), "{taken} bytes of a header of {}", header.len());
    });
}

// ---- rows that lie about their number

#[test]
fn rows_without_columns_are_bounded() {
    on_a_small_stack(|| {
        let rows = case(&vec![Empty::default(); 3]);
        for lie in [(1u64 << 20) + 1, 1 << 32, 1 << 63, u64::MAX] {
            let mut header = value_of(&rows);
            *at(at(&mut header, "sub-header"), "rows") = lie.into();
            let hostile = with_header(&rows, &header);
            let error = hostile.attack().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        }
    });
}

#[test]
fn rows_that_the_columns_do_not_have_are_an_error() {
    on_a_small_stack(|| {
        let rows = case(&(0..3).map(row).collect::<Vec<_>>());
        for lie in [0u64, 2, 4, 1 << 20, u64::MAX] {
            let mut header = value_of(&rows);
            *at(at(&mut header, "sub-header"), "rows") = lie.into();
            let error = with_header(&rows, &header).attack().unwrap_err();
            assert_eq!((error.kind(), &*error.path()), (ErrorKind::Invalid, "number"), "{error}");
        }
        for not_a_count in [Value::from(-1), Value::Nil, "3".into(), 1.5.into()] {
            let mut header = value_of(&rows);
            *at(at(&mut header, "sub-header"), "rows") = not_a_count;
            with_header(&rows, &header).must_fail("rows that are no count");
        }
    });
}

// ---- ranges of frames that lie

#[test]
fn ranges_of_frames_that_overlap_or_lead_outside_are_an_error() {
    on_a_small_stack(|| {
        // The fields `values`, `raw` and `layers` have the frames 0..1, 1..2 and 2..4.
        let sample = case(&sample());
        let ranges: [(u64, u64); 12] = [
            (0, 1),
            (0, 2),
            (1, 3),
            (0, 4),
            (2, 1),
            (1, 1),
            (4, 5),
            (1, 5),
            (4, 4),
            (1 << 32, (1 << 32) + 1),
            (u64::MAX, 0),
            (0, u64::MAX),
        ];
        for (start, stop) in ranges {
            let mut header = value_of(&sample);
            let raw = at(at(at(&mut header, "sub-header"), "complex"), "raw");
            *at(raw, "start") = start.into();
            *at(raw, "stop") = stop.into();
            let hostile = with_header(&sample, &header);
            let error = hostile.attack().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FrameCount, "{start}..{stop}: {error}");
        }
        for key in ["start", "stop", "header"] {
            let mut header = value_of(&sample);
            let Value::Map(raw) = at(at(at(&mut header, "sub-header"), "complex"), "raw") else { unreachable!() };
            raw.retain(|(k, _)| k.as_str() != Some(key));
            let error = with_header(&sample, &header).attack().unwrap_err();
            assert_eq!(&*error.path(), "raw", "{error}");
        }
    });
}

#[test]
fn frame_lengths_of_a_collection_that_lie_are_an_error() {
    on_a_small_stack(|| {
        let list = case(&(1u8, vec![1.5f64], vec![1u8]));
        let lies: [&[u64]; 9] = [
            &[1, 1],
            &[1, 1, 1, 0],
            &[0, 1, 2],
            &[1, 1, 2],
            &[2, 1, 0],
            &[0, 0, 0],
            &[1, u64::MAX, 1],
            &[u64::MAX, 1, 1],
            &[1 << 63, 1 << 63, 3],
        ];
        for lengths in lies {
            let mut header = value_of(&list);
            *at(&mut header, "frame-lengths") = Value::Array(lengths.iter().map(|&n| n.into()).collect());
            with_header(&list, &header).must_fail(&format!("frame lengths {lengths:?}"));
        }
        let dict = case(&BTreeMap::from([("a".to_string(), vec![1.5f64])]));
        let mut header = value_of(&dict);
        *at(&mut header, "frame-lengths") = Value::Array(vec![u64::MAX.into()]);
        with_header(&dict, &header).must_fail("a frame length of 2^64 - 1");
        *at(&mut header, "type-serialized") = "frozenset".into();
        with_header(&dict, &header).must_fail("a collection of another kind");
    });
}
