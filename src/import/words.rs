//! Words of the description, for people: one line, cut to a sane length, nothing that steers a
//! terminal or breaks out of a comment. They are somebody else's text and end up in front of an
//! assistant, so that a person reads each draft.

use super::name;

const TITLE: usize = 60;
const DESCRIPTION: usize = 240;
const ARGUMENT: usize = 120;

/// One line without control characters.
pub(super) fn line(text: &str) -> String {
    let shown = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let text: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| shown(*c))
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most so many characters: whole sentences where there are any, else whole words.
fn cut(text: &str, most: usize) -> String {
    let text = line(text);
    if text.chars().count() <= most {
        return text;
    }
    let head: String = text.chars().take(most).collect();
    if let Some(end) = head.rfind(". ").filter(|end| *end * 3 > most) {
        return head.get(..=end).unwrap_or_default().to_owned();
    }
    let end = head.rfind(' ').unwrap_or(head.len());
    let head = head.get(..end).unwrap_or_default();
    format!("{}…", head.trim_end_matches([',', ';', ':', '.']))
}

/// A title: the summary, else the name's words.
pub(super) fn title(summary: Option<&str>, name: &str) -> String {
    let summary = cut(summary.unwrap_or_default(), TITLE);
    let summary = summary.trim_end_matches('.');
    if summary.is_empty() { label(name) } else { summary.to_owned() }
}

/// What an assistant picks the tool by.
pub(super) fn description(summary: Option<&str>, description: Option<&str>) -> String {
    let sentence = |text: &str| {
        let text = line(text);
        let ended = text.ends_with(['.', '!', '?', '…']) || text.is_empty();
        if ended { text } else { text + "." }
    };
    let summary = sentence(summary.unwrap_or_default());
    let more = sentence(description.unwrap_or_default());
    let begins =
        more.to_lowercase().starts_with(summary.trim_end_matches('.').to_lowercase().as_str());
    let said = if begins { more } else { format!("{summary} {more}") };
    let said = cut(&said, DESCRIPTION);
    if said.is_empty() {
        return "TODO: what it shows or does, in the words of the people who ask for it".to_owned();
    }
    said
}

/// What an argument is for.
pub(super) fn argument(text: &str) -> String {
    cut(text, ARGUMENT)
}

/// `shipDate` as `Ship date`.
pub(super) fn label(name: &str) -> String {
    let words = name::words(name).join(" ");
    let mut signs = words.chars();
    signs
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + signs.as_str())
        .unwrap_or_default()
}
