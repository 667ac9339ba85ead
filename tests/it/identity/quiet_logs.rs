//! What is written while people are let in and turned away: never a token, never a full e-mail.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::issuer::KEYS;
use super::world::{Answer, World};

#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Pages {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn logs_hold_no_token() {
    let pages = Pages::default();
    let layer = tracing_subscriber::fmt::layer().with_writer(pages.clone()).with_ansi(false);
    // The test's runtime has one thread, so the server's lines come here too.
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let world = World::new().await;
    let canary = |world: &World, change: fn(&mut serde_json::Value)| {
        world.token(|header, claims| {
            header["canary"] = "canary-header".into();
            claims["preferred_username"] = "canary-person@contoso.example".into();
            claims["canary"] = "canary-claim".into();
            change(claims);
        })
    };
    let good = canary(&world, |_| ());
    let wrong = canary(&world, |claims| claims["aud"] = "canary-audience".into());
    let scopeless = canary(&world, |claims| claims["scp"] = "canary-scope".into());
    let unknown = world.token_by(&KEYS[1], |header, _| header["kid"] = "canary-kid".into());
    for token in [&good, &wrong, &scopeless, &unknown] {
        world.call(token).await;
        let asked = world.http.post(world.url(&format!("/mcp?access_token={token}")));
        Answer::of(asked.bearer_auth(token).send().await.unwrap()).await;
    }
    let text = String::from_utf8(pages.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("another audience"), "nothing was written: {text}");
    assert!(text.contains("unknown kid") && text.contains("lacks the scope"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    for token in [&good, &wrong, &scopeless, &unknown] {
        for part in token.split('.') {
            assert!(!text.contains(part), "a token's part was written");
        }
    }
}
