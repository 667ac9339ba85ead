//! Whatever the source, the same assignments come to the same snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use osier::access::{
    Access, Adapter, Ages, Assignments, AuthZen, ClaimRules, Fields, HttpAdapter, Names, Objects,
    OpenFga, Scopes, Service, Source, Subject,
};
use osier::clock::Clock;
use osier::demo::{Options, Surroundings};
use osier::identity::Groups;
use osier::outbound::{self, Limits, Reach};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use super::little::{Habits, Little};
use crate::scoping::stranger;

const PERMISSIONS: [&str; 3] = ["A.CanView", "A.CanEdit", "A.CanCount"];
const SITES: [&str; 3] = ["s1", "s2", "s3"];

fn place(number: usize) -> String {
    match number {
        0 => "global".to_owned(),
        1..=3 => format!("{{site: {}}}", SITES[number - 1]),
        _ => format!("{{location: l{number}, site: {}}}", SITES[number % 3]),
    }
}

/// The same assignments twice: to a person, and to an app role or a group.
fn files(oid: &str, grants: &[(usize, usize)]) -> (String, String) {
    let roles: String = PERMISSIONS
        .iter()
        .enumerate()
        .map(|(i, name)| format!("  r{i}: [{name}]\n"))
        .collect::<Vec<_>>()
        .concat();
    let to = |holder: &dyn Fn(usize) -> String| {
        let lines: String = grants
            .iter()
            .map(|(role, at)| {
                format!("  - {{{}, role: r{role}, at: {}}}\n", holder(*at), place(*at))
            })
            .collect::<Vec<_>>()
            .concat();
        if lines.is_empty() { " []\n".to_owned() } else { format!("\n{lines}") }
    };
    let person = to(&|_| format!("user: {oid}"));
    let claims = to(&|at| if at % 2 == 0 { "app_role: R".into() } else { "group: g".into() });
    (
        format!("roles:\n{roles}users:\n  - {{id: {oid}}}\nassignments:{person}"),
        format!("roles:\n{roles}assignments:{claims}"),
    )
}

fn access(adapter: Adapter) -> Access {
    let known: BTreeSet<String> = PERMISSIONS.iter().map(|name| (*name).to_owned()).collect();
    let ages = Ages { read: Duration::ZERO, write: Duration::ZERO };
    let names = Names::default();
    Access::new(Source { adapter, names, known, clock: Clock::System }, ages, None)
}

fn client() -> reqwest::Client {
    outbound::client(&Limits::calls(Duration::from_secs(30), Reach::Private)).unwrap()
}

fn service(little: &Little) -> Service {
    Service {
        client: client(),
        url: Url::parse(&little.url).unwrap(),
        token: Some(SecretString::from("sesame")),
        timeout: Duration::from_secs(30),
        list_deadline: Duration::from_secs(30),
    }
}

fn objects() -> Objects {
    Objects {
        site: "site".into(),
        location: Some("location".into()),
        separator: "/".into(),
        global: Some(("tenant".into(), "{tid}".into())),
    }
}

fn authzen(little: &Little, places: Vec<(String, Option<String>)>) -> Adapter {
    Adapter::AuthZen(Box::new(AuthZen {
        service: service(little),
        subject_type: "user".into(),
        subject_id: "{oid}".into(),
        objects: objects(),
        places,
    }))
}

/// Every source over these assignments, by what it is.
fn sources(
    little: &Little,
    around: &Surroundings,
    (person, claims): &(String, String),
) -> Vec<(&'static str, Access)> {
    little.assign(person);
    around.authz().replace(person).unwrap();
    let url = format!("{}/v1/me/permissions", around.services().authz_url());
    let http = HttpAdapter::new(
        client(),
        Url::parse(&url).unwrap(),
        Duration::from_secs(30),
        Fields::default(),
    );
    let openfga = OpenFga {
        service: service(little),
        store: "store-1".into(),
        model: None,
        user: "user:{oid}".into(),
        objects: objects(),
        max_results: 1000,
    };
    let places = SITES.iter().map(|site| ((*site).to_owned(), None));
    let locations = (4..12).map(|at| (SITES[at % 3].to_owned(), Some(format!("l{at}"))));
    let places = places.chain(locations).collect();
    [
        ("file", Adapter::File(Assignments::from_yaml(person).unwrap())),
        ("http", Adapter::Http(Box::new(http))),
        ("openfga", Adapter::OpenFga(Box::new(openfga))),
        ("search", authzen(little, Vec::new())),
        ("evaluations", authzen(little, places)),
        ("claims", Adapter::Claims(ClaimRules::from_yaml(claims).unwrap())),
    ]
    .map(|(name, adapter)| (name, access(adapter)))
    .into()
}

#[test]
fn every_source_comes_to_the_same_snapshot() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let little = runtime.block_on(Little::new());
    little.behave(Habits { page: Some(2), ..Habits::default() });
    let around = runtime.block_on(Surroundings::start_anywhere(Options::default())).unwrap();
    let grants = prop::collection::vec((0..PERMISSIONS.len(), 0_usize..12), 0..8);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let tested = runner.run(&grants, |grants| {
        let oid: &'static str = Uuid::new_v4().to_string().leak();
        let token = SecretString::from(around.entra().token(&stranger("random", oid)));
        let sources = sources(&little, &around, &files(oid, &grants));
        let (roles, groups) = (["R".to_owned()], Groups::Named(vec!["g".to_owned()]));
        let tenant = osier::demo::TENANT_ID;
        let who = Subject { tenant, oid, bearer: Some(&token), roles: &roles, groups: &groups };
        let mut expected: Option<BTreeMap<String, Scopes>> = None;
        for (name, access) in sources {
            let snapshot = runtime.block_on(access.look_up(&who)).unwrap();
            let held = snapshot.permissions().map(|(name, held)| {
                // Whoever may everywhere needs no list of places.
                let held = if held.is_global() { Scopes::everywhere() } else { held.clone() };
                (name.to_owned(), held)
            });
            let held: BTreeMap<_, _> = held.collect();
            let expected = expected.get_or_insert_with(|| held.clone());
            prop_assert_eq!(&*expected, &held, "{}", name);
        }
        Ok(())
    });
    tested.unwrap();
}
