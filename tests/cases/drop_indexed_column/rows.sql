INSERT INTO tasks VALUES ('t1', 'one', NULL, 'c'), ('t2', 'it''s', 'high', NULL);
