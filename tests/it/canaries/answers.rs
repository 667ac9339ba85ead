//! What people answer, and what services answer.

use std::time::Duration;

use osier::catalog::{self, Files};
use osier::demo::{Fault, SITE_60M};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

use super::Watched;
use crate::harness::{Answered, Client, Open, Version};

fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4})
}

/// Answers to questions, states and cursors.
pub async fn of_people(watched: &Watched) {
    let word = |what: &str| watched.word(what);
    let ana = watched.ana_speaking(Version::V2026_07_28).await;
    let retry = async |responses: Value, state: &str| {
        ana.request(
            "tools/call",
            json!({
                "name": "create_ticket", "arguments": new_ticket(),
                "inputResponses": responses, "requestState": state,
            }),
        )
        .await
    };
    let asked = ana.call("create_ticket", new_ticket()).await;
    let state = asked.state().unwrap();
    watched.canaries.token(state);
    for responses in [
        json!({"confirm": {"action": "accept", "content": {"confirm": word("an answer")}}}),
        json!({"confirm": {"action": "accept", "content": {(word("a field")): true}}}),
        json!({"confirm": {"action": word("an action"), "content": {}}}),
        json!({(word("a question's key")): {"action": "accept", "content": {"confirm": true}}}),
        json!({"confirm": {"role": "user", "content": word("a sampled text"), "model": word("a model")}}),
        json!({"confirm": {"roots": [{"uri": word("a root")}]}}),
        json!({"confirm": word("a bare answer")}),
        json!(word("no responses")),
    ] {
        retry(responses, state).await;
    }
    let yes = json!({"confirm": Answered::Yes.result()});
    retry(yes.clone(), &word("a state")).await;
    retry(yes.clone(), &format!("{state}{}", word("more of a state"))).await;
    assert!(!retry(yes, state).await.is_error());
    let first = ana.call("list_tickets", json!({"pageSize": 1})).await;
    let cursor = first.next_cursor().unwrap();
    watched.canaries.token(cursor);
    for cursor in [cursor.to_owned(), word("a cursor"), format!("{cursor}{}", word("a longer one"))]
    {
        ana.call("list_tickets", json!({"pageSize": 1, "cursor": cursor})).await;
    }
    for version in [Version::V2025_06_18, Version::V2025_11_25] {
        in_a_session(watched, &watched.ana_speaking(version).await).await;
    }
}

/// A session's client answers requests of ours: with results and with errors.
async fn in_a_session(watched: &Watched, ana: &Client) {
    let word = |what: &str| watched.word(what);
    let results = [
        json!({"result": {"action": "accept", "content": {"confirm": word("a live answer")}}}),
        json!({"result": {"action": "accept", "content": {(word("a live field")): true}}}),
        json!({"result": {"action": word("a live action")}}),
        json!({"result": {(word("a live result")): word("its value")}}),
        json!({"result": {"role": "user", "content": {"type": "text", "text": word("sampled")}, "model": "m"}}),
        json!({"error": {
            "code": -32603, "message": word("a live error"), "data": {"x": word("its data")},
        }}),
        json!({"error": {"code": -32601, "message": word("a method that isn't found")}}),
        json!({"result": {"action": "decline", "_meta": {"x": word("a refusal's _meta")}}}),
        json!({"result": {"action": "accept", "content": {"confirm": true}}}),
    ];
    for result in results {
        let call = Open::call(ana, "create_ticket", &new_ticket()).await;
        let mut body = result;
        body["jsonrpc"] = json!("2.0");
        body["id"] = call.id.clone();
        ana.post(&body, HeaderMap::new()).await;
        call.end().await;
    }
}

/// A record, a list and counts at once, with a canary in every field that a service could send.
fn stuffed(watched: &Watched, tool: &str) -> Value {
    let word = |field: &str| json!(watched.word(&format!("{tool}: {field} in a service's answer")));
    let texts = [
        "id",
        "siteId",
        "sequenceNumber",
        "summary",
        "statusName",
        "name",
        "code",
        "text",
        "ticketId",
        "fileName",
        "status",
        "description",
        "assigneeEmail",
        "creatorName",
        "kind",
        "token",
    ];
    let mut record: Map<String, Value> =
        texts.iter().map(|field| ((*field).to_owned(), word(field))).collect();
    record.insert("siteId".to_owned(), json!(SITE_60M));
    record.insert("locationIds".to_owned(), json!([SITE_60M, watched.word("a location id")]));
    record.insert("path".to_owned(), json!([SITE_60M]));
    record.insert("priority".to_owned(), word("priority"));
    record.insert(watched.word("a field's name in a service's answer"), json!(1));
    let mut whole = record.clone();
    whole.insert("items".to_owned(), json!([record]));
    whole.insert("groups".to_owned(), json!([{"key": word("key"), "count": word("count")}]));
    whole.insert("continuationToken".to_owned(), word("continuationToken"));
    whole.insert("after".to_owned(), json!(1));
    whole.insert("total".to_owned(), word("total"));
    Value::Object(whole)
}

fn with_headers(watched: &Watched, fault: Fault, what: &str) -> Fault {
    let names = ["etag", "retry-after", "location", "www-authenticate", "x-canary", "set-cookie"];
    names.iter().fold(fault, |fault, name| {
        fault.header(name, &watched.word(&format!("the header {name} of {what}")))
    })
}

/// Good answers, odd ones and errors of the customer's services.
pub async fn of_services(watched: &Watched) {
    let catalog = catalog::load(&Files::built_in()).unwrap();
    let services = watched.around.services();
    let ticket = services.tickets_of(SITE_60M)[0]["id"].clone();
    let both = |fault: &Fault| {
        services.wire().heal();
        for prefix in ["/sitecore", "/workflowcore"] {
            services.inject(prefix, fault.clone());
        }
    };
    let ana = watched.ana().await;
    for tool in catalog.tools() {
        let name = &tool.id.name;
        let mut arguments = json!({});
        let required = tool.input.schema.get("required").and_then(Value::as_array);
        for required in required.into_iter().flatten() {
            let required = required.as_str().unwrap();
            arguments[required] = match required {
                "ticketId" => ticket.clone(),
                "siteId" => json!(SITE_60M),
                "priority" => json!(1),
                "groupBy" => json!("status"),
                _ => json!("something"),
            };
        }
        if name == "update_ticket" {
            arguments["priority"] = json!(1);
        }
        let stuffed = Fault::json(&stuffed(watched, name));
        both(&with_headers(watched, stuffed, "a good answer"));
        ana.call_answering(name, arguments.clone(), Answered::Yes).await;
        let odd = Fault::answer(200, watched.word("a body that isn't JSON"))
            .header("content-type", &watched.word("a content type"));
        both(&odd);
        ana.call(name, arguments.clone()).await;
        if tool.writes() {
            // The records are found, and the write itself goes wrong.
            services.wire().heal();
            let body = watched.word("an error to a write");
            let fault = Fault::answer(500, body).times(1);
            let verb =
                if name == "update_ticket" { http::Method::PATCH } else { http::Method::POST };
            services.inject("/workflowcore/tickets", fault.only(verb));
            ana.call_answering(name, arguments, Answered::Yes).await;
        }
    }
    for status in [301, 302, 400, 401, 403, 404, 409, 412, 418, 422, 429, 500, 502, 503, 504] {
        let problem = json!({
            "title": watched.word("a problem's title"),
            "detail": watched.word("a problem's detail"),
            "errors": {(watched.word("a field that was rejected")): [watched.word("and why")]},
        });
        let fault = Fault::answer(status, problem.to_string())
            .header("content-type", "application/problem+json");
        both(&with_headers(watched, fault, "an error"));
        for (tool, arguments) in [
            ("list_tickets", json!({})),
            ("list_sites", json!({})),
            ("get_ticket", json!({"ticketId": ticket})),
            ("create_ticket", new_ticket()),
        ] {
            ana.call(tool, arguments).await;
        }
    }
    both(&Fault::oversize(20_000_000));
    watched.ana().await.call("list_tickets", json!({})).await;
    services.wire().heal();
}

/// Good answers, odd ones and errors of the permission service.
pub async fn of_the_permission_service(watched: &Watched) {
    let authz = watched.around.authz();
    let word = |what: &str| watched.word(what);
    let ana = watched.ana_speaking(Version::V2026_07_28).await;
    let (note, name, id, kind) = (
        word("a further field"),
        word("a permission's name"),
        word("a scope's id"),
        word("a scope's type"),
    );
    authz.spoil(move |answer| {
        answer["note"] = json!(note);
        let odd =
            json!({"name": name, "global": id, "scopes": [{"type": kind, "id": id, "siteId": id}]});
        let good = json!({
            "name": "WillowApp.CanViewTickets", "global": false,
            "scopes": [{"type": "site", "id": id, "siteId": id}],
        });
        if let Some(permissions) = answer["permissions"].as_array_mut() {
            permissions.extend([odd, good]);
        }
    });
    for tool in ["list_sites", "list_tickets", "get_my_permissions"] {
        assert!(!ana.call(tool, json!({})).await.is_error());
    }
    let somebody = word("somebody else's permissions");
    authz.spoil(move |answer| answer["subject"] = json!(somebody));
    ana.call("list_sites", json!({})).await;
    authz.heal();
    for fault in [
        Fault::answer(500, word("an error of the permission service")),
        Fault::answer(401, word("a 401 of the permission service")),
        Fault::answer(403, word("a 403 of the permission service")),
        Fault::answer(302, "").header("location", &format!("http://{}.example/", word("a host"))),
        Fault::answer(200, word("permissions that aren't JSON")),
        Fault::json(&json!({(word("a field of permissions")): word("and its value")})),
        Fault::json(&json!({"permissions": word("permissions that are a text")})),
        Fault::slow(Duration::from_secs(3)),
    ] {
        authz.inject(with_headers(watched, fault, "the permission service"));
        for tool in ["list_sites", "create_ticket"] {
            ana.call(tool, json!({})).await;
        }
        ana.request("tools/list", json!({})).await;
        authz.heal();
    }
}
