//! The small library that is loaded into the program and makes one of its operations fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::Tgenie;

/// What becomes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is killed before it.
    Kill,
    /// Half of it is written, then the process is killed.
    Torn,
    /// It fails.
    Error,
    /// It and every later write find a full disk.
    FullDisk,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::Kill, Self::Torn, Self::Error, Self::FullDisk];

    fn mode(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Torn => "torn",
            Self::Error => "eio",
            Self::FullDisk => "enospc",
        }
    }
}

/// What a run did to one file or folder; `shim.c` says which kinds there are.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) kind: char,
    pub(crate) path: PathBuf,
    pub(crate) offset: u64,
    pub(crate) data: Vec<u8>,
}

/// The compiled library, with the file that it counts in.
pub(crate) struct Shim {
    folder: TempDir,
}

impl Shim {
    /// Compiles it; `None`, said aloud, where that can't be done.
    pub(crate) fn new() -> Option<Self> {
        if !cfg!(target_os = "linux") {
            println!("NOT RUN: only on Linux can a library be put before the C library");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let shim = Self { folder };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/faults/shim.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
            .arg(shim.library())
            .arg(source)
            .args(["-ldl", "-pthread"])
            .status();
        let Ok(status) = compiled else {
            println!("NOT RUN: there is no `cc` to compile the faults with");
            return None;
        };
        assert!(status.success(), "tests/faults/shim.c doesn't compile");
        Some(shim)
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("shim.so")
    }

    fn counter(&self) -> PathBuf {
        self.folder.path().join("counter")
    }

    /// A run of which every operation on files below this folder is counted.
    pub(crate) fn count(&self, run: Tgenie, below: &Path) -> Tgenie {
        fs::write(self.counter(), [0; 8]).unwrap();
        run.env("LD_PRELOAD", self.library())
            .env("FAULTS_BELOW", fs::canonicalize(below).unwrap())
            .env("FAULTS_COUNTER", self.counter())
    }

    /// A run whose operation of this number, from 1 on, goes wrong.
    pub(crate) fn strike(&self, run: Tgenie, below: &Path, fault: Fault, at: u64) -> Tgenie {
        self.count(run, below).env("FAULTS_MODE", fault.mode()).env("FAULTS_AT", at.to_string())
    }

    /// How many operations there were.
    pub(crate) fn counted(&self) -> u64 {
        let bytes = fs::read(self.counter()).unwrap();
        u64::from_ne_bytes(bytes.try_into().unwrap())
    }

    /// The operations of a run, which must succeed, in their order.
    pub(crate) fn operations(&self, run: Tgenie, below: &Path) -> Vec<Operation> {
        let log = self.folder.path().join("log");
        fs::write(&log, "").unwrap();
        self.count(run, below).env("FAULTS_LOG", &log).run().exits(0);
        let bytes = fs::read(&log).unwrap();
        let (mut rest, mut operations) = (bytes.as_slice(), Vec::new());
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let head = std::str::from_utf8(&rest[..end]).unwrap();
            let words: Vec<_> = head.split(' ').collect();
            let [kind, offset, data, path] = words.as_slice() else { panic!("{head}") };
            let (data, path): (usize, usize) = (data.parse().unwrap(), path.parse().unwrap());
            rest = &rest[end + 1..];
            operations.push(Operation {
                kind: kind.chars().next().unwrap(),
                path: std::str::from_utf8(&rest[..path]).unwrap().into(),
                offset: offset.parse().unwrap(),
                data: rest[path..path + data].to_vec(),
            });
            rest = &rest[path + data..];
        }
        operations
    }
}
