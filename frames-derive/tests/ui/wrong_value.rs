use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(name = 1, alias("a", 2), crate, deny_unknown_fields = true, no_register("x"), bound = "no bound")]
struct Sample<T> {
    #[frames(rename = true)]
    a: T,
    #[frames(rename)]
    b: u8,
    #[frames(skip = "yes")]
    c: u8,
    #[frames(default = 3)]
    d: u8,
    #[frames(default = "not a path")]
    e: u8,
    #[frames(with = "1")]
    f: u8,
    #[frames(with("module"))]
    g: u8,
    #[frames(alias = 'c')]
    h: u8,
}

#[derive(FrameSerialize)]
#[frames(name = "")]
struct Nameless {}

fn main() {}
