INSERT INTO tasks VALUES ('t1', 'one', NULL), ('t2', 'it''s', 'high');
INSERT INTO search (rowid, title) VALUES (1, 'one');
