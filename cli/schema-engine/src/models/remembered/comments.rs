//! The comments of columns in a `CREATE TABLE` that sea-query wrote for `MySQL`.

use crate::answers::Rename;
use crate::ident::Ident;
use std::iter::Peekable;
use std::str::Chars;

/// A piece of the statement, as far as comments need it.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// A name in back quotes.
    Name(String),
    /// What stands in single quotes.
    Text(String),
    Word(String),
    Symbol(char),
}

/// The former names that a statement gives its columns. None for a statement of another kind, and
/// none from where on it can't be read.
pub(super) fn former_names(sql: &str) -> Vec<Rename> {
    let mut pieces = pieces(sql).into_iter().peekable();
    let mut renames = Vec::new();
    let Some(table) = table(&mut pieces) else { return renames };
    let mut depth = 1_usize;
    let mut column = None;
    let mut at_start = true;
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Name(name) if at_start => column = Some(Ident::from(name)),
            Piece::Symbol('(') => depth += 1,
            Piece::Symbol(')') => depth -= 1,
            Piece::Word(word) if depth == 1 && word.eq_ignore_ascii_case("COMMENT") => {
                if let (Some(column), Some(Piece::Text(comment))) = (&column, pieces.peek())
                    && let Some(from) = former_name(comment)
                {
                    let (table, to) = (table.clone(), column.clone());
                    renames.push(Rename::Column { table, from, to });
                }
            }
            Piece::Symbol(',') if depth == 1 => {
                at_start = true;
                column = None;
                continue;
            }
            _ => {}
        }
        at_start = false;
        if depth == 0 {
            break;
        }
    }
    renames
}

/// Reads up to the parenthesis that opens the columns: `CREATE TABLE [schema.]name (`.
fn table(pieces: &mut Peekable<impl Iterator<Item = Piece>>) -> Option<Ident> {
    for word in ["CREATE", "TABLE"] {
        match pieces.next()? {
            Piece::Word(found) if found.eq_ignore_ascii_case(word) => {}
            _ => return None,
        }
    }
    let mut name = None;
    loop {
        match pieces.next()? {
            Piece::Name(found) => name = Some(Ident::from(found)),
            Piece::Symbol('(') => return name,
            Piece::Word(_) | Piece::Symbol('.') => {}
            _ => return None,
        }
    }
}

/// The name in `renamed_from "…"`, which SeaORM puts behind a comment of the model's own.
fn former_name(comment: &str) -> Option<Ident> {
    let (before, name) = comment.rsplit_once("renamed_from \"")?;
    let name = name.strip_suffix('"').filter(|name| !name.is_empty())?;
    (before.is_empty() || before.ends_with("; ")).then(|| Ident::from(name))
}

/// Takes a statement apart. A quote that never closes ends it.
fn pieces(sql: &str) -> Vec<Piece> {
    let mut letters = sql.chars().peekable();
    let mut pieces = Vec::new();
    while let Some(letter) = letters.next() {
        let piece = match letter {
            '`' => quoted(&mut letters, '`').map(Piece::Name),
            '"' => quoted(&mut letters, '"').map(Piece::Word),
            '\'' => text(&mut letters).map(Piece::Text),
            letter if letter.is_whitespace() => continue,
            letter if is_word(letter) => {
                let mut word = String::from(letter);
                while let Some(more) = letters.next_if(|letter| is_word(*letter)) {
                    word.push(more);
                }
                Some(Piece::Word(word))
            }
            symbol => Some(Piece::Symbol(symbol)),
        };
        match piece {
            Some(piece) => pieces.push(piece),
            None => break,
        }
    }
    pieces
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A quoted name, whose quotes are doubled inside.
fn quoted(letters: &mut Peekable<Chars<'_>>, mark: char) -> Option<String> {
    let mut name = String::new();
    loop {
        match letters.next()? {
            letter if letter != mark => name.push(letter),
            _ if letters.next_if_eq(&mark).is_some() => name.push(mark),
            _ => return Some(name),
        }
    }
}

/// A text in single quotes: sea-query escapes with backslashes, the SQL that a model gives as it
/// is doubles its quotes.
fn text(letters: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match letters.next()? {
            '\'' if letters.next_if_eq(&'\'').is_some() => text.push('\''),
            '\'' => return Some(text),
            '\\' => text.push(match letters.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                '0' => '\0',
                'z' => '\u{1a}',
                other => other,
            }),
            letter => text.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &str) -> Vec<String> {
        former_names(sql).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_former_name_is_found_behind_any_definition() {
        let sql = r#"CREATE TABLE `sys`.`tasks` ( `id` int NOT NULL PRIMARY KEY AUTO_INCREMENT,
            `priority` varchar(255) NOT NULL DEFAULT 'it\'s' COMMENT 'renamed_from \"prio\"',
            `comment` decimal(10, 2) COLLATE NOCASE CHECK (comment <> 'a''), (b' AND "x" > 0) COMMENT 'Who says so; renamed_from \"note\"',
            `we``ird` text COMMENT 'renamed_from \"o\\l\'d\"',
            CONSTRAINT `fk` FOREIGN KEY (`id`) REFERENCES `t` (`id`) ) COMMENT 'renamed_from \"no\"'"#;
        assert_eq!(
            names(sql),
            ["tasks.prio=priority", "tasks.note=comment", r"tasks.o\l'd=we`ird"]
        );
    }

    #[test]
    fn other_comments_and_other_statements_say_nothing() {
        for sql in [
            "",
            "CREATE INDEX `i` ON `t` (`a`)",
            "CREATE TABLE `t` ( `a` text COMMENT 'was renamed_from something' )",
            r#"CREATE TABLE `t` ( `a` text COMMENT 'renamed_from \"\"' )"#,
            r#"CREATE TABLE `t` ( `a` text COMMENT 'they say renamed_from \"b\"' )"#,
            r#"CREATE TABLE `t` ( `a` text DEFAULT 'COMMENT renamed_from \"b\"' )"#,
            "CREATE TABLE `t` ( `a` text COMMENT 'never closed",
            "CREATE TABLE `t` ) ) ) (",
            "CREATE TABLE",
        ] {
            assert_eq!(names(sql), [""; 0], "{sql}");
        }
    }
}
