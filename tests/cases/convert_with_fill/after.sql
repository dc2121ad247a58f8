CREATE TABLE "tasks" ( "id" varchar(36) NOT NULL PRIMARY KEY, "title" varchar(255) NOT NULL, "points" integer, "estimate" real NOT NULL );
CREATE INDEX "idx_tasks_points" ON "tasks" ("points");
