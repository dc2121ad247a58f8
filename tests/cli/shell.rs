//! Completions and manual pages.

use std::process::Command;

use crate::support::Sandbox;

/// What a shell is told when somebody presses the key at the end of this line.
#[track_caller]
pub(crate) fn proposals(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut asked = sandbox.tgenie("--");
    for word in words {
        asked = asked.arg(word);
    }
    let index = (words.len() - 1).to_string();
    let outcome = asked
        .env("TGENIE_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", &index)
        .env("_CLAP_IFS", "\n")
        .run()
        .exits(0);
    outcome.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_shell_is_told_commands_and_revisions() {
    let sandbox = Sandbox::new();
    sandbox.unchanged(|| {
        let mut revisions = sandbox.history();
        revisions.reverse();
        revisions.extend(["head".to_owned(), "base".to_owned()]);
        for line in
            [["tgenie", "db", "upgrade", "--rev", ""], ["tgenie", "db", "downgrade", "--rev", ""]]
        {
            assert_eq!(proposals(&sandbox, &line), revisions);
        }
        assert!(proposals(&sandbox, &["tgenie", "db", "upgrade", "m"]).contains(&revisions[0]));
        let sides = proposals(&sandbox, &["tgenie", "db", "diff", "--to", "history@"]);
        assert!(sides.contains(&format!("history@{}", revisions[0])), "{sides:?}");
        let codes = proposals(&sandbox, &["tgenie", "db", "revision", "--accept", "TG10"]);
        assert_eq!(codes, ["TG101", "TG102"]);
        let commands = proposals(&sandbox, &["tgenie", "db", "res"]);
        assert_eq!(commands, ["restore", "reset"]);
    });
}

#[test]
fn the_script_of_each_shell_is_printed() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let outcome = sandbox.tgenie("completions").arg(shell).run().exits(0);
        assert!(outcome.stdout.contains("TGENIE_COMPLETE"), "{shell}: {}", outcome.stdout);
    }
    let script = sandbox.tgenie("completions bash").run().exits(0).stdout;
    if let Ok(accepted) = Command::new("bash").args(["-n", "-c", &script]).status() {
        assert!(accepted.success(), "bash doesn't read it: {script}");
    }
    sandbox.tgenie("completions tcsh").run().exits(2);
}

#[test]
fn every_command_has_a_manual_page() {
    let sandbox = Sandbox::new();
    sandbox.tgenie("man --out man").run().exits(0);
    for page in ["tgenie", "tgenie-db", "tgenie-db-upgrade", "tgenie-db-backups-prune"] {
        let text = std::fs::read_to_string(sandbox.here(format!("man/{page}.1"))).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    std::fs::write(sandbox.here("file"), "").unwrap();
    sandbox.tgenie("man --out file").run().exits(1);
}
