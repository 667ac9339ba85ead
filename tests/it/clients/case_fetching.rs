//! Cases 31 to 33: whom the fetcher speaks to.

use std::net::IpAddr;

use osier::oauth::client::{ClientFault, ClientFlaw};
use osier::outbound::Reach;

use super::site::Answer;
use super::world::{APP, PUBLIC, Setup, World};

const UNUSABLE: ClientFault = ClientFault::Invalid(ClientFlaw::BadDocument);

/// At least one of each range that isn't one public host.
const NOT_PUBLIC: [&str; 66] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "64:ff9b:1::a9fe:a9fe",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2002:a9fe:a9fe::1",
    "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:808:808",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fdff:ffff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff02::1",
    "ffff::1",
];

#[test]
fn case_031_only_single_public_hosts_are_global() {
    for ip in NOT_PUBLIC {
        assert!(!Reach::is_global(ip.parse().unwrap()), "{ip}");
    }
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "160.79.104.10",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "2620:fe::fe",
        "3ffe::1",
    ];
    for ip in public {
        assert!(Reach::is_global(ip.parse().unwrap()), "{ip}");
    }
}

#[tokio::test]
async fn case_031_names_of_other_than_public_addresses_are_refused() {
    let trapped: Vec<IpAddr> = NOT_PUBLIC.iter().map(|ip| ip.parse().unwrap()).collect();
    let world = World::with(Setup { trapped, ..Setup::default() }).await;
    for (at, ip) in NOT_PUBLIC.iter().enumerate() {
        // One look-up a minute is within the budget.
        world.clock.advance(std::time::Duration::from_mins(1));
        world.names.tell("client.example", &[&[ip]]);
        let id = format!("https://client.example/c{at}/client.json");
        assert_eq!(world.find(&id).await.unwrap_err(), UNUSABLE, "{ip}");
    }
    assert_eq!(world.names.asked(), NOT_PUBLIC.len());
    assert_eq!((*world.trapped.lock().unwrap(), world.site.requests()), (0, 0));
    // The trap works.
    let trapped = vec!["1.1.1.1".parse().unwrap()];
    let world = World::with(Setup { trapped, ..Setup::default() }).await;
    world.names.tell("client.example", &[&["1.1.1.1"]]);
    let finding = world.find(APP);
    let seen = async {
        while *world.trapped.lock().unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! { found = finding => panic!("{found:?}"), () = seen => {} }
}

#[tokio::test]
async fn case_031_a_name_without_an_address_is_for_later() {
    let world = World::new().await;
    world.names.tell("client.example", &[&[]]);
    let fault = world.find(APP).await.unwrap_err();
    assert!(matches!(fault, ClientFault::Unavailable { .. }), "{fault:?}");
    let world = World::set("OSIER_CLIENTS__CIMD", "https://gone.example/app.json").await;
    let fault = world.find("https://gone.example/app.json").await.unwrap_err();
    assert!(matches!(fault, ClientFault::Unavailable { .. }), "{fault:?}");
}

#[tokio::test]
async fn case_032_an_address_that_was_judged_is_the_one_that_is_connected_to() {
    let trapped = vec!["127.0.0.1".parse().unwrap()];
    let world = World::with(Setup { trapped, ..Setup::default() }).await;
    // Public at the first look, loopback at any other.
    world.names.tell("client.example", &[&[PUBLIC], &["127.0.0.1"]]);
    assert!(world.find(APP).await.is_ok());
    assert_eq!((world.names.asked(), world.site.requests()), (1, 1));
    // The next fetch looks anew, over no connection that was kept.
    world.clock.advance(std::time::Duration::from_hours(25));
    assert_eq!(world.find(APP).await.unwrap_err(), UNUSABLE);
    assert_eq!((world.names.asked(), world.site.requests()), (2, 1));
    assert_eq!(*world.trapped.lock().unwrap(), 0);
}

#[tokio::test]
async fn case_032_one_private_address_among_public_ones_spoils_them_all() {
    let mixtures: [&[&str]; 4] = [
        &[PUBLIC, "127.0.0.1"],
        &["::1", PUBLIC],
        &[PUBLIC, "2606:4700::1111", "fd00::1"],
        &["10.0.0.1", PUBLIC, PUBLIC],
    ];
    for mixture in mixtures {
        let trapped = ["127.0.0.1", "::1", "fd00::1", "10.0.0.1"].map(|ip| ip.parse().unwrap());
        let world = World::with(Setup { trapped: trapped.to_vec(), ..Setup::default() }).await;
        world.names.tell("client.example", &[mixture]);
        assert_eq!(world.find(APP).await.unwrap_err(), UNUSABLE, "{mixture:?}");
        assert_eq!((*world.trapped.lock().unwrap(), world.site.requests()), (0, 0), "{mixture:?}");
    }
}

#[tokio::test]
async fn case_033_redirects_are_not_followed() {
    let targets = [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        APP,
        "https://client.example/other/client.json",
        "/other/client.json",
    ];
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        for target in targets {
            let trapped = vec!["127.0.0.1".parse().unwrap(), "169.254.169.254".parse().unwrap()];
            let world = World::with(Setup { trapped, ..Setup::default() }).await;
            let moved = Answer::status(status, &format!("location: {target}\r\n"));
            world.site.answers(moved);
            assert_eq!(world.find(APP).await.unwrap_err(), UNUSABLE, "{status} {target}");
            assert_eq!(world.site.requests(), 1, "{status} {target}");
            assert_eq!(*world.trapped.lock().unwrap(), 0, "{status} {target}");
        }
    }
}

#[tokio::test]
async fn only_200_brings_a_document() {
    let refused = [
        "201 Created",
        "204 No Content",
        "206 Partial",
        "304 Not Modified",
        "403 Forbidden",
        "404 Not Found",
        "410 Gone",
    ];
    let later = ["408 Timeout", "429 Slow Down", "500 Oops", "502 Bad Gateway", "503 Later"];
    for (status, refused) in
        refused.map(|status| (status, true)).into_iter().chain(later.map(|status| (status, false)))
    {
        let world = World::new().await;
        world.site.answers(Answer::status(status, "content-type: application/json\r\n"));
        let fault = world.find(APP).await.unwrap_err();
        assert_eq!(fault == UNUSABLE, refused, "{status}: {fault:?}");
        assert!(refused || matches!(fault, ClientFault::Unavailable { .. }), "{status}: {fault:?}");
    }
}

#[tokio::test]
async fn a_fetch_is_a_plain_request_that_tells_nothing() {
    let world = World::new().await;
    world.find(APP).await.unwrap();
    let head = world.site.head().to_lowercase();
    let mut lines: Vec<_> = head.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "get /app.json http/1.1");
    lines.sort_unstable();
    let agent = concat!("user-agent: osier/", env!("CARGO_PKG_VERSION"));
    let expected =
        ["accept-encoding: identity", "accept: application/json", "host: client.example", agent];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_certificate_of_another_name_or_authority_is_refused() {
    let id = "https://other.example/app.json";
    let world = World::set("OSIER_CLIENTS__CIMD", id).await;
    world.names.tell("other.example", &[&[PUBLIC]]);
    let fault = world.find(id).await.unwrap_err();
    assert!(matches!(fault, ClientFault::Unavailable { .. }), "{fault:?}");
    assert_eq!(world.site.requests(), 0);
}
