//! Never stale: whether the program was built from the models and migrations at hand, and what
//! to do when it wasn't.
//!
//! A model is compiled into the program that compares it with the database. So a developer who
//! edits one and runs `revision` would be shown the model of yesterday. Before a command that
//! depends on the models runs, the sources around are compared with those the program was built
//! from; where they differ it is rebuilt and takes its own place. A user has no source tree, and
//! the program runs as it is.

pub mod fingerprint;
mod rebuild;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use schema_engine::{Error, Result};
use serde::Deserialize;

use crate::{App, Surroundings};

pub use rebuild::{Ready, RebuildPolicy, ensure_fresh, rebuild};

/// The workspace that the program is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTree {
    root: PathBuf,
}

/// How the program stands to the sources around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// It was built from them.
    Fresh(SourceTree),
    /// They changed since it was built.
    Stale(SourceTree),
    /// There are none.
    NoTree,
}

impl SourceTree {
    /// The source tree of this app that the current directory lies in, else the one whose
    /// `target` folder the program runs from.
    #[must_use]
    pub fn find(app: &App, surroundings: &Surroundings) -> Option<Self> {
        let around_us = surroundings.current_dir.ancestors();
        let built_in = surroundings
            .executable
            .iter()
            .flat_map(|executable| executable.ancestors())
            .filter(|folder| folder.ends_with("target"))
            .filter_map(Path::parent);
        around_us
            .chain(built_in)
            .find(|folder| is_tree_of(app, folder))
            .map(|root| Self { root: root.to_path_buf() })
    }

    /// The folder that holds the workspace.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The package of the entities.
    #[must_use]
    pub fn entity_dir(&self) -> PathBuf {
        self.root.join("entity")
    }

    /// The package of the migrations.
    #[must_use]
    pub fn migration_dir(&self) -> PathBuf {
        self.root.join("migration")
    }

    /// The fingerprint of the sources as they are now.
    ///
    /// # Errors
    ///
    /// When a source can't be read.
    pub fn fingerprint(&self) -> Result<String> {
        fingerprint::fingerprint(&self.root).map_err(|error| {
            Error::failed(format!("the sources in {} can't be read", self.root.display()))
                .because(error)
                .state("Nothing was written.")
                .next("Make the files readable and run the command again.")
        })
    }
}

impl Freshness {
    /// Compares the program with the sources around it.
    ///
    /// # Errors
    ///
    /// When a source can't be read.
    pub fn of(app: &App, surroundings: &Surroundings) -> Result<Self> {
        if app.fingerprint.is_empty() {
            return Ok(Self::NoTree);
        }
        let Some(tree) = SourceTree::find(app, surroundings) else { return Ok(Self::NoTree) };
        let same = tree.fingerprint()? == app.fingerprint;
        Ok(if same { Self::Fresh(tree) } else { Self::Stale(tree) })
    }
}

/// Whether `folder` holds the workspace of this app. The same three folders may be those of
/// another app, so the package's name must be the program's as well.
fn is_tree_of(app: &App, folder: &Path) -> bool {
    #[derive(Deserialize)]
    struct Manifest {
        package: Package,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
    }
    folder.join("entity/Cargo.toml").is_file()
        && folder.join("migration/Cargo.toml").is_file()
        && std::fs::read_to_string(folder.join("cli/Cargo.toml"))
            .ok()
            .and_then(|text| toml::from_str::<Manifest>(&text).ok())
            .is_some_and(|manifest| manifest.package.name == app.package)
}
