use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(name = "a", no_register, name = "b")]
#[frames(no_register)]
struct Sample {
    #[frames(rename = "x", rename = "y")]
    a: u8,
    #[frames(default, alias = "z", alias = "also fine")]
    #[frames(default = "path")]
    b: u8,
}

fn main() {}
