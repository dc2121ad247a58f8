//! Writing a branch that goes on top of another one: all of its files, or none.

use super::branch::{Branch, renamed};
use super::rearrange::rearrange;
use super::{MigrationsDir, read, unwritable};
use crate::error::{Error, Result};
use std::fs;
use std::path::PathBuf;

/// The files as they were, to be put back.
#[derive(Debug, Default)]
#[must_use]
pub struct Undo {
    /// Each file with its text; `None` where there was none.
    before: Vec<(PathBuf, Option<String>)>,
}

impl Undo {
    /// Puts everything back.
    ///
    /// # Errors
    /// When a file can't be written; the error names it.
    pub fn put_back(self) -> Result<()> {
        for (path, text) in self.before.into_iter().rev() {
            let done = match text {
                Some(text) => fs::write(&path, text),
                None => fs::remove_file(&path),
            };
            done.map_err(|error| {
                Error::failed(format!("can't put {} back", path.display()))
                    .because(error)
                    .state("Some files of the migrations are changed.")
                    .next("Take them from version control.")
            })?;
        }
        Ok(())
    }
}

impl MigrationsDir {
    /// Gives the revisions of a branch their new names and parents, and puts them last in the list.
    ///
    /// # Errors
    /// When a file can't be read, understood or written. All are as they were then.
    pub fn rewrite(&self, branch: &Branch) -> Result<Undo> {
        let lock = self.lock()?;
        let library = self.folder.join("lib.rs");
        let path = |id: &str| self.folder.join(format!("{id}.rs"));
        let list = read(&library)?;
        let unclear = |file: &std::path::Path, problem: String| {
            Error::failed(format!("can't change {}: {problem}", file.display()))
                .state("Nothing was written.")
                .next("Change the names by hand: the file, its REVISION and DOWN_REVISION, lib.rs.")
        };
        let arranged = rearrange(&list, &branch.moved)
            .map_err(|problem| unclear(&library, problem.to_string()))?;
        let mut texts = Vec::new();
        for moved in &branch.moved {
            let from = path(&moved.from);
            let before = read(&from)?;
            let text =
                renamed(&before, moved).map_err(|problem| unclear(&from, problem.to_owned()))?;
            if moved.to != moved.from && path(&moved.to).exists() {
                return Err(unclear(&path(&moved.to), "it is there already".to_owned()));
            }
            texts.push((from, path(&moved.to), before, text));
        }
        let mut undo = Undo::default();
        let outcome = self.write_all(&texts, (&library, list, &arranged), &mut undo);
        drop(lock);
        match outcome {
            Ok(()) => Ok(undo),
            Err(error) => {
                undo.put_back()?;
                Err(error)
            }
        }
    }

    fn write_all(
        &self,
        texts: &[(PathBuf, PathBuf, String, String)],
        (library, list, arranged): (&PathBuf, String, &str),
        undo: &mut Undo,
    ) -> Result<()> {
        // What is new lies there before the list names it; what is old goes after that.
        for (from, to, before, text) in texts {
            let file = self.temporary(text)?;
            undo.before.push((to.clone(), (from == to).then(|| before.clone())));
            file.persist(to).map_err(|error| unwritable(to, error.error))?;
        }
        let file = self.temporary(arranged)?;
        undo.before.push((library.clone(), Some(list)));
        file.persist(library).map_err(|error| unwritable(library, error.error))?;
        for (from, _, before, _) in texts.iter().filter(|(from, to, ..)| from != to) {
            undo.before.push((from.clone(), Some(before.clone())));
            fs::remove_file(from).map_err(|error| unwritable(from, error))?;
        }
        Ok(())
    }
}
