//! What parses as what.

use schema_engine::dump::DumpParts;
use schema_engine::hazard::HazardCode;

use super::*;
use schema_engine::pair::Pair;
use schema_engine::side::{Side, Until};

/// The words of a `db` command, read.
fn parse_db<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Db, clap::Error> {
    match parse(&App::TEST, words)?.group {
        Group::Db(db) => Ok(db),
        other => panic!("{other:?}"),
    }
}

fn parse_line(line: &str) -> Result<DbCommand, clap::Error> {
    parse_db(line.split(' ')).map(|db| db.command)
}

fn usage_error(line: &str) -> String {
    let error = parse_line(line).expect_err(line);
    assert!(error.use_stderr(), "{line}");
    error.to_string()
}

#[test]
fn the_definition_is_consistent() {
    command(&App::TEST).debug_assert();
}

#[test]
fn a_revision_is_an_argument_or_a_flag() {
    for (arguments, revision) in [
        ("upgrade", ""),
        ("upgrade head", "head"),
        ("upgrade --rev +1", "+1"),
        ("upgrade 002-1", "002-1"),
        ("upgrade --dry-run m002_add_priority_field", "m002_add_priority_field"),
        ("downgrade", ""),
        ("downgrade -1", "-1"),
        ("downgrade -12 --dry-run", "-12"),
        ("downgrade --rev -1", "-1"),
        ("downgrade --rev=-2", "-2"),
        ("downgrade --json base", "base"),
        ("downgrade -- -1", "-1"),
    ] {
        let command = parse_line(&format!("tgenie db {arguments}")).expect(arguments);
        let given = match &command {
            DbCommand::Upgrade(upgrade) => upgrade.migrate.revision(),
            DbCommand::Downgrade(downgrade) => downgrade.migrate.revision(),
            other => panic!("{arguments} is {other:?}"),
        };
        assert_eq!(given.unwrap_or_default(), revision, "{arguments}");
    }
    assert!(usage_error("tgenie db upgrade head --rev head").contains("cannot be used with"));
    assert!(usage_error("tgenie db downgrade --dryrun").contains("--dry-run"));
}

#[test]
fn a_preview_is_off_unless_asked_for() {
    for (flags, expected) in [("", Preview::Off), (" --dry-run", Preview::DryRun)] {
        let command = parse_line(&format!("tgenie db upgrade{flags}")).unwrap();
        let DbCommand::Upgrade(upgrade) = command else { panic!("{command:?}") };
        assert_eq!(upgrade.migrate.preview(), expected);
    }
}

#[test]
fn the_commands_of_the_guide_parse() {
    let line = ["tgenie", "db", "revision", "-m", "Add priority field", "--autogenerate"];
    let db = parse_db(line).unwrap();
    let DbCommand::Revision(revision) = db.command else { panic!("{:?}", db.command) };
    assert_eq!((revision.message.as_str(), revision.autogenerate), ("Add priority field", true));

    for line in [
        "tgenie db upgrade",
        "tgenie db upgrade --rev 002",
        "tgenie db downgrade --rev -1",
        "tgenie db revision -m Custom",
        "tgenie db dump --out backup.sql",
        "tgenie db restore --in backup.sql",
        "tgenie db reset --yes",
    ] {
        parse_line(line).expect(line);
    }
}

#[test]
fn the_answers_of_a_revision_are_read() {
    let line = "tgenie db revision -a -m x --rename tasks.prio=tasks.priority --rename a=b \
                --fill tasks.status=json_extract(x,'$.a=1') --dry-run";
    let DbCommand::Revision(revision) = parse_line(line).unwrap() else { panic!("{line}") };
    let answers = revision.answers.answers();
    assert_eq!(answers.renames.len(), 2);
    assert_eq!(answers.renames[1].describe(), "table a renamed to b");
    let fill = answers.fills.get(&("tasks".into(), "status".into()));
    assert_eq!(fill.map(String::as_str), Some("json_extract(x,'$.a=1')"));
    assert_eq!(revision.preview(), Preview::DryRun);
    assert!(answers.accepted.is_empty());

    for flags in ["--accept TG101,TG102", "--accept tg102 --accept Tg101"] {
        let line = format!("tgenie db revision -a -m x {flags}");
        let DbCommand::Revision(revision) = parse_line(&line).unwrap() else { panic!("{line}") };
        let accepted = revision.answers.answers().accepted;
        assert_eq!(accepted, [HazardCode::DropTable, HazardCode::DropColumn].into(), "{flags}");
    }
    let unknown = usage_error("tgenie db revision -a -m x --accept TG102,TG999");
    assert!(unknown.contains("`TG999` is no hazard") && unknown.contains("TG301"), "{unknown}");

    for flags in
        ["--rename a", "--rename =b", "--fill tasks=1", "--fill tasks.a=", "--accept ,", "--accept"]
    {
        usage_error(&format!("tgenie db revision -a -m x {flags}"));
    }
    for flag in ["--fill t.a=1", "--accept TG101"] {
        let error = usage_error(&format!("tgenie db revision -m x {flag}"));
        assert!(error.contains("--autogenerate"), "{error}");
    }
    assert!(usage_error("tgenie db revision").contains("--message"));
}

#[test]
fn common_flags_go_before_and_after_the_command() {
    for line in [
        "tgenie db --database a.db --json --no-rebuild current",
        "tgenie db current --no-rebuild --json --database a.db",
    ] {
        let db = parse_db(line.split(' ')).unwrap();
        assert_eq!(db.common.database.as_deref(), Some("a.db".as_ref()));
        assert_eq!(db.common.format(), Format::Json);
        assert_eq!(db.common.rebuild_policy(), RebuildPolicy::Never);
    }
}

#[test]
fn a_dump_goes_to_a_file_or_to_stdout() {
    for (out, target) in [
        ("-", DumpTarget::StandardOutput),
        ("./-", DumpTarget::File("./-".into())),
        ("a.sql.gz", DumpTarget::File("a.sql.gz".into())),
    ] {
        let command = parse_line(&format!("tgenie db dump --out {out}")).unwrap();
        let DbCommand::Dump(dump) = command else { panic!("{command:?}") };
        assert_eq!(dump.out, target);
        assert_eq!((dump.parts(), dump.tables.len()), (DumpParts::SchemaAndRows, 0));
    }
    for (out, why) in [
        ("a.zip", "a dump can be packed as .gz or .zst, not as .zip"),
        ("a.sql.BZ2", "a dump can be packed as .gz or .zst, not as .bz2"),
        ("", "the name is empty"),
    ] {
        let error = parse_line(&format!("tgenie db dump --out {out}")).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    for (flags, parts, tables) in [
        ("--schema-only", DumpParts::Schema, [].as_slice()),
        ("--data-only --table a --table b", DumpParts::Rows, &["a", "b"]),
    ] {
        let command = parse_line(&format!("tgenie db dump --out - {flags}")).unwrap();
        let DbCommand::Dump(dump) = command else { panic!("{command:?}") };
        assert_eq!(
            (dump.parts(), dump.tables.as_slice()),
            (parts, &tables.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..])
        );
    }
    assert!(
        usage_error("tgenie db dump --out - --schema-only --data-only").contains("--data-only")
    );
}

#[test]
fn a_comparison_goes_from_the_live_database_to_the_models() {
    for (flags, from, to, output, verdict) in [
        ("", Side::Live, Side::Models, DiffOutput::Differences, Verdict::Done),
        (
            " --to history@-1 --exit-code",
            Side::Live,
            Side::History(Until::Revision("-1".into())),
            DiffOutput::Differences,
            Verdict::Told,
        ),
        (
            " --from ./live --to b.sql --sql",
            Side::File("./live".into()),
            Side::File("b.sql".into()),
            DiffOutput::Sql,
            Verdict::Done,
        ),
    ] {
        let command = parse_line(&format!("tgenie db diff{flags}")).unwrap();
        let DbCommand::Diff(diff) = command else { panic!("{command:?}") };
        assert_eq!(diff.sides(), Pair::new(&from, &to), "{flags}");
        assert_eq!((diff.output(), diff.verdict()), (output, verdict), "{flags}");
    }
}

#[test]
fn help_and_version_are_data_and_a_missing_command_is_not() {
    for (line, code, text) in [
        ("tgenie --version", ExitCode::Done, "tgenie 0.0.0"),
        ("tgenie db upgrade --version", ExitCode::Done, "0.0.0"),
        ("tgenie db --help", ExitCode::Done, "Usage: tgenie db"),
        ("tgenie db", ExitCode::Usage, "Usage: tgenie db"),
        ("tgenie", ExitCode::Usage, "Usage: tgenie"),
        ("tgenie db state", ExitCode::Usage, "unrecognized subcommand"),
    ] {
        let error = parse(&App::TEST, line.split(' ')).expect_err(line);
        assert_eq!(exit_code(&error), code, "{line}");
        assert!(error.to_string().contains(text), "{line}: {error}");
    }
}

#[test]
fn what_can_be_saved_is_saved_though_the_models_do_not_compile() {
    for (line, depends) in [
        ("tgenie db upgrade", true),
        ("tgenie db revision -m x", true),
        ("tgenie db check", true),
        ("tgenie db current", true),
        ("tgenie db dump --out -", false),
        ("tgenie db restore --in a.sql", false),
        ("tgenie db settings", false),
        ("tgenie db diff", true),
        ("tgenie db diff --from history@base --to a.sql", true),
        ("tgenie db diff --to live --from ./models", false),
    ] {
        assert_eq!(parse_line(line).unwrap().depends_on_sources(), depends, "{line}");
    }
}
