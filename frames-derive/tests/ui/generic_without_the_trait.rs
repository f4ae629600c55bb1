use frames_core::FrameSerialize;

struct Opaque;

#[derive(FrameSerialize)]
struct Sample<T> {
    values: Vec<T>,
}

fn main() {
    let _ = frames_core::serialize(&Sample { values: vec![Opaque] });
}
