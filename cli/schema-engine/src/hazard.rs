//! What a migration may cost, with codes that stay the same for ever.
//!
//! Pure: a hazard brings the queries that look for what it concerns, as text. The live data is
//! asked when a migration is written.

mod check;
mod conversion;
mod evidence;
mod find;
mod foreign_key;
mod ground;
mod outcome;
mod renamed;
mod shown;
mod strict;
mod unique;

pub use evidence::{Concern, Evidence, Premise, Query};
pub use find::hazards;
pub use renamed::{NewNames, new_names};
pub use shown::SAMPLES;

use crate::error::{Error, Result};
use crate::subject::Subject;
use std::fmt;
use std::str::FromStr;

/// What can go wrong, by a code that documents and scripts can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HazardCode {
    /// A table is dropped with its rows.
    DropTable,
    /// A column is dropped with its values.
    DropColumn,
    /// A column is added that must not be NULL and has nothing to begin with.
    AddRequiredColumn,
    /// A column may no longer be NULL, and nothing takes the place of a NULL.
    RequireValue,
    /// A key, a UNIQUE constraint or a unique index is added, or compares otherwise.
    AddUnique,
    /// A foreign key is added.
    AddForeignKey,
    /// A CHECK constraint is added.
    AddCheck,
    /// A column takes nothing but values of its type: in a STRICT table, or as the rowid.
    RequireType,
    /// A column's values may be stored otherwise in the new type.
    ChangeAffinity,
}

impl HazardCode {
    /// Every code there is, in the order of its number.
    pub const ALL: [Self; 9] = [
        Self::DropTable,
        Self::DropColumn,
        Self::AddRequiredColumn,
        Self::RequireValue,
        Self::AddUnique,
        Self::AddForeignKey,
        Self::AddCheck,
        Self::RequireType,
        Self::ChangeAffinity,
    ];

    /// The code as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DropTable => "TG101",
            Self::DropColumn => "TG102",
            Self::AddRequiredColumn => "TG201",
            Self::RequireValue => "TG202",
            Self::AddUnique => "TG203",
            Self::AddForeignKey => "TG204",
            Self::AddCheck => "TG205",
            Self::RequireType => "TG206",
            Self::ChangeAffinity => "TG301",
        }
    }

    /// What it means for the data.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::DropTable | Self::DropColumn => Severity::LosesData,
            Self::ChangeAffinity => Severity::MayChangeData,
            Self::AddRequiredColumn
            | Self::RequireValue
            | Self::AddUnique
            | Self::AddForeignKey
            | Self::AddCheck
            | Self::RequireType => Severity::MayFail,
        }
    }
}

impl fmt::Display for HazardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads `TG102`, in any letter case.
impl FromStr for HazardCode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|code| code.as_str().eq_ignore_ascii_case(text));
        named.ok_or_else(|| {
            let codes = Self::ALL.map(Self::as_str).join(", ");
            Error::usage(format!("`{text}` is no hazard; their codes are {codes}"))
        })
    }
}

/// What a hazard means for the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Rows or values are gone, and the way back can't bring them.
    LosesData,
    /// Values may be stored otherwise than before.
    MayChangeData,
    /// The migration stops at data that doesn't fit, and leaves everything as it was.
    MayFail,
}

/// A hazard of one migration.
#[derive(Debug, Clone)]
pub struct Hazard {
    /// What sort it is.
    pub code: HazardCode,
    /// What it is about.
    pub subject: Subject,
    /// What happens, without any count.
    pub what: String,
    /// What to do about it.
    pub fix: String,
    /// How live data is asked what it concerns.
    pub evidence: Evidence,
}

impl Hazard {
    /// A count of what it concerns in words: `2 rows here hold one`.
    #[must_use]
    pub fn counted(&self, count: i64) -> String {
        let concern = match &self.evidence {
            Evidence::Queries(queries) => queries.first().map(|query| query.concern),
            Evidence::Unavailable(_) => None,
        };
        concern.unwrap_or(Concern::Rows).describe(count)
    }
}
