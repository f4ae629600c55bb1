//! Many records against the released `distributed`, continued: enums, lists, maps, values in their own form, recursive and
//! generic records, attributes, no rows and many, DataFrames, and lists of numbers that travel uncopied.

mod support;

#[path = "support/records.rs"]
mod records;

use frames_core::bytes::Bytes;
use frames_core::{Array, FrameSerialize, Frames, Header, HeaderRef, NdArray, Result, deserialize, serialize};
use records::{ALONE, IN_A_MESSAGE, POINTS, Point, from_python, point, received, refused, same, travel};
use std::collections::BTreeMap;
use std::time::Duration;
use support::peer::peer;

/// A unit-only enum whose codes take two bytes.
macro_rules! many {
    ($($name:ident)*) => {
        #[derive(FrameSerialize, Debug, PartialEq, Clone, Copy)]
        #[allow(clippy::upper_case_acronyms, reason = "hexadecimal numbers")]
        enum Many { $($name),* }
    };
}
many! {
    V00 V01 V02 V03 V04 V05 V06 V07 V08 V09 V0A V0B V0C V0D V0E V0F V10 V11 V12 V13 V14 V15 V16 V17 V18 V19 V1A V1B V1C V1D
    V1E V1F V20 V21 V22 V23 V24 V25 V26 V27 V28 V29 V2A V2B V2C V2D V2E V2F V30 V31 V32 V33 V34 V35 V36 V37 V38 V39
    V3A V3B V3C V3D V3E V3F V40 V41 V42 V43 V44 V45 V46 V47 V48 V49 V4A V4B V4C V4D V4E V4F V50 V51 V52 V53 V54 V55
    V56 V57 V58 V59 V5A V5B V5C V5D V5E V5F V60 V61 V62 V63 V64 V65 V66 V67 V68 V69 V6A V6B V6C V6D V6E V6F V70 V71
    V72 V73 V74 V75 V76 V77 V78 V79 V7A V7B V7C V7D V7E V7F V80 V81 V82 V83 V84 V85 V86 V87 V88 V89 V8A V8B V8C V8D
    V8E V8F V90 V91 V92 V93 V94 V95 V96 V97 V98 V99 V9A V9B V9C V9D V9E V9F VA0 VA1 VA2 VA3 VA4 VA5 VA6 VA7 VA8 VA9
    VAA VAB VAC VAD VAE VAF VB0 VB1 VB2 VB3 VB4 VB5 VB6 VB7 VB8 VB9 VBA VBB VBC VBD VBE VBF VC0 VC1 VC2 VC3 VC4 VC5
    VC6 VC7 VC8 VC9 VCA VCB VCC VCD VCE VCF VD0 VD1 VD2 VD3 VD4 VD5 VD6 VD7 VD8 VD9 VDA VDB VDC VDD VDE VDF VE0 VE1
    VE2 VE3 VE4 VE5 VE6 VE7 VE8 VE9 VEA VEB VEC VED VEE VEF VF0 VF1 VF2 VF3 VF4 VF5 VF6 VF7 VF8 VF9 VFA VFB VFC VFD
    VFE VFF V100
}

#[derive(FrameSerialize, Debug, PartialEq, Clone, Copy)]
#[frames(rename_all = "kebab-case")]
enum Level {
    Info,
    VeryBad,
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Names {
    level: Level,
    maybe: Option<Level>,
    many: Many,
    perhaps: Option<Many>,
}

#[test]
fn unit_only_enums_are_text() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let rows = vec![
        Names { level: Level::VeryBad, maybe: None, many: Many::V100, perhaps: Some(Many::VFF) },
        Names { level: Level::Info, maybe: Some(Level::Info), many: Many::V00, perhaps: None },
        Names { level: Level::Info, maybe: Some(Level::VeryBad), many: Many::V80, perhaps: Some(Many::V100) },
    ];
    let expect = "{'level': ('very-bad', 'info', 'info'), 'maybe': (None, 'info', 'very-bad'), \
        'many': ('V100', 'V00', 'V80'), 'perhaps': ('VFF', None, 'V100')}";
    travel(p, &rows, expect);
    travel(p, &rows[..0].to_vec(), "{'level': (), 'maybe': (), 'many': (), 'perhaps': ()}");
    from_python(p, &rows, &format!("{{k: list(v) for k, v in {expect}.items()}}"));
    from_python(p, &rows, &format!("(lambda c: [dict(zip(c, row)) for row in zip(*c.values())])({expect})"));
    refused::<Vec<Names>>(
        p,
        &expect.replace("'info', 'info')", "'infos', 'info')"),
        "level[1]: there is no variant \"infos\"",
    );
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
enum Event {
    Start,
    Moved { x: f64, y: f64 },
    Named(String),
    Pair(u8, u8),
    Raw(Vec<f64>),
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Own {
    event: Event,
    maybe: Option<Event>,
    map: BTreeMap<String, i64>,
    layers: BTreeMap<u8, Vec<f64>>,
    raw: Vec<u8>,
    bytes: Bytes,
    wide: u128,
    time: Duration,
    result: std::result::Result<u8, String>,
    grid: NdArray,
}

/// An array whose dtype only its header knows.
fn grid(n: u8) -> NdArray {
    let numbers = vec![f32::from(n); 4];
    let (header, frames) = serialize(&numbers).unwrap();
    deserialize(&header, frames.into_owned()).unwrap()
}

#[test]
fn data_enums_and_maps_travel_element_by_element() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let row = |event: Event, n: u8| Own {
        maybe: (n > 0).then(|| event.clone()),
        event,
        map: (0..n).map(|i| (format!("k{i}"), -1)).collect(),
        layers: (0..n).map(|i| (i, vec![0.5])).collect(),
        raw: vec![n; n.into()],
        bytes: vec![n; usize::from(n) * 5000].into(),
        wide: (1 << 64) - 1 - u128::from(n),
        time: Duration::new(n.into(), 5),
        result: if n == 0 { Ok(1) } else { Err("no".into()) },
        grid: grid(n),
    };
    let rows = vec![
        row(Event::Start, 0),
        row(Event::Moved { x: 1.5, y: 2.5 }, 1),
        row(Event::Named("n".into()), 2),
        row(Event::Pair(1, 2), 0),
    ];
    let expect = "{'event': ('Start', {'Moved': {'x': 1.5, 'y': 2.5}}, {'Named': 'n'}, {'Pair': (1, 2)}), \
        'maybe': {'present': np.array([0, 1, 1, 0], '?'), \
            'values': ({'Moved': {'x': 1.5, 'y': 2.5}}, {'Named': 'n'})}, \
        'map': ({}, {'k0': -1}, {'k0': -1, 'k1': -1}, {}), \
        'layers': [{}, {0: np.array([0.5])}, {0: np.array([0.5]), 1: np.array([0.5])}, {}], \
        'raw': (b'', b'\\1', b'\\2\\2', b''), 'bytes': [b'', b'\\1' * 5000, b'\\2' * 10000, b''], \
        'wide': (2**64 - 1, 2**64 - 2, 2**64 - 3, 2**64 - 1), \
        'time': tuple({'secs': n, 'nanos': 5} for n in (0, 1, 2, 0)), \
        'result': ({'Ok': 1}, {'Err': 'no'}, {'Err': 'no'}, {'Ok': 1}), \
        'grid': [np.full(4, n, 'f4') for n in (0, 1, 2, 0)]}";
    travel(p, &rows, expect);
    // One event with a frame, and all of them have headers.
    let framed = vec![rows[0].clone(), Own { event: Event::Raw(vec![1.5]), maybe: None, ..rows[0].clone() }];
    let expect = "{'event': ['Start', {'Raw': np.array([1.5])}], \
        'maybe': {'present': np.array([0, 0], '?'), 'values': ()}, 'map': ({}, {}), 'layers': ({}, {}), \
        'raw': (b'', b''), 'bytes': (b'', b''), 'wide': (2**64 - 1,) * 2, 'time': ({'secs': 0, 'nanos': 5},) * 2, \
        'result': ({'Ok': 1},) * 2, 'grid': [np.zeros(4, 'f4')] * 2}";
    travel(p, &framed, expect);
    from_python(p, &framed, &expect.replace("({}, {})", "[{}, {}]").replace("(b'', b'')", "[b'', b'']"));
}

#[derive(FrameSerialize, Debug, PartialEq, Clone, Default)]
struct Lists {
    numbers: Vec<i16>,
    deep: Vec<Vec<Vec<u8>>>,
    deeper: Vec<Vec<Vec<i16>>>,
    texts: Vec<String>,
    gaps: Vec<Option<f32>>,
    records: Vec<Point>,
    maybe: Option<Vec<bool>>,
    shared: Array<u32>,
    pairs: Vec<(u8, String)>,
    events: Vec<Event>,
    tail: Box<[Point]>,
}

#[test]
fn lists_are_offsets_and_the_column_of_all_elements() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let row = |n: u8| Lists {
        numbers: (0..n.into()).collect(),
        deep: vec![vec![vec![n; n.into()]]; n.into()],
        deeper: (0..n).map(|i| vec![vec![i.into()]; i.into()]).collect(),
        texts: (0..n).map(|i| i.to_string()).collect(),
        gaps: (0..n).map(|i| (i > 0).then_some(0.5)).collect(),
        records: (0..n).map(point).collect(),
        maybe: (n > 0).then(|| vec![true; n.into()]),
        shared: vec![7; n.into()].into(),
        pairs: (0..n).map(|i| (i, "t".into())).collect(),
        events: (0..n).map(|i| if i == 0 { Event::Start } else { Event::Pair(i, n) }).collect(),
        tail: (0..n).map(point).collect(),
    };
    let rows = vec![row(2), row(0), row(1)];
    let expect = format!(
        "(lambda points, o: {{'numbers': o([0, 2, 2, 3], np.array([0, 1, 0], 'i2')), \
        'deep': o([0, 2, 2, 3], o([0, 1, 2, 3], (b'\\2\\2', b'\\2\\2', b'\\1'))), \
        'deeper': o([0, 2, 2, 3], o([0, 0, 1, 1], o([0, 1], np.array([1], 'i2')))), \
        'texts': o([0, 2, 2, 3], ('0', '1', '0')), \
        'gaps': o([0, 2, 2, 3], corpus.masked([None, 0.5, None], 'f4')), \
        'records': o([0, 2, 2, 3], points(0, 1, 0)), \
        'maybe': {{'present': np.array([1, 0, 1], '?'), 'values': o([0, 2, 3], np.ones(3, '?'))}}, \
        'shared': o([0, 2, 2, 3], np.full(3, 7, 'u4')), \
        'pairs': o([0, 2, 2, 3], {{'0': np.array([0, 1, 0], 'u1'), '1': ('t',) * 3}}), \
        'events': o([0, 2, 2, 3], ('Start', {{'Pair': (1, 2)}}, 'Start')), \
        'tail': o([0, 2, 2, 3], points(0, 1, 0))}})\
        ({POINTS}, lambda o, v: {{'offsets': np.array(o, 'i8'), 'values': v}})"
    );
    travel(p, &rows, &expect);
    let of_none = format!(
        "(lambda points, o: {{'numbers': o(np.empty(0, 'i2')), 'deep': o(o(())), 'deeper': o(o(o(np.empty(0, 'i2')))), \
        'texts': o(()), 'gaps': o(corpus.masked([], 'f4')), 'records': o(points()), \
        'maybe': {{'present': np.empty(0, '?'), 'values': o(np.empty(0, '?'))}}, 'shared': o(np.empty(0, 'u4')), \
        'pairs': o({{'0': np.empty(0, 'u1'), '1': ()}}), 'events': o(()), 'tail': o(points())}})\
        ({POINTS}, lambda v: {{'offsets': np.zeros(1, 'i8'), 'values': v}})"
    );
    travel(p, &rows[..0].to_vec(), &of_none);
    // List by list, as arrays, lists, tuples; and with offsets in another order of bytes.
    let lists = "{'numbers': [np.array([0, 1], 'i2'), [], (0,)], \
        'deep': [[[b'\\2\\2'], (b'\\2\\2',)], [], [[b'\\1']]], \
        'deeper': [[[], [[1]]], [], [[]]], 'texts': [['0', '1'], (), ['0']], 'gaps': ([None, 0.5], [], [None]), \
        'records': [{'x': np.array([0, 1], 'f4'), 'label': ['p0', 'p1']}, [], [{'x': 0.0, 'label': 'p0'}]], \
        'maybe': [np.array([True, True]), None, [True]], \
        'shared': {'offsets': np.array([0, 2, 2, 3], '>i8'), 'values': [7, 7, 7]}, \
        'pairs': [[(0, 't'), (1, 't')], [], [[0, 't']]], \
        'events': [['Start', {'Pair': (1, 2)}], [], ('Start',)], 'tail': [[], [], []]}";
    let no_tail = |r: &Lists| Lists { tail: Box::default(), ..r.clone() };
    from_python(p, &rows.iter().map(no_tail).collect::<Vec<_>>(), lists);
    for offsets in ["[1, 2, 2, 3]", "[0, 2, 1, 3]", "[0, 2, 2, 4]", "[0, 2, 2, 2]", "[0, -1, 2, 3]", "[]"] {
        let numbers = format!("{{'offsets': np.array({offsets}, 'i8'), 'values': np.zeros(3, 'i2')}}");
        let wrong = lists.replacen("[np.array([0, 1], 'i2'), [], (0,)]", &numbers, 1);
        refused::<Vec<Lists>>(p, &wrong, "numbers: the offsets of a column of lists rise from 0");
    }
}

#[test]
fn lists_of_lists_of_records_options_and_tuples_travel() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let points = |n: std::ops::Range<u8>| n.map(point).collect::<Vec<_>>();
    let expect = format!("[{POINTS}(0, 1), {POINTS}(), {POINTS}(2)]");
    travel(p, &vec![points(0..2), vec![], points(2..3)], &expect);
    travel(p, &vec![vec![points(0..1)], vec![]], &format!("[[{POINTS}(0)], []]").replace("[]", "()"));
    travel(p, &vec![Some(point(0)), None], "({'x': 0.0, 'label': 'p0'}, None)");
    travel(
        p,
        &vec![(point(0), 1u8), (point(1), 2)],
        "(({'x': 0.0, 'label': 'p0'}, 1), ({'x': 1.0, 'label': 'p1'}, 2))",
    );
    travel(p, &(points(0..2), points(2..3)), &format!("({POINTS}(0, 1), {POINTS}(2))"));
    travel(p, &Some(points(0..2)), &format!("{POINTS}(0, 1)"));
    travel(p, &BTreeMap::from([("a".to_string(), points(0..2))]), &format!("{{'a': {POINTS}(0, 1)}}"));
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Node {
    value: u8,
    next: Option<Box<Node>>,
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Tree {
    id: u8,
    name: String,
    kids: Vec<Tree>,
}

#[test]
fn recursive_records_travel() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let node = |value, next: Option<Node>| Node { value, next: next.map(Box::new) };
    let rows = vec![node(1, Some(node(2, None))), node(3, None)];
    let next = |present: &str, values: &str| format!("{{'present': np.array([{present}], '?'), 'values': {values}}}");
    let inner = format!("{{'value': np.array([2], 'u1'), 'next': {}}}", next("0", "()"));
    travel(p, &rows, &format!("{{'value': np.array([1, 3], 'u1'), 'next': {}}}", next("1, 0", &inner)));
    travel(p, &rows[..0].to_vec(), &format!("{{'value': np.empty(0, 'u1'), 'next': {}}}", next("", "()")));
    from_python(p, &rows, "[{'value': 1, 'next': {'value': 2, 'next': None}}, {'value': 3, 'next': None}]");
    let tree = |id: u8, kids| Tree { id, name: format!("n{id}"), kids };
    let rows = vec![tree(1, vec![tree(2, vec![]), tree(3, vec![tree(4, vec![])])]), tree(5, vec![])];
    let trees = |ids: &str, offsets: &str, kids: &str| {
        format!(
            "{{'id': np.array([{ids}], 'u1'), 'name': tuple(f'n{{i}}' for i in [{ids}]), \
            'kids': {{'offsets': np.array([{offsets}]), 'values': {kids}}}}}"
        )
    };
    let inner = trees("2, 3", "0, 0, 1", &trees("4", "0, 0", "()"));
    travel(p, &rows, &trees("1, 5", "0, 2, 2", &inner));
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Pair<T> {
    a: T,
    b: Option<T>,
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Tuple(u8, String);
#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Meters(f64);
#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Unit;

#[derive(FrameSerialize, Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
#[frames(plain)]
struct Vertex {
    position: [f32; 3],
    id: u32,
}

#[test]
fn generic_records_and_every_other_kind_of_struct() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    fn pairs<T: Clone>(a: T) -> Vec<Pair<T>> {
        vec![Pair { a: a.clone(), b: None }, Pair { a: a.clone(), b: Some(a) }]
    }
    travel(p, &pairs(7i32), "{'a': np.array([7, 7], 'i4'), 'b': corpus.masked([None, 7], 'i4')}");
    travel(p, &pairs("t".to_string()), "{'a': ('t', 't'), 'b': (None, 't')}");
    let nested = format!("{{'a': {POINTS}(1, 1), 'b': {{'present': np.array([False, True]), 'values': {POINTS}(1)}}}}");
    travel(p, &pairs(point(1)), &nested);
    travel(
        p,
        &pairs(vec![true]),
        "{'a': {'offsets': np.array([0, 1, 2]), 'values': np.array([True, True])}, \
        'b': {'present': np.array([False, True]), \
            'values': {'offsets': np.array([0, 1]), 'values': np.array([True])}}}",
    );
    travel(
        p,
        &pairs([1u16, 2]),
        "{'a': np.array([[1, 2], [1, 2]], 'u2'), \
        'b': {'present': np.array([False, True]), 'values': np.array([[1, 2]], 'u2')}}",
    );
    travel(
        p,
        &pairs(Tuple(1, "t".into())),
        "{'a': {'0': np.array([1, 1], 'u1'), '1': ('t', 't')}, \
        'b': {'present': np.array([False, True]), 'values': {'0': np.array([1], 'u1'), '1': ('t',)}}}",
    );
    travel(p, &pairs(Meters(0.5)), "{'a': np.array([0.5, 0.5]), 'b': corpus.masked([None, 0.5], 'f8')}");
    travel(p, &pairs(Level::Info), "{'a': ('info', 'info'), 'b': (None, 'info')}");
    // Twice the value in one column, and where it may lack, flags and those that are there.
    let flagged =
        |two: &str, one: &str| format!("{{'a': {two}, 'b': {{'present': np.array([False, True]), 'values': {one}}}}}");
    travel(p, &pairs(Unit), &flagged("(None, None)", "(None,)"));
    travel(p, &pairs(()), &flagged("(None, None)", "(None,)"));
    travel(p, &pairs('c'), "{'a': ('c', 'c'), 'b': (None, 'c')}");
    travel(p, &pairs(1u128 << 63), &flagged("(2**63, 2**63)", "(2**63,)"));
    travel(p, &pairs(vec![1u8]), &flagged("(b'\\1', b'\\1')", "(b'\\1',)"));
    travel(
        p,
        &pairs((1u8, 2.5)),
        &flagged("{'0': np.ones(2, 'u1'), '1': np.full(2, 2.5)}", "{'0': np.ones(1, 'u1'), '1': np.full(1, 2.5)}"),
    );
    travel(p, &pairs(Some(7i32)), &flagged("corpus.masked([7, 7], 'i4')", "corpus.masked([7], 'i4')"));
    travel(p, &pairs(None::<i32>), &flagged("corpus.masked([None] * 2, 'i4')", "corpus.masked([None], 'i4')"));
    travel(p, &pairs(None::<String>), &flagged("(None, None)", "(None,)"));
    travel(p, &pairs(Some("t".to_string())), &flagged("('t', 't')", "('t',)"));
    travel(p, &pairs(Box::new(7i32)), &flagged("np.full(2, 7, 'i4')", "np.full(1, 7, 'i4')"));
    travel(p, &pairs(Event::Start), &flagged("('Start', 'Start')", "('Start',)"));
    let raw = "{'Raw': np.array([0.5])}";
    travel(p, &pairs(Event::Raw(vec![0.5])), &flagged(&format!("[{raw}, {raw}]"), &format!("[{raw}]")));
    let vertex = Vertex { position: [0.5; 3], id: 7 };
    let one = "{'position': np.full((1, 3), 0.5, 'f4'), 'id': np.full(1, 7, 'u4')}";
    let two = "{'position': np.full((2, 3), 0.5, 'f4'), 'id': np.full(2, 7, 'u4')}";
    travel(p, &pairs(vertex), &flagged(two, one));
    let list = |offsets: &str, values: &str| format!("{{'offsets': np.array([{offsets}]), 'values': {values}}}");
    travel(p, &pairs(vec![vertex]), &flagged(&list("0, 1, 2", two), &list("0, 1", one)));
    travel(p, &pairs([vertex]), &flagged(&list("0, 1, 2", two), &list("0, 1", one)));
}

mod as_text {
    use super::*;
    /// `1.5` as the text `"1.5"`.
    pub(crate) fn serialize(value: &f64) -> Result<(Header, Frames<'_>)> {
        let text = value.to_string();
        let (header, frames) = frames_core::serialize(&text)?;
        Ok((header, frames.into_owned()))
    }
    pub(crate) fn deserialize(header: HeaderRef<'_>, frames: Frames<'_>) -> Result<f64> {
        frames_core::deserialize::<String>(header, frames)?.parse().map_err(frames_core::Error::custom)
    }
}

#[derive(FrameSerialize, Debug, PartialEq, Clone, Default)]
#[frames(rename_all = "camelCase")]
struct Attributes {
    first_count: u16,
    #[frames(rename = "class")]
    kind: u8,
    #[frames(alias = "oldName")]
    name: String,
    #[frames(default)]
    missing: Option<u8>,
    #[frames(default)]
    tags: Vec<String>,
    #[frames(skip)]
    cache: Vec<f64>,
    #[frames(with = "as_text")]
    ratio: f64,
}

#[test]
fn attributes_shape_the_columns() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let row = |n: u8| Attributes { first_count: n.into(), kind: 3, name: "a".into(), ratio: 1.5, ..Default::default() };
    let rows = vec![row(1), row(2)];
    let required = "'firstCount': np.array([1, 2], 'u2'), 'class': np.array([3, 3], 'u1'), 'name': ('a', 'a')";
    let tags = "'tags': {'offsets': np.zeros(3, 'i8'), 'values': ()}";
    let expect =
        format!("{{{required}, 'missing': corpus.masked([None, None], 'u1'), {tags}, 'ratio': ['1.5', '1.5']}}");
    travel(p, &rows, &expect);
    // Columns in another order, under an older name, left out where there is a default; a tuple of what a function reads.
    let built = format!("{{'ratio': ('1.5', '1.5'), {}}}", required.replace("'name'", "'oldName'"));
    from_python(p, &rows, &built);
    from_python(p, &rows, "[{'firstCount': n, 'class': 3, 'oldName': 'a', 'ratio': '1.5'} for n in (1, 2)]");
    refused::<Vec<Attributes>>(p, &built.replace("'class'", "'clas'"), "no field \"clas\"");
    refused::<Vec<Attributes>>(p, &built.replace("'class': np.array([3, 3], 'u1'), ", ""), "`class` is missing");
    refused::<Vec<Attributes>>(p, &built.replace("('1.5', '1.5')", "['1.5', 'x']"), "ratio");
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Nothing {}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Small {
    id: u32,
    ok: bool,
}

#[test]
fn rows_without_fields_no_rows_and_a_million() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    // How many there are is for Rust only; Python says so by a list of as many dicts.
    let nothing = vec![Nothing {}; 3];
    let (header, frames) = serialize(&nothing).unwrap();
    p.check(header.as_bytes(), &[&[0u8; 0]; 0], "{}").unwrap();
    assert_eq!(deserialize::<Vec<Nothing>>(&header, frames).unwrap(), nothing);
    from_python(p, &nothing, "[{}, {}, {}]");
    refused::<Vec<Nothing>>(p, "{}", "columns without a field and without the count `rows`");
    let nested = vec![Pair { a: Nothing {}, b: None }, Pair { a: Nothing {}, b: Some(Nothing {}) }];
    let (header, frames) = serialize(&nested).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    let expect = "{'a': {}, 'b': {'present': np.array([False, True]), 'values': {}}}";
    p.check(header.as_bytes(), &slices, expect).unwrap();
    assert_eq!(deserialize::<Vec<Pair<Nothing>>>(&header, frames).unwrap(), nested);
    from_python(p, &nested, "{'a': [{}, {}], 'b': [None, {}]}");
    from_python(p, &Vec::<Small>::new(), "[]");
    travel(p, &Vec::<Small>::new(), "{'id': np.empty(0, 'u4'), 'ok': np.empty(0, '?')}");

    let rows: Vec<Small> = (0..1_000_000).map(|id| Small { id, ok: id % 3 == 0 }).collect();
    let (header, frames) = serialize(&rows).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    p.check(header.as_bytes(), &slices, "(lambda n: {'id': n, 'ok': n % 3 == 0})(np.arange(1_000_000, dtype='u4'))")
        .unwrap();
    same(received(p.echo(header.as_bytes(), &slices, "", &ALONE).unwrap()), &rows);
    assert_eq!(deserialize::<Vec<Small>>(&header, frames).unwrap(), rows);
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Reading {
    code: u16,
    value: f64,
    ok: bool,
    station: String,
    note: Option<String>,
    level: Level,
    rate: Option<f64>,
    count: Option<i64>,
    sure: Option<bool>,
}

#[test]
fn a_data_frame_of_flat_records() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let row = |code: u16, some: bool| Reading {
        code,
        value: 0.5,
        ok: some,
        station: "Zürich".into(),
        note: some.then(|| "n".into()),
        level: Level::Info,
        rate: some.then_some(1.5),
        count: some.then_some(-7),
        sure: some.then_some(true),
    };
    let rows = vec![row(1, true), row(2, false)];
    let (header, frames) = serialize(&rows).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    // pandas makes floats of integers of which one is masked, and objects of such bools.
    let frame = "{'code': np.array([1, 2], 'u2'), 'value': [0.5, 0.5], 'ok': [True, False], 'station': ['Zürich'] * 2, \
        'note': ['n', None], 'level': ['info'] * 2, 'rate': [1.5, math.nan], 'count': [-7.0, math.nan], \
        'sure': np.array([True, math.nan], object)}";
    let is_frame =
        |frame: &str| format!("pd.testing.assert_frame_equal(pd.DataFrame(x), pd.DataFrame({frame})) is None");
    p.check_where(header.as_bytes(), &slices, &is_frame(frame)).unwrap();
    // Where none is masked, each column keeps its dtype.
    let one = &rows[..1].to_vec();
    let (full_header, full_frames) = serialize(one).unwrap();
    let full: Vec<&[u8]> = full_frames.iter().map(|f| f.as_slice()).collect();
    let frame = "{'code': np.array([1], 'u2'), 'value': [0.5], 'ok': [True], 'station': ['Zürich'], 'note': ['n'], \
        'level': ['info'], 'rate': [1.5], 'count': np.array([-7]), 'sure': [True]}";
    p.check_where(full_header.as_bytes(), &full, &is_frame(frame)).unwrap();
    // A frame goes back as the dict of its columns; NaN becomes a mask again, or None.
    let columns = "x = {name: column.tolist() if column.dtype in ('str', object) else column.to_numpy() \
            for name, column in frame.items()}; \
        x['count'], x['rate'] = np.ma.masked_invalid(x['count']).astype('i8'), np.ma.masked_invalid(x['rate'])";
    let filtered = format!("frame = pd.DataFrame(x).query('ok'); {columns}");
    same(received(p.echo(header.as_bytes(), &slices, &filtered, &IN_A_MESSAGE).unwrap()), &rows[..1].to_vec());
    let whole = format!(
        "frame = pd.DataFrame(x); {columns}; \
        x |= {{k: [v if v == v else None for v in x[k]] for k in ('note', 'sure')}}"
    );
    same(received(p.echo(header.as_bytes(), &slices, &whole, &IN_A_MESSAGE).unwrap()), &rows);
}

#[derive(FrameSerialize, Debug, PartialEq, Clone)]
struct Trace {
    id: u8,
    samples: Vec<f32>,
    shared: Array<u64>,
    boxed: Option<Box<[i16]>>,
    marks: Vec<Point>,
}

#[test]
fn large_lists_of_numbers_travel_uncopied() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let row = |id: u8, n: usize| Trace {
        id,
        samples: vec![id.into(); n],
        shared: vec![id.into(); n].into(),
        boxed: (id > 0).then(|| vec![id.into(); n].into()),
        marks: (0..id).map(point).collect(),
    };
    let rows = vec![row(0, 0), row(1, 2000), row(2, 1000)];
    let expect = format!(
        "(lambda points, sizes: {{'id': np.arange(3, dtype='u1'), 'samples': [np.full(n, i, 'f4') for i, n in sizes], \
        'shared': [np.full(n, i, 'u8') for i, n in sizes], \
        'boxed': {{'present': np.array([0, 1, 1], '?'), 'values': [np.full(n, i, 'i2') for i, n in sizes[1:]]}}, \
        'marks': [points(), points(0), points(0, 1)]}})({POINTS}, [(0, 0), (1, 2000), (2, 1000)])"
    );
    travel(p, &rows, &expect);
    let (_, frames) = serialize(&rows).unwrap();
    let starts: Vec<*const u8> = frames.iter().map(|f| f.as_ptr()).collect();
    for row in &rows[1..] {
        assert!(starts.contains(&row.samples.as_ptr().cast()));
        assert!(starts.contains(&row.shared.as_ptr().cast()));
        assert!(starts.contains(&row.boxed.as_ref().unwrap().as_ptr().cast()));
    }
    // Just below 4 KiB a row on the average, they are one column; just from there on, each is where it is.
    let traces = |n: usize| vec![Pair { a: vec![0.5f32; 2 * n], b: None }, Pair { a: vec![], b: None }];
    let is_list = |p: &mut support::peer::Peer, n: usize, kind: &str| {
        let rows = traces(n);
        let (header, frames) = serialize(&rows).unwrap();
        let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
        p.check_where(header.as_bytes(), &slices, &format!("type(x['a']) is {kind}")).unwrap();
    };
    is_list(p, 1023, "dict");
    is_list(p, 1024, "list");
}
