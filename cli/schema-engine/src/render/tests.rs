use super::*;
use crate::ident::Ident;
use crate::plan::Statement;

fn lifted(kind: StatementKind, subject: &str, sql: &str) -> Option<String> {
    lift(&Statement { kind, subject: Ident::from(subject), sql: sql.to_owned() })
}

#[test]
fn what_sea_query_says_to_the_letter_becomes_a_call() {
    for (kind, sql) in [
        (
            StatementKind::CreateTable,
            "CREATE TABLE \"t\" ( \"id\" integer NOT NULL PRIMARY KEY AUTOINCREMENT, \"a\" varchar(36) NOT NULL DEFAULT 'x', \"n\" integer DEFAULT -1, \"d\" datetime_text DEFAULT CURRENT_TIMESTAMP, \"e\" enum_text, \"b\" boolean DEFAULT TRUE, \"c\" text COLLATE NOCASE, FOREIGN KEY (\"a\") REFERENCES \"p\" (\"id\") ON DELETE CASCADE )",
        ),
        (StatementKind::AddColumn, "ALTER TABLE \"t\" ADD COLUMN \"category\" varchar(50)"),
        (StatementKind::DropColumn, "ALTER TABLE \"t\" DROP COLUMN \"category\""),
        (StatementKind::DropTable, "DROP TABLE \"t\""),
        (StatementKind::RenameColumn, "ALTER TABLE \"t\" RENAME COLUMN \"a\" TO \"b\""),
        (StatementKind::RenameTable, "ALTER TABLE \"t\" RENAME TO \"b\""),
        (StatementKind::CreateIndex, "CREATE UNIQUE INDEX \"i\" ON \"t\" (\"a\", \"b\" DESC)"),
        (StatementKind::DropIndex, "DROP INDEX \"i\""),
    ] {
        assert!(lifted(kind, "t", sql).is_some(), "{sql}");
    }
}

#[test]
fn what_it_would_say_otherwise_stays_sql() {
    for (kind, sql) in [
        (StatementKind::CreateTable, "CREATE TABLE t (a int)"),
        (StatementKind::CreateTable, "CREATE TABLE \"t\" ( \"a\" integer ) STRICT"),
        (StatementKind::CreateTable, "CREATE TABLE \"t\" ( \"a\" integer /* why */ )"),
        (StatementKind::CreateIndex, "CREATE INDEX \"i\" ON \"t\" (lower(\"a\"))"),
        (StatementKind::CreateIndex, "CREATE INDEX \"i\" ON \"t\" (\"a\") WHERE \"a\" > 1"),
        (StatementKind::CreateObject, "CREATE VIEW v AS SELECT 1"),
    ] {
        assert_eq!(lifted(kind, "t", sql), None, "{sql}");
    }
}
