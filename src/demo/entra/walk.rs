//! A browser's way through the look-alike's pages, for tests that have no browser.

use anyhow::{Context as _, bail};
use reqwest::header::LOCATION;

use crate::demo::people::Person;

/// Opens `authorize_url` as the person's browser would, picks the person, accepts the consent page if
/// there is one, and says where the browser is sent back to: the client's redirect URI with `code`
/// and `state`, or with `error`. The client mustn't follow redirects. No cookies are kept.
///
/// # Errors
/// Where the look-alike can't be reached, or its answer is a page for the person to read; the page
/// is in the error.
pub async fn sign_in(
    client: &reqwest::Client,
    authorize_url: &str,
    person: &Person,
) -> anyhow::Result<String> {
    let picked = client.post(authorize_url).form(&[("person", person.name)]).send().await?;
    if let Some(back) = location(&picked) {
        return Ok(back);
    }
    let page = picked.text().await?;
    let ctx = page
        .split_once("name=\"ctx\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(ctx, _)| ctx)
        .with_context(|| format!("neither a redirect nor a consent page:\n{page}"))?;
    let form = [("consent", "accept"), ("ctx", ctx)];
    let accepted = client.post(authorize_url).form(&form).send().await?;
    match location(&accepted) {
        Some(back) => Ok(back),
        None => bail!("no redirect after consent:\n{}", accepted.text().await?),
    }
}

fn location(response: &reqwest::Response) -> Option<String> {
    response.headers().get(LOCATION)?.to_str().ok().map(str::to_owned)
}
