//! Thousands of arrays that Hypothesis makes up, with every dtype, layout and flag: Python serializes them with the released `distributed`, Rust decodes
//! and writes them anew, Python compares types, dtypes, shapes, strides, flags and bits, and shrinks what differs.
//!
//! `FRAMES_HYPOTHESIS_SEED` is the seed, 0 if it is not set; `FRAMES_HYPOTHESIS_COUNT` how many arrays there are, 2000 at least.

mod support;

use frames_core::bytes::Bytes;
use frames_core::{ArrayItem, Decoder, FrameSerialize, Frames, Header, Limits, NdArray, Result, serialize};
use ndarray::ArrayD;
use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};
use support::python;

/// How many arrays, unless more are wanted.
const COUNT: u64 = 2000;

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

#[test]
fn arrays_that_nobody_thought_of() {
    if python::skip() {
        return;
    }
    let (seed, count) = (number("FRAMES_HYPOTHESIS_SEED", 0), number("FRAMES_HYPOTHESIS_COUNT", COUNT));
    let interpreter = python::interpreter().unwrap_or_else(|reason| panic!("{reason}"));
    let start = Instant::now();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = python::workspace().join("tests/python/hypothesis_arrays.py");
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
        let frames = parts.split_off(1);
        let header = parts.remove(0);
        if frames.is_empty() {
            seen = String::from_utf8(header).ok();
            break;
        }
        let answer = exchange(header, frames).unwrap_or_else(|error| vec![error.to_string().into(), vec![], vec![]]);
        send(&mut link, &answer).unwrap();
        arrays += 1;
    }
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "seed {seed}, array {arrays}:\n{words}");
    println!("{arrays} arrays in {:?}, seed {seed}: {}", start.elapsed(), seen.unwrap_or_default());
    assert!(arrays >= count, "{arrays} arrays, and {count} were wanted");
    assert!(arrays >= COUNT || count < COUNT);
}

/// The array made anew from its values, and a typed one of its items if Rust has the type.
fn exchange(header: Vec<u8>, frames: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
    let header = Header::from_bytes(header)?;
    let frames: Frames<'static> = frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into();
    let mut limits = Limits::default();
    limits.expansion = 1 << 20;
    let decoder = Decoder::new().limits(limits);
    let array: NdArray = decoder.deserialize(header.as_ref(), frames.clone())?;
    let made = NdArray::new(
        array.dtype().clone(),
        array.shape(),
        Some(array.strides()),
        Bytes::copy_from_slice(array.as_bytes()),
    )?;
    let made = if array.is_matrix() { made.into_matrix()? } else { made };
    let made = if array.is_writeable() { made } else { made.read_only() };
    let mut answer = vec![Vec::new()];
    answer.extend(parts(&made)?);
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
