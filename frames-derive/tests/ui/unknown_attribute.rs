use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(nam = "lab.Sample", rename = "Sample", tag = "type")]
struct Sample {
    #[frames(renmae = "x")]
    a: u8,
    #[frames(rename_all = "camelCase")]
    b: u8,
    #[frames(some::path)]
    c: u8,
}

#[derive(FrameSerialize)]
enum Kind {
    #[frames(skip)]
    A,
    #[frames(renam = "b")]
    B,
}

#[derive(FrameSerialize)]
#[frames]
struct Bare {
    #[frames = "x"]
    a: u8,
    #[frames(rename "x")]
    b: u8,
}

fn main() {}
