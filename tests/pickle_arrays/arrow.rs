//! What is read of pyarrow, against what Python says.

use crate::cases::{Case, hex, same};
use frames_pickle::pyarrow::{self, ArrowArray};
use serde_json::{Value, json};

pub(crate) fn array(case: &Case) -> Result<(), String> {
    let graph = case.graph();
    let array = pyarrow::array(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no array")?;
    shared(case, &array)?;
    same_array(&array, case.expect())
}

/// Each buffer lies in one that was given.
pub(crate) fn shared(case: &Case, array: &ArrowArray) -> Result<(), String> {
    let parts = array.children.iter().chain(array.dictionary.as_deref());
    parts.map(|part| shared(case, part)).collect::<Result<Vec<_>, _>>()?;
    let copied = |buffer: &&frames_core::bytes::Bytes| !buffer.is_empty() && !case.is_shared(buffer);
    match array.buffers.iter().flatten().any(|buffer| copied(&buffer)) {
        true if !case.buffers.is_empty() => Err("a buffer was copied".into()),
        _ => Ok(()),
    }
}

/// As `buffers()` of pyarrow: of an array and its children. A dictionary is left out there.
fn buffers(array: &ArrowArray, out: &mut Vec<Value>) {
    out.extend(array.buffers.iter().map(|buffer| json!(buffer.as_ref().map(|buffer| hex(buffer)))));
    array.children.iter().for_each(|child| buffers(child, out));
}

pub(crate) fn same_array(array: &ArrowArray, expect: &Value) -> Result<(), String> {
    same("type", array.data_type.to_string().as_str(), expect["type"].as_str().unwrap())?;
    same("length", json!(array.length), expect["length"].clone())?;
    same("offset", json!(array.offset), expect["offset"].clone())?;
    if let Some(nulls) = array.null_count {
        same("nulls", json!(nulls), expect["nulls"].clone())?;
    }
    let mut found = Vec::new();
    buffers(array, &mut found);
    // pyarrow has a validity in front of run ends, or not, by its version.
    let expected: Vec<Value> = expect["buffers"].as_array().unwrap().clone();
    let there = |list: &[Value]| list.iter().filter(|buffer| !buffer.is_null()).cloned().collect::<Vec<_>>();
    same("buffers", there(&found), there(&expected))?;
    if let Some(valid) = expect["valid"].as_array() {
        let found: Vec<Value> = (0..array.length).map(|index| json!(array.is_valid(index))).collect();
        same("valid", &found, valid)?;
    }
    if let Some(texts) = expect["texts"].as_array() {
        let found: Vec<Value> = (0..array.length).map(|index| json!(array.str_at(index).unwrap())).collect();
        same("texts", &found, texts)?;
    }
    Ok(())
}

pub(crate) fn table(case: &Case) -> Result<(), String> {
    let (graph, expect) = (case.graph(), case.expect());
    let (schema, columns, length) = match expect["class"].as_str().unwrap() {
        "Table" => {
            let table = pyarrow::table(&graph, graph.root()).map_err(|error| error.to_string())?.ok_or("no table")?;
            (table.schema, table.columns.into_iter().map(|column| column.chunks).collect::<Vec<_>>(), table.length)
        }
        _ => {
            let batch = pyarrow::record_batch(&graph, graph.root()).map_err(|error| error.to_string())?;
            let batch = batch.ok_or("no batch")?;
            (batch.schema, batch.columns.into_iter().map(|column| vec![column]).collect(), batch.length)
        }
    };
    let fields: Vec<Value> = schema.fields.iter().map(|field| json!(field.to_string())).collect();
    same("fields", json!(fields), expect["fields"].clone())?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let metadata: Vec<Value> = schema.metadata.iter().map(|(key, value)| json!([text(key), text(value)])).collect();
    same("metadata", json!(metadata), expect["metadata"].clone())?;
    same("length", json!(length), expect["length"].clone())?;
    for (column, expect) in columns.iter().zip(expect["columns"].as_array().unwrap()) {
        same_chunks(case, column, expect)?;
    }
    Ok(())
}

pub(crate) fn same_chunks(case: &Case, chunks: &[ArrowArray], expect: &Value) -> Result<(), String> {
    same("chunks", chunks.len(), expect.as_array().unwrap().len())?;
    for (chunk, expect) in chunks.iter().zip(expect.as_array().unwrap()) {
        shared(case, chunk)?;
        same_array(chunk, expect)?;
    }
    Ok(())
}
