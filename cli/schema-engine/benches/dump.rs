//! What a dump and a restore cost beside the `sqlite3` shell: `cargo bench -p schema-engine --bench
//! dump`. The environment variable `SHELL_TO_BEAT` names another shell than `sqlite3`.
//!
//! A mixed database of 1,000,000 rows is dumped and the dump restored by the engine and by the
//! shell, in turns; dumped from the disk, too, where the system can be told to forget the file. It
//! prints medians, ratios taken pair by pair and how much memory each took; it judges nothing.

#![expect(clippy::print_stdout, reason = "the measurements are what it is for")]

use rusqlite::Connection;
use schema_engine::dump::{DumpOptions, DumpTarget, dump};
use schema_engine::restore::{RestoreOptions, restore};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 11;
const ROWS: u32 = 1_000_000;

/// Numbers, short and long text of which 5 % has line ends, blobs, uuids and NULLs.
const CONTENT: &str = "
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
CREATE TABLE item(id INTEGER PRIMARY KEY, uuid TEXT, big INTEGER, priority INTEGER, score REAL,
  title TEXT, body TEXT, data BLOB, created TEXT, owner INTEGER, flag INTEGER, note TEXT);
CREATE TABLE tag(item INTEGER, tag INTEGER, PRIMARY KEY(item, tag)) WITHOUT ROWID;
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < :rows),
  word(w) AS (VALUES('the quick brown fox jumps over a lazy dog; it''s a naïve model of '))
INSERT INTO item SELECT i, lower(hex(randomblob(16))), random(), i % 6,
  CASE WHEN i % 3 THEN random() / 7e15 ELSE round(i / 7.0, 2) END,
  substr(w || hex(randomblob(40)), 1 + i % 9, 50 + i % 71),
  CASE WHEN i % 20 THEN '' ELSE 'line' || char(10) END
    || substr(w || w || w || hex(randomblob(20)), 1 + i % 30, 50 + i % 151),
  randomblob(8 + i % 41), datetime(1700000000 + i, 'unixepoch'),
  CASE WHEN i % 4 THEN i % 1000 END, i & 1, CASE WHEN i & 1 THEN 'x' END
FROM n, word;
INSERT INTO tag SELECT id, id % 97 FROM item WHERE id % 10 = 0;
CREATE INDEX by_uuid ON item(uuid);
CREATE INDEX by_priority ON item(priority, created);";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, flag, what, from, to] = arguments.as_slice()
        && flag == "--once"
    {
        return once(what, Path::new(from), Path::new(to));
    }
    // `cargo test --benches` runs this too, and has no use for it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let shell = std::env::var("SHELL_TO_BEAT").unwrap_or_else(|_| "sqlite3".to_owned());
    let Ok(version) = Command::new(&shell).arg("--version").output() else {
        println!("there is no {shell} to compare with");
        return;
    };
    let folder = tempfile::tempdir().expect("a scratch folder");
    let original = folder.path().join("original.db");
    let connection = Connection::open(&original).expect("the database opens");
    connection
        .execute_batch(&CONTENT.replace(":rows", &ROWS.to_string()))
        .expect("the statements run");
    connection.close().expect("the database closes");
    let megabytes = |path: &Path| fs::metadata(path).expect("the file").len() / 1_000_000;
    println!(
        "{ROWS} rows, {} MB; medians of {ROUNDS}; shell {}",
        megabytes(&original),
        String::from_utf8_lossy(&version.stdout).split_whitespace().next().unwrap_or_default()
    );

    let theirs = folder.path().join("theirs.sql");
    let by_shell = |original: &Path| shell_dumps(&shell, original, &theirs);
    let mut first = folder.path().join("ours.sql");
    for (what, name) in
        [("dump", "ours.sql"), ("dump .gz", "ours.sql.gz"), ("dump .zst", "ours.sql.zst")]
    {
        let ours = folder.path().join(name);
        compare(what, || by_shell(&original), || measured("dump", &original, &ours));
        println!("  {} MB; the shell's {} MB", megabytes(&ours), megabytes(&theirs));
        if what == "dump" {
            first = ours;
        } else {
            let plain = folder.path().join("plain.sql");
            compare(
                &format!("{what}, beside the plain one"),
                || measured("dump", &original, &plain),
                || measured("dump", &original, &ours),
            );
        }
    }
    if forget(&original) {
        let ours = folder.path().join("cold.sql");
        compare(
            "dump, nothing of the database in memory",
            || {
                forget(&original);
                by_shell(&original)
            },
            || {
                forget(&original);
                measured("dump", &original, &ours)
            },
        );
    }
    let target = folder.path().join("target.db");
    compare(
        "restore",
        || {
            let _ = fs::remove_file(&target);
            shell_loads(&shell, &first, &target)
        },
        || {
            let _ = fs::remove_file(&target);
            measured("restore", &first, &target)
        },
    );
}

/// Has the system drop what it keeps of a file in memory; not every system can be told to.
fn forget(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        let file = File::open(path).expect("the file");
        file.sync_all().expect("it is flushed");
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).is_ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}

/// Runs both in turns and prints how they compare.
fn compare(
    what: &str,
    mut theirs: impl FnMut() -> (f64, u64),
    mut ours: impl FnMut() -> (f64, u64),
) {
    let (mut times, mut ratios) = ([Vec::new(), Vec::new()], Vec::new());
    let mut memory = 0;
    for _ in 0..ROUNDS {
        let (their_seconds, _) = theirs();
        let (our_seconds, kilobytes) = ours();
        times[0].push(their_seconds);
        times[1].push(our_seconds);
        ratios.push(our_seconds / their_seconds);
        memory = memory.max(kilobytes);
    }
    let [their_time, our_time] = times.each_mut().map(|times| median(times));
    println!(
        "{what}: {our_time:.2} s, the other {their_time:.2} s, ratio {:.2} ({:.2} to {:.2}); peak memory {} MB",
        median(&mut ratios),
        ratios[0],
        ratios[ratios.len() - 1],
        memory / 1024,
    );
}

fn shell_dumps(shell: &str, original: &Path, target: &Path) -> (f64, u64) {
    let out = File::create(target).expect("the file");
    let start = Instant::now();
    let status = Command::new(shell).arg(original).arg(".dump").stdout(out).status();
    assert!(status.expect("the shell runs").success());
    (start.elapsed().as_secs_f64(), 0)
}

fn shell_loads(shell: &str, script: &Path, target: &Path) -> (f64, u64) {
    let script = File::open(script).expect("the dump");
    let start = Instant::now();
    let status = Command::new(shell)
        .arg(target)
        .stdin(script)
        .stdout(Stdio::null())
        .status()
        .expect("the shell runs");
    assert!(status.success());
    (start.elapsed().as_secs_f64(), 0)
}

/// One run in a process of its own, so that its memory is its own: seconds and kilobytes.
fn measured(what: &str, from: &Path, to: &Path) -> (f64, u64) {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--once", what])
        .args([from, to])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("two numbers");
    let (seconds, kilobytes) = text.trim().split_once(' ').expect("two numbers");
    (seconds.parse().expect("seconds"), kilobytes.parse().expect("kilobytes"))
}

fn once(what: &str, from: &Path, to: &Path) {
    let start = Instant::now();
    if what == "dump" {
        let _ = dump(from, DumpTarget::File(to), &DumpOptions::default()).expect("the dump");
    } else {
        let _ = restore(to, from, &RestoreOptions::new("20260101-000000")).expect("the restore");
    }
    println!("{} {}", start.elapsed().as_secs_f64(), peak_memory());
}

/// The most memory that this process had, in kilobytes; 0 where the system doesn't say.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
