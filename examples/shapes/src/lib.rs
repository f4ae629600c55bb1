//! A crate that does nothing but register types: linking it is enough for a program to find them by name.
//! See the example `plugin`.

use frames_core::{Array, FrameSerialize, register};

/// A circle.
///
/// ```
/// assert_eq!(shapes::Circle { radius: 1.0 }.radius, 1.0);
/// ```
#[derive(Clone, Debug, PartialEq, FrameSerialize)]
pub struct Circle {
    /// In metres.
    pub radius: f64,
}

/// A polygon. Its name is pinned, so that it may move to another module; values that were sent before it was renamed are read too.
///
/// ```
/// assert!(shapes::Polygon { xs: vec![0.0].into(), ys: vec![0.0].into() }.xs.len() == 1);
/// ```
#[derive(Clone, Debug, PartialEq, FrameSerialize)]
#[frames(name = "shapes::Polygon", alias = "shapes::ClosedPath")]
pub struct Polygon {
    /// The first coordinates of the corners.
    pub xs: Array<f64>,
    /// The second coordinates of the corners.
    pub ys: Array<f64>,
}

/// A grid of any element; instances are registered one by one.
///
/// ```
/// assert_eq!(shapes::Grid { cells: vec![1u8, 2] }.cells.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, FrameSerialize)]
pub struct Grid<T> {
    /// The cells, row by row.
    pub cells: Vec<T>,
}

register!(Grid<f32>);
