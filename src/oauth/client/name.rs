//! Names that clients give themselves, made fit to be shown: what can't be seen, turns the reading
//! direction or pretends to be something else on the page is taken out. Both kinds of clients get
//! their names here. A clean name is still only a claim.

/// The longest name that is shown, in characters.
const MAX_CHARS: usize = 64;
/// How many marks may stand upon one character.
const MAX_MARKS: usize = 2;

/// A name for people: no controls, no invisible characters, single spaces, at most 64 characters.
/// `None` where nothing is left.
pub(super) fn clean(name: &str) -> Option<String> {
    let mut clean = String::new();
    let (mut length, mut marks, mut gap) = (0, 0, false);
    for c in name.chars() {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        if is_hidden(c) {
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MAX_MARKS {
            continue;
        }
        if gap && length > 0 {
            clean.push(' ');
            length += 1;
        }
        gap = false;
        if length >= MAX_CHARS {
            break;
        }
        clean.push(c);
        length += 1;
    }
    // A last space where the cut fell.
    clean.truncate(clean.trim_end().len());
    (!clean.is_empty()).then_some(clean)
}

/// Controls, formats (zero width, direction, tags), fillers, private use and what isn't a character.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{600}'..='\u{605}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{ffff}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

/// Marks that stand upon the character before.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn case_045_names_are_cleaned_of_what_misleads() {
        let cases = [
            ("Claude", Some("Claude")),
            ("  Visual \t Studio\r\nCode ", Some("Visual Studio Code")),
            ("Cla\u{200b}u\u{2060}de\u{feff}", Some("Claude")),
            ("\u{202e}edualC\u{202c}", Some("edualC")),
            ("\u{2066}Claude\u{2069} \u{e0041}\u{e007f}", Some("Claude")),
            ("Clau\u{0}de\u{7f}\u{9b}[31m", Some("Claude[31m")),
            ("e\u{301}\u{302}\u{303}\u{304}x", Some("e\u{301}\u{302}x")),
            ("\u{3164}\u{115f}\u{2800}", None),
            ("\u{a0}\u{2028}\u{3000}", None),
            ("", None),
            ("<b>&\"'", Some("<b>&\"'")),
            ("Bauger\u{e4}t \u{1f3d7}\u{fe0f}", Some("Bauger\u{e4}t \u{1f3d7}")),
        ];
        for (name, shown) in cases {
            assert_eq!(clean(name).as_deref(), shown, "{name:?}");
        }
        assert_eq!(clean(&"x".repeat(500)).unwrap().len(), 64);
        assert_eq!(clean(&"x ".repeat(500)).unwrap().chars().count(), 63);
    }
}
