//! What is read of numpy, against what Python says.

use crate::cases::{Case, hex, numbers, plain, same};
use frames_pickle::numpy::{ArrayData, ObjectArray};
use frames_pickle::{Graph, Node, Value, numpy};
use serde_json::json;

pub(crate) fn array(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let array = numpy::array(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no array")?;
    let class = case.expect()["class"].as_array().unwrap();
    // Where the class was pickled from may not be where it says it is.
    same("class", array.class.1, class[1].as_str().unwrap())?;
    let ArrayData::Plain(array) = array.data else { return Err("objects".into()) };
    if !case.buffers.is_empty() && array.as_bytes().len() > 0 && !case.is_shared(array.as_bytes()) {
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
    same("class", array.class.1, case.expect()["class"][1].as_str().unwrap())?;
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
