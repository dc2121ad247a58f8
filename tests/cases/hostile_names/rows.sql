INSERT INTO "it's ""a"" table" VALUES ('a', 1, 'r', 'e'), (NULL, NULL, NULL, NULL);
