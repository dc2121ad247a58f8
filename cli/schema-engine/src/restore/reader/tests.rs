use std::io::Read;

use super::{Ending, Piece, Reader};

/// Gives one byte at a time, so that every seam is met.
struct Drops<'a>(&'a [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(1);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// Every row and statement, with its line.
fn pieces(input: impl Read) -> Result<Vec<String>, String> {
    let mut reader = Reader::new(input);
    let mut found = Vec::new();
    loop {
        match reader.next().map_err(|error| error.to_string())? {
            Piece::Statement(statement) => {
                let text = String::from_utf8_lossy(&statement.text).into_owned();
                found.push(format!("{}: {text}", statement.line));
            }
            Piece::Rows(rows) => {
                for (row, line) in rows.lines.iter().enumerate() {
                    let text = rows.statement(row);
                    found.push(format!("{line}> {}", String::from_utf8_lossy(&text)));
                }
            }
            Piece::End(ending) => {
                match ending {
                    Ending::Plain => {}
                    Ending::Unsealed => found.push("unsealed".to_owned()),
                    Ending::Sealed { line, .. } => found.push(line),
                }
                return Ok(found);
            }
        }
    }
}

#[track_caller]
fn assert_pieces(text: &str, expected: &[&str]) {
    let whole = pieces(text.as_bytes()).expect("pieces");
    assert_eq!(whole, expected);
    assert_eq!(pieces(Drops(text.as_bytes())).expect("pieces"), whole);
}

#[test]
fn rows_and_statements_come_in_their_order_and_with_their_lines() {
    assert_pieces(
        "-- a dump\nBEGIN;\n\nCREATE TABLE t(a,\nb);\nINSERT INTO t VALUES(1,'a\nb');\nINSERT INTO t VALUES(2,NULL);\r\n\
         INSERT INTO \"u\" (a) VALUES\n (1),\n (2);insert into t values(3,4); -- end\nCOMMIT;\n",
        &[
            "2: BEGIN",
            "4: CREATE TABLE t(a,\nb)",
            "6> INSERT INTO t VALUES(1,replace('a\\nb','\\n',char(10)))",
            "8> INSERT INTO t VALUES(2,NULL)",
            "10> INSERT INTO \"u\" (a) VALUES(1)",
            "11> INSERT INTO \"u\" (a) VALUES(2)",
            "11> insert into t VALUES(3,4)",
            "12: COMMIT",
        ],
    );
}

#[test]
fn odd_rows_are_left_to_sqlite() {
    assert_pieces(
        "INSERT INTO t VALUES(1),(0x1F),\n('a'||(1,2)),(3);INSERT INTO t VALUES(4);INSERT INTO t VALUES(1,2);",
        &[
            "1> INSERT INTO t VALUES(1)",
            "1: INSERT INTO t\nVALUES(0x1F)",
            "1: INSERT INTO t\nVALUES\n('a'||(1,2))",
            "2> INSERT INTO t VALUES(3)",
            "2> INSERT INTO t VALUES(4)",
            "2> INSERT INTO t VALUES(1,2)",
        ],
    );
    for text in [
        "INSERT INTO t SELECT 1;",
        "INSERT INTO t DEFAULT VALUES;",
        "INSERT INTO temp.t VALUES(1);",
        "INSERT INTO sqlite_master VALUES(1);",
        "INSERT INTO t AS u VALUES(1);",
        "PRAGMA x;",
    ] {
        assert_pieces(text, &[&format!("1: {}", text.trim_end_matches(';'))]);
    }
}

#[test]
fn what_is_no_dump_is_seen_at_once() {
    let mut reader = Reader::new(std::io::repeat(b'x'));
    let first = reader.next();
    assert!(matches!(first, Ok(Piece::Statement(statement)) if statement.text.len() == 200));
    let mut reader = Reader::new(b"\n.read x\nBEGIN;".as_slice());
    let first = reader.next();
    assert!(
        matches!(first, Ok(Piece::Statement(statement)) if statement.line == 2 && statement.text == b".read x")
    );
}

#[test]
fn a_cut_row_is_an_error_with_its_line() {
    for text in
        ["\nINSERT INTO t VALUES(1", "\nINSERT INTO t VALUES('a\n", "\nINSERT INTO t VALUES(1)"]
    {
        let error = pieces(text.as_bytes()).expect_err("cut");
        assert!(error.contains("cut short") && error.contains("line 2"), "{error}");
    }
    let error = pieces(b"\nINSERT INTO t VALUES('a\n\0');".as_slice()).expect_err("a NUL byte");
    assert!(error.contains("line 3 holds a NUL byte"), "{error}");
}

#[test]
fn the_last_line_of_a_dump_of_ours_is_its_end() {
    let text = "-- tgenie-dump v1: x\nCOMMIT;\n-- tgenie-dump v1 tables=0 rows=0 blake3=0\n";
    assert_pieces(text, &["2: COMMIT", "-- tgenie-dump v1 tables=0 rows=0 blake3=0"]);
    assert_pieces(&format!("{text}x;"), &["2: COMMIT", "unsealed"]);
    assert_pieces(text.trim_end(), &["2: COMMIT", "unsealed"]);
    assert_pieces(&text[..29], &["2: COMMIT", "unsealed"]);
    assert!(pieces(b"-- tgenie-dump v2: x\n".as_slice()).is_err());
}
