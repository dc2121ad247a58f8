CREATE TABLE formatted (
  -- the key, as the app hands it out
  id   INTEGER PRIMARY KEY,
  name VARCHAR(30) COLLATE NOCASE NOT NULL ON CONFLICT REPLACE DEFAULT 'none', /* shown first */
  size REAL CHECK (size > 0) -- in metres
);
CREATE INDEX by_name ON formatted (name COLLATE NOCASE DESC) WHERE size > 1;
