CREATE TABLE "it's ""a"" table" ( "select" text, "x y" text, "rowid" text, "É" text );
CREATE INDEX "in ""dex" ON "it's ""a"" table" ("select");
