CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "priority" varchar(20) DEFAULT 'medium' );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
