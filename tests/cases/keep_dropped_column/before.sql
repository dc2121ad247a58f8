CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "priority" varchar(20) DEFAULT 'medium' );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
CREATE TABLE "notes" ( "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "task_id" varchar(36) NOT NULL, "text" text, FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE );
