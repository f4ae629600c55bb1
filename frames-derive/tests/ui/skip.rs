use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
struct Sample {
    #[frames(skip, rename = "x")]
    a: u8,
    #[frames(skip, alias = "x")]
    b: u8,
    #[frames(skip, with = "module")]
    c: u8,
}

fn main() {}
