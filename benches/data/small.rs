//! `small`: six scalars and a short text, where every nanosecond is overhead.

codec_types! {
    pub(crate) struct Small {
        pub(crate) id: u64,
        pub(crate) seq: u32,
        pub(crate) ok: bool,
        pub(crate) score: f64,
        pub(crate) delta: i32,
        pub(crate) kind: u8,
        pub(crate) key: String,
    }
}

impl crate::peers::Value for Small {}

pub(crate) fn small() -> Small {
    Small {
        id: 0x0dab_5eed_c0de,
        seq: 91_407,
        ok: true,
        score: 0.618_033_988_749,
        delta: -48_611,
        kind: 5,
        key: "inc-5f1e-0042".into(),
    }
}
