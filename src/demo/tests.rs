//! The surroundings over real HTTP, as Osier meets them.

mod entra;
mod entra_assertion;
mod entra_authorize;
mod entra_on_behalf;
mod entra_sign_in;
mod entra_switches;
mod entra_token;
mod fence;
mod writes;

use serde_json::{Value, json};

use super::*;

/// Surroundings and one person's view of the services.
struct Demo {
    around: Surroundings,
    client: reqwest::Client,
}

struct Reply {
    status: u16,
    etag: Option<String>,
    body: Value,
}

impl Demo {
    async fn start(strict: bool) -> Self {
        let options = Options { strict, ..Options::default() };
        let around = Surroundings::start_anywhere(options).await.unwrap();
        Self { around, client: client() }
    }

    async fn get(&self, person: &Person, path: &str) -> Reply {
        self.send(person, "GET", path, &[], None).await
    }

    async fn post(&self, person: &Person, path: &str, body: &Value) -> Reply {
        self.send(person, "POST", path, &[], Some(body)).await
    }

    async fn send(
        &self,
        person: &Person,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let url =
            format!("{}{path}", self.around.services().authz_url().trim_end_matches("/authz"));
        let mut request = self
            .client
            .request(method.parse().unwrap(), url)
            .bearer_auth(self.around.entra().token(person));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        let etag = reply.headers().get("etag").map(|etag| etag.to_str().unwrap().to_owned());
        Reply { status, etag, body: reply.json().await.unwrap_or_default() }
    }

    /// The sites of all tickets that a person finds.
    async fn ticket_sites(&self, person: &Person, filters: Value) -> Vec<String> {
        let body = json!({"pageSize": 1000, "filterSpecifications": filters});
        let reply = self.post(person, "/workflowcore/tickets/search", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let items = reply.body["items"].as_array().unwrap();
        assert_eq!(reply.body["total"], items.len());
        let mut sites: Vec<String> =
            items.iter().map(|one| fields::text(one, "siteId").to_owned()).collect();
        sites.sort();
        sites.dedup();
        sites
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own client of the look-alike")]
fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_fault_is_played_and_healed_and_everything_is_recorded() {
    let demo = Demo::start(false).await;
    let services = demo.around.services();
    let path = "/sitecore/sites";
    services.inject("/sitecore", Fault::answer(503, "").header("retry-after", "7").times(1));
    assert_eq!(demo.get(&ANA, path).await.status, 503);
    assert_eq!(demo.get(&ANA, &format!("{path}?q=osprentide")).await.body["total"], 1);
    let seen = services.wire().requests_to(path);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].query, "q=osprentide");
    assert!(seen[1].header("authorization").unwrap().starts_with("Bearer ey"));
    assert!(services.wire().writes().is_empty());
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_write_was_done() {
    let demo = Demo::start(true).await;
    let services = demo.around.services();
    let lost = Fault::answer(502, "").after_handling().exactly().times(1);
    services.inject("/workflowcore/tickets", lost.only("POST".parse().unwrap()));
    let before = services.tickets().len();
    let body = json!({"siteId": SITE_60M, "summary": "Once", "description": "x", "priority": 2});
    let key = [("idempotency-key", "k")];
    let search = "/workflowcore/tickets/search";
    assert_eq!(demo.post(&BEN, search, &json!({})).await.status, 200);
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let reply = demo.send(&BEN, "POST", "/workflowcore/tickets", &key, Some(&body)).await;
        statuses.push(reply.status);
    }
    assert_eq!(statuses, [502, 201]);
    assert_eq!(services.tickets().len(), before + 1);
    assert_eq!(services.wire().writes().len(), 2);
}

#[tokio::test]
async fn its_time_is_the_clock_that_it_was_given() {
    let clock = Clock::manual();
    let options = Options { clock: clock.clone(), ..Options::default() };
    let demo =
        Demo { around: Surroundings::start_anywhere(options).await.unwrap(), client: client() };
    let token = demo.around.entra().token(&ANA);
    let url = format!("{}/sites", demo.around.services().sitecore_url());
    let ask = || demo.client.get(&url).bearer_auth(&token).send();
    assert_eq!(ask().await.unwrap().status(), 200);
    clock.advance(std::time::Duration::from_hours(2));
    assert_eq!(ask().await.unwrap().status(), 401);
    assert_eq!(demo.get(&ANA, "/sitecore/sites").await.status, 200);
}

#[tokio::test]
async fn it_refuses_to_listen_beyond_loopback() {
    let everywhere = TcpListener::bind(("0.0.0.0", 0)).await.unwrap();
    let here = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    assert!(Surroundings::start(everywhere, here, Options::default()).await.is_err());
}

#[tokio::test]
async fn dropping_it_frees_its_ports() {
    let demo = Demo::start(false).await;
    let address = demo.around.entra().base_url().trim_start_matches("http://").to_owned();
    drop(demo);
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(&address).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("still listening on {address}");
}

#[test]
fn the_banner_and_the_page_name_everybody() {
    let banner =
        banner("http://localhost:9090", "http://127.0.0.1:9091", "http://127.0.0.1:9092", true);
    let page = include_str!("../../docs/DEMO.md");
    for person in &PEOPLE {
        assert!(banner.contains(person.may), "{}", person.name);
        assert!(page.contains(person.may) && page.contains(person.oid), "{}", person.name);
    }
    for site in SITES {
        assert!(banner.contains(site) && page.contains(site));
    }
    assert!(banner.contains("osier token --user ben --port 9090"));
}
