//! `[replicas]`: where the processes that serve one public URL reach each other. Sessions of the older
//! MCP versions live on one of them; a request that lands elsewhere is handed over. Without these keys
//! nothing is handed over. `peers` says which addresses a session's name may hold at all.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;
use url::{Host, Url};

use super::network::read_url;
use super::problems::Report;
use crate::outbound::Reach;

/// How this replica and the others reach each other.
#[derive(Clone, Debug)]
pub struct Replicas {
    /// Where to listen for the others.
    pub listen: SocketAddr,
    /// Where the others reach this one: an origin.
    pub url: Url,
    /// Where the others may be.
    pub peers: Peers,
}

/// The addresses at which replicas may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peers(Vec<Peer>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Peer {
    Net(IpNet),
    Name(String),
}

impl Peers {
    /// May a replica be there? An address that is named stands in one of the networks, a name is one
    /// of the names or ends in one that has a dot. No metadata service and no link-local address is a
    /// replica, whatever is written.
    pub fn admit(&self, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        let bare = url.username().is_empty() && url.password().is_none();
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let scheme = matches!(url.scheme(), "http" | "https");
        bare && plain
            && scheme
            && Reach::of_host(&host) != Reach::Forbidden
            && self.0.iter().any(|peer| peer.is(&host))
    }
}

impl FromStr for Peers {
    type Err = &'static str;

    /// Networks, addresses and names, with commas in between.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.split(',').map(Peer::read).collect::<Result<_, _>>().map(Self)
    }
}

impl Peer {
    fn read(text: &str) -> Result<Self, &'static str> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Net(ip.into()));
        }
        if let Ok(net) = text.parse::<IpNet>() {
            let wide = net.prefix_len() == 0;
            return if wide { Err("names every address there is") } else { Ok(Self::Net(net)) };
        }
        let name = text.trim_start_matches('.').to_ascii_lowercase();
        let plain_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'-')
        };
        // A name whose last label is a number is an address in some spelling (WHATWG URL §3.5).
        let number =
            name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if name.split('.').all(plain_label) && !number {
            return Ok(Self::Name(name));
        }
        Err("must be a network (10.20.0.0/16), an address, or a host name without a port")
    }

    fn is(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Net(net), Host::Ipv4(ip)) => net.contains(&IpAddr::V4(*ip)),
            (Self::Net(net), Host::Ipv6(ip)) => net.contains(&IpAddr::V6(*ip)),
            (Self::Name(name), Host::Domain(host)) => {
                let host = host.trim_end_matches('.');
                let below =
                    || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
                host == name || (name.contains('.') && below())
            }
            _ => false,
        }
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawReplicas {
    /// Address and port to listen on for the other replicas, on the private network alone; never what
    /// the balancer forwards to. `OSIER_REPLICAS__PEER_LISTEN`
    peer_listen: Option<String>,
    /// Required with `peer_listen`. The origin at which the other replicas reach this one. Each replica
    /// has its own. `OSIER_REPLICAS__PEER_URL`
    peer_url: Option<String>,
    /// Required with `peer_listen`. Networks, addresses and host names at which replicas may be; a
    /// name with a dot stands for all below it, too. `OSIER_REPLICAS__PEERS`
    peers: Vec<String>,
}

impl RawReplicas {
    /// None where replicas don't reach each other; none, too, where something is wrong, which is said.
    pub(super) fn resolve(self, report: &mut Report) -> Option<Replicas> {
        let Self { peer_listen, peer_url, peers } = self;
        if peer_listen.is_none() && peer_url.is_none() && peers.is_empty() {
            return None;
        }
        let what = "an address and a port of the private network, such as 10.20.1.7:8081";
        let listen = report.require("replicas.peer_listen", peer_listen, what).and_then(|text| {
            let read = text.parse::<SocketAddr>().ok();
            if read.is_none() {
                report.say("replicas.peer_listen", "must be an IP address and a port");
            }
            read
        });
        let what = "where the other replicas reach this one, such as http://10.20.1.7:8081";
        let url = report.require("replicas.peer_url", peer_url, what);
        let url = url.and_then(|text| read_origin(report, &text));
        let peers = read_peers(report, &peers);
        let (listen, url, peers) = (listen?, url?, peers?);
        if !peers.admit(&url) {
            let says = "isn't among replicas.peers, so that no other replica would come here";
            report.say("replicas.peer_url", says);
            return None;
        }
        Some(Replicas { listen, url, peers })
    }
}

fn read_origin(report: &mut Report, text: &str) -> Option<Url> {
    let url = read_url(report, "replicas.peer_url", text)?;
    if url.path() != "/" {
        report.say("replicas.peer_url", "must have no path");
        return None;
    }
    Some(url)
}

fn read_peers(report: &mut Report, peers: &[String]) -> Option<Peers> {
    if peers.is_empty() {
        let says = "is required: the networks or names where the other replicas are, \
                    such as [\"10.20.0.0/16\"]";
        report.say("replicas.peers", says);
        return None;
    }
    let mut read = Vec::new();
    for (at, text) in peers.iter().enumerate() {
        match Peer::read(text) {
            Ok(peer) => read.push(peer),
            Err(says) => report.say(&format!("replicas.peers.{at}"), says),
        }
    }
    (read.len() == peers.len()).then_some(Peers(read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_a_replica() {
        let peers: Peers =
            "10.20.0.0/16,fd12::/64,192.168.7.7,osier-1,osier.svc.local".parse().unwrap();
        let admits = |text: &str| peers.admit(&Url::parse(text).unwrap());
        for there in [
            "http://10.20.3.4:8081",
            "https://10.20.3.4",
            "http://[fd12::7]:8081",
            "http://192.168.7.7",
            "http://osier-1:8081",
            "http://osier.svc.local",
            "http://a.osier.svc.local:1",
        ] {
            assert!(admits(there), "{there}");
        }
        for elsewhere in [
            "http://10.21.3.4:8081",
            "http://[::ffff:10.20.3.4]:8081",
            "http://a.osier-1",
            "http://xosier.svc.local",
            "http://osier.svc.local.evil.example",
            "http://u@10.20.3.4",
            "http://10.20.3.4/path",
            "http://10.20.3.4/?a",
            "ftp://10.20.3.4/",
            "unix:/10.20.3.4",
        ] {
            assert!(!admits(elsewhere), "{elsewhere}");
        }
        let wide: Peers = "169.254.0.0/16,metadata.google.internal,168.0.0.0/8".parse().unwrap();
        for text in
            ["http://169.254.169.254/", "http://metadata.google.internal/", "http://168.63.129.16"]
        {
            assert!(!wide.admit(&Url::parse(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_would_be_everybody_isnt_taken() {
        for text in [
            "0.0.0.0/0",
            "::/0",
            "*",
            "*.svc.local",
            "",
            ".",
            "a..b",
            "host:80",
            "10.0.0",
            "http://a",
        ] {
            assert!(Peer::read(text).is_err(), "{text}");
        }
    }
}
