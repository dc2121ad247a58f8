//! The first and the last line of a dump: they tell a whole dump from a cut or edited one.
//!
//! Both are comments to SQLite. The last line counts and carries the SHA-256 of every byte before
//! it.

use std::fmt;
use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

/// What every line of ours begins with; the number is the version of the format.
pub(crate) const MARK: &str = "-- tgenie-dump v1";

/// What a line of any version begins with.
pub(crate) const MARK_OF_ANY_VERSION: &str = "-- tgenie-dump v";

/// The first line of a dump.
pub(super) const HEADER: &str =
    "-- tgenie-dump v1: SQL for SQLite. The last line tells whether this file is whole.\n";

/// How much a dump holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) tables: u64,
    pub(crate) rows: u64,
}

/// The last line of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) counts: Counts,
    pub(crate) sha256: String,
}

impl Seal {
    /// Reads a line, without its line end.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.strip_prefix(MARK)?.strip_prefix(' ')?.split(' ');
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let tables = field("tables")?.parse().ok()?;
        let rows = field("rows")?.parse().ok()?;
        let sha256 = field("sha256")?.to_owned();
        fields.next().is_none().then_some(Self { counts: Counts { tables, rows }, sha256 })
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { tables, rows } = self.counts;
        write!(f, "{MARK} tables={tables} rows={rows} sha256={}", self.sha256)
    }
}

/// Computes the hash of a dump, written or read.
#[derive(Debug, Default)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash in hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        let mut digits = String::with_capacity(64);
        for byte in self.0.finalize() {
            digits.push_str(&format!("{byte:02x}"));
        }
        digits
    }
}

/// Passes bytes on, counting and hashing them.
pub(super) struct Sealing<'a> {
    inner: &'a mut dyn Write,
    hasher: Hasher,
    bytes: u64,
}

impl<'a> Sealing<'a> {
    pub(super) fn new(inner: &'a mut dyn Write) -> Self {
        Self { inner, hasher: Hasher::default(), bytes: 0 }
    }

    /// Writes the last line and flushes; answers with it and the size of the whole.
    pub(super) fn seal(self, counts: Counts) -> io::Result<(Seal, u64)> {
        let seal = Seal { counts, sha256: self.hasher.finish() };
        let line = format!("{seal}\n");
        self.inner.write_all(line.as_bytes())?;
        self.inner.flush()?;
        Ok((seal, self.bytes + line.len() as u64))
    }
}

impl Write for Sealing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Seal};

    #[test]
    fn the_last_line_is_read_back() {
        let seal = Seal { counts: Counts { tables: 3, rows: 70 }, sha256: "ab12".to_owned() };
        assert_eq!(Seal::parse(&seal.to_string()), Some(seal));
        for wrong in ["", "-- tgenie-dump v1", "-- tgenie-dump v1 tables=1 rows=x sha256=0"] {
            assert_eq!(Seal::parse(wrong), None, "{wrong}");
        }
    }
}
