//! `ipaddress`.

use crate::known::Known;
use crate::known::call::{Call, Callee, int, text};
use crate::node::Node;
use frames_core::{Error, ErrorKind, Result};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Python's `IPv4Address` or `IPv6Address`.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// // pickle.dumps(ipaddress.ip_address("10.0.0.1"))
/// let graph = frames_pickle::read(b"\x80\x04\x8c\tipaddress\x8c\x0bIPv4Address\x93J\x01\0\0\x0a\x85R.")?;
/// let Known::IpAddress(address) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!(address.ip, std::net::IpAddr::from([10, 0, 0, 1]));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IpAddress {
    /// The number.
    pub ip: IpAddr,
    /// Behind the `%` of an IPv6 address.
    pub scope: Option<String>,
}

/// Python's `IPv4Interface`, `IPv6Interface`, `IPv4Network` or `IPv6Network`: an address and how many bits of it name the network.
///
/// ```
/// use frames_pickle::{Known, Registry};
/// let graph = frames_pickle::read(b"cipaddress\nIPv4Network\n(X\x0a\0\0\x0010.0.0.0/8tR.")?;
/// let Known::IpNetwork(network) = Registry::standard().construct(&graph, graph.root())? else { panic!() };
/// assert_eq!((network.prefix, network.to_string().as_str()), (8, "10.0.0.0/8"));
/// # Ok::<(), frames_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IpNetwork {
    /// The address; of a network all bits behind the prefix are zero.
    pub address: IpAddress,
    /// Up to 32 or 128.
    pub prefix: u8,
}

/// Without the scope.
impl From<IpAddress> for IpAddr {
    fn from(address: IpAddress) -> IpAddr {
        address.ip
    }
}

impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Some(scope) => write!(f, "{}%{scope}", self.ip),
            None => write!(f, "{}", self.ip),
        }
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// By the class's name, which says which of the two.
fn is_v6(call: &Call<'_>) -> bool {
    matches!(call.callee, Callee::Global(_, class) if class.starts_with("IPv6"))
}

fn parse(text: &str, is_v6: bool) -> Result<IpAddress> {
    if !is_v6 {
        let ip: Ipv4Addr = text.parse().map_err(|_| Error::mismatch("an IPv4 address", "another text"))?;
        return Ok(IpAddress { ip: ip.into(), scope: None });
    }
    let (ip, scope) = match text.split_once('%') {
        Some((ip, scope)) => (ip, Some(scope)),
        None => (text, None),
    };
    let wrong = || Error::mismatch("an IPv6 address", "another text");
    if scope.is_some_and(|scope| scope.is_empty() || scope.contains('%')) {
        return Err(wrong());
    }
    let ip: Ipv6Addr = ip.parse().map_err(|_| wrong())?;
    Ok(IpAddress { ip: ip.into(), scope: scope.map(str::to_owned) })
}

pub(crate) fn address(call: &Call<'_>) -> Result<Known> {
    call.count(1..=1)?;
    call.no_steps()?;
    let is_v6 = is_v6(call);
    call.take(0, |graph, value| {
        if let Node::Str(_) = graph.node(value) {
            return parse(text(graph, value)?, is_v6);
        }
        let number = int(graph, value)?;
        let ip = match (number.to_u128(), is_v6) {
            (Some(number), true) => Some(IpAddr::V6(number.into())),
            (Some(number), false) => u32::try_from(number).ok().map(|number| IpAddr::V4(number.into())),
            (None, _) => None,
        };
        let bits = if is_v6 { 128 } else { 32 };
        let text = format!("expected a number of {bits} bits, found a negative or larger one");
        ip.map(|ip| IpAddress { ip, scope: None }).ok_or_else(|| Error::new(ErrorKind::OutOfRange, text))
    })
    .map(Known::IpAddress)
}

fn with_prefix(call: &Call<'_>, is_network: bool) -> Result<IpNetwork> {
    call.count(1..=1)?;
    call.no_steps()?;
    let is_v6 = is_v6(call);
    let bits = if is_v6 { 128 } else { 32 };
    call.take(0, |graph, value| {
        let text = text(graph, value)?;
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, prefix),
            None => return Err(Error::mismatch("an address, a slash and a number", "another text")),
        };
        let is_number = !prefix.is_empty() && prefix.bytes().all(|digit| digit.is_ascii_digit());
        let prefix = prefix.parse::<u8>().ok().filter(|prefix| is_number && *prefix <= bits);
        let prefix = prefix.ok_or_else(|| Error::mismatch(format_args!("a prefix up to {bits}"), "another text"))?;
        let address = parse(address, is_v6)?;
        let has_host = match address.ip {
            IpAddr::V4(ip) => u32::from(ip).checked_shl(prefix.into()).unwrap_or(0) != 0,
            IpAddr::V6(ip) => u128::from(ip).checked_shl(prefix.into()).unwrap_or(0) != 0,
        };
        if is_network && has_host {
            return Err(Error::mismatch("a network", "an address with bits of a host"));
        }
        Ok(IpNetwork { address, prefix })
    })
}

pub(crate) fn interface(call: &Call<'_>) -> Result<Known> {
    with_prefix(call, false).map(Known::IpInterface)
}

pub(crate) fn network(call: &Call<'_>) -> Result<Known> {
    with_prefix(call, true).map(Known::IpNetwork)
}
