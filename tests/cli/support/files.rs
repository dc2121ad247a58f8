//! All files below some folders, to be compared with what they are later.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The content of every file; a folder has none.
pub(crate) struct Files {
    content: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl Files {
    pub(crate) fn below(folders: &[PathBuf]) -> Self {
        let mut content = BTreeMap::new();
        for folder in folders {
            collect(folder, &mut content);
        }
        Self { content }
    }

    /// What is there, without the folders.
    pub(crate) fn names(&self) -> Vec<&Path> {
        let files = self.content.iter().filter(|(_, content)| content.is_some());
        files.map(|(path, _)| path.as_path()).collect()
    }

    #[track_caller]
    pub(crate) fn assert_same_as(&self, later: &Self) {
        let gone = self.content.keys().filter(|path| !later.content.contains_key(*path));
        let new = later.content.keys().filter(|path| !self.content.contains_key(*path));
        let other = self.content.iter().filter(|(path, content)| {
            later.content.get(*path).is_some_and(|later| later != *content)
        });
        let [gone, new]: [Vec<_>; 2] = [gone.collect(), new.collect()];
        let other: Vec<_> = other.map(|(path, _)| path).collect();
        assert!(
            gone.is_empty() && new.is_empty() && other.is_empty(),
            "gone: {gone:?}\nnew: {new:?}\nchanged: {other:?}"
        );
    }
}

fn collect(folder: &Path, content: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            content.insert(path.clone(), None);
            collect(&path, content);
        } else {
            let bytes = fs::read(&path).unwrap();
            content.insert(path, Some(bytes));
        }
    }
}
