use frames_core::FrameSerialize;

#[derive(FrameSerialize)]
#[frames(rename_all = "Camel")]
struct Sample {
    a: u8,
}

#[derive(FrameSerialize)]
#[frames(rename_all = "camelcase", rename_all_fields = "SNAKE")]
enum Kind {
    #[frames(rename_all = "")]
    A { a: u8 },
    #[frames(rename_all = "camelCase")]
    B(u8),
}

#[derive(FrameSerialize)]
#[frames(rename_all_fields = "camelCase")]
struct Fields {
    a: u8,
}

#[derive(FrameSerialize)]
#[frames(rename_all = "camelCase", deny_unknown_fields)]
struct Tuple(u8, u8);

fn main() {}
