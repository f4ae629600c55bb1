use frames_core::FrameSerialize;

mod module {
    use frames_core::{Frames, Header, Result};

    pub fn serialize(_: &u8) -> Result<(Header, Frames<'_>)> {
        Ok((Header::new(), Frames::new()))
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
