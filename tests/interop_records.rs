//! Many records against the released `distributed`: the column that Python gets for numbers, text, nested records and
//! arrays, and the rows that Rust makes of what Python sends back, or builds itself. The other kinds of fields are in
//! `interop_records_kinds`.

mod support;

#[path = "support/records.rs"]
mod records;

use frames_core::{FrameSerialize, deserialize, serialize};
use records::{ALONE, IN_A_MESSAGE, POINTS, Point, from_python, point, received, refused, travel};
use support::peer::peer;

macro_rules! numbers {
    ($($type:ident $dtype:literal;)*) => {
        #[derive(FrameSerialize, Debug, PartialEq, Clone)]
        struct Numbers { $($type: $type,)* }
        #[derive(FrameSerialize, Debug, PartialEq, Clone)]
        struct Optional { $($type: Option<$type>,)* }
        const NUMBERS: &[(&str, &str)] = &[$((stringify!($type), $dtype)),*];
        impl Numbers {
            fn limits() -> [Numbers; 2] {
                [Numbers { $($type: Limits::MIN,)* }, Numbers { $($type: Limits::MAX,)* }]
            }
        }
        impl Optional {
            fn rows() -> Vec<Optional> {
                let [low, high] = Numbers::limits();
                vec![
                    Optional { $($type: Some(low.$type),)* },
                    Optional { $($type: None,)* },
                    Optional { $($type: Some(high.$type),)* },
                ]
            }
        }
    };
}

numbers! {
    bool "?"; i8 "i1"; u8 "u1"; i16 "<i2"; u16 "<u2"; i32 "<i4"; u32 "<u4"; i64 "<i8"; u64 "<u8"; f32 "<f4"; f64 "<f8";
}

/// The smallest and the largest, as std's constants are called; of bool too.
trait Limits {
    const MIN: Self;
    const MAX: Self;
}
macro_rules! limits {
    ($($type:ident)*) => { $(impl Limits for $type { const MIN: Self = $type::MIN; const MAX: Self = $type::MAX; })* };
}
limits! { i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 }
impl Limits for bool {
    const MIN: Self = false;
    const MAX: Self = true;
}

/// Each column as the same expression of its dtype `d`.
fn each(column: &str) -> String {
    let pairs: Vec<String> = NUMBERS.iter().map(|(name, dtype)| format!("('{name}', '{dtype}')")).collect();
    let limits =
        "lambda d: (False, True) if d == '?' else (lambda i: (i.min, i.max))(np.finfo(d) if 'f' in d else np.iinfo(d))";
    format!("(lambda limits: {{n: {column} for n, d in [{}]}})({limits})", pairs.join(", "))
}

#[test]
fn numbers_and_bools_are_one_array_each() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let rows = Numbers::limits().to_vec();
    travel(p, &rows, &each("np.array(limits(d), d)"));
    travel(p, &rows[..0].to_vec(), &each("np.empty(0, d)"));
    // Columns of another byte order, with gaps, backwards, that cannot be written to; lists and tuples of Python's numbers.
    from_python(p, &rows, &each("np.array(limits(d), d).astype(np.dtype(d).newbyteorder('>'))"));
    from_python(p, &rows, &each("np.array([(v, 0, 0) for v in limits(d)], d)[:, 0]"));
    from_python(p, &rows, &each("np.array(limits(d)[::-1], d)[::-1]"));
    from_python(p, &rows, &each("corpus.readonly(np.array(limits(d), d))"));
    from_python(p, &vec![rows[1].clone(); 3], &each("np.broadcast_to(np.array(limits(d)[1], d), 3)"));
    from_python(p, &rows, &each("np.array(limits(d), d).tolist()"));
    from_python(p, &rows, &each("tuple(np.array(limits(d), d).tolist())"));
    let columns = each("np.array(limits(d), d).tolist()");
    from_python(p, &rows, &format!("(lambda c: [dict(zip(c, row)) for row in zip(*c.values())])({columns})"));
    // Numbers are never rounded, and columns never cut.
    let narrow = |dtype: &str| each("np.array(limits(d), d)").replace("('u8', 'u1')", &format!("('u8', '{dtype}')"));
    refused::<Vec<Numbers>>(p, &narrow("<f4"), "u8: expected");
    refused::<Vec<Numbers>>(p, &narrow("<u2"), "u8: expected");
    refused::<Vec<Numbers>>(p, &each("np.array(limits(d) * (1 + (n == 'f32')), d)"), "this column has 4 rows");
    refused::<Vec<Numbers>>(p, &each("np.array([limits(d)], d)"), "bool: expected");
}

#[test]
fn nan_keeps_its_bits() {
    let Some(mut python) = peer() else { return };
    #[derive(FrameSerialize, Debug)]
    struct Row {
        a: f32,
        b: f64,
        c: Option<f32>,
        d: Option<f64>,
    }
    let (a, b) = (f32::from_bits(0xffc0_dead), f64::from_bits(0xfff8_0000_dead_beef));
    let rows = vec![Row { a, b, c: Some(a), d: None }, Row { a: -0.0, b: f64::INFINITY, c: None, d: Some(b) }];
    let expect = "(lambda a, b: {'a': a, 'b': b, \
        'c': np.ma.array([a[0], 0], 'f4', mask=[0, 1], fill_value=1e20), \
        'd': np.ma.array([0, b[0]], 'f8', mask=[1, 0], fill_value=1e20)})(\
        np.array([0xffc0dead, 0x80000000], 'u4').view('f4'), \
        np.array([0xfff80000deadbeef, 0x7ff0000000000000], 'u8').view('f8'))";
    let (header, frames) = serialize(&rows).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check(header.as_bytes(), &slices, expect).unwrap();
    let bits = |rows: &[Row]| {
        let each = |r: &Row| (r.a.to_bits(), r.b.to_bits(), r.c.map(f32::to_bits), r.d.map(f64::to_bits));
        rows.iter().map(each).collect::<Vec<_>>()
    };
    for theirs in
        [python.echo(header.as_bytes(), &slices, "", &IN_A_MESSAGE).unwrap(), python.make(expect, &ALONE).unwrap()]
    {
        let (header, frames) = received(theirs);
        assert_eq!(bits(&deserialize::<Vec<Row>>(&header, frames).unwrap()), bits(&rows));
    }
}

#[test]
fn numbers_that_may_lack_are_masked_arrays() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let rows = Optional::rows();
    let column = "corpus.masked([limits(d)[0], None, limits(d)[1]], d)";
    travel(p, &rows, &each(column));
    travel(p, &rows[..0].to_vec(), &each("corpus.masked([], d)"));
    travel(p, &rows[1..2].to_vec(), &each("corpus.masked([None], d)"));
    // numpy's own, whose fill value may not fit the dtype; big-endian; with gaps; with anything behind the mask.
    from_python(p, &rows, &each("np.ma.array([limits(d)[0], limits(d)[1], limits(d)[1]], d, mask=[0, 1, 0])"));
    from_python(p, &rows, &each("np.ma.masked_array(corpus.masked([limits(d)[0], None, limits(d)[1]], '>' + d[-2:]))"));
    from_python(p, &rows, &each("corpus.masked([limits(d)[0], 1, None, 1, limits(d)[1], 1], d)[::2]"));
    from_python(
        p,
        &rows,
        &each("[v if v is None else np.array(v, d).item() for v in (limits(d)[0], None, limits(d)[1])]"),
    );
    // Without a mask, as a plain array or with a mask for none, all are there.
    let all = [rows[0].clone(), rows[2].clone()].to_vec();
    from_python(p, &all, &each("np.ma.array(limits(d), d)"));
    from_python(p, &all, &each("np.ma.array(limits(d), d, mask=[0, 0])"));
    from_python(p, &all, &each("np.array(limits(d), d)"));
    refused::<Vec<Optional>>(p, &each("np.ma.array([limits(d)], d, mask=[[0, 1]])"), "bool: expected");
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Texts {
    plain: String,
    maybe: Option<String>,
    shared: Option<std::sync::Arc<str>>,
    letter: char,
}

#[test]
fn text_is_a_tuple_with_none_where_there_is_none() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let text = |plain: &str, maybe: Option<&str>| Texts {
        plain: plain.into(),
        maybe: maybe.map(Into::into),
        shared: maybe.map(Into::into),
        letter: 'ž',
    };
    let long = "ž".repeat(40_000);
    let rows = vec![text("", None), text("a", Some("")), text(&long, Some(&long)), text("🐍", None)];
    let maybe = "(None, '', 'ž' * 40_000, None)";
    let expect = format!(
        "{{'plain': ('', 'a', 'ž' * 40_000, '🐍'), 'maybe': {maybe}, 'shared': {maybe}, 'letter': ('ž',) * 4}}"
    );
    travel(p, &rows, &expect);
    travel(p, &rows[..0].to_vec(), "{'plain': (), 'maybe': (), 'shared': (), 'letter': ()}");
    from_python(p, &rows, &format!("{{k: list(v) for k, v in {expect}.items()}}"));
    from_python(p, &rows, &format!("(lambda c: [dict(zip(c, row)) for row in zip(*c.values())])({expect})"));
    let short = vec![text("a", Some("b")), text("c", Some("d"))];
    let ours = "{'plain': ('a', 'c'), 'maybe': ('b', 'd'), 'shared': ('b', 'd'), 'letter': 'žž'}";
    from_python(p, &short, &ours.replace("'žž'", "('ž', 'ž')"));
    refused::<Vec<Texts>>(p, &ours.replace("('a', 'c')", "('a', None)"), "plain[1]: expected text, found nothing");
    refused::<Vec<Texts>>(p, &ours.replace("('a', 'c')", "('a', 7)"), "plain[1]: expected text, found an integer");
}

#[derive(FrameSerialize, Debug, PartialEq, Clone, Default)]
struct Nested {
    id: u8,
    at: Point,
    boxed: Box<Point>,
    maybe: Option<Point>,
    deep: Deep,
    pair: (Point, u16),
}

#[derive(FrameSerialize, Debug, PartialEq, Clone, Default)]
struct Deep {
    inner: Option<Option<Point>>,
    unit: (),
}

#[test]
fn nested_records_are_nested_dicts() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let row = |i: u8| Nested {
        id: i,
        at: point(i),
        boxed: point(i + 1).into(),
        maybe: (i > 0).then(|| point(i)),
        deep: Deep { inner: (i > 0).then(|| (i > 1).then(|| point(i))), unit: () },
        pair: (point(i), i.into()),
    };
    let rows: Vec<Nested> = (0..3).map(row).collect();
    let expect = |n: &str, present: &str, some: &str, inner: &str, inner_some: &str| {
        format!(
            "(lambda points: {{'id': np.array([{n}], 'u1'), 'at': points({n}), \
            'boxed': points(*(i + 1 for i in [{n}])), \
            'maybe': {{'present': np.array([{present}], '?'), 'values': points({some})}}, \
            'deep': {{'inner': {{'present': np.array([{present}], '?'), \
                'values': {{'present': np.array([{inner}], '?'), 'values': points({inner_some})}}}}, \
                'unit': (None,) * len([{n}])}}, \
            'pair': {{'0': points({n}), '1': np.array([{n}], 'u2')}}}})({POINTS})"
        )
    };
    travel(p, &rows, &expect("0, 1, 2", "0, 1, 1", "1, 2", "0, 1", "2"));
    travel(p, &rows[..1].to_vec(), &expect("0", "0", "", "", ""));
    travel(p, &rows[..0].to_vec(), &expect("", "", "", "", ""));
    // Value by value where Python has no such columns: nested dicts and tuples, None where there is none.
    let dict = |i: u8| format!("{{'x': {i}.0, 'label': 'p{i}'}}");
    let one = |i: u8, boxed: u8, maybe: &str, inner: &str| {
        let at = dict(i);
        format!(
            "{{'id': {i}, 'at': {at}, 'boxed': {}, 'maybe': {maybe}, 'deep': {{'inner': {inner}, 'unit': None}}, \
            'pair': ({at}, {i})}}",
            dict(boxed)
        )
    };
    let list = format!("[{}, {}]", one(0, 1, "None", "None"), one(1, 2, &dict(1), "{'Some': None}"));
    from_python(p, &rows[..2].to_vec(), &list);
    let mixed = format!(
        "{{'id': [0, 1], 'at': [{0}, {1}], 'boxed': [{1}, {2}], 'maybe': [None, {1}], \
        'deep': {{'inner': (None, {{'Some': None}}), 'unit': [None, None]}}, 'pair': [({0}, 0), ({1}, 1)]}}",
        dict(0),
        dict(1),
        dict(2)
    );
    from_python(p, &rows[..2].to_vec(), &mixed);
    let wrong = expect("0, 1, 2", "0, 1, 1", "1, 2", "0, 1", "2");
    refused::<Vec<Nested>>(
        p,
        &wrong.replacen("points(1, 2)", "points(1)", 1),
        "maybe: 2 values are said to be there, and 1 are",
    );
    refused::<Vec<Nested>>(p, &wrong.replacen("points(0, 1, 2)", "points(0, 1)", 1), "at");
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Fixed {
    rgb: [f32; 3],
    grid: [[i16; 2]; 3],
    bytes: [u8; 4],
    flags: [bool; 2],
    names: [String; 2],
    points: [Point; 1],
    none: [f64; 0],
}

#[test]
fn fixed_arrays_are_arrays_of_more_dimensions() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let row = |i: u8| Fixed {
        rgb: [i.into(), 0.5, -1.0],
        grid: [[i.into(), 1], [2, 3], [4, 5]],
        bytes: [i, 1, 2, 3],
        flags: [i == 0, true],
        names: [format!("n{i}"), "".into()],
        points: [point(i)],
        none: [],
    };
    let rows: Vec<Fixed> = (0..2).map(row).collect();
    let numbers = "'rgb': np.array([[0, 0.5, -1], [1, 0.5, -1]], 'f4'), \
        'grid': np.array([[[0, 1], [2, 3], [4, 5]], [[1, 1], [2, 3], [4, 5]]], 'i2'), \
        'bytes': np.array([[0, 1, 2, 3], [1, 1, 2, 3]], 'u1'), 'flags': np.array([[True, True], [False, True]])";
    let rest = format!(
        "'names': {{'offsets': np.array([0, 2, 4]), 'values': ('n0', '', 'n1', '')}}, \
        'points': {{'offsets': np.array([0, 1, 2]), 'values': {POINTS}(0, 1)}}, \
        'none': {{'offsets': np.zeros(3, 'i8'), 'values': np.empty(0)}}"
    );
    travel(p, &rows, &format!("{{{numbers}, {rest}}}"));
    let of_none = format!(
        "{{'rgb': np.empty((0, 3), 'f4'), 'grid': np.empty((0, 3, 2), 'i2'), 'bytes': np.empty((0, 4), 'u1'), \
        'flags': np.empty((0, 2), '?'), 'names': {{'offsets': np.zeros(1, 'i8'), 'values': ()}}, \
        'points': {{'offsets': np.zeros(1, 'i8'), 'values': {POINTS}()}}, \
        'none': {{'offsets': np.zeros(1, 'i8'), 'values': np.empty(0)}}}}"
    );
    travel(p, &rows[..0].to_vec(), &of_none);
    // Fortran's order, big-endian, with gaps; row by row as arrays or lists.
    for change in
        ["np.asfortranarray(a)", "a.astype(a.dtype.newbyteorder())", "np.repeat(a, 2, 0)[::2]", "list(a)", "a.tolist()"]
    {
        from_python(p, &rows, &format!("{{**{{k: {change} for k, a in {{{numbers}}}.items()}}, {rest}}}"));
    }
    let lists = "'names': [('n0', ''), ['n1', '']], 'none': [[], ()], \
        'points': [[{'x': 0.0, 'label': 'p0'}], [{'x': 1.0, 'label': 'p1'}]]";
    from_python(p, &rows, &format!("{{{numbers}, {lists}}}"));
    refused::<Vec<Fixed>>(
        p,
        &format!("{{{numbers}, {rest}, 'rgb': np.ones((2, 4), 'f4')}}"),
        "rgb: expected an array of <f4 of shape [n, 3]",
    );
    refused::<Vec<Fixed>>(
        p,
        &format!("{{{numbers}, {rest}, 'rgb': np.full((2, 3), 0.1)}}"),
        "rgb[0]: expected an array of <f4, found an array of <f8 with 0.1 (f64) at [0]",
    );
}
