//! Columns and foreign keys both as sea-query values and as the Rust that makes them.

use crate::ident::Ident;
use crate::schema::{ForeignKey, Table};
use crate::sql::create_table::{ColumnClauseKind, ColumnSyntax};
use crate::sql::lexer::{TokenKind, significant_tokens, unquote};
use sea_orm::sea_query::{
    Alias, ColumnDef, ColumnType, Expr, ForeignKey as ForeignKeyBuilder, ForeignKeyAction,
    ForeignKeyCreateStatement, StringLen,
};
use sea_schema::sqlite::def::parse_type;

/// A column in both forms.
pub(super) struct Column {
    pub(super) code: String,
    pub(super) definition: ColumnDef,
}

/// A column whose clauses sea-query can say; `None` for one that it can't.
pub(super) fn column_of(table: &Table, syntax: &ColumnSyntax) -> Option<Column> {
    let mut definition = ColumnDef::new(Alias::new(syntax.name.as_str()));
    let mut code = format!("ColumnDef::new({:?})", syntax.name.as_str());
    let declared = &table.sql[syntax.type_span.clone()?];
    code.push_str(&add_type(&mut definition, declared));
    let mut extra = Vec::new();
    for clause in &syntax.clauses {
        match &clause.kind {
            ColumnClauseKind::NotNull { conflict: None } => {
                definition.not_null();
                code.push_str(".not_null()");
            }
            ColumnClauseKind::Default(span) => {
                code.push_str(&add_default(&mut definition, &table.sql[span.clone()])?);
            }
            ColumnClauseKind::PrimaryKey { descending: false, autoincrement, conflict: None } => {
                definition.primary_key();
                code.push_str(".primary_key()");
                if *autoincrement {
                    definition.auto_increment();
                    code.push_str(".auto_increment()");
                }
            }
            ColumnClauseKind::Unique { conflict: None } => {
                definition.unique_key();
                code.push_str(".unique_key()");
            }
            _ => extra.push(&table.sql[clause.span.clone()]),
        }
    }
    if !extra.is_empty() {
        // sea-query keeps one piece of SQL a column, and writes it at the end.
        let text = extra.join(" ");
        definition.extra(text.as_str());
        code.push_str(&format!(".extra({text:?})"));
    }
    Some(Column { code, definition })
}

/// sea-schema knows which column type a declared one was written for. What it can't know, or says
/// in other words, is written as it stands.
fn add_type(definition: &mut ColumnDef, declared: &str) -> String {
    let known = match declared {
        // It takes every `integer` for a BigInteger; to SQLite they are one.
        "integer" => Some((ColumnType::Integer, ".integer()".to_owned())),
        _ => parse_type(declared.to_owned())
            .ok()
            .and_then(|kind| Some((kind.clone(), method(&kind)?))),
    };
    if let Some((kind, code)) = known
        && in_sql(kind.clone()).as_deref() == Some(declared)
    {
        definition_of(definition, kind);
        return code;
    }
    definition.custom(Alias::new(declared));
    format!(".custom({declared:?})")
}

fn definition_of(definition: &mut ColumnDef, kind: ColumnType) {
    let name = definition.get_column_name().clone();
    *definition = ColumnDef::new_with_type(Alias::new(name.as_str()), kind);
}

/// The type's text, as sea-query writes it.
fn in_sql(kind: ColumnType) -> Option<String> {
    use sea_orm::sea_query::{SqliteQueryBuilder, Table};
    let sql = Table::create()
        .table(Alias::new("t"))
        .col(ColumnDef::new_with_type(Alias::new("c"), kind))
        .to_string(SqliteQueryBuilder);
    let text = sql.split_once("\"c\" ")?.1;
    Some(text.strip_suffix(" )")?.to_owned())
}

fn method(kind: &ColumnType) -> Option<String> {
    Some(match kind {
        ColumnType::Char(None) => ".char()".to_owned(),
        ColumnType::Char(Some(length)) => format!(".char_len({length})"),
        ColumnType::String(StringLen::None) => ".string()".to_owned(),
        ColumnType::String(StringLen::N(length)) => format!(".string_len({length})"),
        ColumnType::Text => ".text()".to_owned(),
        ColumnType::TinyInteger => ".tiny_integer()".to_owned(),
        ColumnType::SmallInteger => ".small_integer()".to_owned(),
        ColumnType::Float => ".float()".to_owned(),
        ColumnType::Double => ".double()".to_owned(),
        ColumnType::Decimal(None) => ".decimal()".to_owned(),
        ColumnType::Decimal(Some((precision, scale))) => {
            format!(".decimal_len({precision}, {scale})")
        }
        ColumnType::DateTime => ".date_time()".to_owned(),
        ColumnType::Timestamp => ".timestamp()".to_owned(),
        ColumnType::TimestampWithTimeZone => ".timestamp_with_time_zone()".to_owned(),
        ColumnType::Time => ".time()".to_owned(),
        ColumnType::Date => ".date()".to_owned(),
        ColumnType::Blob => ".blob()".to_owned(),
        ColumnType::Boolean => ".boolean()".to_owned(),
        ColumnType::Json => ".json()".to_owned(),
        ColumnType::JsonBinary => ".json_binary()".to_owned(),
        ColumnType::Uuid => ".uuid()".to_owned(),
        _ => return None,
    })
}

fn add_default(definition: &mut ColumnDef, text: &str) -> Option<String> {
    let tokens = significant_tokens(text).ok()?;
    let code = match tokens.as_slice() {
        [token] => match token.kind {
            TokenKind::String => {
                let value = unquote(text);
                definition.default(value.as_str());
                format!("{value:?}")
            }
            TokenKind::Word if text == "CURRENT_TIMESTAMP" => {
                definition.default(Expr::current_timestamp());
                "Expr::current_timestamp()".to_owned()
            }
            TokenKind::Word if text == "TRUE" || text == "FALSE" => {
                definition.default(text == "TRUE");
                text.to_ascii_lowercase()
            }
            TokenKind::Number => number(definition, text)?,
            _ => return None,
        },
        [sign, digits] if sign.text(text) == "-" && digits.kind == TokenKind::Number => {
            number(definition, text)?
        }
        _ if text.starts_with('(') && text.ends_with(')') => {
            let inner = &text[1..text.len() - 1];
            definition.default(Expr::cust(inner.to_owned()));
            format!("Expr::cust({inner:?})")
        }
        _ => return None,
    };
    Some(format!(".default({code})"))
}

/// An integer says that it is an `i64` where a bare number, an `i32`, would be too small.
fn number(definition: &mut ColumnDef, text: &str) -> Option<String> {
    let Ok(value) = text.parse::<i64>() else {
        let value: f64 = text.parse().ok()?;
        definition.default(value);
        return Some(format!("{value:?}"));
    };
    definition.default(value);
    Some(if i32::try_from(value).is_ok() { value.to_string() } else { format!("{value}_i64") })
}

/// A table's foreign key in both forms.
pub(super) fn foreign_key(
    table: &Ident,
    key: &ForeignKey,
) -> (Vec<String>, ForeignKeyCreateStatement) {
    let mut built = ForeignKeyBuilder::create();
    let mut code = vec!["ForeignKey::create()".to_owned()];
    let name = |ident: &Ident| format!("{:?}", ident.as_str());
    let alias = |ident: &Ident| Alias::new(ident.as_str());
    built.from_tbl(alias(table)).to_tbl(alias(&key.parent));
    match (key.columns.as_slice(), key.parent_columns.as_slice()) {
        ([column], [parent_column]) => {
            built.from_col(alias(column)).to_col(alias(parent_column));
            code.push(format!(".from({}, {})", name(table), name(column)));
            code.push(format!(".to({}, {})", name(&key.parent), name(parent_column)));
        }
        (columns, parent_columns) => {
            code.push(format!(".from_tbl({})", name(table)));
            for column in columns {
                built.from_col(alias(column));
                code.push(format!(".from_col({})", name(column)));
            }
            code.push(format!(".to_tbl({})", name(&key.parent)));
            for column in parent_columns {
                built.to_col(alias(column));
                code.push(format!(".to_col({})", name(column)));
            }
        }
    }
    if let Some((word, action)) = action(&key.on_delete) {
        built.on_delete(action);
        code.push(format!(".on_delete(ForeignKeyAction::{word})"));
    }
    if let Some((word, action)) = action(&key.on_update) {
        built.on_update(action);
        code.push(format!(".on_update(ForeignKeyAction::{word})"));
    }
    let last = code.len() - 1;
    code[last].push(',');
    (code, built)
}

/// A foreign key action by its word and value. `NO ACTION` is what happens when nothing is said.
fn action(text: &str) -> Option<(&'static str, ForeignKeyAction)> {
    Some(match text {
        "CASCADE" => ("Cascade", ForeignKeyAction::Cascade),
        "SET NULL" => ("SetNull", ForeignKeyAction::SetNull),
        "SET DEFAULT" => ("SetDefault", ForeignKeyAction::SetDefault),
        "RESTRICT" => ("Restrict", ForeignKeyAction::Restrict),
        _ => return None,
    })
}
