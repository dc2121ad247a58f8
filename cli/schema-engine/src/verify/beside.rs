//! Files of this tool that an interrupted run left beside the database.

use std::fs;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::database_file::{DatabaseFile, holders};

/// How drafts are named: `durable::draft` gives them six random letters.
const DRAFTS: [&str; 3] = [".restore-", ".dump-", ".safety-copy-"];

/// Drafts that nobody has open. They never were whole, or were copies of what is elsewhere.
pub(super) fn leftovers(file: &DatabaseFile) -> Vec<Finding> {
    let folders = [file.folder().to_owned(), file.folder().join("backups")];
    let mut found: Vec<_> = folders.iter().flat_map(|folder| drafts(folder)).collect();
    found.sort();
    found.into_iter().map(Finding::LeftoverFile).collect()
}

fn drafts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_draft))
        .map(|entry| entry.path())
        .filter(|path| holders::of(std::slice::from_ref(path)).is_empty())
        .collect()
}

fn is_draft(name: &str) -> bool {
    let letters = DRAFTS
        .iter()
        .find_map(|start| name.strip_prefix(start))
        .and_then(|rest| rest.strip_suffix(".tmp"));
    letters.is_some_and(|letters| {
        letters.len() == 6 && letters.bytes().all(|letter| letter.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::is_draft;

    #[test]
    fn only_drafts_are_drafts() {
        assert!(
            [".restore-a1B2c3.tmp", ".dump-zzzzzz.tmp", ".safety-copy-000000.tmp"]
                .map(is_draft)
                .iter()
                .all(|is| *is)
        );
        assert!(
            ![".restore-.tmp", "restore-a1B2c3.tmp", ".restore-a1B2c3", ".notes-a1B2c3.tmp"]
                .map(is_draft)
                .iter()
                .any(|is| *is)
        );
    }
}
