//! The words, and how they are looked for: as they are, and as bytes, hexadecimal digits and base64.

use std::sync::Mutex;

use data_encoding::{BASE64, HEXLOWER};

/// How every word begins: where no form of this is, there is no word either.
const STEM: &str = "cnryquillfeather";

#[derive(Default)]
pub struct Canaries(Mutex<Vec<(String, String)>>);

impl Canaries {
    /// A new word for one input.
    pub fn word(&self, input: &str) -> String {
        let mut kept = self.0.lock().unwrap();
        let random = HEXLOWER.encode(&osier::seal::random_bytes::<4>().unwrap());
        let word = format!("{STEM}{}q{random}", kept.len());
        kept.push((word.clone(), input.to_owned()));
        word
    }

    /// A token: none of its parts may be told.
    pub fn token(&self, token: &str) {
        let mut kept = self.0.lock().unwrap();
        for part in token.split('.').filter(|part| part.len() > 20) {
            kept.push((part.to_owned(), "a part of a token".to_owned()));
        }
    }

    /// The inputs whose words are in this text.
    pub fn found_in(&self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        let kept = self.0.lock().unwrap();
        let holds = |word: &str| forms(word).iter().any(|form| text.contains(form));
        // A look for each of many words in megabytes takes minutes.
        let any = holds(STEM);
        let told = kept.iter().filter(|(word, _)| (any || !word.starts_with(STEM)) && holds(word));
        told.map(|(word, input)| {
            let line = text.lines().find(|line| line.contains(&word.to_lowercase()));
            format!("{input} ({word}): {}", line.unwrap_or("in another form"))
        })
        .collect()
    }
}

/// Lower case all of them; what a base64 text has in lower case is still 15 signs long.
fn forms(word: &str) -> Vec<String> {
    let bytes: Vec<String> = word.bytes().map(|byte| byte.to_string()).collect();
    let mut forms = vec![
        word.to_lowercase(),
        bytes.join(", "),
        bytes.join(","),
        HEXLOWER.encode(word.as_bytes()),
    ];
    for before in 0..3 {
        // The first and the last group depend on what stands beside the word.
        let padded = format!("{}{word}", " ".repeat(before));
        let whole = padded.len() / 3 * 3;
        let encoded = BASE64.encode(&padded.as_bytes()[..whole]);
        forms.push(encoded[if before == 0 { 0 } else { 4 }..].to_lowercase());
    }
    forms
}

#[test]
fn a_word_is_found_in_each_of_its_forms() {
    let canaries = Canaries::default();
    let word = canaries.word("a test");
    assert!(canaries.found_in("nothing here").is_empty());
    let debug = format!("{:?}", word.as_bytes());
    let encoded = [0, 1, 2].map(|before| {
        let text = format!("{}{word}xyz", "-".repeat(before));
        data_encoding::BASE64URL_NOPAD.encode(text.as_bytes())
    });
    let upper = word.to_uppercase();
    for text in [&word, &upper, &debug, &encoded[0], &encoded[1], &encoded[2]] {
        assert_eq!(canaries.found_in(&format!("a line\n with {text}.")).len(), 1, "{text}");
    }
}
