INSERT INTO tasks (id, title, priority, tags) VALUES ('t1', 'one', NULL, '[]'), ('t2', 'it''s', 'High', NULL);
INSERT INTO attachments (id, task_id, type, reference) VALUES ('a1', 't1', 'url', 'https://example.org/1');
INSERT INTO notifications (id, task_id, type, scheduled_at) VALUES ('n1', 't2', 'due_6h', '2026-01-01 00:00:00');
INSERT INTO config (key, value) VALUES ('theme', 'dark');
