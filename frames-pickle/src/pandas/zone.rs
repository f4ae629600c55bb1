//! The names of time zones, of the libraries that pandas takes them from.

use crate::graph::Graph;
use crate::node::Node;
use crate::value::Value;

/// The name of a time zone: `UTC`, an offset as `+05:30`, or a place as `Europe/Berlin`; `None` of what is not known here.
///
/// ```
/// // datetime.timezone.utc
/// let graph = frames_pickle::read(b"cdatetime\ntimezone\n(cdatetime\ntimedelta\n(I0\nI0\nI0\ntRtR.")?;
/// assert_eq!(frames_pickle::pandas::zone_name(&graph, graph.root()).as_deref(), Some("UTC"));
/// # Ok::<(), frames_core::Error>(())
/// ```
pub fn zone_name(graph: &Graph<'_>, zone: Value) -> Option<String> {
    let Node::Object(object) = graph.node(zone) else { return None };
    let Node::Tuple(args) = graph.node(object.args()) else { return None };
    let text = |index: usize| graph.as_str(*args.get(index)?).ok().map(str::to_owned);
    match object.path() {
        Some(("datetime", "timezone")) => offset(graph, *args.first()?),
        Some(("pytz", "_UTC")) | Some(("dateutil.tz.tz", "tzutc")) => Some("UTC".into()),
        Some(("pytz", "_p")) | Some(("zoneinfo", "ZoneInfo")) => text(0),
        Some(("pytz", "_FixedOffset") | ("pytz", "FixedOffset")) => minutes(graph.as_i64(*args.first()?).ok()?),
        Some(_) => None,
        // getattr(zoneinfo.ZoneInfo, "_unpickle")("Europe/Berlin", True)
        None => {
            let Node::Object(getter) = graph.node(object.callable()) else { return None };
            let (Some(("builtins" | "__builtin__", "getattr")), Node::Tuple([class, name])) =
                (getter.path(), graph.node(getter.args()))
            else {
                return None;
            };
            let is_zone = graph.global_path(*class) == Some(("zoneinfo", "ZoneInfo"));
            if is_zone && graph.as_str(*name).ok()? == "_unpickle" { text(0) } else { None }
        }
    }
}

/// `timedelta(days, seconds, microseconds)`
fn offset(graph: &Graph<'_>, value: Value) -> Option<String> {
    let Node::Object(object) = graph.node(value) else { return None };
    let (Some(("datetime", "timedelta")), Node::Tuple(args)) = (object.path(), graph.node(object.args())) else {
        return None;
    };
    let part = |index: usize| args.get(index).map_or(Some(0), |part| graph.as_i64(*part).ok());
    let seconds = part(0)?.checked_mul(86_400)?.checked_add(part(1)?)?;
    if seconds % 60 != 0 || part(2)? != 0 {
        return None;
    }
    minutes(seconds / 60)
}

fn minutes(minutes: i64) -> Option<String> {
    match minutes {
        0 => Some("UTC".into()),
        -1439..=1439 => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
        }
        _ => None,
    }
}
