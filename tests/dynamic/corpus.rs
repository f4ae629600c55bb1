//! Every case of the corpus, in both of its families.

use super::*;
use crate::support::peer::{Make, peer};
use frames_core::dynamic::ObjectKind;

/// Classes with a form of their own in the family dask that nobody here reads. As pickles all of them open.
const CLOSED: &[(&str, &str)] = &[
    ("human", "corpus.Human"),
    ("ma_masked", "numpy.ma.core.MaskedConstant"),
    ("sp_dok", "scipy.sparse._dok.dok_matrix"),
    ("sparse_coo", "sparse.numba_backend._coo.core.COO"),
];

/// What cannot be written: their keys have no form in msgpack.
const NOT_WRITTEN: &[&str] = &["dict_key_not_msgpack", "sp_dok"];

/// True if Python gets the same value again.
fn survives(value: &Dynamic) -> bool {
    match value {
        Dynamic::FrozenSet(_) | Dynamic::Table(_) => false,
        // All of these are registered with Dask.
        Dynamic::Object(object) => {
            object.kind == ObjectKind::Instance
                && (object.class.qualname.ends_with("_matrix")
                    || object.class.is("corpus", "Estimator")
                    || object.class.is("corpus", "Regressor")
                    || object.class.is("numpy.ma", "MaskedArray"))
                && object.attributes.iter().all(|(_, value)| survives(value))
        }
        Dynamic::Dict(entries) => entries.iter().all(|(key, value)| survives(key) && survives(value)),
        many => many.items().iter().all(survives),
    }
}

#[test]
fn every_case_opens_or_says_why_not() {
    let Some(mut python) = peer() else { return };
    let (mut opened, mut same, mut closed, mut not_written) = (0, 0, Vec::new(), Vec::new());
    for case in python.cases().unwrap() {
        if case.fails.is_some() {
            continue;
        }
        for serializers in [&[][..], &["pickle"]] {
            let value = format!("corpus.value('{}')", case.name);
            let made = python.make(&value, &Make { serializers, ..Make::default() }).unwrap();
            let (header, frames) = received(made);
            let value: Dynamic =
                deserialize(&header, frames).unwrap_or_else(|e| panic!("{}: {e}\n{header}", case.name));
            match &value {
                Dynamic::Other(other) => {
                    assert!(serializers.is_empty(), "{}: {}", case.name, other.reason);
                    assert!(other.reason.contains("in a form of its own"), "{}: {}", case.name, other.reason);
                    let class = other.reason.strip_prefix("an object of the class ").unwrap();
                    let class = class.split([' ', ',']).next().unwrap().to_owned();
                    closed.push((case.name.clone(), class));
                }
                _ => opened += 1,
            }
            let (header, frames) = match serialize(&value) {
                Ok(written) => written,
                Err(error) => {
                    assert_eq!(error.kind(), frames_core::ErrorKind::Unsupported, "{}: {error}", case.name);
                    not_written.push(case.name.clone());
                    continue;
                }
            };
            round_trip(&value);
            if !survives(&value) {
                continue;
            }
            let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
            let special = match (&*case.name, serializers) {
                // Any order of the axes stays here, of which Dask itself makes a copy in C order.
                ("np_axes_permuted", ["pickle"]) => "x.strides == (32, 8, 96) and np.array_equal(x, {})",
                // Scalars of numpy are arrays without dimensions here.
                ("np_scalar" | "np_scalar_datetime", _) => "type(x) is np.ndarray and x.shape == () and x[()] == {}",
                _ => "",
            };
            if !special.is_empty() {
                let predicate = special.replace("{}", &format!("corpus.value('{}')", case.name));
                python.check_where(header.as_bytes(), &slices, &predicate).unwrap();
                continue;
            }
            let arrives = match (serializers, &*case.name) {
                // `pickle` keeps a view of bytes as bytes, flags of arrays and their order, and the hard mask that Dask loses.
                (["pickle"], name) if name.starts_with("memoryview") => format!("bytes(corpus.value('{name}'))"),
                (["pickle"], "ma_hard_mask") => "corpus.received('ma_hard_mask')".into(),
                (["pickle"], name) => format!(
                    "distributed.protocol.deserialize(*distributed.protocol.serialize(corpus.value('{name}'), serializers=['pickle']))"
                ),
                (_, name) => format!("corpus.received('{name}')"),
            };
            let compared = python.check_unordered(header.as_bytes(), &slices, &arrives);
            compared.unwrap_or_else(|e| panic!("{} {serializers:?}: {e}\n{value}", case.name));
            same += 1;
        }
    }
    let closed: Vec<(&str, &str)> = closed.iter().map(|(case, class)| (&**case, &**class)).collect();
    let mut expected = CLOSED.to_vec();
    expected.sort_unstable();
    let mut found = closed;
    found.sort_unstable();
    assert_eq!(found, expected, "what stays closed");
    not_written.sort();
    not_written.dedup();
    assert_eq!(not_written, NOT_WRITTEN);
    println!("opened {opened}, of which Python gets {same} again as they were");
    assert!(same >= 180, "{same} come back");
}

#[test]
fn wrapped_collections_and_errors() {
    let Some(mut python) = peer() else { return };
    let mut read = |expression: &str, options: &Make<'_>| {
        let (header, frames) = received(python.make(expression, options).unwrap());
        deserialize::<Dynamic>(&header, frames)
    };
    let wrap = Make { wrap: true, ..Make::default() };
    let value = read("[1, ('a', None), {1, 2}, {'k': b'v', 'o': corpus.Human(name='x', age=1)}]", &wrap).unwrap();
    let shown = "[1, (\"a\", None), set {1, 2}, {\"k\": b\"v\", \"o\": other corpus.Human (1 frame, 1 B): an object of the class \
                 corpus.Human, in a form of its own}]";
    assert_eq!(format!("{value:?}"), shown);
    round_trip(&value);
    let msgpack = Make { serializers: &["msgpack"], ..Make::default() };
    let value = read("{'a': [1, 2.5, 'x', None, True, b'y'], 'b': 2**64 - 1, 3: (-1,)}", &msgpack).unwrap();
    let shown = r#"{"a": (1, 2.5, "x", None, True, b"y"), "b": 18446744073709551615, 3: (-1,)}"#;
    assert_eq!(format!("{value:?}"), shown, "arrays of msgpack are tuples");
    let objects = "np.ma.array(['a', None], mask=[0, 1], dtype=object)";
    let value = read(objects, &Make::default()).unwrap();
    assert!(
        matches!(&value, Dynamic::Other(closed) if closed.reason.contains("masked array of Python objects")),
        "{value}"
    );
    round_trip(&value);
    let value = read(objects, &Make { serializers: &["pickle"], ..Make::default() }).unwrap();
    assert!(value.get("data").and_then(|data| data.get("items")).is_some(), "{value}");
    round_trip(&value);
    let error = Make { serializers: &["msgpack"], error_family: true, ..Make::default() };
    let error = read("object()", &error).unwrap_err();
    assert_eq!(error.kind(), frames_core::ErrorKind::Peer);
}

#[test]
fn python_gets_the_kinds_that_are_promised() {
    let Some(mut python) = peer() else { return };
    use Dynamic as D;
    let list = |items: &[i64]| D::List(items.iter().map(|&n| n.into()).collect());
    for (value, expected) in [
        (list(&[1, 2]), "[1, 2]"),
        (list(&[]), "[]"),
        (D::Tuple(vec![list(&[]), D::Tuple(vec![])]), "([], ())"),
        (D::FrozenSet(vec![1.into()]), "{1}"),
        (D::Set(vec![D::Tuple(vec![1.into(), "x".into()])]), "{(1, 'x')}"),
        (D::Complex(1.5, f64::NEG_INFINITY), "complex(1.5, -math.inf)"),
        (D::from(1i128 << 70), "2**70"),
        (D::from_le_bytes(&[&[0; 400][..], &[0x80]].concat()), "-2**3207"),
        (D::ByteArray(Bytes::from_static(b"xy")), "bytearray(b'xy')"),
        (D::Dict(vec![(D::None, list(&[3])), ("a".into(), D::Bytes(Bytes::new()))]), "{None: [3], 'a': b''}"),
        (
            D::Dict(vec![("a".into(), D::Dict(vec![])), (D::Tuple(vec![1.into()]), true.into())]),
            "{'a': {}, (1,): True}",
        ),
    ] {
        let (header, frames) = serialize(&value).unwrap();
        let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
        python.check(header.as_bytes(), &slices, expected).unwrap_or_else(|e| panic!("{value:?}: {e}"));
    }
    // A table is a dict of its columns.
    let (header, frames) =
        received(python.make("pd.DataFrame({'i': [1, 2], 7: [0.5, 1]}, index=['a', 'b'])", &Make::default()).unwrap());
    let value: Dynamic = deserialize(&header, frames).unwrap();
    assert_eq!(value.as_table().map(|table| table.rows), Some(2));
    let (header, frames) = serialize(&value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    let is_dict = "type(x) is dict and list(x) == ['i', 7] and x['i'].tolist() == [1, 2] and x[7].tolist() == [0.5, 1]";
    python.check_where(header.as_bytes(), &slices, is_dict).unwrap();
}

#[test]
fn tables_of_arrow_are_columns() {
    let Some(mut python) = peer() else { return };
    for (value, origin) in [
        ("pa.table({'a': [1.5, 2.5], 's': ['x', None], 'd': [True, None]})", "pyarrow.lib.Table"),
        ("pa.record_batch({'a': [1.5, 2.5], 's': ['x', None], 'd': [True, None]})", "pyarrow.lib.RecordBatch"),
    ] {
        let (header, frames) = received(python.make(value, &Make::default()).unwrap());
        let memory = frames.get(0).unwrap().as_slice().as_ptr_range();
        let read: Dynamic = deserialize(&header, frames.clone()).unwrap();
        let table = read.as_table().unwrap();
        assert_eq!((table.rows, table.origin.as_deref()), (2, Some(origin)));
        let array = read.get("a").and_then(Dynamic::as_array).unwrap();
        assert_eq!(array.to_vec::<f64>().unwrap(), [1.5, 2.5]);
        assert!(memory.contains(&array.as_bytes().as_ptr()), "no copy");
        assert_eq!(read.get("s").unwrap(), &Dynamic::Tuple(vec!["x".into(), Dynamic::None]));
        assert_eq!(read.get("d").and_then(|d| d.get("null_count")).and_then(Dynamic::as_i64), Some(1));
        round_trip(&read);
    }
    let pieces = "pa.concat_tables([pa.table({'a': [1]}), pa.table({'a': [2]})])";
    let (header, frames) = received(python.make(pieces, &Make::default()).unwrap());
    let read: Dynamic = deserialize(&header, frames).unwrap();
    let chunks = read.get("a").and_then(|column| column.get("chunks")).unwrap();
    assert_eq!(chunks.len(), Some(2), "{read}");
}
