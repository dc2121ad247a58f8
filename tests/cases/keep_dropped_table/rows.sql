INSERT INTO tasks VALUES ('t1', 'one', NULL), ('t2', 'it''s', 'high');
INSERT INTO notes (id, task_id, text) VALUES (5, 't1', 'a'), (9, 't2', NULL);
UPDATE sqlite_sequence SET seq = 40 WHERE name = 'notes';
