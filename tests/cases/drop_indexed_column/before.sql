CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "priority" varchar(20) DEFAULT 'medium', "category" varchar(50) );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
CREATE INDEX "idx_tasks_both" ON "tasks" ("priority", "category");
