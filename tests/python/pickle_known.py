"""Objects of the standard library, pickled in every protocol, with what Python says of them: for tests/pickle_known.rs.

Prints a line of JSON for each pickle. `kind` and `is` are what the Rust side makes of it again, by its own rules; `str` is Python's own.
Runs in Python 3.8 and newer, so that pickles of other versions can be looked at too.
"""

import array
import collections
import datetime
import decimal
import enum
import fractions
import ipaddress
import json
import pathlib
import pickle
import re
import struct
import sys
import types
import uuid

try:
    import zoneinfo
except ImportError:
    zoneinfo = None


class Color(enum.Enum):
    RED = 1
    GREEN = "g"


class Level(enum.IntFlag):
    LOW = 1
    HIGH = 2


class Key:
    """A factory that is no builtin: `__main__.Key`."""


def plain(x):
    """What lies in an object, for JSON."""
    if x is None or isinstance(x, (bool, str)):
        return x
    if isinstance(x, int):
        return str(x)
    if isinstance(x, float):
        return "float %s" % bits(x)
    if isinstance(x, (bytes, bytearray)):
        return "%s %s" % (type(x).__name__, bytes(x).hex())
    if isinstance(x, (list, tuple)):
        return [type(x).__name__] + [plain(item) for item in x]
    if type(x) is dict:
        return ["dict"] + pairs(x)
    if isinstance(x, type):
        return "%s.%s" % (x.__module__, x.__qualname__)
    return "%s %s" % (type(x).__name__, x)


def pairs(x):
    return [[plain(key), plain(value)] for key, value in x.items()]


def zone(tz):
    if tz is None:
        return None
    if isinstance(tz, datetime.timezone):
        return ["fixed", str(tz.utcoffset(None)), str(tz)]
    if zoneinfo and isinstance(tz, zoneinfo.ZoneInfo):
        return ["zone", tz.key]
    return ["other"]


def bits(x):
    return struct.pack(">d", x).hex()


def path_parts(x):
    is_windows = isinstance(x, pathlib.PureWindowsPath)
    # Of what is only a server, versions say different things.
    is_absolute = bool(x.drive and x.root) if is_windows else x.is_absolute()
    kind = [is_windows, not isinstance(x, pathlib.Path), is_absolute]
    return kind + [escaped(part) for part in x.parts]


def escaped(text):
    """Surrogates as Rust prints them, as they are not JSON's."""
    return text.encode("utf-8", "backslashreplace").decode()


def attributes(x):
    """The kind of an object, and what it is made of."""
    t = type(x)
    if x is Ellipsis or x is NotImplemented:
        return repr(x), []
    if isinstance(x, type):
        return "type", []
    if t is object:
        return "object", []
    if t in (bytes, bytearray):
        return t.__name__, x.hex()
    if t in (set, frozenset):
        return t.__name__, sorted(map(plain, x), key=str)
    if t is complex:
        return "complex", [bits(x.real), bits(x.imag)]
    if t is range:
        return "range", [str(x.start), str(x.stop), str(x.step)]
    if t is slice:
        return "slice", [plain(x.start), plain(x.stop), plain(x.step)]
    if isinstance(x, BaseException):
        _, args, *state = x.__reduce__()
        return "exception", [t.__name__, [plain(arg) for arg in args], pairs(state[0]) if state and state[0] else []]
    if t is datetime.datetime:
        numbers = [x.year, x.month, x.day, x.hour, x.minute, x.second, x.microsecond]
        utc = None
        if (isinstance(x.tzinfo, datetime.timezone) or zone(x.tzinfo) == ["zone", "UTC"]) and x.year > 1:
            utc = str((x - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1))
        return "datetime", numbers + [bool(x.fold), zone(x.tzinfo), x.replace(tzinfo=None).isoformat(), utc]
    if t is datetime.date:
        return "date", [x.year, x.month, x.day, x.toordinal() - datetime.date(1970, 1, 1).toordinal()]
    if t is datetime.time:
        return "time", [x.hour, x.minute, x.second, x.microsecond, bool(x.fold), zone(x.tzinfo)]
    if t is datetime.timedelta:
        return "timedelta", [x.days, x.seconds, x.microseconds]
    if isinstance(x, datetime.tzinfo):
        return "tzinfo", zone(x)
    if t is decimal.Decimal:
        sign, digits, exponent = x.as_tuple()
        is_finite = isinstance(exponent, int)
        digits = "" if x.is_infinite() else "".join(map(str, digits))
        return "decimal", [bool(sign), digits, str(exponent) if is_finite else None, x.is_nan(), x.is_snan(), x.is_infinite()]
    if t is fractions.Fraction:
        return "fraction", [str(x.numerator), str(x.denominator)]
    if t is uuid.UUID:
        is_safe = {0: True, -1: False, None: None}[x.is_safe.value]
        return "uuid", [x.hex, is_safe]
    if isinstance(x, pathlib.PurePath):
        return "path", path_parts(x)
    if t is collections.defaultdict:
        return "defaultdict", [plain(x.default_factory), pairs(x)]
    if t in (collections.OrderedDict, collections.Counter, collections.UserDict):
        return t.__name__, pairs(x)
    if t is collections.deque:
        return "deque", [None if x.maxlen is None else str(x.maxlen), [plain(item) for item in x]]
    if t is collections.ChainMap:
        return "ChainMap", [plain(m) for m in x.maps]
    if t is collections.UserList:
        return "UserList", [plain(item) for item in x]
    if t is collections.UserString:
        return "UserString", x.data
    if t is types.SimpleNamespace:
        return "namespace", pairs(vars(x))
    if t is array.array:
        items = [ord(item) if isinstance(item, str) else item for item in x]
        return "array", [x.typecode, [plain(item) for item in items]]
    if t is re.compile("").__class__:
        return "pattern", [plain(x.pattern), x.flags]
    if isinstance(x, (ipaddress.IPv4Interface, ipaddress.IPv6Interface)):
        return "interface", [str(x).split("/")[0], x.network.prefixlen]
    if isinstance(x, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
        return "address", [getattr(x, "scope_id", None)]
    if isinstance(x, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
        return "network", [str(x.network_address), x.prefixlen]
    if isinstance(x, enum.Enum):
        return "enum", [t.__qualname__, plain(x.value)]
    raise TypeError(t)


def text_of(x):
    """What the Rust type prints, if it prints as Python's `str`."""
    if isinstance(x, (datetime.datetime,)) and zone(x.tzinfo) and zone(x.tzinfo)[0] == "zone" and x.tzinfo.key != "UTC":
        return "%s[%s]" % (x.replace(tzinfo=None), x.tzinfo.key)
    printed = (
        complex, range, datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction,
        uuid.UUID, pathlib.PurePath, ipaddress._IPAddressBase,
    )
    if isinstance(x, printed) or x in (type(None), type(...), type(NotImplemented)):
        return escaped(str(x))
    return None


def objects():
    D, T, delta, tz = datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone
    yield from [Ellipsis, NotImplemented, type(None), type(...), type(NotImplemented), object()]
    yield from [b"", b"\x00\xe9\xff", bytearray(), bytearray(b"a\xff\x00"), set(), {1, "a"}, frozenset(), frozenset([2, None])]
    nan, inf = float("nan"), float("inf")
    for z in [1 + 2j, 0j, -0.0 + 1j, complex(1, -0.0), complex(nan, inf), complex(-inf, -nan), 1e16 + 1e-5j, 1e15 + 1e-4j, 0.1 - 1e300j, complex(-0.0, -0.0), 1.5e-7j]:
        yield z
    yield from [range(3), range(1, 9, 2), range(5, -5, -3), range(2**70, 2**80, 2**65)]
    yield from [slice(1), slice(1, None, 2), slice("a", (1, 2), None)]

    yield from [ValueError(), ValueError("a", 1), KeyError("k"), OSError(2, "no", "file"), StopIteration(3), SystemExit(1)]
    yield from [ImportError("x", name="n", path="p"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "why"), UnicodeEncodeError("ascii", "é", 0, 1, "why")]
    yield UnicodeTranslateError("é", 0, 1, "why")
    with_attribute = RuntimeError("a")
    with_attribute.code = 7
    yield with_attribute
    if sys.version_info >= (3, 11):
        with_note = TypeError("t")
        with_note.add_note("a note")
        yield with_note
    yield from [ArithmeticError("x"), RecursionError("deep"), DeprecationWarning("old"), SyntaxError("bad", ("f", 1, 2, "text"))]

    for date in [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(2024, 2, 29), datetime.date(1969, 12, 31), datetime.date(1900, 3, 1), datetime.date(2000, 2, 29)]:
        yield date
    zones = [tz.utc, tz(delta(hours=5, minutes=30)), tz(delta(hours=-5)), tz(delta(hours=1), "CET"), tz(delta(0), "zero"), tz(-delta(hours=23, minutes=59, seconds=59, microseconds=999999))]
    zones += [tz(delta(seconds=30)), tz(delta(seconds=-30, microseconds=5))]
    keys = ["Europe/Prague", "America/Argentina/Buenos_Aires", "UTC"] if zoneinfo else []
    zones += [zoneinfo.ZoneInfo(key) for key in keys]
    yield from zones
    if zoneinfo:
        yield zoneinfo.ZoneInfo.no_cache("Asia/Tokyo")
    for when in [D(2024, 2, 29, 12, 30), D(1, 1, 1), D(9999, 12, 31, 23, 59, 59, 999999), D(1969, 12, 31, 23, 59, 59, 1), D(2024, 10, 27, 2, 30, fold=1)]:
        yield when
        for zone_ in zones:
            yield when.replace(tzinfo=zone_)
    for time in [T(), T(23, 59, 59, 999999), T(1, 2, 3, 4, fold=1)]:
        yield time
        for zone_ in zones:
            yield time.replace(tzinfo=zone_)
    for d in [delta(), delta(1), delta(-1), delta(2, 3, 4), delta(microseconds=-1), delta.max, delta.min, delta(seconds=86399), delta(days=-1, hours=5)]:
        yield d

    for text in ["0", "-0", "1.10", "-12.5", "1E+5", "1E-10", "0E+3", "0.000001", "0.0000001", "-0E-7", "123456789012345678901234567890.123", "NaN", "-NaN", "NaN123", "sNaN", "-sNaN7", "Infinity", "-Infinity", "9E+999999999999999999", "1E-1999999999999999997", "1E+999999999999999999", "10E+5", "0.00", "0E-100", "12345E-5", "12345E-11", "12345E-12"]:
        yield decimal.Decimal(text)
    F = fractions.Fraction
    yield from [F(3, 4), F(-6, 4), F(0), F(7), F(10**50 + 1, 10**50), F(-(10**40), 3**60), F(1, 2**127), F(2**127, 3), F(-(2**127)), F(2**128 - 1, 2**128)]
    safe = uuid.SafeUUID
    yield from [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID("12345678-1234-5678-1234-567812345678"), uuid.UUID(int=5, is_safe=safe.safe), uuid.UUID(int=6, is_safe=safe.unsafe)]
    posix = ["", ".", "/", "//", "///", "//a/b", "///a", "a", "a/b/../c/", "./a//b", "/a/./b", "é/\udcff", "a b", "..", "/.."]
    windows = ["", ".", "c:", "c:/", "c:a/b", "c:\\a\\b", "\\a", "//server/share", "//server/share/a", "\\\\server", "//?/UNC/server/share/a", "//./c:/x", "a/b", "./c:a", "c:/a/../b", "d:.", "COM1", "//?/c:/a"]
    for text in posix:
        yield pathlib.PurePosixPath(text)
        yield pathlib.PosixPath(text)
    for text in windows:
        yield pathlib.PureWindowsPath(text)
    # 3.13 pickles what it was given.
    P, W = pathlib.PurePosixPath, pathlib.PureWindowsPath
    yield from [P("a", "b/c", "", "d"), P("/a", "b", "/c", "d"), P("a", "//b", "c"), P("", "a"), P("//", "a")]
    yield from [W("c:", "a"), W("c:/", "a", "d:b"), W("c:/a", "C:b"), W("c:/a", "/b"), W("//server/share", "a", "/b"), W("c:a", "c:/b"), W("a", "c:"), W("//server", "share"), W("c:", "/a"), W("", "a/b")]

    yield from [collections.OrderedDict(), collections.OrderedDict([("b", 1), ("a", [2])]), collections.defaultdict(), collections.defaultdict(int, a=1), collections.defaultdict(list), collections.defaultdict(Key, {1: 2})]
    yield from [collections.Counter(), collections.Counter("aab"), collections.deque(), collections.deque([1, "a"]), collections.deque([1, 2, 3], maxlen=2), collections.deque(maxlen=0)]
    yield from [collections.ChainMap(), collections.ChainMap({"a": 1}, {"b": 2}), collections.UserDict(), collections.UserDict(a=1), collections.UserList([1, 2]), collections.UserString("text é")]
    yield from [types.SimpleNamespace(), types.SimpleNamespace(a=1, b="x")]
    for code in "bBhHiIlLqQ":
        size = array.array(code).itemsize * 8
        ends = [0, 2**size - 1] if code.isupper() else [-(2 ** (size - 1)), 2 ** (size - 1) - 1]
        yield array.array(code, [1, 2] + ends)
        yield array.array(code)
    yield from [array.array("f", [1.5, -2.0]), array.array("d", [0.1, float("inf"), -0.0]), array.array("u", "hé\U0001f600")]
    if sys.version_info >= (3, 13):
        yield array.array("w", "hé\U0001f600")
    yield from [re.compile("a+"), re.compile("é", re.I | re.X), re.compile(b"\xff", re.S), re.compile(b""), re.compile("a", re.A | re.M)]
    for text in ["0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "2001:db8::ff00:42:8329", "1:2:3:4:5:6:7:8", "1:0:0:2::3"]:
        yield ipaddress.ip_address(text)
        yield ipaddress.ip_interface(text)
        yield ipaddress.ip_network(text)
    if sys.version_info >= (3, 9):
        yield from [ipaddress.ip_address("fe80::1%eth0"), ipaddress.ip_interface("fe80::1%eth0/64")]
    yield from [ipaddress.ip_interface("10.0.0.1/8"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fe80::/10"), ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    yield from [Color.RED, Color.GREEN, Level.LOW, Level.LOW | Level.HIGH]


def main(protocols):
    for x in objects():
        for protocol in protocols:
            data = pickle.dumps(x, protocol)
            # What protocols cannot carry, such as a fold, is gone for Python too.
            loaded = pickle.loads(data)
            if isinstance(x, OSError) and protocol < 3:
                loaded = OSError(*x.__reduce__()[1])
                kind, is_ = attributes(loaded)
                is_[0] = "OSError"
            else:
                kind, is_ = attributes(loaded)
            line = {"protocol": protocol, "repr": ascii(x), "pickle": data.hex(), "kind": kind, "is": is_, "str": text_of(loaded)}
            print(json.dumps(line))


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]] or range(pickle.HIGHEST_PROTOCOL + 1))
