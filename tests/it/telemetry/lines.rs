//! Log and audit lines stay lines, whatever is said to the program.

use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::Told;

#[tokio::test]
async fn case_111_nobody_writes_lines_of_their_own() {
    let settings = [("OSIER_LOG__FILTER", "trace"), ("OSIER_LOG__FORMAT", "json")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut told = Told::start(settings).await;
    let ben = told.ben().await;
    let forged =
        "\r\n{\"level\":\"INFO\",\"message\":\"forged\"}\n\u{1b}[2K\u{2028}\u{85}\u{7}\"},{";
    for name in [forged.to_owned(), format!("a{}", "\n".repeat(200_000))] {
        let mut body =
            ben.envelope("tools/call", json!({"name": name, "arguments": {(&name): &name}}));
        let info = json!({"name": name, "version": name, "title": name});
        body["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] = info;
        let headers = ben.headers(&ben.envelope("tools/call", json!({"name": "x"})));
        ben.post(&body, headers).await;
        ben.call("list_sites", json!({(&name): &name})).await;
        ben.call("list_tickets", json!({"q": name})).await;
        let odd = ben.envelope(&name, json!({"uri": name}));
        ben.post(&odd, HeaderMap::new()).await;
    }
    // What a header may hold: tabs, and bytes beyond ASCII.
    let sly = HeaderValue::from_bytes(b"a\tforged\x9b2K\xe2\x80\xa8").unwrap();
    for name in ["user-agent", "x-request-id", "traceparent", "mcp-session-id", "origin", "referer"]
    {
        let asked = told.http.post(format!("{}/mcp", told.server.url)).header(name, &sly);
        asked.bearer_auth(&ben.token).send().await.unwrap();
    }
    let long = "u".repeat(1_000_000);
    // The connection may close under what still comes.
    let _ = told.http.get(&told.server.url).header("user-agent", long).send().await;
    told.stop().await;
    let (log, records) = (told.server.err(), told.server.out());
    assert!(log.lines().count() > 5 && records.lines().count() > 4, "{log}\n{records}");
    for line in log.lines().chain(records.lines()) {
        let line: Result<Value, _> = serde_json::from_str(line);
        assert!(line.as_ref().is_ok_and(Value::is_object), "{line:?}");
    }
    for (sink, text) in [("log", &log), ("audit", &records)] {
        assert!(!text.contains("forged"), "in the {sink}");
        let odd = |c: char| (c.is_control() && c != '\n') || ['\u{2028}', '\u{2029}'].contains(&c);
        assert!(!text.contains(odd), "in the {sink}");
        let longest = text.lines().map(str::len).max().unwrap();
        assert!(longest < 4_000, "a line of {longest} bytes in the {sink}");
    }
}
