//! Links and keys that let anybody in who has them, inside of text: signed links, storage keys,
//! tokens, and passwords in addresses. What is near enough to one is taken for one.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Letters that a link or a key can be made of; any other parts it from what stands beside it.
static RUN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9\-._~:/?#@!$&*+;=%\\]+").ok());

/// What makes a secret of such a run of letters.
static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // What parts a query's pairs, also where it is escaped for a link, for HTML or for JSON.
    let apart = r"(?:[?&;]|%3f|%26|\\u0026)";
    let equals = r"(?:=|%3d|\\u003d)";
    let signed = "sig|signature|x-(?:amz|goog|oss)-(?:signature|credential|security-token)\
                  |accountkey|sharedaccesskey|sharedaccesssignature|access_token|client_secret";
    let named = "sas|sastoken|sas_token|token|key|code|secret|password|pwd|auth|api[-_]?key\
                 |awsaccesskeyid|googleaccessid|subscription-key|ocp-apim-subscription-key";
    let patterns = [
        format!("(?:^|{apart})(?:{signed}){equals}."),
        format!(r":(?:\\?/){{2}}.*{apart}(?:{named}){equals}."),
        // A name and a password before the host.
        r":(?:\\?/){2}[^/@]*:[^/@]+@".to_owned(),
        // A JSON Web Token.
        r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.".to_owned(),
    ];
    Regex::new(&format!("(?i:{})", patterns.join("|"))).ok()
});

/// What stands where a secret was.
pub(super) const MARKER: &str = "[a link or key was left out]";

/// Leaves secrets out of every text of a value.
pub(super) fn leave_out(value: &mut Value) {
    match value {
        Value::String(text) if may_hold_one(text) => {
            for span in spans(text, None).into_iter().rev() {
                text.replace_range(span, MARKER);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        Value::Object(fields) => fields.values_mut().for_each(leave_out),
        _ => {}
    }
}

/// A quick look: every pattern needs one of these.
fn may_hold_one(text: &str) -> bool {
    text.contains(['=', '%', '\\', '@']) || text.contains("eyJ")
}

/// Where in a text secrets stand. `within`: the text begins in the middle of a longer one, and this
/// is where the part of it begins that will be shown; letters that run on from before the text as
/// far as there may be anything.
pub(super) fn spans(text: &str, within: Option<usize>) -> Vec<Range<usize>> {
    let (Some(run), Some(secret)) = (RUN.as_ref(), SECRET.as_ref()) else {
        // Without its patterns nothing can be told apart.
        return std::iter::once(0..text.len()).collect();
    };
    let mut spans = Vec::new();
    for found in run.find_iter(text) {
        let unknown = found.start() == 0 && within.is_some_and(|shown| found.end() > shown);
        if unknown || secret.is_match(found.as_str()) {
            spans.push(found.range());
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_text_of_a_value_is_looked_at_and_its_names_are_kept() {
        let mut value = json!({
            "sig=": ["a ?sig=b c", {"x": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2ln, eyJ"}],
            "plain": "a = b at 100 % of ana@example.com", "number": 7,
        });
        leave_out(&mut value);
        let expected = json!({
            "sig=": ["a [a link or key was left out] c", {"x": "[a link or key was left out], eyJ"}],
            "plain": "a = b at 100 % of ana@example.com", "number": 7,
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn what_lets_anybody_in_is_found_and_nothing_else() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2ln";
        for secret in [
            "https://files.example/x.pdf?sv=2025-01-05&sig=AbC%2Bd%3D",
            "HTTPS://FILES.EXAMPLE/X?SIG=AB",
            "https:\\/\\/files.example\\/x?a=b\\u0026sig=ab",
            "https://files.example/x?a=b&amp;sig=ab",
            "https://proxy.example/?u=https%3A%2F%2Ffiles.example%3Fsv%3D1%26sig%3Dab",
            "https://s3.example/x?X-Amz-Credential=a&X-Amz-Signature=ab",
            "https://api.example/x?token=ab",
            "https://ana:secret@files.example/",
            "sv=2025&se=2026&sig=ab",
            "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=ab==;EndpointSuffix=y",
            jwt,
        ] {
            let text = format!("see ({secret}), \"{secret}\"\nand so on");
            let found = spans(&text, None);
            assert_eq!(found.len(), 2, "{secret}");
            assert!(found.iter().all(|span| text[span.clone()].contains(secret)), "{secret}");
        }
        for plain in [
            "https://www.example.com/a/b?c=d&e=f#sig",
            "The code=401 and the key=value pairs; signature: none",
            "sig nature, signal=3, design=x; assign=y",
            "mailto:ana@example.com",
        ] {
            assert!(spans(plain, None).is_empty(), "{plain}");
        }
    }

    #[test]
    fn what_runs_on_from_before_the_text_is_hidden_as_far_as_it_goes() {
        let text = format!("{} and more", "a".repeat(50));
        assert_eq!(spans(&text, Some(40)), vec![0..50]);
        assert!(spans(&text, Some(50)).is_empty() && spans(&text, None).is_empty());
    }
}
