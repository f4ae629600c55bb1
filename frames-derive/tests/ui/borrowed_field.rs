use frames_core::FrameSerialize;
use std::collections::HashMap;

#[derive(FrameSerialize)]
struct Sample<'a> {
    text: &'a str,
    data: &'a [f64],
    map: &'a HashMap<String, (u8, [u8; 4])>,
    #[frames(skip)]
    skipped: &'a str,
}

#[derive(FrameSerialize)]
enum Kind<'a> {
    A(&'a str),
}

fn main() {}
