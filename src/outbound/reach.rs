//! How far away an address is, and so whether a configured service may be there. A URL is judged
//! when it is read, the addresses that its name resolves to when a connection is made.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// How far away an address is, nearest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The open network; also a name that says nothing about its address.
    Public,
    /// Loopback, private and shared ranges: only where a section says `allow_private_network`.
    Private,
    /// Metadata services, link-local, multicast and unspecified addresses: never.
    Forbidden,
}

/// Azure's wire server and Alibaba's metadata service, outside the link-local range.
const METADATA_V4: [Ipv4Addr; 2] =
    [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200)];
/// AWS's metadata service.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
const METADATA_NAMES: [&str; 3] = ["metadata.google.internal", "metadata", "instance-data"];

impl Reach {
    /// Judges an address, those that carry an IPv4 address inside included.
    pub fn of_ip(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => of_v4(ip),
            IpAddr::V6(ip) => of_v6(ip),
        }
    }

    /// True for addresses that are one public host each, and nothing but that: what a stranger may
    /// have us speak to. Narrower than [`Reach::Public`]: no address inside another, no ranges for
    /// documentation, tests and protocols (IANA's special-purpose registries).
    pub fn is_global(ip: IpAddr) -> bool {
        Self::of_ip(ip) == Self::Public
            && match ip {
                IpAddr::V4(ip) => is_plain_v4(ip),
                IpAddr::V6(ip) => is_plain_v6(ip),
            }
    }

    /// Judges the host of a URL as it is written.
    pub fn of_host(host: &Host<&str>) -> Self {
        match host {
            Host::Ipv4(ip) => of_v4(*ip),
            Host::Ipv6(ip) => of_v6(*ip),
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                if METADATA_NAMES.contains(&name) {
                    Self::Forbidden
                } else if name == "localhost" || name.ends_with(".localhost") {
                    Self::Private
                } else {
                    Self::Public
                }
            }
        }
    }
}

fn of_v4(ip: Ipv4Addr) -> Reach {
    let [a, b, c, _] = ip.octets();
    if a == 0 || a >= 224 || ip.is_link_local() || METADATA_V4.contains(&ip) {
        return Reach::Forbidden;
    }
    let shared = a == 100 && (64..128).contains(&b);
    let special = (a == 192 && b == 0 && c == 0) || (a == 198 && (b == 18 || b == 19));
    if ip.is_loopback() || ip.is_private() || shared || special {
        Reach::Private
    } else {
        Reach::Public
    }
}

/// Not for documentation, and not the old relays of 6to4.
fn is_plain_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !matches!((a, b, c), (192, 0, 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113))
}

/// Global unicast (`2000::/3`) without what protocols and documents took out of it.
fn is_plain_v6(ip: Ipv6Addr) -> bool {
    let [a, b, .., e, f, _, _] = ip.segments();
    let unicast = a & 0xe000 == 0x2000;
    let protocols = a == 0x2001 && b < 0x200;
    let documents = (a == 0x2001 && b == 0xdb8) || (a == 0x3fff && b < 0x1000);
    let carries_v4 = a == 0x2002 || (e & 0xfcff == 0 && f == 0x5efe);
    unicast && !protocols && !documents && !carries_v4
}

fn of_v6(ip: Ipv6Addr) -> Reach {
    let embedded = |high: u16, low: u16| {
        let ([one, two], [three, four]) = (high.to_be_bytes(), low.to_be_bytes());
        of_v4(Ipv4Addr::new(one, two, three, four))
    };
    if ip.is_loopback() {
        return Reach::Private;
    }
    if ip.is_unspecified() || ip.is_multicast() || ip == METADATA_V6 {
        return Reach::Forbidden;
    }
    match ip.segments() {
        [first, ..] if first & 0xffc0 == 0xfe80 => Reach::Forbidden,
        // Unique local, the old site-local range and Teredo.
        [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0 => Reach::Private,
        [0x2001, 0, ..] => Reach::Private,
        // 6to4 and NAT64 carry an IPv4 address to a relay of somebody else's choice.
        [0x2002, high, low, ..] | [0x64, 0xff9b, .., high, low] => {
            embedded(high, low).max(Reach::Private)
        }
        // IPv4-mapped (::ffff:a.b.c.d) and the obsolete IPv4-compatible form.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => embedded(high, low),
        _ => Reach::Public,
    }
}
