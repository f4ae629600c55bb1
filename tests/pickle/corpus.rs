//! What the registry says of every object of the corpus, and which of them it does not know.

use crate::pickles::Pickles;
use frames_core::ErrorKind;
use frames_pickle::{Buffer, Reader, Registry};

/// The objects that no constructor is for, in the order of the corpus: all others are known, in every protocol.
#[rustfmt::skip]
const UNKNOWN: &[&str] = &[
    "iter([1, 2])", "iter((1, 2))", "itertools.count(3)", "io.BytesIO(b'ab')", "io.StringIO('ab')", "Color.RED",
    "Level.LOW", "Permission.READ | Permission.WRITE", "Letter.A", "Point(1, 2.0)", "FrozenPoint(1, 2.0)",
    "Pair(1, 2)", "Plain(a=1, b='x')", "Plain()", "Slotted(1, 2)", "Both(1, 2, c=3)", "NewArgs(1)",
    "NewArgsEx(1, k=7)", "NewArgsEx(k=shared([]))", "StateSetter()", "StateSetter(5)", "self_setter()",
    "everything([1], {}, None)", "everything([], {'a': 1}, {'b': 2})", "everything(range(2), {1: 2, 3: 4}, 'x')",
    "everything(range(1001), dict.fromkeys(range(1001)), 5)",
    "everything(range(2000), dict.fromkeys(range(2000)), 5)", "Reduced(1)", "self_reduced()", "NAMED",
    "self_object()", "SubList([1, 2])", "SubList(range(1001))", "SubDict(a=1)", "SubDict.fromkeys(range(1001))",
    "SubSet({1, 2})", "SubInt(5)", "SubFloat(0.5)", "SubStr('x')", "SubBytes(b'x')", "SubTuple((1, 2))",
    "Failure('m', 4)", "Übung()", "int", "len", "list", "list.append", "[].append", "'x'.upper", "dict.fromkeys",
    "operator.add", "operator.itemgetter(0)", "operator.itemgetter(0, 1)", "operator.attrgetter('a')",
    "operator.methodcaller('f', 1, k=2)", "math.sin", "function", "Plain", "Outer.Inner", "Outer.Inner.Innermost",
    "Outer().method", "Outer.static", "Outer.of_class", "functools.partial(function, 1, k=2)", "functools.reduce",
    "range", "str", "collections.UserDict", "itertools.zip_longest", "np.sin", "np.mean", "np.float64",
    "pd.DataFrame", "list[int]", "dict[str, list[int]]", "int | str", "typing.List[int]", "typing.Optional[int]",
    "np.dtypes.StringDType()", "np.random.default_rng(0)", "np.random.RandomState(0)", "np.poly1d([1, 2])",
    "np.ma.masked", "pd.Timestamp('2024-01-01 01:02:03')", "pd.Timestamp('2024-01-01', tz='UTC')",
    "pd.Timedelta('1s')", "pd.Period('2024', 'M')", "pd.Interval(0, 1)", "pd.NaT", "pd.NA",
    "pd.Categorical(['a', 'b', 'a'])", "pd.CategoricalDtype(['a', 'b'])", "pd.DatetimeTZDtype('ns', 'UTC')",
    "pd.Int64Dtype()", "pd.StringDtype('pyarrow')", "pd.ArrowDtype(pa.int64())", "pd.DateOffset(months=1)",
    "pd.offsets.Day(2)", "pa.py_buffer(b'abc')", "pa.schema([('a', pa.int64())], metadata={'k': 'v'})",
    "pa.field('a', pa.int64())", "pa.int64()", "pa.list_(pa.int64())", "pa.timestamp('ns', 'UTC')",
    "pa.struct([('a', pa.int64())])", "pa.scalar(5)", "by_value(lambda x: x + 1)", "by_value(recursive_lambda())",
];

#[test]
fn of_the_corpus_only_these_objects_are_unknown() {
    let Some(mut python) = Pickles::start() else { return };
    let (mut unknown, mut failures, mut count) = (Vec::new(), Vec::new(), 0);
    for (name, _) in python.names() {
        let dumped = python.dump(&name);
        let buffers = dumped.buffers.iter().map(|(bytes, is_read_only)| {
            let buffer = Buffer::from(bytes.clone());
            if *is_read_only { buffer.read_only() } else { buffer }
        });
        let (inside, outside) = (Reader::new(), Reader::new().buffers(buffers));
        let mut known = Vec::new();
        for (index, pickle) in dumped.pickles.iter().enumerate().filter(|(_, pickle)| !pickle.is_empty()) {
            let reader = if index == 4 { &outside } else { &inside };
            let graph = reader.read(pickle).unwrap_or_else(|error| panic!("{name}: {error}"));
            match Registry::standard().construct(&graph, graph.root()) {
                Err(error) if error.kind() != ErrorKind::UnknownType => failures.push(format!("{name}: {error}")),
                made => known.push(made.is_ok()),
            }
        }
        count += 1;
        known.dedup();
        match known[..] {
            [true] => {}
            [false] => unknown.push(name),
            _ => failures.push(format!("{name} is known in some protocols only")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let new: Vec<&String> = unknown.iter().filter(|name| !UNKNOWN.contains(&name.as_str())).collect();
    assert!(new.is_empty(), "of {count} objects these are no longer known: {new:?}");
    assert_eq!(unknown, UNKNOWN, "what is known by now leaves the list");
}
