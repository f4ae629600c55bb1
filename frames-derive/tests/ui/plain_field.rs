use frames_core::FrameSerialize;

#[derive(FrameSerialize, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[frames(plain)]
#[repr(C)]
struct Sample {
    a: u32,
    b: [Other; 2],
}

#[derive(FrameSerialize, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Other {
    a: u32,
}

fn main() {}
