//! Which addresses a configured URL may point to. A literal address or a local name is judged here;
//! what a name resolves to is judged where the connection is made, with [`Reach::of_ip`].

use url::{Host, Url};

use super::problems::Report;
use crate::outbound::Reach;

/// True for `localhost`, `127.0.0.0/8` and `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Reads a URL that people come to: `https`, or plain `http` on loopback.
pub(super) fn read_url(report: &mut Report, key: &str, text: &str) -> Option<Url> {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return refuse(report, key, format!("isn't a URL: {error}")),
    };
    let Some(host) = url.host() else {
        return refuse(report, key, "must be an https:// URL with a host");
    };
    if Reach::of_host(&host) == Reach::Forbidden {
        return refuse(report, key, "points to a metadata, link-local or unspecified address");
    }
    if !matches!(url.scheme(), "http" | "https") {
        return refuse(report, key, "must begin with https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(report, key, "must not hold a user name or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse(report, key, "must have no ? and no # part");
    }
    Some(url)
}

/// Reads the URL of a service that we call (OWASP API7): private addresses and plain `http` only
/// where the section allows the private network.
pub(super) fn read_service_url(
    report: &mut Report,
    key: &str,
    text: &str,
    allow_private: bool,
) -> Option<Url> {
    let url = read_url(report, key, text)?;
    let reach = url.host().map_or(Reach::Forbidden, |host| Reach::of_host(&host));
    if reach == Reach::Private && !allow_private {
        let says = "points to a loopback or private address; if that is meant, \
                    set allow_private_network = true in this section";
        return refuse(report, key, says);
    }
    if url.scheme() == "http" && !allow_private {
        let says = "is plain http, on which a token can be read; use https://, or, inside a \
                    private network, set allow_private_network = true in this section";
        return refuse(report, key, says);
    }
    Some(url)
}

fn refuse<T>(report: &mut Report, key: &str, says: impl Into<String>) -> Option<T> {
    report.say(key, says);
    None
}
