INSERT INTO tasks VALUES ('t1', 'one', 'c', NULL);
