//! The sqlite3 shell: the real one, and what matters of it on the library that the engine uses.

use rusqlite::Connection;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Who runs a script.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shell {
    /// The program `sqlite3`, where there is one.
    Real,
    /// Its rules, played by this test.
    Played,
}

pub(crate) fn shells() -> Vec<Shell> {
    let is_there = Command::new("sqlite3").arg("-version").output().is_ok();
    if !is_there {
        eprintln!("not tried: there is no sqlite3 shell on this machine");
    }
    let real = is_there.then_some(Shell::Real);
    real.into_iter().chain([Shell::Played]).collect()
}

impl Shell {
    /// Runs a script on a database file. What is said when it fails.
    pub(crate) fn run(self, database: &Path, script: &str) -> Result<(), String> {
        match self {
            Self::Real => real(database, script),
            Self::Played => played(database, script),
        }
    }
}

fn real(database: &Path, script: &str) -> Result<(), String> {
    let mut child = Command::new("sqlite3")
        .arg(database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It stops reading at an error.
    let _ = child.stdin.take().unwrap().write_all(script.as_bytes());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// Commands stand at the beginning of a line where no statement is open; a statement ends with a
/// line that ends with its semicolon; nothing runs after an error.
fn played(database: &Path, script: &str) -> Result<(), String> {
    let connection = Connection::open(database).unwrap();
    let mut statement = String::new();
    for line in script.lines() {
        if statement.is_empty() && line.starts_with('.') {
            let known = [
                ".bail on",
                ".timeout 5000",
                ".dbconfig dqs_ddl on",
                ".dbconfig dqs_dml on",
                ".dbconfig defensive off",
            ];
            assert!(known.contains(&line), "{line}");
            continue;
        }
        if statement.is_empty() && (line.trim().is_empty() || line.starts_with("--")) {
            continue;
        }
        statement.push_str(line);
        statement.push('\n');
        if is_complete(&statement) {
            let ran = connection.execute_batch(&statement);
            ran.map_err(|error| format!("{error}: {statement}"))?;
            statement.clear();
        }
    }
    assert!(statement.is_empty(), "not ended: {statement}");
    Ok(())
}

/// Whether the semicolon at the end is outside of quotes and comments, and a trigger's is its last.
fn is_complete(statement: &str) -> bool {
    let mut rest = statement;
    let mut code = String::new();
    while let Some(one) = rest.chars().next() {
        let end = match one {
            '\'' | '"' | '`' => Some(one.to_string()),
            '[' => Some("]".to_owned()),
            '-' if rest.starts_with("--") => Some("\n".to_owned()),
            '/' if rest.starts_with("/*") => Some("*/".to_owned()),
            _ => None,
        };
        let Some(end) = end else {
            code.push(one);
            rest = &rest[one.len_utf8()..];
            continue;
        };
        let start = if end == "*/" { 2 } else { 1 };
        let Some(found) = rest[start..].find(&end) else { return false };
        rest = &rest[start + found + end.len()..];
    }
    let code = code.to_ascii_uppercase();
    let Some(body) = code.trim_end().strip_suffix(';') else { return false };
    let mut words = code.split_ascii_whitespace();
    let is_trigger = words.next() == Some("CREATE") && words.next() == Some("TRIGGER");
    let before_end = body.trim_end().strip_suffix("END");
    !is_trigger || before_end.is_some_and(|body| body.trim_end().ends_with(';'))
}
