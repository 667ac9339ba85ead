//! Our cookies: sealed values under names that only this origin can set (`__Host-`, RFC 6265bis
//! §4.1.3.2). On a plain-http loopback origin, and only there, the same without prefix and `Secure`,
//! since browsers would refuse it; any other plain-http origin is refused at start.

use ::cookie::{Cookie, SameSite, time::Duration};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::Url;

/// A browser keeps no more cookies of one kind: so many sign-ins may be open in it at once.
const MOST_ALIKE: usize = 4;

/// How this origin's cookies are written.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// For the server whose public URL this is.
    pub fn of(public_url: &Url) -> Self {
        Self { secure: public_url.scheme() == "https" }
    }

    /// Adds a cookie that lasts for `seconds`.
    pub fn set(self, headers: &mut HeaderMap, name: &str, value: &str, seconds: u64) {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.write(headers, name, value, Duration::seconds(seconds));
    }

    /// Adds what makes a browser forget a cookie.
    pub fn clear(self, headers: &mut HeaderMap, name: &str) {
        self.write(headers, name, "", Duration::ZERO);
    }

    /// Makes a browser forget its oldest cookies whose names begin so, beyond a few: a page that opens
    /// sign-ins without end would fill the request's head, and nothing could be opened any more.
    /// Browsers send the oldest first (RFC 6265 §5.4).
    pub fn make_room(self, asked: &HeaderMap, prefix: &str, headers: &mut HeaderMap) {
        let prefix = self.name(prefix);
        let bare = self.name("");
        let kept: Vec<String> = sent(asked)
            .map(|cookie| cookie.name().to_owned())
            .filter(|name| name.starts_with(&prefix))
            .collect();
        let surplus = (kept.len() + 1).saturating_sub(MOST_ALIKE);
        for name in kept.iter().take(surplus).filter_map(|name| name.strip_prefix(&bare)) {
            self.clear(headers, name);
        }
    }

    /// A cookie's value, if the request brings exactly one of that name.
    pub fn get(self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name = self.name(name);
        let mut found = sent(headers)
            .filter(|cookie| cookie.name() == name)
            .map(|cookie| cookie.value().to_owned());
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }

    fn name(self, name: &str) -> String {
        if self.secure { format!("__Host-osier_{name}") } else { format!("osier_{name}") }
    }

    fn write(self, headers: &mut HeaderMap, name: &str, value: &str, max_age: Duration) {
        let cookie = Cookie::build((self.name(name), value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            // Lax: it comes along when Entra's page sends the browser back.
            .same_site(SameSite::Lax)
            .max_age(max_age)
            .build();
        // Names and sealed values are plain ASCII.
        if let Ok(line) = HeaderValue::from_str(&cookie.to_string()) {
            headers.append(SET_COOKIE, line);
        }
    }
}

/// The name of a cookie of its own for each of several things that may be open in one browser at once:
/// `kind`, and a short digest of what it is for.
pub fn name_for(kind: &str, what: &str) -> String {
    let digest = digest(&SHA256, what.as_bytes());
    let short = digest.as_ref().first_chunk::<4>().copied().unwrap_or_default();
    format!("{kind}{}", HEXLOWER.encode(&short))
}

/// The cookies of a request, in their order.
fn sent(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(Cookie::split_parse).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(public_url: &str) -> String {
        let cookies = Cookies::of(&public_url.parse().unwrap());
        let mut headers = HeaderMap::new();
        cookies.set(&mut headers, "signin_1", "v", 600);
        headers[SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_host_cookie_on_https_and_a_plain_one_on_loopback() {
        let host = "__Host-osier_signin_1=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600";
        assert_eq!(written("https://osier.example"), host);
        let plain = "osier_signin_1=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=600";
        assert_eq!(written("http://127.0.0.1:8080"), plain);
    }

    #[test]
    fn two_of_one_name_are_none() {
        let cookies = Cookies::of(&"https://osier.example".parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; __Host-osier_x=one; osier_x=other"));
        assert_eq!(cookies.get(&headers, "x").as_deref(), Some("one"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-osier_x=two"));
        assert_eq!(cookies.get(&headers, "x"), None);
    }

    #[test]
    fn the_oldest_of_a_kind_make_room_and_no_others() {
        let cookies = Cookies::of(&"https://osier.example".parse().unwrap());
        let line = |names: &[&str]| {
            let mut asked = HeaderMap::new();
            let line: Vec<_> = names.iter().map(|name| format!("{name}=v")).collect();
            asked.insert(COOKIE, HeaderValue::from_str(&line.join("; ")).unwrap());
            let mut headers = HeaderMap::new();
            cookies.make_room(&asked, "link_", &mut headers);
            let lines = headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
            lines.map(|line| line.split('=').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let of = |at: u8| format!("__Host-osier_link_{at}");
        let names: Vec<_> = (0..6).map(of).collect();
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        all.extend(["__Host-osier_approved", "__Host-osier_signin_1", "osier_link_9"]);
        assert_eq!(line(&all), [of(0), of(1), of(2)]);
        assert!(line(&all[3..]).is_empty(), "three and a new one are four");
    }
}
