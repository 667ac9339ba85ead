//! A person's browser, as far as sign-in needs one: it keeps cookies by host, as browsers do, follows
//! redirects one by one, and presses the buttons of forms. It runs no script, and none is needed.

use std::collections::BTreeMap;

use regex::Regex;
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use url::Url;

/// A browser with its cookies.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    /// Values by name, for each host; ports don't part cookies (RFC 6265 §8.5).
    pub jar: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a browser shows, or where it was sent.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Browser {
    pub fn new(http: &reqwest::Client) -> Self {
        Self { http: http.clone(), jar: BTreeMap::new() }
    }

    /// One request, without following where it leads.
    pub async fn get(&mut self, url: &str) -> Page {
        self.send(self.http.get(url), url).await
    }

    /// Opens an address and follows redirects, up to the first answer that isn't one, or the first
    /// redirect to somewhere that `stop` names.
    pub async fn open(&mut self, url: &str, stop: &str) -> Page {
        let page = self.get(url).await;
        self.follow(page, stop).await
    }

    /// Follows redirects from a page on.
    pub async fn follow(&mut self, mut page: Page, stop: &str) -> Page {
        for _ in 0..20 {
            let Some(next) = page.location() else { return page };
            if next.as_str().starts_with(stop) {
                return page;
            }
            page = self.get(next.as_str()).await;
        }
        panic!("redirects without an end: {page:?}");
    }

    /// Sends the page's form by the button with this value; its redirect isn't followed.
    pub async fn press(&mut self, page: &Page, button: &str) -> Page {
        let (action, fields) = page.form(button);
        self.post(action.as_str(), &fields, &page.url).await
    }

    /// Posts a form as a page of `from` would.
    pub async fn post(&mut self, url: &str, fields: &[(String, String)], from: &Url) -> Page {
        let origin = from.origin().ascii_serialization();
        self.send(self.http.post(url).header("origin", origin).form(fields), url).await
    }

    /// A cookie by the beginning of its name.
    pub fn cookie(&self, host: &str, prefix: &str) -> Option<(String, String)> {
        let mut all = self.jar.get(host)?.iter();
        all.find(|(name, _)| name.starts_with(prefix)).map(|(n, v)| (n.clone(), v.clone()))
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        let host = url.host_str().unwrap().to_owned();
        let kept = self.jar.entry(host).or_default();
        let cookies: Vec<_> = kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request =
            if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let response = request.send().await.unwrap();
        for line in response.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                kept.remove(name);
            } else {
                kept.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Page { url, status, headers, body: response.text().await.unwrap() }
    }
}

impl Page {
    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        let to = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(self.url.join(to).unwrap())
    }

    /// A parameter of where a redirect leads.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let to = self.location()?;
        to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// The form that has this button: where it goes, and what it sends.
    pub fn form(&self, button: &str) -> (Url, Vec<(String, String)>) {
        let forms = Regex::new(r"(?s)<form([^>]*)>(.*?)</form>").unwrap();
        let fields = Regex::new(r"<(?:input|button)([^>]*)>").unwrap();
        for form in forms.captures_iter(&self.body) {
            let mut sent = Vec::new();
            let mut pressed = false;
            for field in fields.captures_iter(&form[2]) {
                let (name, value) = (attribute(&field[1], "name"), attribute(&field[1], "value"));
                let Some(name) = name else { continue };
                let value = value.unwrap_or_default();
                if field[0].starts_with("<input") {
                    sent.push((name, value));
                } else if value == button {
                    pressed = true;
                    sent.push((name, value));
                }
            }
            if pressed {
                let action = attribute(&form[1], "action").unwrap_or_default();
                return (self.url.join(&action).unwrap(), sent);
            }
        }
        panic!("no button {button} on {} ({}): {}", self.url, self.status, self.body);
    }

    /// What a person reads: the body without marks.
    pub fn text(&self) -> String {
        let style = Regex::new(r"(?s)<style.*?</style>|<title.*?</title>|<[^>]*>").unwrap();
        let text = style.replace_all(&self.body, " ");
        let text = html(&text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let pattern = Regex::new(&format!(r#"\b{name}="([^"]*)""#)).unwrap();
    pattern.captures(attributes).map(|found| html(&found[1]))
}

fn html(text: &str) -> String {
    let mut text = text.to_owned();
    for (mark, sign) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        text = text.replace(mark, sign);
    }
    text
}
