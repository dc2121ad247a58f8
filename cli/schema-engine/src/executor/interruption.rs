//! A note beside the database that a run is under way, for the run after one that was interrupted.
//!
//! It stands outside of the transaction, so it outlives one that never ended. Nothing rests on it:
//! it gives the next run a sentence to say. Its writer holds a lock on it as long as it lives, so
//! whoever gets that lock knows that the writer is gone, and takes the note away.

use crate::database_file::DatabaseFile;
use crate::database_file::durable;
use crate::target::Direction;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// More than any note holds.
const LENGTH: u64 = 4096;

const BASE: &str = "base";

const DRAFT: &str = "running";

/// The note of a run that is under way. Dropping it takes it away.
#[derive(Debug)]
pub(super) struct Note {
    path: PathBuf,
    /// Locked; the lock goes with it.
    _file: File,
}

/// What a run that ended without a word was about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    direction: Direction,
    from: String,
    to: String,
}

impl Note {
    /// Writes down what is about to be done, before the first change. Where that can't be written
    /// the run goes on without: what is wrong with the folder SQLite will tell.
    pub(super) fn write(
        database: &Path,
        direction: Direction,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Option<Self> {
        let path = path(database)?;
        let text =
            format!("{}\n{}\n{}\n", word(direction), from.unwrap_or(BASE), to.unwrap_or(BASE));
        let written = (|| {
            let folder = path.parent().unwrap_or(Path::new("."));
            durable::sweep(folder, DRAFT);
            let (mut file, draft) = durable::draft(folder, DRAFT)?.into_parts();
            file.lock()?;
            file.write_all(text.as_bytes())?;
            // Not flushed: a power cut may take a sentence with it, and waiting for the disk is
            // for what data rests on.
            draft.persist(&path)?;
            io::Result::Ok(file)
        })();
        Some(Self { path, _file: written.ok()? })
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        // One that stays is found and taken away by the next run.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What became of a run that was interrupted, in a sentence, if there was one. The note is gone
/// afterwards.
pub(super) fn found(database: &Path, at: Option<&str>, known: &[&str]) -> Option<String> {
    let path = path(database)?;
    let file = File::open(&path).ok()?;
    // Held by somebody who lives: nothing was interrupted.
    file.try_lock().ok()?;
    let mut text = String::new();
    let read = (&file).take(LENGTH).read_to_string(&mut text);
    let _ = std::fs::remove_file(&path);
    read.ok()?;
    Some(Left::read(&text, known)?.told(at.unwrap_or(BASE)))
}

fn path(database: &Path) -> Option<PathBuf> {
    let file = DatabaseFile::resolve(database).ok()?;
    let mut name = std::ffi::OsString::from(".");
    name.push(file.path().file_name().unwrap_or_default());
    name.push("-running");
    Some(file.folder().join(name))
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "upgrade",
        Direction::Down => "downgrade",
    }
}

impl Left {
    /// Reads a note that names revisions that the program knows. Anybody can have written it.
    fn read(text: &str, known: &[&str]) -> Option<Self> {
        let mut lines = text.lines();
        let direction = match lines.next()? {
            "upgrade" => Direction::Up,
            "downgrade" => Direction::Down,
            _ => return None,
        };
        let mut revision = || {
            let line = lines.next()?;
            (line == BASE || known.contains(&line)).then(|| line.to_owned())
        };
        Some(Self { direction, from: revision()?, to: revision()? })
    }

    fn told(&self, at: &str) -> String {
        let what = format!("the {} to {} was interrupted", word(self.direction), self.to);
        if at == self.to {
            format!("{what} right after its end: the database is at {at}, nothing is missing")
        } else if at == self.from {
            format!("{what}; the database is unchanged, at {at}")
        } else {
            format!("{what}; the database is at {at}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, found, path};
    use crate::target::Direction;
    use std::fs;

    #[test]
    fn a_note_whose_writer_is_gone_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let known = ["m1", "m2"];
        assert_eq!(found(&database, None, &known), None);

        let note = Note::write(&database, Direction::Up, Some("m1"), Some("m2")).unwrap();
        // Its writer lives: this very process.
        assert_eq!(found(&database, Some("m1"), &known), None);
        let text = fs::read(path(&database).unwrap()).unwrap();
        drop(note);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        for (at, told) in [
            ("m1", "the upgrade to m2 was interrupted; the database is unchanged, at m1"),
            (
                "m2",
                "the upgrade to m2 was interrupted right after its end: the database is at m2, nothing is missing",
            ),
            ("m3", "the upgrade to m2 was interrupted; the database is at m3"),
        ] {
            fs::write(path(&database).unwrap(), &text).unwrap();
            assert_eq!(found(&database, Some(at), &known).as_deref(), Some(told));
            assert_eq!(found(&database, Some(at), &known), None);
        }
    }

    #[test]
    fn what_is_no_note_is_taken_away_without_a_word() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        for text in [b"".as_slice(), b"upgrade\nbase\n\x1b[31m\n", b"\xff\xff", b"x\ny\nz"] {
            fs::write(path(&database).unwrap(), text).unwrap();
            assert_eq!(found(&database, None, &["m1"]), None);
            assert!(!path(&database).unwrap().exists());
        }
    }
}
