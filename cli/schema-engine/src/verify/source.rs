//! What there is to check: a database, or a dump that is loaded to be looked at.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use rusqlite::ErrorCode;
use tempfile::TempDir;

use super::Kind;
use super::finding::Finding;
use crate::database_file::soundness::Unchecked;
use crate::database_file::{DatabaseFile, space};
use crate::dump::seal::MARK_OF_ANY_VERSION;
use crate::error::{Error, ErrorKind, Result};
use crate::restore::{
    self, BYTE_ORDER_MARK, ForALook, ForeignKeys, NeedsItsApp, Packing, RestoreOptions,
};

/// What a file holds.
pub(super) enum Content {
    Nothing,
    Database(Header),
    Dump,
}

/// What the first bytes of a database say (<https://www.sqlite.org/fileformat2.html#the_database_header>).
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    /// Whether the database keeps a WAL.
    pub(super) keeps_wal: bool,
}

impl Content {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Nothing | Self::Database(_) => Kind::Database,
            Self::Dump => Kind::Dump,
        }
    }
}

/// Looks into a file, without believing its name and without SQLite, which would tidy up.
pub(super) fn look(file: &DatabaseFile) -> Result<Content> {
    let path = file.path();
    let metadata = fs::metadata(path).map_err(|error| missing(file, error))?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "not a regular file" };
        return Err(Error::refused(format!("{} is {what}", path.display()))
            .next("Name the database or the dump itself."));
    }
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(20).read_to_end(&mut start))
        .map_err(|error| file.io_error("can't read", error))?;
    if start.is_empty() {
        return Ok(Content::Nothing);
    }
    if start.starts_with(b"SQLite format 3\0") {
        return Ok(Content::Database(Header { keeps_wal: start.get(18) == Some(&2) }));
    }
    Ok(Content::Dump)
}

fn missing(file: &DatabaseFile, error: io::Error) -> Error {
    if error.kind() != io::ErrorKind::NotFound {
        return file.io_error("can't look at", error);
    }
    let error = Error::failed(format!("there is no file {}", file.path().display()));
    let left: Vec<_> = ["-wal", "-journal"]
        .map(|suffix| file.sidecar(suffix))
        .into_iter()
        .filter(|sidecar| fs::metadata(sidecar).is_ok_and(|metadata| metadata.len() > 0))
        .map(|sidecar| sidecar.display().to_string())
        .collect();
    match left.as_slice() {
        [] => error.next("Look at the path."),
        left => error
            .because(format!("only {} is there, which holds a part of its data", left.join(", ")))
            .next("Put the database back beside it before any program makes a new one there."),
    }
}

/// A dump that was loaded into a folder of its own, gone when dropped.
pub(super) struct LoadedDump {
    // Before its folder goes.
    loaded: ForALook,
    is_sealed: bool,
    rows: Rows,
    _folder: TempDir,
}

/// Whether the rows of a dump were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    Written,
    /// A constraint held them up that depends on what only the app has.
    Counted {
        tables: u64,
        rows: u64,
    },
}

impl LoadedDump {
    pub(super) fn database(&self) -> &Path {
        self.loaded.database()
    }

    pub(super) fn rows(&self) -> Rows {
        self.rows
    }

    /// Tables that couldn't be checked without the app, each with the reason.
    pub(super) fn unchecked(&self) -> &[Unchecked] {
        self.loaded.unchecked_tables()
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let needed = self.loaded.needed();
        let needs_its_app = (!needed.is_empty())
            .then(|| Finding::DumpNeedsItsApp(needed.iter().map(ToString::to_string).collect()));
        let unsealed = (!self.is_sealed).then_some(Finding::Unsealed);
        needs_its_app.into_iter().chain(unsealed).collect()
    }
}

/// Restores a dump as `restore` would, only not in place, and with something standing in for what only
/// its app has.
pub(super) fn load(source: &Path) -> Result<std::result::Result<LoadedDump, Finding>> {
    let folder = tempfile::tempdir()
        .map_err(|error| Error::failed("can't make a temporary folder").because(error))?;
    // About what it takes as a database; what is compressed takes more.
    let bytes = fs::metadata(source).map_or(0, |metadata| metadata.len());
    space::check_temporary(folder.path(), bytes)?;
    let mut options = RestoreOptions::new("20000101-000000");
    // They are counted afterwards.
    options.foreign_keys = ForeignKeys::AsFound;
    let database = folder.path().join("loaded.db");
    let load = |how| restore::load_for_a_look(&database, source, &options, how);
    let attempt = match load(NeedsItsApp::StandIn) {
        Ok(loaded) => Ok((loaded, Rows::Written)),
        // What stands in for a function can't know what a column must hold.
        Err(error) if breaks_a_constraint(&error) => match load(NeedsItsApp::CountRows) {
            Ok(loaded) if !loaded.needed().is_empty() => {
                let rows = Rows::Counted { tables: loaded.tables(), rows: loaded.rows() };
                Ok((loaded, rows))
            }
            Err(stopped) if stopped.kind() == ErrorKind::Interrupted => Err(stopped),
            _ => Err(error),
        },
        Err(error) => Err(error),
    };
    match attempt {
        Ok((loaded, rows)) => {
            // What is compressed has a checksum of its own.
            let is_sealed = loaded.packing() != Packing::Plain || is_sealed(source)?;
            Ok(Ok(LoadedDump { loaded, is_sealed, rows, _folder: folder }))
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
        Err(error) => {
            let what: Vec<_> = causes(&error).map(ToString::to_string).collect();
            let next = error.next_steps().to_vec();
            Ok(Err(Finding::BadDump { what: what.join(": "), next }))
        }
    }
}

/// An error and what lies behind it.
fn causes(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source())
}

fn breaks_a_constraint(error: &Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<rusqlite::Error>())
        .any(|cause| cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation))
}

/// A dump of ours says so in its first line, and was loaded only if its last one fits.
fn is_sealed(source: &Path) -> Result<bool> {
    let mut start = Vec::new();
    File::open(source).and_then(|file| file.take(64).read_to_end(&mut start)).map_err(|error| {
        Error::failed(format!("can't read {}", source.display())).because(error)
    })?;
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start);
    Ok(start.starts_with(MARK_OF_ANY_VERSION.as_bytes()))
}
