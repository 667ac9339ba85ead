//! What can be said of a statement without a database: that it is one statement which reads, how
//! many placeholders it has, and that it stays inside the parentheses that it is put in.

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;

/// Reads a statement; says how many placeholders it has.
pub(super) fn check(statement: &str, spot: &Spot<'_>, problems: &mut Problems) -> usize {
    let first: String = statement
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_uppercase();
    if first != "SELECT" && first != "WITH" {
        spot.problem(problems, "a saved query only reads: it begins with SELECT or WITH");
    }
    let mut faults = Faults::default();
    let placeholders = walk(statement, &mut faults);
    for (there, text) in [
        (faults.separator, "one statement, without a ; at its end"),
        (faults.comment, "comments belong into the YAML: take --, // and /* away"),
        (
            faults.variable,
            "$ and @ (variables, stages) aren't for saved queries: write a parameter",
        ),
        (faults.escape, "no backslashes: double a quote inside of quotes"),
        (faults.open, "a quote isn't closed"),
        (faults.unbalanced, "the parentheses don't match"),
        (faults.control, "a character that can't be seen: write the statement anew"),
    ] {
        if there {
            spot.problem(problems, text);
        }
    }
    placeholders
}

/// What is wrong with a statement.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault by itself, told by itself")]
struct Faults {
    separator: bool,
    comment: bool,
    variable: bool,
    /// Databases don't agree on what a backslash is inside of quotes.
    escape: bool,
    open: bool,
    unbalanced: bool,
    control: bool,
}

/// Counts placeholders outside of quotes.
fn walk(statement: &str, faults: &mut Faults) -> usize {
    let mut quote: Option<char> = None;
    let (mut placeholders, mut depth) = (0_usize, 0_i64);
    let mut before = ' ';
    for character in statement.chars() {
        faults.control |= character.is_control() && !matches!(character, '\n' | '\r' | '\t');
        faults.escape |= character == '\\';
        if let Some(closing) = quote {
            // A doubled quote closes and opens again, which comes to the same.
            if character == closing {
                quote = None;
            }
            before = ' ';
            continue;
        }
        match character {
            '\'' | '"' => quote = Some(character),
            '?' => placeholders += 1,
            ';' => faults.separator = true,
            '$' | '@' => faults.variable = true,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        faults.comment |= matches!((before, character), ('-', '-') | ('/', '/' | '*'));
        faults.unbalanced |= depth < 0;
        before = character;
    }
    faults.open = quote.is_some();
    faults.unbalanced |= depth != 0 && quote.is_none();
    placeholders
}
