//! A balancer in front of replicas: one address, and a test chooses which replica the next connection
//! goes to. It speaks TCP and reads nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use osier::outbound::{self, Limits, Reach};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::app::{Setup, TestApp};

/// One address for several replicas.
pub struct Front {
    /// `http://127.0.0.1:PORT`, the replicas' public URL.
    pub url: String,
    /// A client that keeps no connection, so that each request goes where it is sent now.
    pub http: reqwest::Client,
    to: Arc<Mutex<String>>,
    _stop: DropGuard,
}

impl Front {
    /// A front without a replica.
    pub async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (to, stop) = (Arc::new(Mutex::new(String::new())), CancellationToken::new());
        let (target, stopped) = (Arc::clone(&to), stop.clone());
        tokio::spawn(async move {
            while let Some(Ok((mut from, _))) = stopped.run_until_cancelled(listener.accept()).await
            {
                let target = target.lock().unwrap().clone();
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(target).await.unwrap();
                    // An end that breaks is for the test's client to see.
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                });
            }
        });
        let limits =
            Limits { idle_per_host: 0, ..Limits::calls(Duration::from_mins(1), Reach::Private) };
        let http = outbound::client(&limits).unwrap();
        Self { url, http, to, _stop: stop.drop_guard() }
    }

    /// A setup whose public URL is this front's.
    pub fn setup(&self, mut setup: Setup) -> Setup {
        setup.settings.insert("OSIER_SERVER__PUBLIC_URL".to_owned(), self.url.clone());
        setup
    }

    /// The next connections go to this replica.
    pub fn send_to(&self, app: &TestApp) {
        app.url.trim_start_matches("http://").clone_into(&mut self.to.lock().unwrap());
    }
}
