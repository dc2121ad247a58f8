//! The folder that holds the history: reading it, naming a new revision, writing one.

mod branch;
mod format;
mod lineage;
mod name;
mod rearrange;
mod register;
mod rewrite;

pub use branch::{Branch, Moved};
pub use lineage::{Descent, Lineage};
pub use name::{Naming, revision_id};
pub use rewrite::Undo;

use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Rust as the rustfmt of the project around `folder` lays it out; `None` where there is none, or
/// the text is no Rust.
#[must_use]
pub fn laid_out(text: &str, folder: &Path) -> Option<String> {
    format::rustfmt(text, folder)
}

/// The `src` folder of a migration crate.
#[derive(Debug, Clone)]
pub struct MigrationsDir {
    folder: PathBuf,
}

/// A module that was written.
#[derive(Debug, Clone)]
#[must_use]
pub struct Written {
    /// The new file.
    pub path: PathBuf,
    /// Whether the project's rustfmt laid it out; it isn't installed everywhere.
    pub formatted: bool,
}

impl MigrationsDir {
    /// The folder `src` of the migration crate in `crate_folder`.
    ///
    /// # Errors
    /// When there is no `src/lib.rs` in it.
    pub fn of_crate(crate_folder: &Path) -> Result<Self> {
        let folder = crate_folder.join("src");
        if folder.join("lib.rs").is_file() {
            Ok(Self { folder })
        } else {
            Err(Error::failed(format!("there is no migration crate in {}", crate_folder.display()))
                .next("Run this in the project's source tree."))
        }
    }

    /// The ids of all modules in the folder that look like revisions, registered or not.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn module_ids(&self) -> Result<BTreeSet<String>> {
        let unreadable =
            |error| Error::failed(format!("can't read {}", self.folder.display())).because(error);
        let mut ids = BTreeSet::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(".rs"));
            if let Some(stem) = stem.filter(|stem| name::is_revision_id(stem)) {
                ids.insert(stem.to_owned());
            }
        }
        Ok(ids)
    }

    /// Which revision builds on which, as the modules say it.
    ///
    /// # Errors
    /// When a module or `lib.rs` can't be read, or `lib.rs` lists no revisions.
    pub fn lineage(&self) -> Result<Lineage> {
        let library = self.folder.join("lib.rs");
        let ids = self.module_ids()?;
        let listed = register::listed(&read(&library)?, &ids).map_err(|problem| {
            Error::failed(format!(
                "can't read the list of revisions in {}: {problem}",
                library.display()
            ))
            .state("Nothing was changed.")
            .next("After a merge it lists the revisions of both sides, a line each: keep them all.")
        })?;
        let mut modules = Vec::with_capacity(ids.len());
        for id in &ids {
            let parent = lineage::parent(&read(&self.folder.join(format!("{id}.rs")))?);
            modules.push((id.clone(), parent));
        }
        let listed: Vec<_> = listed.iter().map(String::as_str).collect();
        Ok(Lineage::new(&listed, modules))
    }

    /// Refuses to go on where a module lies there that `lib.rs` doesn't name: left by a merge or by
    /// hand, and in the way of the next number.
    ///
    /// # Errors
    /// When there is such a module.
    pub fn check_all_registered(&self, registered: &[&str]) -> Result<()> {
        let forgotten: Vec<_> = self
            .module_ids()?
            .into_iter()
            .filter(|id| !registered.contains(&id.as_str()))
            .collect();
        if forgotten.is_empty() {
            return Ok(());
        }
        Err(Error::failed(format!("{} lies in {} but is not registered", forgotten.join(", "), self.folder.display()))
            .state("Nothing was written.")
            .next("Register it in lib.rs (a `pub mod` line and a `Box::new(…::Migration)`), or delete the file."))
    }

    /// Writes a module and registers it in `lib.rs`: both, or neither.
    ///
    /// # Errors
    /// When the folder can't be written, a module of that name is there, or `lib.rs` isn't one that
    /// a line can be added to. Nothing is written then.
    pub fn write(&self, id: &str, module: &str) -> Result<Written> {
        let lock = self.lock()?;
        let library = self.folder.join("lib.rs");
        let source = read(&library)?;
        let registered = register::register(&source, id).map_err(|problem| {
            Error::failed(format!("can't register the revision in {}: {problem}", library.display()))
                .state("Nothing was written.")
                .next(format!("Its `migrations()` must end in a `vec![…]` of `Box::new({id}::Migration)`-like lines."))
        })?;
        let (text, formatted) = match laid_out(module, &self.folder) {
            Some(text) => (text, true),
            None => (module.to_owned(), false),
        };
        if let Err(error) = syn::parse_file(&text) {
            return Err(Error::failed("the rendered module is no valid Rust")
                .because(error)
                .state("Nothing was written.")
                .next("That is a bug of this tool; please report it with the models."));
        }
        let path = self.folder.join(format!("{id}.rs"));
        // Both files are complete on disk before the first takes its place, so that only the two
        // renames are left to fail, and the first is taken back if the second does.
        let new_module = self.temporary(&text)?;
        let new_library = self.temporary(&registered)?;
        new_module.persist_noclobber(&path).map_err(|error| unwritable(&path, error.error))?;
        if let Err(error) = new_library.persist(&library) {
            let taken_back = fs::remove_file(&path);
            let error = unwritable(&library, error.error);
            return Err(match taken_back {
                Ok(()) => error,
                Err(_) => {
                    error.next(format!("Delete {}, which is not registered.", path.display()))
                }
            });
        }
        drop(lock);
        Ok(Written { path, formatted })
    }

    /// Two revisions at once would take one number: the second waits for the first.
    fn lock(&self) -> Result<File> {
        let folder = File::open(&self.folder).and_then(|folder| folder.lock().map(|()| folder));
        folder.map_err(|error| unwritable(&self.folder, error))
    }

    fn temporary(&self, text: &str) -> Result<tempfile::NamedTempFile> {
        let write = || {
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                // Source is meant to be read by all; the umask takes what must go.
                builder.permissions(fs::Permissions::from_mode(0o666));
            }
            let mut file = builder.prefix(".revision-").tempfile_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        write().map_err(|error| unwritable(&self.folder, error))
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path)
        .map_err(|error| Error::failed(format!("can't read {}", path.display())).because(error))
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::failed(format!("can't write {}", path.display()))
        .because(error)
        .state("Nothing was written.")
        .next("Check the permissions of the folder and that the disk has room.")
}

#[cfg(test)]
mod tests;
