//! Who may use what: the pure core has no database, no files and no clock, and the engine knows
//! neither TaskGenie nor a terminal.

use std::fs;
use std::path::{Path, PathBuf};

use schema_engine::migrations_dir::MigrationsDir;

/// The rooms of the engine that only work on values.
const PURE: [&str; 12] = [
    "amount",
    "answers",
    "change",
    "diff",
    "hazard",
    "ident",
    "pair",
    "plan",
    "questions",
    "schema",
    "sql",
    "subject",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).into_iter().flatten();
    entries.flat_map(|entry| files(&entry.unwrap().path())).collect()
}

fn room(name: &str) -> Vec<PathBuf> {
    [source().join(name), source().join(format!("{name}.rs"))]
        .iter()
        .flat_map(|path| files(path))
        .collect()
}

#[test]
fn the_pure_core_is_pure() {
    let forbidden = [
        "sea_orm",
        "sea_schema",
        "rusqlite",
        "tokio",
        "std::fs",
        "std::time",
        "std::env",
        "async fn",
        "crate::scratch",
        "crate::inspect",
        "crate::connection",
        "crate::executor",
        "crate::history",
    ];
    for name in PURE {
        let files = room(name);
        assert!(!files.is_empty(), "{name} is gone");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for word in forbidden {
                    assert!(!line.contains(word), "{}: {line}", file.display());
                }
            }
        }
    }
}

#[test]
fn rendering_touches_no_database_and_no_file() {
    for file in room("render") {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["std::fs", "DatabaseConnection", "rusqlite", "tokio", ".await"] {
            let code = text.lines().filter(|line| {
                // What it writes into a module is text, not code of its own.
                line.contains(&format!("use {word}"))
                    || (word == ".await" && line.trim_start().starts_with(".await"))
            });
            assert_eq!(code.count(), 0, "{}: {word}", file.display());
        }
    }
}

#[test]
fn dependencies_point_inwards() {
    let root = source().join("../../..");
    for (package, forbidden) in [
        (
            "cli/schema-engine",
            ["entity", "migration.workspace", "clap", "anstream", "db-commands"].as_slice(),
        ),
        ("cli/db-commands", &["entity.workspace", "migration.workspace"]),
        ("entity", &["schema-engine", "migration", "db-commands"]),
        ("migration", &["schema-engine", "entity", "db-commands"]),
    ] {
        let manifest = fs::read_to_string(root.join(package).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
        let dependencies = dependencies.split("\n[").next().unwrap();
        for line in dependencies.lines() {
            for word in forbidden {
                assert!(!line.starts_with(word), "{package}: {line}");
            }
        }
    }
}

#[test]
fn files_stay_small() {
    let root = source().join("../../..");
    for folder in ["cli", "entity/src", "migration/src/lib.rs", "tests"] {
        for file in files(&root.join(folder)) {
            let generated = file.components().any(|part| part.as_os_str() == "cases");
            if file.extension().is_some_and(|kind| kind == "rs") && !generated {
                let lines = fs::read_to_string(&file).unwrap().lines().count();
                assert!(lines <= 600, "{} has {lines} lines", file.display());
            }
        }
    }
}

/// A program without its sources runs the list as it stands, so the list must be one line.
#[test]
fn the_history_has_one_head() {
    let migration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migration");
    let lineage = MigrationsDir::of_crate(&migration).unwrap().lineage().unwrap();
    lineage.check("tgenie db rebase").unwrap();
    assert!(lineage.revisions().iter().all(|revision| revision.listed));
}
