//! `db verify`.

use super::{Context, counted, runtime};
use crate::ExitCode;
use crate::arguments::Verify;
use crate::terminal::{Format, Glyph};
use schema_engine::Result;
use schema_engine::amount::grouped;
use schema_engine::verify::{Finding, Fix, Kind, Severity, Verification, verify as check};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    file: String,
    kind: &'static str,
    tables: u64,
    rows: u64,
    revision: Option<&'a str>,
    findings: Vec<Found>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Found {
    code: &'static str,
    severity: &'static str,
    what: String,
    details: Vec<String>,
    fixes: Vec<FoundFix>,
}

/// A fix is a command to run, or advice where no command does it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum FoundFix {
    Command(String),
    Advice(String),
}

pub(super) fn verify(context: &Context<'_>, arguments: &Verify) -> Result<ExitCode> {
    let live = context.database();
    let file = arguments.file.as_deref().unwrap_or(live);
    let verification = context
        .watched(|progress| runtime()?.block_on(check(file, &context.migrations, progress)))?;
    let fixer = Fixer {
        context,
        kind: verification.kind,
        file: arguments.file.as_deref().filter(|file| *file != live),
    };
    if context.format == Format::Json {
        json(context, &verification, &fixer)?;
    } else {
        text(context, &verification, &fixer)?;
    }
    Ok(match verification.worst() {
        Some(Severity::Damage) => ExitCode::Failed,
        Some(Severity::Warning) => ExitCode::Differences,
        _ => ExitCode::Done,
    })
}

fn json(context: &Context<'_>, verification: &Verification, fixer: &Fixer<'_>) -> Result<()> {
    let found = |finding: &Finding| Found {
        code: finding.code(),
        severity: word(finding.severity()),
        what: finding.message(),
        details: finding.details(),
        fixes: finding
            .fixes()
            .iter()
            .map(|fix| match fixer.command(fix, &verification.file) {
                Ok(command) => FoundFix::Command(command),
                Err(advice) => FoundFix::Advice(advice),
            })
            .collect(),
    };
    context.terminal.json(&Report {
        version: 1,
        file: verification.file.display().to_string(),
        kind: match verification.kind {
            Kind::Dump => "dump",
            _ => "database",
        },
        tables: verification.tables,
        rows: verification.rows,
        revision: verification.revision.as_deref(),
        findings: verification.findings.iter().map(found).collect(),
        notes: &verification.notes,
    })
}

fn text(context: &Context<'_>, verification: &Verification, fixer: &Fixer<'_>) -> Result<()> {
    let terminal = context.terminal;
    for finding in &verification.findings {
        let glyph = match finding.severity() {
            Severity::Damage => Glyph::Failed,
            Severity::Warning => Glyph::Caution,
            _ => Glyph::Changed,
        };
        terminal.data_item(glyph, &format!("{} {}", finding.code(), finding.message()))?;
        for detail in finding.details() {
            terminal.data(&format!("    {detail}"))?;
        }
        for fix in finding.fixes() {
            match fixer.command(&fix, &verification.file) {
                Ok(command) => terminal.data(&format!("  $ {command}"))?,
                Err(advice) => terminal.data(&format!("  {advice}"))?,
            }
        }
    }
    for note in &verification.notes {
        terminal.say(&format!("  {note}"));
    }
    let summary = summary(verification);
    match verification.worst() {
        Some(Severity::Damage) => terminal.say_item(Glyph::Failed, &summary),
        Some(Severity::Warning) => terminal.say_item(Glyph::Caution, &summary),
        _ => terminal.success(&summary),
    }
    Ok(())
}

fn summary(verification: &Verification) -> String {
    let what = match verification.kind {
        Kind::Dump => "dump",
        _ => "database",
    };
    let count = |severity| {
        verification.findings.iter().filter(|finding| finding.severity() == severity).count()
    };
    let found: Vec<_> = [
        (count(Severity::Damage), "damage", "damages"),
        (count(Severity::Warning), "warning", "warnings"),
        (count(Severity::Advice), "piece of advice", "pieces of advice"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| counted(count, one, many))
    .collect();
    let found = if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") };
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let noun = |count: u64, one: &str, many: &str| {
        format!("{} {}", grouped(whole(count)), if count == 1 { one } else { many })
    };
    let revision = verification.revision.as_ref().map_or(String::new(), |it| format!(", at {it}"));
    format!(
        "The {what} {} ({}, {}{revision}): {found}.",
        verification.file.display(),
        noun(verification.tables, "table", "tables"),
        noun(verification.rows, "row", "rows"),
    )
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Damage => "damage",
        Severity::Warning => "warning",
        _ => "advice",
    }
}

/// Writes fixes as commands for a shell.
struct Fixer<'a> {
    context: &'a Context<'a>,
    kind: Kind,
    /// The file, where it is another one than the database of the settings.
    file: Option<&'a Path>,
}

impl Fixer<'_> {
    /// The command, or else what to do in words.
    fn command(&self, fix: &Fix, checked: &Path) -> Result<String, String> {
        if self.kind == Kind::Dump && matches!(fix, Fix::Command(_) | Fix::Sql(_)) {
            // There is no database yet that a command could work on.
            let restored = Fixer { kind: Kind::Database, file: None, ..*self };
            let command = restored.command(fix, self.context.database())?;
            return Err(format!("Once it is restored: {command}"));
        }
        Ok(match fix {
            Fix::Command(rest) => {
                let command = self.context.command(rest);
                match self.file {
                    Some(file) => format!("{command} --database {}", shell_word(file)),
                    None => command,
                }
            }
            Fix::Sql(sql) => {
                format!("sqlite3 {} {}", shell_word(checked), quoted(sql))
            }
            Fix::Remove(path) => format!("rm {}", shell_word(path)),
            Fix::MoveAside(path) => {
                let aside = format!("{}.aside", path.display());
                format!("mv {} {}", shell_word(path), shell_word(Path::new(&aside)))
            }
            Fix::Words(words) => return Err(words.clone()),
            other => return Err(format!("{other:?}")),
        })
    }
}

/// A path as one word of a shell.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:,@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { text } else { quoted(&text) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_one_word() {
        for (path, word) in [
            ("/a/b.db", "/a/b.db"),
            ("/a b/c.db", "'/a b/c.db'"),
            ("/it's/$HOME.db", r"'/it'\''s/$HOME.db'"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
