//! A plain statement as a call of sea-query's builders.

use super::builder::{Column, column_of, foreign_key};
use crate::ident::Ident;
use crate::plan::{Statement, StatementKind};
use crate::schema::{Index, Rule, Table};
use crate::sql::create_index;
use crate::sql::create_table;
use sea_orm::sea_query;
use sea_orm::sea_query::{Alias, IndexOrder, SqliteQueryBuilder, Table as TableBuilder};

/// The call that gives this statement to the letter; `None` where no call does.
pub(super) fn lift(statement: &Statement) -> Option<String> {
    let (call, sql) = match statement.kind {
        StatementKind::CreateTable => create_table(&statement.sql)?,
        StatementKind::DropTable => drop_table(&statement.subject),
        StatementKind::AddColumn => add_column(statement)?,
        StatementKind::DropColumn => drop_column(statement)?,
        StatementKind::RenameTable => rename_table(statement)?,
        StatementKind::RenameColumn => rename_column(statement)?,
        StatementKind::CreateIndex => create_index(&statement.sql)?,
        StatementKind::DropIndex => drop_index(statement)?,
        StatementKind::CreateObject | StatementKind::DropObject => return None,
    };
    (sql == statement.sql).then_some(call)
}

fn name(ident: &Ident) -> String {
    format!("{:?}", ident.as_str())
}

fn alias(ident: &Ident) -> Alias {
    Alias::new(ident.as_str())
}

/// A call on the manager whose argument is a chain of calls, each on a line of its own.
fn call(method: &str, chain: &[String]) -> String {
    let indent = "\n                    ";
    let chain: Vec<_> = chain.iter().map(|link| link.replace('\n', indent)).collect();
    format!(
        "        manager\n            .{method}(\n                {}\n            )\n            .await?;\n",
        chain.join(indent)
    )
}

fn create_table(sql: &str) -> Option<(String, String)> {
    let table = Table::from_sql(sql, 0).ok()?;
    let mut statement = TableBuilder::create().table(alias(&table.name)).to_owned();
    let mut chain = vec!["Table::create()".to_owned(), format!(".table({})", name(&table.name))];
    for syntax in &table.syntax.columns {
        let column = column_of(&table, syntax)?;
        chain.push(format!(".col({})", column.code));
        statement.col(column.definition);
    }
    for constraint in table.constraints.iter().filter(|constraint| constraint.column.is_none()) {
        match &constraint.rule {
            Rule::ForeignKey(key) => {
                let (code, mut built) = foreign_key(&table.name, key);
                chain.push(format!(".foreign_key(\n    {}\n)", code.join("\n        ")));
                statement.foreign_key(&mut built);
            }
            Rule::PrimaryKey(key) => {
                let mut index = sea_query::Index::create();
                let mut code = "Index::create()".to_owned();
                let given =
                    table.syntax.constraints.iter().find(|given| given.span == constraint.span);
                if let Some(given) = given.and_then(|given| given.name.as_ref()) {
                    index.name(given.as_str());
                    code.push_str(&format!(".name({})", name(given)));
                }
                for column in &key.columns {
                    index.col(alias(&column.name));
                    code.push_str(&format!(".col({})", name(&column.name)));
                }
                chain.push(format!(".primary_key({code})"));
                statement.primary_key(&mut index);
            }
            Rule::Unique(_) | Rule::Check(_) => return None,
        }
    }
    chain.push(".to_owned(),".to_owned());
    Some((call("create_table", &chain), statement.to_string(SqliteQueryBuilder)))
}

fn drop_table(table: &Ident) -> (String, String) {
    let statement = TableBuilder::drop().table(alias(table)).to_owned();
    let code = format!(
        "        manager.drop_table(Table::drop().table({}).to_owned()).await?;\n",
        name(table)
    );
    (code, statement.to_string(SqliteQueryBuilder))
}

/// The definition in `ALTER TABLE … ADD COLUMN` is read as the only column of a table.
fn add_column(statement: &Statement) -> Option<(String, String)> {
    let table = &statement.subject;
    let definition =
        statement.sql.strip_prefix(&format!("ALTER TABLE {} ADD COLUMN ", table.quoted()))?;
    let only = Table::from_sql(format!("CREATE TABLE t ({definition})"), 0).ok()?;
    let [syntax] = only.syntax.columns.as_slice() else { return None };
    let Column { code, definition } = column_of(&only, syntax)?;
    let built = TableBuilder::alter().table(alias(table)).add_column(definition).to_owned();
    let chain = [
        "Table::alter()".to_owned(),
        format!(".table({})", name(table)),
        format!(".add_column({code})"),
        ".to_owned(),".to_owned(),
    ];
    Some((call("alter_table", &chain), built.to_string(SqliteQueryBuilder)))
}

fn drop_column(statement: &Statement) -> Option<(String, String)> {
    let table = &statement.subject;
    let column = only_name(statement.sql.rsplit_once(" DROP COLUMN ")?.1)?;
    let built = TableBuilder::alter().table(alias(table)).drop_column(alias(&column)).to_owned();
    let code = format!(
        "        manager\n            .alter_table(Table::alter().table({}).drop_column({}).to_owned())\n            .await?;\n",
        name(table),
        name(&column)
    );
    Some((code, built.to_string(SqliteQueryBuilder)))
}

fn rename_table(statement: &Statement) -> Option<(String, String)> {
    let from = &statement.subject;
    let to = only_name(statement.sql.rsplit_once(" RENAME TO ")?.1)?;
    let built = TableBuilder::rename().table(alias(from), alias(&to)).to_owned();
    let code = format!(
        "        manager.rename_table(Table::rename().table({}, {}).to_owned()).await?;\n",
        name(from),
        name(&to)
    );
    Some((code, built.to_string(SqliteQueryBuilder)))
}

fn rename_column(statement: &Statement) -> Option<(String, String)> {
    let table = &statement.subject;
    let (before, to) = statement.sql.rsplit_once(" TO ")?;
    let from = only_name(before.rsplit_once(" RENAME COLUMN ")?.1)?;
    let to = only_name(to)?;
    let built = TableBuilder::alter()
        .table(alias(table))
        .rename_column(alias(&from), alias(&to))
        .to_owned();
    let chain = [
        "Table::alter()".to_owned(),
        format!(".table({})", name(table)),
        format!(".rename_column({}, {})", name(&from), name(&to)),
        ".to_owned(),".to_owned(),
    ];
    Some((call("alter_table", &chain), built.to_string(SqliteQueryBuilder)))
}

fn create_index(sql: &str) -> Option<(String, String)> {
    let index = Index::from_sql(sql, 0).ok()?;
    let syntax = create_index::parse(sql).ok()?;
    let mut built = sea_query::Index::create();
    built.name(index.name.as_str()).table(alias(&index.table));
    let mut chain = vec![
        "Index::create()".to_owned(),
        format!(".name({})", name(&index.name)),
        format!(".table({})", name(&index.table)),
    ];
    if index.unique {
        built.unique();
        chain.push(".unique()".to_owned());
    }
    for column in &syntax.columns {
        let column_name = column.name.as_ref()?;
        if column.descending {
            built.col((alias(column_name), IndexOrder::Desc));
            chain.push(format!(".col(({}, IndexOrder::Desc))", name(column_name)));
        } else {
            built.col(alias(column_name));
            chain.push(format!(".col({})", name(column_name)));
        }
    }
    chain.push(".to_owned(),".to_owned());
    Some((call("create_index", &chain), built.to_string(SqliteQueryBuilder)))
}

fn drop_index(statement: &Statement) -> Option<(String, String)> {
    let index = only_name(statement.sql.strip_prefix("DROP INDEX ")?)?;
    let built = sea_query::Index::drop().name(index.as_str()).to_owned();
    let code = format!(
        "        manager.drop_index(Index::drop().name({}).table({}).to_owned()).await?;\n",
        name(&index),
        name(&statement.subject)
    );
    Some((code, built.to_string(SqliteQueryBuilder)))
}

/// The one name that a text consists of.
fn only_name(text: &str) -> Option<Ident> {
    let constraint = format!("CREATE TABLE {text} (a)");
    create_table::parse(&constraint).ok().map(|table| table.name)
}
