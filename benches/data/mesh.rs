//! `mesh`: 125,000 triangles of twelve f32 each, the memory of which is a finished form.

use super::rng::Rng;

codec_types! {
    derive(Copy, bytemuck::Pod, bytemuck::Zeroable);

    #[repr(C)]
    #[frames(plain)]
    pub(crate) struct Vertex {
        pub(crate) x: f32,
        pub(crate) y: f32,
        pub(crate) z: f32,
    }

    #[repr(C)]
    #[frames(plain)]
    pub(crate) struct Triangle {
        pub(crate) v0: Vertex,
        pub(crate) v1: Vertex,
        pub(crate) v2: Vertex,
        pub(crate) normal: Vertex,
    }
}

impl crate::peers::Value for Vec<Triangle> {}

pub(crate) fn mesh() -> Vec<Triangle> {
    let mut rng = Rng::new(2);
    let mut vertex = || Vertex { x: rng.unit(), y: rng.unit(), z: rng.unit() };
    (0..125_000).map(|_| Triangle { v0: vertex(), v1: vertex(), v2: vertex(), normal: vertex() }).collect()
}
