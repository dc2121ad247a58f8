//! One number for all that the entities and migrations are built from.
//!
//! Two programs share this file: the build script, which writes the number into the program,
//! and the program, which compares it with the sources it finds. So it stands on std alone.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

/// What is looked at in a source tree, files and folders.
pub(crate) const SOURCES: [&str; 5] =
    ["Cargo.toml", "entity/Cargo.toml", "entity/src", "migration/Cargo.toml", "migration/src"];

/// The fingerprint of the source tree in `root`: of the names and contents of its `.rs` and
/// `.toml` files, whatever their times and wherever the tree lies.
///
/// std's default hasher may change from one Rust to the next. Both sides are compiled
/// by the same one, since another toolchain builds both anew, and nothing is stored beyond that.
/// It is no protection against somebody who wants a collision; whoever can write the sources
/// has no need of one.
///
/// # Errors
///
/// When a source is there and can't be read.
pub(crate) fn fingerprint(root: &Path) -> Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&root.join(source), source.to_owned(), &mut files)?;
    }
    files.sort();

    let mut hasher = DefaultHasher::new();
    for (name, path) in files {
        let Some(content) = there(fs::read(path))? else { continue };
        write_framed(&mut hasher, name.as_bytes());
        write_framed(&mut hasher, &content);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The length before the bytes: what moves from one file to the next makes a difference. Always
/// eight bytes in one order, as the build script may run on another machine than the program.
fn write_framed(hasher: &mut DefaultHasher, bytes: &[u8]) {
    hasher.write(&(bytes.len() as u64).to_le_bytes());
    hasher.write(bytes);
}

/// Adds the sources at `path`, each with its name from the root with `/` between the parts.
fn collect(path: &Path, name: String, files: &mut Vec<(String, PathBuf)>) -> Result<()> {
    if path.is_file() {
        files.push((name, path.to_path_buf()));
        return Ok(());
    }
    let Some(entries) = there(fs::read_dir(path))? else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let (path, file_name) = (entry.path(), entry.file_name());
        // Editors put files that begin with a dot beside an open one.
        if file_name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let is_source =
            path.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
        // A link to a file counts as the file; one to a folder may lead back up and is left out.
        if entry.file_type()?.is_dir() || (is_source && path.is_file()) {
            collect(&path, format!("{name}/{}", file_name.to_string_lossy()), files)?;
        }
    }
    Ok(())
}

/// What was read, unless it isn't there: a file may go away while the folder is read.
fn there<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
