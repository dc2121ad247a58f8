//! The clauses inside the body of a table and behind it.

use super::{
    ColumnClause, ColumnClauseKind, ColumnSyntax, ConstraintKind, ConstraintSyntax, Deferral,
    IndexedColumn, Reference, TableOption,
};
use crate::ident::Ident;
use crate::sql::cursor::{Cursor, ParseError};
use crate::sql::lexer::TokenKind;
use std::ops::Range;

/// Words that end a declared type, because a column constraint starts with them.
const CLAUSE_STARTS: [&str; 12] = [
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "AS",
    "DEFERRABLE",
    "ON",
];

pub(super) fn column(cursor: &mut Cursor<'_>) -> Result<ColumnSyntax, ParseError> {
    let start = cursor.offset();
    let name = cursor.expect_name()?;
    let name_span = start..cursor.last_end();
    let type_span = declared_type(cursor)?;
    let mut clauses: Vec<ColumnClause> = Vec::new();
    while !(cursor.peek().is_none() || cursor.at_symbol(",") || cursor.at_symbol(")")) {
        // A deferral stands behind its REFERENCES, but SQLite parses it as a clause of its own.
        if let Some(deferral) = deferral(cursor)? {
            if let Some(ColumnClause {
                kind: ColumnClauseKind::References(reference), span, ..
            }) = clauses.last_mut()
            {
                reference.deferral = deferral;
                span.end = cursor.last_end();
            }
            continue;
        }
        clauses.push(column_clause(cursor)?);
    }
    Ok(ColumnSyntax { name, name_span, type_span, clauses, span: start..cursor.last_end() })
}

fn declared_type(cursor: &mut Cursor<'_>) -> Result<Option<Range<usize>>, ParseError> {
    let start = cursor.offset();
    let mut seen = false;
    while let Some(token) = cursor.peek() {
        let part = matches!(token.kind, TokenKind::Word | TokenKind::Quoted | TokenKind::String);
        if !part
            || CLAUSE_STARTS.iter().any(|word| cursor.at_words(&[word]))
            || cursor.at_words(&["GENERATED", "ALWAYS"])
        {
            break;
        }
        cursor.next();
        seen = true;
    }
    if seen && cursor.at_symbol("(") {
        cursor.expect_parenthesised()?;
    }
    Ok(seen.then(|| start..cursor.last_end()))
}

fn constraint_name(cursor: &mut Cursor<'_>) -> Result<Option<Ident>, ParseError> {
    if cursor.take_words(&["CONSTRAINT"]) { cursor.expect_name().map(Some) } else { Ok(None) }
}

fn column_clause(cursor: &mut Cursor<'_>) -> Result<ColumnClause, ParseError> {
    let start = cursor.offset();
    let name = constraint_name(cursor)?;
    let kind = if cursor.take_words(&["PRIMARY", "KEY"]) {
        let descending = direction(cursor);
        let conflict = conflict(cursor)?;
        let autoincrement = cursor.take_words(&["AUTOINCREMENT"]);
        ColumnClauseKind::PrimaryKey { descending, autoincrement, conflict }
    } else if cursor.take_words(&["NOT", "NULL"]) {
        ColumnClauseKind::NotNull { conflict: conflict(cursor)? }
    } else if cursor.take_words(&["NULL"]) {
        conflict(cursor)?;
        ColumnClauseKind::Null
    } else if cursor.take_words(&["UNIQUE"]) {
        ColumnClauseKind::Unique { conflict: conflict(cursor)? }
    } else if cursor.take_words(&["CHECK"]) {
        ColumnClauseKind::Check(cursor.expect_parenthesised()?)
    } else if cursor.take_words(&["DEFAULT"]) {
        ColumnClauseKind::Default(default_value(cursor)?)
    } else if cursor.take_words(&["COLLATE"]) {
        ColumnClauseKind::Collate(cursor.expect_name()?)
    } else if cursor.at_words(&["REFERENCES"]) {
        ColumnClauseKind::References(reference(cursor)?)
    } else if cursor.take_words(&["GENERATED", "ALWAYS", "AS"]) || cursor.take_words(&["AS"]) {
        let expression = cursor.expect_parenthesised()?;
        let stored = cursor.take_words(&["STORED"]);
        if !stored {
            cursor.take_words(&["VIRTUAL"]);
        }
        ColumnClauseKind::Generated { expression, stored }
    } else if name.is_some() {
        ColumnClauseKind::NameOnly
    } else {
        return Err(cursor.error("a column constraint expected"));
    };
    Ok(ColumnClause { name, kind, span: start..cursor.last_end() })
}

fn default_value(cursor: &mut Cursor<'_>) -> Result<Range<usize>, ParseError> {
    let start = cursor.offset();
    if cursor.at_symbol("(") {
        cursor.expect_parenthesised()?;
    } else {
        while cursor.at_symbol("+") || cursor.at_symbol("-") {
            cursor.next();
        }
        cursor.next().ok_or_else(|| cursor.error("a default value expected"))?;
    }
    Ok(start..cursor.last_end())
}

/// Whether a table constraint is next, rather than one more column.
pub(super) fn at_constraint(cursor: &Cursor<'_>) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"]
        .iter()
        .any(|word| cursor.at_words(&[word]))
}

pub(super) fn constraints(
    cursor: &mut Cursor<'_>,
    found: &mut Vec<ConstraintSyntax>,
) -> Result<(), ParseError> {
    loop {
        found.push(constraint(cursor)?);
        cursor.take_symbol(",");
        if cursor.peek().is_none() || cursor.at_symbol(")") {
            return Ok(());
        }
    }
}

fn constraint(cursor: &mut Cursor<'_>) -> Result<ConstraintSyntax, ParseError> {
    let start = cursor.offset();
    let name = constraint_name(cursor)?;
    let kind = if cursor.take_words(&["PRIMARY", "KEY"]) {
        let (columns, autoincrement) = key_columns(cursor)?;
        ConstraintKind::PrimaryKey { columns, autoincrement, conflict: conflict(cursor)? }
    } else if cursor.take_words(&["UNIQUE"]) {
        let (columns, _) = key_columns(cursor)?;
        ConstraintKind::Unique { columns, conflict: conflict(cursor)? }
    } else if cursor.take_words(&["CHECK"]) {
        let expression = cursor.expect_parenthesised()?;
        conflict(cursor)?;
        ConstraintKind::Check(expression)
    } else if cursor.take_words(&["FOREIGN", "KEY"]) {
        let columns = name_list(cursor)?;
        let mut reference = reference(cursor)?;
        if let Some(deferral) = deferral(cursor)? {
            reference.deferral = deferral;
        }
        ConstraintKind::ForeignKey { columns, reference }
    } else if name.is_some() {
        ConstraintKind::NameOnly
    } else {
        return Err(cursor.error("a table constraint expected"));
    };
    Ok(ConstraintSyntax { name, kind, span: start..cursor.last_end() })
}

fn key_columns(cursor: &mut Cursor<'_>) -> Result<(Vec<IndexedColumn>, bool), ParseError> {
    cursor.expect_symbol("(")?;
    let mut columns = vec![indexed_column(cursor)?];
    while cursor.take_symbol(",") {
        columns.push(indexed_column(cursor)?);
    }
    let autoincrement = cursor.take_words(&["AUTOINCREMENT"]);
    cursor.expect_symbol(")")?;
    Ok((columns, autoincrement))
}

/// A column of a key or an index: a name or an expression, `COLLATE`, `ASC` or `DESC`.
pub(in crate::sql) fn indexed_column(cursor: &mut Cursor<'_>) -> Result<IndexedColumn, ParseError> {
    let start = cursor.offset();
    let mut tokens = 0_usize;
    let mut name = None;
    let mut end = start;
    while cursor.peek().is_some()
        && ![",", ")"].iter().any(|symbol| cursor.at_symbol(symbol))
        // The first word is a name whatever it says: a column may well be called `desc`.
        && !(tokens > 0
            && ["COLLATE", "ASC", "DESC", "AUTOINCREMENT"]
                .iter()
                .any(|word| cursor.at_words(&[word])))
    {
        if cursor.at_symbol("(") {
            cursor.expect_parenthesised()?;
            tokens += 2;
        } else {
            name = cursor.peek().and_then(|token| token.name(cursor.sql)).map(Ident::from);
            cursor.next();
            tokens += 1;
        }
        end = cursor.last_end();
    }
    if tokens == 0 {
        return Err(cursor.error("a column expected"));
    }
    let mut collation = None;
    while cursor.take_words(&["COLLATE"]) {
        collation = Some(cursor.expect_name()?);
    }
    let descending = direction(cursor);
    let name = name.filter(|_| tokens == 1);
    Ok(IndexedColumn { expression: start..end, name, collation, descending })
}

/// Takes `ASC` or `DESC`; whether it was `DESC`.
fn direction(cursor: &mut Cursor<'_>) -> bool {
    let descending = cursor.take_words(&["DESC"]);
    if !descending {
        cursor.take_words(&["ASC"]);
    }
    descending
}

fn conflict(cursor: &mut Cursor<'_>) -> Result<Option<String>, ParseError> {
    if !cursor.take_words(&["ON", "CONFLICT"]) {
        return Ok(None);
    }
    let way = cursor.expect_name()?.as_str().to_ascii_uppercase();
    // ABORT is what happens when nothing is said (https://www.sqlite.org/lang_conflict.html).
    Ok((way != "ABORT").then_some(way))
}

fn name_list(cursor: &mut Cursor<'_>) -> Result<Vec<Ident>, ParseError> {
    cursor.expect_symbol("(")?;
    let mut names = vec![cursor.expect_name()?];
    while cursor.take_symbol(",") {
        names.push(cursor.expect_name()?);
    }
    cursor.expect_symbol(")")?;
    Ok(names)
}

fn reference(cursor: &mut Cursor<'_>) -> Result<Reference, ParseError> {
    cursor.expect_word("REFERENCES")?;
    let mut reference = Reference {
        table: cursor.expect_name()?,
        columns: if cursor.at_symbol("(") { name_list(cursor)? } else { Vec::new() },
        on_delete: None,
        on_update: None,
        matching: None,
        deferral: Deferral::Immediate,
    };
    loop {
        if cursor.take_words(&["ON", "DELETE"]) {
            reference.on_delete = Some(action(cursor)?);
        } else if cursor.take_words(&["ON", "UPDATE"]) {
            reference.on_update = Some(action(cursor)?);
        } else if cursor.take_words(&["ON", "INSERT"]) {
            action(cursor)?;
        } else if cursor.take_words(&["MATCH"]) {
            reference.matching = Some(cursor.expect_name()?);
        } else {
            return Ok(reference);
        }
    }
}

fn action(cursor: &mut Cursor<'_>) -> Result<String, ParseError> {
    for words in [
        ["SET", "NULL"].as_slice(),
        &["SET", "DEFAULT"],
        &["NO", "ACTION"],
        &["CASCADE"],
        &["RESTRICT"],
    ] {
        if cursor.take_words(words) {
            return Ok(words.join(" "));
        }
    }
    Err(cursor.error("a foreign key action expected"))
}

/// `NOT DEFERRABLE` in any form is immediate; so is `DEFERRABLE` unless it says
/// `INITIALLY DEFERRED` (<https://www.sqlite.org/foreignkeys.html#fk_deferred>).
fn deferral(cursor: &mut Cursor<'_>) -> Result<Option<Deferral>, ParseError> {
    let negated = cursor.take_words(&["NOT", "DEFERRABLE"]);
    if !negated && !cursor.take_words(&["DEFERRABLE"]) {
        return Ok(None);
    }
    if !cursor.take_words(&["INITIALLY"]) {
        return Ok(Some(Deferral::Immediate));
    }
    let deferred = cursor.take_words(&["DEFERRED"]);
    if !deferred {
        cursor.expect_word("IMMEDIATE")?;
    }
    Ok(Some(if deferred && !negated { Deferral::Deferred } else { Deferral::Immediate }))
}

pub(super) fn options(
    cursor: &mut Cursor<'_>,
) -> Result<Vec<(TableOption, Range<usize>)>, ParseError> {
    let mut options = Vec::new();
    while cursor.peek().is_some() && !cursor.take_symbol(";") {
        let start = cursor.offset();
        let option = if cursor.take_words(&["WITHOUT", "ROWID"]) {
            TableOption::WithoutRowid
        } else if cursor.take_words(&["STRICT"]) {
            TableOption::Strict
        } else {
            return Err(cursor.error("a table option expected"));
        };
        options.push((option, start..cursor.last_end()));
        cursor.take_symbol(",");
    }
    Ok(options)
}
