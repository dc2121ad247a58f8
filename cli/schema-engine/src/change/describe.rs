//! Differences in words, one line each.

use super::{Aspect, Change, TableChange, TableDifference};
use crate::ident::Ident;
use crate::pair::Pair;
use crate::schema::{Column, ForeignKey, KeyColumn, PrimaryKey, UniqueKey};
use crate::sql::create_table::Deferral;
use std::fmt;

/// Whether something comes, goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// `+`
    Add,
    /// `-`
    Remove,
    /// `~`
    Modify,
}

impl Glyph {
    /// The sign that stands before the line.
    pub fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Remove => '-',
            Self::Modify => '~',
        }
    }
}

/// A difference in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether something comes, goes or changes.
    pub glyph: Glyph,
    /// What it is.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.glyph.sign(), self.text)
    }
}

impl Change {
    /// The difference in words, a line for each thing that a reader would count as one.
    pub fn describe(&self) -> Vec<Line> {
        let line = |glyph, text: String| vec![Line { glyph, text }];
        match self {
            Self::CreateTable(table) => line(
                Glyph::Add,
                format!(
                    "table {} ({})",
                    table.name,
                    join(table.columns.iter().map(|c| c.name.as_str()))
                ),
            ),
            Self::DropTable(table) => line(Glyph::Remove, format!("table {}", table.name)),
            Self::AlterTable(difference) => difference.describe(),
            Self::CreateIndex(index) => {
                line(Glyph::Add, format!("index {} on {}", index.name, index.table))
            }
            Self::DropIndex(index) => {
                line(Glyph::Remove, format!("index {} on {}", index.name, index.table))
            }
            Self::ReplaceIndex(Pair { desired, .. }) => {
                line(Glyph::Modify, format!("index {} on {}", desired.name, desired.table))
            }
            Self::CreateObject(object) => {
                line(Glyph::Add, format!("{} {}", object.kind.word(), object.name))
            }
            Self::DropObject(object) => {
                line(Glyph::Remove, format!("{} {}", object.kind.word(), object.name))
            }
            Self::ReplaceObject(Pair { desired, .. }) => {
                line(Glyph::Modify, format!("{} {}", desired.kind.word(), desired.name))
            }
        }
    }
}

impl TableDifference {
    fn describe(&self) -> Vec<Line> {
        self.changes.iter().map(|change| change.describe(&self.tables.current.name)).collect()
    }
}

impl TableChange {
    fn describe(&self, table: &Ident) -> Line {
        let (glyph, text) = match self {
            Self::AddColumn(column) => {
                (Glyph::Add, format!("column {table}.{}", definition(column)))
            }
            Self::DropColumn(column) => {
                (Glyph::Remove, format!("column {table}.{}", definition(column)))
            }
            Self::AlterColumn { columns, aspects } => {
                let what: Vec<_> =
                    aspects.iter().map(|aspect| aspect_in_words(*aspect, columns)).collect();
                (
                    Glyph::Modify,
                    format!("column {table}.{}: {}", columns.desired.name, what.join("; ")),
                )
            }
            Self::ChangePrimaryKey(keys) => {
                let words = primary_keys_in_words(keys);
                (
                    Glyph::Modify,
                    format!("primary key of {table}: {} -> {}", words.current, words.desired),
                )
            }
            Self::AddUnique(key) => {
                (Glyph::Add, format!("unique {table} {}", unique_in_words(key)))
            }
            Self::DropUnique(key) => {
                (Glyph::Remove, format!("unique {table} {}", unique_in_words(key)))
            }
            Self::AddForeignKey(key) => {
                (Glyph::Add, format!("foreign key {table} {}", reference_in_words(key)))
            }
            Self::DropForeignKey(key) => {
                (Glyph::Remove, format!("foreign key {table} {}", reference_in_words(key)))
            }
            Self::AddCheck(check) => (Glyph::Add, format!("check on {table}: {check}")),
            Self::DropCheck(check) => (Glyph::Remove, format!("check on {table}: {check}")),
            Self::ChangeStrict(strict) => {
                let what = if strict.desired { "STRICT" } else { "no longer STRICT" };
                (Glyph::Modify, format!("table {table}: {what}"))
            }
            Self::ChangeWithoutRowid(without) => {
                let what = if without.desired { "WITHOUT ROWID" } else { "with rowids" };
                (Glyph::Modify, format!("table {table}: {what}"))
            }
        };
        Line { glyph, text }
    }
}

fn definition(column: &Column) -> String {
    let mut text = column.name.to_string();
    if !column.declared_type.as_str().is_empty() {
        text.push(' ');
        text.push_str(column.declared_type.as_str());
    }
    if column.not_null.is_some() {
        text.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        text.push_str(" DEFAULT ");
        text.push_str(default.as_str());
    }
    text
}

fn aspect_in_words(aspect: Aspect, columns: &Pair<Column>) -> String {
    let columns = columns.as_ref();
    match aspect {
        Aspect::Type => {
            let types = columns.map(|column| column.declared_type.to_string());
            format!("type {} -> {}", types.current, types.desired)
        }
        Aspect::NotNull => {
            let null = columns.map(|column| match &column.not_null {
                None => "NULL".to_owned(),
                Some(not_null) => match &not_null.conflict {
                    None => "NOT NULL".to_owned(),
                    Some(conflict) => format!("NOT NULL ON CONFLICT {conflict}"),
                },
            });
            format!("{} -> {}", null.current, null.desired)
        }
        Aspect::Default => {
            let defaults = columns
                .map(|column| column.default.as_ref().map_or("none", |value| value.as_str()));
            format!("default {} -> {}", defaults.current, defaults.desired)
        }
        Aspect::Collation => {
            let collations =
                columns.map(|column| column.collation.as_ref().map_or("BINARY", Ident::as_str));
            format!("collation {} -> {}", collations.current, collations.desired)
        }
        Aspect::Generated => {
            let generated = columns.map(|column| match &column.generated {
                None => "a plain column".to_owned(),
                Some(generated) => {
                    let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
                    format!("AS ({}) {kind}", generated.expression)
                }
            });
            format!("{} -> {}", generated.current, generated.desired)
        }
    }
}

/// Two keys of the same columns differ where only one of them is the rowid itself.
fn primary_keys_in_words(keys: &Pair<Option<PrimaryKey>>) -> Pair<String> {
    let words = keys.as_ref().map(|key| key.as_ref().map_or("none".to_owned(), key_in_words));
    if words.current != words.desired {
        return words;
    }
    keys.as_ref().map(|key| match key {
        Some(key) if key.rowid_alias => format!("{}, the rowid", key_in_words(key)),
        _ => words.current.clone(),
    })
}

fn key_in_words(key: &PrimaryKey) -> String {
    let mut text = format!("({})", key_columns(&key.columns));
    if key.autoincrement {
        text.push_str(" AUTOINCREMENT");
    }
    if let Some(conflict) = &key.conflict {
        text.push_str(" ON CONFLICT ");
        text.push_str(conflict);
    }
    text
}

fn unique_in_words(key: &UniqueKey) -> String {
    let conflict = key.conflict.as_ref().map_or(String::new(), |way| format!(" ON CONFLICT {way}"));
    format!("({}){conflict}", key_columns(&key.columns))
}

fn key_columns(columns: &[KeyColumn]) -> String {
    let in_words = |column: &KeyColumn| {
        let collation =
            column.collation.as_ref().map_or(String::new(), |name| format!(" COLLATE {name}"));
        format!("{}{collation}{}", column.name, if column.descending { " DESC" } else { "" })
    };
    columns.iter().map(in_words).collect::<Vec<_>>().join(", ")
}

fn reference_in_words(key: &ForeignKey) -> String {
    let mut text = format!("({}) -> {}", join(key.columns.iter().map(Ident::as_str)), key.parent);
    if !key.parent_columns.is_empty() {
        text.push_str(&format!(" ({})", join(key.parent_columns.iter().map(Ident::as_str))));
    }
    for (when, action) in [("DELETE", &key.on_delete), ("UPDATE", &key.on_update)] {
        if action != "NO ACTION" {
            text.push_str(&format!(" ON {when} {action}"));
        }
    }
    if key.deferral == Deferral::Deferred {
        text.push_str(" DEFERRABLE INITIALLY DEFERRED");
    }
    text
}

fn join<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
