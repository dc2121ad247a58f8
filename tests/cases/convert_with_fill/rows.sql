INSERT INTO tasks VALUES ('t1', 'one', '01234', '1.5 h'), ('t2', 'it''s', 'n/a', NULL), ('t3', 'three', NULL, '2');
