//! What a prompt file may say, and how its faults are told.

use std::path::Path;

use super::*;

fn compiled(text: &str) -> Result<Prompt, Vec<String>> {
    let mut problems = Problems::default();
    let document = Document::parse(Path::new("p.yaml"), text, &mut problems).unwrap();
    let prompt = compile(&document, &mut problems);
    let told: Vec<String> = problems.into_sorted().iter().map(ToString::to_string).collect();
    prompt.filter(|_| told.is_empty()).ok_or(told)
}

const HEAD: &str = "name: p\ntitle: t\ndescription: d\npermission: {signed_in: test}\n";

#[test]
fn a_prompt_is_read_as_it_is_written() {
    let prompt = compiled(&format!(
        "{HEAD}arguments:\n  - {{name: a, description: x, required: true}}\nmessages:\n\
         \x20 - text: \"{{a}}\"\n  - role: assistant\n    image: {{data: aGk=, mimeType: image/png}}\n"
    ))
    .unwrap();
    assert_eq!(prompt.messages.len(), 2);
    assert_eq!(prompt.messages[0].role, Role::User);
    assert!(matches!(prompt.messages[1].content, Content::Image(_)));
}

#[test]
fn every_fault_is_told_with_its_line() {
    let told = compiled(
        "name: Q\ntitle: t\ndescription: d\npermission: {any: []}\narguments:\n\
         \x20 - {name: a, description: x, required: true, default: y}\n\
         \x20 - {name: a, description: x, values: [b], default: c}\n\
         \x20 - {name: \"b c\", description: x}\nmessages:\n\
         \x20 - text: \"{d}\"\n  - text: \"{a\"\n  - {text: x, role: user, image: {data: x, mimeType: y}}\n\
         \x20 - audio: {data: \"*\", mimeType: audio/wav}\n",
    )
    .unwrap_err();
    assert_eq!(
        told,
        [
            "p.yaml:1: name: a-z, 0-9 and _, at most 40 long",
            "p.yaml:4: permission: write the permission's name, any: [names], all: [names], or signed_in: the reason why no permission is needed; there are no wildcards",
            "p.yaml:6: arguments.0.default: an argument that must be given has no default",
            "p.yaml:7: arguments.1.default: it isn't one of `values`",
            "p.yaml:7: arguments.1.name: there is another argument of this name",
            "p.yaml:8: arguments.2.name: a name is made of `a-z`, `A-Z`, `0-9` and `_`",
            "p.yaml:10: messages.0.text: there is no argument `d`",
            "p.yaml:11: messages.1.text: `{a` isn't closed; `{{` is a brace",
            "p.yaml:12: messages.2: write one of `text`, `image`, `audio` and `resource`",
            "p.yaml:13: messages.3: the data isn't base64 (RFC 4648 §4)",
        ]
    );
}

#[test]
fn unknown_keys_and_wrong_types_are_told() {
    for (text, said) in [
        (format!("{HEAD}messages: []\n"), "a prompt has at least one message"),
        (format!("{HEAD}mesages: []\nmessages: [{{text: x}}]\n"), "mesages"),
        (format!("{HEAD}messages: [{{text: 1}}]\n"), "messages.0.text"),
        (format!("{HEAD}messages: [{{text: x, role: system}}]\n"), "messages.0.role"),
    ] {
        let told = compiled(&text).unwrap_err().join("\n");
        assert!(told.contains(said), "{text}: {told}");
    }
}
