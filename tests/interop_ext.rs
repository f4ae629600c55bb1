//! Types of other crates, against the released `distributed`: half, ndarray, indexmap, smallvec and sprs.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{
    Array as Shared, ErrorKind, FrameSerialize, Frames, Header, NdArray, SparseCoo, deserialize, serialize,
};
// scipy's arrays are pickles.
use frames_pickle as _;
use half::f16;
use indexmap::{IndexMap, IndexSet};
use ndarray::{
    ArcArray2, Array, Array0, Array1, Array2, Array3, ArrayD, ArrayView, ArrayView1, ArrayView2, ArrayView3, Axis,
    CowArray, Dimension, Ix2, IxDyn, ShapeBuilder, Slice, arr2,
};
use smallvec::SmallVec;
use sprs::{CsMat, CsMatI, TriMat, TriMatI};
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
fn send<T: FrameSerialize>(python: &mut Peer, value: &T, expect: &str) {
    let (header, frames) = serialize(value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check(header.as_bytes(), &slices, expect).unwrap_or_else(|e| panic!("{expect}: {e}\n{header}"));
}

#[track_caller]
fn both_ways<T: FrameSerialize + PartialEq + Debug>(python: &mut Peer, value: &T, expect: &str) {
    send(python, value, expect);
    assert_eq!(&read::<T>(python, expect), value, "{expect}");
    let (header, frames) = serialize(value).unwrap();
    assert_eq!(&deserialize::<T>(&header, frames.into_owned()).unwrap(), value, "{expect}");
}

#[test]
fn half_floats() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let values: Vec<f16> = (0..5u8).map(|n| f16::from_f32(f32::from(n) - 1.5)).collect();
    both_ways(python, &values, "np.arange(5, dtype='f2') - np.float16(1.5)");
    both_ways(python, &Shared::from(values.clone()), "np.arange(5, dtype='f2') - np.float16(1.5)");
    assert_eq!(read::<Vec<f16>>(python, "np.arange(5, dtype='>f2') - np.float16(1.5)"), values);
    send(python, &values[1], "-0.5");
    assert_eq!(read::<f16>(python, "np.array(1.5, 'f2')"), f16::from_f32(1.5));
    assert_eq!(read::<f16>(python, "1.5"), f16::from_f32(1.5));
    assert_eq!(read::<f16>(python, "np.float32(1.5)"), f16::from_f32(1.5));
    assert_eq!(refused::<f16>(python, "0.1").kind(), ErrorKind::OutOfRange);
    assert_eq!(read::<Vec<f16>>(python, "np.arange(3) - 1.5")[..], values[..3]);
    assert_eq!(refused::<Vec<f16>>(python, "np.array([0.1])").kind(), ErrorKind::OutOfRange);
    both_ways(python, &vec![[values[0], values[1]]; 3], "np.array([[-1.5, -0.5]] * 3, 'f2')");
    both_ways(python, &Array2::from_elem((2, 2), values[0]), "np.full((2, 2), -1.5, 'f2')");
}

/// The frame points into the array.
fn is_borrowed<T: FrameSerialize>(value: &T, at: *const u8) -> bool {
    let (_, frames) = serialize(value).unwrap();
    frames.get(0).unwrap().as_ptr() == at
}

#[test]
fn arrays_of_every_number_of_dimensions() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    both_ways(python, &Array0::from_elem((), 1.5f64), "np.array(1.5)");
    both_ways(python, &Array1::from(vec![1u8, 2]), "np.array([1, 2], 'u1')");
    both_ways(python, &Array1::from(vec![true, false]), "np.array([True, False])");
    both_ways(python, &arr2(&[[1i32, 2, 3], [4, 5, 6]]), "np.array([[1, 2, 3], [4, 5, 6]], 'i4')");
    both_ways(
        python,
        &Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 12 + j * 4 + k) as u16),
        "np.arange(24, dtype='u2').reshape(2, 3, 4)",
    );
    both_ways(python, &ArrayD::<f32>::zeros(IxDyn(&[1, 2, 1, 2, 1, 2, 1])), "np.zeros((1, 2, 1, 2, 1, 2, 1), 'f4')");
    both_ways(python, &Array2::<f64>::zeros((0, 3)), "np.empty((0, 3))");
    both_ways(python, &ArrayD::<i8>::zeros(IxDyn(&[2, 0])), "np.empty((2, 0), 'i1')");
    let square = Array2::from_shape_fn((50, 40), |(i, j)| (i * 40 + j) as f64);
    assert!(is_borrowed(&square, square.as_ptr().cast()));
    both_ways(python, &square, "np.arange(2000.).reshape(50, 40)");
    let shared: ArcArray2<f64> = square.clone().into_shared();
    assert!(is_borrowed(&shared, shared.as_ptr().cast()));
    both_ways(python, &shared, "np.arange(2000.).reshape(50, 40)");
    let cow: CowArray<'_, f64, Ix2> = square.view().into();
    assert!(is_borrowed(&cow, square.as_ptr().cast()));
    both_ways(python, &cow, "np.arange(2000.).reshape(50, 40)");
}

const ALL: Slice = Slice { start: 0, end: None, step: 1 };
const BACK: Slice = Slice { start: 0, end: None, step: -1 };

/// Part of an array; the macro `s!` has `unsafe` in it.
fn cut<'a, T, D: Dimension>(array: &'a Array<T, D>, slices: &[Slice]) -> ArrayView<'a, T, D> {
    let mut view = array.view();
    slices.iter().enumerate().for_each(|(axis, slice)| view.slice_axis_inplace(Axis(axis), *slice));
    view
}

#[test]
fn orders_and_strides() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let fortran = Array2::from_shape_vec((2, 3).f(), vec![0f64, 3.0, 1.0, 4.0, 2.0, 5.0]).unwrap();
    assert!(is_borrowed(&fortran, fortran.as_ptr().cast()));
    both_ways(python, &fortran, "np.asfortranarray(np.arange(6.).reshape(2, 3))");
    let back: Array2<f64> = read(python, "np.asfortranarray(np.arange(6.).reshape(2, 3))");
    assert_eq!(back.strides(), [1, 2], "Fortran order is kept");
    let (header, _) = serialize(&fortran).unwrap();
    let strides: Vec<u64> = header.as_ref().header("sub-header").unwrap().get("strides").unwrap();
    assert_eq!(strides, [8, 16]);

    let cube = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 12 + j * 4 + k) as i16);
    let python_cube = "np.arange(24, dtype='i2').reshape(2, 3, 4)";
    // Permuted: without gaps, so it is borrowed, with its strides.
    let permuted: ArrayView3<'_, i16> = cube.view().permuted_axes([1, 2, 0]);
    assert!(is_borrowed(&permuted, cube.as_ptr().cast()));
    let (header, frames) = serialize(&permuted).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python
        .check_where(
            header.as_bytes(),
            &slices,
            &format!("np.array_equal(x, {python_cube}.transpose(1, 2, 0)) and x.strides == (8, 2, 24)"),
        )
        .unwrap();
    // Backward and with gaps: one copy, C order.
    send(python, &cut(&cube, &[ALL, BACK, ALL]), &format!("{python_cube}[:, ::-1, :]"));
    send(python, &cut(&cube, &[BACK, ALL, Slice::new(0, None, -2)]), &format!("{python_cube}[::-1, :, ::-2]"));
    send(
        python,
        &cut(&cube, &[ALL, Slice::new(1, None, 1), Slice::new(0, None, 2)]),
        &format!("{python_cube}[:, 1:, ::2]"),
    );
    send(
        python,
        &cut(&cube, &[ALL, Slice::new(1, Some(2), 1), ALL]).index_axis(Axis(0), 0),
        &format!("{python_cube}[0, 1:2, :]"),
    );
    send(python, &cut(&cube, &[ALL, Slice::new(3, Some(3), 1), ALL]), &format!("{python_cube}[:, 3:3, :]"));
    // Broadcast: the items are sent once.
    let row = Array1::from(vec![1f32, 2.0, 3.0]);
    let rows: ArrayView2<'_, f32> = row.broadcast((1000, 3)).unwrap();
    let (_, frames) = serialize(&rows).unwrap();
    assert_eq!((frames.get(0).unwrap().len(), frames.get(0).unwrap().as_ptr()), (12, row.as_ptr().cast()));
    send(python, &rows, "np.broadcast_to(np.array([1, 2, 3], 'f4'), (1000, 3))");
    let column = row.view().insert_axis(Axis(1));
    send(python, &column.broadcast((2, 3, 4)).unwrap(), "np.broadcast_to(np.array([[1], [2], [3]], 'f4'), (2, 3, 4))");
    send(python, &Array0::from_elem((), 7u8).broadcast((2, 2)).unwrap(), "np.broadcast_to(np.uint8(7), (2, 2))");
    let gaps = Array1::from(vec![1f32, 0.0, 2.0, 0.0]);
    send(
        python,
        &cut(&gaps, &[Slice::new(0, None, 2)]).broadcast((3, 2)).unwrap(),
        "np.broadcast_to(np.array([1, 2], 'f4'), (3, 2))",
    );
}

#[test]
fn arrays_of_python_in_any_layout() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let expected = arr2(&[[0i32, 1, 2], [3, 4, 5]]);
    for value in [
        "np.arange(6, dtype='<i4').reshape(2, 3)",
        "np.arange(6, dtype='>i4').reshape(2, 3)",
        "np.asfortranarray(np.arange(6, dtype='<i4').reshape(2, 3))",
        "np.asfortranarray(np.arange(6, dtype='>i4').reshape(2, 3))",
        "np.arange(12, dtype='<i4').reshape(2, 6)[:, ::2] // 2",
        "np.arange(6, dtype='<i4').reshape(2, 3)[::-1][::-1]",
        "np.matrix(np.arange(6, dtype='<i4').reshape(2, 3))",
        "memoryview(np.arange(6, dtype='<i4').reshape(2, 3))",
        "corpus.readonly(np.arange(6, dtype='<i4').reshape(2, 3))",
    ] {
        assert_eq!(read::<Array2<i32>>(python, value), expected, "{value}");
        assert_eq!(read::<ArrayD<i32>>(python, value), expected.clone().into_dyn(), "{value}");
        assert_eq!(read::<ArcArray2<i32>>(python, value), expected, "{value}");
        let (header, frames) = received(python, value, &Make { serializers: &["pickle"], ..Make::default() });
        if !value.contains("memoryview") {
            assert_eq!(deserialize::<Array2<i32>>(&header, frames).unwrap(), expected, "{value}");
        }
    }
    let repeated: Array2<i32> = read(python, "np.broadcast_to(np.arange(3, dtype='<i4'), (2, 3))");
    assert_eq!(repeated, arr2(&[[0, 1, 2], [0, 1, 2]]));
    assert_eq!(read::<Array1<f64>>(python, "[1.5, 2.5]"), Array1::from(vec![1.5, 2.5]));
    assert_eq!(read::<Array1<u8>>(python, "b'ab'"), Array1::from(vec![97, 98]));
    for value in ["[[1, 2], [3, 4]]", "[(1, 2), (3, 4)]", "[np.array([1, 2]), np.array([3, 4], 'u1')]"] {
        assert_eq!(read::<Array2<i32>>(python, value), arr2(&[[1, 2], [3, 4]]), "{value}");
    }
    assert_eq!(read::<Array2<f64>>(python, "[]").shape(), [0, 0]);
    let tables = Array3::from_shape_vec((2, 1, 2), vec![1u8, 2, 3, 4]).unwrap();
    assert_eq!(read::<Array3<u8>>(python, "[[[1, 2]], [[3, 4]]]"), tables);
    let error = refused::<Array2<i32>>(python, "[[1, 2], [3]]");
    assert!(error.to_string().contains("[1]: expected a list of 2, as the first is, found one of 1"), "{error}");
    refused::<Array2<i32>>(python, "[1, 2]");
    refused::<Array3<u8>>(python, "[[[1, 2]], [[3]]]");
    let error = refused::<Array2<i32>>(python, "np.zeros((1, 2, 3), '<i4')");
    assert!(error.to_string().contains("expected 2 dimensions, found 3"), "{error}");
    let error = refused::<Array2<i32>>(python, "np.full((1, 2), 2**31, '<i8')");
    assert!(error.to_string().contains("expected an array of <i4, found an array of <i8 with 2147483648"), "{error}");
    let error = refused::<Array2<bool>>(python, "np.zeros((1, 2), 'i1')");
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let error = refused::<Array2<i32>>(python, "np.broadcast_to(np.int32(1), (100000, 10000))");
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn views_of_received_arrays_copy_nothing() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    for (value, strides) in [
        ("np.arange(6, dtype='<i4').reshape(2, 3)", [3isize, 1]),
        ("np.asfortranarray(np.arange(6, dtype='<i4').reshape(2, 3))", [1, 2]),
        ("np.broadcast_to(np.arange(3, dtype='<i4'), (2, 3))", [0, 1]),
        ("np.broadcast_to(np.arange(2, dtype='<i4').reshape(2, 1), (2, 3))", [1, 0]),
        ("np.broadcast_to(np.int32(7), (100000, 1000000))", [0, 0]),
    ] {
        let array: NdArray = read(python, value);
        let view = ArrayView2::<i32>::try_from(&array).unwrap_or_else(|e| panic!("{value}: {e}"));
        assert_eq!((view.strides(), view.as_ptr().cast()), (&strides[..], array.as_bytes().as_ptr()), "{value}");
        let expected = python.eval(&format!("[int({value}[i, j]) for i in range(2) for j in range(3)]")).unwrap();
        let items: Vec<i32> = (0..6).map(|n| view[[n / 3, n % 3]]).collect();
        assert_eq!(format!("{items:?}"), expected, "{value}");
        // What was received broadcast goes out broadcast.
        let again: ArrayView<'_, i32, IxDyn> = array.view::<i32>().unwrap().into_ndarray().unwrap();
        if again.len() < 100 {
            send(python, &again, value);
        }
    }
    let array: NdArray = read(python, "np.empty((0, 3), '<i4')");
    assert_eq!(ArrayView2::<i32>::try_from(&array).unwrap().shape(), [0, 3]);
    let error = ArrayView1::<i32>::try_from(&array).unwrap_err();
    assert!(error.to_string().contains("expected 1 dimensions, found 2"), "{error}");
    assert_eq!(ArrayView2::<f32>::try_from(&array).unwrap_err().kind(), ErrorKind::Mismatch);
    let shared: Shared<f64> = read(python, "np.arange(4.)");
    assert_eq!(ArrayView1::from(&shared[..]).sum(), 6.0);
}

#[test]
fn bytes_of_a_unique_frame_become_the_array() {
    let value = Array2::from_shape_vec((20, 50), vec![7u8; 1000]).unwrap();
    let (header, frames) = serialize(&value).unwrap();
    let bytes = frames.get(0).unwrap().to_vec();
    let at = bytes.as_ptr();
    let back: Array2<u8> = deserialize(&header, Frames::from(vec![Bytes::from(bytes)])).unwrap();
    assert_eq!((back.as_ptr(), &back), (at, &value));
}

fn generic<D: Dimension>(array: &Array<f32, D>) -> Array<f32, D> {
    let (header, frames) = serialize(array).unwrap();
    deserialize(&header, frames.into_owned()).unwrap()
}

#[derive(FrameSerialize, Debug, PartialEq)]
struct Model {
    weights: Array2<f32>,
    bias: Array1<f32>,
    names: SmallVec<[String; 2]>,
    options: IndexMap<String, f64>,
    mask: Option<ArrayD<bool>>,
}

#[test]
fn they_are_fields() {
    let Some(mut python) = peer() else { return };
    let model = || Model {
        weights: Array2::ones((2, 2)),
        bias: Array1::zeros(2),
        names: ["a".to_owned(), "b".to_owned()].into(),
        options: [("z".to_owned(), 1.0), ("a".to_owned(), 2.0)].into(),
        mask: Some(ArrayD::from_elem(IxDyn(&[1, 2]), true)),
    };
    let expect = "{'names': ('a', 'b'), 'options': {'z': 1.0, 'a': 2.0}, 'weights': np.ones((2, 2), 'f4'), \
                  'bias': np.zeros(2, 'f4'), 'mask': np.array([[True, True]])}";
    let (header, frames) = serialize(&model()).map(|(h, f)| (h, f.into_owned())).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check_unordered(header.as_bytes(), &slices, expect).unwrap();
    assert_eq!(deserialize::<Model>(&header, frames).unwrap(), model());
    assert_eq!(read::<Model>(&mut python, expect), model());
    let rows = vec![model(), model()];
    let (header, frames) = serialize(&rows).unwrap();
    assert_eq!(deserialize::<Vec<Model>>(&header, frames.into_owned()).unwrap(), rows);
    let packed = frames_core::Encoder::new().reader(frames_core::Reader::Rust);
    let (header, frames) = packed.serialize(&rows).unwrap();
    assert_eq!(deserialize::<Vec<Model>>(&header, frames.into_owned()).unwrap(), rows);
    let cube = Array3::from_elem((1, 2, 3), 0.5);
    assert_eq!(generic(&cube), cube);
}

#[test]
fn maps_and_sets_in_order() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let map: IndexMap<String, u8> = [("z".to_owned(), 1), ("a".to_owned(), 2)].into();
    both_ways(python, &map, "{'z': 1, 'a': 2}");
    let back: IndexMap<String, u8> = read(python, "{'z': 1, 'a': 2}");
    assert!(back.keys().eq(["z", "a"]));
    let map: IndexMap<u8, Vec<f64>> = [(9, vec![1.0]), (1, vec![])].into();
    both_ways(python, &map, "{9: np.array([1.0]), 1: np.empty(0)}");
    both_ways(python, &IndexSet::<u8>::from([3, 1, 2]), "{1, 2, 3}");
    let few: SmallVec<[f64; 4]> = [1.0, 2.0].into_iter().collect();
    both_ways(python, &few, "np.array([1.0, 2.0])");
    let bytes: SmallVec<[u8; 4]> = [1, 2].into_iter().collect();
    both_ways(python, &bytes, "b'\\x01\\x02'");
}

/// `[[1, 0, 2], [0, 0, 3]]`
fn dense() -> CsMat<f64> {
    CsMat::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0])
}

/// What Python makes of a matrix has the type, values and structure of `expect`, and works.
#[track_caller]
fn send_sparse<T: FrameSerialize>(python: &mut Peer, value: &T, expect: &str) {
    let (header, frames) = serialize(value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    let predicate = format!(
        "(lambda y: type(x) is type(y) and x.shape == y.shape and x.dtype == y.dtype and x.nnz == y.nnz \
         and np.array_equal(x.toarray(), y.toarray()) and np.array_equal((x @ x.T).toarray(), (y @ y.T).toarray()) \
         and np.array_equal(x.tocsr()[0].toarray(), y.tocsr()[0].toarray()) and repr(x) == repr(y) and str(x) == str(y) \
         and (x + y).sum() == 2 * y.sum() and (not hasattr(x, 'check_format') or x.check_format(True) is None))({expect})"
    );
    python.check_where(header.as_bytes(), &slices, &predicate).unwrap_or_else(|e| panic!("{expect}: {e}\n{header}"));
}

#[test]
fn compressed_matrices() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let grid = "np.array([[1., 0, 2], [0, 0, 3]])";
    let (csr, csc) = (format!("scipy.sparse.csr_matrix({grid})"), format!("scipy.sparse.csc_matrix({grid})"));
    let matrix = dense();
    send_sparse(python, &matrix, &csr);
    send_sparse(python, &matrix.to_csc(), &csc);
    assert!(is_borrowed_at(&matrix, 1, matrix.indices().as_ptr().cast()), "64 bits are scipy's int64");
    assert!(is_borrowed_at(&matrix, 2, matrix.data().as_ptr().cast()));
    let narrow: CsMatI<f64, i32> = CsMatI::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0]);
    assert!(is_borrowed_at(&narrow, 0, narrow.indptr().raw_storage().as_ptr().cast()));
    send_sparse(python, &narrow, &csr);
    let mixed: CsMatI<f64, u16, u64> = CsMatI::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0]);
    send_sparse(python, &mixed, &csr);
    for kind in ["matrix", "array"] {
        for wide in ["i4", "i8"] {
            let make = |format: &str| {
                format!(
                    "(lambda m: (setattr(m, 'indices', m.indices.astype('{wide}')), \
                     setattr(m, 'indptr', m.indptr.astype('{wide}')), m)[-1])(scipy.sparse.{format}_{kind}({grid}))"
                )
            };
            assert_eq!(read::<CsMat<f64>>(python, &make("csr")), matrix);
            assert_eq!(read::<CsMatI<f64, i32>>(python, &make("csr")), narrow);
            assert_eq!(read::<CsMatI<f64, u16, u64>>(python, &make("csr")), mixed);
            let csc: CsMat<f64> = read(python, &make("csc"));
            assert!(csc.is_csc());
            assert_eq!(csc, matrix.to_csc());
        }
    }
    let empty: CsMat<f32> = read(python, "scipy.sparse.csr_matrix((0, 5), dtype='f4')");
    assert_eq!((empty.shape(), empty.nnz()), ((0, 5), 0));
    send_sparse(python, &CsMat::<f32>::zero((3, 4)), "scipy.sparse.csr_matrix((3, 4), dtype='f4')");
    let flags: CsMat<bool> = read(python, "scipy.sparse.csr_matrix(np.array([[True, False]]))");
    assert_eq!(flags.data(), [true]);
    let bytes: CsMat<u8> = CsMat::new((1, 2), vec![0, 1], vec![1], vec![7]);
    send_sparse(python, &bytes, "scipy.sparse.csr_matrix(np.array([[0, 7]], 'u1'))");
    assert_eq!(read::<CsMat<u8>>(python, "scipy.sparse.csr_matrix(np.array([[0, 7]], 'u1'))"), bytes);
}

fn is_borrowed_at<T: FrameSerialize>(value: &T, frame: usize, at: *const u8) -> bool {
    let (_, frames) = serialize(value).unwrap();
    frames.get(frame).unwrap().as_ptr() == at
}

#[test]
fn what_scipy_allows_and_sprs_does_not() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let of = |data: &str, indices: &str, indptr: &str, shape: &str| {
        format!("scipy.sparse.csr_matrix((np.array({data}), np.array({indices}), np.array({indptr})), shape={shape})")
    };
    // Not sorted: sorted here.
    let unsorted: CsMat<f64> = read(python, &of("[2., 1., 3.]", "[2, 0, 2]", "[0, 2, 3]", "(2, 3)"));
    assert_eq!(unsorted, dense());
    // Duplicates add up in scipy.
    let twice = of("[1., 1.]", "[1, 1]", "[0, 2]", "(1, 2)");
    let error = refused::<CsMat<f64>>(python, &twice);
    assert_eq!((error.kind(), &*error.path()), (ErrorKind::DuplicateField, "indices[0]"), "{error}");
    assert!(error.to_string().contains("sum_duplicates"), "{error}");
    // Room in reserve.
    let reserve = of("[1., 5.]", "[1, 1]", "[0, 1]", "(1, 2)");
    let reserve = format!(
        "(lambda m: (setattr(m, 'data', np.array([1., 5.])), setattr(m, 'indices', np.array([1, 1])), m)[-1])({})",
        reserve.replace("[1., 5.]", "[1.]").replace("[1, 1]", "[1]")
    );
    let error = refused::<CsMat<f64>>(python, &reserve);
    assert!(error.to_string().contains("prune"), "{error}");
    let error = refused::<CsMat<f64>>(python, "scipy.sparse.csr_array(np.array([1., 0, 2]))");
    assert!(error.to_string().contains("expected 2 dimensions, found 1"), "{error}");
    // Numbers of another dtype, each exactly the same.
    assert_eq!(read::<CsMat<f32>>(python, "scipy.sparse.csr_matrix(np.eye(2))").data(), [1.0, 1.0]);
    assert_eq!(refused::<CsMat<i8>>(python, "scipy.sparse.csr_matrix(np.eye(2))").kind(), ErrorKind::Mismatch);
    assert_eq!(refused::<CsMat<f64>>(python, "scipy.sparse.coo_matrix(np.eye(2))").kind(), ErrorKind::Mismatch);
    assert_eq!(
        refused::<CsMatI<f64, i16>>(python, "scipy.sparse.csr_matrix((2, 40000))").kind(),
        ErrorKind::OutOfRange
    );
    // Broken by hand.
    for (attribute, value) in [
        ("indices", "np.array([0, 9, 2], 'i4')"),
        ("indices", "np.array([0, -1, 2], 'i4')"),
        ("indices", "np.array([0, 2], 'i4')"),
        ("indices", "np.array([0., 2, 2])"),
        ("indices", "np.array([[0, 2, 2]], 'i4')"),
        ("indptr", "np.array([0, 2], 'i4')"),
        ("indptr", "np.array([1, 2, 3], 'i4')"),
        ("indptr", "np.array([0, 3, 2], 'i4')"),
        ("indptr", "np.array([0, 2, 4], 'i4')"),
        ("indptr", "np.array([0, 2, 2], 'i4')"),
        ("indptr", "np.array([], 'i4')"),
        ("data", "np.array([1., 2.])"),
        ("_shape", "(2**40, 3)"),
        ("_shape", "(-2, 3)"),
        ("_shape", "(2, 2)"),
        ("extra", "7"),
    ] {
        let broken = format!(
            "(lambda m: (m.__dict__.__setitem__('{attribute}', {value}), m)[-1])(scipy.sparse.csr_matrix(np.array([[1., 0, 2], [0, 0, 3]])))"
        );
        let error = refused::<CsMat<f64>>(python, &broken);
        assert!(error.kind() != ErrorKind::Family, "{attribute} = {value}: {error}");
    }
}

#[test]
fn triplets() {
    let Some(mut python) = peer() else { return };
    let python = &mut *python;
    let coo =
        "scipy.sparse.coo_matrix((np.array([1., 2., 3.]), (np.array([0, 1, 0]), np.array([0, 2, 0]))), shape=(2, 3))";
    let matrix = TriMat::from_triplets((2, 3), vec![0, 1, 0], vec![0, 2, 0], vec![1.0, 2.0, 3.0]);
    send_sparse(python, &matrix, coo);
    assert!(is_borrowed_at(&matrix, 0, matrix.row_inds().as_ptr().cast()));
    let narrow: TriMatI<f64, u32> = TriMatI::from_triplets((2, 3), vec![0, 1, 0], vec![0, 2, 0], vec![1.0, 2.0, 3.0]);
    send_sparse(python, &narrow, coo);
    let same = |a: &TriMat<f64>| {
        assert_eq!((a.rows(), a.cols()), (2, 3));
        assert_eq!((a.row_inds(), a.col_inds(), a.data()), (matrix.row_inds(), matrix.col_inds(), matrix.data()));
    };
    same(&read(python, coo));
    same(&read(python, &coo.replace("coo_matrix", "coo_array")));
    let (header, frames) = serialize(&matrix).unwrap();
    same(&deserialize(&header, frames.into_owned()).unwrap());
    let coo: TriMat<f64> = read(python, "__import__('sparse').COO.from_numpy(np.array([[1., 0, 2], [0, 0, 3]]))");
    assert_eq!(coo.to_csr::<usize>(), dense());
    let made = "__import__('sparse').COO.from_numpy(np.array([[1., 0, 2], [0, 0, 3]]))";
    let read: SparseCoo<f64, i32> = read(python, made);
    assert_eq!(read.0.to_csr::<usize>().to_dense(), dense().to_dense());
    let twice = SparseCoo(TriMatI::<f64, u32>::from_triplets(
        (2, 3),
        vec![1, 0, 0, 0],
        vec![2, 2, 0, 2],
        vec![3.0, 0.5, 1.0, 1.5],
    ));
    for value in [&read as &dyn FrameSerialize, &twice] {
        let (header, frames) = value.serialize().unwrap();
        let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
        let same = format!(
            "(lambda y: type(x) is type(y) and x.shape == y.shape and x.dtype == y.dtype and x.nnz == y.nnz and (x != y).nnz == 0 \
             and np.array_equal(x.coords, y.coords) and np.array_equal((x @ x.T).todense(), (y @ y.T).todense()))({made})"
        );
        python.check_where(header.as_bytes(), &slices, &same).unwrap_or_else(|e| panic!("{e}\n{header}"));
    }
    let none = SparseCoo(TriMat::<f32>::new((4, 5)));
    let (header, frames) = serialize(&none).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check_where(header.as_bytes(), &slices, "x.shape == (4, 5) and x.nnz == 0 and x.dtype == 'f4'").unwrap();
    assert_eq!(deserialize::<SparseCoo<f32>>(&header, frames).unwrap(), none);
    let error = refused_sparse(python, "__import__('sparse').COO.from_numpy(np.ones((2, 2, 2)))");
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    let error = refused_sparse(python, "scipy.sparse.csr_matrix(np.eye(2))");
    assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
    for broken in [
        "(np.array([0, 9, 0]), np.array([0, 2, 0]))",
        "(np.array([0, 1]), np.array([0, 2, 0]))",
        "(np.array([0, 1, 0]),)",
    ] {
        let value = format!("(lambda m: (m.__dict__.__setitem__('coords', {broken}), m)[-1])({})", COO);
        refused_sparse(python, &value);
    }
}

const COO: &str =
    "scipy.sparse.coo_matrix((np.array([1., 2., 3.]), (np.array([0, 1, 0]), np.array([0, 2, 0]))), shape=(2, 3))";

#[track_caller]
fn refused_sparse(python: &mut Peer, value: &str) -> frames_core::Error {
    let (header, frames) = received(python, value, &Make::default());
    match deserialize::<TriMat<f64>>(&header, frames) {
        Ok(_) => panic!("{value} was read"),
        Err(error) => error,
    }
}
