//! Golden cases: a folder each in `tests/cases`, with
//!
//! - `before.sql` and `after.sql`, the two schemas;
//! - `rows.sql`, what the database holds before;
//! - `answers.txt`, renames and fills, one a line, where the case needs some;
//! - `expected.txt`, the changes and hazards that must be found;
//! - `module.rs`, the migration that must be written. It is compiled into this test and run.
//!
//! `UPDATE_GOLDEN=1 cargo test -p schema-engine --test golden` writes the last two (and `modules.rs`)
//! anew; run the test once more then, and review what changed.
//!
//! `scripts` runs the same cases as the sqlite3 shell would, and `revision_scripts` what the compiled
//! modules say that they would run.

#![expect(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that can't go on has failed, and one that wasn't tried says so"
)]

mod modules;
mod revision_scripts;
mod scripts;
mod shell;
mod support;

use schema_engine::answers::Answers;
use schema_engine::change::Change;
use schema_engine::diff::diff;
use schema_engine::hazard::hazards;
use schema_engine::migrations_dir::laid_out;
use schema_engine::pair::Pair;
use schema_engine::prove::prove;
use schema_engine::render::{Header, module};
use std::fs;
use std::path::Path;
use support::{Case, build, cases, folder};

/// What a case comes to: the text of `expected.txt` and of `module.rs`.
async fn outcome(case: &Case) -> (String, String) {
    let before = build(&case.before).await.schema().await.unwrap();
    let after = build(&case.after).await.schema().await.unwrap();
    let answers: Answers = case.answers();
    let proven = prove(Pair::new(&before, &after), &answers)
        .await
        .unwrap_or_else(|error| {
            panic!("{}: {error}: {:?}", case.name, std::error::Error::source(&error))
        })
        .unwrap_or_else(|| panic!("{}: nothing differs", case.name));
    let mut changes: Vec<String> =
        answers.renames.iter().map(|rename| format!("~ {}", rename.describe())).collect();
    let found = proven.difference.changes.iter().flat_map(Change::describe);
    changes.extend(found.map(|line| line.to_string()));
    let hazards: Vec<String> = hazards(&proven.difference, &after, &answers)
        .iter()
        .map(|hazard| format!("! {}: {}", hazard.code, hazard.what))
        .collect();
    let header = Header {
        revision: format!("m002_{}", case.name),
        parent: Some("m001_before".to_owned()),
        message: case.name.replace('_', " "),
        created: "2026-11-23 12:00 UTC".to_owned(),
        changes: changes.clone(),
        hazards: hazards.clone(),
    };
    let text = module(&header, &proven.up, &proven.down);
    let text = laid_out(&text, &folder()).expect("rustfmt is part of the toolchain");
    let expected = [changes, hazards].concat().join("\n") + "\n";
    (expected, text)
}

#[tokio::test]
async fn every_case_gives_what_is_expected() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let (expected, text) = outcome(&case).await;
        for (file, now) in [("expected.txt", expected), ("module.rs", text)] {
            let path = case.folder.join(file);
            if update {
                fs::write(&path, &now).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != now {
                wrong.push(format!("{}/{file} would be:\n{now}", case.name));
            }
        }
    }
    if update {
        fs::write(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/modules.rs"),
            support::modules_source(),
        )
        .unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_is_compiled() {
    let compiled: Vec<_> = modules::all().into_iter().map(|(name, _)| name.to_owned()).collect();
    let there: Vec<_> = cases().into_iter().map(|case| case.name).collect();
    assert_eq!(compiled, there);
}

/// The compiled modules do what was proven: up reaches the desired schema, down returns to the
/// stored texts, and rows come through both ways.
#[tokio::test]
async fn every_compiled_module_runs_up_and_down() {
    for (case, (name, migration)) in cases().into_iter().zip(modules::all()) {
        assert_eq!(case.name, name);
        let scratch = build(&case.before).await;
        scratch
            .run([&case.rows])
            .await
            .unwrap_or_else(|refused| panic!("{name}: {}", refused.error));
        let before = scratch.schema().await.unwrap();
        let after = build(&case.after).await.schema().await.unwrap();
        let rows = support::rows(&scratch, &before, &before).await;

        support::go(&scratch, &*migration, support::Way::Up).await;
        let reached = scratch.schema().await.unwrap();
        let difference = diff(Pair::new(&reached, &after));
        assert!(difference.is_empty(), "{name}: up leaves {:?}", difference.changes);
        let kept = support::rows(&scratch, &before, &reached).await;
        for (column, values) in &kept {
            let filled = support::is_filled(&before, &after, column);
            assert!(
                filled || rows.get(column) == Some(values),
                "{name}: {column:?} changed: {values:?}"
            );
        }
        assert_eq!(support::sequences(&scratch).await, case.sequences_after(), "{name}");

        support::go(&scratch, &*migration, support::Way::Down).await;
        let returned = scratch.schema().await.unwrap();
        assert_eq!(support::texts(&returned), support::texts(&before), "{name}: down");
        if case.parks() {
            assert_eq!(support::rows(&scratch, &before, &before).await, rows, "{name}: parked");
        }
        for (column, values) in support::rows(&scratch, &returned, &reached).await {
            let filled = support::is_filled(&before, &after, &column);
            assert!(
                filled || rows.get(&column) == Some(&values),
                "{name}: {column:?} changed on the way back"
            );
        }
    }
}

/// Two runs over the same schemas write the same bytes.
#[tokio::test]
async fn rendering_is_deterministic() {
    for case in cases().into_iter().take(5) {
        assert_eq!(outcome(&case).await, outcome(&case).await, "{}", case.name);
    }
}
