//! `osier health`: one question to a running server's `/readyz`, for images that have no shell to ask
//! with. The command line calls it. It sends nothing but the question.

use anyhow::{Context as _, bail};
use url::Url;

use crate::outbound::{self, Limits};

/// The largest answer that is shown.
const MAX_ANSWER: usize = 4096;

/// Asks the server at this origin whether it is ready, and gives its answer.
///
/// # Errors
/// Where nothing answers there, or where it says that it isn't ready: then with what it lacks.
pub async fn ask(origin: &Url) -> anyhow::Result<String> {
    let url = origin.join("readyz").context("--url isn't an origin")?;
    let limits = Limits::documents();
    let client = outbound::client(&limits).context("the HTTP client")?;
    let answer = client
        .get(url.clone())
        .send()
        .await
        .with_context(|| format!("nothing answers at {url}"))?;
    let status = answer.status();
    let body = outbound::read_capped(answer, MAX_ANSWER, limits.total).await?;
    let text = String::from_utf8_lossy(&body);
    if !status.is_success() {
        bail!("{} {text}", status.as_u16());
    }
    Ok(text.into_owned())
}
