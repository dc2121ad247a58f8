CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(300) NOT NULL, "priority" varchar(20) DEFAULT 'medium' );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
CREATE VIRTUAL TABLE "search" USING fts5("title", content='');
