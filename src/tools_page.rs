//! `docs/TOOLS.md`: what each tool does, needs and takes, and how its answer is held inside the
//! caller's places, all of it from the catalog. The command line prints it; a test holds the
//! checked-in page against it.

mod argument;
mod scope;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

use crate::catalog::{Answer, Catalog, Effect, Requirement, Tool};

/// A token is about four bytes of JSON.
const BYTES_A_TOKEN: usize = 4;

/// The page, in Markdown. `listed` is how many bytes of compact JSON the list of all these tools
/// has, without output schemas.
pub fn page(catalog: &Catalog, listed: usize) -> String {
    let mut text = String::new();
    // Writing into a string has no way to fail.
    let _ = write(&mut text, catalog, listed);
    text
}

fn write(text: &mut String, catalog: &Catalog, listed: usize) -> fmt::Result {
    let mut services: BTreeMap<&str, Vec<&Arc<Tool>>> = BTreeMap::new();
    for tool in catalog.tools() {
        services.entry(&tool.id.service).or_default().push(tool);
    }
    let all = catalog.tools().count();
    let writes = catalog.tools().filter(|tool| tool.writes()).count();
    writeln!(text, "# Tools\n")?;
    writeln!(text, "<!-- Generated from tools/: cargo run -- tools > docs/TOOLS.md -->\n")?;
    writeln!(
        text,
        "{all} tools of {} services: {} read, {writes} change something and ask",
        services.len(),
        all - writes
    )?;
    writeln!(text, "the person first. How they are written: [DEFINITIONS.md](DEFINITIONS.md).\n")?;
    writeln!(
        text,
        "Whoever may use them all gets a list of {listed} bytes of compact JSON without output\n\
         schemas, about {} tokens at {BYTES_A_TOKEN} bytes each. Everybody else's is shorter.\n",
        grouped(listed.div_ceil(BYTES_A_TOKEN)),
    )?;
    for (service, tools) in services {
        writeln!(text, "## {service}\n")?;
        for tool in tools {
            write_tool(text, tool)?;
        }
    }
    text.truncate(text.trim_end().len());
    writeln!(text)
}

fn write_tool(text: &mut String, tool: &Tool) -> fmt::Result {
    writeln!(text, "### {}: {}\n", tool.id.name, plain(&tool.title))?;
    writeln!(text, "{}\n", plain(tool.description.trim()))?;
    writeln!(text, "- Needs {}.", needs(&tool.permission))?;
    writeln!(text, "- {}.", does(tool))?;
    for line in scope::lines(tool) {
        writeln!(text, "- {line}.")?;
    }
    let backends: Vec<String> = unique(tool.backends()).map(|name| format!("`{name}`")).collect();
    writeln!(text, "- Asks {}.", backends.join(", "))?;
    if let Answer::List(list) = &tool.answer
        && let Some(limit) = list.limit
    {
        writeln!(text, "- At most {limit} rows.")?;
    }
    writeln!(text)?;
    argument::write(text, tool)
}

fn unique<'a>(names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let mut seen = Vec::new();
    names.filter(move |name| {
        let new = !seen.contains(name);
        seen.push(*name);
        new
    })
}

fn needs(requirement: &Requirement) -> String {
    let names = |names: &[String]| -> Vec<String> {
        names.iter().map(|name| format!("`{name}`")).collect()
    };
    match requirement {
        Requirement::Any(all) => match names(all).as_slice() {
            [one] => one.clone(),
            several => format!("one of {}", several.join(", ")),
        },
        Requirement::All(all) => names(all).join(" and "),
        Requirement::SignedIn(why) => format!("a sign-in only: {}", plain(why)),
    }
}

fn does(tool: &Tool) -> &'static str {
    match tool.effect {
        Effect::Read => "Reads",
        Effect::Create => "Adds something, after the person's yes",
        Effect::Update => "Changes something, after the person's yes",
        Effect::Delete => "Removes something, after the person's yes",
    }
}

/// Text of a definition as Markdown shows it: one paragraph, no markup of its own, no table cells.
fn plain(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let special = |c: char| "\\`*_{}[]<>|#".contains(c);
    text.chars().fold(String::new(), |mut plain, c| {
        if special(c) {
            plain.push('\\');
        }
        plain.push(c);
        plain
    })
}

/// `17,912`
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_markup_is_text() {
        assert_eq!(
            [7, 999, 1000, 17_912, 1_234_567].map(grouped),
            ["7", "999", "1,000", "17,912", "1,234,567"]
        );
        assert_eq!(plain("a | b\n <i>"), "a \\| b \\<i\\>");
    }
}
