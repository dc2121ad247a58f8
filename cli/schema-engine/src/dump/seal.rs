//! The first and the last line of a dump: they tell a whole dump from a cut or edited one, and a
//! whole database from a part of one.
//!
//! Both are comments to SQLite. The last line counts and carries the BLAKE3 hash of every byte before
//! it (<https://github.com/BLAKE3-team/BLAKE3-specs>).

use std::fmt;

/// What every line of ours begins with; the number is the version of the format.
pub(crate) const MARK: &str = "-- tgenie-dump v1";

/// What a line of any version begins with.
pub(crate) const MARK_OF_ANY_VERSION: &str = "-- tgenie-dump v";

/// What the first line of a part of a database begins with.
pub(crate) const MARK_OF_A_PART: &str = "-- tgenie-dump v1, a part";

/// What is to be said of a last line that is one of ours and can't be read.
pub(crate) const UNREADABLE: &str =
    "can't be read: it was changed, or another version of the program wrote it";

/// What a dump holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Holds {
    /// The whole database.
    #[default]
    Everything,
    /// A part of it that somebody asked for.
    Part,
    /// What could still be read of a damaged one.
    Remains,
}

impl Holds {
    /// The first line of a dump.
    pub(super) fn header(self) -> String {
        let what = match self {
            Self::Everything => format!("{MARK}: SQL for SQLite."),
            Self::Part => format!("{MARK_OF_A_PART} of a database: SQL for SQLite."),
            Self::Remains => {
                format!("{MARK}, DAMAGED: what could be read of a damaged database, as SQL.")
            }
        };
        format!("{what} The last line tells whether this file is whole.")
    }

    /// How the last line says it, where it isn't everything.
    fn field(self) -> &'static str {
        match self {
            Self::Everything => "",
            Self::Part => " holds=part",
            Self::Remains => " holds=remains",
        }
    }
}

/// How much a dump holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) tables: u64,
    pub(crate) rows: u64,
}

/// The last line of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) holds: Holds,
    pub(crate) counts: Counts,
    pub(crate) blake3: String,
}

impl Seal {
    /// Reads a line, without its line end.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let fields = line.strip_prefix(MARK)?;
        let (holds, fields) = [Holds::Part, Holds::Remains]
            .into_iter()
            .find_map(|holds| Some((holds, fields.strip_prefix(holds.field())?)))
            .unwrap_or((Holds::Everything, fields));
        let mut fields = fields.strip_prefix(' ')?.split(' ');
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
        let tables = field("tables")?.parse().ok()?;
        let rows = field("rows")?.parse().ok()?;
        let blake3 = field("blake3")?.to_owned();
        let counts = Counts { tables, rows };
        fields.next().is_none().then_some(Self { holds, counts, blake3 })
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { tables, rows } = self.counts;
        let holds = self.holds.field();
        write!(f, "{MARK}{holds} tables={tables} rows={rows} blake3={}", self.blake3)
    }
}

/// Computes the hash of a dump, written or read.
#[derive(Debug, Default)]
pub(crate) struct Hasher(blake3::Hasher);

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash in hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Hasher, Holds, MARK_OF_A_PART, Seal};

    #[test]
    fn the_last_line_is_read_back() {
        for holds in [Holds::Everything, Holds::Part, Holds::Remains] {
            let counts = Counts { tables: 3, rows: 70 };
            let seal = Seal { holds, counts, blake3: "ab12".to_owned() };
            assert_eq!(Seal::parse(&seal.to_string()), Some(seal));
            assert_eq!(holds.header().starts_with(MARK_OF_A_PART), holds == Holds::Part);
        }
        for wrong in ["", "-- tgenie-dump v1", "-- tgenie-dump v1 tables=1 rows=x blake3=0"] {
            assert_eq!(Seal::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_hash_is_what_other_programs_call_blake3() {
        let mut hasher = Hasher::default();
        hasher.update(b"a");
        hasher.update(b"bc");
        let known = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
        assert_eq!(hasher.finish(), known);
    }
}
