CREATE TABLE "tree" ( "id" integer NOT NULL PRIMARY KEY, "parent" integer, "name" text, FOREIGN KEY ("parent") REFERENCES "tree" ("id") ON DELETE CASCADE );
