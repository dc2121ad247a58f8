//! A dump of a part of a database: it can't be restored to be looked at, but its last line tells
//! whether it is as it was written.

use std::io::{self, Read};
use std::path::Path;

use super::finding::Finding;
use crate::dump::seal::{
    Counts, Hasher, Holds, MARK_OF_A_PART, MARK_OF_ANY_VERSION, Seal, UNREADABLE,
};
use crate::error::{Error, Result};
use crate::progress::{Progress, stop_if_asked};
use crate::restore;

/// Longer than any last line.
const TAIL: usize = 4096;

/// What is to be said of a file, if it is such a dump.
pub(super) fn look(source: &Path, progress: &dyn Progress) -> Result<Option<Finding>> {
    // What can't be opened as a dump is told by the attempt to restore it.
    let Ok(Some(mut text)) = restore::text(source) else { return Ok(None) };
    let mut start = Vec::new();
    let began = text.by_ref().take(MARK_OF_A_PART.len() as u64).read_to_end(&mut start);
    if began.is_err() || start != MARK_OF_A_PART.as_bytes() {
        return Ok(None);
    }
    Ok(Some(match seal(start, &mut text, progress)? {
        Ok(Counts { tables, rows }) => Finding::Part { tables, rows },
        Err(what) => Finding::BadDump {
            what: format!("it holds a part of a database, and {what}"),
            next: vec!["Take another copy of the dump.".to_owned()],
        },
    }))
}

/// Reads to the end, and answers with what the last line says, or with what is wrong.
fn seal(
    start: Vec<u8>,
    text: &mut impl Read,
    progress: &dyn Progress,
) -> Result<std::result::Result<Counts, String>> {
    let mut hasher = Hasher::default();
    let mut held = start;
    loop {
        stop_if_asked(progress)?;
        match text.by_ref().take(1 << 20).read_to_end(&mut held) {
            Ok(0) => break,
            Ok(_) => {}
            // What is compressed and was cut short, for one.
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Ok(Err(format!("can't be read to its end: {error}")));
            }
            Err(error) => return Err(Error::failed("can't read the dump").because(error)),
        }
        let sure = held.len().saturating_sub(TAIL);
        hasher.update(&held[..sure]);
        held.drain(..sure);
    }
    let cut = || Ok(Err("it is cut short: its last line is missing".to_owned()));
    let Some(rest) = held.strip_suffix(b"\n") else { return cut() };
    let last = memchr::memrchr(b'\n', rest).map_or(0, |at| at + 1);
    let line = &rest[last..];
    if !line.starts_with(MARK_OF_ANY_VERSION.as_bytes()) {
        return cut();
    }
    let seal = std::str::from_utf8(line).ok().and_then(Seal::parse);
    let Some(seal) = seal.filter(|seal| seal.holds == Holds::Part) else {
        return Ok(Err(format!("its last line {UNREADABLE}")));
    };
    hasher.update(&rest[..last]);
    if hasher.finish() != seal.blake3 {
        return Ok(Err("it was changed after it was written".to_owned()));
    }
    Ok(Ok(seal.counts))
}
