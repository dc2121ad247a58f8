CREATE TABLE "pairs" ( "a" integer NOT NULL, "b" integer NOT NULL, "c" text, CONSTRAINT "pk-pairs" PRIMARY KEY ("a", "b") );
