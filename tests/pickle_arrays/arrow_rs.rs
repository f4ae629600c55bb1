//! What was pickled as arrays of arrow-rs: what older versions wrote, and the same with bytes changed, in the pickle and in its buffers.

use crate::cases::{Case, golden};
use frames_core::ErrorKind;
use frames_pickle::{Buffer, Graph, Reader, pandas, pyarrow};

/// Reads whatever the case is and makes arrays of it, each validated once more; how many items there are.
fn convert(case: &Case, graph: &Graph<'_>) -> Option<frames_core::Result<usize>> {
    let root = graph.root();
    let rows = |table: frames_core::arrow::Table| {
        for column in table.batches().iter().flat_map(|batch| batch.columns()) {
            valid(column);
        }
        table.num_rows()
    };
    let array = |array: arrow_array::ArrayRef| {
        valid(&array);
        array.len()
    };
    Some(match case.kind() {
        "arrow_array" => pyarrow::array(graph, root).ok()??.to_arrow().map(array),
        "arrow_table" => match pyarrow::table(graph, root).ok()? {
            Some(table) => table.to_arrow().map(rows),
            None => pyarrow::record_batch(graph, root).ok()??.to_arrow().map(|batch| batch.num_rows()),
        },
        "frame" => pandas::data_frame(graph, root).ok()??.to_arrow(graph).map(rows),
        "series" => pandas::series(graph, root).ok()??.to_arrow(graph).map(rows),
        _ => return None,
    })
}

fn valid(array: &arrow_array::ArrayRef) {
    use arrow_array::Array;
    array.to_data().validate_full().unwrap();
    assert!(!format!("{array:?}").is_empty());
}

#[test]
fn what_older_versions_pickled_becomes_arrays() {
    let (mut made, mut unsupported) = (0, Vec::new());
    for case in golden() {
        match convert(&case, &case.graph()) {
            None => {}
            Some(Ok(_)) => made += 1,
            Some(Err(error)) if error.kind() == ErrorKind::Unsupported => {
                unsupported.push(format!("{}: {error}", case.name()))
            }
            Some(Err(error)) => panic!("{} {}: {error}", case.kind(), case.name()),
        }
    }
    unsupported.sort();
    unsupported.dedup();
    println!("{made} made, not there:\n{}", unsupported.join("\n"));
    assert!(made >= 64, "{made}");
}

#[test]
fn changed_buffers_and_pickles_are_no_panic() {
    let mut state = 7u64;
    let mut dice = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % end.max(1) as u64) as usize
    };
    let (mut made, mut refused) = (0, 0);
    for case in golden().into_iter().filter(|case| convert(case, &case.graph()).is_some()) {
        for _ in 0..200 {
            let (mut pickle, mut buffers) = (case.pickle.clone(), case.buffers.clone());
            let which = dice(buffers.len() + 1);
            match buffers.get_mut(which) {
                Some(buffer) => {
                    let mut bytes = buffer.bytes().to_vec();
                    if bytes.is_empty() {
                        continue;
                    }
                    let at = dice(bytes.len());
                    match dice(3) {
                        0 => bytes[at] ^= 1 << dice(8),
                        1 => bytes[at] = [0, 0x7f, 0x80, 0xff][dice(4)],
                        _ => bytes.truncate(at),
                    }
                    *buffer = Buffer::from(bytes);
                }
                None => {
                    let at = dice(pickle.len());
                    pickle[at] ^= 1 << dice(8);
                }
            }
            let Ok(graph) = Reader::new().buffers(buffers).read(&pickle) else { continue };
            match convert(&case, &graph) {
                Some(Ok(_)) => made += 1,
                Some(Err(error)) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
                None => {}
            }
        }
    }
    println!("{made} made, {refused} refused");
    assert!(made > 100 && refused > 100, "{made} made, {refused} refused");
}
