//! The table at the end of a run: medians, and their ratios to one peer and to the best peer of each group.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

struct Row {
    written: SystemTime,
    name: String,
    nanoseconds: f64,
}

impl Row {
    fn is_peer(&self) -> bool {
        !self.name.starts_with("frames") && !self.name.starts_with("limit")
    }
}

/// Prints what criterion wrote under `home` after `start`, group by group.
pub(crate) fn print(home: &Path, start: SystemTime, anchor: &str) {
    let mut groups: BTreeMap<String, Vec<Row>> = BTreeMap::new();
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
    for (group, mut rows) in groups {
        rows.sort_by_key(|row| row.written);
        let anchored = rows.iter().find(|row| row.name == anchor);
        let best = rows.iter().filter(|row| row.is_peer()).min_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds));
        let best_name = best.map_or("-", |row| &row.name);
        println!("\n{group:<36}{:>12}  {:>17}  x best peer ({best_name})", "median", format!("x {anchor}"));
        for row in &rows {
            let ratio =
                |to: Option<&Row>| to.map_or("-".into(), |to| format!("{:.3}", row.nanoseconds / to.nanoseconds));
            println!("  {:<34}{:>12}  {:>17}  {:>11}", row.name, time(row.nanoseconds), ratio(anchored), ratio(best));
        }
    }
}

fn read(directory: &Path) -> Option<(String, Row)> {
    let estimates: PathBuf = directory.join("estimates.json");
    let json = |path: &Path| serde_json::from_slice::<Value>(&fs::read(path).ok()?).ok();
    let benchmark = json(&directory.join("benchmark.json"))?;
    let row = Row {
        written: fs::metadata(&estimates).ok()?.modified().ok()?,
        name: benchmark["function_id"].as_str()?.to_owned(),
        nanoseconds: json(&estimates)?["median"]["point_estimate"].as_f64()?,
    };
    Some((benchmark["group_id"].as_str()?.to_owned(), row))
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.2} us", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}
