use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};

use super::{Row, Stop, row};
use crate::restore::row_batch::Values;

fn read(text: &[u8]) -> Result<(Row, Vec<Value>), Stop> {
    let mut values = Values::default();
    let row = row(text, false, &mut values)?;
    let list = (0..row.width)
        .map(|at| match values.get(at) {
            // Text may hold bytes that aren't UTF-8.
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Value::Text(text.to_owned()),
                Err(_) => Value::Blob([b"text ", bytes].concat()),
            },
            value => Value::try_from(value).expect("a value"),
        })
        .collect();
    Ok((row, list))
}

/// What SQLite makes of the same list.
fn by_sqlite(text: &str) -> Vec<Value> {
    let connection = Connection::open_in_memory().expect("a database");
    let list = text.trim_end_matches([';', ',']).trim().trim_start_matches('(');
    let list = list.trim_end().strip_suffix(')').expect("a list");
    connection
        .query_row(&format!("SELECT {list}"), [], |row| {
            (0..row.as_ref().column_count()).map(|at| row.get(at)).collect()
        })
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn plain_values_are_what_sqlite_makes_of_them() {
    for text in [
        "(1,-1,+7,0,9223372036854775807,-9223372036854775808);",
        "(NULL,null,'',x'',X'00fFaB');",
        "( 1 , 'a' ,\r\n\t2.5 ) ,",
        "('it''s','''','a;b','--','/*',' )');",
        "(1.5,-2.25,.5,1e3,-0.0,0.0,9e999,-9e999,19.99,1E-5,4.9406564584124654e+0);",
        "(3.0*1125899906842624.0*2.0,-3.0/1125899906842624.0/4.0);",
        "(replace('a\\nb\\n','\\n',char(10)),replace(replace('\\r\\n','\\n',char(10)),'\\r',char(13)));",
        "(char(65,8364,128512),REPLACE('aaa','aa','b'),replace('x','y','z'));",
        "(CAST(X'616263' AS TEXT),cast( x'' as text ));",
        "('日本語','naïve\n\nx');",
    ] {
        let (row, values) = read(text.as_bytes()).unwrap_or_else(|stop| panic!("{text}: {stop:?}"));
        assert_eq!(values, by_sqlite(text), "{text}");
        assert_eq!(row.length, text.len(), "{text}");
        assert_eq!(row.is_last, text.ends_with(';'), "{text}");
        assert_eq!(row.lines, text.matches('\n').count() as u64, "{text}");
    }
}

#[test]
fn what_sqlite_misreads_or_cannot_read_is_read_exactly() {
    let (_, values) = read(
        b"(Inf,-Inf,+Infinity,unistr('a\\u000ab\\\\\\+01F600\\0041\\U0001F600'),'a\xff',CAST(X'61FF' AS TEXT));",
    )
    .expect("a row");
    assert_eq!(
        values,
        [
            Value::Real(f64::INFINITY),
            Value::Real(f64::NEG_INFINITY),
            Value::Real(f64::INFINITY),
            Value::Text("a\nb\\😀A😀".to_owned()),
            Value::Blob(b"text a\xff".to_vec()),
            Value::Blob(b"text a\xff".to_vec()),
        ]
    );
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..20_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        let real = f64::from_bits(random);
        if !real.is_finite() {
            continue;
        }
        let mut text = b"(".to_vec();
        crate::dump::value::write_real(&mut text, real);
        text.extend_from_slice(format!(",{real:?},{real:e});").as_bytes());
        let (_, values) = read(&text).expect("a row");
        for value in values {
            let Value::Real(found) = value else { panic!("{value:?}") };
            assert_eq!(found.to_bits(), real.to_bits(), "{}", String::from_utf8_lossy(&text));
        }
    }
}

#[test]
fn whatever_is_not_plain_is_odd() {
    for text in [
        "(1+1);",
        "((1));",
        "(SELECT 1);",
        "(load_extension('x'));",
        "(1) RETURNING a;",
        "(1) ON CONFLICT DO NOTHING;",
        "(0x1F);",
        "(1_000);",
        "(1a);",
        "(99999999999999999999);",
        "(9223372036854775808);",
        "(1.2.3);",
        "(1e);",
        "(- 1);",
        "(--1\n1);",
        "(/**/1);",
        "(x'0');",
        "(x'0g');",
        "(TRUE);",
        "(a);",
        "(\"a\");",
        "(?1);",
        "('a' || 'b');",
        "();",
        "(1,);",
        "(1)x;",
        "1;",
        "(replace('a','','b'));",
        "(replace('aaaa','a','bbbbbbbb'));",
        "(replace('a','b',1));",
        "(unistr('\\zzzz'));",
        "(unistr('\\d800'));",
        "(char(55296));",
        "(2.0*3);",
        "(2.0/0.0);",
        "(CAST('a' AS TEXT));",
        "(CAST(X'61' AS BLOB));",
    ] {
        assert_eq!(read(text.as_bytes()), Err(Stop::Odd), "{text}");
    }
    let deep = format!("({}'a'{});", "replace(".repeat(40), ",'b','c')".repeat(40));
    assert_eq!(read(deep.as_bytes()), Err(Stop::Odd));
}

#[test]
fn a_row_that_goes_on_is_incomplete_wherever_it_is_cut() {
    let text = "(NULL,-12.5e-3,'it''s',X'00ff',replace('a\\n','\\n',char(10)),Inf,2.0*4.0) ;";
    for length in 0..text.len() {
        assert_eq!(read(&text.as_bytes()[..length]), Err(Stop::Incomplete), "{length}");
    }
    assert!(read(text.as_bytes()).is_ok());
    assert_eq!(read(b"('a\nb\0c');"), Err(Stop::Nul(1)));
    // In UTF-16 the bytes of a text are others.
    let mut values = Values::default();
    for text in [b"('a\xff');".as_slice(), b"(CAST(X'6100' AS TEXT));"] {
        assert_eq!(row(text, true, &mut values), Err(Stop::Odd));
    }
}
