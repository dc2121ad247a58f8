INSERT INTO tasks VALUES ('t1', 'one', NULL), ('t2', 'it''s', 'high');
