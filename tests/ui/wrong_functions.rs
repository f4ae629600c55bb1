use frames_core::FrameSerialize;

mod module {
    pub fn serialize(_: &str) -> u8 {
        1
    }
}

fn number() -> u16 {
    1
}

#[derive(FrameSerialize)]
struct Sample {
    #[frames(with = "module")]
    a: u8,
    #[frames(default = "number")]
    b: u8,
    #[frames(skip)]
    c: NoDefault,
}

struct NoDefault;

fn main() {}
