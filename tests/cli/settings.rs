//! Which database is worked on, and that it is never another one.

use std::ffi::OsStr;
use std::fs;

use crate::support::{Sandbox, database};

/// Whether a file is a database that was upgraded.
#[track_caller]
fn assert_upgraded(sandbox: &Sandbox, name: impl AsRef<std::path::Path>) {
    assert_eq!(database::revisions(&sandbox.here(name)), sandbox.history());
}

#[test]
fn every_form_of_a_url_names_its_file() {
    let sandbox = Sandbox::new();
    let here = sandbox.here("");
    let here = here.to_str().unwrap();
    for (number, (before, after)) in [
        ("sqlite:".to_owned(), ""),
        ("sqlite://".to_owned(), ""),
        ("sqlite:./".to_owned(), ""),
        (format!("sqlite://{here}"), ""),
        (format!("sqlite:{here}"), ""),
        ("sqlite://".to_owned(), "?mode=rwc"),
        ("sqlite+aiosqlite:///".to_owned(), ""),
        (format!("sqlite+aiosqlite:///{here}"), ""),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{number}.db");
        let url = format!("{before}{name}{after}");
        sandbox.tgenie("db upgrade").env("DATABASE_URL", &url).run().exits(0);
        assert_upgraded(&sandbox, &name);
        sandbox.tgenie("db current --database").arg(&url).run().exits(0).says_exactly("");
    }
    assert!(!sandbox.home().join(".taskgenie").exists(), "the default place was touched");
}

#[test]
fn the_layers_win_in_their_order() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.home().join(".taskgenie")).unwrap();
    let config = sandbox.home().join(".taskgenie/config.toml");
    fs::write(
        config,
        format!("[database]\nurl = 'sqlite://{}'\n", sandbox.here("config.db").display()),
    )
    .unwrap();
    sandbox.tgenie("db upgrade").run().exits(0);
    assert_upgraded(&sandbox, "config.db");

    fs::write(sandbox.here(".env"), "# mine\nexport DATABASE_URL=\"sqlite:dotenv.db\"\n").unwrap();
    sandbox.tgenie("db upgrade").run().exits(0);
    assert_upgraded(&sandbox, "dotenv.db");

    let in_environment =
        |command: &str| sandbox.tgenie(command).env("DATABASE_URL", "sqlite:env.db");
    in_environment("db upgrade").run().exits(0);
    assert_upgraded(&sandbox, "env.db");

    in_environment("db upgrade").on("flag.db").run().exits(0);
    assert_upgraded(&sandbox, "flag.db");

    let settings = in_environment("db settings").on("flag.db").run().exits(0);
    assert!(settings.stdout.contains("flag.db  (--database)"), "{settings}");
    let settings = in_environment("db settings --json").run().exits(0).json();
    let origin = &settings["settings"]["database"]["origin"];
    assert_eq!((&origin["kind"], &origin["name"]), (&"environment".into(), &"DATABASE_URL".into()));

    let without = sandbox.tgenie("db settings").env("TASKGENIE_ENV_FILE", "").run().exits(0);
    assert!(without.stdout.contains("config.db  ("), "{without}");
    assert!(!sandbox.home().join(".taskgenie/data").exists());
}

#[test]
fn a_url_that_is_not_understood_is_no_other_database() {
    let sandbox = Sandbox::upgraded();
    for (url, code, says) in [
        ("postgres://me:secret@host/tasks", 4, "`postgres:`"),
        ("mysql://me:secret@host/tasks", 4, "`mysql:`"),
        ("sqlite::memory:", 4, "in memory"),
        (":memory:", 4, "in memory"),
        ("sqlite://", 4, "in memory"),
        ("/absolute/path.db", 2, "is no URL"),
        ("host=localhost password=secret", 2, "is no URL"),
        ("file:a.db", 2, "`file:`"),
        ("sqlite:a.db?mode=append", 2, "unknown mode `append`"),
        ("sqlite:a.db?immutable=1", 2, "`immutable`"),
        ("sqlite+aiosqlite:a.db", 2, "slashes"),
        ("sqlite://~/tasks.db", 2, "`~`"),
    ] {
        sandbox.unchanged(|| {
            for command in ["db upgrade", "db downgrade", "db current", "db history", "db check"] {
                let outcome = sandbox.tgenie(command).env("DATABASE_URL", url).run();
                outcome
                    .exits(code)
                    .prints("")
                    .says(says)
                    .says("DATABASE_URL")
                    .says("No database was opened.\n")
                    .says("help: ")
                    .never_says("secret");
            }
        });
    }
}

#[test]
fn settings_that_make_no_sense_stop_before_anything_is_done() {
    let sandbox = Sandbox::new();
    for (name, value) in [("TASKGENIE_NAMING", "random"), ("TASKGENIE_BACKUPS_KEEP", "many")] {
        sandbox.unchanged(|| {
            let outcome = sandbox.tgenie("db upgrade").env(name, value).run();
            outcome.exits(2).says(&format!("`{value}`, set by {name}"));
        });
    }
    fs::create_dir(sandbox.home().join(".taskgenie")).unwrap();
    fs::write(sandbox.home().join(".taskgenie/config.toml"), "[database\nurl = 1\n").unwrap();
    sandbox.unchanged(|| {
        let outcome = sandbox.tgenie("db upgrade").run();
        let code = outcome.code();
        assert!(matches!(code, Some(1 | 2)), "{outcome}");
        outcome.says("config.toml").says("help: ");
    });
}

#[test]
fn without_a_home_folder_something_must_name_the_database() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        // A relative home would be another one wherever one stands.
        let outcome = sandbox.tgenie("db upgrade").env("HOME", "relative").run().exits(1);
        outcome.says("there is no home folder").says("--database PATH");
    });
}

/// Names that mean something to a URL, a shell, SQLite or a file system of another kind.
const ODD_NAMES: [&str; 17] = [
    "100%.db",
    "%41.db",
    "what?.db",
    "x.db?mode=ro",
    "no#1.db",
    "two words.db",
    "[brackets]{braces}.db",
    "ünïcødé ☃ 数据.db",
    "it's.db",
    "a\"quote.db",
    "new\nline.db",
    "back\\slash.db",
    ":memory:",
    "file:x.db",
    "~",
    "$HOME",
    "-dash.db",
];

#[test]
fn any_name_that_a_file_system_allows_works() {
    let sandbox = Sandbox::new();
    let mut names: Vec<_> = ODD_NAMES.iter().map(|name| OsStr::new(*name).to_owned()).collect();
    // Other systems take no such name.
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStringExt as _;
        names.push(std::ffi::OsString::from_vec(b"not utf8 \xff\xfe.db".to_vec()));
    }
    for name in &names {
        let path = sandbox.here(name);
        sandbox.tgenie("db upgrade").on(&path).run().exits(0);
        sandbox.tgenie("db downgrade").on(&path).run().exits(0).says("A copy from before");
        sandbox.tgenie("db upgrade").on(&path).run().exits(0);
        sandbox.tgenie("db current").on(&path).run().exits(0).says_exactly("");
        assert_upgraded(&sandbox, name);
    }
    let mut there: Vec<_> =
        fs::read_dir(sandbox.here("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.push("backups".into());
    names.sort();
    there.sort();
    assert_eq!(there, names, "nothing was written under another name");
}

#[test]
fn any_name_that_is_text_can_be_written_in_a_url() {
    let sandbox = Sandbox::new();
    for (number, name) in ODD_NAMES.iter().enumerate() {
        let folder = sandbox.here(number.to_string());
        fs::create_dir(&folder).unwrap();
        let encoded: Vec<_> = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let url = format!("sqlite://{}/{}", folder.display(), encoded.concat());
        sandbox.tgenie("db upgrade").env("DATABASE_URL", url).run().exits(0);
        assert_upgraded(&sandbox, folder.join(name));
    }
}

#[test]
fn a_data_folder_of_any_name_holds_the_database() {
    let sandbox = Sandbox::new();
    for name in ["100% ?#[x] ☃", "~/in the home folder"] {
        sandbox.tgenie("db upgrade").env("TASKGENIE_DATA_DIR", name).run().exits(0);
    }
    assert_upgraded(&sandbox, "100% ?#[x] ☃/data/taskgenie.db");
    assert_upgraded(&sandbox, sandbox.home().join("in the home folder/data/taskgenie.db"));
}
