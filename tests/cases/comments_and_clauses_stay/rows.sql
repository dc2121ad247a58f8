INSERT INTO formatted VALUES (7, 'Ada', 2.5), (9, 'Bob', NULL);
