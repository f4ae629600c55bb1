//! What every benchmark of this folder runs in: short criterion runs, an allocator that is held still, a table at the end.

use crate::report::{self, Groups};
use criterion::Criterion;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// glibc moves these two thresholds as a process frees large blocks, up to these values. Starting there makes a row not
/// depend on the rows before it; otherwise a decoder may be charged with hundreds of page faults an iteration.
const TUNABLES: &str = "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=67108864";

/// Runs `benches`, then prints every row of this run beside the row `anchor` and the best peer of its group, and gives them all.
///
/// Names of rows: `frames…` are ours, `limit…` is what the machine can do, all others are peers.
pub(crate) fn run(anchor: &str, benches: fn(&mut Criterion)) -> Groups {
    let start = SystemTime::now();
    let Some(home) = std::env::var_os("CRITERION_HOME").filter(|_| std::env::var_os("GLIBC_TUNABLES").is_some()) else {
        again();
    };
    let mut criterion = Criterion::default()
        .sample_size(20)
        .nresamples(10_000)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    benches(&mut criterion);
    criterion.final_summary();
    let groups = report::collect(Path::new(&home), start);
    report::print(&groups, anchor);
    groups
}

/// The same program once more: malloc reads its settings before `main`, and the table must know where criterion writes.
fn again() -> ! {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(std::env::args_os().skip(1));
    if std::env::var_os("GLIBC_TUNABLES").is_none() {
        command.env("GLIBC_TUNABLES", TUNABLES);
    }
    if std::env::var_os("CRITERION_HOME").is_none() {
        command.env("CRITERION_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion"));
    }
    std::process::exit(command.status().unwrap().code().unwrap_or(1));
}
