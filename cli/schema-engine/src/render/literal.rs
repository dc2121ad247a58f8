//! SQL as a Rust string that a person can read.

use crate::sql::create_table;

/// How long a line may be before a table's columns get lines of their own.
const WIDTH: usize = 88;

/// SQL as a Rust expression. A long `CREATE TABLE` in one line is cut between its columns into
/// pieces that `concat!` puts together again byte for byte.
pub(super) fn rust_literal(sql: &str, indent: &str) -> String {
    if sql.contains('\n') || sql.len() <= WIDTH {
        return string(sql);
    }
    let Ok(table) = create_table::parse(sql) else {
        return string(sql);
    };
    let starts = table.columns.iter().map(|column| column.span.start);
    let constraints = table.constraints.iter().map(|constraint| constraint.span.start);
    let mut cuts: Vec<usize> = starts.chain(constraints).collect();
    cuts.push(table.body_end);
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

    #[test]
    fn a_long_table_is_cut_between_its_columns() {
        let sql = "CREATE TABLE \"things\" ( \"id\" varchar(36) NOT NULL PRIMARY KEY, \"name\" varchar(255) NOT NULL, FOREIGN KEY (\"name\") REFERENCES \"x\" (\"y\") )";
        let code = rust_literal(sql, "");
        let lines: Vec<_> = code.lines().collect();
        assert_eq!(lines.len(), 7, "{code}");
        let pieces: String = lines[1..6]
            .iter()
            .map(|line| {
                syn::parse_str::<syn::LitStr>(line.trim().trim_end_matches(',')).unwrap().value()
            })
            .collect();
        assert_eq!(pieces, sql);
    }
}
