INSERT INTO g (a, b) VALUES (1, NULL), (2, 'y');
