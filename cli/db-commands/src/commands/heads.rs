//! `db heads`.

use super::Context;
use crate::ExitCode;
use crate::terminal::Format;
use schema_engine::Result;
use schema_engine::history::ids;
use schema_engine::migrations_dir::{Descent, MigrationsDir};
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    version: u32,
    heads: Vec<Head>,
}

#[derive(Serialize)]
struct Head {
    revision: String,
    /// Null for the first revision, and where there is no source tree to read it from.
    parent: Option<String>,
    /// Whether `lib.rs` lists it, so that it is run.
    listed: bool,
}

impl From<&Descent> for Head {
    fn from(descent: &Descent) -> Self {
        let Descent { revision, parent, listed } = descent.clone();
        Self { revision, parent, listed }
    }
}

pub(super) fn heads(context: &Context<'_>) -> Result<ExitCode> {
    let heads: Vec<Head> = match &context.tree {
        Some(tree) => {
            let lineage = MigrationsDir::of_crate(&tree.migration_dir())?.lineage()?;
            lineage.heads().into_iter().map(Head::from).collect()
        }
        // The program itself only knows an order.
        None => ids(&context.migrations)
            .last()
            .map(|id| Head { revision: (*id).to_owned(), parent: None, listed: true })
            .into_iter()
            .collect(),
    };
    if context.format == Format::Json {
        context.terminal.json(&Report { version: 1, heads })?;
        return Ok(ExitCode::Done);
    }
    let terminal = context.terminal;
    for Head { revision, parent, listed } in &heads {
        let parent = parent.as_ref().map(|id| format!("  builds on {id}")).unwrap_or_default();
        let listed = if *listed { "" } else { "  (not listed in lib.rs)" };
        terminal.data(&format!("{revision}{parent}{listed}"))?;
    }
    match heads.as_slice() {
        [] => terminal.say("There are no revisions yet."),
        [_] => {}
        [.., last] => terminal.say(&format!(
            "{} heads: `{}` puts that one on top of the other.",
            heads.len(),
            context.command(&format!("rebase {}", last.revision))
        )),
    }
    Ok(ExitCode::Done)
}
