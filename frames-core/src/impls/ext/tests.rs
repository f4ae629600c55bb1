use crate::python::{self, Zone};
use crate::{Encoder, ErrorKind, FrameSerialize, Frames, Reader, deserialize};
use ::bigdecimal::BigDecimal;
use ::chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use ::jiff::{SignedDuration, Timestamp, ZonedDateTime, civil, tz};
use ::rust_decimal::Decimal;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};

/// One of Python's objects, as a reader of Rust gets it.
fn header(object: &dyn FrameSerialize) -> crate::Header {
    Encoder::new().reader(Reader::Rust).serialize(object).unwrap().0
}

#[track_caller]
fn reads<T: FrameSerialize + PartialEq + Debug>(object: &dyn FrameSerialize, expected: T) {
    assert_eq!(deserialize::<T>(&header(object), Frames::new()).unwrap(), expected);
    let (again, frames) = Encoder::new().reader(Reader::Rust).serialize(&expected).unwrap();
    assert_eq!(deserialize::<T>(&again, frames).unwrap(), expected);
}

#[track_caller]
fn refuses<T: FrameSerialize + Debug>(object: &dyn FrameSerialize, kind: ErrorKind, why: &str) {
    let error = deserialize::<T>(&header(object), Frames::new()).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(why), "{error}");
}

#[track_caller]
fn is_not_written(value: &dyn FrameSerialize, why: &str) {
    let error = crate::serialize(value).unwrap_err();
    assert!(error.to_string().contains(why), "{error}");
}

fn when(zone: Option<Zone>, fold: bool) -> python::DateTime {
    let (date, time) = (python::Date::new(2024, 10, 27).unwrap(), python::Time::new(2, 30, 0, 5).unwrap());
    python::DateTime::new(date, time.with(fold, zone))
}

fn fixed(micros: i64) -> Option<Zone> {
    Zone::fixed(python::TimeDelta::new(0, 0, micros).unwrap(), None).ok()
}

fn prague() -> Option<Zone> {
    Zone::named("Europe/Prague").ok()
}

#[test]
fn naive_and_aware_are_told_apart() {
    let clock = NaiveDate::from_ymd_opt(2024, 10, 27).unwrap().and_hms_micro_opt(2, 30, 0, 5).unwrap();
    reads(&when(None, false), clock);
    reads(&when(None, false), civil::datetime(2024, 10, 27, 2, 30, 0, 5000));
    refuses::<NaiveDateTime>(
        &when(fixed(0), false),
        ErrorKind::Mismatch,
        "expected a naive datetime, found an aware datetime, of the zone \"UTC\"",
    );
    refuses::<civil::DateTime>(&when(prague(), false), ErrorKind::Mismatch, "Europe/Prague");
    refuses::<NaiveDateTime>(&when(None, true), ErrorKind::Unsupported, "fold");
    for error in [
        deserialize::<DateTime<Utc>>(&header(&when(None, false)), Frames::new()).unwrap_err(),
        deserialize::<DateTime<FixedOffset>>(&header(&when(None, false)), Frames::new()).unwrap_err(),
        deserialize::<Timestamp>(&header(&when(None, false)), Frames::new()).unwrap_err(),
        deserialize::<ZonedDateTime>(&header(&when(None, false)), Frames::new()).unwrap_err(),
        deserialize::<SystemTime>(&header(&when(None, false)), Frames::new()).unwrap_err(),
    ] {
        assert!(error.to_string().contains("found a naive datetime"), "{error}");
    }
}

#[test]
fn moments_and_offsets_are_exact() {
    let utc = NaiveDate::from_ymd_opt(2024, 10, 27).unwrap().and_hms_micro_opt(0, 30, 0, 5).unwrap().and_utc();
    let east = when(fixed(7_200_000_000), false);
    reads(&east, utc);
    reads(&east, utc.with_timezone(&FixedOffset::east_opt(7200).unwrap()));
    reads(&east, Timestamp::from_microsecond(utc.timestamp_micros()).unwrap());
    reads(&east, SystemTime::UNIX_EPOCH + Duration::from_micros(utc.timestamp_micros() as u64));
    // Fractions of a second are no offset here, and still a moment.
    let odd = when(fixed(7_200_000_001), false);
    reads(&odd, utc - ::chrono::TimeDelta::microseconds(1));
    refuses::<DateTime<FixedOffset>>(&odd, ErrorKind::OutOfRange, "fractions of a second");
    refuses::<ZonedDateTime>(&odd, ErrorKind::OutOfRange, "fractions of a second");
    refuses::<DateTime<Utc>>(&when(prague(), false), ErrorKind::Unsupported, "database of zones");
    refuses::<SystemTime>(&when(prague(), false), ErrorKind::Unsupported, "database of zones");
    refuses::<DateTime<FixedOffset>>(&when(prague(), false), ErrorKind::Unsupported, "database of zones");
    reads(&when(Zone::named("Etc/UTC").ok(), true), utc + ::chrono::TimeDelta::hours(2));
    let last = python::DateTime::new(
        python::Date::new(9999, 12, 31).unwrap(),
        python::Time::new(23, 59, 59, 999_999).unwrap().with(false, fixed(-86_399_000_000)),
    );
    assert!(deserialize::<DateTime<FixedOffset>>(&header(&last), Frames::new()).is_ok());
    refuses::<Timestamp>(&last, ErrorKind::OutOfRange, "jiff");
}

#[test]
fn zones_of_jiff_keep_name_and_fold() {
    let zone = tz::TimeZone::get("Europe/Prague").unwrap();
    for (fold, offset) in [(false, 2), (true, 1)] {
        let zoned = civil::datetime(2024, 10, 27, 2, 30, 0, 5000).to_zoned_datetime(zone.clone()).unwrap();
        let zoned = if fold { zoned.checked_add(SignedDuration::from_hours(1)).unwrap() } else { zoned };
        assert_eq!(zoned.offset(), tz::offset(offset));
        reads(&when(prague(), fold), zoned.clone());
        assert_eq!(header(&zoned), header(&when(prague(), fold)), "zone, fold and all");
    }
    let mut skipped = when(prague(), false);
    skipped.date = python::Date::new(2024, 3, 31).unwrap();
    refuses::<ZonedDateTime>(&skipped, ErrorKind::OutOfRange, "skip");
    refuses::<ZonedDateTime>(&when(Zone::named("No/Where").ok(), false), ErrorKind::OutOfRange, "No/Where");
    let utc = Timestamp::UNIX_EPOCH.to_zoned_datetime(tz::TimeZone::UTC);
    reads(&utc, utc.clone());
    let west = Timestamp::UNIX_EPOCH.to_zoned_datetime(tz::TimeZone::fixed(tz::Offset::from_seconds(-3601).unwrap()));
    reads(&west, west.clone());
    is_not_written(&Timestamp::UNIX_EPOCH.to_zoned_datetime(tz::TimeZone::unknown()), "no name");
    is_not_written(
        &Timestamp::UNIX_EPOCH.to_zoned_datetime(tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()),
        "no name",
    );
}

#[test]
fn what_python_cannot_say_is_not_written() {
    let day = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap();
    is_not_written(&day.and_hms_nano_opt(1, 2, 3, 4).unwrap(), "4 nanoseconds");
    is_not_written(&day.and_hms_milli_opt(23, 59, 59, 1000).unwrap(), "leap second");
    is_not_written(&NaiveTime::from_hms_nano_opt(23, 59, 59, 1_000_000_000).unwrap(), "leap second");
    is_not_written(&NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap(), "year 10000");
    is_not_written(&NaiveDate::from_ymd_opt(0, 1, 1).unwrap(), "year 0");
    is_not_written(&NaiveDate::MIN, "1 to 9999");
    is_not_written(
        &DateTime::<Utc>::MAX_UTC.fixed_offset().with_timezone(&FixedOffset::east_opt(3600).unwrap()),
        "chrono",
    );
    is_not_written(&::chrono::TimeDelta::nanoseconds(1), "nanoseconds");
    is_not_written(&::chrono::TimeDelta::MAX, "");
    is_not_written(&civil::date(0, 1, 1), "year 0");
    is_not_written(&civil::time(0, 0, 0, 1), "1 nanoseconds");
    is_not_written(&Timestamp::MIN, "1 to 9999");
    is_not_written(&SignedDuration::MAX, "");
    is_not_written(&SignedDuration::from_nanos(-1), "nanoseconds");
}

#[test]
fn lengths_are_exact() {
    for (secs, micros) in
        [(0, 0), (-1, 999_999), (-1, 0), (1, 1), (86_399_999_999_999, 999_999), (-86_399_999_913_600, 0)]
    {
        let delta = python::TimeDelta::new(0, secs, micros).unwrap();
        reads(&delta, ::chrono::TimeDelta::new(secs, micros as u32 * 1000).unwrap());
        reads(&delta, SignedDuration::new(secs, micros as i32 * 1000));
        match u64::try_from(secs) {
            Ok(secs) => reads(&delta, Duration::new(secs, micros as u32 * 1000)),
            Err(_) => refuses::<Duration>(&delta, ErrorKind::OutOfRange, "negative"),
        }
    }
    reads(
        &python::Time::new(23, 59, 59, 999_999).unwrap(),
        NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
    );
    reads(&python::Time::new(23, 59, 59, 999_999).unwrap(), civil::time(23, 59, 59, 999_999_000));
    refuses::<NaiveTime>(&python::Time::new(1, 0, 0, 0).unwrap().with(false, fixed(0)), ErrorKind::Mismatch, "UTC");
}

#[test]
fn numbers_are_exact_or_refused() {
    let python = |text: &str| text.parse::<python::Decimal>().unwrap();
    for (text, same) in [
        ("1.50", "1.50"),
        ("-0", "-0"),
        ("0.00", "0.00"),
        ("1E+2", "100"),
        ("-7E-28", "-0.0000000000000000000000000007"),
        ("79228162514264337593543950335", "79228162514264337593543950335"),
    ] {
        let number = deserialize::<Decimal>(&header(&python(text)), Frames::new()).unwrap();
        let back = deserialize::<python::Decimal>(&header(&number), Frames::new()).unwrap();
        assert_eq!(back, python(same), "{text}");
    }
    for text in
        ["NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1E-29", "79228162514264337593543950336", "1E+999999999999"]
    {
        refuses::<Decimal>(&python(text), ErrorKind::OutOfRange, "is no rust_decimal::Decimal");
    }
    for text in ["1.50", "0.00", "1E+2", "-7E-28", "1E+30", "1E+999999999999", "-79228162514264337593543950336.5"] {
        let number = deserialize::<BigDecimal>(&header(&python(text)), Frames::new()).unwrap();
        assert_eq!(deserialize::<python::Decimal>(&header(&number), Frames::new()).unwrap(), python(text));
    }
    for text in ["NaN", "Infinity", "-0", "-0.0"] {
        refuses::<BigDecimal>(&python(text), ErrorKind::OutOfRange, "is no bigdecimal::BigDecimal");
    }
    refuses::<BigDecimal>(&python(&"1".repeat(30_000)), ErrorKind::Limit, "30000 digits");
    is_not_written(&BigDecimal::new(1.into(), i64::MIN), "exponent");
}
