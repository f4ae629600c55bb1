//! Small pickles that name one object thousands of times. Whatever is made of them, each use is paid for: in memory by the size of the pickle, and
//! in work, which is counted in bytes that are asked for over all, and bounded in time.

use allocation_counter::measure;
use frames_core::bytes::Bytes;
use frames_core::{DType, Dynamic, Header, NdArray, deserialize, deserialize_any};
use frames_pickle::{Buffer, CallKind, Graph, Pickle, Value, Writer, numpy};
use std::time::{Duration, Instant};

/// What is made of any pickle, however small, and of each of its bytes.
const FREE: u64 = 24 << 20;
const PER_BYTE: u64 = 64;

fn call(graph: &mut Graph<'_>, module: &str, name: &str, args: &[Value]) -> Value {
    let class = graph.global(module, name);
    graph.call(CallKind::Reduce, class, args).unwrap()
}

/// Reads it in all ways in which a peer is read.
#[track_caller]
fn within(name: &str, mut graph: Graph<'_>, root: Value) {
    graph.set_root(root);
    let pickle = Writer::new().out_of_band(|_| true).write(&graph).unwrap();
    drop(graph);
    let paid: usize = pickle.bytes.len() + pickle.buffers.iter().map(|buffer| buffer.bytes().len()).sum::<usize>();
    let (header, frames) = parts(&pickle);
    let doors: [(&str, &dyn Fn() -> frames_core::Result<()>); 3] = [
        ("Dynamic", &|| deserialize::<Dynamic>(&header, frames.clone().into()).map(drop)),
        ("typed", &|| deserialize::<Vec<Dynamic>>(&header, frames.clone().into()).map(drop)),
        ("any", &|| deserialize_any(&header, frames.clone().into()).map(drop)),
    ];
    let mut failures = Vec::new();
    for (door, read) in doors {
        let mut result = Ok(());
        let start = Instant::now();
        let info = measure(|| result = read());
        let took = start.elapsed();
        let told = result.map_or_else(|error| error.to_string(), |()| "read".to_owned());
        let shown: String = told.chars().take(90).collect();
        println!(
            "{name:28} {door:8} {paid:>9} bytes: {:>11} in use, {:>11} in all, {took:>12?}: {shown}",
            info.bytes_max, info.bytes_total
        );
        let most = PER_BYTE * paid as u64 + FREE;
        if info.bytes_max > most {
            failures.push(format!("{name}, {door}: {info:?} for {paid} bytes"));
        }
        if took > Duration::from_millis(1500 + paid as u64 / 50) {
            failures.push(format!("{name}, {door}: {took:?} for {paid} bytes"));
        }
        if told.len() > 2000 {
            failures.push(format!("{name}, {door}: an error of {} bytes", told.len()));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

fn parts(pickle: &Pickle) -> (Header, Vec<Bytes>) {
    let (header, frames) = frames_core::serialize(pickle).unwrap();
    (header, frames.into_owned().into_iter().map(|frame| frame.into_bytes()).collect())
}

const N: usize = 20_000;

/// As often as it may be.
fn often(graph: &mut Graph<'_>, name: &str, value: Value) -> (String, Value) {
    (format!("{name} named often"), graph.list(&vec![value; N]))
}

/// Calls of `module.name` with the same arguments.
fn calls(graph: &mut Graph<'_>, module: &str, name: &str, args: &[Value]) -> Value {
    let class = graph.global(module, name);
    let all: Vec<Value> = (0..N).map(|_| graph.call(CallKind::Reduce, class, args).unwrap()).collect();
    graph.list(&all)
}

fn long(graph: &mut Graph<'_>, len: usize) -> Value {
    graph.str(&"x".repeat(len))
}

const LONG: usize = 200_000;

#[test]
fn zones_of_times() {
    for is_named in [false, true] {
        let mut graph = Graph::new();
        let name = long(&mut graph, LONG);
        let zone = if is_named {
            let class = graph.global("zoneinfo", "ZoneInfo");
            let method = graph.str("_unpickle");
            let unpickle = call(&mut graph, "builtins", "getattr", &[class, method]);
            graph.call(CallKind::Reduce, unpickle, &[name, 1.into()]).unwrap()
        } else {
            let delta = call(&mut graph, "datetime", "timedelta", &[0.into(), 60.into(), 0.into()]);
            call(&mut graph, "datetime", "timezone", &[delta, name])
        };
        let clock = graph.bytes(&[12, 0, 0, 0, 0, 0]);
        let times = calls(&mut graph, "datetime", "time", &[clock, zone]);
        within("times of one zone", graph, times);
    }
}

#[test]
fn parts_of_paths() {
    for (class, count) in [("PurePosixPath", N), ("PureWindowsPath", N), ("PurePosixPath", 20)] {
        let mut graph = Graph::new();
        let part = graph.str(&"a/".repeat(LONG / 2));
        let args = vec![part; count];
        let path = call(&mut graph, "pathlib", class, &args);
        let list = graph.list(&[path]);
        within("a path of one part", graph, list);
    }
    let mut graph = Graph::new();
    let part = graph.str(&"a/".repeat(LONG / 2));
    let paths = calls(&mut graph, "pathlib", "PurePosixPath", &[part]);
    within("paths of one part", graph, paths);
}

#[test]
fn arguments_of_calls() {
    let names: [(&str, &str); 12] = [
        ("builtins", "set"),
        ("builtins", "list"),
        ("builtins", "frozenset"),
        ("builtins", "bytearray"),
        ("collections", "deque"),
        ("collections", "OrderedDict"),
        ("collections", "Counter"),
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
        ("re", "_compile"),
        ("_codecs", "encode"),
        ("unknown", "thing"),
    ];
    for (module, name) in names {
        for kind in 0..5 {
            let mut graph = Graph::new();
            let argument = match kind {
                0 => graph.list(&vec![Value::NONE; LONG]),
                1 => graph.bytes(&vec![7; LONG]),
                2 => graph.str(&"9".repeat(LONG)),
                3 => graph.big_int(&vec![1; 20_000]),
                _ => {
                    let inner = graph.list(&vec![Value::NONE; LONG]);
                    graph.list(&[inner])
                }
            };
            let mut args = vec![argument];
            match name {
                "deque" => args.push(0.into()),
                "_compile" => args.push(0.into()),
                "Fraction" if kind == 3 => args.push(argument),
                "encode" => args.push(graph.str("latin1")),
                _ => {}
            }
            let root = calls(&mut graph, module, name, &args);
            within(&format!("{module}.{name} {kind}"), graph, root);
        }
    }
}

/// A state that names one attribute again and again, or many states.
#[test]
fn states() {
    for (module, name, attribute) in
        [("collections", "UserDict", "data"), ("types", "SimpleNamespace", "data"), ("uuid", "UUID", "int")]
    {
        let mut graph = Graph::new();
        let key = graph.str(attribute);
        let value = graph.dict(&[]);
        let state = graph.dict(&vec![(key, value); LONG]);
        let class = graph.global(module, name);
        let all: Vec<Value> = (0..N)
            .map(|_| {
                let object = graph.call(CallKind::NewObj, class, &[]).unwrap();
                graph.build(object, state).unwrap();
                object
            })
            .collect();
        let root = graph.list(&all);
        within(&format!("a state of {name}"), graph, root);
    }
    let mut graph = Graph::new();
    let class = graph.global("collections", "deque");
    let object = graph.call(CallKind::Reduce, class, &[]).unwrap();
    let list = graph.list(&[]);
    for _ in 0..LONG {
        graph.append(list, &[Value::NONE]).unwrap();
        graph.append(object, &[Value::NONE]).unwrap();
    }
    let (name, root) = often(&mut graph, "a deque in pieces", object);
    within(&name, graph, root);
}

#[test]
fn names_of_modules_and_classes() {
    for is_module in [true, false] {
        let mut graph = Graph::new();
        let long = "m".repeat(LONG);
        let (module, name) = if is_module { (&*long, "C") } else { ("m", &*long) };
        let root = calls(&mut graph, module, name, &[]);
        within("a long name", graph, root);
    }
    let mut graph = Graph::new();
    let class = graph.global("m", "C");
    let name = long(&mut graph, LONG);
    let inner = call(&mut graph, "builtins", "getattr", &[class, name]);
    let all: Vec<Value> = (0..N).map(|_| graph.call(CallKind::Reduce, inner, &[]).unwrap()).collect();
    let root = graph.list(&all);
    within("a long method", graph, root);
}

/// A record of so many fields, in the form of a list.
fn record(graph: &mut Graph<'_>, fields: usize) -> Value {
    let format = graph.str("|u1");
    let fields: Vec<Value> = (0..fields)
        .map(|n| {
            let name = graph.str(&format!("f{n}"));
            graph.tuple(&[name, format])
        })
        .collect();
    let list = graph.list(&fields);
    call(graph, "numpy", "dtype", &[list])
}

/// `_reconstruct(ndarray, (0,), b"b")` with this state.
fn array_of_state(graph: &mut Graph<'_>, class: Value, shape: Value, dtype: Value, data: Value) -> Value {
    let args = [class, shape, Value::NONE];
    let array = call(graph, "numpy._core.multiarray", "_reconstruct", &args);
    let state = graph.tuple(&[1.into(), shape, dtype, false.into(), data]);
    graph.build(array, state).unwrap();
    array
}

#[test]
fn arrays_of_one_dtype() {
    for fields in [10, 2000] {
        let mut graph = Graph::new();
        let dtype = record(&mut graph, fields);
        let class = graph.global("numpy", "ndarray");
        let (shape, data) = (graph.tuple(&[0.into()]), graph.bytes(b""));
        let all: Vec<Value> = (0..N).map(|_| array_of_state(&mut graph, class, shape, dtype, data)).collect();
        let root = graph.list(&all);
        within("arrays of one record", graph, root);
    }
    let mut graph = Graph::new();
    let dtype = record(&mut graph, 2000);
    let class = graph.global("numpy", "ndarray");
    let (shape, data) = (graph.tuple(&[0.into()]), graph.bytes(b""));
    let one = array_of_state(&mut graph, class, shape, dtype, data);
    let (name, root) = often(&mut graph, "an array of records", one);
    within(&name, graph, root);
    let mut graph = Graph::new();
    let dtype = record(&mut graph, 2000);
    let root = graph.list(&vec![dtype; N]);
    within("a dtype named often", graph, root);
    let mut graph = Graph::new();
    let dtype = graph.str("|u1");
    let dtype = call(&mut graph, "numpy", "dtype", &[dtype]);
    let class = graph.global("numpy", "ndarray");
    let count = graph.int(LONG as i64);
    let (shape, data) = (graph.tuple(&[count]), graph.bytes(&vec![1; LONG]));
    let all: Vec<Value> = (0..N).map(|_| array_of_state(&mut graph, class, shape, dtype, data)).collect();
    let root = graph.list(&all);
    within("arrays of the same bytes", graph, root);
    let mut graph = Graph::new();
    let dtype = graph.str("|u1");
    let dtype = call(&mut graph, "numpy", "dtype", &[dtype]);
    let class = graph.global("numpy", "ndarray");
    let (shape, data) = (graph.tuple(&vec![1.into(); 64]), graph.bytes(b"x"));
    let one = array_of_state(&mut graph, class, shape, dtype, data);
    let (name, root) = often(&mut graph, "an array of 64 dimensions", one);
    within(&name, graph, root);
}

#[test]
fn arrays_that_repeat_their_items() {
    let mut graph = Graph::new();
    let array = NdArray::new(DType::parse("|u1").unwrap(), &[7], None, vec![7; 7]).unwrap();
    let one = numpy::numpy_ndarray(&mut graph, &array);
    let (name, root) = often(&mut graph, "a small array", one);
    within(&name, graph, root);
    // A million items of one byte.
    let mut graph = Graph::new();
    let text = graph.str("|u1");
    let dtype = call(&mut graph, "numpy", "dtype", &[text]);
    let count = graph.int(1_000_000);
    let (shape, strides) = (graph.tuple(&[count]), graph.tuple(&[0.into()]));
    let buffer = graph.buffer(Buffer::from(vec![7]));
    let root = calls(&mut graph, "numpy", "ndarray", &[shape, dtype, buffer, 0.into(), strides, Value::NONE]);
    within("arrays without memory", graph, root);
}
