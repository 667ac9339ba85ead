//! OTLP over HTTP with the program's own client: no redirect, no proxy, a capped answer. It runs on
//! the exporters' runtime, whatever thread asks.

use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

use crate::outbound::read_capped;

/// A collector says little.
const CAP: usize = 64 * 1024;

/// The client.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) client: reqwest::Client,
    pub(super) runtime: Handle,
    pub(super) patience: Duration,
}

impl Post {
    async fn post(self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // An error may quote what was sent; its kind is enough.
        let told = |error: reqwest::Error| -> HttpError {
            if error.is_timeout() { "no answer in time" } else { "no answer" }.into()
        };
        let request = reqwest::Request::try_from(request).map_err(told)?;
        let answer = self.client.execute(request).await.map_err(told)?;
        let status = answer.status();
        let body = read_capped(answer, CAP, self.patience).await?;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Ok(response)
    }
}

#[async_trait::async_trait]
impl HttpClient for Post {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.runtime.spawn(self.clone().post(request)).await?
    }
}
