//! `log`: 10,000 lines of a web server's log, four short texts a row, where strings are the work.

use super::rng::Rng;

codec_types! {
    derive(Copy);

    #[frames(view)]
    pub(crate) struct Address {
        pub(crate) x0: u8,
        pub(crate) x1: u8,
        pub(crate) x2: u8,
        pub(crate) x3: u8,
    }
}

codec_types! {
    #[frames(view)]
    pub(crate) struct Log {
        pub(crate) address: Address,
        pub(crate) identity: String,
        pub(crate) userid: String,
        pub(crate) date: String,
        pub(crate) request: String,
        pub(crate) code: u16,
        pub(crate) size: u64,
    }
}

impl crate::peers::Value for Vec<Log> {}

/// A row whose texts stay where they were received.
#[derive(serde::Deserialize, bitcode::Decode, wincode::SchemaRead)]
pub(crate) struct LogRef<'a> {
    pub(crate) address: Address,
    pub(crate) identity: &'a str,
    pub(crate) userid: &'a str,
    pub(crate) date: &'a str,
    pub(crate) request: &'a str,
    pub(crate) code: u16,
    pub(crate) size: u64,
}

impl<'a> From<&'a Log> for LogRef<'a> {
    fn from(log: &'a Log) -> Self {
        let Log { address, identity, userid, date, request, code, size } = log;
        LogRef { address: *address, identity, userid, date, request, code: *code, size: *size }
    }
}

impl<'a> From<LogRow<'a>> for LogRef<'a> {
    fn from(row: LogRow<'a>) -> Self {
        let LogRow { address: AddressRow { x0, x1, x2, x3 }, identity, userid, date, request, code, size } = row;
        LogRef { address: Address { x0, x1, x2, x3 }, identity, userid, date, request, code, size }
    }
}

impl<'a> From<&'a ArchivedLog> for LogRef<'a> {
    fn from(log: &'a ArchivedLog) -> Self {
        let ArchivedAddress { x0, x1, x2, x3 } = log.address;
        LogRef {
            address: Address { x0, x1, x2, x3 },
            identity: &log.identity,
            userid: &log.userid,
            date: &log.date,
            request: &log.request,
            code: log.code.into(),
            size: log.size.into(),
        }
    }
}

/// Looks at every field of every row: at the numbers, and at the length and both ends of each text.
pub(crate) fn checksum<'a>(rows: impl Iterator<Item = LogRef<'a>>) -> u64 {
    rows.fold(0, |sum: u64, row| {
        let Address { x0, x1, x2, x3 } = row.address;
        let texts = [row.identity, row.userid, row.date, row.request].map(|text| {
            let ends = text.as_bytes().first().zip(text.as_bytes().last());
            text.len() as u64 + ends.map_or(0, |(&first, &last)| u64::from(first) << 8 | u64::from(last))
        });
        let numbers = u64::from(u32::from_le_bytes([x0, x1, x2, x3])) + u64::from(row.code) + row.size;
        // To rotate makes the order of the rows count.
        sum.rotate_left(5).wrapping_add(numbers).wrapping_add(texts.iter().sum())
    })
}

pub(crate) fn log() -> Vec<Log> {
    const USERS: [&str; 9] = ["-", "ada", "blaise", "charles", "dennis", "edsger", "frances", "grace", "hedy"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PATCH", "DELETE"];
    const PATHS: [&str; 7] = [
        "/robots.txt",
        "/static/site.css",
        "/static/fonts/inter-bold.woff2",
        "/images/banner-wide.png",
        "/images/avatar.webp",
        "/v2/session",
        "/v2/search",
    ];
    const PROTOCOLS: [&str; 4] = ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"];
    const CODES: [u16; 12] = [100, 103, 200, 202, 206, 301, 304, 401, 403, 404, 500, 503];

    let mut rng = Rng::new(1);
    let row = |_| {
        let rng = &mut rng;
        let bytes = [0; 4].map(|_: u8| rng.any() as u8);
        Log {
            address: Address { x0: bytes[0], x1: bytes[1], x2: bytes[2], x3: bytes[3] },
            identity: "-".into(),
            userid: rng.word(&USERS),
            date: format!(
                "{}/{}/{}:{}:{}:{} {}{:02}00",
                rng.below(28) + 1,
                rng.among(&MONTHS),
                rng.below(52) + 1970,
                rng.below(24),
                rng.below(60),
                rng.below(60),
                rng.among(&['+', '-']),
                rng.below(13)
            ),
            request: [rng.among(&METHODS), rng.among(&PATHS), rng.among(&PROTOCOLS)].join(" "),
            code: rng.among(&CODES),
            size: rng.below(100_000_000),
        }
    };
    (0..10_000).map(row).collect()
}
