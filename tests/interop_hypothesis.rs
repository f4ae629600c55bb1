//! Thousands of arrays that Hypothesis makes up, with every dtype, layout and flag: Python serializes them with the released `distributed`, Rust decodes
//! and writes them anew, Python compares types, dtypes, shapes, strides, flags and bits, and shrinks what differs.
//!
//! So do masked arrays, and arrays of Python objects and of texts, which arrive as pickles: a quarter as many of each.
//!
//! `FRAMES_HYPOTHESIS_SEED` is the seed, 0 if it is not set; `FRAMES_HYPOTHESIS_COUNT` how many arrays there are, 2000 if it is not.

mod support;

use frames_core::bytes::Bytes;
use frames_core::dynamic::ObjectKind;
use frames_core::{
    ArrayItem, Decoder, Dynamic, FrameSerialize, Frames, Header, Limits, MaskedArray, NdArray, Result, serialize,
};
use frames_pickle::numpy::{ArrayData, numpy_objects, numpy_texts};
use frames_pickle::{Graph, Node, Pickle, Value, Writer};
use ndarray::ArrayD;
use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};
use support::python;

/// How many arrays, unless more are wanted.
const COUNT: u64 = 2000;
/// How many of each kind that is no plain array, for so many plain ones.
const OF_KIND: u64 = 500;

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

#[test]
fn arrays_that_nobody_thought_of() {
    let count = number("FRAMES_HYPOTHESIS_COUNT", COUNT);
    run("hypothesis_arrays.py", count, count, &mut |mut parts| {
        let frames = parts.split_off(1);
        exchange(parts.remove(0), frames).unwrap_or_else(|error| vec![error.to_string().into(), vec![], vec![]])
    });
}

#[test]
fn masked_arrays_objects_and_texts_that_nobody_thought_of() {
    let of_kind = number("FRAMES_HYPOTHESIS_COUNT", COUNT).saturating_mul(OF_KIND) / COUNT;
    let (mut counts, kinds) = ([0u64; 3], ["masked", "objects", "texts"]);
    run("hypothesis_objects.py", of_kind, 3 * of_kind, &mut |mut parts| {
        let frames = parts.split_off(2);
        let header = parts.remove(1);
        let at = kinds.iter().position(|kind| parts[0] == kind.as_bytes()).unwrap();
        counts[at] += 1;
        match if at == 0 { masked(header, frames) } else { boxed(at == 2, header, frames) } {
            Err(error) => vec![error.to_string().into(), vec![]],
            Ok(values) => {
                let names: Vec<String> = values.iter().map(|(name, parts)| format!("{name} {}", parts.len())).collect();
                let parts = values.into_iter().flat_map(|(_, parts)| parts);
                [vec![], names.join(" ").into()].into_iter().chain(parts).collect()
            }
        }
    });
    assert!(python::skip() || counts.iter().all(|count| *count >= of_kind), "{counts:?} of {of_kind} each");
}

/// Answers what a script of `tests/python` sends, until it says what it has seen.
fn run(script: &str, count: u64, wanted: u64, answer: &mut dyn FnMut(Vec<Vec<u8>>) -> Vec<Vec<u8>>) {
    if python::skip() {
        return;
    }
    let seed = number("FRAMES_HYPOTHESIS_SEED", 0);
    let interpreter = python::interpreter().unwrap_or_else(|reason| panic!("{reason}"));
    let start = Instant::now();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = python::workspace().join("tests/python").join(script);
    let mut command = python::isolated(interpreter);
    command.arg(script).args([port.to_string(), seed.to_string(), count.to_string()]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut link = loop {
        match listener.accept() {
            Ok((link, _)) => break link,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        assert!(
            child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(60),
            "Python does not connect"
        );
        std::thread::sleep(Duration::from_millis(10));
    };
    link.set_nonblocking(false).unwrap();
    link.set_nodelay(true).unwrap();
    let (mut arrays, mut seen) = (0u64, None);
    while let Ok(mut parts) = receive(&mut link) {
        if parts.len() == 1 {
            seen = String::from_utf8(parts.remove(0)).ok();
            break;
        }
        send(&mut link, &answer(parts)).unwrap();
        arrays += 1;
    }
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "seed {seed}, array {arrays}:\n{words}");
    println!("{arrays} arrays in {:?}, seed {seed}: {}", start.elapsed(), seen.unwrap_or_default());
    assert!(arrays >= wanted, "{arrays} arrays, and {wanted} were wanted");
}

/// A header with its frames, and a decoder for arrays that repeat what they have.
fn opened(header: Vec<u8>, frames: Vec<Vec<u8>>) -> Result<(Decoder, Header, Frames<'static>)> {
    let frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
    let mut limits = Limits::default();
    limits.expansion = 1 << 20;
    Ok((Decoder::new().limits(limits), Header::from_bytes(header)?, frames.into()))
}

/// The array made anew from its values, and a typed one of its items if Rust has the type.
fn exchange(header: Vec<u8>, frames: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
    let (decoder, header, frames) = opened(header, frames)?;
    let array: NdArray = decoder.deserialize(header.as_ref(), frames.clone())?;
    let mut answer = vec![Vec::new()];
    answer.extend(parts(&remade(&array)?)?);
    macro_rules! typed {
        ($($kind:literal $size:literal $type:ty,)*) => {
            match (array.dtype().kind(), array.dtype().itemsize()) {
                $(($kind, $size) => answer.extend(typed::<$type>(&decoder, &header, frames, &array)?),)*
                _ => {}
            }
        };
    }
    typed! {
        'b' 1 bool, 'i' 1 i8, 'i' 2 i16, 'i' 4 i32, 'i' 8 i64, 'u' 1 u8, 'u' 2 u16, 'u' 4 u32, 'u' 8 u64,
        'f' 2 half::f16, 'f' 4 f32, 'f' 8 f64,
    }
    Ok(answer)
}

/// The same array, of nothing that was received but its values.
fn remade(array: &NdArray) -> Result<NdArray> {
    let bytes = Bytes::copy_from_slice(array.as_bytes());
    let made = NdArray::new(array.dtype().clone(), array.shape(), Some(array.strides()), bytes)?;
    let made = if array.is_matrix() { made.into_matrix()? } else { made };
    Ok(if array.is_writeable() { made } else { made.read_only() })
}

/// The items through ndarray, which the view and the copy of the dynamic array must have too.
fn typed<T: ArrayItem + FrameSerialize>(
    decoder: &Decoder,
    header: &Header,
    frames: Frames<'static>,
    array: &NdArray,
) -> Result<Vec<Vec<u8>>> {
    let typed: ArrayD<T> = decoder.deserialize(header.as_ref(), frames)?;
    let in_order: Vec<T> = typed.iter().copied().collect();
    let bytes = |items: &[T]| frames_core::bytemuck::cast_slice::<T, u8>(items).to_vec();
    if let Ok(view) = array.view::<T>() {
        let items: Vec<T> = view.iter().copied().collect();
        assert_eq!(bytes(&items), bytes(&in_order), "the view of {array:?}");
        let items: Vec<T> = view.into_ndarray()?.iter().copied().collect();
        assert_eq!(bytes(&items), bytes(&in_order), "the view by ndarray of {array:?}");
    }
    if let Ok(items) = array.to_vec::<T>() {
        assert_eq!(bytes(&items), bytes(&in_order), "the copy of {array:?}");
    }
    parts(&typed.as_standard_layout())
}

/// A value's header and frames, behind a word that says how it was made.
type Named = (&'static str, Vec<Vec<u8>>);

/// The masked array as it came, made anew, and through a `Dynamic`; and its items as options if Rust has the type.
fn masked(header: Vec<u8>, frames: Vec<Vec<u8>>) -> Result<Vec<Named>> {
    let (decoder, header, frames) = opened(header, frames)?;
    let array: MaskedArray = decoder.deserialize(header.as_ref(), frames.clone())?;
    let mask = array.mask().map(remade).transpose()?;
    let made = MaskedArray::new(remade(array.data())?, mask)?.with_fill_value(array.fill_value().clone());
    assert_eq!(made, array);
    let mut answer = vec![("array", parts(&array)?), ("array", parts(&made)?)];
    // Of a pickle's it says with what the array is filled if that is a plain number, and only describes any other.
    match decoder.deserialize(header.as_ref(), frames.clone())? {
        Dynamic::Object(object) if object.kind == ObjectKind::Instance => {
            answer.push(("dynamic", parts(&Dynamic::Object(object))?));
        }
        Dynamic::Object(object) => assert_eq!(object.kind, ObjectKind::Description),
        other => panic!("{other:?}"),
    }
    macro_rules! typed {
        ($($kind:literal $size:literal $type:ty,)*) => {
            match (array.data().dtype().kind(), array.data().dtype().itemsize()) {
                $(($kind, $size) if array.data().dtype().is_native() => {
                    answer.push(("options", parts(&array.to_options::<$type>()?)?));
                    if array.data().shape().len() == 1 {
                        let options: Vec<Option<$type>> = decoder.deserialize(header.as_ref(), frames)?;
                        answer.push(("options", parts(&options)?));
                    }
                })*
                _ => {}
            }
        };
    }
    typed! {
        'b' 1 bool, 'i' 1 i8, 'i' 2 i16, 'i' 4 i32, 'i' 8 i64, 'u' 1 u8, 'u' 2 u16, 'u' 4 u32, 'u' 8 u64, 'f' 8 f64,
    }
    Ok(answer)
}

/// The pickle of an array of objects or of texts, written again; an array of its values in another graph; its items out of a `Dynamic`; and
/// lists of them, a dimension each.
fn boxed(are_texts: bool, header: Vec<u8>, frames: Vec<Vec<u8>>) -> Result<Vec<Named>> {
    let (decoder, header, frames) = opened(header, frames)?;
    let pickle: Pickle = decoder.deserialize(header.as_ref(), frames.clone())?;
    let graph = pickle.graph()?;
    let array = frames_pickle::numpy::array(&graph, graph.root())?.unwrap();
    let ArrayData::Objects(objects) = array.data else { panic!("{array:?}") };
    assert_eq!((&*array.class, objects.dtype().is_none()), ("numpy.ndarray", are_texts));
    let (mut anew, mut values, mut has_nan) = (Graph::new(), Vec::new(), false);
    for value in objects.values(&graph) {
        values.push(match graph.node(value) {
            // What lacks in an array of texts.
            Node::Float(_) if are_texts => {
                has_nan = true;
                Value::NONE
            }
            _ => anew.import(&graph, value)?,
        });
    }
    let make = if are_texts { numpy_texts } else { numpy_objects };
    let root = make(&mut anew, objects.shape(), &values)?;
    anew.set_root(root);
    let dynamic: Dynamic = decoder.deserialize(header.as_ref(), frames.clone())?;
    let mut answer = vec![
        ("written", parts(&Writer::new().write(&graph)?)?),
        ("anew", parts(&Writer::new().write(&anew)?)?),
        ("items", parts(dynamic.get("items").unwrap())?),
    ];
    macro_rules! lists {
        ($($dimensions:literal $texts:ty, $objects:ty;)*) => {
            match objects.shape().len() {
                $($dimensions if are_texts && !has_nan => {
                    answer.push(("lists", parts(&decoder.deserialize::<$texts>(header.as_ref(), frames)?)?));
                })*
                $($dimensions => {
                    answer.push(("lists", parts(&decoder.deserialize::<$objects>(header.as_ref(), frames)?)?));
                })*
                _ => {}
            }
        };
    }
    lists! {
        1 Vec<Option<String>>, Vec<Dynamic>;
        2 Vec<Vec<Option<String>>>, Vec<Vec<Dynamic>>;
        3 Vec<Vec<Vec<Option<String>>>>, Vec<Vec<Vec<Dynamic>>>;
    }
    Ok(answer)
}

fn parts<T: FrameSerialize>(value: &T) -> Result<Vec<Vec<u8>>> {
    let (header, frames) = serialize(value)?;
    Ok(std::iter::once(header.as_bytes().to_vec()).chain(frames.iter().map(|frame| frame.to_vec())).collect())
}

fn receive(link: &mut TcpStream) -> io::Result<Vec<Vec<u8>>> {
    let mut word = [0; 8];
    let mut number = |link: &mut TcpStream| link.read_exact(&mut word).map(|()| u64::from_le_bytes(word));
    let count = number(link)?;
    let lengths = (0..count).map(|_| number(link)).collect::<io::Result<Vec<u64>>>()?;
    let part = |length: u64| {
        let mut part = vec![0; length as usize];
        link.read_exact(&mut part).map(|()| part)
    };
    lengths.into_iter().map(part).collect()
}

fn send(link: &mut TcpStream, parts: &[Vec<u8>]) -> io::Result<()> {
    let mut bytes = (parts.len() as u64).to_le_bytes().to_vec();
    parts.iter().for_each(|part| bytes.extend_from_slice(&(part.len() as u64).to_le_bytes()));
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    link.write_all(&bytes)
}
