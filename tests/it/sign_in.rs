//! Sign-in as assistants do it: metadata, registration, consent, Entra, code, token. A browser with
//! cookies walks each way; `tests/signin` walks it with the real ones.

mod callback;
mod codes;
mod consent;
mod direct;
mod entra;
mod forms;
mod link;
mod logs;
mod metadata;
mod outages;
mod refresh;
mod request;
mod shapes;
mod walk;

use crate::harness::{Page, TestApp};

/// An address that claude.ai is answered at.
const CLAUDE: &str = "https://claude.ai/api/mcp/auth_callback";
/// A program's on the person's own device.
const LOOPBACK: &str = "http://127.0.0.1:43567/callback";

/// A page of ours that tells of a failure: no redirect, and nothing on it that a browser would run.
fn assert_page(page: &Page, status: u16) {
    assert_eq!(page.status, status, "{page:?}");
    assert!(page.location().is_none(), "{page:?}");
    assert!(page.text().contains("req_"), "no request id: {}", page.text());
}

fn host(app: &TestApp) -> String {
    url::Url::parse(&app.url).unwrap().host_str().unwrap().to_owned()
}
