use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
struct Pair(#[frames(rename = "x", alias = "y")] u8, #[frames(default)] u8, #[frames(with = "module")] u8);

#[derive(FrameSerialize)]
enum Kind {
    A(#[frames(default)] u8),
}

fn main() {}
