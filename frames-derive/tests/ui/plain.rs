use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(plain)]
struct NoRepr {
    a: u8,
}

#[derive(FrameSerialize)]
#[frames(plain)]
#[repr(C, packed)]
struct Packed {
    a: u8,
}

#[derive(FrameSerialize)]
#[frames(plain)]
#[repr(C)]
struct Generic<T, const N: usize> {
    a: [T; N],
}

#[derive(FrameSerialize)]
#[frames(plain)]
#[repr(C)]
enum Kind {
    A,
}

#[derive(FrameSerialize)]
#[frames(plain)]
#[repr(C)]
struct Tuple(u8, u8);

#[derive(FrameSerialize)]
#[frames(plain)]
#[repr(C)]
struct Empty {}

#[derive(FrameSerialize)]
#[frames(plain)]
#[repr(C)]
struct Attributes {
    #[frames(skip)]
    a: u8,
    #[frames(default)]
    b: u8,
    #[frames(with = "module")]
    c: u8,
    #[frames(rename = "is fine")]
    d: u8,
}

fn main() {}
