//! What a migration may cost, with codes that stay the same for ever.
//!
//! Pure: a hazard says what would have to be counted; the counting is done on the live data when
//! a migration is written.

use crate::answers::Answers;
use crate::change::{Aspect, Change, TableChange};
use crate::diff::Difference;
use crate::error::{Error, Result};
use crate::ident::Ident;
use crate::schema::{Column, Table};
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
    /// A UNIQUE constraint or index is added.
    AddUnique,
    /// A foreign key is added.
    AddForeignKey,
    /// A CHECK constraint is added.
    AddCheck,
    /// A column's values may be stored otherwise in the new type.
    ChangeAffinity,
}

impl HazardCode {
    /// Every code there is, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::DropTable,
        Self::DropColumn,
        Self::AddRequiredColumn,
        Self::RequireValue,
        Self::AddUnique,
        Self::AddForeignKey,
        Self::AddCheck,
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
            | Self::AddCheck => Severity::MayFail,
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
    /// A query that counts what is concerned in live data; one row, one integer.
    pub count: Option<String>,
}

/// The hazards of a difference, in its order.
#[must_use]
pub fn hazards(difference: &Difference, answers: &Answers) -> Vec<Hazard> {
    let mut found = Vec::new();
    for change in &difference.changes {
        match change {
            Change::DropTable(table) => found.push(Hazard {
                code: HazardCode::DropTable,
                subject: Subject::Table(table.name.clone()),
                what: format!("drops table {} and its rows", table.name),
                fix: format!(
                    "Keep a copy of what is needed; a rename is said with `--rename {}=…`.",
                    table.name
                ),
                count: Some(format!("SELECT count(*) FROM {}", table.name.quoted())),
            }),
            Change::AlterTable(difference) => {
                for change in &difference.changes {
                    found.extend(of_table(&difference.tables.current, change, answers));
                }
            }
            Change::CreateIndex(index) if index.unique => {
                found.push(unique(&index.table, &index.columns));
            }
            Change::ReplaceIndex(indexes) if indexes.desired.unique => {
                found.push(unique(&indexes.desired.table, &indexes.desired.columns));
            }
            _ => {}
        }
    }
    // A unique index on a table that is new has no rows to stumble over.
    found.retain(|hazard| {
        !difference.changes.iter().any(|change| {
            matches!(change, Change::CreateTable(table)
                if hazard.code == HazardCode::AddUnique && hazard.what.ends_with(&format!("in {}", table.name)))
        })
    });
    found
}

fn of_table(table: &Table, change: &TableChange, answers: &Answers) -> Option<Hazard> {
    let name = &table.name;
    let key = |column: &Column| (name.clone(), column.name.clone());
    match change {
        TableChange::DropColumn(column) => Some(Hazard {
            code: HazardCode::DropColumn,
            subject: Subject::column(name, &column.name),
            what: format!("drops column {name}.{} and its values", column.name),
            fix: format!(
                "Keep a copy of what is needed; a rename is said with `--rename {name}.{}=…`.",
                column.name
            ),
            count: Some(format!(
                "SELECT count(*) FROM {} AS t WHERE t.{} IS NOT NULL",
                name.quoted(),
                column.name.quoted()
            )),
        }),
        TableChange::AddColumn(column) => {
            let needs_value = column.not_null.is_some()
                && column.default.is_none()
                && column.generated.is_none()
                && !answers.fills.contains_key(&key(column));
            needs_value.then(|| Hazard {
                code: HazardCode::AddRequiredColumn,
                subject: Subject::column(name, &column.name),
                what: format!(
                    "{name}.{} must not be NULL and has no default for rows that are there",
                    column.name
                ),
                fix: format!(
                    "Give the model a default, or a value for old rows: `--fill {name}.{column}=…`; \
                     if it is an old column's new name: `--rename {name}.…={column}`.",
                    column = column.name
                ),
                count: Some(format!("SELECT count(*) FROM {}", name.quoted())),
            })
        }
        TableChange::AlterColumn { columns, aspects } => {
            let column = &columns.desired;
            if aspects.contains(&Aspect::NotNull)
                && column.not_null.is_some()
                && column.default.is_none()
                && !answers.fills.contains_key(&key(column))
            {
                return Some(Hazard {
                    code: HazardCode::RequireValue,
                    subject: Subject::column(name, &column.name),
                    what: format!("{name}.{} must no longer be NULL", column.name),
                    fix: format!(
                        "Give the model a default, or a value for them: `--fill {name}.{}=…`.",
                        column.name
                    ),
                    count: Some(format!(
                        "SELECT count(*) FROM {} AS t WHERE t.{} IS NULL",
                        name.quoted(),
                        columns.current.name.quoted()
                    )),
                });
            }
            let affinities = columns.as_ref().map(Column::affinity);
            (aspects.contains(&Aspect::Type) && affinities.current != affinities.desired).then(
                || Hazard {
                    code: HazardCode::ChangeAffinity,
                    subject: Subject::column(name, &column.name),
                    what: format!(
                        "{name}.{} changes from {} to {}, which may store values otherwise",
                        column.name, columns.current.declared_type, column.declared_type
                    ),
                    fix: "Look at the values that are not of the new type before you upgrade."
                        .to_owned(),
                    count: None,
                },
            )
        }
        TableChange::AddUnique(unique_key) => {
            let columns: Vec<_> =
                unique_key.columns.iter().map(|column| column.name.clone()).collect();
            Some(unique(name, &columns))
        }
        TableChange::AddForeignKey(foreign) => {
            let columns: Vec<_> = foreign.columns.iter().map(Ident::as_str).collect();
            Some(Hazard {
                code: HazardCode::AddForeignKey,
                subject: Subject::Table(name.clone()),
                what: format!(
                    "{name} ({}) must refer to rows of {}",
                    columns.join(", "),
                    foreign.parent
                ),
                fix: "Correct the rows that refer to nothing before you upgrade.".to_owned(),
                count: None,
            })
        }
        TableChange::AddCheck(check) => Some(Hazard {
            code: HazardCode::AddCheck,
            subject: Subject::Table(name.clone()),
            what: format!("every row of {name} must hold to: {check}"),
            fix: "Correct the rows that don't before you upgrade.".to_owned(),
            count: None,
        }),
        _ => None,
    }
}

fn unique(table: &Ident, columns: &[Ident]) -> Hazard {
    let names: Vec<_> = columns.iter().map(Ident::as_str).collect();
    Hazard {
        code: HazardCode::AddUnique,
        subject: Subject::Table(table.clone()),
        what: format!("({}) must be unique in {table}", names.join(", ")),
        fix: "Make the values differ before you upgrade.".to_owned(),
        count: None,
    }
}
