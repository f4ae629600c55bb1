#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| frames_fuzz::arrow(data));
