INSERT INTO tasks VALUES ('t1', 'one', NULL), ('t2', 'it''s', 'high');
INSERT INTO links VALUES (1, 't1'), (2, NULL);
