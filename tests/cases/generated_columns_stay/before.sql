CREATE TABLE "g" ( "a" integer, "twice" integer GENERATED ALWAYS AS ("a" * 2) STORED, "text" varchar(10) AS ('n' || "a") VIRTUAL, "b" text );
