//! Which part of a database a dump holds.

use std::collections::BTreeSet;

use super::schema::{Contents, Role, Table};
use super::seal::Holds;
use crate::error::{Error, Result};

/// What of the tables goes into a dump.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DumpParts {
    /// Their definitions, with indexes, views and triggers, and their rows.
    #[default]
    SchemaAndRows,
    /// The definitions alone.
    Schema,
    /// The rows alone, for tables that are there already.
    Rows,
}

impl DumpParts {
    pub(super) fn has_schema(self) -> bool {
        self != Self::Rows
    }

    pub(super) fn has_rows(self) -> bool {
        self != Self::Schema
    }
}

/// What somebody asked for.
#[derive(Clone, Copy)]
pub(super) struct Selection<'a> {
    pub(super) parts: DumpParts,
    /// These tables alone; none given, all.
    pub(super) tables: &'a [String],
}

impl Selection<'_> {
    pub(super) fn holds(self) -> Holds {
        if self.is_everything() { Holds::Everything } else { Holds::Part }
    }

    pub(super) fn is_everything(self) -> bool {
        self.parts == DumpParts::SchemaAndRows && self.tables.is_empty()
    }

    /// What the part is, in words.
    pub(super) fn described(self) -> Option<String> {
        let what = match self.parts {
            DumpParts::SchemaAndRows if self.tables.is_empty() => return None,
            DumpParts::SchemaAndRows => "tables with their rows",
            DumpParts::Schema => "the schema, no rows",
            DumpParts::Rows => "rows, no schema",
        };
        if self.tables.is_empty() {
            return Some(what.to_owned());
        }
        Some(format!("{what}: {}", self.tables.join(", ")))
    }

    /// Leaves out of all that there is what nobody asked for. The names of virtual tables whose
    /// rows can't be given without their schema come back.
    pub(super) fn narrow(self, contents: &mut Contents) -> Result<Vec<String>> {
        if !self.tables.is_empty() {
            let wanted = self.wanted(&contents.tables)?;
            contents.tables.retain(|table| wanted.contains(table.owner()));
            contents.definitions.retain(|definition| {
                definition.table.as_ref().is_some_and(|table| {
                    wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(table))
                })
            });
        }
        let mut left_out = Vec::new();
        match self.parts {
            DumpParts::SchemaAndRows => {}
            // Its module makes the tables behind a virtual table.
            DumpParts::Schema => {
                contents.tables.retain(|table| !matches!(table.role, Role::Behind(_)));
            }
            // The tables behind a virtual table are never empty, so rows can't be added to them.
            DumpParts::Rows => {
                let virtual_tables = contents.tables.iter().filter(|t| t.role == Role::Virtual);
                left_out.extend(virtual_tables.map(|table| table.name.clone()));
                contents.tables.retain(|table| table.role == Role::Ordinary);
                contents.definitions.clear();
            }
        }
        if !self.is_everything() {
            contents.has_stat1 = false;
        }
        Ok(left_out)
    }

    fn wanted(self, tables: &[Table]) -> Result<BTreeSet<String>> {
        let mut wanted = BTreeSet::new();
        for name in self.tables {
            let found = tables.iter().find(|table| table.name.eq_ignore_ascii_case(name));
            let Some(table) = found else { return Err(unknown(name, tables)) };
            wanted.insert(table.name.clone());
        }
        Ok(wanted)
    }
}

fn unknown(name: &str, tables: &[Table]) -> Error {
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let error = Error::usage(format!("there is no table `{name}`")).state("Nothing was written.");
    match similar::get_close_matches(name, &names, 3, 0.0).as_slice() {
        [] => error.next("The database has no tables."),
        [only] => error.next(format!("The nearest is {only}.")),
        names => error.next(format!("The nearest are {}.", names.join(", "))),
    }
}
