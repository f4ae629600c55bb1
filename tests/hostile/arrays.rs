//! Arrays of every class that lie: about shapes, strides, masks, formats, and the indices of sparse matrices.

use super::*;
use frames_core::{ClassRef, FillValue, MaskedArray, MaskedConstant};
use half::f16;
use indexmap::{IndexMap, IndexSet};
use ndarray::{Array2, ArrayD, ArrayView2, IxDyn};
use proptest::prelude::*;
use smallvec::SmallVec;
use sprs::{CsMat, CsMatI, TriMat};

fn u1(shape: &[u64], bytes: &[u8]) -> NdArray {
    NdArray::new(frames_core::DType::parse("|u1").unwrap(), shape, None, bytes.to_vec()).unwrap()
}

fn masked() -> MaskedArray {
    let mask = NdArray::new(frames_core::DType::parse("|b1").unwrap(), &[2, 2], None, vec![0, 1, 0, 0]).unwrap();
    MaskedArray::new(u1(&[2, 2], &[1, 2, 3, 4]), Some(mask)).unwrap().with_fill_value(FillValue::Int(7))
}

fn csr() -> CsMat<f64> {
    CsMat::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0])
}

fn text(text: &str) -> Value {
    text.into()
}

fn list<const N: usize>(items: [i64; N]) -> Value {
    Value::Array(items.into_iter().map(Value::from).collect())
}

/// A header of the family dask.
fn dask(class: &str, sub: Vec<(Value, Value)>) -> Vec<u8> {
    let header = Value::Map(vec![
        (text("sub-header"), Value::Map(sub)),
        (text("type"), text(&class.replace(':', "."))),
        (text("type-serialized"), Value::Binary(ClassRef::parse(class).unwrap().encode())),
        (text("serializer"), text("dask")),
    ]);
    Header::from_value(&header).unwrap().into_bytes()
}

fn made<T: FrameSerialize>(header: Vec<u8>, frames: &[usize]) -> Case {
    let decode: Decode = |h, f| deserialize::<T>(h, f.into()).map(drop);
    let frames = frames.iter().map(|&n| vec![0u8; n].into()).collect();
    Case { name: T::type_name().into_owned(), header, frames, decode }
}

fn memoryview(format: Value, shape: Value) -> Vec<u8> {
    dask("builtins:memoryview", vec![(text("format"), format), (text("shape"), shape)])
}

fn array_array(typecode: Value) -> Vec<u8> {
    dask("array:array", vec![(text("typecode"), typecode), (text("writeable"), Value::Array(vec![Value::Nil]))])
}

/// Valid values of the types that are arrays, for all mutations: one of each form, as others of the same go through the same code.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        case(&u1(&[2, 2], &[1, 2, 3, 4]).into_matrix().unwrap()),
        case(&masked()),
        case(&MaskedConstant),
        made::<NdArray>(memoryview(text("<d"), list([2, 1])), &[16]),
        made::<Array<f64>>(array_array(text("d")), &[16]),
        case(&ArrayD::<f32>::zeros(IxDyn(&[1, 2]))),
        case(&Array2::from_elem((2, 2), true)),
    ]
}

/// What shares its code with std's types holds on to what it is.
#[test]
fn types_of_other_crates_refuse_what_is_not_theirs() {
    on_a_small_stack(|| {
        let cases = [
            case(&f16::ONE),
            case(&vec![f16::ONE; 2]),
            case(&IndexMap::<String, Vec<f64>>::from([("a".into(), vec![1.0])])),
            case(&IndexSet::<u8>::from([3, 1])),
            case(&SmallVec::<[i16; 2]>::from([1, 2])),
            case(
                &MaskedArray::new(u1(&[2], &[1, 2]), None)
                    .unwrap()
                    .with_fill_value(FillValue::Pickle(Bytes::from_static(b"N."))),
            ),
        ];
        for honest in &cases {
            honest.attack().unwrap();
            for cut in 0..honest.header.len() {
                Case { header: honest.header[..cut].to_vec(), ..honest.clone() }.must_fail("a header that is cut");
            }
            let mut more = honest.clone();
            more.frames.push(Bytes::from_static(b"more"));
            more.must_fail("a frame more");
            for index in 0..honest.frames.len() {
                let mut fewer = honest.clone();
                fewer.frames.remove(index);
                fewer.must_fail("a frame less");
            }
        }
    });
}

/// As the mutations of all cases; what nobody registered is not looked for by its name each time, which takes long.
#[test]
fn a_flipped_bit_of_a_sparse_matrix_is_an_error_or_another_matrix() {
    on_a_small_stack(|| {
        let coo = TriMat::from_triplets((2, 2), vec![0, 1], vec![1, 0], vec![1i8, 2]);
        for mut honest in [case(&csr()), case(&coo)] {
            honest.attack().unwrap();
            let decode = |case: &Case| match HeaderRef::new(&case.header) {
                Ok(header) => case.bounded(header, case.decode),
                Err(error) => Err(error),
            };
            for at in 0..honest.header.len() {
                for bit in 0..8 {
                    honest.header[at] ^= 1 << bit;
                    let _ = decode(&honest).inspect_err(check);
                    honest.header[at] ^= 1 << bit;
                }
                let cut = Case { header: honest.header[..at].to_vec(), ..honest.clone() };
                check(&decode(&cut).unwrap_err());
            }
            for index in 0..honest.frames.len() {
                for at in 0..honest.frames[index].len() * 8 {
                    let mut hostile = honest.clone();
                    let mut frame = hostile.frames[index].to_vec();
                    frame[at / 8] ^= 1 << (at % 8);
                    hostile.frames[index] = frame.into();
                    let _ = decode(&hostile).inspect_err(check);
                }
                let mut fewer = honest.clone();
                fewer.frames.remove(index);
                check(&decode(&fewer).unwrap_err());
            }
        }
    });
}

#[test]
fn memoryviews_and_arrays_that_lie_are_an_error() {
    on_a_small_stack(|| {
        let wrong = [
            (text("<d"), list([3]), 16),
            (text("<d"), list([-2]), 16),
            (text("<d"), list([1 << 61]), 16),
            (text("<d"), list([1 << 40, 1 << 40]), 16),
            (text("<d"), list([1 << 40, 1 << 40, 0]), 16),
            (text("<d"), list([]), 16),
            (text("<d"), Value::Array(vec![1.into(); 65]), 8),
            (text("<d"), text("2"), 16),
            (text("<d"), list([2]), 15),
            (text("d,d"), list([1]), 16),
            (text("T{d:a:d:b:}"), list([1]), 16),
            (text(""), list([16]), 16),
            (text("O"), list([2]), 16),
            (text("99999999999999999999s"), list([1]), 16),
            (text("2147483648s"), list([1]), 16),
            (text("é"), list([1]), 16),
            (Value::Nil, list([2]), 16),
            (7.into(), list([2]), 16),
        ];
        for (format, shape, bytes) in wrong {
            let header = memoryview(format.clone(), shape.clone());
            made::<NdArray>(header.clone(), &[bytes]).must_fail(&format!("format {format}, shape {shape}"));
            made::<Vec<f64>>(header.clone(), &[bytes]).must_fail("the same");
            made::<ArrayD<f64>>(header, &[bytes]).must_fail("the same");
        }
        for (typecode, bytes) in [
            (text("d"), 15),
            (text("?"), 1),
            (text("e"), 2),
            (text(""), 0),
            (text("dd"), 16),
            (Value::Nil, 8),
            (1.into(), 8),
        ] {
            let header = array_array(typecode.clone());
            made::<NdArray>(header.clone(), &[bytes]).must_fail(&format!("typecode {typecode}"));
            made::<Array<f64>>(header, &[bytes]).must_fail("the same");
        }
        for frames in [&[][..], &[8, 8]] {
            made::<NdArray>(array_array(text("d")), frames).must_fail("another number of frames");
            made::<NdArray>(memoryview(text("d"), list([1])), frames).must_fail("another number of frames");
        }
    });
}

#[test]
fn masked_arrays_that_lie_are_an_error() {
    on_a_small_stack(|| {
        let honest = case(&masked());
        let lies: Vec<(&str, Value)> = vec![
            ("nframes", 0.into()),
            ("nframes", 2.into()),
            ("nframes", u64::MAX.into()),
            ("nframes", (-1).into()),
            ("nframes", Value::Nil),
            ("fill-value", Value::Nil),
            ("fill-value", list([1])),
            ("fill-value", list([1, 2])),
            ("fill-value", Value::Array(vec![false.into(), text("x")])),
            ("fill-value", Value::Array(vec![false.into(), 1.into(), 2.into()])),
            ("fill-value", Value::Array(vec![true.into(), 1.into()])),
            ("fill-value", Value::Array(vec![true.into(), text("a pickle")])),
            ("data-header", Value::Nil),
            ("mask-header", Value::Nil),
        ];
        for (key, lie) in lies {
            let mut header = value_of(&honest);
            *at(at(&mut header, "sub-header"), key) = lie.clone();
            with_header(&honest, &header).must_fail(&format!("{key} {lie}"));
        }
        for part in ["data-header", "mask-header"] {
            for (key, lie) in [
                ("shape", list([4])),
                ("shape", list([2, 3])),
                ("shape", list([-2, -2])),
                ("shape", list([1 << 40, 1 << 40])),
                ("strides", list([2, 2])),
                ("strides", list([-2, 1])),
                ("strides", list([i64::MAX, 1])),
                ("dtype", Value::Array(vec![0.into(), text("<i8")])),
                ("dtype", Value::Array(vec![0.into(), text("|O")])),
                ("dtype", Value::Array(vec![1.into(), Value::Binary(b"cos\nsystem\n.".to_vec())])),
            ] {
                let mut header = value_of(&honest);
                *at(at(at(&mut header, "sub-header"), part), key) = lie.clone();
                with_header(&honest, &header).must_fail(&format!("{part}.{key} {lie}"));
            }
        }
        // A mask of plain numbers, and one for a record that the data is not.
        for dtype in ["|u1", "|S1"] {
            let mut header = value_of(&honest);
            let mask = at(at(at(&mut header, "sub-header"), "mask-header"), "dtype");
            *mask = Value::Array(vec![0.into(), text(dtype)]);
            with_header(&honest, &header).must_fail("a mask of no bools");
        }
        for key in ["data-header", "nframes"] {
            let mut header = value_of(&honest);
            let Value::Map(sub) = at(&mut header, "sub-header") else { unreachable!() };
            sub.retain(|(k, _)| k.as_str() != Some(key));
            with_header(&honest, &header).must_fail(&format!("no {key}"));
        }
        let mut header = value_of(&honest);
        *at(at(&mut header, "sub-header"), "data-header") = Value::Map(vec![(text("pickle"), true.into())]);
        assert_eq!(with_header(&honest, &header).attack().unwrap_err().kind(), ErrorKind::UnknownType);
        // Bytes of a mask that are no bools are found when they are asked for.
        let mask = NdArray::new(frames_core::DType::parse("|b1").unwrap(), &[2], None, vec![0, 7]).unwrap();
        let array = MaskedArray::new(u1(&[2], &[1, 2]), Some(mask)).unwrap();
        check(&array.to_options::<u8>().unwrap_err());
        check(&array.mask().unwrap().view::<bool>().unwrap_err());
    });
}

#[test]
fn arrays_of_objects_are_pickles_that_nobody_opens_here() {
    on_a_small_stack(|| {
        for class in ["numpy:ndarray", "numpy:matrix", "numpy.rec:recarray"] {
            let header = dask(class, vec![(text("pickle"), true.into())]);
            made::<Vec<f64>>(header, &[8]).must_fail("eight zeros as a pickle");
            for lie in [Value::Nil, 1.into(), text("true"), false.into()] {
                made::<Vec<f64>>(dask(class, vec![(text("pickle"), lie)]), &[8]).must_fail("another flag");
            }
        }
    });
}

#[test]
fn typed_arrays_refuse_what_is_not_theirs() {
    on_a_small_stack(|| {
        let header = |dtype: &str, shape: Value, strides: Value| {
            let dtype = Value::Array(vec![0.into(), text(dtype)]);
            dask("numpy:ndarray", vec![(text("dtype"), dtype), (text("shape"), shape), (text("strides"), strides)])
        };
        let expand = header("<f8", list([1 << 30, 1 << 20]), list([0, 0]));
        assert_eq!(made::<Array2<f64>>(expand.clone(), &[8]).attack().unwrap_err().kind(), ErrorKind::Limit);
        made::<ArrayD<f64>>(expand, &[8]).must_fail("a broadcast without end");
        made::<Array2<f64>>(header("<f8", list([2]), list([8])), &[16]).must_fail("a dimension less");
        made::<Array2<f32>>(header("<i8", list([2, 2]), list([16, 8])), &[24])
            .must_fail("a short frame of other numbers");
        made::<Array2<i32>>(header("<f4", list([2, 2]), list([8, 4])), &[16]).must_fail("another dtype");
        for (shape, strides, bytes) in [
            (list([1 << 30, 1 << 20]), list([0, 0]), 8),
            (list([1 << 40, 0]), list([0, 8]), 0),
            (list([1 << 40, 1]), list([0, 8]), 8),
            (list([2, 2]), list([16, 8]), 24),
            (list([2, 2]), list([i64::MAX, 8]), 32),
            (list([2, 2]), list([-16, 8]), 32),
        ] {
            made::<Vec<Vec<f64>>>(header("<f8", shape.clone(), strides.clone()), &[bytes]).must_fail("rows that lie");
            made::<Vec<[f64; 2]>>(header("<i8", shape, strides), &[bytes]).must_fail("rows of others that lie");
        }
        for (shape, strides) in [
            (list([1 << 40, 0, 5]), list([8; 3])),
            (list([2, 1 << 40, 0]), list([8; 3])),
            (list([2, 1 << 40, 0, 5]), list([8; 4])),
        ] {
            let rows = made::<Vec<Vec<Vec<Vec<f64>>>>>(header("<f8", shape, strides), &[0]);
            assert_eq!(rows.attack().unwrap_err().kind(), ErrorKind::Limit);
        }
        made::<Array2<f64>>(header("<f8", list([2, 2]), list([16, 8])), &[24]).must_fail("a short frame");
        made::<Array2<bool>>(header("|u1", list([1, 1]), list([1, 1])), &[1]).must_fail("no bools");
        let huge = header("|u1", list([i64::MAX, 2, 0]), list([1, 1, 1]));
        let _ = made::<ArrayD<u8>>(huge, &[0]).attack();
        let mut bools = made::<Array2<bool>>(header("|b1", list([1, 2]), list([2, 1])), &[2]);
        bools.attack().unwrap();
        bools.frames = vec![Bytes::from_static(&[1, 2])];
        bools.must_fail("a byte that is no bool");
    });
}

#[test]
fn sparse_matrices_that_lie_are_an_error() {
    on_a_small_stack(|| {
        let words = |words: &[i64]| Bytes::from(words.iter().flat_map(|n| n.to_ne_bytes()).collect::<Vec<u8>>());
        let honest = case(&csr());
        honest.attack().unwrap();
        // Frames: indptr, indices, data.
        for (frame, lie) in [
            (0, [0, 2, 4]),
            (0, [0, 3, 2]),
            (0, [1, 2, 3]),
            (0, [0, -1, 3]),
            (0, [0, 2, i64::MAX]),
            (0, [0, 2, 2]),
            (1, [0, 3, 2]),
            (1, [0, -1, 2]),
            (1, [i64::MIN, 0, 2]),
            (1, [2, 2, 2]),
        ] {
            let mut hostile = honest.clone();
            hostile.frames[frame] = words(&lie);
            hostile.must_fail(&format!("frame {frame} of {lie:?}"));
        }
        let mut unsorted = honest.clone();
        unsorted.frames[1] = words(&[2, 0, 2]);
        unsorted.attack().unwrap();
        for lie in [
            list([2]),
            list([2, 3, 4]),
            list([3, 3]),
            list([2, 2]),
            list([-2, 3]),
            list([1 << 62, 3]),
            list([i64::MAX, i64::MAX]),
            text("2"),
        ] {
            let mut header = value_of(&honest);
            *at(at(at(&mut header, "sub-header"), "simple"), "_shape") = lie.clone();
            with_header(&honest, &header).must_fail(&format!("the shape {lie}"));
        }
        let narrow = case(&CsMatI::<f64, i16>::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0]));
        let mut header = value_of(&narrow);
        *at(at(at(&mut header, "sub-header"), "simple"), "_shape") = list([2, 40_000]);
        with_header(&narrow, &header).must_fail("more columns than the index type has");

        let honest = case(&TriMat::from_triplets((2, 2), vec![0, 1], vec![1, 0], vec![1i8, 2]));
        for (frame, lie) in [(0, [0, 2]), (0, [-1, 0]), (1, [5, 0])] {
            let mut hostile = honest.clone();
            hostile.frames[frame] = words(&lie);
            hostile.must_fail(&format!("frame {frame} of {lie:?}"));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A dynamic array that was made reaches over its frame and no further, however it is looked at.
    #[test]
    fn whatever_shape_is_accepted_can_be_walked(
        dims in proptest::collection::vec((prop_oneof![0u64..4, Just(1), Just(1 << 33)], prop_oneof![-1i64..9, Just(0), Just(2), Just(1 << 40)]), 0..5),
        bytes in 0usize..40,
        read_only: bool,
    ) {
        let (shape, strides): (Vec<u64>, Vec<i64>) = dims.into_iter().unzip();
        let frame: Vec<u8> = (0..bytes as u8).collect();
        let dtype = || frames_core::DType::parse("<u2").unwrap();
        let Ok(array) = NdArray::new(dtype(), &shape, Some(&strides), frame.clone()) else { return Ok(()) };
        let array = if read_only { array.read_only() } else { array };
        let (header, frames) = serialize(&array).unwrap();
        let back: NdArray = deserialize(&header, frames).unwrap();
        prop_assert_eq!((back.shape(), back.is_writeable(), back.as_bytes()), (array.shape(), !read_only, &frame[..]));
        let view = match back.view::<u16>() {
            Ok(view) => view,
            // Not a whole number of items apart, not aligned, or larger than any memory.
            Err(error) => { check(&error); return Ok(()) }
        };
        let items: Vec<u16> = view.iter().take(1000).copied().collect();
        prop_assert_eq!(items.len(), view.len().min(1000));
        match back.to_vec::<u16>() {
            Ok(copy) => prop_assert_eq!(&copy[..copy.len().min(1000)], &items[..]),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Limit),
        }
        let last: Vec<usize> = view.shape().iter().map(|n| n.saturating_sub(1)).collect();
        prop_assert_eq!(view.get(&last).is_some(), !view.is_empty());
        prop_assert!(view.get(view.shape()).is_none() || view.shape().is_empty());
        if let Ok(array) = view.into_ndarray() {
            prop_assert!(array.iter().take(1000).eq(items.iter()));
            prop_assert_eq!(ArrayView2::<u16>::try_from(&back).is_ok(), shape.len() == 2);
        }
    }
}
