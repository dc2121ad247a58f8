//! `db diff`: what two sides differ in, and the way from one to the other as SQL.

use super::Context;
use super::cost::Cost;
use super::revision::glyph;
use crate::ExitCode;
use crate::arguments::{Diff, DiffOutput, Verdict};
use crate::terminal::{Format, Glyph};
use schema_engine::change::LineKind;
use schema_engine::comparison::{Comparison, Way, compare};
use schema_engine::plan::Rebuild;
use schema_engine::side::Sources;
use schema_engine::{Error, Result};
use serde::Serialize;
use std::error::Error as StdError;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    from: String,
    to: String,
    changes: Vec<String>,
    hazards: Vec<Hazard<'a>>,
    notes: &'a [String],
    /// Possible renames, with the flags that say so.
    hints: Vec<String>,
    rebuilds: Vec<Rebuilt<'a>>,
    /// Why no way from one side to the other could be proven.
    unproven: Option<String>,
}

#[derive(Serialize)]
struct Hazard<'a> {
    code: &'a str,
    what: &'a str,
    fix: &'a str,
    /// Null where nothing was counted.
    count: Option<i64>,
    /// The first of them.
    samples: Vec<&'a str>,
}

#[derive(Serialize)]
struct Rebuilt<'a> {
    table: &'a str,
    keeps: &'a [String],
}

pub(super) fn diff(context: &Context<'_>, arguments: &Diff) -> Result<ExitCode> {
    let output = arguments.output();
    if output == DiffOutput::Sql && context.format == Format::Json {
        return Err(Error::usage("--sql prints SQL and --json a report: not both at once"));
    }
    let answers = arguments.answers.answers();
    let sources = Sources {
        models: &context.app.models,
        migrations: &context.migrations,
        database: context.database(),
    };
    let sides = arguments.sides();
    let comparison = context.wait(compare(sides, &sources, &answers))?;
    let differs = !comparison.is_empty();
    match (output, context.format) {
        (DiffOutput::Sql, _) => {
            tell_cost(context, &comparison);
            let script = context.wait(comparison.script())?;
            context.terminal.data(script.trim_end())?;
        }
        (DiffOutput::Differences, Format::Json) => {
            context.terminal.json(&report(arguments, &comparison))?;
            if let Way::Unproven(error) = &comparison.way {
                warn_unproven(context, error);
            }
        }
        (DiffOutput::Differences, Format::Text) => tell(context, &comparison)?,
    }
    if !differs && context.format == Format::Text {
        let (from, to) = (sides.current, sides.desired);
        context.terminal.success(&format!("Nothing differs between {from} and {to}."));
    }
    Ok(match arguments.verdict() {
        Verdict::Told if differs => ExitCode::Differences,
        Verdict::Told | Verdict::Done => ExitCode::Done,
    })
}

fn report<'a>(arguments: &Diff, comparison: &'a Comparison) -> Report<'a> {
    let sides = arguments.sides().map(ToString::to_string);
    let hazards = comparison.hazards.iter().map(|found| Hazard {
        code: found.hazard.code.as_str(),
        what: &found.hazard.what,
        fix: &found.hazard.fix,
        count: found.count(),
        samples: found.samples().collect(),
    });
    let rebuilds = rebuilds(comparison)
        .map(|rebuild| Rebuilt { table: rebuild.table.as_str(), keeps: &rebuild.keeps });
    Report {
        version: 1,
        from: sides.current,
        to: sides.desired,
        changes: comparison.changes.iter().map(ToString::to_string).collect(),
        hazards: hazards.collect(),
        notes: &comparison.notes,
        hints: comparison.hints(),
        rebuilds: rebuilds.collect(),
        unproven: match &comparison.way {
            Way::Unproven(error) => Some(with_causes(error)),
            Way::None | Way::Proven(_) => None,
        },
    }
}

fn rebuilds(comparison: &Comparison) -> impl Iterator<Item = &Rebuild> {
    let proven = match &comparison.way {
        Way::Proven(proven) => Some(&proven.up),
        Way::None | Way::Unproven(_) => None,
    };
    proven.into_iter().flat_map(schema_engine::plan::Plan::rebuilds)
}

fn tell(context: &Context<'_>, comparison: &Comparison) -> Result<()> {
    let terminal = context.terminal;
    for line in &comparison.changes {
        terminal.data_item(glyph(line.glyph), &line.text)?;
    }
    for line in &comparison.texts {
        let glyph = match line.kind {
            LineKind::Added => Some(Glyph::Added),
            LineKind::Removed => Some(Glyph::Removed),
            LineKind::Place => Some(Glyph::Changed),
            LineKind::File => {
                if line.text.starts_with("---") {
                    terminal.data("")?;
                }
                None
            }
            LineKind::Same => None,
        };
        match glyph {
            Some(glyph) => terminal.data_in_colour(glyph, &line.text)?,
            None => terminal.data(&line.text)?,
        }
    }
    tell_cost(context, comparison);
    if let Way::Unproven(error) = &comparison.way {
        warn_unproven(context, error);
    }
    Ok(())
}

fn tell_cost(context: &Context<'_>, comparison: &Comparison) {
    let cost = Cost {
        up: match &comparison.way {
            Way::Proven(proven) => Some(&proven.up),
            Way::None | Way::Unproven(_) => None,
        },
        footprint: &comparison.footprint,
        notes: &comparison.notes,
        hazards: &comparison.hazards,
    };
    cost.tell(context.terminal);
    for hint in comparison.hints() {
        context.terminal.say(&format!("  {hint}"));
    }
}

/// The differences are told all the same.
fn warn_unproven(context: &Context<'_>, error: &Error) {
    context.terminal.warn(&format!("there is no proven way: {}", with_causes(error)));
    for step in error.next_steps() {
        context.terminal.say(&format!("  {step}"));
    }
}

fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = StdError::source(error);
    while let Some(source) = cause {
        let said = source.to_string();
        // Many libraries repeat their cause in their own text.
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = source.source();
    }
    text
}
