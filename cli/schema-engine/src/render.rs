//! A proven plan as a Rust module that a reviewer likes to read; as SQL in [`script`].
//!
//! Plain steps become sea-query calls, but only where those calls give the proven SQL to the
//! letter; everything else is the SQL itself. So what was proven is what will run.

mod builder;
mod lift;
mod literal;
pub mod script;

use crate::plan::{EditAction, Plan, StatementKind, Step, StoredEdit};
use crate::sql::closed::closed;
use lift::lift;
use literal::rust_literal;
use std::fmt::Write as _;

/// What stands at the head of a module.
#[derive(Debug, Clone)]
pub struct Header {
    /// The revision's id, which is the file's stem.
    pub revision: String,
    /// The revision that it builds on.
    pub parent: Option<String>,
    /// The message, one line.
    pub message: String,
    /// When it was written, as text: "2026-11-23 14:05 UTC".
    pub created: String,
    /// The differences, one line each.
    pub changes: Vec<String>,
    /// What the way up may cost, one line each.
    pub hazards: Vec<String>,
}

/// The module of a proven plan: `up` and `down`.
#[must_use]
pub fn module(header: &Header, up: &Plan, down: &Plan) -> String {
    let mut text = head(header, &edit_lines(up), &rebuild_lines(up));
    push_migration(&mut text, &body(up), &body(down));
    if [up, down].into_iter().any(needs_guard) {
        text.push_str(GUARD);
    }
    if [up, down].into_iter().any(|plan| plan.edits().next().is_some()) {
        text.push_str(EDIT);
    }
    text
}

/// The module of a migration that is written by hand: places for SQL.
#[must_use]
pub fn empty_module(header: &Header) -> String {
    let place = |what: &str| {
        format!(
            "        let db = manager.get_connection();\n        \
             // {what}, one statement or several parted by semicolons.\n        \
             db.execute_unprepared(\"\").await?;\n        Ok(())\n"
        )
    };
    let mut text = head(header, &[], &[]);
    push_migration(&mut text, &place("SQL for the way up"), &place("SQL for the way back"));
    text
}

fn head(header: &Header, edits: &[String], rebuilds: &[String]) -> String {
    let mut text = String::new();
    let parent = header.parent.as_deref();
    let mut line = |content: &str| {
        text.push_str("//!");
        if !content.is_empty() {
            text.push(' ');
            text.push_str(&content.replace(['\n', '\r'], " "));
        }
        text.push('\n');
    };
    line(&header.message);
    line("");
    line(&format!("- Revision: `{}`", header.revision));
    let builds_on = parent.map_or("none, this is the first".to_owned(), |id| format!("`{id}`"));
    line(&format!("- Parent: {builds_on}"));
    line(&format!("- Created: {}", header.created));
    for (title, lines) in [
        ("Changes", header.changes.as_slice()),
        ("Edits of stored SQL", edits),
        ("Rebuilds", rebuilds),
        ("Hazards", header.hazards.as_slice()),
    ] {
        if !lines.is_empty() {
            line("");
            line(&format!("{title}:"));
            for item in lines {
                line(&format!("- {item}"));
            }
        }
    }
    let quoted = |id: &str| format!("{id:?}");
    // Writing to a String can't fail.
    let _ = write!(
        text,
        "\nuse sea_orm_migration::prelude::*;\n\n\
         /// This revision.\n\
         pub const REVISION: &str = {};\n\n\
         /// The revision that it builds on.\n\
         pub const DOWN_REVISION: Option<&str> = {};\n\n",
        quoted(&header.revision),
        parent.map_or("None".to_owned(), |parent| format!("Some({})", quoted(parent))),
    );
    text
}

fn push_migration(text: &mut String, up: &str, down: &str) {
    let _ = write!(
        text,
        "pub struct Migration;\n\n\
         impl MigrationName for Migration {{\n    \
             fn name(&self) -> &str {{\n        REVISION\n    }}\n\
         }}\n\n\
         #[async_trait::async_trait]\n\
         impl MigrationTrait for Migration {{\n    \
             async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n{up}    }}\n\n    \
             async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {{\n{down}    }}\n\
         }}\n",
    );
}

/// What the rebuilds keep, and what takes the place of missing values.
fn rebuild_lines(plan: &Plan) -> Vec<String> {
    let line = |rebuild: &crate::plan::Rebuild| {
        let keeps = format!("{}: keeps {}", rebuild.table, rebuild.keeps.join(", "));
        with_fills(keeps, &rebuild.fills)
    };
    plan.rebuilds().map(line).collect()
}

fn edit_lines(plan: &Plan) -> Vec<String> {
    let line =
        |edit: &StoredEdit| with_fills(format!("{}: no row is copied", edit.table), &edit.fills);
    plan.edits().map(line).collect()
}

fn with_fills(mut line: String, fills: &[String]) -> String {
    for fill in fills {
        line.push_str("; ");
        line.push_str(fill);
    }
    line
}

/// Dropping a table deletes its rows one by one where foreign keys are enforced, and so cascades
/// into its children (<https://www.sqlite.org/foreignkeys.html#fk_schemacommands>).
fn needs_guard(plan: &Plan) -> bool {
    plan.rebuilds().next().is_some()
}

fn body(plan: &Plan) -> String {
    let pieces: Vec<Piece> = plan.steps.iter().map(Piece::of).collect();
    let mut text = String::new();
    if pieces.iter().any(|piece| piece.uses_db) {
        text.push_str("        let db = manager.get_connection();\n");
    }
    if needs_guard(plan) {
        text.push_str("        refuse_enforced_foreign_keys(db).await?;\n");
    }
    if pieces.is_empty() {
        text.push_str("        let _ = manager;\n");
    }
    for piece in pieces {
        if !text.is_empty() && piece.begins_paragraph {
            text.push('\n');
        }
        text.push_str(&piece.text);
    }
    text.push_str("        Ok(())\n");
    text
}

/// The Rust of one step.
struct Piece {
    text: String,
    uses_db: bool,
    begins_paragraph: bool,
}

impl Piece {
    fn of(step: &Step) -> Self {
        match step {
            Step::Statement(statement) => match lift(statement) {
                Some(call) => Self {
                    text: call,
                    uses_db: false,
                    begins_paragraph: statement.kind == StatementKind::CreateTable,
                },
                None => {
                    Self { text: execute(&statement.sql), uses_db: true, begins_paragraph: false }
                }
            },
            Step::Edit(edit) => {
                Self { text: edit_in_place(edit), uses_db: true, begins_paragraph: true }
            }
            Step::Rebuild(rebuild) => {
                let mut text = format!(
                    "        // {}: ALTER TABLE can't do this exactly, so the table is built anew.\n",
                    in_a_comment(&rebuild.table)
                );
                for statement in &rebuild.statements {
                    text.push_str(&execute(statement));
                }
                Self { text, uses_db: true, begins_paragraph: true }
            }
            Step::Parking(parking) => {
                let comment = parking.comment.replace(['\n', '\r'], " ");
                let mut text = format!("        // {comment}\n");
                for statement in &parking.statements {
                    text.push_str(&execute(statement));
                }
                Self { text, uses_db: true, begins_paragraph: true }
            }
        }
    }
}

fn edit_in_place(edit: &StoredEdit) -> String {
    let indent = "        ";
    let mut text = format!(
        "{indent}// {}: nothing on disk depends on this, so the table's stored SQL is edited.\n",
        in_a_comment(&edit.table)
    );
    let table = rust_literal(edit.table.as_str(), indent);
    let last_text = edit.actions.iter().rposition(|it| matches!(it, EditAction::Store(_)));
    let first_check = edit.actions.iter().position(|it| matches!(it, EditAction::Hold(_)));
    for (at, action) in edit.actions.iter().enumerate() {
        if Some(at) == first_check {
            text.push_str(indent);
            text.push_str("// This touches only a row that breaks the new rule, and then fails.\n");
        }
        match action {
            EditAction::Give(sql) | EditAction::Hold(sql) => text.push_str(&execute(sql)),
            EditAction::Store(sql) => {
                if Some(at) != last_text {
                    text.push_str(indent);
                    text.push_str(
                        "// A row from before ADD COLUMN reads the default that stands in the text. \
                         A default\n        // that no row holds shows which rows those are: they \
                         keep the old one.\n",
                    );
                }
                let sql = rust_literal(sql, indent);
                let _ = writeln!(text, "{indent}edit_stored_sql(db, {table}, {sql}).await?;");
            }
        }
    }
    text
}

fn in_a_comment(name: &crate::ident::Ident) -> String {
    name.as_str().replace(['\n', '\r'], " ")
}

fn execute(sql: &str) -> String {
    format!("        db.execute_unprepared({}).await?;\n", rust_literal(&closed(sql), "        "))
}

const GUARD: &str = r#"
/// A rebuild drops the old table. Where foreign keys are enforced, that deletes or changes the rows
/// of its children; and they can't be switched off inside a transaction.
async fn refuse_enforced_foreign_keys(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let pragma = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA foreign_keys");
    let enforced = match db.query_one_raw(pragma).await? {
        Some(row) => row.try_get_by_index::<i32>(0)? != 0,
        None => false,
    };
    if enforced {
        return Err(DbErr::Migration(format!(
            "{REVISION} rebuilds a table, which is not safe on a connection that enforces foreign \
             keys: rows of other tables would be deleted. Nothing was changed. Open the connection \
             with foreign_keys(false) for migrations, or run `db upgrade`."
        )));
    }
    Ok(())
}
"#;

const EDIT: &str = r#"
/// Gives a table another stored text, by the way that SQLite documents for what doesn't concern
/// what is on disk: <https://www.sqlite.org/lang_altertable.html#otheralter>.
async fn edit_stored_sql(
    db: &SchemaManagerConnection<'_>,
    table: &str,
    sql: &str,
) -> Result<(), DbErr> {
    let before = layout(db, table).await?;
    let stored = sea_orm::Statement::from_sql_and_values(
        sea_orm::DbBackend::Sqlite,
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
        [table.into()],
    );
    let Some(old) = db.query_one_raw(stored).await? else {
        return Err(DbErr::Migration(format!("{REVISION}: there is no table {table}")));
    };
    let old: String = old.try_get_by_index(0)?;
    store_sql(db, table, sql).await?;
    if layout(db, table).await? != before {
        store_sql(db, table, &old).await?;
        return Err(DbErr::Migration(format!(
            "{REVISION} was written for a table {table} whose columns and keys stand in another \
             order than here. The table is as it was. Change the revision to build it anew."
        )));
    }
    Ok(())
}

async fn store_sql(
    db: &SchemaManagerConnection<'_>,
    table: &str,
    sql: &str,
) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA writable_schema = ON").await?;
    let edit = sea_orm::Statement::from_sql_and_values(
        sea_orm::DbBackend::Sqlite,
        "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ? COLLATE NOCASE",
        [sql.into(), table.into()],
    );
    let edited = db.execute_raw(edit).await;
    // This connection reads the text anew here; others do once the schema has another version.
    db.execute_unprepared("PRAGMA writable_schema = RESET").await?;
    edited?;
    let version =
        sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA schema_version");
    if let Some(row) = db.query_one_raw(version).await? {
        let next = row.try_get_by_index::<i32>(0)?.wrapping_add(1);
        db.execute_unprepared(&format!("PRAGMA schema_version = {next}")).await?;
    }
    Ok(())
}

/// How a table and the indexes of its keys lie on disk: an edit must leave that as it is.
async fn layout(db: &SchemaManagerConnection<'_>, table: &str) -> Result<String, DbErr> {
    let query = sea_orm::Statement::from_sql_and_values(
        sea_orm::DbBackend::Sqlite,
        "SELECT coalesce(group_concat(part, ';'), '') FROM (
             SELECT cid || ' ' || lower(name) || ' ' || hidden || ' ' || pk AS part
             FROM pragma_table_xinfo(?1)
             UNION ALL
             SELECT i.name || ' ' || c.seqno || ' ' || c.cid || ' ' || c.desc || ' ' || lower(c.coll)
             FROM pragma_index_list(?1) AS i, pragma_index_xinfo(i.name) AS c ORDER BY 1)",
        [table.into()],
    );
    match db.query_one_raw(query).await? {
        Some(row) => row.try_get_by_index(0),
        None => Ok(String::new()),
    }
}
"#;

#[cfg(test)]
mod tests;
