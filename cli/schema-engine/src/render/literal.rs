//! SQL as a Rust string that a person can read.

use crate::sql::create_table::{self, CreateTable};
use crate::sql::lexer::significant_tokens;

/// How long a piece of SQL may be; with its indentation and quotes rustfmt then takes the line.
const WIDTH: usize = 80;

/// SQL as a Rust expression. A long statement in one line is cut into pieces that `concat!` puts
/// together again byte for byte: a table between its columns, anything else between its words.
pub(super) fn rust_literal(sql: &str, indent: &str) -> String {
    if sql.contains('\n') || sql.len() <= WIDTH {
        return string(sql);
    }
    let cuts = match create_table::parse(sql) {
        Ok(table) => between_columns(&table),
        Err(_) => between_words(sql),
    };
    let mut text = String::from("concat!(\n");
    let mut at = 0;
    for cut in cuts.into_iter().chain([sql.len()]) {
        text.push_str(&format!("{indent}    {},\n", string(&sql[at..cut])));
        at = cut;
    }
    text.push_str(indent);
    text.push(')');
    text
}

fn between_columns(table: &CreateTable) -> Vec<usize> {
    let columns = table.columns.iter().map(|column| column.span.start);
    let constraints = table.constraints.iter().map(|constraint| constraint.span.start);
    columns.chain(constraints).chain([table.body_end]).collect()
}

/// Before the words that begin a clause, and where a line would become too long.
fn between_words(sql: &str) -> Vec<usize> {
    const CLAUSES: [&str; 5] = ["SELECT", "FROM", "WHERE", "BEGIN", "END"];
    let mut cuts = Vec::new();
    let mut line = 0;
    let mut break_at = 0;
    for token in significant_tokens(sql).unwrap_or_default() {
        let begins_clause = CLAUSES.iter().any(|word| token.text(sql) == *word);
        if begins_clause && token.span.start > line {
            line = token.span.start;
            cuts.push(line);
        } else if token.span.end - line > WIDTH && break_at > line {
            line = break_at;
            cuts.push(line);
        }
        // A line may end behind a comma, with the space that follows it.
        if token.text(sql) == "," {
            let rest = &sql[token.span.end..];
            break_at = token.span.end + rest.len() - rest.trim_start_matches(' ').len();
        }
    }
    cuts
}

/// A raw string where that is easier to read, with as many `#` as it needs.
fn string(text: &str) -> String {
    if !text.contains(['"', '\\']) && !text.contains(char::is_control) {
        return format!("\"{text}\"");
    }
    // A raw string can hold any character but a lone carriage return.
    if text.contains('\r') || text.contains('\0') {
        return format!("{text:?}");
    }
    let mut marks = String::new();
    if text.contains('"') {
        marks.push('#');
        while text.contains(&format!("\"{marks}")) {
            marks.push('#');
        }
    }
    format!("r{marks}\"{text}\"{marks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_becomes_a_string_of_the_same_bytes() {
        for text in [
            "plain",
            "a \"quote\"",
            "a \"# mark",
            "back\\slash",
            "line\nbreak",
            "cr\rlf",
            "\"##",
            "",
        ] {
            let code = rust_literal(text, "");
            let parsed: syn::LitStr = syn::parse_str(&code).expect(&code);
            assert_eq!(parsed.value(), text);
        }
    }

    fn pieces(code: &str) -> Vec<String> {
        let lines: Vec<_> = code.lines().collect();
        let piece = |line: &&str| {
            syn::parse_str::<syn::LitStr>(line.trim().trim_end_matches(',')).expect(line).value()
        };
        lines[1..lines.len() - 1].iter().map(piece).collect()
    }

    #[test]
    fn a_long_table_is_cut_between_its_columns() {
        let sql = "CREATE TABLE \"things\" ( \"id\" varchar(36) NOT NULL PRIMARY KEY, \"name\" varchar(255) NOT NULL, FOREIGN KEY (\"name\") REFERENCES \"x\" (\"y\") )";
        let pieces = pieces(&rust_literal(sql, ""));
        assert_eq!(pieces.len(), 5, "{pieces:?}");
        assert_eq!(pieces.concat(), sql);
    }

    #[test]
    fn a_long_copy_is_cut_between_its_words() {
        let sql = "INSERT INTO \"tasks__new\" (\"id\", \"title\", \"description\", \"status\", \"priority\", \"eta\", \"created_at\") SELECT old.\"id\", ',SELECT,' FROM \"tasks\" AS old";
        let pieces = pieces(&rust_literal(sql, ""));
        assert_eq!(pieces.concat(), sql);
        assert_eq!(pieces.len(), 4, "{pieces:#?}");
        assert!(pieces[2].starts_with("SELECT") && pieces.iter().all(|piece| piece.len() <= WIDTH));
    }
}
