use super::*;

fn parsed(sql: &str) -> CreateTable {
    parse(sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
}

#[test]
fn reads_every_column_clause() {
    let sql = "CREATE TABLE \"t\" (id INTEGER PRIMARY KEY DESC ON CONFLICT REPLACE AUTOINCREMENT,
        a varchar (10 , 2) CONSTRAINT nn NOT NULL ON CONFLICT IGNORE DEFAULT -1 COLLATE nocase,
        b DEFAULT ('x' || (1)) CHECK (b <> ')') UNIQUE ON CONFLICT FAIL,
        c int REFERENCES p (x) ON DELETE SET NULL ON UPDATE CASCADE MATCH FULL NOT DEFERRABLE,
        d GENERATED ALWAYS AS (a || ',') STORED, e text AS (1), f NULL) STRICT, WITHOUT ROWID";
    let table = parsed(sql);
    let of = |at: usize| table.columns[at].clauses.iter().map(|c| &c.kind).collect::<Vec<_>>();
    assert_eq!(table.columns.len(), 7);
    assert!(matches!(
        of(0)[0],
        ColumnClauseKind::PrimaryKey { descending: true, autoincrement: true, conflict: Some(_) }
    ));
    assert_eq!(&sql[table.columns[1].type_span.clone().unwrap()], "varchar (10 , 2)");
    assert_eq!(table.columns[1].clauses[0].name, Some(Ident::from("nn")));
    assert!(matches!(of(1)[1], ColumnClauseKind::Default(span) if &sql[span.clone()] == "-1"));
    assert_eq!(table.columns[2].type_span, None);
    assert!(
        matches!(of(2)[0], ColumnClauseKind::Default(span) if &sql[span.clone()] == "('x' || (1))")
    );
    assert!(matches!(of(2)[1], ColumnClauseKind::Check(span) if &sql[span.clone()] == "b <> ')'"));
    let ColumnClauseKind::References(reference) = of(3)[0] else { panic!("{:?}", of(3)) };
    assert_eq!(reference.on_delete.as_deref(), Some("SET NULL"));
    assert_eq!(reference.deferral, Deferral::Immediate);
    assert_eq!(&sql[table.columns[3].clauses[0].span.clone()][..12], "REFERENCES p");
    assert!(sql[table.columns[3].span.clone()].ends_with("NOT DEFERRABLE"));
    assert!(matches!(of(4)[0], ColumnClauseKind::Generated { stored: true, .. }));
    assert_eq!(table.columns[4].type_span, None);
    assert!(matches!(of(5)[0], ColumnClauseKind::Generated { stored: false, .. }));
    assert_eq!(
        table.options.iter().map(|(option, _)| *option).collect::<Vec<_>>(),
        [TableOption::Strict, TableOption::WithoutRowid]
    );
}

#[test]
fn reads_table_constraints_with_and_without_commas() {
    let table = parsed(
        "CREATE TABLE t (a, b, CONSTRAINT pk PRIMARY KEY (b DESC, a COLLATE nocase) \
         UNIQUE (a) CHECK (a > 0), FOREIGN KEY (a, b) REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
    );
    assert_eq!(table.constraints.len(), 4);
    let ConstraintKind::PrimaryKey { columns, .. } = &table.constraints[0].kind else { panic!() };
    assert_eq!(columns[0].name, Some(Ident::from("b")));
    assert!(columns[0].descending && columns[1].collation == Some(Ident::from("NOCASE")));
    let ConstraintKind::ForeignKey { reference, .. } = &table.constraints[3].kind else { panic!() };
    assert!(reference.columns.is_empty());
    assert_eq!(reference.deferral, Deferral::Deferred);
}

#[test]
fn keywords_can_be_names_and_comments_may_stand_anywhere() {
    let sql = "CREATE TABLE main.'t t' ( -- first, of all\n \"check\" text /* ) */, [not] int,\n key, desc)";
    let table = parsed(sql);
    assert_eq!(table.name, Ident::from("t t"));
    let names: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["check", "not", "key", "desc"]);
}

#[test]
fn what_is_no_table_is_an_error() {
    for sql in [
        "",
        "CREATE TABLE t",
        "CREATE TABLE t (",
        "CREATE TABLE t (a",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE t (a int b,) x",
        "CREATE TABLE t (a CHECK (1)",
    ] {
        assert!(parse(sql).is_err(), "{sql}");
    }
}
