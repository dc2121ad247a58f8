//! The second wall around a dump: what SQLite itself is asked before it compiles a statement.
//!
//! <https://www.sqlite.org/c3ref/set_authorizer.html>, <https://www.sqlite.org/security.html>

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

use super::Dialect;
use super::statement::Group;
use super::virtual_table;

/// On whose behalf a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Dump(Group),
    Ours,
}

struct Shared {
    mode: Mode,
    refused: Option<String>,
}

/// Confines a connection to its own database and to what dumps do.
#[derive(Clone)]
pub(super) struct Guard {
    shared: Arc<Mutex<Shared>>,
}

impl Guard {
    /// Sets the guard up.
    pub(super) fn set(connection: &Connection, dialect: Dialect) -> rusqlite::Result<Self> {
        // Triggers and views must do nothing while their tables are filled. A schema may be altered,
        // though, for which SQLite looks into its views.
        for (setting, value) in [
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, dialect == Dialect::Schema),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        ] {
            connection.set_db_config(setting, value)?;
        }
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        connection.set_limit(Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1)?;

        let shared = Arc::new(Mutex::new(Shared { mode: Mode::Ours, refused: None }));
        let seen = Arc::clone(&shared);
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            match seen.mode {
                Mode::Ours => Authorization::Allow,
                Mode::Dump(group) => match objection(&context, group) {
                    None => Authorization::Allow,
                    Some(objection) => {
                        seen.refused.get_or_insert(objection);
                        Authorization::Deny
                    }
                },
            }
        }))?;
        Ok(Self { shared })
    }

    /// Does something with a statement of the dump.
    pub(super) fn for_dump<T>(&self, group: Group, work: impl FnOnce() -> T) -> T {
        self.set_mode(Mode::Dump(group));
        let result = work();
        self.set_mode(Mode::Ours);
        result
    }

    /// What was refused since the last question.
    pub(super) fn take_refused(&self) -> Option<String> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).refused.take()
    }

    fn set_mode(&self, mode: Mode) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).mode = mode;
    }
}

/// Functions that reach outside the database; none of them is needed by a definition.
const DANGEROUS: [&str; 5] = ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"];

fn objection(context: &AuthContext<'_>, group: Group) -> Option<String> {
    if group == Group::Schema {
        return schema_objection(context);
    }
    if context.database_name.is_some_and(|name| name != "main") {
        return Some("reaches for another database".to_owned());
    }
    // SQLite says so for its own work too: a CREATE writes to the schema.
    let writes_schema = group != Group::Insert;
    match context.action {
        AuthAction::CreateTable { .. }
        | AuthAction::CreateIndex { .. }
        | AuthAction::CreateView { .. }
        | AuthAction::CreateTrigger { .. }
        | AuthAction::Reindex { .. }
        | AuthAction::Analyze { .. }
        | AuthAction::Read { .. } => None,
        AuthAction::CreateVtable { module_name, .. } => unknown_module(module_name),
        AuthAction::Insert { table_name } | AuthAction::Update { table_name, .. } => {
            (table_name.eq_ignore_ascii_case("sqlite_master") && !writes_schema)
                .then(|| "writes to the schema".to_owned())
        }
        AuthAction::Delete { table_name } => (!table_name.starts_with("sqlite_s")
            || table_name == "sqlite_schema")
            .then(|| format!("deletes from `{table_name}`")),
        // VALUES with several rows are a query to SQLite, also in the text of a view, and so is its
        // own look at statistics.
        AuthAction::Select => {
            (group == Group::Create).then(|| "fills a table by a query".to_owned())
        }
        AuthAction::Function { function_name } => dangerous(function_name),
        AuthAction::Pragma { pragma_name, .. } => {
            (!["encoding", "auto_vacuum", "user_version", "application_id"].contains(&pragma_name))
                .then(|| format!("is a PRAGMA {pragma_name}, which no dump needs"))
        }
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            Some("opens another database".to_owned())
        }
        AuthAction::Recursive => Some("is a recursive query".to_owned()),
        other => Some(format!("does what no dump needs ({other:?})")),
    }
}

/// What a schema may not do. Which statements it consists of was read before; SQLite's own guard
/// keeps them out of the schema's table.
fn schema_objection(context: &AuthContext<'_>) -> Option<String> {
    // An ALTER looks for triggers there that mention the table.
    let is_own_look = matches!(
        context.action,
        AuthAction::Read { table_name: "sqlite_temp_master" | "sqlite_temp_schema", .. }
            | AuthAction::Update { table_name: "sqlite_temp_master" | "sqlite_temp_schema", .. }
    );
    // For a column that is dropped, SQLite tells the column in this place.
    let database = match context.action {
        AuthAction::AlterTable { database_name, .. } => Some(database_name),
        _ => context.database_name,
    };
    if database.is_some_and(|name| name != "main") && !is_own_look {
        return Some("reaches for another database".to_owned());
    }
    match context.action {
        AuthAction::CreateTable { .. }
        | AuthAction::CreateIndex { .. }
        | AuthAction::CreateView { .. }
        | AuthAction::CreateTrigger { .. }
        | AuthAction::DropTable { .. }
        | AuthAction::DropIndex { .. }
        | AuthAction::DropView { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropVtable { .. }
        | AuthAction::AlterTable { .. }
        | AuthAction::Reindex { .. }
        | AuthAction::Read { .. }
        | AuthAction::Select
        | AuthAction::Insert { .. }
        | AuthAction::Update { .. }
        | AuthAction::Delete { .. } => None,
        AuthAction::CreateVtable { module_name, .. } => unknown_module(module_name),
        AuthAction::Function { function_name } => dangerous(function_name),
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            Some("opens another database".to_owned())
        }
        AuthAction::Recursive => Some("is a recursive query".to_owned()),
        other => Some(format!("does what no schema needs ({other:?})")),
    }
}

fn unknown_module(module: &str) -> Option<String> {
    (!virtual_table::is_known(module)).then(|| virtual_table::not_let_in(module))
}

fn dangerous(function: &str) -> Option<String> {
    let known = DANGEROUS.iter().any(|name| function.eq_ignore_ascii_case(name));
    known.then(|| format!("calls `{function}`"))
}
