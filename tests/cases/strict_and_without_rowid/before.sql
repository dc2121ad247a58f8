CREATE TABLE "s" ( "k" text NOT NULL PRIMARY KEY, "v" integer );
