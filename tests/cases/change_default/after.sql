CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "priority" varchar(20) DEFAULT 'it''s low' );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
