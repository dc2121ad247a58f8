//! Rebuilding the program with cargo and handing over to the new one.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use schema_engine::{Error, ErrorKind, Result};
use serde::Deserialize;

use super::{Freshness, SourceTree};
use crate::{App, Surroundings, Terminal};

/// Whether a stale program may rebuild itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebuildPolicy {
    /// It may.
    Rebuild,
    /// It stops with an error instead: `--no-rebuild`.
    Never,
}

/// How to go on.
#[derive(Debug)]
#[must_use]
pub enum Ready {
    /// This program runs the command, with the source tree where there is one.
    Here(Option<SourceTree>),
    /// The rebuilt program ran it and ended with this code. Only where a process can't be
    /// replaced, on Windows for one.
    Elsewhere(u8),
}

/// The variable that tells the rebuilt program which sources it was rebuilt for.
const MARKER: &str = "REBUILT_FOR";

/// Makes sure that the program was built from the sources around it: rebuilds it where it wasn't
/// and lets the new one run the same arguments. On Unix it takes this process's place, so this
/// doesn't return.
///
/// # Errors
///
/// When the sources don't compile, when cargo can't be run, when the rebuilt program is stale
/// again, and when rebuilding is turned off by `policy` or `…_NO_REBUILD`.
pub fn ensure_fresh(
    app: &App,
    surroundings: &Surroundings,
    terminal: &Terminal,
    policy: RebuildPolicy,
) -> Result<Ready> {
    let tree = match Freshness::of(app, surroundings)? {
        Freshness::Fresh(tree) => return Ok(Ready::Here(Some(tree))),
        Freshness::NoTree => return Ok(Ready::Here(None)),
        Freshness::Stale(tree) => tree,
    };
    let build = Build::new(app, &tree, surroundings);
    let switch = app.program_variable("NO_REBUILD");
    if policy == RebuildPolicy::Never || surroundings.switch(&switch) {
        let changed = "the models or migrations changed since this program was built";
        return Err(Error::failed(changed)
            .state("Nothing was written.")
            .next(format!("Run `{}` and then the command again.", build.command_line()))
            .next(format!("Or leave out --no-rebuild and {switch} to have it done for you.")));
    }
    let fingerprint = tree.fingerprint()?;
    let marker = app.program_variable(MARKER);
    if let Some(rebuilt_for) = surroundings.variable(&marker) {
        return Err(if rebuilt_for == fingerprint.as_str() {
            Error::failed("the program was rebuilt and is still not of the sources at hand")
                .state("Nothing was written.")
                .next("A source with an old time looks unchanged to cargo: touch entity/src/lib.rs and migration/src/lib.rs, then run the command again.")
        } else {
            Error::failed("the models or migrations changed again while they were compiled")
                .state("Nothing was written.")
                .next("Run the command again.")
        });
    }
    terminal
        .say("the models or migrations changed since this program was built: rebuilding\u{2026}");
    let executable = build.run(Stdio::inherit())?;
    let mut rebuilt = Command::new(&executable);
    rebuilt.args(std::env::args_os().skip(1)).env(marker, fingerprint);
    hand_over(rebuilt).map(Ready::Elsewhere).map_err(|error| {
        Error::failed(format!("the rebuilt program {} can't be started", executable.display()))
            .because(error)
            .state("Nothing was written.")
    })
}

/// Builds the program anew from the sources as they are now. This one goes on.
///
/// # Errors
///
/// When the sources don't compile, or cargo can't be run.
pub fn rebuild(app: &App, tree: &SourceTree, surroundings: &Surroundings) -> Result<()> {
    Build::new(app, tree, surroundings).run(Stdio::inherit()).map(drop)
}

/// How cargo is asked for the program.
pub(super) struct Build<'a> {
    cargo: OsString,
    root: &'a Path,
    program: &'a str,
    arguments: Vec<OsString>,
}

/// The part of cargo's messages that says where the program was put.
#[derive(Deserialize)]
struct Message<'line> {
    reason: &'line str,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

impl<'a> Build<'a> {
    pub(super) fn new(app: &App, tree: &'a SourceTree, surroundings: &Surroundings) -> Self {
        let mut arguments: Vec<OsString> =
            ["build", "--quiet", "--manifest-path"].map(OsString::from).into();
        arguments.push(tree.root().join("Cargo.toml").into());
        arguments.extend(["--package", app.package, "--bin", app.name].map(OsString::from));
        if app.profile == "release" {
            arguments.push("--release".into());
        }
        // Cargo names itself to the programs that it runs.
        let cargo = surroundings.filled_variable("CARGO").unwrap_or("cargo".as_ref());
        Self { cargo: cargo.to_owned(), root: tree.root(), program: app.name, arguments }
    }

    /// Builds the program; what the compiler has to say goes to `reports`.
    pub(super) fn run(&self, reports: Stdio) -> Result<PathBuf> {
        let not_started = |error| {
            Error::failed(format!("{} can't be run to rebuild the program", self.cargo.display()))
                .because(error)
                .state("Nothing was written.")
                .next("Install Rust with its cargo, see https://rustup.rs.")
                .next("Or set CARGO to the path of a cargo that is there.")
        };
        let mut child = Command::new(&self.cargo)
            .args(&self.arguments)
            .arg("--message-format=json-render-diagnostics")
            // Cargo's settings and the toolchain are chosen by where one stands.
            .current_dir(self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(reports)
            .spawn()
            .map_err(not_started)?;
        let mut executable = None;
        for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
            executable = executable_in(&line.map_err(not_started)?, self.program).or(executable);
        }
        let status = child.wait().map_err(not_started)?;
        match executable {
            Some(executable) if status.success() => Ok(executable),
            _ => Err(self.failure(status)),
        }
    }

    /// The command to type, for a person.
    fn command_line(&self) -> String {
        let words = self.arguments.iter().map(|argument| argument.display().to_string());
        let words: Vec<_> = words.filter(|word| word != "--quiet").collect();
        format!("cargo {}", words.join(" "))
    }

    fn failure(&self, status: ExitStatus) -> Error {
        match status.code() {
            None => Error::new(ErrorKind::Interrupted, "the rebuild was interrupted"),
            Some(0) => Error::failed("cargo didn't say where it put the program")
                .next(format!("Run `{}` and then the command again.", self.command_line())),
            Some(_) => Error::failed("the models or migrations don't compile")
                .next("Correct what the compiler reports above, then run the command again."),
        }
        .state("Nothing was written.")
    }
}

/// The program's file, if this line of cargo's tells it.
pub(super) fn executable_in(line: &str, program: &str) -> Option<PathBuf> {
    let message: Message<'_> = serde_json::from_str(line).ok()?;
    let names_it = message.target.is_some_and(|target| target.name == program);
    message.executable.filter(|_| message.reason == "compiler-artifact" && names_it)
}

#[cfg(unix)]
fn hand_over(mut program: Command) -> std::io::Result<u8> {
    use std::os::unix::process::CommandExt as _;
    Err(program.exec())
}

#[cfg(not(unix))]
fn hand_over(mut program: Command) -> std::io::Result<u8> {
    let code = program.status()?.code();
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
