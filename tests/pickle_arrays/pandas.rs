//! What is read of pandas, against what Python says.

use crate::arrow::same_chunks;
use crate::cases::{Case, plain, same};
use crate::hostile::{call, range, slice};
use crate::numpy::{items, repr};
use frames_core::{DType, NdArray};
use frames_pickle::pandas::{self, Index, Label, Values};
use frames_pickle::{CallKind, Graph, Node, numpy};
use serde_json::{Value, json};

pub(crate) fn frame(case: &Case) -> Result<(), String> {
    let (graph, expect) = (case.graph(), case.expect());
    let frame = pandas::data_frame(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no frame")?;
    let names: Vec<Value> = frame.columns.iter().map(|column| label(&graph, &column.name)).collect();
    same("names", json!(names), expect["names"].clone())?;
    same("index", labels(&graph, &frame.index)?, expect["index"].clone())?;
    for (column, expect) in frame.columns.iter().zip(expect["columns"].as_array().unwrap()) {
        values(case, &graph, &column.values, expect).map_err(|error| format!("{:?}: {error}", column.name))?;
    }
    if case.name().starts_with("attrs") {
        let Node::Dict(mut attrs) = graph.node(frame.attrs) else { return Err("no attrs".into()) };
        let (key, value) = attrs.next().ok_or("no attr")?;
        same("attrs", (repr(&graph, key), repr(&graph, value)), ("'k'".into(), "1".into()))?;
    }
    Ok(())
}

pub(crate) fn series(case: &Case) -> Result<(), String> {
    let (graph, expect) = (case.graph(), case.expect());
    let series = pandas::series(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no series")?;
    same("name", label(&graph, &series.name), expect["name"].clone())?;
    same("index", labels(&graph, &series.index)?, expect["index"].clone())?;
    values(case, &graph, &series.values, &expect["values"])
}

pub(crate) fn index(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let index = pandas::index(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no index")?;
    let class = match &index {
        Index::Range { .. } => "RangeIndex",
        Index::Values { class, .. } => class,
        Index::Multi { .. } => "MultiIndex",
        Index::Interval { .. } => "IntervalIndex",
        _ => "?",
    };
    same("class", class, case.expect()["class"].as_str().unwrap())?;
    same("labels", labels(&graph, &index)?, case.expect()["labels"].clone())
}

fn labels(graph: &Graph<'_>, index: &Index) -> Result<Value, String> {
    let len = index.len().ok_or("an index of unknown length")?;
    let labels = (0..len).map(|at| pandas::label(graph, index, at).map(|found| label(graph, &found)));
    let labels = labels.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    // pandas' labels of intervals are objects.
    let is_interval = matches!(index, Index::Interval { .. });
    Ok(if is_interval { json!(vec!["?"; labels.len()]) } else { json!(labels) })
}

fn label(graph: &Graph<'_>, found: &Label) -> Value {
    match found {
        Label::Null => Value::Null,
        Label::Text(text) => json!(text),
        Label::Int(number) => json!(number),
        Label::Float(number) => json!(number),
        Label::Bool(value) => json!(value),
        Label::Tuple(parts) => parts.iter().map(|part| label(graph, part)).collect(),
        Label::Value(value) if repr(graph, *value) == "nan" => Value::Null,
        _ => json!("?"),
    }
}

fn values(case: &Case, graph: &Graph<'_>, found: &Values, expect: &Value) -> Result<(), String> {
    let is_copied = |array: &frames_core::NdArray| {
        // Times travel in the pickle.
        let bytes = array.as_bytes();
        !case.buffers.is_empty() && !bytes.is_empty() && !"Mm".contains(array.dtype().kind()) && !case.is_shared(bytes)
    };
    let kind = expect["kind"].as_str().unwrap();
    match (found, kind) {
        (Values::Plain(array), "plain") => {
            same("copied", is_copied(array), false)?;
            same_data(array, &expect["data"])
        }
        (Values::Objects(array), "objects") => {
            let nan = |item: String| {
                if item.contains("pandas.NA") || item.contains("missing.NA") { "<NA>".into() } else { item }
            };
            let found: Vec<String> = items(graph, array).into_iter().map(nan).collect();
            same("items", json!(found), expect["items"].clone())
        }
        (Values::Arrow(array), "arrow") => same_chunks(case, &array.chunks, &expect["chunks"]),
        (Values::Masked { data, mask }, "masked") => {
            same("copied", is_copied(data) || is_copied(mask), false)?;
            same_data(data, &expect["data"])?;
            same_data(mask, &expect["mask"])
        }
        (Values::Categorical { codes, categories, is_ordered }, "categorical") => {
            same_data(codes, &expect["codes"])?;
            same("categories", labels(graph, categories)?, expect["categories"].clone())?;
            same("ordered", json!(is_ordered), expect["ordered"].clone())
        }
        (Values::DatetimeTz { data, zone }, "datetime") => {
            same_data(data, &expect["data"])?;
            let expected = expect["zone"].as_str().unwrap();
            let expected = expected.strip_prefix("UTC+").map_or(expected.to_owned(), |offset| format!("+{offset}"));
            let expected = if expected == "pytz.FixedOffset(330)" { "+05:30".into() } else { expected };
            same("zone", pandas::zone_name(graph, *zone), Some(expected))
        }
        (Values::Period { ordinals, frequency }, "period") => {
            same_data(ordinals, &expect["data"])?;
            same("frequency", &**frequency, expect["frequency"].as_str().unwrap())
        }
        (Values::Other { class, .. }, "other") => {
            let expected = expect["class"].as_str().unwrap();
            if class.ends_with(expected) { Ok(()) } else { Err(format!("{class} and not {expected}")) }
        }
        _ => Err(format!("{found:?} and not {kind}")),
    }
}

/// Without the flag, which Python's copy in the question sets as it likes.
fn same_data(array: &frames_core::NdArray, expect: &Value) -> Result<(), String> {
    let mut expect = expect.clone();
    expect["writeable"] = json!(array.is_writeable());
    plain(array, &expect)
}

/// Blocks as pandas before 1.3 pickled them: a state of the manager.
#[test]
fn frames_of_pandas_1_are_read() {
    let mut graph = Graph::new();
    let axes = [range(&mut graph, 3), range(&mut graph, 2)];
    let axes = graph.list(&axes);
    let mut blocks = Vec::new();
    for (data, places) in [(vec![1, 2, 5, 6], [Some(0), Some(4), Some(2)]), (vec![3, 4], [Some(1), Some(2), Some(1)])] {
        let array = NdArray::new(DType::parse("|u1").unwrap(), &[data.len() as u64 / 2, 2], None, data).unwrap();
        let entries = [("values", numpy::numpy_ndarray(&mut graph, &array)), ("mgr_locs", slice(&mut graph, places))];
        let entries = entries.map(|(key, value)| (graph.str(key), value));
        blocks.push(graph.dict(&entries));
    }
    let blocks = graph.list(&blocks);
    let entries = [("axes", axes), ("blocks", blocks)].map(|(key, value)| (graph.str(key), value));
    let (extra, key) = (graph.dict(&entries), graph.str("0.14.1"));
    let extra = graph.dict(&[(key, extra)]);
    let nothing = graph.list(&[]);
    let class = graph.global("pandas.core.internals.managers", "BlockManager");
    let manager = graph.call(CallKind::NewObj, class, &[]).unwrap();
    let state = graph.tuple(&[axes, nothing, nothing, extra]);
    graph.build(manager, state).unwrap();
    let class = graph.global("pandas.core.frame", "DataFrame");
    let value = call(&mut graph, "copyreg", "__newobj__", &[class]);
    let key = graph.str("_data");
    let state = graph.dict(&[(key, manager)]);
    graph.build(value, state).unwrap();

    let frame = pandas::data_frame(&graph, value).unwrap().unwrap();
    let columns: Vec<Vec<u8>> = frame
        .columns
        .iter()
        .map(|column| match &column.values {
            Values::Plain(array) => array.to_vec().unwrap(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(columns, [[1, 2], [3, 4], [5, 6]]);
    assert_eq!(frame.columns[2].name, Label::Int(2));
}
