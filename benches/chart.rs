//! Bar charts as SVG: a panel a column, the smallest bar on top, ours in a colour of their own.

use crate::page::Column;
use crate::report::is_peer;
use std::fmt::Write;

const PANEL: f64 = 500.0;
/// Where bars begin in a panel, and how long the longest is.
const LEFT: f64 = 190.0;
const LONGEST: f64 = 220.0;
const BAR: f64 = 18.0;
const TITLE: f64 = 40.0;

/// All panels of a data set, two in a row.
pub(crate) fn svg(set: &str, columns: &[Column]) -> String {
    let bars = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    let panel_height = TITLE + BAR * bars as f64;
    let (width, height) = (2.0 * PANEL, TITLE + panel_height * columns.len().div_ceil(2) as f64 + BAR);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="12" y="26" font-size="18" font-weight="bold" fill="#222">{set}</text>
<text x="{}" y="26" text-anchor="end" fill="#666">shorter is better; orange: frames; grey: limits of the machine</text>
"##,
        width - 12.0
    );
    for (i, column) in columns.iter().enumerate() {
        let (x, y) = (PANEL * (i % 2) as f64, TITLE + panel_height * (i / 2) as f64);
        panel(&mut svg, column, x, y);
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(svg: &mut String, column: &Column, x: f64, y: f64) {
    let mut cells = column.cells.clone();
    cells.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (Some(&(_, least)), Some(&(_, most))) = (cells.first(), cells.last()) else { return };
    // Where one bar would hide all others, a step to the right is a power of ten.
    let powers = most > 60.0 * least;
    let length = |n: f64| if powers { (10.0 * n / least).log10() / (10.0 * most / least).log10() } else { n / most };
    let scale = if powers { " (logarithmic)" } else { "" };
    let title = column.title;
    writeln!(svg, r##"<text x="{}" y="{}" font-weight="bold" fill="#222">{title}{scale}</text>"##, x + 12.0, y + 24.0)
        .unwrap();
    for (i, (name, n)) in cells.iter().enumerate() {
        let top = y + TITLE - 6.0 + BAR * i as f64;
        let colour = match name.as_str() {
            name if name.starts_with("frames") => "#e8710a",
            name if is_peer(name) => "#4a7ab5",
            _ => "#b0b0b0",
        };
        let (start, base, bar) = (x + LEFT, top + 12.0, LONGEST * length(*n));
        writeln!(
            svg,
            r##"<text x="{:.1}" y="{base:.1}" text-anchor="end" fill="#222">{name}</text><rect x="{start:.1}" y="{top:.1}" width="{bar:.1}" height="{:.1}" fill="{colour}"/><text x="{:.1}" y="{base:.1}" fill="#222">{}</text>"##,
            start - 6.0,
            BAR - 3.0,
            start + bar + 6.0,
            (column.show)(*n)
        )
        .unwrap();
    }
}
