use frames_core::FrameSerialize;

#[derive(FrameSerialize, Clone, Copy)]
#[frames(plain)]
#[repr(C)]
struct Sample {
    a: u32,
}

fn main() {}
