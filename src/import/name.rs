//! Names: of the service by its folder, of tools by their operations, of arguments by parameters.
//! What comes out is made of letters, digits and underscores, whatever the description says.

use std::collections::BTreeSet;
use std::path::Path;

/// As `check` has it: what is longer leaves no room for a gateway's prefix.
const MAX_TOOL: usize = 40;
const MAX_ARGUMENT: usize = 64;
/// Arguments that Osier reads itself.
const OWN: [&str; 2] = ["cursor", "fields"];

/// The service's name: that of its folder.
///
/// # Errors
/// What is wrong with the folder's name.
pub(super) fn slug(out: &Path) -> Result<String, String> {
    let slug = out.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = slug.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && slug.chars().all(plain) && !slug.contains("__") && !slug.ends_with('_') {
        return Ok(slug.to_owned());
    }
    Err("the folder's name is the service's: a-z, 0-9 and single _, starting with a letter, such \
         as tools/permits"
        .to_owned())
}

/// Words of a name, in lower case: `getPetByID` and `get-pet-by-id` are get, pet, by, id.
pub(super) fn words(text: &str) -> Vec<String> {
    let signs: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (index, sign) in signs.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| signs.get(index));
        let after = signs.get(index + 1);
        let begins = sign.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if (begins || !sign.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if sign.is_ascii_alphanumeric() {
            word.push(sign.to_ascii_lowercase());
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// `get_pet_by_id`, at most `most` long.
fn snake(text: &str, most: usize) -> String {
    let mut name = String::new();
    for word in words(text) {
        let sign = if name.is_empty() { "" } else { "_" };
        if name.len() + sign.len() + word.len() > most {
            if name.is_empty() {
                name.extend(word.chars().take(most));
            }
            break;
        }
        name += sign;
        name += &word;
    }
    name
}

/// Names that were given, so that none is given twice.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeSet<String>);

impl Given {
    /// A name of a tool, a row or a resolver.
    pub(super) fn name(&mut self, text: &str) -> String {
        let mut name = snake(text, MAX_TOOL);
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            name = snake(&format!("the_{text}"), MAX_TOOL);
        }
        self.unique(&name, MAX_TOOL)
    }

    /// A name of an argument: the parameter's own, as far as it can be.
    pub(super) fn argument(&mut self, text: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
        let name: String = text.chars().map(plain).take(MAX_ARGUMENT - 8).collect();
        let name = name.trim_matches('_');
        let name = if name.is_empty() { "value" } else { name };
        let own = OWN.contains(&name);
        let name = if own { format!("{name}_value") } else { name.to_owned() };
        self.unique(&name, MAX_ARGUMENT)
    }

    /// Takes a name out of use.
    pub(super) fn take(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }

    fn unique(&mut self, name: &str, most: usize) -> String {
        let mut numbered = name.to_owned();
        let mut number = 2_u32;
        while !self.0.insert(numbered.clone()) {
            let end = format!("_{number}");
            let kept: String = name.chars().take(most - end.len()).collect();
            numbered = format!("{}{end}", kept.trim_end_matches('_'));
            number += 1;
        }
        numbered
    }
}
