//! The table at the end of a run: medians, and their ratios to one peer and to the best peer of each group.
//!
//! The fastest sample stands beside the median: where the two are far apart, something else was running.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

pub(crate) struct Row {
    written: SystemTime,
    pub(crate) name: String,
    /// Nanoseconds, as `fastest`.
    pub(crate) median: f64,
    pub(crate) fastest: f64,
}

/// See [`harness::run`](crate::harness::run) for names.
pub(crate) fn is_peer(name: &str) -> bool {
    !name.starts_with("frames") && !name.starts_with("limit")
}

/// The rows of each group, in the order in which they ran.
pub(crate) type Groups = BTreeMap<String, Vec<Row>>;

/// Takes up what criterion wrote under `home` after `start`.
pub(crate) fn collect(home: &Path, start: SystemTime) -> Groups {
    let mut groups = Groups::new();
    let mut directories = vec![home.to_path_buf()];
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        directories.extend(entries.flatten().map(|e| e.path()).filter(|p| p.is_dir()));
        if directory.ends_with("new") {
            if let Some((group, row)) = read(&directory).filter(|(_, row)| row.written >= start) {
                groups.entry(group).or_default().push(row);
            }
        }
    }
    for rows in groups.values_mut() {
        rows.sort_by_key(|row| row.written);
    }
    groups
}

pub(crate) fn print(groups: &Groups, anchor: &str) {
    for (group, rows) in groups {
        let anchored = rows.iter().find(|row| row.name == anchor);
        let best = best_peer(rows);
        let best_name = best.map_or("-", |row| &row.name);
        println!(
            "\n{group:<32}{:>10}{:>10}  {:>17}  x best peer ({best_name})",
            "median",
            "fastest",
            format!("x {anchor}")
        );
        for row in rows {
            let ratio = |to: Option<&Row>| to.map_or("-".into(), |to| short(row.median / to.median));
            let (median, fastest) = (time(row.median), time(row.fastest));
            println!("  {:<30}{median:>10}{fastest:>10}  {:>17}  {:>11}", row.name, ratio(anchored), ratio(best));
        }
    }
}

fn best_peer(rows: &[Row]) -> Option<&Row> {
    rows.iter().filter(|row| is_peer(&row.name)).min_by(|a, b| a.median.total_cmp(&b.median))
}

fn read(directory: &Path) -> Option<(String, Row)> {
    let json = |name: &str| serde_json::from_slice::<Value>(&fs::read(directory.join(name)).ok()?).ok();
    let (benchmark, estimates, sample) = (json("benchmark.json")?, json("estimates.json")?, json("sample.json")?);
    let numbers = |key: &str| Some(sample[key].as_array()?.iter().filter_map(Value::as_f64));
    let fastest = numbers("times")?.zip(numbers("iters")?).map(|(time, n)| time / n).min_by(f64::total_cmp)?;
    let row = Row {
        written: fs::metadata(directory.join("estimates.json")).ok()?.modified().ok()?,
        name: benchmark["function_id"].as_str()?.to_owned(),
        median: estimates["median"]["point_estimate"].as_f64()?,
        fastest,
    };
    Some((benchmark["group_id"].as_str()?.to_owned(), row))
}

pub(crate) fn short(ratio: f64) -> String {
    if (0.01..1e4).contains(&ratio) { format!("{ratio:.2}") } else { format!("{ratio:.1e}") }
}

pub(crate) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}
