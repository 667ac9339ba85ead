//! Several replicas: sessions of older versions at whichever one a request lands, what one tells the
//! others, and writes while replicas are killed.

mod compose;
mod handover;
mod killed;
mod person;
mod told;

use osier::clock::Clock;
use osier::demo::BEN;
use serde_json::{Value, json};

use crate::harness::{Front, Setup, TestApp, three_free_ports};

/// Settings by which a replica takes part: its own address, and where the others may be.
fn peering(port: u16) -> [(String, String); 3] {
    [
        ("OSIER_REPLICAS__PEER_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
        ("OSIER_REPLICAS__PEER_URL".to_owned(), format!("http://127.0.0.1:{port}")),
        ("OSIER_REPLICAS__PEERS".to_owned(), "127.0.0.0/8".to_owned()),
    ]
}

/// Two replicas with one key behind one front, and the ports at which they reach each other.
async fn pair(settings: &[(&str, &str)]) -> (Front, TestApp, TestApp, [u16; 2]) {
    let front = Front::new().await;
    let ports = [three_free_ports(), three_free_ports()];
    let clock = Clock::manual();
    let setup = |port: u16, key: Option<&str>| {
        let mut setup = front.setup(Setup { clock: clock.clone(), ..Setup::default() });
        setup.settings.extend(peering(port));
        setup.settings.extend(key.map(|key| ("OSIER_KEYS__CURRENT".to_owned(), key.to_owned())));
        let own = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        setup.settings.extend(own);
        setup
    };
    let a = TestApp::with(setup(ports[0], None)).await;
    let b = a.with_setup(setup(ports[1], Some(&a.key))).await;
    (front, a, b, ports)
}

fn new_ticket(summary: &str) -> Value {
    json!({"siteId": osier::demo::SITE_60M, "summary": summary, "description": "x", "priority": 3})
}

/// How many tickets have this summary.
fn tickets(app: &TestApp, summary: &str) -> usize {
    let tickets = app.around.services().tickets_of(osier::demo::SITE_60M);
    tickets.iter().filter(|ticket| ticket["summary"] == summary).count()
}

fn ben(app: &TestApp) -> String {
    app.around.entra().token(&BEN)
}
