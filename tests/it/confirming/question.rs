//! What the person reads: names for ids, words for numbers, before and after, every value that will
//! be sent, and nothing that somebody else wrote as if it were ours.

use osier::demo::SITE_60M;
use serde_json::{Value, json};

use super::gate::whole_arguments;
use super::{a_ticket, new_ticket, nothing_was_written};
use crate::harness::{Answered, TestApp};

async fn question(app: &TestApp, tool: &str, arguments: Value) -> String {
    let reply = app.as_user("ana").await.call(tool, arguments).await;
    reply.question().to_owned()
}

#[tokio::test]
async fn a_change_is_shown_before_and_after_in_words() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let records = services.records_of(SITE_60M);
    let id = a_ticket(&app)["id"].as_str().unwrap().to_owned();
    let (old, new) = (&records.workgroups[0], &records.workgroups[1]);
    services.edit_ticket(&id, |ticket| {
        ticket["sequenceNumber"] = json!("60M-T-77");
        ticket["summary"] = json!("Lift stuck");
        ticket["priority"] = json!(4);
        ticket["statusName"] = json!("Open");
        ticket["category"] = json!("Lifts");
        ticket["assigneeType"] = json!("workgroup");
        ticket["assigneeName"] = old["name"].clone();
        ticket["notes"] = Value::Null;
    });
    let status = services.statuses().into_iter().find(|one| one["status"] == "On hold").unwrap();
    let arguments = json!({
        "ticketId": id,
        "priority": 1,
        "statusId": status["id"],
        "categoryId": records.categories[0]["id"],
        "assigneeType": "workgroup",
        "assigneeId": new["id"],
        "notes": "Parts are on order.",
    });
    let text = question(&app, "update_ticket", arguments).await;
    let name = |record: &Value| record["name"].as_str().unwrap().to_owned();
    let lines = [
        "Change ticket 60M-T-77, Lift stuck?".to_owned(),
        "- Priority: low → urgent".to_owned(),
        "- Status: Open → On hold".to_owned(),
        format!("- Category: Lifts → {}", name(&records.categories[0])),
        "- Assignment: a workgroup → a workgroup".to_owned(),
        format!("- Workgroup: {} → {}", name(old), name(new)),
        "- Notes: (empty) → Parts are on order.".to_owned(),
    ];
    assert_eq!(text, lines.join("\n"));
}

#[tokio::test]
async fn every_value_that_is_sent_is_shown_and_no_id_is() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let records = services.records_of(SITE_60M);
    let named: Vec<&Value> = [&records.locations, &records.categories, &records.workgroups]
        .into_iter()
        .flatten()
        .collect();
    let statuses = services.statuses();
    let site = app.as_user("ana").await.call("get_site", json!({"siteId": SITE_60M})).await;
    let site = site.item().clone();
    let words = |argument: &str, value: &Value| -> String {
        let id = value.as_str().unwrap_or_default();
        let name = |records: &[&Value], key: &str| {
            let record = records.iter().find(|record| record["id"] == id).unwrap();
            record[key].as_str().unwrap().to_owned()
        };
        match argument {
            "siteId" => name(&[&site], "name"),
            "ticketId" => {
                services.ticket(id).unwrap()["sequenceNumber"].as_str().unwrap().to_owned()
            }
            "priority" => ["urgent", "high", "medium", "low"]
                [usize::try_from(value.as_u64().unwrap()).unwrap() - 1]
                .to_owned(),
            "statusId" => name(&statuses.iter().collect::<Vec<_>>(), "status"),
            "locationId" | "categoryId" | "assigneeId" => name(&named, "name"),
            "assigneeType" => "a workgroup".to_owned(),
            "reportId" => {
                let reports = services.reports();
                name(&reports.iter().collect::<Vec<_>>(), "name")
            }
            "queryId" => "Ticket backlog".to_owned(),
            // It is named by its report.
            "notificationId" => "report".to_owned(),
            "channel" => "the app".to_owned(),
            "enabled" => if value == true { "yes" } else { "no" }.to_owned(),
            _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        }
    };
    let shown = |argument: &str, value: &Value| -> Vec<String> {
        let Value::Array(ids) = value else { return vec![words(argument, value)] };
        let directory = services.directory();
        let known = directory.iter().chain([&site]);
        let of = |id: &Value| known.clone().find(|one| one["id"] == *id).unwrap()["name"].clone();
        ids.iter().map(|id| of(id).as_str().unwrap().to_owned()).collect()
    };
    for tool in app.pipeline.catalog.tools().filter(|tool| tool.writes()) {
        let arguments = whole_arguments(&app, &tool.id.name);
        let properties = tool.input.schema["properties"].as_object().unwrap();
        let given = arguments.as_object().unwrap();
        assert!(properties.keys().all(|name| given.contains_key(name)), "{}", tool.id.name);
        let text = question(&app, &tool.id.name, arguments.clone()).await;
        for (argument, value) in given {
            for words in shown(argument, value) {
                assert!(words.len() > 1 && text.contains(&words), "{argument} ({words}) in {text}");
            }
        }
        let is_id = |word: &str| uuid::Uuid::parse_str(word).is_ok();
        let ids =
            text.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|word| is_id(word));
        assert_eq!(ids.count(), 0, "{text}");
        // The service gets what was shown and nothing more.
        let ana = app.as_user("ana").await;
        services.wire().forget();
        let made = ana.call_answering(&tool.id.name, arguments.clone(), Answered::Yes).await;
        assert!(!made.is_error(), "{}: {made:?}", tool.id.name);
        let sent = services.wire().writes()[0].json();
        let sent = sent.as_object().unwrap();
        let schedule = sent.get("schedule").and_then(Value::as_object).into_iter().flatten();
        for (field, value) in sent.iter().filter(|(field, _)| *field != "schedule").chain(schedule)
        {
            let (field, value) = match field.as_str() {
                "recipients" => {
                    let ids = value.as_array().unwrap().iter().map(|one| one["id"].clone());
                    ("recipientIds", Value::Array(ids.collect()))
                }
                field => (field, value.clone()),
            };
            assert_eq!(Some(&value), given.get(field), "{}: {field}", tool.id.name);
        }
    }
}

#[tokio::test]
async fn nothing_that_was_written_elsewhere_looks_like_a_line_of_ours() {
    let app = TestApp::new().await;
    let hostile = [
        "Fix\n- Priority: low",
        "Fix\r\n\r\n- Priority: low",
        "Fix\u{2028}- Priority: low\u{2029}",
        "Fix\u{85}\u{b}\u{c}- Priority: low",
        "\u{202e}wol :ytiroirP -",
        "a\u{200b}b\u{200d}c\u{feff}d\u{2066}e",
        "[Approve](https://evil.example/approve)",
        "![x](https://evil.example/x.png)",
        "<b>bold</b><!-- hidden --><script>x</script>",
        "\u{1b}[2K\u{1b}[1A- Priority: low",
        "low → urgent",
        "\u{e0041}\u{e0042}tags",
    ];
    let id = a_ticket(&app)["id"].clone();
    for text in hostile {
        let mut ticket = new_ticket();
        ticket["summary"] = json!(text);
        ticket["description"] = json!(text);
        let change = json!({"ticketId": id, "summary": text, "notes": text});
        let comment = json!({"ticketId": id, "text": text});
        for (tool, arguments, lines) in [
            ("create_ticket", ticket, 4),
            ("update_ticket", change, 3),
            ("add_ticket_comment", comment, 2),
        ] {
            let question = question(&app, tool, arguments).await;
            assert_eq!(question.lines().count(), lines, "{text:?}: {question}");
            assert_eq!(question.matches("\n- Priority: ").count(), usize::from(lines == 4));
            let odd = |c: char| {
                c != '\n'
                    && (c.is_control()
                        || "\u{85}\u{200b}\u{200d}\u{202e}\u{2066}\u{feff}".contains(c))
            };
            assert!(!question.contains(odd), "{question:?}");
            for markup in ["](", "<b", "</", "<!", "<s", "\u{e0041}", "low → urgent\n"] {
                assert!(!question.contains(markup), "{markup}: {question}");
            }
        }
        // Nor what is in the record already.
        app.around.services().edit_ticket(id.as_str().unwrap(), |ticket| {
            ticket["summary"] = json!(text);
            ticket["notes"] = json!(text);
        });
        let change = json!({"ticketId": id, "notes": "Short"});
        let question = question(&app, "update_ticket", change).await;
        assert_eq!(question.lines().count(), 2, "{text:?}: {question}");
        assert_eq!(question.matches('→').count(), 1, "{question}");
        assert!(!question.contains("]("), "{question}");
    }
    nothing_was_written(&app);
}

#[tokio::test]
async fn a_long_value_is_cut_where_it_can_be_seen_and_an_argument_never_is() {
    let app = TestApp::new().await;
    let id = a_ticket(&app)["id"].as_str().unwrap().to_owned();
    let longest = format!("{}END", "x".repeat(3_997));
    app.around.services().edit_ticket(&id, |ticket| {
        ticket["summary"] = json!("y".repeat(300));
        ticket["notes"] = json!("z".repeat(9_000));
    });
    let arguments = json!({"ticketId": id, "notes": longest});
    let text = question(&app, "update_ticket", arguments).await;
    assert!(text.ends_with(&format!("→ {longest}")), "{text}");
    assert!(text.contains("yyy… (and 220 more characters)?"), "{text}");
    assert!(text.contains("zzz… (and 5000 more characters) →"), "{text}");
}

#[tokio::test]
async fn the_form_asks_for_one_boolean_and_nothing_else() {
    let app = TestApp::new().await;
    let reply = app.as_user("ben").await.call("create_ticket", new_ticket()).await;
    let requests = reply.result()["inputRequests"].as_object().unwrap();
    assert_eq!(requests.keys().collect::<Vec<_>>(), ["confirm"]);
    let schema = &requests["confirm"]["params"]["requestedSchema"];
    assert_eq!(schema["required"], json!(["confirm"]));
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 1);
    assert_eq!(properties["confirm"]["type"], "boolean");
    // A form that is sent as it is first shown is no yes.
    assert_ne!(properties["confirm"].get("default"), Some(&json!(true)));
}
