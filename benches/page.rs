//! `REPORT.md`: a table and a chart for each data set, made of one run's rows.

use crate::chart;
use crate::report::{self, Groups, is_peer};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// One thing measured, for every codec that has it.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) cells: Vec<(String, f64)>,
    pub(crate) show: fn(f64) -> String,
}

/// Groups of a data set, and the columns that they are.
const TIMED: [(&str, &str); 3] = [
    ("serialize", "serialize, reused memory"),
    ("serialize-fresh", "serialize, fresh memory"),
    ("deserialize", "deserialize"),
];

/// Writes the report of a run. Nothing, if a filter left a data set out: half a report would replace a whole one.
pub(crate) fn write(groups: &Groups, sizes: &[(&str, Vec<(&str, usize)>)]) {
    if let Some((set, _)) =
        sizes.iter().find(|(set, _)| TIMED.iter().any(|(kind, _)| rows(groups, set, kind).is_empty()))
    {
        eprintln!("no report: {set} was not measured whole");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    fs::create_dir_all(folder.join("report")).unwrap();
    let mut page = head();
    for (set, sizes) in sizes {
        let columns = columns(groups, set, sizes);
        fs::write(folder.join(format!("report/{set}.svg")), chart::svg(set, &columns)).unwrap();
        write!(page, "\n## {set}\n\n![{set}](report/{set}.svg)\n\n").unwrap();
        table(&mut page, &columns);
        let view = rows(groups, set, "view");
        if !view.is_empty() {
            page.push_str("\nLooked at where it was received, without owned values:\n\n");
            table(&mut page, &view_columns(view));
        }
    }
    fs::write(folder.join("REPORT.md"), page).unwrap();
}

fn head() -> String {
    let says = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let (date, rustc) = (says("date", "+%F"), says("rustc", "--version"));
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of_cpu = |key| cpu.lines().find(|line| line.starts_with(key)).and_then(|line| Some(line.split_once(": ")?.1));
    let model = of_cpu("model name").unwrap_or(env::consts::ARCH);
    let kind = if of_cpu("flags").is_some_and(|flags| flags.contains(" hypervisor")) { "virtual " } else { "" };
    let cores = std::thread::available_parallelism().unwrap();
    let quick = if env::args().any(|argument| argument == "--quick") { " -- --quick" } else { "" };
    format!(
        "# Benchmarks beside other codecs

{date}, {cores} {kind}cores, {model}, {rustc}. Made by `FRAMES_REPORT=1 cargo bench --bench records{quick}`.

Medians; behind each its ratio to the best peer of the column, which is bold. `frames-portable` is what any reader gets, Dask
among them, `frames-packed` is for another process with this crate; both are header and frames. `-gathered` is the same in
one buffer, as the peers give it, and read out of one; `frames-shared` reads arrays that share the received frames. Peers
know the type on both sides and send no names, but for rmp-serde-named and serde_json. Rows named `limit…` are no codecs:
they clone the value or copy its bytes. Reading includes the drop of the value. Sizes are those of header and frames. In
`tensors` serde is told to write the arrays as byte strings (as numbers for serde_json).
"
    )
}

fn columns(groups: &Groups, set: &str, sizes: &[(&str, usize)]) -> Vec<Column> {
    let timed = TIMED.map(|(kind, title)| Column { title, cells: rows(groups, set, kind), show: report::time });
    let cells = sizes.iter().map(|&(name, n)| (name.to_owned(), n as f64)).collect();
    timed.into_iter().chain([Column { title: "size", cells, show: bytes }]).collect()
}

/// Rows of three kinds, told apart by the ends of their names.
fn view_columns(cells: Vec<(String, f64)>) -> [Column; 3] {
    let [mut opened, mut both, mut read] = ["opened", "opened, every field read", "every field read"]
        .map(|title| Column { title, cells: Vec::new(), show: report::time });
    for (name, n) in cells {
        let (column, name) = if let Some(name) = name.strip_suffix("-read-all") {
            (&mut both, name)
        } else if let Some(name) = name.strip_suffix("-read-only") {
            (&mut read, name)
        } else {
            (&mut opened, name.strip_suffix("-access-validated").unwrap_or(&name))
        };
        column.cells.push((name.to_owned(), n));
    }
    [opened, both, read]
}

fn rows(groups: &Groups, set: &str, kind: &str) -> Vec<(String, f64)> {
    let rows = groups.get(&format!("{set}/{kind}"));
    rows.into_iter().flatten().map(|row| (row.name.clone(), row.median)).collect()
}

fn table(page: &mut String, columns: &[Column]) {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in columns.iter().flat_map(|column| &column.cells) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    // In the order of the run, but what is ours first and what is no codec last.
    names.sort_by_key(|name| (name.starts_with("limit"), !name.starts_with("frames")));

    page.push_str("| |");
    page.extend(columns.iter().flat_map(|column| [" ", column.title, " |"]));
    page.push_str("\n|---|");
    page.extend(columns.iter().map(|_| "--:|"));
    page.push('\n');
    for name in names {
        write!(page, "| {name} |").unwrap();
        for column in columns {
            page.push_str(&column.cell(name));
        }
        page.push('\n');
    }
}

impl Column {
    fn cell(&self, name: &str) -> String {
        let best = self.cells.iter().filter(|(name, _)| is_peer(name)).map(|&(_, n)| n).min_by(f64::total_cmp);
        let (Some(&(_, n)), Some(best)) = (self.cells.iter().find(|(other, _)| other == name), best) else {
            return " – |".into();
        };
        let shown = (self.show)(n);
        if n == best && is_peer(name) {
            return format!(" **{shown}** |");
        }
        format!(" {shown} ({}) |", report::short(n / best))
    }
}

fn bytes(n: f64) -> String {
    match n {
        n if n < 1e3 => format!("{n} B"),
        n if n < 1e6 => format!("{:.1} kB", n / 1e3),
        n => format!("{:.2} MB", n / 1e6),
    }
}
