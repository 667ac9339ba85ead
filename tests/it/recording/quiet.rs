//! Case 123: those who aren't let in fill neither the record nor the log.

use http::StatusCode;

use super::{around, http};
use crate::harness::Process;

#[tokio::test]
async fn case_123_requests_that_are_not_let_in_fill_no_disk() {
    let around = around().await;
    let mut server = Process::serve(&around, &std::collections::BTreeMap::new());
    let http = http();
    server.ready(&http).await;
    let ask = async |token: Option<&str>| {
        let request = http.post(format!("{}/mcp", server.url)).body("{}");
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        request.send().await.unwrap().status() == StatusCode::UNAUTHORIZED
    };
    let mut refused = 0;
    for number in 0..400 {
        // Differing in what is sent, not in what is wrong with it.
        refused += u64::from(ask(Some(&format!("not-a-token-{number}"))).await);
        ask(None).await;
    }
    server.signal("TERM");
    server.end().await;
    let chain = server.chain();
    let kinds: Vec<_> = chain.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["start", "configuration", "denied", "denied", "end"]);
    let counted: Vec<_> = chain.iter().filter_map(|one| one["count"].as_u64()).collect();
    assert_eq!(counted, [1, refused - 1]);
    assert!(refused > 100, "{refused}");
    assert!(!server.out().contains("not-a-token"));
    let logged = server.err().matches("not let in").count();
    assert_eq!(logged, 20, "{}", server.err());
}
