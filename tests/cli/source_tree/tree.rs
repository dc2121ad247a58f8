//! A clone of the repository to work in.

use std::collections::BTreeSet;
use std::fs::{self, File};
#[cfg(target_os = "linux")]
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
#[cfg(target_os = "linux")]
use std::process::Stdio;

use crate::support::{Files, Outcome, Sandbox, Tgenie, database};

/// What a clone needs to be built, beside the workspace's `Cargo.toml`.
const SOURCES: [&str; 6] =
    ["Cargo.lock", "rust-toolchain.toml", "rustfmt.toml", "cli", "entity", "migration"];

/// What of the environment says where the tools are and how they build.
const KEPT: [&str; 12] = [
    "AR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_HOME",
    "CARGO_INCREMENTAL",
    "CC",
    "CFLAGS",
    "PATH",
    "RUSTFLAGS",
    "RUSTUP_AUTO_INSTALL",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "TMPDIR",
];

/// A clone that no other test uses at this time.
pub(super) struct Tree {
    root: PathBuf,
    sandbox: Sandbox,
    _turn: File,
}

impl Tree {
    /// The sources of this repository, with a program built from them and a database at head.
    pub(super) fn clone_of_this() -> Self {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let turn = File::create(kept.join("source-tree.lock")).unwrap();
        turn.lock().unwrap();
        let tree = Self { root: kept.join("source-tree"), sandbox: Sandbox::new(), _turn: turn };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        fs::create_dir_all(&tree.root).unwrap();
        for source in SOURCES {
            copy_changed(&repository.join(source), &tree.root.join(source));
        }
        // Compiled dependencies are shared with the repository. Under a version of their own the
        // members of the clone can't be taken for those of the repository.
        let workspace = fs::read_to_string(repository.join("Cargo.toml")).unwrap();
        let version = concat!("\nversion = \"", env!("CARGO_PKG_VERSION"));
        assert_eq!(workspace.matches(version).count(), 1, "the version of all members");
        let workspace = workspace.replacen(version, &format!("{version}-clone"), 1);
        write_changed(&tree.path("Cargo.toml"), workspace.as_bytes());

        // The README's first command.
        let mut cargo = tree.command(Path::new("cargo"));
        cargo.args(["run", "--quiet", "--", "db", "upgrade"]);
        Tgenie::of(cargo, "(cargo run)").run().exits(0).says("✓ Database upgraded from base to ");
        tree
    }

    /// The home folder with its database.
    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The program that was built last.
    pub(super) fn program(&self) -> PathBuf {
        self.root.join("target/debug/tgenie").with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// Runs the program at the root of the clone.
    pub(super) fn tgenie(&self, arguments: &str) -> Tgenie {
        Tgenie::new(self.command(&self.program()), arguments)
    }

    /// Writes a revision with this message.
    pub(super) fn revision(&self, message: &str, flags: &str) -> Outcome {
        self.tgenie(&format!("db revision {flags} -m")).arg(message).run()
    }

    /// Runs the program on a terminal with somebody who types this: the exit code, and all that
    /// is seen. util-linux's `script` makes the terminal.
    #[cfg(target_os = "linux")]
    pub(super) fn at_terminal(&self, arguments: &str, typed: &str) -> (Option<i32>, String) {
        let line = format!("'{}' {arguments}", self.program().display());
        let mut script = self.command(Path::new("script"));
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = script.spawn().expect("`script` makes a terminal");
        let mut keyboard = running.stdin.take().expect("it was piped");
        keyboard.write_all(typed.as_bytes()).unwrap();
        drop(keyboard);
        let seen = running.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&seen.stdout).replace("\r\n", "\n");
        (seen.status.code(), text)
    }

    fn command(&self, program: &Path) -> Command {
        let home = std::env::home_dir().expect("cargo runs with a home folder");
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("CARGO_HOME", home.join(".cargo"))
            .env("RUSTUP_HOME", home.join(".rustup"))
            .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            // All that is needed was downloaded to build this test.
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_BUILD_BUILD_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join(".."))
            .env("HOME", self.sandbox.home())
            .current_dir(&self.root);
        command
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// Replaces a text that is there once.
    #[track_caller]
    pub(super) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {file}");
        self.write(file, &text.replacen(from, to, 1));
    }

    /// An edit that is taken back when the work is done.
    #[track_caller]
    pub(super) fn with_edit<T>(
        &self,
        file: &str,
        from: &str,
        to: &str,
        work: impl FnOnce() -> T,
    ) -> T {
        let before = self.read(file);
        self.edit(file, from, to);
        let done = work();
        self.write(file, &before);
        done
    }

    /// Does what must leave the sources and the home folder as they were.
    #[track_caller]
    pub(super) fn unchanged<T>(&self, work: impl FnOnce() -> T) -> T {
        let sources = || Files::below(&[self.path("entity"), self.path("migration")]);
        let before = sources();
        let done = self.sandbox.unchanged(work);
        before.assert_same_as(&sources());
        done
    }

    /// The schema of the database, without the books and without the table that SQLite makes for
    /// the first AUTOINCREMENT and that nothing can drop.
    pub(super) fn schema(&self) -> Vec<String> {
        let mut schema = database::schema(&self.sandbox.database());
        schema.retain(|text| {
            let books = ["seaql_migrations", "schema_engine_", "sqlite_sequence"];
            !books.iter().any(|name| text.contains(name))
        });
        schema
    }

    /// Fails where rustfmt would lay out a revision, or the list of them, in another way.
    pub(super) fn check_format(&self) -> Outcome {
        let mut cargo = self.command(Path::new("cargo"));
        cargo.args(["fmt", "--check", "--package", "migration"]);
        Tgenie::of(cargo, "(cargo fmt --check)").run()
    }
}

/// Makes a file or folder what another one is. What is equal keeps its time, so that cargo doesn't
/// compile it anew.
fn copy_changed(from: &Path, to: &Path) {
    if from.is_file() {
        write_changed(to, &fs::read(from).unwrap());
        return;
    }
    fs::create_dir_all(to).unwrap();
    let names = |folder: &Path| -> BTreeSet<_> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let wanted = names(from);
    for name in names(to).difference(&wanted) {
        let path = to.join(name);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    for name in &wanted {
        copy_changed(&from.join(name), &to.join(name));
    }
}

fn write_changed(file: &Path, content: &[u8]) {
    if fs::read(file).ok().as_deref() != Some(content) {
        fs::write(file, content).unwrap();
    }
}
