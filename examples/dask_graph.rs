//! A real Dask task graph, read in Rust: its keys, what each task calls, and on which others it depends. Nothing of it is run.
//!
//!     cargo run --example dask_graph [FILE]
//!
//! `FILE` is a pickle of a graph, a dict of the tasks of `dask._task_spec`. Without it a Python with the released Dask makes one, and
//! what is found here is compared with what Dask says. The first run makes a Python environment below `target/`.

use frames_core::{Error, ErrorKind, Result};
use frames_pickle::{Graph, Node, Value, read};
use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs, process};

#[path = "../tests/support/python.rs"]
mod python;

/// Where Dask has its tasks.
const MODULE: &str = "dask._task_spec";

/// A node of a task graph.
struct Task {
    /// The class, and for a task the function that it calls.
    what: String,
    dependencies: BTreeSet<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(file) = env::args().nth(1) {
        show(&tasks(&read(&fs::read(file)?)?)?);
        return Ok(());
    }
    let python = python::interpreter()?;
    let file = |end: &str| env::temp_dir().join(format!("dask_graph-{}.{end}", process::id()));
    let (pickle, answer) = (file("pickle"), file("json"));
    let script = python::workspace().join("examples/dask_graph.py");
    let status = python::isolated(python).arg(script).arg(&pickle).arg(&answer).status();
    let (bytes, expected) = (fs::read(&pickle), fs::read_to_string(&answer));
    let _ = (fs::remove_file(pickle), fs::remove_file(answer));
    assert!(status?.success(), "Python refused");

    let (bytes, expected) = (bytes?, expected?);
    let tasks = tasks(&read(&bytes)?)?;
    show(&tasks);
    let expected: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(&expected)?;
    let found: BTreeMap<_, _> = tasks.iter().map(|(key, task)| (key.clone(), task.dependencies.clone())).collect();
    assert_eq!(found, expected, "Dask finds others");
    println!("Dask finds the same dependencies of all {} tasks", found.len());
    Ok(())
}

fn show(tasks: &BTreeMap<String, Task>) {
    for (key, task) in tasks {
        println!("{key} = {}", task.what);
        task.dependencies.iter().for_each(|needed| println!("    needs {needed}"));
    }
}

/// The tasks of a graph by their keys.
fn tasks(graph: &Graph<'_>) -> Result<BTreeMap<String, Task>> {
    let Node::Dict(entries) = graph.node(graph.root()) else {
        return Err(Error::mismatch("a dict of tasks", format!("{:?}", graph.node(graph.root()))));
    };
    let task = |(name, value)| {
        let name = key(graph, name)?;
        let task = task(graph, value).map_err(|error| error.at_key(&name))?;
        Ok((name, task))
    };
    entries.map(task).collect()
}

fn task(graph: &Graph<'_>, value: Value) -> Result<Task> {
    let Some(class) = class_of(graph, value) else {
        return Err(Error::mismatch("a task", format!("{:?}", graph.node(value))));
    };
    let mut what = class.to_owned();
    let mut dependencies = BTreeSet::new();
    match (class, arguments(graph, value)) {
        // Alias(key, target)
        ("Alias", [_, target]) => drop(dependencies.insert(key(graph, *target)?)),
        // A value, which needs nothing.
        ("DataNode", _) => {}
        _ => {
            // The attributes in the order of their names: _data_producer, _dependencies, _is_coro, _repr, _token, args, func, key, kwargs.
            let state = state(graph, value).unwrap_or_default();
            let Some(Node::FrozenSet(needed)) = state.get(1).map(|needed| graph.node(*needed)) else {
                return Err(Error::new(ErrorKind::Invalid, format!("a {class} that does not say what it needs")));
            };
            dependencies = needed.iter().map(|needed| key(graph, *needed)).collect::<Result<_>>()?;
            if let Some(function) = state.get(6) {
                what = format!("{class} {}", callable(graph, *function));
            }
        }
    }
    Ok(Task { what, dependencies })
}

/// The name of the class, if it is one of Dask's nodes.
fn class_of<'g>(graph: &'g Graph<'_>, value: Value) -> Option<&'g str> {
    match graph.node(value) {
        Node::Object(object) => object.path().and_then(|(module, name)| (module == MODULE).then_some(name)),
        _ => None,
    }
}

fn arguments<'g>(graph: &'g Graph<'_>, value: Value) -> &'g [Value] {
    let Node::Object(object) = graph.node(value) else { return &[] };
    let Node::Tuple(arguments) = graph.node(object.args()) else { return &[] };
    arguments
}

/// The state is a tuple, that of containers a list.
fn state(graph: &Graph<'_>, value: Value) -> Option<Vec<Value>> {
    let Node::Object(object) = graph.node(value) else { return None };
    match graph.node(object.state()?) {
        Node::Tuple(state) => Some(state.to_vec()),
        Node::List(state) => Some(state.collect()),
        _ => None,
    }
}

/// A function by its name, or what makes it.
fn callable(graph: &Graph<'_>, value: Value) -> String {
    match graph.node(value) {
        Node::Global(function) => format!("{function:?}"),
        Node::Object(object) => match object.path() {
            Some((module, name)) => format!("made by {module}.{name}"),
            None => "made by a call".into(),
        },
        _ => "of its own".into(),
    }
}

/// A key as Python prints it: text, or a tuple of texts and numbers.
fn key(graph: &Graph<'_>, value: Value) -> Result<String> {
    let part = |value| match graph.node(value) {
        Node::Str(text) => Ok(format!("'{}'", text.to_string_lossy())),
        Node::Int(number) => Ok(number.to_string()),
        Node::Float(number) => Ok(format!("{number:?}")),
        other => Err(Error::new(
            ErrorKind::Mismatch,
            format!("a key of Dask's is text, numbers or a tuple of them, not {other:?}"),
        )),
    };
    match graph.node(value) {
        Node::Str(text) => Ok(text.to_string_lossy().into_owned()),
        Node::Tuple([one]) => Ok(format!("({},)", part(*one)?)),
        Node::Tuple(parts) => {
            let parts = parts.iter().map(|value| part(*value)).collect::<Result<Vec<_>>>()?;
            Ok(format!("({})", parts.join(", ")))
        }
        _ => part(value),
    }
}
