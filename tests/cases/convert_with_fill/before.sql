CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "points" text, "estimate" text );
CREATE INDEX "idx_tasks_points" ON "tasks" ("points");
