//! What of the standard library is known: exact names, and what makes their objects.

use super::call::Call;
use super::{Known, array, builtins, collections, datetime, decimal, fraction, network, others, paths, uuid, zone};
use crate::registry::Constructor;
use frames_core::Result;

const fn call(make: fn(&Call<'_>) -> Result<Known>) -> Constructor {
    Constructor::Call(make)
}

/// Not here on purpose: what calls or imports what it is given (`functools.partial`, `operator`, `builtins.getattr`, `eval`, …).
/// Exceptions have a list of their own.
pub(crate) static STANDARD: &[(&str, &str, Constructor)] = &[
    ("_codecs", "encode", call(builtins::codecs_encode)),
    ("builtins", "Ellipsis", Constructor::Constant(builtins::ellipsis)),
    ("builtins", "NotImplemented", Constructor::Constant(builtins::not_implemented)),
    ("array", "_array_reconstructor", call(array::reconstructor)),
    ("array", "array", call(array::array)),
    ("builtins", "bytearray", call(builtins::bytearray)),
    ("builtins", "bytes", call(builtins::bytes_)),
    ("builtins", "complex", call(builtins::complex)),
    ("builtins", "dict", call(builtins::dict_)),
    ("builtins", "frozenset", call(builtins::frozenset)),
    ("builtins", "list", call(builtins::list)),
    ("builtins", "object", call(builtins::object)),
    ("builtins", "range", call(builtins::range)),
    ("builtins", "set", call(builtins::set)),
    ("builtins", "slice", call(builtins::slice)),
    ("builtins", "type", call(builtins::singleton)),
    ("collections", "ChainMap", call(collections::chain_map)),
    ("collections", "Counter", call(collections::counter)),
    ("collections", "OrderedDict", call(collections::ordered_dict)),
    ("collections", "UserDict", call(collections::user_dict)),
    ("collections", "UserList", call(collections::user_list)),
    ("collections", "UserString", call(collections::user_string)),
    ("collections", "defaultdict", call(collections::default_dict)),
    ("collections", "deque", call(collections::deque)),
    ("datetime", "date", call(datetime::date)),
    ("datetime", "datetime", call(datetime::datetime)),
    ("datetime", "time", call(datetime::time)),
    ("datetime", "timedelta", call(zone::timedelta)),
    ("datetime", "timezone", call(zone::timezone)),
    ("decimal", "Decimal", call(decimal::decimal)),
    ("fractions", "Fraction", call(fraction::fraction)),
    ("ipaddress", "IPv4Address", call(network::address)),
    ("ipaddress", "IPv4Interface", call(network::interface)),
    ("ipaddress", "IPv4Network", call(network::network)),
    ("ipaddress", "IPv6Address", call(network::address)),
    ("ipaddress", "IPv6Interface", call(network::interface)),
    ("ipaddress", "IPv6Network", call(network::network)),
    ("pathlib", "Path", call(paths::path)),
    ("pathlib", "PosixPath", call(paths::path)),
    ("pathlib", "PurePath", call(paths::path)),
    ("pathlib", "PurePosixPath", call(paths::path)),
    ("pathlib", "PureWindowsPath", call(paths::path)),
    ("pathlib", "WindowsPath", call(paths::path)),
    ("re", "_compile", call(others::pattern)),
    ("types", "SimpleNamespace", call(collections::namespace)),
    ("uuid", "UUID", call(uuid::uuid)),
    ("zoneinfo", "ZoneInfo", Constructor::Method("_unpickle", zone::zoneinfo)),
];
