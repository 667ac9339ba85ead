//! Case 30: what isn't the address of an accepted document. Case 34: documents that aren't usable.

use std::time::{Duration, Instant};

use osier::config::{Config, Environment};
use osier::oauth::client::{ClientFault, ClientFlaw};
use serde_json::{Value, json};

use super::site::{Answer, document};
use super::world::{APP, Setup, World};

const UNUSABLE: ClientFault = ClientFault::Invalid(ClientFlaw::BadDocument);

/// Ids that are refused before anybody is asked.
fn bad_ids() -> Vec<String> {
    let mut ids: Vec<String> = [
        "http://client.example/app.json",
        "HTTPS://client.example/app.json",
        "https://CLIENT.example/app.json",
        "https://client.example",
        "https://client.example/",
        "https://client.example/app.json#x",
        "https://client.example/app.json#",
        "https://client.example/app.json?x=1",
        "https://client.example/app.json?",
        "https://client.example/app.json/",
        "https://client.example//app.json",
        "https://client.example/./app.json",
        "https://client.example/x/../app.json",
        "https://client.example/x/%2e%2e/app.json",
        "https://client.example/%61pp.json",
        "https://client.example/x%2fapp.json",
        "https://client.example\\app.json",
        "https://client.example/app.json ",
        " https://client.example/app.json",
        "https://client.example/app\t.json",
        "https://client.example/app.json\n",
        "https://client.example:443/app.json",
        "https://client.example:8443/app.json",
        "https://client.example:/app.json",
        "https://client.example./app.json",
        "https://ana@client.example/app.json",
        "https://ana:pw@client.example/app.json",
        "https://@client.example/app.json",
        "https:/client.example/app.json",
        "https:client.example/app.json",
        "https:///client.example/app.json",
        "//client.example/app.json",
        "https://127.0.0.1/app.json",
        "https://127.1/app.json",
        "https://0x7f000001/app.json",
        "https://2130706433/app.json",
        "https://8.8.8.8/app.json",
        "https://[::1]/app.json",
        "https://[2606:4700::1111]/app.json",
        "https://[::ffff:127.0.0.1]/app.json",
        "https://localhost/app.json",
        "https://app.localhost/app.json",
        "https://metadata.google.internal/app.json",
        "https://printer.local/app.json",
        "https://intranet/app.json",
        "https://client.exampl\u{435}/app.json",
        "https://xn--clint-esa.example/app.json",
        "https://client.example.evil.example/app.json",
        "https://evil.example/https://client.example/app.json",
        "https://client.example/other.json",
        "https://client.example/a/b/client.json",
        "https://client.example/a.b/client.json",
        "https://client.example//client.json",
        "file:///app.json",
        "javascript:alert(1)",
        "data:application/json,{}",
        "ftp://client.example/app.json",
        "client.example/app.json",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    ids.push(format!("https://client.example/{}/client.json", "x".repeat(65)));
    ids.push(format!("https://client.example/{}", "x".repeat(512)));
    ids.push(format!("https://client.example/{}", "x".repeat(3000)));
    ids
}

#[tokio::test]
async fn case_030_what_is_no_document_address_is_refused_unasked() {
    let world = World::new().await;
    for id in bad_ids() {
        let fault = world.find(&id).await.unwrap_err();
        assert!(matches!(fault, ClientFault::Invalid(_)), "{id}: {fault:?}");
    }
    assert_eq!((world.names.asked(), world.site.requests()), (0, 0));
    assert_eq!(world.find(APP).await.unwrap().host.as_deref(), Some("client.example"));
}

#[tokio::test]
async fn case_030_a_look_alike_is_accepted_only_where_it_is_listed_itself() {
    let id = "https://xn--clint-esa.example/app.json";
    let world = World::set("OSIER_CLIENTS__CIMD", id).await;
    world.names.tell("xn--clint-esa.example", &[&["8.8.8.8"]]);
    // People are shown the name as it is, not as it looks.
    assert_eq!(world.find(id).await.unwrap().host.as_deref(), Some("xn--clint-esa.example"));
    let unlisted = ClientFault::Invalid(ClientFlaw::NotListed);
    assert_eq!(world.find(APP).await.unwrap_err(), unlisted);
}

#[test]
fn case_030_such_a_line_in_the_configuration_is_a_problem() {
    let text = include_str!("../../../config/demo.toml");
    let key = data_encoding::BASE64.encode(&osier::seal::random_bytes::<32>().unwrap());
    let environment = Environment::default().with("OSIER_KEYS__CURRENT", key);
    let lines = [
        "http://client.example/app.json",
        "https://client.example",
        "https://127.0.0.1/app.json",
        "https://client.example:8443/app.json",
        "https://client.example/x/../app.json",
        "https://{id}/app.json",
        "https://{id}.example/app.json",
        "https://client.example/x{id}/app.json",
        "https://client.example/{id}/{id}",
        "https://client.example/*",
        "*",
    ];
    for line in lines {
        let text = format!("{text}\n[clients]\ncimd = [\"{APP}\", \"{line}\"]\n");
        let problems = Config::parse("osier.toml", &text, &environment).err();
        let said = problems.unwrap_or_else(|| panic!("{line}")).to_string();
        assert!(said.contains("clients.cimd.1: "), "{said}");
    }
}

/// The good document, changed.
fn changed(change: impl FnOnce(&mut Value)) -> Answer {
    let mut changed = document(APP);
    change(&mut changed);
    Answer::Document(changed)
}

fn without(member: &str) -> Answer {
    changed(|document| drop(document.as_object_mut().unwrap().remove(member)))
}

fn set(member: &str, value: Value) -> Answer {
    changed(|document| document[member] = value)
}

/// The good document, padded to this length.
fn long(length: usize) -> Vec<u8> {
    let mut text = document(APP).to_string().into_bytes();
    text.resize(length, b' ');
    text
}

/// With a name in another encoding.
fn latin1(text: &str) -> Vec<u8> {
    text.replace("Example", "Caf\u{e9}")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

fn chunked(body: &[u8]) -> Answer {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let size = format!("{:x}\r\n", body.len());
    Answer::Bytes([head.as_bytes(), size.as_bytes(), body, b"\r\n0\r\n\r\n"].concat())
}

fn unusable_documents() -> Vec<(&'static str, Answer)> {
    let good = document(APP).to_string();
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(2000), "]".repeat(2000));
    let twice = good.replacen('{', "{\"client_id\":\"https://evil.example/a\",", 1);
    let many: Vec<String> = (0..21).map(|at| format!("http://127.0.0.1/callback/{at}")).collect();
    let typed = |kind: &str| Answer::with(&format!("content-type: {kind}\r\n"), good.as_bytes());
    vec![
        ("5 KiB and one byte", Answer::json(&long(5 * 1024 + 1))),
        ("5 KiB and one byte, unannounced", chunked(&long(5 * 1024 + 1))),
        ("a megabyte", Answer::json(&long(1 << 20))),
        ("no type", Answer::with("", good.as_bytes())),
        ("html", typed("text/html")),
        ("plain text", typed("text/plain; charset=application/json")),
        ("almost json", typed("application/jsonp")),
        ("script", typed("text/json+javascript")),
        (
            "gzip",
            Answer::with(
                "content-type: application/json\r\ncontent-encoding: gzip\r\n",
                &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0],
            ),
        ),
        (
            "brotli said, plain sent",
            Answer::with(
                "content-type: application/json\r\ncontent-encoding: br\r\n",
                good.as_bytes(),
            ),
        ),
        ("nothing", Answer::json(b"")),
        ("an array", Answer::json(format!("[{good}]").as_bytes())),
        ("two documents", Answer::json(format!("{good}{good}").as_bytes())),
        ("cut off", Answer::json(&good.as_bytes()[..good.len() - 1])),
        ("a byte order mark", Answer::json(format!("\u{feff}{good}").as_bytes())),
        ("a raw control", Answer::json(good.replace("Example", "\u{1}").as_bytes())),
        ("not UTF-8", Answer::json(&latin1(&good))),
        ("deep", Answer::json(deep.as_bytes())),
        ("a member twice", Answer::json(twice.as_bytes())),
        ("no id", without("client_id")),
        ("an id with a slash more", set("client_id", json!(format!("{APP}/")))),
        ("an id in another case", set("client_id", json!(APP.to_uppercase()))),
        ("an id with its port", set("client_id", json!("https://client.example:443/app.json"))),
        ("another's id", set("client_id", json!("https://client.example/a/client.json"))),
        ("a list of ids", set("client_id", json!([APP]))),
        ("a secret", set("client_secret", json!("s3cret"))),
        ("a secret's end", set("client_secret_expires_at", json!(0))),
        ("no name", without("client_name")),
        ("an empty name", set("client_name", json!(" "))),
        ("an invisible name", set("client_name", json!("\u{200b}\u{202e}"))),
        ("a number for a name", set("client_name", json!(7))),
        ("no redirects", without("redirect_uris")),
        ("an empty list of redirects", set("redirect_uris", json!([]))),
        ("one redirect, not a list", set("redirect_uris", json!("http://127.0.0.1/callback"))),
        ("21 redirects", set("redirect_uris", json!(many))),
        (
            "a long redirect",
            set("redirect_uris", json!([format!("http://127.0.0.1/{}", "x".repeat(250))])),
        ),
        ("a script for a redirect", set("redirect_uris", json!(["javascript:alert(1)"]))),
        (
            "one bad redirect among good ones",
            set(
                "redirect_uris",
                json!(["http://127.0.0.1/callback", "http://evil.example/callback"]),
            ),
        ),
        (
            "a secret to sign in with",
            set("token_endpoint_auth_method", json!("client_secret_post")),
        ),
        (
            "nothing but a key to sign in with",
            set("token_endpoint_auth_method", json!("private_key_jwt")),
        ),
        ("no code flow", set("grant_types", json!(["client_credentials"]))),
        ("no code", set("response_types", json!(["token"]))),
    ]
}

#[tokio::test]
async fn case_034_unusable_documents_are_refused() {
    for (name, answer) in unusable_documents() {
        let world = World::new().await;
        world.site.answers(answer);
        assert_eq!(world.find(APP).await.unwrap_err(), UNUSABLE, "{name}");
        assert_eq!(world.site.requests(), 1, "{name}");
    }
}

#[tokio::test]
async fn case_034_what_is_just_usable_is_used() {
    let jwt = |supported: Value| {
        changed(|document| {
            document["token_endpoint_auth_method"] = json!("private_key_jwt");
            document["token_endpoint_auth_methods_supported"] = supported;
            document["jwks_uri"] = json!("https://client.example/keys.json");
        })
    };
    let good = document(APP).to_string();
    let redirects: Vec<String> =
        (0..20).map(|at| format!("http://127.0.0.1/callback/{at}")).collect();
    let usable = [
        ("5 KiB", Answer::json(&long(5 * 1024))),
        ("5 KiB, unannounced", chunked(&long(5 * 1024))),
        (
            "with a character set",
            Answer::with(
                "Content-Type: Application/JSON; charset=utf-8\r\ncontent-encoding: identity\r\n",
                good.as_bytes(),
            ),
        ),
        ("another JSON", Answer::with("content-type: application/x+json\r\n", good.as_bytes())),
        ("no method", without("token_endpoint_auth_method")),
        ("no grants", without("grant_types")),
        ("unknown grants too", set("grant_types", json!(["x", "authorization_code"]))),
        ("unknown members", set("logo_uri", json!("http://169.254.169.254/logo"))),
        ("20 redirects", set("redirect_uris", json!(redirects))),
        ("ChatGPT's way", jwt(json!(["private_key_jwt", "none"]))),
    ];
    for (name, answer) in usable {
        let world = World::new().await;
        world.site.answers(answer);
        let client = world.find(APP).await.unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!((client.id.as_str(), client.name.as_str()), (APP, "Example"), "{name}");
        assert_eq!(world.site.requests(), 1, "{name}: only the document is fetched");
    }
}

/// Each takes its five seconds, so they run side by side.
#[tokio::test]
async fn case_034_slow_and_endless_documents_end_in_time() {
    let head = |more: &str| {
        let kind = "content-type: application/json\r\n";
        format!("HTTP/1.1 200 OK\r\n{kind}{more}\r\n").into_bytes()
    };
    let pause = Duration::from_millis(200);
    let slow = |first: Vec<u8>, more: &[u8]| Answer::Forever { first, more: more.to_vec(), pause };
    let flood = Answer::Forever {
        first: head("transfer-encoding: chunked\r\n"),
        more: [b"400\r\n".as_slice(), &[b' '; 1024], b"\r\n"].concat(),
        pause: Duration::ZERO,
    };
    let cases = [
        ("drip", slow(head("content-length: 4000\r\n"), b" "), true),
        ("drip of chunks", slow(head("transfer-encoding: chunked\r\n"), b"1\r\n \r\n"), true),
        ("endless chunks", flood, true),
        ("a head that never ends", slow(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n"), false),
        ("silence", Answer::Held(Box::new(Answer::json(b"{}"))), false),
    ];
    let started = Instant::now();
    let running = cases.into_iter().map(|(name, answer, refused)| async move {
        let world = World::with(Setup::default()).await;
        world.site.answers(answer);
        let fault = world.find(APP).await.unwrap_err();
        let unavailable = matches!(fault, ClientFault::Unavailable { .. });
        assert_eq!((fault == UNUSABLE, unavailable), (refused, !refused), "{name}: {fault:?}");
    });
    futures::future::join_all(running).await;
    assert!(started.elapsed() < Duration::from_secs(50), "{:?}", started.elapsed());
}
