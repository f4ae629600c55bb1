//! What is read of numpy, against what Python says.

use crate::cases::{Case, hex, numbers, plain, same};
use frames_core::{DType, NdArray, bytes::Bytes};
use frames_pickle::numpy::{ArrayData, ObjectArray};
use frames_pickle::{Graph, Known, Node, Python2, Reader, Registry, Value, numpy, read};
use serde_json::json;

pub(crate) fn array(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let array = numpy::array(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no array")?;
    let class = case.expect()["class"].as_array().unwrap();
    // Where the class was pickled from may not be where it says it is.
    same("class", array.class.rsplit('.').next(), class[1].as_str())?;
    let ArrayData::Plain(array) = array.data else { return Err("objects".into()) };
    if !case.buffers.is_empty() && !array.as_bytes().is_empty() && !case.is_shared(array.as_bytes()) {
        return Err("it was copied".into());
    }
    if class[1] == "ndarray" && numpy::ndarray(&graph, graph.root()).unwrap().as_ref() != Some(&array) {
        return Err("ndarray and array differ".into());
    }
    // Dask's header of it is what an NdArray reads.
    let (header, frames) = frames_core::serialize(&array).map_err(|error| error.to_string())?;
    let again: frames_core::NdArray = frames_core::deserialize(&header, frames).map_err(|error| error.to_string())?;
    same("from its header", &again, &array)?;
    plain(&array, case.expect())
}

pub(crate) fn shared(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let Node::List(items) = graph.node(graph.root()) else { return Err("no list".into()) };
    same("first and last", items.get(0), items.get(2))?;
    for (item, expect) in items.zip(case.expect()["arrays"].as_array().unwrap()) {
        let array = numpy::ndarray(&graph, item).map_err(|error| error.to_string())?.ok_or("no array")?;
        plain(&array, expect)?;
    }
    Ok(())
}

pub(crate) fn objects(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let array = numpy::array(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no array")?;
    let ArrayData::Objects(array) = array.data else { return Err("no objects".into()) };
    let expect = case.expect();
    same("dtype", json!(array.dtype().map(|dtype| dtype.to_string())), expect["dtype"].clone())?;
    same("shape", array.shape().to_vec(), numbers(&expect["shape"]))?;
    same("items", json!(items(&graph, &array)), expect["items"].clone())
}

pub(crate) fn items(graph: &Graph<'_>, array: &ObjectArray) -> Vec<String> {
    array.values(graph).map(|value| repr(graph, value)).collect()
}

/// Python's `repr`, of a few things.
pub(crate) fn repr(graph: &Graph<'_>, value: Value) -> String {
    match graph.node(value) {
        Node::None => "None".into(),
        Node::Bool(true) => "True".into(),
        Node::Bool(false) => "False".into(),
        Node::Int(int) => int.to_string(),
        Node::Float(float) if float.is_nan() => "nan".into(),
        Node::Float(float) => format!("{float:?}"),
        Node::Str(text) => format!("'{}'", text.as_str().unwrap()),
        Node::Tuple(items) => {
            let items: Vec<String> = items.iter().map(|item| repr(graph, *item)).collect();
            format!("({})", items.join(", "))
        }
        node => format!("{node:?}"),
    }
}

pub(crate) fn masked(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let array = numpy::masked(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("not masked")?;
    same("class", array.class.rsplit('.').next(), case.expect()["class"][1].as_str())?;
    let ArrayData::Plain(data) = &array.data else { return Err("objects".into()) };
    plain(data, &case.expect()["data"])?;
    plain(&array.mask, &case.expect()["mask"])?;
    if case.name().starts_with("fill value") {
        let fill = numpy::ndarray(&graph, array.fill_value).unwrap().ok_or("no fill value")?;
        same("fill value", fill.to_vec::<f64>().unwrap(), vec![7.0])?;
    }
    Ok(())
}

pub(crate) fn scalar(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let scalar = numpy::scalar(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no scalar")?;
    same("dtype", scalar.dtype().to_string().as_str(), case.expect()["dtype"].as_str().unwrap())?;
    same("bytes", hex(scalar.as_bytes()).as_str(), case.expect()["bytes"].as_str().unwrap())?;
    same("shape", scalar.shape(), &[])
}

pub(crate) fn dtype(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let dtype = numpy::dtype(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no dtype")?;
    same("dtype", dtype.to_string().as_str(), case.expect()["dtype"].as_str().unwrap())
}

/// `cPickle.dumps(np.array([0xe9, 1], "u1"), 2)` of Python 2, whose `str` were bytes.
#[test]
fn arrays_of_python_2_are_read() {
    let pickle = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\x01btR(K\x01(K\x02tcnumpy\ndtype\n(U\x02u1K\0K\x01tR\
        (K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89U\x02\xe9\x01tb.";
    for python2 in [Python2::Latin1, Python2::Bytes] {
        let graph = Reader::new().python2(python2).read(pickle).unwrap();
        let array = numpy::ndarray(&graph, graph.root()).unwrap().unwrap();
        assert_eq!(array.to_vec::<u8>().unwrap(), [0xe9, 1]);
    }
}

/// An array that came out of band costs its header alone.
#[test]
fn arrays_out_of_band_cost_no_copy() {
    let bytes = Bytes::from(vec![0; 100 << 20]);
    let array = NdArray::new(DType::parse("<f8").unwrap(), &[bytes.len() as u64 / 8], None, bytes.clone()).unwrap();
    let mut graph = Graph::new();
    let value = numpy::numpy_ndarray(&mut graph, &array);
    let allocated = allocation_counter::measure(|| {
        let array = numpy::ndarray(&graph, value).unwrap().unwrap();
        assert_eq!(array.as_bytes().as_ptr(), bytes.as_ptr());
    });
    assert!(allocated.bytes_max < 2000, "{allocated:?}");
}

/// A class of numpy called with an object of Python, under every name that it has: the registry knows what [`numpy::scalar`] reads.
#[test]
fn classes_of_scalars_are_known_by_all_their_names() {
    let names = |names: &'static str| names.split(' ');
    let one = |value: &[u8], dtype: &str, names: std::str::Split<'static, char>, bytes: &[u8]| {
        for name in names {
            let pickle = [b"cnumpy\n", name.as_bytes(), b"\n(", value, b"tR."].concat();
            let graph = read(&pickle).unwrap();
            let Known::Scalar(scalar) = Registry::standard().construct(&graph, graph.root()).unwrap() else { panic!() };
            assert_eq!((scalar.dtype().to_string().as_str(), scalar.as_bytes()), (dtype, bytes), "{name}");
            assert_eq!(numpy::scalar(&graph, graph.root()).unwrap().as_ref(), Some(&*scalar), "{name}");
            assert!(Registry::standard().knows("numpy", name));
        }
    };
    one(b"\x88", "|b1", names("bool_ bool"), &[1]);
    one(b"K\x07", "|i1", names("int8 byte"), &[7]);
    one(b"K\x07", "<u2", names("uint16 ushort"), &[7, 0]);
    one(b"K\x07", "<i8", names("int64 longlong int_ intp"), &[7, 0, 0, 0, 0, 0, 0, 0]);
    // 0.5, and what no half is: numpy rounds 0.1 too.
    one(b"G?\xe0\0\0\0\0\0\0", "<f2", names("float16 half"), &[0, 0x38]);
    one(b"F0.1\n", "<f2", names("float16 half"), &[0x66, 0x2e]);
    one(b"G?\xe0\0\0\0\0\0\0", "<f4", names("float32 single"), &0.5f32.to_le_bytes());
    one(b"X\x02\0\0\0ab", "<U2", names("str_"), b"a\0\0\0b\0\0\0");
    one(b"C\x02ab", "|S2", names("bytes_"), b"ab");
    assert!(!Registry::standard().knows("numpy", "object_"));
}

/// What is read by the names in a pickle takes no other names: that is said, and it is not known.
#[test]
fn arrays_take_no_aliases() {
    let registry = Registry::standard().clone().with_alias(("old.np", "dtype"), ("numpy", "dtype"));
    assert!(!registry.knows("old.np", "dtype") && registry.knows("numpy", "dtype"));
    let graph = read(b"cold.np\ndtype\n(X\x03\0\0\0<f8tR.").unwrap();
    let error = registry.construct(&graph, graph.root()).unwrap_err();
    assert_eq!(error.kind(), frames_core::ErrorKind::UnknownType);
    let text = error.to_string();
    assert!(text.starts_with("`old.np.dtype` is not known") && text.contains("their own names only"), "{text}");
    // One that the reader knows by itself may be named again.
    let registry = registry.with_alias(("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"));
    assert!(registry.knows("numpy.core.multiarray", "scalar"));
}
