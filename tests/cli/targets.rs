//! What `--rev` takes, also without the flag, and what it doesn't.

use crate::support::{Sandbox, database};

/// Steps up from base and down from head, however long the history is.
#[test]
fn every_form_goes_up_and_down_as_an_argument_and_as_a_flag() {
    let sandbox = Sandbox::new();
    let history = sandbox.history();
    let (first, head) = (history.first().unwrap(), history.last().unwrap());
    let part = first.split('_').next().unwrap();
    let number = part.trim_start_matches('m');
    let at = |revision: Option<&str>, how: &str| {
        let report = sandbox.tgenie("db current --json").run().exits(0).json();
        assert_eq!(report["current"], serde_json::json!(revision), "after {how}");
    };
    let ups = ["+1", first, part, number, "base+1"];
    let downs =
        [format!("-{}", history.len()), "base".to_owned(), format!("head-{}", history.len())];
    for flag in ["", "--rev ", "--rev="] {
        for (up, down) in ups.into_iter().zip(downs.iter().cycle()) {
            for (command, revision) in [
                (format!("db upgrade {flag}{up}"), Some(first.as_str())),
                (format!("db upgrade {flag}head"), Some(head)),
                (format!("db downgrade {flag}{down}"), None),
            ] {
                sandbox.tgenie(&command).arg("--no-backup").run().exits(0);
                at(revision, &command);
            }
        }
    }
}

#[test]
fn the_guides_downgrade_takes_one_step() {
    for command in
        ["db downgrade", "db downgrade -1", "db downgrade --rev -1", "db downgrade --rev=-1"]
    {
        let sandbox = Sandbox::upgraded();
        let mut history = sandbox.history();
        sandbox.tgenie(command).run().exits(0);
        history.pop();
        assert_eq!(database::revisions(&sandbox.database()), history, "{command}");
    }
}

#[test]
fn a_target_that_makes_no_sense_changes_nothing() {
    let sandbox = Sandbox::upgraded();
    let head = sandbox.history().pop().unwrap();
    database::add_tasks(&sandbox.database(), 3);
    let nearest = head.as_str();
    for (arguments, says, help) in [
        ("upgrade nonsense", "there is no revision `nonsense`", nearest),
        ("upgrade --rev inital_schema", "there is no revision `inital_schema`", nearest),
        ("downgrade 999", "there is no revision `999`", nearest),
        ("upgrade +1", "`+1` is out of range", "the database is there already"),
        ("downgrade -99", "`-99` is out of range", "`base`"),
        ("downgrade head+1", "`head+1` is out of range", nearest),
        ("upgrade base-1", "`base-1` is out of range", "`base`"),
        ("upgrade base", "it lies the other way", "`db downgrade --rev base` goes there."),
        ("upgrade -1", "it lies the other way", "`db downgrade --rev -1` goes there."),
        ("downgrade +99999999999999999999", "there is no revision", nearest),
        ("upgrade -", "there is no revision `-`", nearest),
    ] {
        sandbox.unchanged(|| {
            let outcome = sandbox.tgenie(&format!("db {arguments}")).run().exits(2).prints("");
            outcome.says(says).says(help).says("The database is unchanged.\n");
        });
    }
    sandbox.unchanged(|| {
        let empty = sandbox.tgenie("db upgrade --rev").arg("").run().exits(2);
        empty.says("there is no revision ``").says(nearest);
        let both = sandbox.tgenie("db upgrade head --rev head").run().exits(2);
        both.says("cannot be used with");
        sandbox.tgenie("db upgrade head head").run().exits(2);
    });
}

#[test]
fn a_target_that_makes_no_sense_makes_no_folder() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        for target in ["nonsense", "+99", "-1", "head+1"] {
            sandbox.tgenie("db upgrade --rev").arg(target).run().exits(2);
        }
    });
}
