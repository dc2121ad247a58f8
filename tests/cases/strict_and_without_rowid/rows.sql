INSERT INTO s VALUES ('a', 1), ('b', NULL);
