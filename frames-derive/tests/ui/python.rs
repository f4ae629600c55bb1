use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(python = "lab:Tuple")]
struct Tuple(u8, u8);

#[derive(FrameSerialize)]
#[frames(python = "lab:Newtype")]
struct Newtype(u8);

#[derive(FrameSerialize)]
#[frames(python = "lab:Unit")]
struct Unit;

#[derive(FrameSerialize)]
#[frames(python = "lab:Kind")]
enum Kind {
    A,
}

#[derive(FrameSerialize)]
#[frames(python = "lab.model.Sample")]
struct NoColon {}

#[derive(FrameSerialize)]
#[frames(python = "lab.model:Outer:Inner")]
struct TwoColons {}

#[derive(FrameSerialize)]
#[frames(python = "lab..model:Sample")]
struct EmptyPart {}

#[derive(FrameSerialize)]
#[frames(python = "lab.model:2nd")]
struct NoIdentifier {}

#[derive(FrameSerialize)]
#[frames(python = "lab.model:Sampleaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
struct Long {}

fn main() {}
