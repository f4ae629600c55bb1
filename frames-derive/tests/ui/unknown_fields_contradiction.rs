use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(deny_unknown_fields, allow_unknown_fields)]
struct Sample {
    a: u8,
}

fn main() {}
