CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" text NOT NULL UNIQUE, "priority" varchar(20) NOT NULL DEFAULT 'low', "due" datetime_text );
CREATE INDEX "idx_tasks_priority" ON "tasks" ("priority");
CREATE TABLE "notes" ( "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "task_id" varchar(36) NOT NULL, "text" text, FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE );
