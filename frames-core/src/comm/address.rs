//! Where a peer is: `scheme://place`, as Dask writes it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

/// An address: `tcp://host:port`, `tls://host:port`, `unix:///path`.
///
/// ```
/// use frames_core::comm::Address;
/// let address: Address = "tcp://127.0.0.1:8786".parse()?;
/// assert_eq!(address, Address::Tcp("127.0.0.1:8786".into()));
/// assert_eq!(address.to_string(), "tcp://127.0.0.1:8786");
/// let error = "ucx://127.0.0.1:8786".parse::<Address>().unwrap_err();
/// assert!(error.to_string().contains("ucx"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// Host and port; IPv6 in brackets.
    Tcp(String),
    /// The same, encrypted, with certificates on both sides.
    Tls(String),
    /// A socket in the file system. Ours: Dask has none.
    Unix(PathBuf),
}

impl FromStr for Address {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("the address {text:?} {why}"));
        let Some((scheme, place)) = text.split_once("://") else {
            return Err(invalid("has no scheme: write tcp://host:port, tls://host:port or unix:///path"));
        };
        match scheme {
            "unix" if place.is_empty() => Err(invalid("has no path: write unix:///path")),
            "unix" => Ok(Address::Unix(place.into())),
            "tcp" | "tls" => {
                let port = place.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
                if port.and_then(|port| port.parse::<u16>().ok()).is_none() {
                    return Err(invalid(&format!("has no host and port: write {scheme}://host:port")));
                }
                Ok(if scheme == "tcp" { Address::Tcp(place.into()) } else { Address::Tls(place.into()) })
            }
            _ => Err(invalid(&format!("has the scheme {scheme:?}, and only tcp, tls and unix are known"))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(place) => write!(f, "tcp://{place}"),
            Address::Tls(place) => write!(f, "tls://{place}"),
            Address::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_says_what_one_is() {
        for (text, says) in [
            ("127.0.0.1:1", "no scheme"),
            ("tcp://127.0.0.1", "host and port"),
            ("tcp://:1", "host and port"),
            ("tls://h:99999", "host and port"),
            ("unix://", "no path"),
            ("ws://h:1", "\"ws\""),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(says) && error.contains(text), "{error}");
        }
        for text in ["tcp://[::1]:80", "tls://a.b:0", "unix:///run/s"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }
}
