use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(transparent)]
struct Two {
    a: u8,
    b: u8,
}

#[derive(FrameSerialize)]
#[frames(transparent)]
struct None {
    #[frames(skip)]
    a: u8,
}

#[derive(FrameSerialize)]
#[frames(transparent)]
struct Unit;

#[derive(FrameSerialize)]
#[frames(transparent)]
enum Kind {
    A(u8),
}

#[derive(FrameSerialize)]
#[frames(transparent, name = "a", alias = "b", python = "a:B", rename_all = "camelCase", plain, deny_unknown_fields)]
struct Named {
    #[frames(rename = "b", alias = "c", default)]
    a: u8,
}

#[derive(FrameSerialize)]
#[frames(transparent)]
struct With {
    #[frames(with = "module")]
    a: u8,
}

#[derive(FrameSerialize)]
#[frames(alias = "b")]
struct Newtype(u8);

#[derive(FrameSerialize)]
#[frames(alias = "b")]
struct Generic<T> {
    a: T,
}

fn main() {}
