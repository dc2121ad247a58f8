//! The table that has everything, and its rows.

/// A table with all that SQLite knows, those that refer to it, and what mentions it.
pub(super) const SCHEMA: &str = r#"
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE audit (what TEXT);
CREATE TABLE  tasks   ( -- all that a table can have
  "id"	INTEGER PRIMARY KEY AUTOINCREMENT,
  code TEXT COLLATE NOCASE NOT NULL UNIQUE,   /* as people say it, in any case */
  title TEXT NOT NULL DEFAULT 'new',
  [note] text,
  points INTEGER DEFAULT 1 CHECK (points >= 0),
      weight REAL, spare INTEGER,
  twice INTEGER AS (points * 2) VIRTUAL,
  label TEXT GENERATED ALWAYS AS (code || ':' || title) STORED,
  up INTEGER REFERENCES tasks(id) ON DELETE SET NULL,
  owner INTEGER CONSTRAINT owned REFERENCES people(id) ON DELETE CASCADE ON UPDATE CASCADE,
  place TEXT,
  CONSTRAINT short_code CHECK (length(code) <= 12),
  CONSTRAINT one_place UNIQUE (owner, place) ON CONFLICT IGNORE
  -- the end
);
CREATE INDEX i_open ON tasks (points) WHERE note IS NULL;
CREATE INDEX i_lower ON tasks (lower(title), place);
CREATE INDEX i_heavy ON tasks (weight DESC, code COLLATE BINARY);
CREATE UNIQUE INDEX i_label ON tasks (label);
CREATE INDEX i_twice on tasks(twice);
CREATE TRIGGER t_in AFTER INSERT ON tasks BEGIN INSERT INTO audit VALUES ('in ' || NEW.code); END;
CREATE TRIGGER t_code AFTER UPDATE OF code ON tasks WHEN OLD.code <> NEW.code BEGIN
  INSERT INTO audit VALUES ('code ' || NEW.code);
END;
CREATE TRIGGER p_name AFTER UPDATE OF name ON people BEGIN
  UPDATE tasks SET title = NEW.name || id WHERE owner = NEW.id;
END;
CREATE VIEW v_open AS SELECT id, code, title FROM tasks WHERE note IS NULL;
CREATE VIEW v_codes AS SELECT code FROM v_open;
CREATE TRIGGER v_codes_in INSTEAD OF INSERT ON v_codes BEGIN
  INSERT INTO tasks (code, title) VALUES (NEW.code, 'by view');
END;
CREATE TABLE cascades (id INTEGER PRIMARY KEY, task INTEGER REFERENCES tasks(id) ON DELETE CASCADE);
CREATE TABLE nulls (id INTEGER PRIMARY KEY, task INTEGER REFERENCES tasks(id) ON DELETE SET NULL);
CREATE TABLE restricts (id INTEGER PRIMARY KEY, task INTEGER REFERENCES tasks(id) ON DELETE RESTRICT);
CREATE TABLE deferreds (id INTEGER PRIMARY KEY, task INTEGER REFERENCES tasks(id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE by_code (id INTEGER PRIMARY KEY, code TEXT REFERENCES tasks(code) ON UPDATE CASCADE);
"#;

/// Tables that refer to `tasks`.
pub(super) const CHILDREN: [&str; 5] = ["cascades", "nulls", "restricts", "deferreds", "by_code"];

/// The highest id ever was 900.
pub(super) const ROWS: &str = "
INSERT INTO people VALUES (1, 'Ann'), (2, 'Bob');
INSERT INTO tasks (id, code, title, note, points, weight, spare, up, owner, place) VALUES
  (1, 'A-1', 'first', NULL, 1, 1.5, 1, NULL, 1, 'home'),
  (2, 'b-2', 'it''s \"two\"', 'n', 0, NULL, NULL, 1, 2, 'home'),
  (5, 'C-3', 'line' || char(10) || 'two', 'a' || char(0) || 'b', 7, 0.1, NULL, 2, 1, NULL),
  (900, 'gone', 'gone', NULL, 1, NULL, NULL, NULL, NULL, NULL);
DELETE FROM tasks WHERE id = 900;
INSERT INTO cascades VALUES (10, 1), (11, 5), (12, 1);
INSERT INTO nulls VALUES (20, 1), (21, 2);
INSERT INTO restricts VALUES (30, 2);
INSERT INTO deferreds VALUES (40, 5);
INSERT INTO by_code VALUES (50, 'A-1'), (51, 'C-3');
DELETE FROM audit;
ANALYZE;";

/// Values that are not of their column's type, which STRICT would refuse.
pub(super) const ODD_ROWS: &str =
    "UPDATE tasks SET weight = 'heavy', note = x'00ff', points = 7.5 WHERE id = 5;";
