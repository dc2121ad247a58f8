//! What is reported as done has been flushed, in the order that a power cut needs.

use std::path::Path;

use libtest_mimic::Trial;

use crate::shim::{Operation, Shim};
use crate::sweep::Stage;
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("flushed_upgrade", upgrade), trial("flushed_dump", dump)]
}

/// The place of the last operation of this kind on this path.
fn last(operations: &[Operation], kind: char, path: &Path) -> usize {
    let found = operations.iter().rposition(|it| it.kind == kind && it.path == path);
    found.unwrap_or_else(|| panic!("no {kind} of {}: {}", path.display(), told(operations)))
}

fn told(operations: &[Operation]) -> String {
    let lines = operations.iter().map(|it| format!("{} {}\n", it.kind, it.path.display()));
    lines.collect()
}

/// With a rollback journal the commit is the end of the journal's name, so the folder is flushed
/// after it: FULL alone could bring the old content back after the success was reported.
fn upgrade() {
    let Some(shim) = Shim::new() else { return };
    let stage = Stage::new();
    stage.at("m001_initial_schema");
    let database = stage.sandbox.database();
    let journal = database.with_extension("db-journal");
    let operations = shim.operations(stage.run("db upgrade"), &stage.folder());
    let committed = last(&operations, 'u', &journal);
    assert!(last(&operations, 'w', &database) < last(&operations, 's', &database));
    assert!(last(&operations, 's', &database) < committed);
    let folder = stage.folder();
    let flushed = operations[committed..].iter().any(|it| it.kind == 's' && it.path == folder);
    assert!(flushed, "the folder isn't flushed after the commit: {}", told(&operations));
}

/// The content before the name, the name before the end. The renaming itself goes past the C library.
fn dump() {
    let Some(shim) = Shim::new() else { return };
    let stage = Stage::new();
    stage.at("head");
    let run = stage.run("db dump --out").arg(stage.folder().join("dump.sql"));
    let operations = shim.operations(run, &stage.folder());
    let draft = operations
        .iter()
        .map(|it| it.path.as_path())
        .find(|on| on.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".dump-")));
    let draft = draft.expect("the dump is written beside its place");
    let flushed = last(&operations, 's', draft);
    assert!(last(&operations, 'w', draft) < flushed);
    assert!(flushed < last(&operations, 's', &stage.folder()));
}
