//! The `.env` file and `config.toml`: which one is read, and what it says.

use super::*;

#[test]
fn the_env_file_can_be_named_and_turned_off() {
    let folder = Folder::new().file(".env", "DATABASE_URL=sqlite:default.db").file(
        "other env",
        "\u{feff}export DATABASE_URL=sqlite:first.db\nDATABASE_URL=sqlite:last.db",
    );
    let with = |value: &str| {
        let surroundings = folder.surroundings.clone().with("TASKGENIE_ENV_FILE", value);
        Settings::resolve(&App::TEST, &surroundings, None).unwrap()
    };
    assert_eq!(with("other env").database.value.path, folder.path("last.db"));
    assert_eq!(with("").database.origin, Origin::Default);
    assert_eq!(with("").env_file, None);
    assert_eq!(with("missing").database.origin, Origin::Default);
    fs::write(folder.path("bom"), "\u{feff}DATABASE_URL=sqlite:bom.db").unwrap();
    assert_eq!(with("bom").database.value.path, folder.path("bom.db"));
}

#[test]
fn reading_the_env_file_leaves_the_environment_alone() {
    let name = "TASKGENIE_TEST_ONLY_IN_THE_FILE";
    let _ = Folder::new().file(".env", format!("{name}=1")).settings();
    assert_eq!(std::env::var_os(name), None);
}

#[test]
fn a_broken_line_of_ours_stops_and_another_is_passed_over() {
    let folder =
        Folder::new().file(".env", "A=1\nGREETING=good 'morning\nDATABASE_URL=sqlite:a.db\n");
    // An open quote swallows what follows, ours with it.
    let error = folder.error();
    let path = folder.path(".env");
    assert_eq!(error.to_string(), format!("line 2 of {} can't be read", path.display()));
    assert_eq!(error.kind(), ErrorKind::Usage);

    let folder = Folder::new().file(".env", "DATABASE_URL=sqlite:a.db\nTOKEN=very secret words\n");
    let settings = folder.settings();
    let path = folder.path(".env");
    let warning = format!("line 2 of {} can't be read and is passed over", path.display());
    assert_eq!(settings.warnings, [warning]);
    assert_eq!(settings.database.value.path, folder.path("a.db"));
}

#[test]
fn a_folder_called_env_is_no_settings_file() {
    let folder = Folder::new();
    fs::create_dir(folder.path(".env")).unwrap();
    assert_eq!(folder.settings().database.origin, Origin::Default);
    assert_eq!(folder.with("TASKGENIE_ENV_FILE", ".env").error().kind(), ErrorKind::Failed);
}

#[test]
fn the_config_file_can_be_named_and_has_no_stand_in() {
    let folder = Folder::new().config("naming = 'timestamp'").file("c.toml", "backups_keep = 2");
    let with = |value: &str| {
        let surroundings = folder.surroundings.clone().with("TASKGENIE_CONFIG_FILE", value);
        Settings::resolve(&App::TEST, &surroundings, None).unwrap()
    };
    assert_eq!(folder.settings().naming.value, Naming::Timestamp);
    assert_eq!(with("c.toml").backups_keep.value, 2);
    assert_eq!(with("c.toml").naming.value, Naming::Sequential);
    assert_eq!(with("missing.toml").naming.origin, Origin::Default);
    assert_eq!(with("").config_file, None);
    // Only the environment names it: a file would have to be read to know which one to read.
    let named = Folder::new()
        .file(".env", "TASKGENIE_CONFIG_FILE=c.toml")
        .file("c.toml", "naming = 'timestamp'");
    assert_eq!(named.settings().naming.value, Naming::Sequential);
}

#[test]
fn every_spelling_of_a_key_works() {
    for (text, database, key) in [
        ("database_url = 'sqlite:a.db'", "a.db", "database_url"),
        ("[database]\nurl = 'sqlite:a.db'", "a.db", "database.url"),
        ("[database]\npath = 'a?b.db'", "home/.taskgenie/a?b.db", "database.path"),
        ("[database]\npath = '~/a.db'", "home/a.db", "database.path"),
    ] {
        let folder = Folder::new().config(text);
        let settings = folder.settings();
        assert_eq!(settings.database.value.path, folder.path(database), "{text}");
        assert_eq!(settings.database.origin, folder.in_config(key), "{text}");
    }
    for text in [
        "data_dir = '~/d'",
        "[app]\ndata_dir = '../d'",
        "other = [1]\n[x]\ny = 2\n[app]\ndata_dir = '~/d'",
    ] {
        let folder = Folder::new().config(text);
        assert_eq!(folder.settings().data_dir.unwrap().value.file_name(), Some(OsStr::new("d")));
    }
    let folder = Folder::new().config("[database]\nnaming = 'timestamp'\nbackups_keep = 9");
    assert_eq!(folder.settings().naming.value, Naming::Timestamp);
    assert_eq!(folder.settings().backups_keep.origin, folder.in_config("database.backups_keep"));
}

#[test]
fn a_config_file_that_makes_no_sense_is_told_with_its_line() {
    for (text, what) in [
        ("a = 1\nb = \n", "line 2 of FILE: "),
        ("secret = \"unterminated\n", "line 1 of FILE: "),
        ("\n\nbackups_keep = -1", "line 3 of FILE: "),
        ("[database]\nurl = 5", "line 2 of FILE: "),
        (
            "database_url = 'sqlite:a'\n[database]\npath = 'b'",
            "FILE sets both database_url and database.path",
        ),
    ] {
        let folder = Folder::new().config(text);
        let error = folder.error();
        let file = folder.path("home/.taskgenie/config.toml").display().to_string();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().starts_with(&what.replace("FILE", &file)), "{error}");
        assert!(!error.to_string().contains("unterminated"), "{error}");
    }
}
