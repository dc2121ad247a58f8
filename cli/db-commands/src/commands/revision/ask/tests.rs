//! What is asked and what an answer does.

use schema_engine::diff::diff;
use schema_engine::hazard::hazards;
use schema_engine::pair::Pair;
use schema_engine::questions::questions;
use schema_engine::schema::{Schema, Table};

use super::*;

fn schema(sql: &str) -> Schema {
    let table = Table::from_sql(sql, 0).unwrap();
    Schema { tables: [(table.name.clone(), table)].into(), ..Schema::default() }
}

/// What somebody is asked who types this, what comes of it, and the answers that are known then.
fn ask(
    current: &str,
    desired: &str,
    mut answers: Answers,
    typed: &str,
) -> (Result<Outcome>, Answers, String) {
    let (current, desired) = (schema(current), schema(desired));
    let difference = diff(Pair::new(&current, &desired));
    let hazards = hazards(&difference, &desired, &answers);
    let counted = hazards.iter().map(|hazard| (hazard, Some(7)));
    let questions = questions(&difference, counted, &answers);
    let (terminal, out, err) = Terminal::captured(Some(typed));
    let outcome = ask_all(&terminal, &questions, &mut answers);
    assert_eq!(out.text(), "", "questions are no data");
    (outcome, answers, err.text())
}

const OLD: &str = "CREATE TABLE t (id integer PRIMARY KEY, prio text, b)";

#[test]
fn enter_takes_a_rename_of_the_same_shape() {
    let new = "CREATE TABLE t (id integer PRIMARY KEY, priority text, other text, b)";
    let (outcome, answers, said) = ask(OLD, new, Answers::default(), "\n");
    assert_eq!(outcome.unwrap(), Outcome::DraftAnew);
    assert_eq!(answers.renames, ["t.prio=priority".parse().unwrap()]);
    assert_eq!(
        said,
        "t.prio is gone. Was it renamed?\n\
         \u{20} 1  to t.priority (same definition, same place, similar name)\n\
         \u{20} 2  to t.other (same definition, same place)\n\
         \u{20} n  no: t.prio is dropped, what is new is added\n\
         Which? [1] "
    );
    let (_, answers, said) = ask(OLD, new, Answers::default(), "x\n0\n3\n 2 \n");
    assert_eq!(answers.renames, ["t.prio=other".parse().unwrap()]);
    assert_eq!(said.matches("Please answer 1 to 2, or n.\n").count(), 3, "{said}");
}

#[test]
fn enter_takes_no_weaker_one() {
    let new = "CREATE TABLE t (id integer PRIMARY KEY, priority integer, b)";
    let (outcome, answers, said) = ask(OLD, new, Answers::default(), "\ny\n");
    assert_eq!(outcome.unwrap(), Outcome::Settled);
    assert!(answers.renames.is_empty() && answers.accepted.is_empty());
    assert!(said.contains(
        "Which? [n] TG102: drops column t.prio and its values (7 rows here hold one).\n"
    ));
    assert!(said.ends_with("Go on? [y/N] "), "{said}");
    let (outcome, answers, _) = ask(OLD, new, Answers::default(), "1\n");
    assert_eq!(outcome.unwrap(), Outcome::DraftAnew);
    assert_eq!(answers.renames, ["t.prio=priority".parse().unwrap()]);
}

#[test]
fn a_loss_that_is_not_meant_is_refused() {
    let new = "CREATE TABLE t (id integer PRIMARY KEY, priority text, b)";
    for typed in ["n\n\n", "n\nn\n", "no\nNO\n", "n\n", ""] {
        let (outcome, ..) = ask(OLD, new, Answers::default(), typed);
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{typed:?}");
        assert!(error.data_state().is_some(), "{typed:?}");
    }
    let accepted = Answers::new(Vec::new(), Vec::new(), ["tg102".parse().unwrap()]);
    let (outcome, _, said) = ask(OLD, new, accepted, "");
    assert_eq!((outcome.unwrap(), said.as_str()), (Outcome::Settled, ""));
}

#[test]
fn values_are_asked_before_losses_and_change_the_draft() {
    let new = "CREATE TABLE t (id integer PRIMARY KEY, b NOT NULL, points integer NOT NULL)";
    let (outcome, answers, said) = ask(OLD, new, Answers::default(), " 0 \nlower(id)\n");
    assert_eq!(outcome.unwrap(), Outcome::DraftAnew);
    assert_eq!(
        answers.fills,
        [
            (("t".into(), "points".into()), "0".into()),
            (("t".into(), "b".into()), "lower(id)".into())
        ]
        .into()
    );
    assert!(said.contains("TG201: t.points must not be NULL") && said.contains("t.points = "));
    assert!(!said.contains("TG102"), "asked of the next draft: {said}");

    let (outcome, ..) = ask(OLD, new, Answers::default(), "\n");
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.to_string(), "t.points got no value for rows that are there");
    assert!(error.next_steps()[0].contains("--fill t.points="));
}
