use frames_core::FrameSerialize;
use std::rc::Rc;

#[derive(FrameSerialize)]
struct Sample {
    shared: Rc<u8>,
}

#[derive(FrameSerialize)]
#[frames(no_register)]
struct Fine {
    shared: Rc<u8>,
}

fn main() {}
