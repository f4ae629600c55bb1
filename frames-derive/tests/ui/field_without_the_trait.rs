use frames_core::FrameSerialize;

struct Opaque;

#[derive(FrameSerialize)]
struct Sample {
    id: u8,
    opaque: Vec<Opaque>,
    #[frames(skip)]
    skipped: Option<Opaque>,
}

#[derive(FrameSerialize)]
enum Kind {
    Newtype(Opaque),
    Tuple(u8, Opaque),
    Named { opaque: Opaque },
}

fn main() {}
