//! URLs and the files they name.

use schema_engine::ErrorKind;

use super::*;
use crate::settings::Origin;

#[expect(clippy::unnecessary_wraps, reason = "it stands beside what `parse` gives")]
fn file(path: &str, access: Access) -> Result<File, Problem> {
    Ok(File { path: path.into(), access })
}

fn error(url: &str) -> schema_engine::Error {
    parse(url).unwrap_err().into_error(&Origin::Environment { name: "DATABASE_URL".to_owned() })
}

#[test]
fn sqlite_urls_follow_sqlx() {
    for (url, path) in [
        ("sqlite:///a/b.db", "/a/b.db"),
        ("sqlite:////a/b.db", "//a/b.db"),
        ("sqlite://rel.db", "rel.db"),
        ("sqlite:rel.db", "rel.db"),
        ("sqlite:/abs.db", "/abs.db"),
        ("sqlite://sqlite://rel.db", "rel.db"),
        ("sqlite://../a b/[x]#1.db", "../a b/[x]#1.db"),
        ("sqlite:///a%3Fb%23%25.db", "/a?b#%.db"),
        ("sqlite:///50%.db", "/50%.db"),
        ("sqlite:///50%zz%4", "/50%zz%4"),
        ("sqlite:///%C3%BC.db", "/ü.db"),
        ("sqlite://./~/a.db", "./~/a.db"),
        ("sqlite://./file:a.db", "./file:a.db"),
    ] {
        assert_eq!(parse(url), file(path, Access::Full), "{url}");
    }
}

#[test]
fn python_urls_follow_sqlalchemy() {
    for (url, path) in [
        ("sqlite+aiosqlite:///rel.db", "rel.db"),
        ("sqlite+aiosqlite:////a/b.db", "/a/b.db"),
        ("sqlite+pysqlite:////a/50%25.db", "/a/50%25.db"),
        ("sqlite+aiosqlite:///C:/a.db", "C:/a.db"),
    ] {
        assert_eq!(parse(url), file(path, Access::Full), "{url}");
    }
    assert_eq!(parse("sqlite+aiosqlite://host/a.db"), Err(Problem::Slashes));
    assert_eq!(parse("sqlite+aiosqlite:a.db"), Err(Problem::Slashes));
}

#[test]
fn the_mode_is_understood_and_nothing_else() {
    for (query, access) in [
        ("", Access::Full),
        ("mode=ro", Access::ReadOnly),
        ("mode=rw", Access::ExistingOnly),
        ("mode=rwc", Access::Full),
    ] {
        for form in ["sqlite:///a.db", "sqlite+aiosqlite:////a.db"] {
            assert_eq!(parse(&format!("{form}?{query}")), file("/a.db", access), "{form}?{query}");
        }
    }
    for (query, problem) in [
        ("mode=rwc&cache=shared", Problem::Parameter("cache".to_owned())),
        ("mode=ro&mode=rw", Problem::Parameter("mode".to_owned())),
        ("immutable", Problem::Parameter("immutable".to_owned())),
        ("mode=", Problem::Mode(String::new())),
    ] {
        assert_eq!(parse(&format!("sqlite:///a.db?{query}")), Err(problem));
    }
}

#[test]
fn a_database_in_memory_is_refused() {
    for url in [
        ":memory:",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite://?mode=memory",
        "sqlite:///a.db?mode=memory",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///",
        "sqlite+aiosqlite:///:memory:",
    ] {
        assert_eq!(parse(url), Err(Problem::Memory), "{url}");
        assert_eq!(error(url).kind(), ErrorKind::Refused);
    }
}

#[test]
fn another_database_is_refused_and_its_password_not_shown() {
    for url in
        ["postgres://me:secret@host/db", "mysql:secret", "sqlite+pysqlcipher://:secret@/a.db"]
    {
        let error = error(url);
        assert_eq!(error.kind(), ErrorKind::Refused, "{url}");
        assert!(!format!("{error} {:?}", error.next_steps()).contains("secret"));
    }
    assert_eq!(
        error("postgres://host/db").to_string(),
        "the database URL set by DATABASE_URL in the environment begins with `postgres:`, and \
         this program works on SQLite files only"
    );
}

#[test]
fn a_bare_path_is_told_its_url() {
    for (path, step) in [
        ("/a/50%?.db", "For a file write `sqlite:///a/50%25%3F.db`."),
        ("rel.db", "For a file write `sqlite://rel.db`."),
    ] {
        assert_eq!(error(path).next_steps(), [step]);
        let shown = step.split('`').nth(1).expect("the step shows a URL");
        assert_eq!(parse(shown), file(path, Access::Full), "the URL shown must be the right one");
    }
    assert!(!format!("{:?}", error("user=me password=secret")).contains("secret"));
}

#[test]
fn what_is_no_path_is_an_error() {
    assert_eq!(parse(""), Err(Problem::Empty));
    assert_eq!(parse("sqlite:///%FF.db"), Err(Problem::NotUtf8));
    assert_eq!(parse("sqlite:///a%00.db"), Err(Problem::Nul));
    assert_eq!(parse("sqlite://~/a.db"), Err(Problem::Tilde("~/a.db".to_owned())));
    assert_eq!(parse("sqlite://file:a.db?mode=ro"), Err(Problem::SqliteUri));
    assert_eq!(parse("file:a.db"), Err(Problem::SqliteUri));
}

#[test]
fn an_argument_is_a_url_only_where_it_says_so() {
    for url in [
        "sqlite:a.db",
        "sqlite+aiosqlite:///a.db",
        "postgres://host/db",
        "file:a.db",
        ":memory:",
        "sqlite+x:a",
    ] {
        assert!(reads_as_url(url), "{url}");
    }
    for path in ["a.db", "./sqlite:a.db", "/a?mode=ro", "a:b.db", "C:\\a.db", "C://a.db"] {
        assert!(!reads_as_url(path), "{path}");
    }
}
