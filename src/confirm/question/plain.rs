//! A value as one line of text in which nothing is hidden: what a model or a stranger wrote can't look
//! like a part of our question, whether a client shows it as plain text, as Markdown or as HTML.

/// Stands where a character was that can't be seen.
const UNSEEN: char = '\u{FFFD}';
/// More marks than this on one letter would paint over the lines around it.
const MAX_MARKS: usize = 3;

/// Brings a text onto one line: runs of blanks become one, what can't be seen becomes visible, and
/// what a renderer would take for markup is split by a space.
pub(super) fn plain_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut blank = false;
    let mut marks = 0;
    for character in text.chars().filter(|character| !matches!(character, '\u{FE0E}' | '\u{FE0F}'))
    {
        if is_blank(character) {
            blank = !line.is_empty();
            continue;
        }
        marks = if is_mark(character) { marks + 1 } else { 0 };
        let shown = match character {
            unseen if is_unseen(unseen) || marks > MAX_MARKS => UNSEEN,
            arrow if is_our_arrow(arrow) => '>',
            other => other,
        };
        if std::mem::take(&mut blank)
            || line.chars().next_back().is_some_and(|last| opens(last, shown))
        {
            line.push(' ');
        }
        line.push(shown);
    }
    line
}

/// Line breaks among them, and letters that look like nothing.
fn is_blank(character: char) -> bool {
    let looks_blank =
        matches!(character, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}');
    character.is_whitespace() || looks_blank
}

/// Controls, and what Unicode calls format characters: zero-width ones, those that change the
/// direction of what follows, tags, variation selectors.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{34F}'
                | '\u{600}'..='\u{605}'
                | '\u{61C}'
                | '\u{6DD}'
                | '\u{70F}'
                | '\u{890}'..='\u{891}'
                | '\u{8E2}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{13430}'..='\u{1345F}'
                | '\u{1BCA0}'..='\u{1BCA3}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Marks that are drawn over or under the letter before them.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36F}'
            | '\u{483}'..='\u{489}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

/// The arrow between before and after is ours alone.
fn is_our_arrow(character: char) -> bool {
    matches!(character, '→' | '⇒' | '⇨' | '⟶' | '⟹' | '➔' | '\u{2798}'..='\u{27BE}' | '⭢' | '￫')
}

/// The beginning of a link's hidden target, of an HTML tag or comment, or of a character that is
/// written as its number.
fn opens(last: char, next: char) -> bool {
    match last {
        ']' => next == '(',
        '<' => next.is_ascii_alphabetic() || matches!(next, '!' | '/' | '?'),
        '&' => next == '#',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "Lift 3 stuck at level 5 (again)",
            "Température > 30 °C, \"chaud\" & humide; a < b",
            "电梯坏了 — Fahrstuhl: außer Betrieb",
            "e\u{301}te\u{301}",
            "see https://example.org/a?b=1&c=2 [1]",
            "*urgent* `code` 100% #4",
        ] {
            assert_eq!(plain_line(text), text);
        }
    }

    #[test]
    fn nothing_looks_like_a_line_of_ours() {
        assert_eq!(plain_line("Fix\n- Priority: low"), "Fix - Priority: low");
        assert_eq!(plain_line("Fix\u{2028}\u{2029}\u{85}\u{b}\u{c}x"), "Fix x");
        let far = format!("Fix{}- Priority: low", " \u{a0}\u{3000}\u{2800}\u{3164}".repeat(200));
        assert_eq!(plain_line(&far), "Fix - Priority: low");
        assert_eq!(plain_line("low → urgent ⟶ x"), "low > urgent > x");
    }

    #[test]
    fn nothing_is_hidden() {
        for unseen in [
            '\u{0}',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{1d173}',
        ] {
            assert_eq!(plain_line(&format!("a{unseen}b")), "a\u{FFFD}b", "{unseen:?}");
        }
        assert_eq!(plain_line("\u{1b}[2Kx"), "\u{FFFD}[2Kx");
        let painted = plain_line(&format!("a{}", "\u{301}".repeat(50)));
        assert_eq!(painted.matches('\u{301}').count(), MAX_MARKS);
        assert_eq!(plain_line("⚠\u{FE0F} hot"), "⚠ hot");
    }

    #[test]
    fn nothing_is_markup() {
        assert_eq!(plain_line("[OK](http://evil.example)"), "[OK] (http://evil.example)");
        assert_eq!(plain_line("![](http://evil.example/x.png)"), "![] (http://evil.example/x.png)");
        assert_eq!(plain_line("a <!-- delete all --> b"), "a < !-- delete all --> b");
        assert_eq!(plain_line("<a href=x>y</a>"), "< a href=x>y< /a>");
        assert_eq!(plain_line("x&#8238;y"), "x& #8238;y");
        // Nor once what is taken out is gone.
        assert_eq!(plain_line("]\u{FE0F}(x"), "] (x");
        assert_eq!(plain_line("<\u{FE0F}b>"), "< b>");
    }
}
