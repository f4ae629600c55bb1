//! Objects of the standard library as Rust types: pickled by CPython in every protocol, and compared with what it says of them. And what is
//! refused: unknown callables by their full names, and arguments that no Python writes.

#[path = "pickle/corpus.rs"]
mod corpus;
#[allow(dead_code, reason = "of the peer only the corpus is asked")]
#[path = "support/pickles.rs"]
mod pickles;
mod support;

use frames_core::{Error, ErrorKind};
use frames_pickle::known::{ArrayItem, TzInfo};
use frames_pickle::{CallKind, Graph, Known, Node, Python2, Reader, Registry, Value, read};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;
use support::python;

/// What lies in an object, as the script says it.
fn plain(registry: &Registry, graph: &Graph<'_>, value: Value) -> Json {
    let all = |kind: &str, items: &mut dyn Iterator<Item = Value>| -> Json {
        [json!(kind)].into_iter().chain(items.map(|item| plain(registry, graph, item))).collect()
    };
    match graph.node(value) {
        Node::None => Json::Null,
        Node::Bool(value) => json!(value),
        Node::Int(number) => json!(number.to_string()),
        Node::Float(number) => json!(format!("float {:016x}", number.to_bits())),
        Node::Str(text) => json!(text.as_str().unwrap()),
        Node::Bytes(bytes) => json!(format!("bytes {}", hex(bytes))),
        Node::List(mut items) => all("list", &mut items),
        Node::Tuple(items) => all("tuple", &mut items.iter().copied()),
        Node::Dict(entries) => {
            [json!("dict")].into_iter().chain(entries.map(|(key, value)| pair(registry, graph, key, value))).collect()
        }
        Node::Global(class) => json!(format!("{class:?}")),
        Node::Object(_) => match registry.construct(graph, value).unwrap() {
            Known::Bytes(bytes) => json!(format!("bytes {}", hex(&bytes))),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn pair(registry: &Registry, graph: &Graph<'_>, key: Value, value: Value) -> Json {
    json!([plain(registry, graph, key), plain(registry, graph, value)])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn zone(zone: Option<&TzInfo>) -> Json {
    match zone {
        None => Json::Null,
        Some(fixed @ TzInfo::Fixed { offset, .. }) => json!(["fixed", offset.to_string(), fixed.to_string()]),
        Some(TzInfo::Zone { key }) => json!(["zone", key]),
        Some(_) => json!(["other"]),
    }
}

/// Microseconds of the epoch.
fn micros(moment: SystemTime) -> String {
    match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_micros().to_string(),
        Err(before) => format!("-{}", before.duration().as_micros()),
    }
}

/// The kind, what it is made of, and what it prints: as the script says them.
fn told(registry: &Registry, graph: &Graph<'_>, known: &Known) -> (&'static str, Json, Option<String>) {
    let plain = |value: Value| plain(registry, graph, value);
    let list = |values: &[Value]| -> Json { values.iter().map(|value| plain(*value)).collect() };
    let pairs = |entries: &[(Value, Value)]| -> Json {
        // Of equal keys the last one counts; the script has none.
        entries.iter().map(|(key, value)| pair(registry, graph, *key, *value)).collect()
    };
    let named = |entries: &[(String, Value)]| -> Json {
        entries.iter().map(|(key, value)| json!([key, plain(*value)])).collect()
    };
    match known {
        Known::Plain(value) => match graph.node(*value) {
            Node::Bytes(bytes) => ("bytes", json!(hex(bytes)), None),
            Node::ByteArray(bytes) => ("bytearray", json!(hex(bytes)), None),
            Node::Set(items) => ("set", list(&items.collect::<Vec<_>>()), None),
            Node::FrozenSet(items) => ("frozenset", list(items), None),
            other => panic!("{other:?}"),
        },
        Known::Ellipsis => ("Ellipsis", json!([]), None),
        Known::NotImplemented => ("NotImplemented", json!([]), None),
        Known::Type(of) => ("type", json!([]), Some(of.to_string())),
        Known::Object => ("object", json!([]), None),
        Known::Bytes(bytes) => ("bytes", json!(hex(bytes)), None),
        Known::ByteArray(bytes) => ("bytearray", json!(hex(bytes)), None),
        Known::Set(items) => ("set", list(items), None),
        Known::FrozenSet(items) => ("frozenset", list(items), None),
        Known::Complex(z) => {
            let bits = [z.re, z.im].map(|part| format!("{:016x}", part.to_bits()));
            ("complex", json!(bits), Some(z.to_string()))
        }
        Known::Range(range) => {
            let numbers = [range.start, range.stop, range.step].map(|number| number.to_string());
            ("range", json!(numbers), Some(range.to_string()))
        }
        Known::Slice(slice) => ("slice", list(&[slice.start, slice.stop, slice.step]), None),
        Known::Exception(e) => ("exception", json!([e.class, list(&e.args), named(&e.attributes)]), None),
        Known::Date(date) => {
            ("date", json!([date.year, date.month, date.day, date.days_since_1970()]), Some(date.to_string()))
        }
        Known::Time(t) => {
            let is = json!([t.hour, t.minute, t.second, t.microsecond, t.fold, zone(t.tzinfo.as_ref())]);
            ("time", is, Some(t.to_string()))
        }
        Known::DateTime(when) => {
            let (d, t) = (&when.date, &when.time);
            let mut naive = when.clone();
            naive.time.tzinfo = None;
            // The script leaves out the year 1, which an offset may leave.
            let utc = when.to_system_time().filter(|_| d.year > 1).map(micros);
            let numbers = json!([d.year, d.month, d.day, t.hour, t.minute, t.second, t.microsecond]);
            let mut all = numbers.as_array().unwrap().clone();
            all.extend([json!(t.fold), zone(t.tzinfo.as_ref()), json!(naive.isoformat()), json!(utc)]);
            ("datetime", all.into(), Some(when.to_string()))
        }
        Known::TimeDelta(d) => ("timedelta", json!([d.days(), d.seconds(), d.microseconds()]), Some(d.to_string())),
        Known::TzInfo(tz) => ("tzinfo", zone(Some(tz)), Some(tz.to_string())),
        Known::Decimal(d) => {
            let exponent = d.exponent().map(|exponent| exponent.to_string());
            let is = json!([d.is_negative(), d.digits(), exponent, d.is_nan(), d.is_signaling(), d.is_infinite()]);
            ("decimal", is, Some(d.to_string()))
        }
        Known::Fraction(f) => {
            ("fraction", json!([f.numerator().to_string(), f.denominator().to_string()]), Some(f.to_string()))
        }
        Known::Uuid(uuid) => ("uuid", json!([hex(&uuid.bytes), uuid.is_safe]), Some(uuid.to_string())),
        Known::Path(path) => {
            let mut is = vec![json!(path.is_windows()), json!(path.is_pure()), json!(path.is_absolute())];
            is.extend(path.parts().map(|part| json!(escaped(part.as_wtf8()))));
            ("path", is.into(), Some(path.to_string()))
        }
        Known::OrderedDict(entries) => ("OrderedDict", pairs(entries), None),
        Known::Counter(entries) => ("Counter", pairs(entries), None),
        Known::UserDict(entries) => ("UserDict", pairs(entries), None),
        Known::DefaultDict(dict) => {
            assert_eq!(dict.factory == Value::NONE, dict.factory_name.is_none());
            ("defaultdict", json!([dict.factory_name, pairs(&dict.entries)]), None)
        }
        Known::Deque(deque) => ("deque", json!([deque.maxlen.map(|most| most.to_string()), list(&deque.items)]), None),
        Known::ChainMap(maps) => ("ChainMap", list(maps), None),
        Known::UserList(items) => ("UserList", list(items), None),
        Known::UserString(text) => ("UserString", plain(*text), None),
        Known::Namespace(attributes) => ("namespace", named(attributes), None),
        Known::Array(array) => {
            let items: Vec<Json> = array
                .items(graph)
                .map(|item| match item {
                    ArrayItem::Int(number) => json!(number.to_string()),
                    ArrayItem::Float(number) => json!(format!("float {:016x}", number.to_bits())),
                    ArrayItem::Char(char) => json!(char.to_string()),
                })
                .collect();
            assert_eq!(items.len(), array.len());
            ("array", json!([array.typecode(), items]), None)
        }
        Known::Pattern(pattern) => {
            let text = match pattern.as_str() {
                Some(text) => text.to_owned(),
                None => format!("bytes {}", hex(&pattern.pattern)),
            };
            ("pattern", json!([text, pattern.flags]), None)
        }
        Known::IpAddress(address) => ("address", json!([address.scope]), Some(address.to_string())),
        Known::IpInterface(of) => ("interface", json!([of.address.to_string(), of.prefix]), Some(of.to_string())),
        Known::IpNetwork(of) => ("network", json!([of.address.to_string(), of.prefix]), Some(of.to_string())),
        Known::EnumMember(member) => ("enum", json!([member.class, plain(member.value.unwrap())]), None),
        other => panic!("{other:?}"),
    }
}

/// The one lone surrogate that the script has, as it escapes it.
fn escaped(wtf8: &[u8]) -> String {
    String::from_utf8_lossy(wtf8).replace("\u{fffd}\u{fffd}\u{fffd}", "\\udcff")
}

fn sorted(mut is: Json) -> Json {
    if let Some(items) = is.as_array_mut() {
        items.sort_by_key(Json::to_string);
    }
    is
}

#[test]
fn objects_of_python_become_what_they_are() {
    if python::skip() {
        return;
    }
    let interpreter = python::interpreter().unwrap();
    let (kinds, count) = check_with(interpreter.as_ref());
    assert!(kinds >= 36 && count > 2000, "{count} pickles of {kinds} kinds");
    // Pickles of other versions, for those who have them: paths as in PATH.
    let others = std::env::var_os("FRAMES_OTHER_PYTHONS").unwrap_or_default();
    for other in std::env::split_paths(&others).filter(|path| !path.as_os_str().is_empty()) {
        check_with(other.as_ref());
    }
}

/// What the script prints, line by line.
fn asked(interpreter: &Path) -> Vec<Json> {
    let script = python::workspace().join("tests/python/pickle_known.py");
    let output = python::isolated(interpreter).args(["-W", "ignore"]).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn check_with(interpreter: &Path) -> (usize, usize) {
    let registry = Registry::standard().clone().with_enum("__main__", "Color").with_enum("__main__", "Level");
    let (mut counts, mut wrong) = (BTreeMap::<String, usize>::new(), Vec::new());
    for line in asked(interpreter) {
        let pickle = unhex(line["pickle"].as_str().unwrap());
        let name = format!("{} in protocol {}", line["repr"].as_str().unwrap(), line["protocol"]);
        let graph = read(&pickle).unwrap_or_else(|error| panic!("{name}: {error}"));
        let known = match registry.construct(&graph, graph.root()) {
            Ok(known) => known,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let (kind, mut is, text) = told(&registry, &graph, &known);
        let mut expected = line["is"].clone();
        if kind.ends_with("set") {
            (is, expected) = (sorted(is), sorted(expected));
        }
        if (json!(kind), &is, json!(text)) != (line["kind"].clone(), &expected, line["str"].clone()) {
            let expected = json!([line["kind"], expected, line["str"]]);
            wrong.push(format!("{name}: {kind} {is} {text:?}, and Python has {expected}"));
        }
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    let count = counts.values().sum();
    println!("{}: {count} pickles: {counts:?}", interpreter.display());
    (counts.len(), count)
}

/// All that can be printed is.
fn print(graph: &Graph<'_>, known: &Known) -> String {
    let text = format!("{known:?}");
    let more = match known {
        Known::Complex(it) => it.to_string(),
        Known::Range(it) => it.to_string(),
        Known::Date(it) => format!("{it} {}", it.days_since_1970()),
        Known::Time(it) => it.to_string(),
        Known::DateTime(it) => format!("{it} {} {:?}", it.isoformat(), it.to_system_time()),
        Known::TimeDelta(it) => format!("{it} {:?}", std::time::Duration::try_from(*it).ok()),
        Known::TzInfo(it) => it.to_string(),
        Known::Decimal(it) => format!("{it} {}", it.to_f64()),
        Known::Fraction(it) => it.to_string(),
        Known::Path(it) => format!("{it} {:?}", it.to_path_buf()),
        Known::IpAddress(it) => it.to_string(),
        Known::IpInterface(it) | Known::IpNetwork(it) => it.to_string(),
        Known::Array(it) => format!("{:?}", it.items(graph).collect::<Vec<_>>()),
        _ => String::new(),
    };
    text + &more
}

#[test]
fn no_changed_pickle_makes_a_constructor_panic() {
    if python::skip() {
        return;
    }
    let registry = Registry::standard();
    let mut seen = [0; 3];
    for line in
        asked(&python::interpreter().unwrap()).iter().filter(|line| matches!(line["protocol"].as_u64(), Some(0 | 4)))
    {
        let pickle = unhex(line["pickle"].as_str().unwrap());
        for at in 0..pickle.len() {
            for other in [0, b'(', 0x7f, 0x80, 0xff, pickle[at].wrapping_add(1), pickle[at].wrapping_sub(1)] {
                let mut changed = pickle.clone();
                changed[at] = other;
                let Ok(graph) = read(&changed) else {
                    seen[0] += 1;
                    continue;
                };
                match registry.construct(&graph, graph.root()) {
                    Ok(known) => {
                        seen[1] += 1;
                        print(&graph, &known);
                    }
                    Err(error) => {
                        seen[2] += 1;
                        assert!(error.to_string().len() < 2000);
                    }
                }
            }
        }
    }
    println!("{} are no pickles, {} are known, {} are refused", seen[0], seen[1], seen[2]);
    assert!(seen.iter().all(|count| *count > 10_000), "{seen:?}");
}

/// What CPython 2.7 pickles in protocols 0 and 2, and what it prints.
#[rustfmt::skip]
const PYTHON2: &[(&[u8], &str)] = &[
    (b"cdatetime\ndate\np0\n(S'\\x07\\xe8\\x02\\x1d'\np1\ntp2\nRp3\n.", "2024-02-29"),
    (b"\x80\x02cdatetime\ndate\nq\x00U\x04\x07\xe8\x02\x1dq\x01\x85q\x02Rq\x03.", "2024-02-29"),
    (b"cdatetime\ntime\np0\n(S'\\x01\\x02\\x03\\x00\\x00\\x04'\np1\ntp2\nRp3\n.", "01:02:03.000004"),
    (b"\x80\x02cdatetime\ntime\nq\x00U\x06\x01\x02\x03\x00\x00\x04q\x01\x85q\x02Rq\x03.", "01:02:03.000004"),
    (b"cdatetime\ndatetime\np0\n(S'\\x07\\xe8\\x02\\x1d\\x0c\\x1e;\\x0fB?'\np1\ntp2\nRp3\n.", "2024-02-29 12:30:59.999999"),
    (b"\x80\x02cdatetime\ndatetime\nq\x00U\n\x07\xe8\x02\x1d\x0c\x1e;\x0fB?q\x01\x85q\x02Rq\x03.", "2024-02-29 12:30:59.999999"),
    (b"cdatetime\ntimedelta\np0\n(I1\nI2\nI3\ntp1\nRp2\n.", "1 day, 0:00:02.000003"),
    (b"cdecimal\nDecimal\np0\n(S'-1.50'\np1\ntp2\nRp3\n.", "-1.50"),
    (b"\x80\x02cdecimal\nDecimal\nq\x00U\x05-1.50q\x01\x85q\x02Rq\x03.", "-1.50"),
    (b"cfractions\nFraction\np0\n(S'-3/4'\np1\ntp2\nRp3\n.", "-3/4"),
    (b"\x80\x02cfractions\nFraction\nq\x00U\x017q\x01\x85q\x02Rq\x03.", "7"),
    (b"ccopy_reg\n_reconstructor\np0\n(cuuid\nUUID\np1\nc__builtin__\nobject\np2\nNtp3\nRp4\n(dp5\nS'int'\np6\nI5\nsb.", "00000000-0000-0000-0000-000000000005"),
    (b"\x80\x02cuuid\nUUID\nq\x00)\x81q\x01}q\x02U\x03intq\x03K\x05sb.", "00000000-0000-0000-0000-000000000005"),
    (b"ccollections\nOrderedDict\np0\n((lp1\n(lp2\nS'b'\np3\naI1\naa(lp4\nS'a'\np5\naI2\naatp6\nRp7\n.", r#"[["b","1"],["a","2"]]"#),
    (b"\x80\x02ccollections\nOrderedDict\nq\x00]q\x01(]q\x02(U\x01bq\x03K\x01e]q\x04(U\x01aq\x05K\x02ee\x85q\x06Rq\x07.", r#"[["b","1"],["a","2"]]"#),
    (b"ccollections\nCounter\np0\n((dp1\nS'a'\np2\nI2\nstp3\nRp4\n.", r#"[["a","2"]]"#),
    (b"ccollections\ndeque\np0\n((lp1\nI1\naI2\naI2\ntp2\nRp3\n.", r#"["2",["1","2"]]"#),
    (b"\x80\x02ccollections\ndeque\nq\x00]q\x01(K\x01K\x02eK\x02\x86q\x02Rq\x03.", r#"["2",["1","2"]]"#),
    (b"\x80\x02c__builtin__\ncomplex\nq\x00G?\xf0\x00\x00\x00\x00\x00\x00G\xc0\x00\x00\x00\x00\x00\x00\x00\x86q\x01Rq\x02.", "(1-2j)"),
    (b"c__builtin__\nxrange\np0\n(I1\nI9\nI2\ntp1\nRp2\n.", "range(1, 9, 2)"),
    (b"c__builtin__\nbytearray\np0\n(Va\xff\np1\nS'latin-1'\np2\ntp3\nRp4\n.", "\"61ff\""),
    (b"\x80\x02c__builtin__\nbytearray\nq\x00X\x03\x00\x00\x00a\xc3\xbfq\x01U\x07latin-1q\x02\x86q\x03Rq\x04.", "\"61ff\""),
    (b"\x80\x02cexceptions\nOSError\nq\x00K\x02U\x01xq\x01\x86q\x02Rq\x03.", r#"["OSError",["2","x"],[]]"#),
];

#[test]
fn pickles_of_python_2_are_read_as_latin1() {
    let registry = Registry::standard();
    for (pickle, expected) in PYTHON2 {
        let graph = Reader::new().python2(Python2::Latin1).read(pickle).unwrap();
        let known = registry.construct(&graph, graph.root()).unwrap_or_else(|error| panic!("{expected}: {error}"));
        let (_, is, text) = told(registry, &graph, &known);
        assert_eq!(text.unwrap_or_else(|| is.to_string()), *expected);
    }
}

/// The error of a pickle that is refused.
#[track_caller]
fn refused(pickle: &[u8]) -> (ErrorKind, String) {
    let graph = Reader::new().python2(Python2::Latin1).read(pickle).unwrap();
    match Registry::standard().construct(&graph, graph.root()) {
        Ok(known) => panic!("{graph:?} is {known:?}"),
        Err(error) => (error.kind(), error.to_string()),
    }
}

#[test]
#[rustfmt::skip]
fn unknown_callables_are_refused_by_their_full_names() {
    let cases: &[(&[u8], &str)] = &[
        (b"cos\nsystem\n(S'true'\ntR.", "`os.system`"),
        (b"cposix\nsystem\n(S'true'\ntR.", "`posix.system`"),
        // A dotted name, which protocol 4 looks up attribute by attribute.
        (b"\x80\x04\x8c\x07pathlib\x8c\x09os.system\x93\x8c\x04true\x85R.", "`pathlib.os.system`"),
        (b"\x80\x04\x8c\x08datetime\x8c\x0bsys.modules\x93)R.", "`datetime.sys.modules`"),
        (b"\x80\x04\x8c\x08datetime\x8c\x08date.min\x93)R.", "`datetime.date.min`"),
        (b"\x80\x04\x8c\x08zoneinfo\x8c\x12ZoneInfo._unpickle\x93\x8c\x03UTCK\x01\x86R.", "`zoneinfo.ZoneInfo._unpickle`"),
        // What a prefix would let through.
        (b"cnumpy.distutils.exec_command\nexec_command\n(S'true'\ntR.", "`numpy.distutils.exec_command.exec_command`"),
        (b"cnumpy.testing._private.utils\nrunstring\n(S'x'\ntR.", "`numpy.testing._private.utils.runstring`"),
        (b"cdatetime.x\ndate\n(S'true'\ntR.", "`datetime.x.date`"),
        (b"cdatetime\ndatetime_CAPI\n.", "`datetime.datetime_CAPI`"),
        (b"c_datetime\ndate\n(S'true'\ntR.", "`_datetime.date`"),
        // What calls what it is given.
        (b"cfunctools\npartial\n(cos\nsystem\ntR.", "`functools.partial`"),
        (b"coperator\nattrgetter\n(S'system'\ntR.", "`operator.attrgetter`"),
        (b"c__builtin__\neval\n(S'1'\ntR.", "`builtins.eval`"),
        (b"cimportlib\nimport_module\n(S'os'\ntR.", "`importlib.import_module`"),
        (b"cpkgutil\nresolve_name\n(S'os:system'\ntR.", "`pkgutil.resolve_name`"),
        (b"c_codecs\ndecode\n(S'x'\ntR.", "`_codecs.decode`"),
        (b"ccopyreg\n__newobj__\n(cos\nsystem\ntR.", "`os.system`"),
        (b"ccopyreg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR.", "`os.system`"),
        (b"ccopyreg\n_reconstructor\n(cm\nC\nc__builtin__\nint\nK\x01tR.", "`copyreg._reconstructor`"),
        (b"(ios\nsystem\n.", "`os.system`"),
        (b"(cos\nsystem\nS'true'\no.", "`os.system`"),
        (b"\x80\x02cos\nsystem\n)\x81.", "`os.system`"),
        (b"\x80\x04cos\nsystem\n)}\x92.", "`os.system`"),
        (b"cos\nsystem\n.", "`os.system`"),
        (b"c__builtin__\nint\n.", "`builtins.int`"),
        // getattr, alone and in chains.
        (b"c__builtin__\ngetattr\n(cos\nenviron\nS'x'\ntR.", "`builtins.getattr(os.environ, \\'x\\')`"),
        (b"c__builtin__\ngetattr\n(c__builtin__\nlist\nS'append'\ntR(]tR.", "`builtins.getattr(builtins.list, \\'append\\')`"),
        (b"c__builtin__\ngetattr\n(czoneinfo\nZoneInfo\nS'from_file'\ntR(S'x'\ntR.", "`builtins.getattr(zoneinfo.ZoneInfo, \\'from_file\\')`"),
        (b"c__builtin__\ngetattr\n(c__builtin__\ngetattr\n(cdatetime\ndate\nS'__class__'\ntRS'mro'\ntR)R.", "`builtins.getattr(builtins.getattr(datetime.date, \\'__class__\\'), \\'mro\\')`"),
        (b"cos\nsystem\n)R)R.", "`os.system(…)`"),
        (b"Pid\n.", "persistent id"),
        (b"\x80\x02\x82\x07.", "extension code 7"),
    ];
    for (pickle, name) in cases {
        let (kind, text) = refused(pickle);
        assert!(kind == ErrorKind::UnknownType && text.contains(name), "{kind:?} {text}, wanted {name}");
    }
    // The object stays, and says how it can be known.
    let graph = read(b"cos\nsystem\n(X\x04\0\0\0truetR.").unwrap();
    let error = Registry::standard().construct(&graph, graph.root()).unwrap_err();
    assert!(error.to_string().contains("Registry::with(module, name, constructor) adds it"), "{error}");
    assert_eq!(format!("{graph:?}"), r#"os.system("true")"#);
    // A long name, and one with a line's end, do not flood the log.
    let long = [b"\x80\x04X\0\x01\x01\0", &[b'm'; 65792][..], b"\x8c\x01\n\x93)R."].concat();
    let (_, text) = refused(&long);
    assert!(text.len() < 1000 && !text.contains('\n'), "{text}");
}

#[test]
fn a_callable_that_calls_make_is_described_by_its_names_however_deep() {
    let mut graph = Graph::new();
    let mut callable = graph.global("os", "system");
    for _ in 0..100_000 {
        callable = graph.call(CallKind::Reduce, callable, &[]).unwrap();
    }
    let error = Registry::standard().construct(&graph, callable).unwrap_err();
    assert!(error.to_string().starts_with("`…(…)(…)"), "{error}");
}

#[test]
#[rustfmt::skip]
fn arguments_that_no_python_writes_are_errors() {
    use ErrorKind::{Limit, Mismatch, MissingField, OutOfRange, UnknownField, Unsupported};
    let cases: &[(&[u8], ErrorKind, &str)] = &[
        (b"\x80\x03cdatetime\ndatetime\nC\x0a\x07\xe8\x0d\x01\0\0\0\0\0\0\x85R.", OutOfRange, "args[0]: expected a month from 1 to 12, found 13 (in datetime.datetime)"),
        (b"\x80\x03cdatetime\ndatetime\nC\x0b\x07\xe8\x01\x01\0\0\0\0\0\0\0\x85R.", Mismatch, "args[0]: expected 10 bytes, found 11 bytes"),
        (b"\x80\x03cdatetime\ndatetime\nC\x0a\x07\xe8\x02\x1e\0\0\0\0\0\0\x85R.", OutOfRange, "expected a day from 1 to 29, found 30"),
        (b"\x80\x03cdatetime\ndatetime\nC\x0a\x07\xe8\x02\x1d\x98\0\0\0\0\0\x85R.", OutOfRange, "expected a hour from 0 to 23, found 152"),
        (b"\x80\x03cdatetime\ndatetime\nC\x0a\x07\xe8\x02\x1d\0\0\0\x0f\x42\x40\x85R.", OutOfRange, "expected a microsecond from 0 to 999999, found 1000000"),
        (b"\x80\x03cdatetime\ndate\nC\x04\0\0\x01\x01\x85R.", OutOfRange, "expected a year from 1 to 9999, found 0"),
        (b"\x80\x03cdatetime\ndate\nC\x04\x27\x10\x01\x01\x85R.", OutOfRange, "found 10000"),
        (b"\x80\x03cdatetime\ndate\nC\x04\x07\xe7\x02\x1d\x85R.", OutOfRange, "expected a day from 1 to 28, found 29"),
        (b"\x80\x03cdatetime\ndate\n)R.", Mismatch, "expected 1 argument, found 0"),
        (b"\x80\x03cdatetime\ndate\nK\x07\x85R.", Mismatch, "args[0]: expected bytes, found int"),
        (b"\x80\x03cdatetime\ndate\nX\x05\0\0\0\xe4\xb8\x96xx\x85R.", Mismatch, "a str of Latin-1"),
        (b"\x80\x03cdatetime\ntime\nC\x06\x18\0\0\0\0\0\x85R.", OutOfRange, "expected a hour from 0 to 23, found 24"),
        (b"\x80\x03cdatetime\ntime\nC\x06\0\0\0\0\0\0K\x01\x86R.", Mismatch, "args[1]: expected a tzinfo, found int"),
        (b"\x80\x03cdatetime\ndate\nC\x04\x07\xe8\x01\x01\x85RNb.", Mismatch, "expected nothing behind the call, found a state"),
        (b"cdatetime\ntimedelta\n(J\xff\xc9\x9a;I86400\ntR.", OutOfRange, "expected days from -999999999 to 999999999, found 1000000000"),
        (b"cdatetime\ntimedelta\n(F1.5\ntR.", Mismatch, "args[0]: expected int, found float"),
        (b"cdatetime\ntimezone\n(cdatetime\ntimedelta\n(K\x01tRtR.", OutOfRange, "args[0]: expected an offset of less than a day, found 1 day, 0:00:00"),
        (b"cdatetime\ntimezone\n(K\x01tR.", Mismatch, "expected datetime.timedelta, found int"),
        (b"c__builtin__\ngetattr\n(czoneinfo\nZoneInfo\nS'_unpickle'\ntR(S'../../etc/passwd'\nK\x01tR.", Mismatch, "the key of a zone"),
        (b"c__builtin__\ngetattr\n(czoneinfo\nZoneInfo\nS'_unpickle'\ntR(S'UTC'\nK\x02tR.", Mismatch, "expected 0 or 1"),
        (b"cdecimal\nDecimal\n(S'x'\ntR.", Mismatch, "args[0]: expected a decimal number, found another text (in decimal.Decimal)"),
        (b"cdecimal\nDecimal\n(S''\ntR.", Mismatch, "a decimal number"),
        (b"cdecimal\nDecimal\n(S'1e'\ntR.", Mismatch, "a decimal number"),
        (b"cdecimal\nDecimal\n(S'1_0'\ntR.", Mismatch, "a decimal number"),
        (b"cdecimal\nDecimal\n(S'NaN1x'\ntR.", Mismatch, "a decimal number"),
        (b"cdecimal\nDecimal\n(S'1E+1000000000000000000'\ntR.", OutOfRange, "an exponent"),
        (b"cdecimal\nDecimal\n(K\x01tR.", Mismatch, "expected str, found int"),
        (b"cfractions\nFraction\n(K\x01K\x00tR.", OutOfRange, "a denominator that is not 0"),
        (b"cfractions\nFraction\n(S'1/2/3'\ntR.", Mismatch, "a fraction"),
        (b"cfractions\nFraction\n(S'0x1/2'\ntR.", Mismatch, "a fraction"),
        (b"cfractions\nFraction\n(F1.0\ntR.", Mismatch, "expected int, found float"),
        (b"\x80\x02cuuid\nUUID\n)\x81}X\x03\0\0\0int\x8a\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0sb.", OutOfRange, "state[\"int\"]: expected a number of 128 bits"),
        (b"\x80\x02cuuid\nUUID\n)\x81}X\x03\0\0\0intJ\xff\xff\xff\xffsb.", OutOfRange, "expected a number of 128 bits"),
        (b"\x80\x02cuuid\nUUID\n)\x81}X\x03\0\0\0hexK\x01sb.", UnknownField, "state[\"hex\"]"),
        (b"\x80\x02cuuid\nUUID\n)\x81}b.", MissingField, "it has no `int`"),
        (b"\x80\x02cuuid\nUUID\n)\x81]b.", Mismatch, "state: expected a dict, found list"),
        (b"\x80\x02cuuid\nUUID\n)R.", Mismatch, "expected a call of the class's __new__"),
        (b"cpathlib\nPosixPath\n(K\x01tR.", Mismatch, "expected str, found int"),
        (b"c__builtin__\nrange\n(K\x01K\x02K\x00tR.", OutOfRange, "args[2]: expected a step that is not 0"),
        (b"c__builtin__\ncomplex\n(K\x01F2\ntR.", Mismatch, "args[0]: expected float, found int"),
        (b"c__builtin__\ntype\n(K\x01tR.", Mismatch, "expected None, Ellipsis or NotImplemented, found int"),
        (b"c__builtin__\ntype\n(S'X'\n)}tR.", Mismatch, "expected 1 argument, found 3"),
        (b"c__builtin__\nslice\n(K\x01tR.", Mismatch, "expected 3 arguments"),
        (b"c__builtin__\nset\n(K\x01tR.", Mismatch, "expected list or tuple, found int"),
        (b"c__builtin__\nbytes\n(K\x01tR.", Mismatch, "expected bytes, found int"),
        (b"c__builtin__\nbytearray\n(J\xff\xff\xff\x7ftR.", Mismatch, "expected bytes, found int"),
        (b"c_codecs\nencode\n(S'cat /etc'\nS'rot13'\ntR.", Mismatch, "args[1]: expected \"latin1\", found another codec"),
        (b"c__builtin__\nUnicodeDecodeError\n(S'x'\ntR.", Mismatch, "expected 5 arguments"),
        (b"c__builtin__\nExceptionGroup\n(S'x'\n]tR.", Mismatch, "args[1]: expected exceptions, found none"),
        (b"ccollections\ndeque\n(]J\xff\xff\xff\xfftR.", OutOfRange, "args[1]: expected a number from 0"),
        (b"ccollections\ndeque\n)R(K\x01K\x02u.", Mismatch, "expected an extension by items, found a setting of items"),
        (b"ccollections\ndefaultdict\n(K\x01tR.", Mismatch, "args[0]: expected a callable or None, found int"),
        (b"ccollections\nOrderedDict\n(](K\x01tatR.", Mismatch, "args[0][0]: expected a key and a value, found 1 items"),
        (b"\x80\x02ccollections\nOrderedDict\n)\x81.", Mismatch, "expected a call of the class, found a call of its __new__"),
        (b"\x80\x02ccollections\nChainMap\n)\x81}X\x04\0\0\0mapsK\x01sb.", Mismatch, "state[\"maps\"]: expected list or tuple, found int"),
        (b"\x80\x04ccollections\nUserDict\n)}X\x01\0\0\0aK\x01s\x92.", Unsupported, "named arguments"),
        (b"cre\n_compile\n(S'x'\nI1024\ntR.", OutOfRange, "args[1]: expected a number from 0 to 511, found 1024"),
        (b"cipaddress\nIPv4Address\n(L4294967296L\ntR.", OutOfRange, "expected a number of 32 bits"),
        (b"cipaddress\nIPv4Address\n(S'1.2.3'\ntR.", Mismatch, "an IPv4 address"),
        (b"cipaddress\nIPv6Address\n(S'::%'\ntR.", Mismatch, "an IPv6 address"),
        (b"cipaddress\nIPv4Network\n(S'10.0.0.1/8'\ntR.", Mismatch, "bits of a host"),
        (b"cipaddress\nIPv4Interface\n(S'10.0.0.1/33'\ntR.", Mismatch, "a prefix up to 32"),
        (b"cipaddress\nIPv4Interface\n(S'10.0.0.1/+8'\ntR.", Mismatch, "a prefix up to 32"),
        (b"carray\narray\n(S'b'\n(I128\nltR.", OutOfRange, "args[1][0]: expected a number from -128 to 127, found 128"),
        (b"carray\narray\n(S'Q'\n(I-1\nltR.", OutOfRange, "a number of 64 bits without a sign"),
        (b"carray\narray\n(S'x'\n]tR.", Mismatch, "a typecode"),
        (b"carray\narray\n(S'd'\n(I1\nltR.", Mismatch, "args[1][0]: expected float, found int"),
        (b"carray\narray\n(S'u'\n(S'ab'\nltR.", Mismatch, "expected a character"),
        (b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0dK\x10C\x09\0\0\0\0\0\0\0\0\0tR.", Mismatch, "args[3]: expected items of 8 bytes, found 9 bytes"),
        (b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0dK\x0cC\0tR.", Mismatch, "args[2]: expected a machine format of the typecode, found 12"),
        (b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0bK\x00C\0tR.", Mismatch, "a machine format of the typecode, found 0"),
        (b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0iK\x0cC\0tR.", Mismatch, "a machine format of the typecode, found 12"),
        (b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0dK\x16C\0tR.", OutOfRange, "from 0 to 21, found 22"),
        (b"\x80\x03carray\n_array_reconstructor\n(cos\nsystem\nX\x01\0\0\0dK\x10C\0tR.", Mismatch, "args[0]: expected array.array, found another class"),
        (b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0uK\x14C\x04\0\0\x11\0tR.", Mismatch, "characters of Unicode"),
    ];
    for (pickle, kind, text) in cases {
        let (found, message) = refused(pickle);
        assert!(found == *kind && message.contains(text), "{found:?} {message}\nwanted {kind:?} {text}");
    }
    // Time that grows with the square is refused.
    let mut graph = Graph::new();
    let class = graph.global("fractions", "Fraction");
    let [above, below] = [[0x55; 5000], [0x33; 5000]].map(|bytes| graph.big_int(&bytes));
    let fraction = graph.call(CallKind::Reduce, class, &[above, below]).unwrap();
    assert_eq!(Registry::standard().construct(&graph, fraction).unwrap_err().kind(), Limit);
    let digits = graph.str(&"1".repeat(5000));
    let fraction = graph.call(CallKind::Reduce, class, &[digits]).unwrap();
    assert_eq!(Registry::standard().construct(&graph, fraction).unwrap_err().kind(), Limit);
}

#[test]
fn what_the_user_adds_and_takes_away_counts() {
    #[derive(Debug, PartialEq)]
    struct Money(String);
    let money = |graph: &Graph<'_>, object: frames_pickle::Object<'_>| match graph.node(object.args()) {
        Node::Tuple(&[text]) => match graph.node(text) {
            Node::Str(text) => Ok(Money(text.to_string_lossy().into_owned())),
            _ => Err(Error::custom("it is a text")),
        },
        _ => Err(Error::custom("one argument")),
    };
    let registry =
        Registry::new().with("decimal", "Decimal", money).with_alias(("shop", "Price.Of"), ("decimal", "Decimal"));
    let graph = read(b"\x80\x04\x8c\x04shop\x8c\x08Price.Of\x93\x8c\x019\x85R.").unwrap();
    assert_eq!(registry.construct(&graph, graph.root()).unwrap().downcast::<Money>().unwrap(), Money("9".into()));
    let graph = read(b"cdecimal\nDecimal\n(K\x01tR.").unwrap();
    let error = registry.construct(&graph, graph.root()).unwrap_err();
    assert_eq!(error.to_string(), "it is a text (in decimal.Decimal)");
    let without = Registry::standard().clone().without("decimal", "Decimal");
    assert_eq!(without.construct(&graph, graph.root()).unwrap_err().kind(), ErrorKind::UnknownType);
    assert!(Registry::standard().knows("decimal", "Decimal") && !registry.knows("datetime", "date"));
    // Names that moved are one, in both directions.
    let registry = Registry::new().with("pathlib._local", "PosixPath", money);
    assert!(registry.knows("pathlib", "PosixPath") && !registry.knows("pathlib", "_local.PosixPath"));
    // Named arguments are the user's business, and those that no one sees.
    let registry = registry.with("m", "C", |_graph, object| Ok(object.kwargs().is_some()));
    let graph = read(b"\x80\x04cm\nC\n)}X\x01\0\0\0aK\x01s\x92.").unwrap();
    assert!(registry.construct(&graph, graph.root()).unwrap().downcast::<bool>().unwrap());
    assert!(Registry::standard().construct(&graph, graph.root()).unwrap_err().to_string().contains("`m.C`"));
    let graph = read(b"cm\nC\ncm\nargs\n)RR.").unwrap();
    assert!(!registry.construct(&graph, graph.root()).unwrap().downcast::<bool>().unwrap());
    assert!(Registry::standard().construct(&graph, graph.root()).unwrap_err().to_string().contains("`m.C`"));
    // A member by its name, as Python 3.11 has some; of a class that nobody knows it is refused.
    let graph = read(b"c__builtin__\ngetattr\n(cm\nColor\nX\x03\0\0\0REDtR.").unwrap();
    let error = Registry::standard().construct(&graph, graph.root()).unwrap_err();
    assert!(error.to_string().contains("m.Color"), "{error}");
    let registry = Registry::new().with_enum("m", "Color");
    let Known::EnumMember(member) = registry.construct(&graph, graph.root()).unwrap() else { panic!() };
    assert_eq!((member.name.as_deref(), member.value), (Some("RED"), None));
    let graph = read(b"c__builtin__\ngetattr\n(cm\nColour\nX\x03\0\0\0REDtR.").unwrap();
    assert!(registry.construct(&graph, graph.root()).is_err());
}

#[test]
fn zones_of_others_stay_values_and_bytes_stay_in_the_pickle() {
    let pickle = b"\x80\x03cdatetime\ndatetime\nC\x0a\x07\xe8\x02\x1d\0\0\0\0\0\0cpytz\n_UTC\n)R\x86R.";
    let graph = read(pickle).unwrap();
    let Known::DateTime(when) = Registry::standard().construct(&graph, graph.root()).unwrap() else { panic!() };
    let Some(TzInfo::Other(zone)) = when.time.tzinfo else { panic!() };
    assert!(matches!(graph.node(zone), Node::Object(object) if object.path() == Some(("pytz", "_UTC"))));
    assert_eq!((when.to_string().as_str(), when.to_system_time()), ("2024-02-29 00:00:00[?]", None));

    let pickle = b"\x80\x03carray\n_array_reconstructor\n(carray\narray\nX\x01\0\0\0hK\x05C\x04\x01\x02\xff\xfetR.";
    let graph = read(pickle).unwrap();
    let Known::Array(array) = Registry::standard().construct(&graph, graph.root()).unwrap() else { panic!() };
    assert!(pickle.as_ptr_range().contains(&array.bytes(&graph).unwrap().as_ptr()), "not copied");
    assert_eq!(array.items(&graph).collect::<Vec<_>>(), [ArrayItem::Int(258), ArrayItem::Int(-2)], "big-endian");
    assert_eq!(array.format(), Some(5));
}

#[cfg(unix)]
#[test]
fn paths_are_those_of_this_machine_with_their_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let graph = read(b"cpathlib\nPosixPath\n(X\x01\0\0\0/X\x06\0\0\0a\xed\xb2\x80\xc3\xa9tR.").unwrap();
    let Known::Path(path) = Registry::standard().construct(&graph, graph.root()).unwrap() else { panic!() };
    assert_eq!(path.to_path_buf().unwrap().as_os_str().as_bytes(), b"/a\x80\xc3\xa9");
    let graph = read(b"cpathlib\nPosixPath\n(X\x03\0\0\0\xed\xa0\x80tR.").unwrap();
    let Known::Path(path) = Registry::standard().construct(&graph, graph.root()).unwrap() else { panic!() };
    assert_eq!(path.to_path_buf(), None, "no byte is this surrogate");
}
