//! What the compiler says about mistakes in `#[derive(FrameSerialize)]`: at which token, and what to write instead.
//!
//! `TRYBUILD=overwrite cargo test -p frames-derive --test ui` writes the messages anew; read them before they are kept. A few are rustc's own and
//! change with it (these are of 1.95), so another toolchain skips this test with `FRAMES_SKIP_UI=1`.

#[test]
fn mistakes_are_reported_at_their_token() {
    if std::env::var_os("FRAMES_SKIP_UI").is_none() {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    }
}
