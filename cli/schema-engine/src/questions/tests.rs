//! Which questions are asked, in which order, and how they are put.

use super::*;
use crate::diff::diff;
use crate::hazard::hazards;
use crate::pair::Pair;
use crate::schema::{Index, Schema, Table};

fn schema(statements: &[&str]) -> Schema {
    let mut schema = Schema::default();
    for sql in statements {
        if sql.contains(" INDEX ") {
            let index = Index::from_sql(*sql, 0).unwrap();
            schema.indexes.insert(index.name.clone(), index);
        } else {
            let table = Table::from_sql(*sql, 0).unwrap();
            schema.tables.insert(table.name.clone(), table);
        }
    }
    schema
}

/// What is asked where ten rows are concerned by everything.
fn open(current: &[&str], desired: &[&str], answers: &Answers) -> Vec<Question> {
    let (current, desired) = (schema(current), schema(desired));
    let difference = diff(Pair::new(&current, &desired));
    let hazards = hazards(&difference, &desired, answers);
    questions(&difference, hazards.iter().map(|hazard| (hazard, Some(10))), answers)
}

/// The rename questions alone: `gone: [=]new (evidence) | …`, where `=` is a same shape.
fn renames(current: &[&str], desired: &[&str]) -> Vec<String> {
    let open = open(current, desired, &Answers::default());
    let renames = open.iter().filter_map(|question| match question {
        Question::Rename(rename) => Some(rename),
        _ => None,
    });
    let in_words = |candidate: &Candidate| {
        let sign = if candidate.strength == Strength::SameShape { "=" } else { "" };
        format!("{sign}{} ({})", candidate.rename.target().name(), candidate.evidence())
    };
    let words = renames.map(|rename| {
        let candidates: Vec<_> = rename.candidates.iter().map(in_words).collect();
        format!("{}: {}", rename.gone, candidates.join(" | "))
    });
    words.collect()
}

/// The same for the columns of one table.
fn columns(current: &str, desired: &str) -> Vec<String> {
    let table = |columns| format!("CREATE TABLE t (id integer PRIMARY KEY, {columns})");
    renames(&[&table(current)], &[&table(desired)])
}

#[test]
fn a_pair_of_one_definition_is_a_rename_or_a_loss() {
    let same = "t.prio: =priority (same definition, same place, similar name)";
    assert_eq!(columns("prio text, b", "priority text, b"), [same]);
    for definition in [
        "varchar(9) NOT NULL DEFAULT 'x' COLLATE NOCASE",
        "text UNIQUE",
        "integer REFERENCES t (id)",
        "integer AS (id + 1)",
    ] {
        let found = columns(&format!("a, x {definition}"), &format!("a, quite_other {definition}"));
        let [question] = found.as_slice() else { panic!("{definition}: {found:?}") };
        assert!(question.starts_with("t.x: =quite_other (same definition"), "{question}");
    }
}

#[test]
fn any_difference_of_the_definition_makes_another_shape() {
    for (old, new) in [
        ("text", "integer"),
        ("text", "text NOT NULL DEFAULT ''"),
        ("text DEFAULT 'a'", "text DEFAULT 'b'"),
        ("text", "text COLLATE NOCASE"),
        ("text", "text UNIQUE"),
        ("integer", "integer REFERENCES t (id)"),
        ("integer REFERENCES t (id)", "integer REFERENCES u (id)"),
    ] {
        let found = columns(&format!("prio {old}"), &format!("priority {new}"));
        let [question] = found.as_slice() else { panic!("{old} {new}: {found:?}") };
        assert!(question.contains("similar name") && !question.contains('='), "{question}");
    }
    assert!(columns("prio integer", "priority integer AS (id)").is_empty());
}

#[test]
fn what_has_little_in_common_is_not_asked() {
    assert!(columns("points integer, b", "b, title text").is_empty());
    assert!(columns("points integer NOT NULL, b", "b, effort integer").is_empty());
    assert!(columns("points, b", "b").is_empty());
    let found = columns("points integer NOT NULL, b", "effort integer, b");
    assert_eq!(found, ["t.points: effort (same type, same place)"]);
}

#[test]
fn the_likeliest_comes_first() {
    let found = columns("a, prio text, b", "label text, a, level varchar, b, priority text");
    assert_eq!(
        found,
        ["t.prio: =priority (same definition, similar name) | =label (same definition)"]
    );
    let found = columns("a, prio text, b", "a, importance text, b, priority integer");
    assert_eq!(
        found,
        ["t.prio: =importance (same definition, same place) | priority (similar name)"],
        "the same shape goes before a similar name"
    );
    // Two that nothing tells apart stay as they are declared.
    let found = columns("a, x text", "a, q text, r text");
    let both = "t.x: =q (same definition, same place) | =r (same definition, same place)";
    assert_eq!(found, [both]);
}

#[test]
fn keys_and_indexes_that_follow_speak_for_it() {
    let table = |column: &str| format!("CREATE TABLE t (a, {column}, UNIQUE (a, {column}))");
    let found = renames(&[&table("x")], &[&table("other")]);
    assert_eq!(found, ["t.x: =other (same definition, same place, keys or indexes follow)"]);
    let index = |name: &str, column: &str| format!("CREATE INDEX {name} ON t (a, {column})");
    let (old, new) = ("CREATE TABLE t (a, x text)", "CREATE TABLE t (b, a, y integer, z text)");
    let expected = "t.x: =z (same definition, same place) | y (same place, keys or indexes follow)";
    for name in ["by_x", "by_y"] {
        let found = renames(&[old, &index("by_x", "x")], &[new, &index(name, "y")]);
        assert_eq!(found, [expected], "{name}");
    }
}

#[test]
fn tables_are_asked_by_their_columns() {
    let tags = "CREATE TABLE tags (id integer PRIMARY KEY, word text NOT NULL, parent integer REFERENCES tags (id))";
    let labels = tags.replace("tags", "labels");
    assert_eq!(renames(&[tags], &[&labels]), ["tags: =labels (same columns)"]);
    let more = labels.replace("parent integer", "colour text, parent integer");
    assert_eq!(renames(&[tags], &[&more]), ["tags: labels (3 of 4 columns the same)"]);
    let other = "CREATE TABLE labels (id integer PRIMARY KEY, a, b, c)";
    assert!(renames(&[tags], &[other]).is_empty(), "every table has an id");
    let similar = other.replace("labels", "tag");
    assert_eq!(
        renames(&[tags], &[&similar]),
        ["tags: tag (1 of 4 columns the same, similar name)"]
    );
    let strict = format!("{labels} STRICT");
    assert_eq!(renames(&[tags], &[&strict]), ["tags: labels (3 of 3 columns the same)"]);
}

#[test]
fn references_that_follow_speak_for_a_table() {
    let child = |parent: &str| format!("CREATE TABLE c (p REFERENCES {parent} (id))");
    let (old, new) =
        ("CREATE TABLE p (id integer PRIMARY KEY, a)", "CREATE TABLE q (id text PRIMARY KEY, b)");
    let found = renames(&[old, &child("p")], &[new, &child("q")]);
    assert_eq!(found, ["p: q (keys or indexes follow)"]);
}

const OLD: [&str; 2] = [
    "CREATE TABLE tags (id integer PRIMARY KEY, word)",
    "CREATE TABLE t (id integer PRIMARY KEY, prio text, gone blob, due text)",
];
const NEW: [&str; 2] = [
    "CREATE TABLE labels (id integer PRIMARY KEY, word)",
    "CREATE TABLE t (id integer PRIMARY KEY, priority text, due text NOT NULL, points integer NOT NULL)",
];

#[test]
fn questions_come_in_a_fixed_order_and_answers_close_them() {
    let asked = |answers: &Answers| -> Vec<String> {
        let in_words = |question: &Question| match question {
            Question::Rename(rename) => format!("renamed {}", rename.gone),
            Question::Fill { hazard, rows } => format!("fill {} {rows}", hazard.subject),
            Question::Accept { hazard, .. } => format!("accept {}", hazard.subject),
        };
        open(&OLD, &NEW, answers).iter().map(in_words).collect()
    };
    let mut answers = Answers::default();
    let all = [
        "renamed tags",
        "renamed t.prio",
        "fill t.points 10",
        "fill t.due 10",
        "accept t.prio",
        "accept t.gone",
        "accept tags",
    ];
    assert_eq!(asked(&answers), all);
    answers.not_renamed.insert(Subject::column(&"t".into(), &"prio".into()));
    answers.fills.insert(("t".into(), "due".into()), "''".to_owned());
    let rest =
        ["renamed tags", "fill t.points 10", "accept t.prio", "accept t.gone", "accept tags"];
    assert_eq!(asked(&answers), rest);
    answers.accepted.insert(HazardCode::DropColumn);
    assert_eq!(asked(&answers), ["renamed tags", "fill t.points 10", "accept tags"]);
    answers.accepted.insert(HazardCode::DropTable);
    assert_eq!(asked(&answers), ["fill t.points 10"]);
}

#[test]
fn a_refusal_gives_every_flag_once() {
    let error = settled(&open(&OLD, &NEW, &Answers::default())).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Refused);
    assert_eq!(error.to_string(), "5 questions are open that nobody has answered");
    assert_eq!(error.data_state(), Some("Nothing was written."));
    assert_eq!(
        error.next_steps(),
        [
            "tags is gone and labels is new, with the same definition. If it was renamed: \
             `--rename tags=labels`. If tags and its rows shall go: `--accept TG101`.",
            "t.prio is gone and t.priority is new, with the same definition. If it was renamed: \
             `--rename t.prio=priority`. If prio and its values shall go: `--accept TG102`.",
            "TG201: t.points must not be NULL and has no default for rows that are there, and the \
             database has 10 rows without a value. Give the model a default, or a value for old \
             rows: `--fill t.points=…`; if it is an old column's new name: `--rename t.…=points`.",
            "TG202: t.due must no longer be NULL, and the database has 10 rows without a value. \
             Give the model a default, or a value for them: `--fill t.due=…`.",
            "TG102: drops column t.gone and its values (10 rows here hold one). If that is meant: \
             `--accept TG102`.",
        ]
    );
    assert!(settled(&[]).is_ok());
}

#[test]
fn a_weak_likeness_goes_with_the_loss() {
    let (old, new) = ("CREATE TABLE t (\"a b\" text)", "CREATE TABLE t (\"a bc\" integer)");
    let open = open(&[old], &[new], &Answers::default());
    let error = settled(&open).unwrap_err();
    assert_eq!(error.to_string(), "a question is open that nobody has answered");
    assert_eq!(
        error.next_steps(),
        ["TG102: drops column t.a b and its values (10 rows here hold one). If that is meant: \
          `--accept TG102`. t.a b is gone and t.a bc is new, and much like it; if it was renamed: \
          `--rename 't.a b=a bc'`."]
    );
    assert_eq!(
        hints(&open),
        [
            "t.a b is gone and t.a bc is new, and much like it: if it was renamed, `--rename 't.a b=a bc'`"
        ]
    );
}
