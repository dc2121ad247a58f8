//! How a run of the program ended.

use std::fmt;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A run that isn't over.
pub(crate) struct Running {
    child: Child,
    line: String,
}

impl Running {
    pub(super) fn new(child: Child, line: String) -> Self {
        Self { child, line }
    }

    /// Waits for its end.
    #[must_use = "the exit code tells whether it worked"]
    pub(crate) fn finish(self) -> Outcome {
        let output = self.child.wait_with_output().expect("the program can be waited for");
        Outcome::new(self.line, output)
    }

    /// Ends it without a word, as `kill -9` does.
    pub(crate) fn kill(mut self) -> Outcome {
        self.child.kill().expect("a program of our own can be killed");
        self.finish()
    }

    /// The number of its process.
    #[allow(dead_code, reason = "not every test asks")]
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name, if it still runs.
    #[cfg(unix)]
    #[allow(dead_code, reason = "not every test asks")]
    pub(crate) fn signal_if_there(&self, name: &str) {
        // Until somebody waits for it, its number is nobody else's.
        let number = self.child.id().to_string();
        let _ = Command::new("kill").args(["-s", name, &number]).stderr(Stdio::null()).status();
    }

    /// Sends it a signal by name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let number = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &number]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} can't be sent");
    }
}

/// What a run printed, and its exit code.
pub(crate) struct Outcome {
    line: String,
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(super) fn new(line: String, output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Self {
            line,
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The exit code; `None` where a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.code
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// It said this on stderr.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "it doesn't say {text:?}\n{self}");
        self
    }

    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "it says {text:?}\n{self}");
        self
    }

    /// This and nothing else is on stderr.
    #[track_caller]
    pub(crate) fn says_exactly(self, text: &str) -> Self {
        assert_eq!(self.stderr, text, "{self}");
        self
    }

    /// This and nothing else is on stdout.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "{self}");
        self
    }

    /// What it printed, which is one JSON document of the first version.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let document: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON on stdout: {error}\n{self}"));
        assert_eq!(document["version"], 1, "{self}");
        document
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, code, stdout, stderr } = self;
        write!(f, "$ {line}\n[{code:?}]\n--- stdout\n{stdout}--- stderr\n{stderr}---")
    }
}
