//! A database URL as a file: `sqlite:` by the rule of sqlx, the driver that the app itself
//! opens it with, and the forms of the Python program by the rule of SQLAlchemy.
//!
//! | URL | file |
//! |---|---|
//! | `sqlite:///a/b.db` | `/a/b.db` |
//! | `sqlite://b.db`, `sqlite:b.db` | `b.db` where one stands |
//! | `sqlite:///a%3Fb.db` | `/a?b.db` |
//! | `sqlite+aiosqlite:///b.db` | `b.db` where one stands |
//! | `sqlite+aiosqlite:////a%b.db` | `/a%b.db` |
//!
//! What isn't understood is an error and never another database: a program that took the
//! default file for a `postgres:` URL would reset the wrong one.

mod problem;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::Access;
pub(super) use problem::Problem;

/// The file that a URL names; a relative path is still relative.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub path: PathBuf,
    pub access: Access,
}

/// Drivers of SQLAlchemy whose URLs the Python program took.
const PYTHON_FORMS: [&str; 2] = ["sqlite+aiosqlite:", "sqlite+pysqlite:"];

/// Whether an argument that may be a path is meant as a URL: it begins with a scheme, or it is
/// a name that SQLite would not take as a file. `./sqlite:x.db` is always a path.
pub(super) fn reads_as_url(text: &str) -> bool {
    text == ":memory:"
        || text.starts_with("sqlite:")
        || text.starts_with("file:")
        || scheme(text).is_some_and(|scheme| {
            scheme.starts_with("sqlite+") || text[scheme.len()..].starts_with("://")
        })
}

/// Reads a URL.
pub(super) fn parse(url: &str) -> Result<File, Problem> {
    match url {
        "" => return Err(Problem::Empty),
        ":memory:" => return Err(Problem::Memory),
        _ => {}
    }
    if let Some(rest) = PYTHON_FORMS.iter().find_map(|form| url.strip_prefix(form)) {
        return python_form(rest);
    }
    if url.starts_with("sqlite:") {
        return sqlx_form(url);
    }
    match scheme(url) {
        Some("file") => Err(Problem::SqliteUri),
        Some(scheme) => Err(Problem::OtherScheme(scheme.to_owned())),
        None => Err(Problem::BarePath(url.to_owned())),
    }
}

/// As `SqliteConnectOptions::from_str` of sqlx-sqlite reads it: the scheme is taken off as often
/// as it is there, what follows the first `?` is the query, and the path is percent-decoded.
fn sqlx_form(url: &str) -> Result<File, Problem> {
    let rest = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
    let (path, query) = split_query(rest);
    let access = access(query)?;
    named_file(path)?;
    let path = String::from_utf8(percent_decoded(path)).map_err(|_| Problem::NotUtf8)?;
    file(path, access)
}

/// As SQLAlchemy's `make_url` reads it: `//`, no host, `/`, then the path as it stands.
fn python_form(rest: &str) -> Result<File, Problem> {
    let (path, query) = split_query(rest);
    let access = access(query)?;
    let after_host = path.strip_prefix("//").ok_or(Problem::Slashes)?;
    let path = match after_host.strip_prefix('/') {
        Some(path) => path,
        None if after_host.is_empty() => return Err(Problem::Memory),
        None => return Err(Problem::Slashes),
    };
    named_file(path)?;
    file(path.to_owned(), access)
}

/// Refuses names that SQLite, or whoever wrote them, does not mean as a file.
fn named_file(path: &str) -> Result<(), Problem> {
    match path {
        "" | ":memory:" => Err(Problem::Memory),
        _ if path.starts_with("file:") => Err(Problem::SqliteUri),
        _ if path == "~" || path.starts_with("~/") => Err(Problem::Tilde(path.to_owned())),
        _ => Ok(()),
    }
}

fn file(path: String, access: Access) -> Result<File, Problem> {
    if path.contains('\0') { Err(Problem::Nul) } else { Ok(File { path: path.into(), access }) }
}

/// The `mode` of a query. What else a driver would take is refused, because a parameter that is
/// passed over (`immutable`, `vfs`) can make the same URL mean another database there.
fn access(query: Option<&str>) -> Result<Access, Problem> {
    let mut access = None;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "mode" || access.is_some() {
            return Err(Problem::Parameter(name.to_owned()));
        }
        access = Some(match value {
            "ro" => Access::ReadOnly,
            "rw" => Access::ExistingOnly,
            "rwc" => Access::Full,
            "memory" => return Err(Problem::Memory),
            _ => return Err(Problem::Mode(value.to_owned())),
        });
    }
    Ok(access.unwrap_or_default())
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)))
}

/// The scheme before the colon. One letter is no scheme but a drive of Windows.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    is_scheme.then_some(scheme)
}

/// `%3F` becomes `?`; a `%` with no two digits behind it stays, as sqlx leaves it.
fn percent_decoded(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte == b'%'
            && let [high, low, behind @ ..] = behind
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            decoded.push(high << 4 | low);
            rest = behind;
        } else {
            decoded.push(byte);
        }
    }
    decoded
}
