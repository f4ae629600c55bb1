use super::*;
use crate::{Encoder, Frames, Header, Reader, deserialize};

fn delta(micros: i128) -> TimeDelta {
    TimeDelta::from_microseconds(micros).unwrap()
}

fn when(zone: Option<Zone>) -> DateTime {
    DateTime::new(Date::new(2024, 2, 29).unwrap(), Time::new(1, 2, 3, 4).unwrap().with(true, zone))
}

/// `pickle.dumps(x, protocol=5)` of CPython 3.11, without the head.
#[track_caller]
fn is<S: Scalar + FrameSerialize + PartialEq + std::fmt::Debug>(object: S, python: &[u8]) {
    let (header, frames) = crate::serialize(&object).unwrap();
    assert_eq!(header.to_value().unwrap()["serializer"], "pickle".into());
    let pickle = frames.get(0).unwrap();
    let head = [&b"\x80\x05\x95"[..], &(python.len() as u64).to_le_bytes()].concat();
    assert_eq!(pickle[..11].escape_ascii().to_string(), head.escape_ascii().to_string());
    assert_eq!(pickle[11..].escape_ascii().to_string(), python.escape_ascii().to_string());
    // Without a crate that reads pickles.
    assert_eq!(deserialize::<S>(&header, frames).unwrap_err().kind(), ErrorKind::Family);
    let (header, frames) = Encoder::new().reader(Reader::Rust).serialize(&object).unwrap();
    assert!(frames.is_empty());
    assert_eq!(deserialize::<S>(&header, frames).unwrap(), object);
    let one_more: Frames<'_> = vec![crate::bytes::Bytes::new()].into();
    assert_eq!(deserialize::<S>(&header, one_more).unwrap_err().kind(), ErrorKind::FrameCount);
}

#[test]
fn pickles_are_those_of_cpython() {
    is(
        Date::new(2024, 2, 29).unwrap(),
        b"\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\x07\xe8\x02\x1d\x94\x85\x94R\x94.",
    );
    is(
        when(Some(Zone::UTC)),
        b"\x8c\x08datetime\x94\x8c\x08datetime\x94\x93\x94C\n\x07\xe8\x82\x1d\x01\x02\x03\x00\x00\x04\x94h\x00\x8c\x08timezone\x94\x93\x94\
          h\x00\x8c\ttimedelta\x94\x93\x94K\x00K\x00K\x00\x87\x94R\x94\x85\x94R\x94\x86\x94R\x94.",
    );
    is(
        Time::new(1, 2, 3, 4).unwrap().with(true, Some(Zone::fixed(delta(3_600_000_000), Some("CET".into())).unwrap())),
        b"\x8c\x08datetime\x94\x8c\x04time\x94\x93\x94C\x06\x81\x02\x03\x00\x00\x04\x94h\x00\x8c\x08timezone\x94\x93\x94\
          h\x00\x8c\ttimedelta\x94\x93\x94K\x00M\x10\x0eK\x00\x87\x94R\x94\x8c\x03CET\x94\x86\x94R\x94\x86\x94R\x94.",
    );
    is(
        DateTime::new(Date::new(2024, 2, 29).unwrap(), Time::new(1, 2, 3, 4).unwrap().with(false, Zone::named("Europe/Prague").ok())),
        b"\x8c\x08datetime\x94\x8c\x08datetime\x94\x93\x94C\n\x07\xe8\x02\x1d\x01\x02\x03\x00\x00\x04\x94\x8c\x08builtins\x94\
          \x8c\x07getattr\x94\x93\x94\x8c\x08zoneinfo\x94\x8c\x08ZoneInfo\x94\x93\x94\x8c\t_unpickle\x94\x86\x94R\x94\
          \x8c\rEurope/Prague\x94K\x01\x86\x94R\x94\x86\x94R\x94.",
    );
    is(
        delta(-5 * delta::DAY + 3_070_000),
        b"\x8c\x08datetime\x94\x8c\ttimedelta\x94\x93\x94J\xfb\xff\xff\xffK\x03Jp\x11\x01\x00\x87\x94R\x94.",
    );
    is(
        "-1.5E+30".parse::<Decimal>().unwrap(),
        b"\x8c\x07decimal\x94\x8c\x07Decimal\x94\x93\x94\x8c\x08-1.5E+30\x94\x85\x94R\x94.",
    );
    let mut uuid = Uuid::new((1u128 << 127 | 5).to_be_bytes());
    is(
        uuid,
        b"\x8c\x04uuid\x94\x8c\x04UUID\x94\x93\x94)\x81\x94}\x94\x8c\x03int\x94\x8a\x11\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0sb.",
    );
    uuid = Uuid { bytes: 5u128.to_be_bytes(), is_safe: Some(false) };
    is(
        uuid,
        b"\x8c\x04uuid\x94\x8c\x04UUID\x94\x93\x94)\x81\x94}\x94(\x8c\x03int\x94K\x05\x8c\x07is_safe\x94J\xff\xff\xff\xffub.",
    );
    is(
        Complex { re: 1.0, im: -0.0 },
        b"\x8c\x08builtins\x94\x8c\x07complex\x94\x93\x94G?\xf0\0\0\0\0\0\0G\x80\0\0\0\0\0\0\0\x86\x94R\x94.",
    );
    is(
        Fraction::new(&[0xfd], &[4]).unwrap(),
        b"\x8c\tfractions\x94\x8c\x08Fraction\x94\x93\x94J\xfd\xff\xff\xffK\x04\x86\x94R\x94.",
    );
}

/// From 64 KiB on text stands between two frames.
#[test]
fn long_text_stands_outside_of_frames() {
    for (len, between) in [((64 << 10) - 1, false), (64 << 10, true)] {
        let pickle = pickle(&"1".repeat(len).parse::<Decimal>().unwrap()).unwrap();
        assert_eq!(pickle.ends_with(b"1\x95\x06\0\0\0\0\0\0\0\x94\x85\x94R\x94."), between);
        assert_eq!(pickle[3..11] == 22u64.to_le_bytes(), between);
    }
}

/// What a hostile peer may say of an object, by its class and fields.
fn hostile<T: FrameSerialize + std::fmt::Debug>(class: &str, fields: rmpv::Value) -> Error {
    let class = crate::ClassRef::parse(class).unwrap().encode();
    let header = Header::from_value(&rmpv::Value::Map(vec![
        ("serializer".into(), "dask".into()),
        ("type-serialized".into(), rmpv::Value::Binary(class)),
        ("sub-header".into(), fields),
    ]))
    .unwrap();
    deserialize::<T>(&header, Frames::new()).unwrap_err()
}

fn map(fields: &[(&str, rmpv::Value)]) -> rmpv::Value {
    rmpv::Value::Map(fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

#[test]
fn wild_fields_are_errors() {
    let nil = rmpv::Value::Nil;
    let date =
        |year: i64, month: i64, day: i64| map(&[("year", year.into()), ("month", month.into()), ("day", day.into())]);
    for (year, month, day) in
        [(2024, 13, 1), (2023, 2, 29), (0, 1, 1), (10_000, 1, 1), (2024, 1, 0), (-1, 1, 1), (2024, 1 << 40, 1)]
    {
        assert_eq!(hostile::<Date>("datetime:date", date(year, month, day)).kind(), ErrorKind::OutOfRange);
    }
    assert_eq!(hostile::<Date>("datetime:date", map(&[("year", 1.into())])).kind(), ErrorKind::MissingField);
    assert_eq!(hostile::<Date>("datetime:date", map(&[("year", "x".into())])).kind(), ErrorKind::Mismatch);
    assert_eq!(hostile::<Date>("datetime:date", map(&[("x", 1.into())])).kind(), ErrorKind::UnknownField);
    assert_eq!(hostile::<Date>("datetime:datetime", date(1, 1, 1)).kind(), ErrorKind::Mismatch);
    assert_eq!(hostile::<Date>("datetime:date", nil.clone()).kind(), ErrorKind::Mismatch);
    let time = |hour: i64, offset: rmpv::Value, zone: rmpv::Value| {
        let parts = [("hour", hour.into()), ("minute", 0.into()), ("second", 0.into()), ("microsecond", 0.into())];
        map(&[&parts[..], &[("fold", false.into()), ("offset", offset), ("zone", zone)]].concat())
    };
    for (hour, offset, zone) in [
        (24, nil.clone(), nil.clone()),
        (0, (365 * delta::DAY as i64).into(), nil.clone()),
        (0, i64::MIN.into(), nil.clone()),
        (0, 86_400_000_000i64.into(), nil.clone()),
        (0, nil.clone(), "../zone".into()),
        (0, nil.clone(), "".into()),
        (0, nil.clone(), "/etc".into()),
    ] {
        let error = hostile::<Time>("datetime:time", time(hour, offset, zone));
        assert!(matches!(error.kind(), ErrorKind::OutOfRange | ErrorKind::Mismatch), "{error}");
    }
    let delta = |days: i64, seconds: i64| {
        map(&[("days", days.into()), ("seconds", seconds.into()), ("microseconds", 0.into())])
    };
    for (days, seconds) in [(1_000_000_000, 0), (-1_000_000_000, 0), (0, 86_400), (0, -1)] {
        assert_eq!(hostile::<TimeDelta>("datetime:timedelta", delta(days, seconds)).kind(), ErrorKind::OutOfRange);
    }
    for text in
        ["", "x", "1e", "--1", "1e1000000000000000000", "sNaNx", "1_0", " 1", &"9".repeat(1 << 20).replace("99", "9x")]
    {
        let error = hostile::<Decimal>("decimal:Decimal", map(&[("text", text.into())]));
        assert!(
            matches!(error.kind(), ErrorKind::Mismatch | ErrorKind::OutOfRange) && error.to_string().len() < 300,
            "{error}"
        );
    }
    let uuid = |len: usize| map(&[("bytes", rmpv::Value::Binary(vec![0; len])), ("is_safe", nil.clone())]);
    for len in [0, 15, 17, 1 << 16] {
        let error = hostile::<Uuid>("uuid:UUID", uuid(len));
        assert!(error.to_string().contains("bytes"), "{error}");
    }
    let fraction =
        |a: Vec<u8>, b: Vec<u8>| map(&[("numerator", rmpv::Value::Binary(a)), ("denominator", rmpv::Value::Binary(b))]);
    for (a, b, kind) in [
        (vec![1], vec![], ErrorKind::OutOfRange),
        (vec![1], vec![0; 100], ErrorKind::OutOfRange),
        (vec![1; 5000], vec![1], ErrorKind::Limit),
        (vec![1; 20], vec![0xff; 1], ErrorKind::Mismatch),
        (vec![2; 20], vec![2; 20], ErrorKind::Mismatch),
    ] {
        assert_eq!(hostile::<Fraction>("fractions:Fraction", fraction(a, b)).kind(), kind);
    }
    let complex = map(&[("re", 1.0.into()), ("im", "x".into())]);
    assert_eq!(hostile::<Complex>("builtins:complex", complex).kind(), ErrorKind::Mismatch);
}

/// Fields are public: what there is not is not written, either.
#[test]
fn what_there_is_not_is_not_written() {
    let mut date = Date::new(2024, 2, 29).unwrap();
    date.year = 2023;
    assert_eq!(crate::serialize(&date).unwrap_err().kind(), ErrorKind::OutOfRange);
    let mut time = Time::new(1, 2, 3, 4).unwrap();
    time.zone = Some(Zone::Fixed { offset: delta(delta::DAY), name: None });
    assert_eq!(crate::serialize(&time).unwrap_err().kind(), ErrorKind::OutOfRange);
    time.zone = Some(Zone::Named { key: "..".into() });
    assert_eq!(crate::serialize(&time).unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn moments_are_exact() {
    let utc = when(Some(Zone::UTC)).moment().unwrap();
    assert_eq!(utc, 1_709_168_523_000_004);
    let east = Zone::fixed(delta(3_600_000_001), None).unwrap();
    assert_eq!(when(Some(east)).moment().unwrap(), utc - 3_600_000_001);
    assert!(when(None).moment().unwrap_err().to_string().contains("naive"));
    let named = when(Zone::named("Europe/Prague").ok()).moment().unwrap_err();
    assert!(named.to_string().contains("Europe/Prague"), "{named}");
    let first = DateTime::new(Date::new(1, 1, 1).unwrap(), Time::new(0, 0, 0, 0).unwrap().with(false, Some(Zone::UTC)));
    assert_eq!(first.moment().unwrap(), -62_135_596_800_000_000);
}
