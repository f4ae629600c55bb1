//! What is copied and what is not, object by object, as the table in the README says: it is made here, so that it stays true.
//!
//! `FRAMES_BLESS=1 cargo test --test zero_copy` writes it again.

mod support;

use frames_core::bytes::{Bytes, BytesMut};
use frames_core::{Array, Dynamic, FrameSerialize, Frames, Header, MaskedArray, NdArray, Serialized, deserialize};
use frames_pickle::pandas::Values;
use frames_pickle::{Known, Pickle, Registry};
use std::path::Path;
use support::peer::{Make, Peer, peer};

/// An object of Python, the Rust type, and why its payload is copied if it is.
struct Row {
    object: &'static str,
    rust: &'static str,
    why: Option<&'static str>,
    /// Where the payload of the decoded value lies, while it lives.
    look: fn(&Header, Frames<'static>, &mut dyn FnMut(*const u8)),
}

/// Of the first column.
fn first_buffer(table: &frames_core::arrow::Table) -> *const u8 {
    buffer(&**table.batches()[0].column(0))
}

/// The one behind the validity.
fn buffer(array: &dyn arrow_array::Array) -> *const u8 {
    array.to_data().buffers()[0].as_ptr()
}

fn read<T: FrameSerialize>(header: &Header, frames: Frames<'static>) -> T {
    deserialize(header, frames).unwrap_or_else(|error| panic!("{error}"))
}

fn known(header: &Header, frames: Frames<'static>, look: impl FnOnce(Known)) {
    let pickle: Pickle = read(header, frames);
    let graph = pickle.graph().unwrap();
    look(Registry::standard().construct(&graph, graph.root()).unwrap());
}

const ROWS: &[Row] = &[
    Row {
        object: "np.arange(1000.0)",
        rust: "Array<f64>",
        why: None,
        look: |h, f, at| at(read::<Array<f64>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "np.arange(1000.0)",
        rust: "Vec<f64>",
        why: Some("a `Vec` has memory of its own"),
        look: |h, f, at| at(read::<Vec<f64>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "np.arange(1000)",
        rust: "Array<f64>",
        why: Some("other numbers, each checked to be exactly the same"),
        look: |h, f, at| at(read::<Array<f64>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "np.arange(1000, dtype='>i4')",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.asfortranarray(np.ones((20, 30)))",
        rust: "NdArray, view::<f64>()",
        why: None,
        look: |h, f, at| {
            let array: NdArray = read(h, f);
            let view = array.view::<f64>().unwrap();
            at(std::ptr::from_ref(view.get(&[0, 0]).unwrap()).cast());
        },
    },
    Row {
        object: "np.broadcast_to(np.arange(8.0), (1000, 8))",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.zeros(500, [('a', 'i4'), ('b', 'f8')])",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.array(['2024-01-01'] * 500, 'M8[ns]')",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.ma.MaskedArray(np.arange(1000.0), np.arange(1000) > 9)",
        rust: "MaskedArray",
        why: None,
        look: |h, f, at| at(read::<MaskedArray>(h, f).data().as_bytes().as_ptr()),
    },
    Row {
        object: "array.array('d', [1.5] * 1000)",
        rust: "Array<f64>",
        why: None,
        look: |h, f, at| at(read::<Array<f64>>(h, f).as_ptr().cast()),
    },
    Row { object: "b'x' * 1000", rust: "Bytes", why: None, look: |h, f, at| at(read::<Bytes>(h, f).as_ptr()) },
    Row {
        object: "bytearray(b'x' * 1000)",
        rust: "BytesMut",
        why: Some("it may be changed; not if nobody else holds the frame"),
        look: |h, f, at| at(read::<BytesMut>(h, f).as_ptr()),
    },
    Row {
        object: "'x' * 20000",
        rust: "String",
        why: Some("text lies in a pickle or behind its length"),
        look: |h, f, at| at(read::<String>(h, f).as_ptr()),
    },
    Row {
        object: "[np.arange(100.0), np.arange(200.0)]",
        rust: "Vec<Array<f64>>",
        why: None,
        look: |h, f, at| read::<Vec<Array<f64>>>(h, f).iter().for_each(|array| at(array.as_ptr().cast())),
    },
    Row {
        object: "np.ones((30, 40))",
        rust: "Vec<Array<f64>>",
        why: None,
        look: |h, f, at| read::<Vec<Array<f64>>>(h, f).iter().for_each(|array| at(array.as_ptr().cast())),
    },
    Row {
        object: "{'a': np.arange(100.0)}",
        rust: "HashMap<String, Array<f64>>",
        why: None,
        look: |h, f, at| {
            let map: std::collections::HashMap<String, Array<f64>> = read(h, f);
            map.values().for_each(|array| at(array.as_ptr().cast()));
        },
    },
    Row {
        object: "{'n': 1, 'a': np.arange(1000.0)}",
        rust: "a derived struct, pickled by Dask",
        why: None,
        look: |h, f, at| at(read::<Run>(h, f).a.as_ptr().cast()),
    },
    Row {
        object: "pd.DataFrame({'a': np.arange(1000.0)})",
        rust: "frames_pickle::pandas::DataFrame",
        why: None,
        look: |h, f, at| {
            known(h, f, |known| match known {
                Known::DataFrame(frame) => match &frame.columns[0].values {
                    Values::Plain(array) => at(array.as_bytes().as_ptr()),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            });
        },
    },
    Row {
        object: "pa.array(np.arange(1000.0))",
        rust: "frames_pickle::pyarrow::ArrowArray",
        why: None,
        look: |h, f, at| {
            known(h, f, |known| match known {
                Known::ArrowArray(array) => at(array.buffers[1].as_ref().unwrap().as_ptr()),
                other => panic!("{other:?}"),
            });
        },
    },
    Row {
        object: "pa.array(np.arange(1000.0))",
        rust: "arrow_array::ArrayRef",
        why: None,
        look: |h, f, at| at(buffer(&*read::<arrow_array::ArrayRef>(h, f))),
    },
    Row {
        object: "pa.array(['text'] * 2000)",
        rust: "arrow_array::StringArray",
        why: None,
        look: |h, f, at| at(buffer(&read::<arrow_array::StringArray>(h, f))),
    },
    Row {
        object: "pa.chunked_array([np.arange(1000.0)] * 2)",
        rust: "arrow::ChunkedArray",
        why: None,
        look: |h, f, at| {
            read::<frames_core::arrow::ChunkedArray>(h, f).chunks().iter().for_each(|chunk| at(buffer(chunk)));
        },
    },
    Row {
        object: "pa.array(np.arange(100.0))",
        rust: "arrow_array::ArrayRef",
        why: Some("out of a pickle, buffers of less than 4 KiB are put into one frame"),
        look: |h, f, at| at(buffer(&*read::<arrow_array::ArrayRef>(h, f))),
    },
    Row {
        object: "np.ones((30, 40)).T",
        rust: "NdArray, looked at as `ndarray::ArrayView`",
        why: None,
        look: |h, f, at| {
            let array: NdArray = read(h, f);
            at(ndarray::ArrayViewD::<f64>::try_from(&array).unwrap().as_ptr().cast());
        },
    },
    Row {
        object: "np.ones((30, 40))",
        rust: "ndarray::Array2<f64>",
        why: Some("an `ndarray::Array` owns its elements"),
        look: |h, f, at| at(read::<ndarray::Array2<f64>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "np.ones(500, 'c16')",
        rust: "Array<num_complex::Complex<f64>>",
        why: None,
        look: |h, f, at| at(read::<Array<num_complex::Complex<f64>>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "np.ones(500, 'f2')",
        rust: "Array<half::f16>",
        why: None,
        look: |h, f, at| at(read::<Array<half::f16>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "scipy.sparse.csr_matrix(np.eye(100))",
        rust: "sprs::CsMatI<f64, i32>",
        why: Some("`sprs` owns its parts"),
        look: |h, f, at| at(read::<sprs::CsMatI<f64, i32>>(h, f).data().as_ptr().cast()),
    },
    Row {
        object: "scipy.sparse.coo_matrix(np.eye(100))",
        rust: "sprs::TriMat<f64>",
        why: Some("`sprs` owns its parts"),
        look: |h, f, at| at(read::<sprs::TriMat<f64>>(h, f).data().as_ptr().cast()),
    },
    Row {
        object: "__import__('sparse').COO.from_numpy(np.eye(100))",
        rust: "SparseCoo<f64>",
        why: Some("`sprs` owns its parts"),
        look: |h, f, at| at(read::<frames_core::SparseCoo<f64>>(h, f).0.data().as_ptr().cast()),
    },
    Row {
        object: "np.matrix(np.ones((30, 40)))",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.arange(1000) > 9",
        rust: "Vec<bool>",
        why: Some("a `Vec` has memory of its own"),
        look: |h, f, at| at(read::<Vec<bool>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "memoryview(np.ones((30, 40)))",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.array(['a', 'bc'] * 500)",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.array(['a', 'bc'] * 500)",
        rust: "Vec<String>",
        why: Some("each text has memory of its own"),
        look: |h, f, at| read::<Vec<String>>(h, f).iter().for_each(|text| at(text.as_ptr())),
    },
    Row {
        object: "{'a': [np.arange(1000.0)], 'b': {1, 2}}",
        rust: "Dynamic",
        why: None,
        look: |h, f, at| {
            let value: Dynamic = read(h, f);
            let array = value.get("a").and_then(|list| list.index(0)).and_then(Dynamic::as_array).unwrap();
            at(array.as_bytes().as_ptr());
        },
    },
    Row {
        object: "pa.table({'a': np.arange(1000.0)})",
        rust: "arrow::Table",
        why: None,
        look: |h, f, at| at(first_buffer(&read(h, f))),
    },
    Row {
        object: "pa.record_batch({'a': np.arange(1000.0)})",
        rust: "arrow_array::RecordBatch",
        why: None,
        look: |h, f, at| at(buffer(read::<arrow_array::RecordBatch>(h, f).column(0))),
    },
    Row {
        object: "pd.Series(np.arange(1000.0))",
        rust: "arrow::Table",
        why: None,
        look: |h, f, at| at(first_buffer(&read(h, f))),
    },
    Row {
        object: "pd.DataFrame({'a': np.arange(1000.0), 's': ['x'] * 1000})",
        rust: "arrow::Table",
        why: None,
        look: |h, f, at| at(first_buffer(&read(h, f))),
    },
    Row {
        object: "pa.table({'a': np.arange(1000.0)})",
        rust: "Serialized, forwarded as it came",
        why: None,
        look: |h, f, at| at(read::<Serialized>(h, f).frames().get(0).unwrap().as_ptr()),
    },
];

/// What Dask is told to pickle, instead of its own form.
const PICKLED: &[Row] = &[
    Row {
        object: "np.arange(1000.0)",
        rust: "Array<f64>",
        why: None,
        look: |h, f, at| at(read::<Array<f64>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "np.asfortranarray(np.ones((20, 30)))",
        rust: "NdArray",
        why: None,
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.arange(5000, dtype='u1')",
        rust: "Bytes",
        why: None,
        look: |h, f, at| at(read::<Bytes>(h, f).as_ptr()),
    },
    Row { object: "b'x' * 20000", rust: "Bytes", why: None, look: |h, f, at| at(read::<Bytes>(h, f).as_ptr()) },
    Row {
        object: "memoryview(b'x' * 20000)",
        rust: "Bytes",
        why: None,
        look: |h, f, at| at(read::<Bytes>(h, f).as_ptr()),
    },
    Row {
        object: "np.arange(2000.0)[::2]",
        rust: "NdArray",
        why: Some("numpy writes what has gaps into the pickle, where it is not aligned"),
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.array(['2024-01-01'] * 500, 'M8[ns]')",
        rust: "NdArray",
        why: Some("as are times, in any layout"),
        look: |h, f, at| at(read::<NdArray>(h, f).as_bytes().as_ptr()),
    },
    Row {
        object: "np.ma.MaskedArray(np.arange(1000.0), np.arange(1000) > 9)",
        rust: "MaskedArray",
        why: Some("as are masked arrays, and matrices"),
        look: |h, f, at| at(read::<MaskedArray>(h, f).data().as_bytes().as_ptr()),
    },
    Row {
        object: "array.array('d', [1.5] * 1000)",
        rust: "Array<f64>",
        why: Some("its bytes are in the pickle too"),
        look: |h, f, at| at(read::<Array<f64>>(h, f).as_ptr().cast()),
    },
    Row {
        object: "(np.arange(1000.0), 'x')",
        rust: "(Array<f64>, String)",
        why: None,
        look: |h, f, at| at(read::<(Array<f64>, String)>(h, f).0.as_ptr().cast()),
    },
];

#[derive(FrameSerialize)]
struct Run {
    #[allow(dead_code, reason = "it is read")]
    n: u8,
    a: Array<f64>,
}

fn received(python: &mut Peer, value: &str, serializers: &[&str]) -> (Header, Frames<'static>) {
    let make = Make { serializers, ..Make::default() };
    let (header, frames) = python.make(value, &make).unwrap_or_else(|error| panic!("{value}: {error}"));
    // As a connection gives them: each at the start of an allocation, or of a mapping.
    let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
    (Header::from_bytes(header).unwrap(), frames.into())
}

#[test]
fn the_table_of_the_readme_says_what_is_copied() {
    let Some(mut python) = peer() else { return };
    let mut table = "| Python | Rust | payload |\n|---|---|---|\n".to_owned();
    let pickled = PICKLED.iter().map(|row| (row, &["pickle"][..], ", by the family pickle"));
    for (row, serializers, how) in ROWS.iter().map(|row| (row, &[][..], "")).chain(pickled) {
        let (header, frames) = received(&mut python, row.object, serializers);
        let ranges: Vec<_> = frames.iter().map(|frame| frame.as_slice().as_ptr_range()).collect();
        let mut looked = 0;
        (row.look)(&header, frames.clone(), &mut |at| {
            let is_shared = ranges.iter().any(|range| range.contains(&at));
            assert_eq!(is_shared, row.why.is_none(), "{} as {}", row.object, row.rust);
            looked += 1;
        });
        assert!(looked > 0, "{}", row.object);
        let payload = row.why.map_or("not copied".to_owned(), |why| format!("copied: {why}"));
        table += &format!(
            "| `{}`{how} | {} | {payload} |\n",
            row.object.replace("__import__('sparse')", "sparse"),
            shown(row.rust)
        );
    }
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&readme).unwrap();
    let (before, rest) = text.split_once("<!-- zero copy -->\n").expect("the place of the table");
    let (_, after) = rest.split_once("<!-- /zero copy -->").expect("its end");
    let made = format!("{before}<!-- zero copy -->\n{table}<!-- /zero copy -->{after}");
    if std::env::var_os("FRAMES_BLESS").is_some() {
        std::fs::write(&readme, made).unwrap();
    } else {
        assert_eq!(text, made, "FRAMES_BLESS=1 cargo test --test zero_copy");
    }
}

/// Types as code, and words as words.
fn shown(rust: &str) -> String {
    match rust.split_once(", ") {
        Some((name, words)) if words.contains(' ') => match name.starts_with("a ") {
            true => rust.to_owned(),
            false => format!("`{name}`, {words}"),
        },
        _ => format!("`{rust}`"),
    }
}
