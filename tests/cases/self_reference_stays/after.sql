CREATE TABLE "tree" ( "id" integer NOT NULL PRIMARY KEY, "parent" integer, "name" varchar(40), FOREIGN KEY ("parent") REFERENCES "tree" ("id") ON DELETE CASCADE );
