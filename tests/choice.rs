//! A plain question finds its tool: `choice/questions.tsv` has one for each tool, written before the
//! tools' descriptions were. Clients with many tools search them much like this.

#[cfg(test)]
mod choice {
    use std::collections::BTreeSet;

    use bm25::{Document, Language, SearchEngine, SearchEngineBuilder};
    use osier::catalog::{self, Catalog, Files};

    const QUESTIONS: &str = include_str!("choice/questions.tsv");
    /// So many of sixty questions may find another tool first.
    const MISSES: usize = 6;

    fn questions() -> Vec<(&'static str, &'static str)> {
        QUESTIONS.lines().filter_map(|line| line.split_once('\t')).collect()
    }

    fn engine(catalog: &Catalog) -> SearchEngine<String> {
        let documents = catalog.tools().map(|tool| {
            let name = tool.id.name.replace('_', " ");
            let contents = format!("{name}\n{}\n{}", tool.title, tool.description);
            Document { id: tool.id.name.clone(), contents }
        });
        SearchEngineBuilder::with_documents(Language::English, documents.collect::<Vec<_>>())
            .k1(1.2)
            .b(0.75)
            .build()
    }

    #[test]
    fn every_tool_has_its_question() {
        let asked: BTreeSet<&str> = questions().iter().map(|(tool, _)| *tool).collect();
        assert_eq!((questions().len(), asked.len()), (60, 60));
        let catalog = catalog::load(&Files::built_in()).unwrap();
        let unasked: Vec<_> =
            catalog.tools().filter(|tool| !asked.contains(tool.id.name.as_str())).collect();
        assert!(unasked.is_empty(), "{unasked:?}");
    }

    #[test]
    fn a_question_finds_its_tool_first() {
        let catalog = catalog::load(&Files::built_in()).unwrap();
        let engine = engine(&catalog);
        let known: Vec<_> =
            questions().into_iter().filter(|(tool, _)| catalog.tool(tool).is_some()).collect();
        let mut missed = Vec::new();
        for (tool, question) in &known {
            let found: Vec<String> =
                engine.search(question, 3).into_iter().map(|found| found.document.id).collect();
            if found.first().is_none_or(|first| first != tool) {
                missed.push(format!("{tool}: {question} finds {}", found.join(", ")));
            }
        }
        println!("{} of {} find their tool", known.len() - missed.len(), known.len());
        println!("{}", missed.join("\n"));
        assert!(missed.len() * 60 <= MISSES * known.len(), "{}", missed.join("\n"));
    }
}
