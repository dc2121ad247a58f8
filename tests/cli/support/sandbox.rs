//! A folder with a home, a place to stand, and the program.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Files, Outcome, Running};

/// Where a test runs the program: nothing of the machine around is seen from here.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// A home folder with nothing in it.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let in_a_tree = |folder: &Path| folder.join("cli/Cargo.toml").exists();
        assert!(
            !folder.path().ancestors().any(in_a_tree),
            "the temporary folder lies in a source tree, which the program would find"
        );
        for inside in ["home", "here", "bin"] {
            fs::create_dir(folder.path().join(inside)).unwrap();
        }
        let sandbox = Self { folder };
        install(Path::new(env!("CARGO_BIN_EXE_tgenie")), &sandbox.program());
        sandbox
    }

    /// The same with a database at head in its default place.
    pub(crate) fn upgraded() -> Self {
        let sandbox = Self::new();
        sandbox.tgenie("db upgrade").run().exits(0);
        sandbox
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A path where the program is started.
    pub(crate) fn here(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("here").join(path)
    }

    /// The default place of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.home().join(".taskgenie/data/taskgenie.db")
    }

    /// The folder of the safety copies of the default database.
    pub(crate) fn backups(&self) -> PathBuf {
        self.home().join(".taskgenie/data/backups")
    }

    /// The program, with these words as its arguments.
    pub(crate) fn tgenie(&self, arguments: &str) -> Tgenie {
        self.other_program(&self.program(), arguments)
    }

    /// Another build of the program in the same surroundings.
    pub(crate) fn other_program(&self, program: &Path, arguments: &str) -> Tgenie {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.home()).current_dir(self.here(""));
        Tgenie::new(command, arguments)
    }

    /// Puts another build of the program beside the first.
    pub(crate) fn install(&self, program: &Path, name: &str) -> PathBuf {
        let place = self.folder.path().join("bin").join(name);
        install(program, &place);
        place
    }

    /// The ids of the program's revisions, oldest first.
    pub(crate) fn history(&self) -> Vec<String> {
        let report = self.tgenie("db history --json").run().exits(0).json();
        let revisions = report["revisions"].as_array().expect("a list of revisions");
        let ids = revisions.iter().rev().map(|revision| revision["revision"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.folder.path().join("bin/tgenie").with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// All files of the home folder and of the folder where the program is started.
    pub(crate) fn files(&self) -> Files {
        Files::below(&[self.home(), self.here("")])
    }

    /// Does what must leave every file as it was, and make none.
    #[track_caller]
    pub(crate) fn unchanged<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = self.files();
        let done = work();
        before.assert_same_as(&self.files());
        done
    }
}

/// The program outside of any `target` folder, by whose name it would find its source tree.
fn install(program: &Path, place: &Path) {
    if fs::hard_link(program, place).is_err() {
        fs::copy(program, place).expect("the program can be copied");
    }
}

/// A command line of the program.
pub(crate) struct Tgenie {
    command: Command,
    line: String,
    stdin: Stdio,
}

impl Tgenie {
    pub(crate) fn new(mut command: Command, arguments: &str) -> Self {
        command.args(arguments.split_whitespace());
        Self { command, line: format!("tgenie {arguments}"), stdin: Stdio::null() }
    }

    /// Another program, which builds or runs this one.
    pub(crate) fn of(command: Command, line: &str) -> Self {
        Self { command, line: line.to_owned(), stdin: Stdio::null() }
    }

    /// One argument more, with whatever is in it.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.line = format!("{} '{}'", self.line, argument.as_ref().display());
        self.command.arg(argument);
        self
    }

    /// Works on this database.
    pub(crate) fn on(self, database: impl AsRef<OsStr>) -> Self {
        self.arg("--database").arg(database)
    }

    /// One variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.line = format!("{name}='{}' {}", value.as_ref().display(), self.line);
        self.command.env(name, value);
        self
    }

    /// Starts in this folder.
    pub(crate) fn from(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Reads this on stdin, where nothing is otherwise.
    pub(crate) fn stdin(self, stdin: impl Into<Stdio>) -> Self {
        Self { stdin: stdin.into(), ..self }
    }

    /// Where stdout goes, if not into the outcome.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Running {
        self.command.stdout(stdout);
        self.spawn()
    }

    /// Runs it to its end.
    #[must_use = "the exit code tells whether it worked"]
    pub(crate) fn run(self) -> Outcome {
        self.start().finish()
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped());
        self.spawn()
    }

    fn spawn(mut self) -> Running {
        self.command.stdin(self.stdin).stderr(Stdio::piped());
        loop {
            match self.command.spawn() {
                Ok(child) => return Running::new(child, self.line),
                // Where the program had to be copied: another thread's new process may hold the
                // copy open for writing until it becomes its own program.
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {}
                Err(error) => panic!("{}: {error}", self.line),
            }
        }
    }
}
