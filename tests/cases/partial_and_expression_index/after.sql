CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "priority" varchar(20) DEFAULT 'medium' );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
CREATE INDEX "idx_lower" ON "tasks" (upper("title"));
CREATE INDEX "idx_open" ON "tasks" ("title") WHERE "priority" IS NOT NULL;
