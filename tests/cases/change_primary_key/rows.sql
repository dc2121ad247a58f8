INSERT INTO pairs VALUES (1, 2, 'x'), (2, 1, NULL);
