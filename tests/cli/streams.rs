//! stdout and stderr as pipes, files and closed ends.

use std::fs;
use std::io;

use crate::support::Sandbox;

/// A pipe that nobody reads, as `head -0` leaves it.
fn nobody_reads() -> io::PipeWriter {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer
}

#[test]
fn a_closed_stdout_is_no_failure() {
    let sandbox = Sandbox::upgraded();
    for command in [
        "db current",
        "db history",
        "db history --json",
        "db settings",
        "db upgrade --json",
        "db --help",
        "--version",
    ] {
        let outcome = sandbox.tgenie(command).stdout(nobody_reads()).finish();
        outcome.exits(0).never_says("panicked").never_says("error");
    }
}

#[test]
fn a_closed_stdout_leaves_no_work_undone() {
    let sandbox = Sandbox::new();
    sandbox.tgenie("db upgrade --json").stdout(nobody_reads()).finish().exits(0);
    let current = sandbox.tgenie("db current").run().exits(0);
    assert!(current.stdout.ends_with("(head)\n"), "{current}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_failure_that_is_told() {
    let sandbox = Sandbox::upgraded();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for command in ["db current", "db history", "db history --json"] {
        let outcome = sandbox.tgenie(command).stdout(full()).finish();
        outcome.exits(1).says("error: the output can't be written\n").never_says("panicked");
    }
}

#[test]
fn a_pipe_gets_no_colour() {
    let sandbox = Sandbox::upgraded();
    for command in
        ["db current", "db history", "db upgrade", "db upgrade nonsense", "db --help", "db no"]
    {
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")] {
            let outcome = sandbox.tgenie(command).env(name, value).run();
            let escapes = [&outcome.stdout, &outcome.stderr].map(|text| text.contains('\u{1b}'));
            assert_eq!(escapes, [false; 2], "{outcome}");
        }
    }
}

#[test]
fn data_goes_to_stdout_and_words_to_stderr() {
    let sandbox = Sandbox::new();
    let error = sandbox.tgenie("db upgrade nonsense --json").run().exits(2).prints("");
    error.says("error: ");
    let help = sandbox.tgenie("db upgrade --help").run().exits(0).says_exactly("");
    assert!(help.stdout.contains("--rev <REV>"), "{help}");
    let unknown = sandbox.tgenie("db upgarde").run().exits(2).prints("");
    unknown.says("a similar subcommand exists: 'upgrade'");
}
