use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
union Bits {
    a: u8,
    b: u8,
}

#[derive(FrameSerialize)]
enum Never {}

fn main() {}
