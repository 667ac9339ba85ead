//! Definition files. The first line may say which kind of file it is (`#service`, `#prompt`,
//! `#resource`, `#query`); otherwise it is a tool. Reading ends, and soon; a problem has its place; a
//! tool that is taken has the shape that the stages count on.

use std::time::{Duration, Instant};

use osier::catalog::{Catalog, Effect, Files, Plan, load};

const SERVICE: &str = include_str!("../../tools/workflowcore/_service.yaml");
const TOOL: &str = include_str!("../../tools/workflowcore/get_ticket.yaml");
/// Much more than the longest file that fits here takes.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let (service, tool) = (file("w/_service.yaml", SERVICE), file("w/tool.yaml", TOOL));
    let (path, rest) = match text.split('\n').next() {
        Some("#service") => ("w/_service.yaml", vec![tool]),
        Some("#prompt") => ("w/prompts/p.yaml", vec![service]),
        Some("#resource") => ("w/resources/r.yaml", vec![service]),
        Some("#query") => ("w/queries/q.yaml", vec![service]),
        _ => ("w/tool.yaml", vec![service]),
    };
    let lines = text.lines().count() as u64 + 1;
    let files = Files::of(rest).and([(path.to_owned(), text)]);
    let started = Instant::now();
    let loaded = load(&files);
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    match loaded {
        Ok(catalog) => sound(&catalog),
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                let own = problem.file.to_str() != Some(path);
                assert!(own || (1..=lines).contains(&problem.line), "{problem} of {lines} lines");
            }
        }
    }
}

fn sound(catalog: &Catalog) {
    for tool in catalog.tools() {
        let name = &tool.id.name;
        assert!(!name.is_empty() && !name.contains("__"), "{name}");
        assert_eq!(tool.input.schema["type"], "object", "{name}");
        assert_eq!(tool.input.schema["additionalProperties"], false, "{name}");
        assert!(tool.permission.names().next().is_some(), "{name}");
        match &tool.plan {
            Plan::Write { .. } => assert_ne!(tool.effect, Effect::Read, "{name}"),
            _ => assert_eq!(tool.effect, Effect::Read, "{name}"),
        }
    }
}
