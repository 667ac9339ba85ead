//! The question of a write at a link, for a client that can't ask it. Of all the ways here, only a
//! person's first yes writes, and only once.

use std::time::Duration;

use osier::clock::Clock;
use serde_json::{Value, json};

use super::{assert_page, host};
use crate::harness::{Browser, Client, Page, Postgres, Setup, TestApp, Version};

/// A client that can't ask anything.
async fn mute(app: &TestApp, name: &str, version: Version) -> Client {
    Client::connect_with(&app.http, &app.url, app.token(name), version, json!({})).await
}

fn ticket() -> Value {
    json!({
        "siteId": osier::demo::SITE_60M,
        "summary": "The lobby's light flickers",
        "description": "Since Monday",
        "priority": 4,
    })
}

/// The link in an answer's text.
fn link(app: &TestApp, text: &str) -> String {
    let start = text.find(&format!("{}/confirm/", app.url)).unwrap_or_else(|| panic!("{text}"));
    let rest = &text[start..];
    let end = rest.find(|c: char| c.is_whitespace() || c == ',');
    let link = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ',', ')']);
    link.to_owned()
}

async fn asked(app: &TestApp, client: &Client) -> String {
    let reply = client.call("create_ticket", ticket()).await;
    assert!(reply.is_error(), "{reply:?}");
    link(app, &reply.text())
}

fn created(app: &TestApp) -> usize {
    app.around.services().wire().writes().len()
}

/// Signs in at a link and shows what is there.
async fn opened(browser: &mut Browser, link: &str, name: &str) -> Page {
    let page = browser.open(link, "nowhere").await;
    if !page.body.contains(&format!("value=\"{name}\"")) {
        return page;
    }
    let pressed = browser.press(&page, name).await;
    let page = browser.follow(pressed, "nowhere").await;
    if !page.body.contains("value=\"accept\"") {
        return page;
    }
    let pressed = browser.press(&page, "accept").await;
    browser.follow(pressed, "nowhere").await
}

#[tokio::test]
async fn a_yes_writes_once_when_the_call_is_repeated_in_either_era() {
    for version in [Version::V2025_11_25, Version::V2026_07_28] {
        let app = TestApp::new().await;
        let ben = mute(&app, "ben", version).await;
        let link = asked(&app, &ben).await;
        assert_eq!(asked(&app, &ben).await, link, "a question that is open is the same one");
        let mut browser = Browser::new(&app.http);
        let page = opened(&mut browser, &link, "ben").await;
        assert_eq!((page.status, page.url.as_str()), (200, link.as_str()), "{page:?}");
        assert!(page.text().contains("The lobby's light flickers"), "{}", page.text());
        assert_eq!(created(&app), 0);
        let page = browser.press(&page, "yes").await;
        assert!(page.text().contains("You said yes"), "{}", page.text());
        assert_eq!(created(&app), 0, "the page itself writes nothing");
        let done = ben.call("create_ticket", ticket()).await;
        assert_eq!(done.item()["summary"], "The lobby's light flickers");
        // A client that lost the answer and asks again learns that it is done; after that the same
        // call is another question.
        let told = ben.call("create_ticket", ticket()).await;
        assert!(told.is_error() && told.text().contains("already used"), "{told:?}");
        assert_ne!(asked(&app, &ben).await, link);
        assert_eq!(created(&app), 1);
    }
}

#[tokio::test]
async fn a_no_writes_nothing_and_is_told() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let mut browser = Browser::new(&app.http);
    let page = opened(&mut browser, &link, "ben").await;
    let page = browser.press(&page, "no").await;
    assert!(page.text().contains("You said no"), "{}", page.text());
    let told = ben.call("create_ticket", ticket()).await;
    assert!(told.is_error() && !told.text().contains("/confirm/"), "{told:?}");
    assert_eq!(created(&app), 0);
}

#[tokio::test]
async fn another_persons_link_is_an_unknown_one() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let unknown = format!("{}/confirm/{}", app.url, "a".repeat(26));
    let without_id = |page: &Page| {
        let text = page.text();
        text.split("req_").next().unwrap().to_owned()
    };
    let mut ana = Browser::new(&app.http);
    let theirs = opened(&mut ana, &link, "ana").await;
    let nobodys = opened(&mut ana, &unknown, "ana").await;
    assert_page(&theirs, 404);
    assert_eq!(without_id(&theirs), without_id(&nobodys));
    assert_eq!(
        theirs.headers.get("content-security-policy"),
        nobodys.headers.get("content-security-policy")
    );
    // She can't answer it either, whatever form she makes up.
    assert!(ana.cookie(&host(&app), "osier_link_").is_none());
    let form = [("token".to_owned(), "x".to_owned()), ("decision".to_owned(), "yes".to_owned())];
    assert_page(&ana.post(&link, &form, &theirs.url).await, 403);
    assert!(ben.call("create_ticket", ticket()).await.text().contains("/confirm/"));
    assert_eq!(created(&app), 0);
}

#[tokio::test]
async fn a_link_that_has_expired_is_unknown_and_a_late_yes_is_none() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let mut browser = Browser::new(&app.http);
    let page = opened(&mut browser, &link, "ben").await;
    clock.advance(Duration::from_secs(301));
    assert_page(&browser.press(&page, "yes").await, 404);
    assert_page(&browser.get(&link).await, 404);
    assert_ne!(asked(&app, &ben).await, link);
    assert_eq!(created(&app), 0);
}

#[tokio::test]
async fn a_yes_is_for_these_arguments_alone() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let mut browser = Browser::new(&app.http);
    let page = opened(&mut browser, &link, "ben").await;
    browser.press(&page, "yes").await;
    let mut other = ticket();
    other["priority"] = 1.into();
    let told = ben.call("create_ticket", other).await;
    assert!(told.is_error() && told.text().contains("/confirm/"), "{told:?}");
    assert_eq!(created(&app), 0);
}

#[tokio::test]
async fn the_form_counts_once_and_only_from_our_page() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let mut browser = Browser::new(&app.http);
    let page = opened(&mut browser, &link, "ben").await;
    let (action, fields) = page.form("yes");
    let foreign = url::Url::parse("https://evil.example/").unwrap();
    assert_page(&browser.post(action.as_str(), &fields, &foreign).await, 403);
    let mut stranger = Browser::new(&app.http);
    let told = stranger.post(action.as_str(), &fields, &page.url).await;
    assert_page(&told, 403);
    assert!(told.text().contains("Open the link once more"), "{}", told.text());
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && !page.body.contains("<script"));
    browser.press(&page, "no").await;
    // A second answer changes nothing of the first.
    let again = browser.press(&page, "yes").await;
    assert!(again.text().contains("You said no"), "{}", again.text());
    assert!(ben.call("create_ticket", ticket()).await.is_error());
    assert_eq!(created(&app), 0);
}

#[tokio::test]
async fn who_has_no_access_is_told_whom_to_ask() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let page = opened(&mut Browser::new(&app.http), &link, "dan").await;
    assert_page(&page, 403);
    assert!(page.text().contains("Ask the administrator"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_the_store_is_away_the_page_says_that_it_is_not_known() {
    let mut postgres = Postgres::start().await;
    let url = postgres.database("osier").await;
    let settings = [("OSIER_STORE__URL".to_owned(), url)];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let mut browser = Browser::new(&app.http);
    let page = opened(&mut browser, &link, "ben").await;
    postgres.stop();
    for away in [browser.get(&link).await, browser.press(&page, "yes").await] {
        assert_page(&away, 503);
        assert!(away.text().contains("The question can't be had at the moment"), "{}", away.text());
    }
    assert_eq!(created(&app), 0);
}

#[tokio::test]
async fn who_took_the_wrong_account_opens_the_link_again_and_takes_another() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let link = asked(&app, &ben).await;
    let mut browser = Browser::new(&app.http);
    assert_page(&opened(&mut browser, &link, "ana").await, 404);
    // Entra knows ana by now, and asks all the same.
    let page = opened(&mut browser, &link, "ben").await;
    assert_eq!(page.status, 200, "{page:?}");
    browser.press(&page, "yes").await;
    assert!(!ben.call("create_ticket", ticket()).await.is_error());
}
