//! Memory while a table is written stays under 1.2 times what it takes when it is finished: nothing is held twice, and little is
//! reserved that is not used. A binary of its own, because it counts every allocation. `benches/scale.rs` has times and 10⁷ rows.
//!
//! The counting allocator has no `realloc`: where a buffer grows, the old and the new one both count. That is the worst case, which
//! an allocator may be spared by moving pages.

use allocation_counter::measure;
use frames_core::{Encoder, FrameSerialize, Reader, serialize};

/// Header, schema, list of frames, the rows that were not taken apart yet: what does not grow with the rows.
const SMALL: usize = 16 << 10;

const FORMS: [(&str, Reader); 2] = [("portable", Reader::Any), ("packed", Reader::Rust)];

#[derive(FrameSerialize)]
struct Row {
    id: u32,
    value: f64,
    valid: bool,
    name: String,
}

/// Names of 3 to 10 bytes, in no order.
fn rows(n: usize) -> Vec<Row> {
    let row = |i: usize| {
        let spread = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let name = "gearboxes!"[..3 + (spread >> 61) as usize].into();
        Row { id: i as u32, value: i as f64 * 0.5, valid: spread >> 63 == 1, name }
    };
    (0..n).map(row).collect()
}

/// The most that was allocated at once while it was written, and the bytes of what came out.
fn peak_and_output<T: FrameSerialize>(values: &T, reader: Reader) -> (usize, usize) {
    let mut output = 0;
    let info = measure(|| {
        let (header, frames) = Encoder::new().reader(reader).serialize(values).unwrap();
        output = header.as_bytes().len() + frames.total_bytes();
    });
    (info.bytes_max as usize, output)
}

fn assert_bounded<T: FrameSerialize>(what: &str, values: &T) {
    for (form, reader) in FORMS {
        let (peak, output) = peak_and_output(values, reader);
        let bound = output + output / 5 + SMALL;
        let ratio = peak as f64 / output as f64;
        assert!(peak <= bound, "{what}, {form}: {peak} bytes for {output}, {ratio:.3} times the output");
    }
}

#[test]
fn a_hundred_thousand_flat_rows_take_a_fifth_more_than_their_output() {
    assert_bounded("10^5 rows", &rows(100_000));
}

#[test]
fn a_million_flat_rows_take_a_fifth_more_than_their_output() {
    assert_bounded("10^6 rows", &rows(1_000_000));
}

#[test]
fn what_is_allocated_is_what_is_given_out() {
    // The peak is worth nothing if the counter does not see the frames: they own memory, and it is counted.
    let rows = rows(100_000);
    for (form, reader) in FORMS {
        let (peak, output) = peak_and_output(&rows, reader);
        assert!(peak >= output, "{form}: {peak} bytes for {output}");
    }
    let (header, frames) = serialize(&rows).unwrap();
    assert!(header.as_bytes().len() < SMALL && frames.total_bytes() > 100_000 * 13);
}
