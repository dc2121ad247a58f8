//! What a statement of a dump is allowed to be.
//!
//! A dump is a program. Only the forms that dumps consist of are let through, whatever SQLite
//! would do with others; the authorizer stands behind that.

use super::objection::Objection;
use super::rows;
use super::token::{Kind, Token, Tokens};
use super::virtual_table::{self, VirtualTable};

/// A statement that may run, or that stands for something to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// The transaction begins.
    Begin,
    /// The transaction ends, and with it the dump.
    Commit,
    /// Settings of the connection that made sense where the dump was meant to run.
    Nothing,
    /// The size of the pages.
    PageSize(String),
    /// Runs as it stands.
    Run(Group, String),
    /// Fills this table.
    Insert { table: String, sql: String },
    /// Enters a virtual table in the schema.
    VirtualTable(VirtualTable),
    /// Makes `sqlite_sequence` be there.
    Sequence,
    /// Empties it: what it held follows.
    ClearSequence,
    /// Removes the helper that made it be there.
    DropHelper(String),
}

/// What a statement may do, for the authorizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Create,
    /// Stores a view or a trigger, of which nothing runs.
    Store,
    Insert,
    Other,
    /// Whatever makes a schema, and fills it.
    Schema,
}

/// What the statements of a dump begin with.
pub(super) const KEYWORDS: [&str; 11] = [
    "BEGIN", "COMMIT", "END", "ROLLBACK", "PRAGMA", "INSERT", "REPLACE", "CREATE", "DELETE",
    "DROP", "ANALYZE",
];

/// Finds out what a statement is.
pub(super) fn read(text: &[u8]) -> Result<Command, Objection> {
    let mut tokens = Tokens::new(text);
    let Some(first) = tokens.next() else { return Ok(Command::Nothing) };
    refuse_shell_command(text, &first)?;
    let keyword = match first.kind {
        Kind::Word if first.text.is_ascii() => {
            String::from_utf8_lossy(first.text).to_ascii_uppercase()
        }
        _ => String::new(),
    };
    match keyword.as_str() {
        "BEGIN" => Ok(Command::Begin),
        "COMMIT" | "END" => Ok(Command::Commit),
        "ROLLBACK" => Err(Objection::Damaged),
        "PRAGMA" => pragma(text, tokens),
        "INSERT" | "REPLACE" => insert(text, tokens),
        "CREATE" => create(text, tokens),
        "DELETE" => clear(text, tokens),
        "DROP" => drop_helper(tokens),
        "ANALYZE" => analyze(text, tokens),
        "" => Err("is not SQL".into()),
        _ => Err(format!("begins with {keyword}, which no dump needs").into()),
    }
}

/// Refuses what the sqlite3 shell does itself, such as `.read`.
pub(super) fn refuse_shell_command(text: &[u8], first: &Token<'_>) -> Result<(), Objection> {
    if text.starts_with(b".dbconfig defensive off") {
        return Err(Objection::Recovered);
    }
    if first.kind == Kind::Sign(b'.') || text.starts_with(b".") {
        return Err(Objection::ShellCommand);
    }
    Ok(())
}

pub(super) fn utf8(text: &[u8]) -> Result<String, Objection> {
    String::from_utf8(text.to_vec()).map_err(|_| Objection::NotUtf8)
}

/// A name, perhaps after `main.`.
pub(super) fn name(tokens: &mut Tokens<'_>) -> Option<String> {
    let first = tokens.next()?;
    let mut ahead = tokens.clone();
    if ahead.next().is_some_and(|token| token.kind == Kind::Sign(b'.')) {
        if !first.name()?.eq_ignore_ascii_case("main") {
            return None;
        }
        *tokens = ahead;
        return tokens.next()?.name();
    }
    first.name()
}

fn pragma(text: &[u8], mut tokens: Tokens<'_>) -> Result<Command, Objection> {
    let name =
        tokens.next().and_then(|token| token.name()).unwrap_or_default().to_ascii_lowercase();
    let value: Vec<Token<'_>> =
        tokens.filter(|token| !matches!(token.kind, Kind::Sign(_))).collect();
    let value = match value.as_slice() {
        [value] => utf8(value.text)?,
        _ => return Err(format!("is a PRAGMA {name} that no dump needs").into()),
    };
    match name.as_str() {
        "foreign_keys" | "writable_schema" | "ignore_check_constraints" => Ok(Command::Nothing),
        "page_size" => Ok(Command::PageSize(value)),
        "encoding" | "auto_vacuum" | "user_version" | "application_id" => {
            Ok(Command::Run(Group::Other, utf8(text)?))
        }
        _ => Err(format!("is a PRAGMA {name}, which no dump needs").into()),
    }
}

/// Whether a PRAGMA makes the database one in UTF-16.
pub(super) fn sets_utf16(text: &[u8]) -> bool {
    let mut tokens = Tokens::new(text).skip(1);
    let is_encoding = tokens
        .next()
        .and_then(|token| token.name())
        .is_some_and(|name| name.eq_ignore_ascii_case("encoding"));
    is_encoding && memchr::memmem::find(text, b"16").is_some()
}

fn insert(text: &[u8], tokens: Tokens<'_>) -> Result<Command, Objection> {
    let (table, tokens) = filled_table(tokens)?;
    if is_schema(&table) {
        return virtual_table::read(tokens).map(Command::VirtualTable);
    }
    Ok(Command::Insert { table, sql: rows::rewrite(text, tokens)? })
}

/// The table that is inserted into, and what follows it.
pub(super) fn filled_table(mut tokens: Tokens<'_>) -> Result<(String, Tokens<'_>), Objection> {
    let mut ahead = tokens.clone();
    if ahead.next().is_some_and(|token| token.is("OR")) {
        // OR IGNORE and OR REPLACE change what happens on a conflict, no more.
        ahead.next();
        tokens = ahead;
    }
    if !tokens.next().is_some_and(|token| token.is("INTO")) {
        return Err("is no INSERT INTO".into());
    }
    let Some(table) = name(&mut tokens) else {
        return Err("inserts into another database".into());
    };
    if super::is_reserved(&table)
        && !is_schema(&table)
        && !is_former_sample(&table)
        && !["sqlite_sequence", "sqlite_stat1", "sqlite_stat4"].contains(&table.as_str())
    {
        return Err(format!("writes to `{table}`, which belongs to SQLite").into());
    }
    Ok((table, tokens))
}

/// Whether this is where an older SQLite kept its samples for the planner. This one doesn't make
/// such a table, so the rows have nowhere to go, and none is missed.
/// <https://www.sqlite.org/fileformat2.html#the_sqlite_stat3_table>
pub(super) fn is_former_sample(table: &str) -> bool {
    ["sqlite_stat2", "sqlite_stat3"].contains(&table)
}

pub(super) fn is_schema(table: &str) -> bool {
    table.eq_ignore_ascii_case("sqlite_master") || table.eq_ignore_ascii_case("sqlite_schema")
}

fn create(text: &[u8], mut tokens: Tokens<'_>) -> Result<Command, Objection> {
    let what = tokens.find(|token| !token.is("UNIQUE"));
    let word = what.and_then(|token| token.name()).unwrap_or_default().to_ascii_uppercase();
    if !["TABLE", "INDEX", "VIEW", "TRIGGER"].contains(&word.as_str()) {
        return Err(format!("is a CREATE {word}, which no dump needs").into());
    }
    if word == "TABLE" {
        let table = created_table(tokens);
        if table.is_some_and(|name| name.eq_ignore_ascii_case("sqlite_sequence")) {
            return Ok(Command::Sequence);
        }
    }
    let group = if word == "VIEW" || word == "TRIGGER" { Group::Store } else { Group::Create };
    // With its semicolon: SQLite keeps a comment at the end of a definition only before one.
    Ok(Command::Run(group, utf8(text)? + ";"))
}

/// The name behind `CREATE TABLE`.
pub(super) fn created_table(mut tokens: Tokens<'_>) -> Option<String> {
    for keyword in ["IF", "NOT", "EXISTS"] {
        let mut further = tokens.clone();
        if further.next().is_some_and(|token| token.is(keyword)) {
            tokens = further;
        }
    }
    name(&mut tokens)
}

/// Statistics and sequences are filled anew; nothing else is deleted in a dump.
fn clear(text: &[u8], mut tokens: Tokens<'_>) -> Result<Command, Objection> {
    let from = tokens.next().is_some_and(|token| token.is("FROM"));
    let table = name(&mut tokens).unwrap_or_default();
    let whole = tokens.next().is_none();
    match table.as_str() {
        "sqlite_sequence" if from && whole => Ok(Command::ClearSequence),
        "sqlite_stat1" | "sqlite_stat4" if from && whole => {
            Ok(Command::Run(Group::Other, utf8(text)?))
        }
        _ => Err("is a DELETE, which no dump needs".into()),
    }
}

fn drop_helper(mut tokens: Tokens<'_>) -> Result<Command, Objection> {
    let is_table = tokens.next().is_some_and(|token| token.is("TABLE"));
    match (name(&mut tokens), tokens.next()) {
        (Some(name), None) if is_table => Ok(Command::DropHelper(name)),
        _ => Err("is a DROP, which no dump needs".into()),
    }
}

fn analyze(text: &[u8], mut tokens: Tokens<'_>) -> Result<Command, Objection> {
    match (name(&mut tokens), tokens.next()) {
        (Some(name), None) if is_schema(&name) => Ok(Command::Run(Group::Other, utf8(text)?)),
        _ => Err("is an ANALYZE that no dump needs".into()),
    }
}
