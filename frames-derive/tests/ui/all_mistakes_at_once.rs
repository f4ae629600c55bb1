use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(nmae = "x", rename_all = "Camel", python = "lab")]
struct Sample<'a> {
    #[frames(rename = 1)]
    a: u8,
    #[frames(alias = "d")]
    b: &'a str,
    #[frames(skip, with = "module")]
    c: u8,
    d: u8,
}

fn main() {}
