CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "priority" varchar(20) DEFAULT 'medium' );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
