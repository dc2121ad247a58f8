CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "priority" varchar(20) NOT NULL DEFAULT 'medium' );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
CREATE VIEW "urgent" AS SELECT "id", "title" FROM "tasks" WHERE "priority" = 'high';
CREATE VIEW "urgent_titles" AS SELECT "title" FROM "urgent";
CREATE TABLE "audit" ( "what" text );
CREATE TRIGGER "log_task" AFTER INSERT ON "tasks" BEGIN INSERT INTO "audit" VALUES (NEW."id"); END;
CREATE TRIGGER "log_audit" AFTER DELETE ON "audit" BEGIN UPDATE "tasks" SET "title" = OLD."what" WHERE "id" = OLD."what"; END;
