//! Arrays that Rust pickles, loaded by the real numpy.

use crate::cases::{elements, golden, live, script};
use frames_core::{ByteOrder, DType, NdArray, bytes::Bytes};
use frames_pickle::numpy::{ArrayData, array, numpy_ndarray};
use frames_pickle::{Buffer, Graph, Node, Reader, Value};
use serde_json::json;
use std::io::Write;
use std::process::Stdio;

/// The few opcodes that an array needs.
fn emit(graph: &Graph<'_>, value: Value, out: &mut Vec<u8>, buffers: &mut Vec<Buffer>) {
    let mut all = |items: &[Value], out: &mut Vec<u8>| {
        out.push(b'(');
        items.iter().for_each(|item| emit(graph, *item, out, buffers));
    };
    match graph.node(value) {
        Node::None => out.push(b'N'),
        Node::Bool(value) => out.push(if value { 0x88 } else { 0x89 }),
        Node::Int(int) => {
            let bytes = int.to_le_bytes();
            out.extend([0x8a, bytes.len() as u8]);
            out.extend(bytes);
        }
        Node::Str(text) => {
            out.push(b'X');
            out.extend((text.as_wtf8().len() as u32).to_le_bytes());
            out.extend(text.as_wtf8());
        }
        Node::Tuple(items) => {
            all(items, out);
            out.push(b't');
        }
        Node::List(items) => {
            all(&items.collect::<Vec<_>>(), out);
            out.push(b'l');
        }
        Node::Dict(entries) => {
            all(&entries.flat_map(|(key, value)| [key, value]).collect::<Vec<_>>(), out);
            out.push(b'd');
        }
        Node::Global(global) => {
            let (module, name) = global.path().unwrap();
            out.extend(format!("c{module}\n{name}\n").bytes());
        }
        Node::Object(object) => {
            emit(graph, object.callable(), out, buffers);
            emit(graph, object.args(), out, buffers);
            out.push(b'R');
        }
        Node::Buffer(bytes, is_read_only) => {
            out.push(0x97);
            let buffer = Buffer::from(bytes.clone());
            if is_read_only {
                out.push(0x98);
            }
            buffers.push(if is_read_only { buffer.read_only() } else { buffer });
        }
        node => panic!("{node:?}"),
    }
}

fn pickled(array: &NdArray) -> (Vec<u8>, Vec<Buffer>) {
    let mut graph = Graph::new();
    let value = numpy_ndarray(&mut graph, array);
    let (mut out, mut buffers) = (b"\x80\x05".to_vec(), Vec::new());
    emit(&graph, value, &mut out, &mut buffers);
    out.push(b'.');
    (out, buffers)
}

/// All arrays that were read, and some that numpy would not pickle as they are.
fn arrays() -> Vec<(String, NdArray)> {
    let cases = live(&["array"]).unwrap_or_else(golden);
    let mut arrays = Vec::new();
    for case in cases.iter().filter(|case| case.kind() == "array") {
        let graph = case.graph();
        let read = array(&graph, graph.root()).unwrap().unwrap();
        if let ArrayData::Plain(array) = read.data {
            arrays.push((case.name().to_owned(), array));
        }
    }
    let bytes = Bytes::from_iter(0..64);
    let dtype = |text| DType::parse(text).unwrap();
    let mut more = |name: &str, dtype: DType, shape: &[u64], strides: &[i64], len| {
        arrays.push((name.to_owned(), NdArray::new(dtype, shape, Some(strides), bytes.slice(..len)).unwrap()));
    };
    more("with gaps", dtype("<i4"), &[2, 3], &[32, 8], 52);
    more("broadcast", dtype("<i4"), &[5, 2], &[0, 4], 8);
    more("of times with gaps", dtype("<M8[us]"), &[4], &[16], 56);
    more("overlapping", dtype("<u2"), &[4], &[1], 5);
    more("of sub-arrays", DType::array(dtype("<i2"), &[2, 2]).unwrap(), &[3], &[8], 24);
    arrays
}

#[test]
fn what_rust_writes_rust_reads_without_a_copy() {
    for (name, array) in arrays() {
        let (pickle, buffers) = pickled(&array);
        assert_eq!(buffers.len(), 1, "{name}");
        let graph = Reader::new().buffers(buffers).read(&pickle).unwrap();
        let back = frames_pickle::numpy::ndarray(&graph, graph.root()).unwrap().unwrap();
        assert_eq!(back.is_writeable(), array.is_writeable(), "{name}");
        assert_eq!(elements(&back), elements(&array), "{name}");
        if !array.as_bytes().is_empty() {
            assert_eq!(back.as_bytes().as_ptr(), array.as_bytes().as_ptr(), "{name}");
        }
        if array.dtype().subarray().is_none() {
            assert_eq!((back.dtype(), back.shape()), (array.dtype(), array.shape()), "{name}");
            assert_eq!(back.dtype().is_aligned(), array.dtype().is_aligned(), "{name}");
        }
    }
}

#[test]
fn numpy_loads_what_rust_writes_without_a_copy() {
    let Some(mut command) = script("check", &[]) else { return };
    let mut python = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = python.stdin.take().unwrap();
    let arrays = arrays();
    for (name, array) in &arrays {
        let (pickle, buffers) = pickled(array);
        // A sub-array is dimensions in numpy.
        let (mut dtype, mut shape, mut strides) = (array.dtype(), array.shape().to_vec(), array.strides().to_vec());
        if let Some((base, dims)) = dtype.subarray() {
            assert_eq!((dims, base.itemsize()), (&[2, 2][..], 2));
            shape.extend([2, 2]);
            strides.extend([4, 2]);
            dtype = base;
        }
        let about = json!({
            "name": name,
            "readonly": buffers.iter().map(Buffer::is_read_only).collect::<Vec<_>>(),
            "expect": {
                "dtype": dtype.to_string(),
                "shape": shape,
                "strides": strides,
                "writeable": array.is_writeable(),
                "bytes": elements(array),
            },
        });
        let about = about.to_string();
        let parts = [about.as_bytes(), &pickle].into_iter().chain(buffers.iter().map(|buffer| &buffer.bytes()[..]));
        pipe.write_all(&(2 + buffers.len() as u32).to_le_bytes()).unwrap();
        for part in parts {
            pipe.write_all(&(part.len() as u64).to_le_bytes()).unwrap();
            pipe.write_all(part).unwrap();
        }
    }
    drop(pipe);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), arrays.len().to_string());
    assert_eq!(ByteOrder::NATIVE, DType::parse("=i4").unwrap().byteorder());
}
