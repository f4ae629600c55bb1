use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(rename_all = "UPPERCASE")]
struct Sample {
    first: u8,
    #[frames(rename = "FIRST")]
    second: u8,
    #[frames(alias = "fourth", alias = "THIRD")]
    third: u8,
    #[frames(alias("x", "FIRST"))]
    fourth: u8,
    #[frames(rename = "fourth")]
    fifth: u8,
    #[frames(skip)]
    r#FIRST: u8,
}

#[derive(FrameSerialize)]
#[frames(rename_all = "lowercase")]
enum Kind {
    AB,
    Ab,
    #[frames(rename = "c", alias = "ab")]
    B { x: u8, #[frames(rename = "x")] y: u8 },
}

fn main() {}
