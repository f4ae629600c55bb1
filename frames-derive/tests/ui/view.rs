use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(view)]
struct Generic<T> {
    value: T,
}

#[derive(FrameSerialize)]
#[frames(view)]
struct Taken {
    len: u32,
    get: String,
}

fn main() {}
