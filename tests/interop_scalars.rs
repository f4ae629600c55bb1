//! Python's scalar objects against the released `distributed`: Rust writes what CPython would pickle, to the byte, and Python compares; what Python
//! sends decodes at the root, in collections, lists and fields, in every form.

mod support;

use frames_core::bytes::Bytes;
use frames_core::python::{self, Complex, Date, Decimal, TimeDelta, Uuid, Zone};
use frames_core::{Array, Encoder, ErrorKind, FrameSerialize, Frames, Header, Reader, deserialize, serialize};
use frames_pickle::{Graph, ToGraph, known};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};
use support::peer::{Make, Peer, peer};

const PICKLE: Make<'static> =
    Make { serializers: &["pickle"], wrap: false, pickle_protocol: None, error_family: false };

/// An object in every place of a struct.
#[derive(Debug, Clone, PartialEq, FrameSerialize)]
struct Holder<T> {
    data: Vec<f64>,
    one: T,
    maybe: Option<T>,
    none: Option<T>,
    pair: (u8, T),
    by_name: BTreeMap<String, T>,
}

fn received((header, frames): (Vec<u8>, Vec<Vec<u8>>)) -> (Header, Frames<'static>) {
    (Header::from_bytes(header).unwrap(), frames.into_iter().map(Bytes::from).collect::<Vec<_>>().into())
}

#[track_caller]
fn to_python<T: FrameSerialize>(python: &mut Peer, value: &T, expect: &str) {
    let (header, frames) = serialize(value).unwrap();
    let slices: Vec<&[u8]> = frames.iter().map(|f| f.as_slice()).collect();
    python.check_unordered(header.as_bytes(), &slices, expect).unwrap_or_else(|e| panic!("{header}: {e}"));
}

/// A value is an object of Python's and nothing else, to the byte, and is it wherever it stands.
#[track_caller]
fn both_ways<T: FrameSerialize + PartialEq + Debug + Clone>(python: &mut Peer, value: &T, object: &str) {
    to_python(python, value, object);
    same_bytes(python, value, object);
    reads(python, value, object, &|read: &T| read == value);
    let message = {
        let (header, frames) = serialize(value).unwrap();
        support::message::with_payload(&header, &frames)
    };
    python.check_message(&message, &format!("{{'op': 'test', 'data': {object}}}")).unwrap();
    let blob = frames_core::serialize_bytes(value).unwrap();
    python.check_blob(&blob, object).unwrap();
    assert_eq!(&frames_core::deserialize_bytes::<T>(&blob.into()).unwrap(), value);
    for reader in [Reader::Any, Reader::Rust] {
        let many = vec![holder(value.clone()); 3];
        let (header, frames) = Encoder::new().reader(reader).serialize(&many).unwrap();
        assert_eq!(deserialize::<Vec<Holder<T>>>(&header, frames).unwrap(), many);
    }
    to_python(python, &holder(value.clone()), &in_holder(object));
    to_python(python, &vec![Some(value.clone()), None], &format!("[{object}, None]"));
}

fn holder<T: Clone>(value: T) -> Holder<T> {
    Holder {
        data: vec![0.0, 1.0],
        one: value.clone(),
        maybe: Some(value.clone()),
        none: None,
        pair: (7, value.clone()),
        by_name: BTreeMap::from([("k".into(), value)]),
    }
}

fn in_holder(object: &str) -> String {
    format!(
        "{{'data': np.arange(2.0), 'one': {object}, 'maybe': {object}, 'none': None, 'pair': (7, {object}), 'by_name': {{'k': {object}}}}}"
    )
}

/// The header and the pickle are those that Dask sends.
#[track_caller]
fn same_bytes<T: FrameSerialize>(python: &mut Peer, value: &T, object: &str) {
    let (header, frames) = serialize(value).unwrap();
    let (theirs, their_frames) = received(python.make(object, &PICKLE).unwrap());
    assert_eq!(header, theirs, "{object}");
    let bytes = |frames: &Frames<'_>| frames.get(0).unwrap().escape_ascii().to_string();
    assert_eq!(bytes(&frames), bytes(&their_frames), "{object}");
    assert_eq!(frames.len(), their_frames.len());
}

/// What Python sends is the value: in each protocol, in collections that Dask takes apart, in a list, in a pickled dict.
#[track_caller]
fn reads<T: FrameSerialize + Debug>(python: &mut Peer, _: &T, object: &str, is: &dyn Fn(&T) -> bool) {
    for pickle_protocol in [None, Some(4), Some(5)] {
        let (header, frames) = received(python.make(object, &Make { pickle_protocol, ..PICKLE }).unwrap());
        let read: T = deserialize(&header, frames).unwrap_or_else(|e| panic!("{object}: {e}"));
        assert!(is(&read), "{object}: {read:?}");
    }
    let list = format!("[{object}, {object}]");
    for (list, wrap) in [(&list, false), (&format!("[np.arange(1.0), *{list}][1:]"), true)] {
        let (header, frames) = received(python.make(list, &Make { wrap, ..Make::default() }).unwrap());
        let read: Vec<T> = deserialize(&header, frames).unwrap_or_else(|e| panic!("{list}: {e}\n{header}"));
        assert!(read.len() == 2 && read.iter().all(is), "{list}: {read:?}");
    }
    let dict = in_holder(object);
    for make in [PICKLE, Make::default(), Make { wrap: true, ..Make::default() }] {
        for dict in [&dict, &format!("types.SimpleNamespace(**{dict})")] {
            let (header, frames) = received(python.make(dict, &make).unwrap());
            let read: Holder<T> = deserialize(&header, frames).unwrap_or_else(|e| panic!("{dict}: {e}\n{header}"));
            let Holder { one, maybe, none, pair, by_name, .. } = &read;
            assert!(is(one) && maybe.as_ref().is_some_and(is) && none.is_none() && is(&pair.1), "{dict}: {read:?}");
            assert!(by_name.len() == 1 && is(&by_name["k"]), "{dict}: {read:?}");
        }
    }
}

/// And in a graph that is made by hand.
#[track_caller]
fn in_graph<T: ToGraph>(python: &mut Peer, value: &T, object: &str) {
    let mut graph = Graph::new();
    let root = value.to_graph(&mut graph);
    graph.set_root(root);
    let (_, frames) = received(python.make(object, &PICKLE).unwrap());
    let written = frames_pickle::write(&graph).unwrap();
    assert_eq!(written.escape_ascii().to_string(), frames.get(0).unwrap().escape_ascii().to_string(), "{object}");
}

fn delta(micros: i64) -> TimeDelta {
    TimeDelta::new(0, 0, micros).unwrap()
}

fn zones() -> Vec<(Option<Zone>, &'static str)> {
    let fixed = |micros, name: Option<&str>| Some(Zone::fixed(delta(micros), name.map(str::to_owned)).unwrap());
    vec![
        (None, "None"),
        (Some(Zone::UTC), "datetime.timezone.utc"),
        (fixed(0, Some("UTC")), "datetime.timezone(datetime.timedelta(0), 'UTC')"),
        (fixed(19_800_000_000, Some("přední")), "datetime.timezone(datetime.timedelta(seconds=19800), 'přední')"),
        (fixed(-3_601_000_007, None), "datetime.timezone(-datetime.timedelta(seconds=3601, microseconds=7))"),
        (fixed(86_399_999_999, None), "datetime.timezone(datetime.timedelta(seconds=86399, microseconds=999999))"),
        (Zone::named("Europe/Prague").ok(), "zoneinfo.ZoneInfo('Europe/Prague')"),
        (Zone::named("UTC").ok(), "zoneinfo.ZoneInfo('UTC')"),
    ]
}

#[test]
fn dates_and_times() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    for (year, month, day) in [(1, 1, 1), (2024, 2, 29), (9999, 12, 31)] {
        let (date, object) = (Date::new(year, month, day).unwrap(), format!("datetime.date({year}, {month}, {day})"));
        both_ways(p, &date, &object);
        in_graph(p, &date, &object);
    }
    for (zone, text) in zones() {
        for (fold, parts) in [(false, (0, 0, 0, 0)), (true, (2, 30, 59, 999_999))] {
            let (hour, minute, second, micros) = parts;
            let mut time = python::Time::new(hour, minute, second, micros).unwrap();
            (time.fold, time.zone) = (fold, zone.clone());
            let object = format!("datetime.time({hour}, {minute}, {second}, {micros}, {text}, fold={})", fold as u8);
            both_ways(p, &time, &object);
            let known = known::Time::from(time.clone());
            both_ways(p, &known, &object);
            in_graph(p, &known, &object);
            for (year, month, day) in [(1, 1, 1), (2024, 10, 27), (9999, 12, 31)] {
                let when = python::DateTime::new(Date::new(year, month, day).unwrap(), time.clone());
                let object = format!(
                    "datetime.datetime({year}, {month}, {day}, {hour}, {minute}, {second}, {micros}, {text}, fold={})",
                    fold as u8
                );
                same_bytes(p, &when, &object);
                let known = known::DateTime::from(when.clone());
                in_graph(p, &known, &object);
                if year == 2024 {
                    both_ways(p, &when, &object);
                    both_ways(p, &known, &object);
                } else {
                    // Python cannot tell the time in UTC of the first and last ones, which `==` asks for, and so is not asked to compare.
                    let (header, frames) = received(p.make(&object, &PICKLE).unwrap());
                    assert_eq!(deserialize::<known::DateTime>(&header, frames).unwrap(), known);
                }
            }
        }
    }
    for (days, seconds, micros) in
        [(0, 0, 0), (0, 0, -1), (999_999_999, 86_399, 999_999), (-999_999_999, 0, 0), (1, 70_000, 300)]
    {
        let delta = TimeDelta::new(days, seconds, micros).unwrap();
        let object = format!("datetime.timedelta({days}, {seconds}, {micros})");
        both_ways(p, &delta, &object);
        in_graph(p, &delta, &object);
    }
}

#[test]
fn numbers() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let long = "1".repeat(300);
    for text in [
        "0",
        "-0",
        "-0.00",
        "1.10",
        "-1.5E+30",
        "1E-2000",
        "NaN",
        "-NaN",
        "sNaN",
        "-sNaN123",
        "NaN7",
        "Infinity",
        "-Infinity",
        "9E+999999999999999999",
        &long,
    ] {
        let (number, object) = (text.parse::<Decimal>().unwrap(), format!("decimal.Decimal('{text}')"));
        both_ways(p, &number, &object);
        in_graph(p, &number, &object);
    }
    for len in [(64 << 10) - 1, 64 << 10, 100_000] {
        let (number, object) = ("7".repeat(len).parse::<Decimal>().unwrap(), format!("decimal.Decimal('7' * {len})"));
        same_bytes(p, &number, &object);
        in_graph(p, &number, &object);
    }
    for (above, below) in
        [(-3, 4), (0, 1), (1 << 70, 3), (-(1 << 70), (1 << 69) + 1), (i64::MIN.into(), 1), (128, 255), (-129, 65_536)]
    {
        let fraction = python::Fraction::new(&i128::to_le_bytes(above), &i128::to_le_bytes(below)).unwrap();
        let object = format!("fractions.Fraction({above}, {below})");
        both_ways(p, &fraction, &object);
        let known = known::Fraction::from(fraction);
        both_ways(p, &known, &object);
        in_graph(p, &known, &object);
    }
    let mut large = vec![0u8; 300];
    large[299] = 1;
    let fraction = python::Fraction::new(&large, &[3]).unwrap();
    both_ways(p, &fraction, "fractions.Fraction(2 ** (8 * 299), 3)");
    for (bytes, object) in [
        (0u128, "uuid.UUID(int=0)"),
        (u128::MAX, "uuid.UUID(int=2 ** 128 - 1)"),
        (0x1234_5678_1234_5678_1234_5678_1234_5678, "uuid.UUID('12345678-1234-5678-1234-567812345678')"),
        (300, "uuid.UUID(int=300)"),
    ] {
        let id = Uuid::new(bytes.to_be_bytes());
        both_ways(p, &id, object);
        in_graph(p, &id, object);
        both_ways(p, &uuid::Uuid::from_u128(bytes), object);
    }
    for (is_safe, text) in [(true, "safe"), (false, "unsafe")] {
        let mut id = Uuid::new([7; 16]);
        id.is_safe = Some(is_safe);
        let object = format!("uuid.UUID(bytes=b'\\7' * 16, is_safe=uuid.SafeUUID.{text})");
        both_ways(p, &id, &object);
        in_graph(p, &id, &object);
        let (header, frames) = received(p.make(&object, &PICKLE).unwrap());
        assert_eq!(deserialize::<uuid::Uuid>(&header, frames).unwrap(), uuid::Uuid::from_bytes([7; 16]));
    }
}

#[test]
fn complex_numbers() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    for (re, im, object) in [
        (1.0, -2.5, "1-2.5j"),
        (-0.0, 0.0, "complex(-0.0, 0.0)"),
        (f64::INFINITY, -0.0, "complex(math.inf, -0.0)"),
        (f64::MIN_POSITIVE, f64::MAX, "complex(2.2250738585072014e-308, 1.7976931348623157e+308)"),
    ] {
        both_ways(p, &Complex { re, im }, object);
        in_graph(p, &Complex { re, im }, object);
    }
    // To the bit, also of NaN.
    let nan = f64::from_bits(0xfff8_0000_0000_1234);
    let object = "complex(np.array([0xfff8000000001234], 'u8').view('f8')[0].item(), 1.0)";
    same_bytes(p, &Complex { re: nan, im: 1.0 }, object);
    same_bytes(p, &num_complex::Complex::new(nan, 1.0), object);
    reads(p, &Complex { re: nan, im: 1.0 }, object, &|z| z.re.to_bits() == nan.to_bits() && z.im == 1.0);
    let wide = num_complex::Complex::new(1.0, -2.5f64);
    let narrow = num_complex::Complex::new(1.0, -2.5f32);
    to_python(p, &wide, "1-2.5j");
    to_python(p, &narrow, "1-2.5j");
    reads(p, &wide, "1-2.5j", &|z| *z == wide);
    reads(p, &narrow, "1-2.5j", &|z| *z == narrow);
    reads(p, &wide, "np.complex128(1-2.5j)", &|z| *z == wide);
    reads(p, &narrow, "np.complex64(1-2.5j)", &|z| *z == narrow);
    to_python(p, &holder(wide), &in_holder("1-2.5j"));
    let (header, frames) = received(p.make("complex(0.1, 0)", &PICKLE).unwrap());
    let error = deserialize::<num_complex::Complex<f32>>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfRange, "{error}");

    // Many are one array, which is their memory.
    let (many, few) = (vec![wide, wide.conj()], vec![narrow, narrow.conj()]);
    let (_, frames) = serialize(&many).unwrap();
    assert_eq!(frames.get(0).unwrap().as_ptr(), many.as_ptr().cast());
    for swapped in ["", ".astype(np.dtype('{}').newbyteorder('S'))"] {
        let object = |dtype: &str| format!("np.array([1-2.5j, 1+2.5j], '{dtype}'){}", swapped.replace("{}", dtype));
        if swapped.is_empty() {
            to_python(p, &many, &object("c16"));
            to_python(p, &few, &object("c8"));
            to_python(p, &Array::from(many.clone()), &object("c16"));
            to_python(p, &Array::from(few.clone()), &object("c8"));
        }
        let (header, frames) = received(p.make(&object("c16"), &Make::default()).unwrap());
        assert_eq!(deserialize::<Vec<num_complex::Complex<f64>>>(&header, frames.clone()).unwrap(), many);
        let array: Array<num_complex::Complex<f64>> = deserialize(&header, frames.clone()).unwrap();
        assert_eq!(&array[..], &many[..]);
        assert!(deserialize::<Vec<num_complex::Complex<f32>>>(&header, frames).is_err(), "never cast");
        let (header, frames) = received(p.make(&object("c8"), &Make::default()).unwrap());
        assert_eq!(deserialize::<Vec<num_complex::Complex<f32>>>(&header, frames).unwrap(), few);
    }
    let (header, frames) = serialize(&many).unwrap();
    let shared = frames.into_owned();
    let at = shared.get(0).unwrap().as_ptr();
    let array: Array<num_complex::Complex<f64>> = deserialize(&header, shared).unwrap();
    assert_eq!(array.as_ptr().cast(), at, "no copy");
    for reader in [Reader::Any, Reader::Rust] {
        let rows = vec![holder(wide), holder(wide.conj())];
        let (header, frames) = Encoder::new().reader(reader).serialize(&rows).unwrap();
        assert_eq!(deserialize::<Vec<Holder<num_complex::Complex<f64>>>>(&header, frames).unwrap(), rows);
    }
}

#[test]
fn times_of_other_crates() {
    use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    let naive = NaiveDate::from_ymd_opt(2024, 10, 27).unwrap().and_hms_micro_opt(2, 30, 0, 5).unwrap();
    both_ways(p, &NaiveDate::from_ymd_opt(1, 1, 1).unwrap(), "datetime.date(1, 1, 1)");
    both_ways(p, &NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(), "datetime.date.max");
    both_ways(p, &NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(), "datetime.time.max");
    both_ways(p, &naive, "datetime.datetime(2024, 10, 27, 2, 30, 0, 5)");
    both_ways(
        p,
        &DateTime::<Utc>::from_timestamp_micros(-1).unwrap(),
        "datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, datetime.timezone.utc)",
    );
    let east = naive.and_local_timezone(FixedOffset::east_opt(3661).unwrap()).unwrap();
    both_ways(
        p,
        &east,
        "datetime.datetime(2024, 10, 27, 2, 30, 0, 5, datetime.timezone(datetime.timedelta(seconds=3661)))",
    );
    both_ways(p, &chrono::TimeDelta::microseconds(-1), "datetime.timedelta(microseconds=-1)");

    use jiff::{SignedDuration, Timestamp, civil, tz};
    both_ways(p, &civil::date(1, 1, 1), "datetime.date.min");
    both_ways(p, &civil::time(1, 2, 3, 4000), "datetime.time(1, 2, 3, 4)");
    both_ways(p, &civil::datetime(9999, 12, 31, 23, 59, 59, 999_999_000), "datetime.datetime.max");
    both_ways(p, &Timestamp::UNIX_EPOCH, "datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)");
    both_ways(p, &SignedDuration::from_micros(-1), "datetime.timedelta(microseconds=-1)");
    let zone = tz::TimeZone::get("Europe/Prague").unwrap();
    for fold in [0, 1] {
        let first = civil::datetime(2024, 10, 27, 2, 30, 0, 0).to_zoned_datetime(zone.clone()).unwrap();
        let zoned = first.checked_add(SignedDuration::from_hours(fold)).unwrap();
        both_ways(
            p,
            &zoned,
            &format!("datetime.datetime(2024, 10, 27, 2, 30, tzinfo=zoneinfo.ZoneInfo('Europe/Prague'), fold={fold})"),
        );
    }
    let fixed = Timestamp::UNIX_EPOCH.to_zoned_datetime(tz::TimeZone::fixed(tz::offset(-5)));
    both_ways(p, &fixed, "datetime.datetime(1969, 12, 31, 19, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))");

    // Of std.
    let read = |p: &mut Peer, object: &str| received(p.make(object, &PICKLE).unwrap());
    let (header, frames) =
        read(p, "datetime.datetime(1970, 1, 2, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))");
    assert_eq!(
        deserialize::<SystemTime>(&header, frames).unwrap(),
        SystemTime::UNIX_EPOCH + Duration::from_secs(86_400)
    );
    let (header, frames) = read(p, "[datetime.timedelta(1), datetime.timedelta(0, 1, 5)]");
    let lengths = vec![Duration::from_secs(86_400), Duration::new(1, 5000)];
    assert_eq!(deserialize::<Vec<Duration>>(&header, frames).unwrap(), lengths);
    let (header, frames) = read(p, "-datetime.timedelta(1)");
    let error = deserialize::<Duration>(&header, frames).unwrap_err();
    assert!(error.to_string().contains("negative timedelta"), "{error}");
    let (header, frames) = read(p, "datetime.datetime(2024, 1, 1)");
    let error = deserialize::<SystemTime>(&header, frames).unwrap_err();
    assert!(error.to_string().contains("naive datetime"), "{error}");
    // A zone of another class is nobody's here.
    let (header, frames) =
        read(p, "datetime.datetime(2024, 1, 1, tzinfo=pd.Timestamp('2024', tz='dateutil/Europe/Prague').tzinfo)");
    let error = deserialize::<python::DateTime>(&header, frames).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[test]
fn decimals_of_other_crates() {
    let Some(mut python) = peer() else { return };
    let p = &mut *python;
    for text in ["0", "1.10", "-1.500", "79228162514264337593543950335", "0.0000000000000000000000000001"] {
        both_ways(p, &text.parse::<rust_decimal::Decimal>().unwrap(), &format!("decimal.Decimal('{text}')"));
    }
    for text in ["0", "1.10", "-1.500", "1E+30", "79228162514264337593543950336.5", "1E-400"] {
        both_ways(p, &text.parse::<bigdecimal::BigDecimal>().unwrap(), &format!("decimal.Decimal('{text}')"));
    }
    let (header, frames) = received(p.make("decimal.Decimal('1E+30')", &PICKLE).unwrap());
    let error = deserialize::<rust_decimal::Decimal>(&header, frames).unwrap_err();
    assert!(error.to_string().contains("Decimal(\"1E+30\") is no rust_decimal::Decimal"), "{error}");
}

/// Arrays of numpy's times are many naive datetimes, if they are that exactly.
#[test]
fn arrays_of_datetime64() {
    use chrono::{NaiveDate, NaiveDateTime};
    let Some(mut python) = peer() else { return };
    let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let civil = |when: &NaiveDateTime| {
        jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
            .checked_add(jiff::SignedDuration::from_micros(when.and_utc().timestamp_micros()))
            .unwrap()
    };
    let fine = day(1969, 12, 31) + chrono::TimeDelta::microseconds(86_399_999_999);
    for (object, expected) in [
        ("np.array(['1969', '2024'], 'M8[Y]')", vec![day(1969, 1, 1), day(2024, 1, 1)]),
        ("np.array(['0001-01', '9999-12'], 'M8[M]')", vec![day(1, 1, 1), day(9999, 12, 1)]),
        ("np.array(['1969-12-25', '1970-01-01'], 'M8[W]')", vec![day(1969, 12, 25), day(1970, 1, 1)]),
        ("np.array(['2024-02-29', '0001-01-01'], 'M8[D]')", vec![day(2024, 2, 29), day(1, 1, 1)]),
        ("np.array(['2024-02-29'], 'M8[h]')", vec![day(2024, 2, 29)]),
        ("np.array(['2024-02-29'], 'M8[m]')", vec![day(2024, 2, 29)]),
        ("np.array(['2024-02-29'], 'M8[25s]')", vec![day(2024, 2, 29)]),
        ("np.array(['2024-02-29'], 'M8[ms]')", vec![day(2024, 2, 29)]),
        ("np.array(['1969-12-31T23:59:59.999999'], 'M8[us]')", vec![fine]),
        ("np.array(['1969-12-31T23:59:59.999999'], 'M8[ns]')", vec![fine]),
        ("np.array(['1969-12-31T23:59:59.999999'], '>M8[ns]')", vec![fine]),
        ("np.array(['1969-12-31T23:59:59.999999'] * 4, 'M8[ps]')[::2]", vec![fine; 2]),
        ("np.array([], 'M8[us]')", vec![]),
        ("[datetime.datetime(2024, 2, 29), datetime.datetime(1, 1, 1)]", vec![day(2024, 2, 29), day(1, 1, 1)]),
    ] {
        for make in [Make::default(), PICKLE] {
            let (header, frames) = received(python.make(object, &make).unwrap());
            let read = deserialize::<Vec<NaiveDateTime>>(&header, frames.clone());
            assert_eq!(read.unwrap_or_else(|e| panic!("{object}: {e}")), expected, "{object}");
            let civils: Vec<_> = expected.iter().map(civil).collect();
            assert_eq!(deserialize::<Vec<jiff::civil::DateTime>>(&header, frames).unwrap(), civils, "{object}");
        }
    }
    for (object, why) in [
        ("np.array(['NaT'], 'M8[s]')", "NaT"),
        ("np.array([1], 'M8[ps]')", "not whole"),
        ("np.array([2**62], 'M8[Y]')", "further from 1970"),
        ("np.array([2**62], 'M8[D]')", "further from 1970"),
        ("np.array([2**62], 'M8[s]')", "chrono"),
        ("np.array([1], 'm8[s]')", "array of <m8[s]"),
        ("np.array([1.0])", "array of <f8"),
        ("np.array([['2024']], 'M8[s]')", "one-dimensional"),
    ] {
        let (header, frames) = received(python.make(object, &Make::default()).unwrap());
        let error = deserialize::<Vec<NaiveDateTime>>(&header, frames).unwrap_err();
        assert!(error.to_string().contains(why), "{object}: {error}");
    }
}

/// numpy's scalars of time, and its arrays of dates and spans, for both crates.
#[test]
fn dates_and_spans_of_numpy() {
    use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
    use jiff::SignedDuration;
    let Some(mut python) = peer() else { return };
    let mut received = |object: &str, make: &Make<'_>| received(python.make(object, make).unwrap());
    let (day, civil) = (NaiveDate::from_ymd_opt(1969, 2, 28).unwrap(), jiff::civil::Date::constant(1969, 2, 28));
    let noon = day.and_hms_micro_opt(12, 0, 0, 1).unwrap();
    for make in [Make::default(), PICKLE] {
        for object in
            ["np.datetime64('1969-02-28')", "np.array('1969-02-28', '>M8[ns]')", "np.datetime64('1969-02-28', '2h')"]
        {
            let (header, frames) = received(object, &make);
            let read: NaiveDate = deserialize(&header, frames.clone()).unwrap_or_else(|e| panic!("{object}: {e}"));
            let other: NaiveDateTime = deserialize(&header, frames.clone()).unwrap();
            assert_eq!((read, other), (day, day.and_hms_opt(0, 0, 0).unwrap()), "{object}");
            assert_eq!(deserialize::<jiff::civil::Date>(&header, frames).unwrap(), civil, "{object}");
        }
        let (header, frames) = received("np.array(['1969-02-28', '1969-02-28'], 'M8[D]')", &make);
        assert_eq!(deserialize::<Vec<NaiveDate>>(&header, frames.clone()).unwrap(), [day; 2]);
        assert_eq!(deserialize::<Vec<jiff::civil::Date>>(&header, frames).unwrap(), [civil; 2]);
        let (header, frames) = received("np.datetime64('1969-02-28T12:00:00.000001')", &make);
        assert_eq!(deserialize::<NaiveDateTime>(&header, frames.clone()).unwrap(), noon);
        let error = deserialize::<NaiveDate>(&header, frames).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfRange, "{error}");

        for object in
            ["np.timedelta64(-1500, 'ms')", "np.array(-1500000, '>m8[us]')", "datetime.timedelta(seconds=-1.5)"]
        {
            let (header, frames) = received(object, &make);
            let read: TimeDelta = deserialize(&header, frames.clone()).unwrap_or_else(|e| panic!("{object}: {e}"));
            let other: SignedDuration = deserialize(&header, frames).unwrap();
            assert_eq!((read, other), (TimeDelta::milliseconds(-1500), SignedDuration::from_millis(-1500)), "{object}");
        }
        let (header, frames) = received("np.array([1, -2], 'm8[W]')", &make);
        assert_eq!(
            deserialize::<Vec<TimeDelta>>(&header, frames.clone()).unwrap(),
            [TimeDelta::weeks(1), TimeDelta::weeks(-2)]
        );
        let weeks = [7 * 86_400, -14 * 86_400].map(SignedDuration::from_secs);
        assert_eq!(deserialize::<Vec<SignedDuration>>(&header, frames).unwrap(), weeks);
        for (object, why) in [
            ("np.timedelta64(1, 'Y')", "no number of seconds"),
            ("np.timedelta64('NaT', 's')", "NaT"),
            ("np.timedelta64(5)", "array of <m8"),
            ("np.datetime64('2024-01-01')", "array of <M8[D]"),
            ("np.array([1], 'm8[s]')", "shape [1]"),
        ] {
            let (header, frames) = received(object, &make);
            let error = deserialize::<TimeDelta>(&header, frames).unwrap_err().to_string();
            assert!(error.contains(why), "{object}: {error}");
        }
    }
}

/// Several of one class in one graph share it, as they do in CPython.
#[test]
fn graphs_of_many_objects() {
    let Some(mut python) = peer() else { return };
    let mut graph = Graph::new();
    let mut number = "1.5".parse::<Decimal>().unwrap();
    let mut values = vec![number.to_graph(&mut graph)];
    number = "2".parse().unwrap();
    values.push(number.to_graph(&mut graph));
    values.push(Uuid::new([1; 16]).to_graph(&mut graph));
    values.push(Uuid::new([2; 16]).to_graph(&mut graph));
    values.push(Date::new(2024, 1, 1).unwrap().to_graph(&mut graph));
    values.push(delta(5).to_graph(&mut graph));
    values.push(
        known::DateTime::new(Date::new(2024, 1, 1).unwrap(), known::Time::new(0, 0, 0, 0).unwrap())
            .to_graph(&mut graph),
    );
    let list = graph.list(&values);
    graph.set_root(list);
    let object = "[decimal.Decimal('1.5'), decimal.Decimal('2'), uuid.UUID(bytes=b'\\1' * 16), uuid.UUID(bytes=b'\\2' * 16), \
        datetime.date(2024, 1, 1), datetime.timedelta(microseconds=5), datetime.datetime(2024, 1, 1)]";
    let (_, frames) = received(python.make(object, &PICKLE).unwrap());
    let written = frames_pickle::write(&graph).unwrap();
    assert_eq!(written.escape_ascii().to_string(), frames.get(0).unwrap().escape_ascii().to_string());
}

/// Through the pickle, through the class and its fields, and through a graph.
fn travels<T: FrameSerialize + ToGraph + PartialEq + Debug>(value: &T) {
    for reader in [Reader::Any, Reader::Rust] {
        let (header, frames) = Encoder::new().reader(reader).serialize(value).unwrap();
        assert_eq!(&deserialize::<T>(&header, frames).unwrap(), value);
    }
    let mut graph = Graph::new();
    let root = value.to_graph(&mut graph);
    graph.set_root(root);
    let (_, frames) = serialize(value).unwrap();
    assert_eq!(frames_pickle::write(&graph).unwrap(), frames.get(0).unwrap()[..]);
}

fn any_zone() -> impl Strategy<Value = Option<Zone>> {
    prop_oneof![
        Just(None),
        (-86_399_999_999i64..=86_399_999_999, proptest::option::of(".{0,300}"))
            .prop_map(|(micros, name)| Some(Zone::fixed(delta(micros), name).unwrap())),
        "[A-Za-z_+-]{1,20}(/[A-Za-z_+-]{1,20}){0,2}".prop_map(|key| Zone::named(key).ok()),
    ]
}

fn any_time() -> impl Strategy<Value = python::Time> {
    (0u8..24, 0u8..60, 0u8..60, 0u32..1_000_000, any::<bool>(), any_zone()).prop_map(|(h, m, s, micros, fold, zone)| {
        let mut time = python::Time::new(h, m, s, micros).unwrap();
        (time.fold, time.zone) = (fold, zone);
        time
    })
}

fn any_date() -> impl Strategy<Value = Date> {
    (1u16..10_000, 1u8..13, 1u8..32).prop_filter_map("a day", |(y, m, d)| Date::new(y, m, d).ok())
}

proptest! {
    #[test]
    fn times_travel(date in any_date(), time in any_time(), micros: i64, days in -999_999_998i64..999_999_998) {
        travels(&date);
        travels(&known::Time::from(time.clone()));
        travels(&known::DateTime::from(python::DateTime::new(date, time)));
        travels(&TimeDelta::new(days, 0, micros % 86_400_000_000).unwrap());
    }

    #[test]
    fn numbers_travel(
        text in "-?(0|[1-9][0-9]{0,300})(\\.[0-9]{1,50})?(E[+-]?[0-9]{1,9})?|-?s?NaN([1-9][0-9]{0,40})?|-?Infinity",
        bytes: [u8; 16],
        is_safe: Option<bool>,
        (re, im) in (any::<u64>(), any::<u64>()),
        (above, below) in (any::<i128>(), any::<i128>()),
    ) {
        travels(&text.parse::<Decimal>().unwrap());
        let mut uuid = Uuid::new(bytes);
        uuid.is_safe = is_safe;
        travels(&uuid);
        // A NaN is not equal to itself.
        let number = Complex { re: f64::from_bits(re), im: f64::from_bits(im) };
        for reader in [Reader::Any, Reader::Rust] {
            let (header, frames) = Encoder::new().reader(reader).serialize(&number).unwrap();
            let read: Complex = deserialize(&header, frames).unwrap();
            prop_assert_eq!((read.re.to_bits(), read.im.to_bits()), (re, im));
        }
        let (above, below) = (above >> 3, below >> 3);
        if below != 0 {
            let fraction = python::Fraction::new(&above.to_le_bytes(), &below.to_le_bytes()).unwrap();
            travels(&fraction);
            travels(&known::Fraction::from(fraction));
        }
    }

    #[test]
    fn times_of_other_crates_travel(date in any_date(), time in any_time(), offset in -86_399i32..=86_399) {
        fn same<T: FrameSerialize + PartialEq + Debug>(value: T) {
            for reader in [Reader::Any, Reader::Rust] {
                let (header, frames) = Encoder::new().reader(reader).serialize(&value).unwrap();
                assert_eq!(deserialize::<T>(&header, frames).unwrap(), value);
            }
        }
        let day = chrono::NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into()).unwrap();
        let clock = chrono::NaiveTime::from_hms_micro_opt(time.hour.into(), time.minute.into(), time.second.into(), time.microsecond).unwrap();
        let naive = day.and_time(clock);
        same(day);
        same(clock);
        same(naive);
        same(naive.and_utc());
        same(naive.and_local_timezone(chrono::FixedOffset::east_opt(offset).unwrap()).unwrap());
        let moment = jiff::Timestamp::from_microsecond(naive.and_utc().timestamp_micros());
        if let Ok(moment) = moment {
            same(moment);
            same(jiff::tz::Offset::UTC.to_datetime(moment));
            if (2..9999).contains(&date.year) {
                same(moment.to_zoned_datetime(jiff::tz::TimeZone::get("Europe/Prague").unwrap()));
                same(moment.to_zoned_datetime(jiff::tz::TimeZone::get("America/New_York").unwrap()));
            }
        }
    }
}

/// A header by class and fields with a bit turned: an object or an error, never a panic.
#[test]
fn damaged_headers_are_errors() {
    fn damaged<T: FrameSerialize>(value: &T) {
        let (header, _) = Encoder::new().reader(Reader::Rust).serialize(value).unwrap();
        for bit in 0..header.as_bytes().len() * 8 {
            let mut bytes = header.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(header) = Header::from_bytes(bytes) else { continue };
            if let Ok(read) = deserialize::<T>(&header, Frames::new()) {
                let (again, frames) = serialize(&read).unwrap();
                assert!(deserialize::<T>(&again, frames).is_ok());
            }
        }
    }
    let date = Date::new(2024, 2, 29).unwrap();
    for (zone, _) in zones() {
        let mut time = python::Time::new(2, 30, 0, 5).unwrap();
        time.zone = zone;
        damaged(&time);
        damaged(&known::DateTime::from(python::DateTime::new(date, time)));
    }
    damaged(&date);
    damaged(&delta(-5));
    damaged(&"-1.50E+30".parse::<Decimal>().unwrap());
    damaged(&Uuid::new([7; 16]));
    damaged(&Complex { re: 1.0, im: 2.0 });
    damaged(&python::Fraction::new(&[3], &[4]).unwrap());
    damaged(&num_complex::Complex::new(1.0f32, 2.0));
    damaged(&chrono::DateTime::<chrono::Utc>::UNIX_EPOCH);
    damaged(&chrono::TimeDelta::seconds(-5));
    damaged(&jiff::Timestamp::UNIX_EPOCH);
    damaged(&jiff::civil::date(2024, 2, 29).at(1, 2, 3, 4_000));
    damaged(&jiff::SignedDuration::from_secs(-5));
    damaged(&"1.5".parse::<rust_decimal::Decimal>().unwrap());
    damaged(&"-1.5E+40".parse::<bigdecimal::BigDecimal>().unwrap());
    damaged(&uuid::Uuid::from_bytes([7; 16]));
}
