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
mod renamed;
mod shown;
mod strict;
mod unique;

pub use evidence::{Concern, Evidence, Query};
pub use find::hazards;
pub use renamed::{NewNames, new_names};
pub use shown::SAMPLES;

use std::fmt;

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
    /// What happens, without any count.
    pub what: String,
    /// What to do about it.
    pub fix: String,
    /// How live data is asked what it concerns.
    pub evidence: Evidence,
}
