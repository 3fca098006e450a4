-- One customer's visit, for pgbench while a backup runs:  pgbench -n -f shop_traffic.sql -T 30 -c 2 shop
\set customer random(1, 100)
\set pick random(1, 1000000)
BEGIN;
INSERT INTO shop.page_views (at, customer_id, path, agent) VALUES (now(), :customer, '/visit/' || :pick, 'pgbench');
UPDATE shop.customers SET balance = balance + 0.01 WHERE id = :customer;
INSERT INTO shop.orders (customer_id, placed, total) VALUES (:customer, timestamptz '2024-06-01 UTC' + :pick * interval '1 second', :pick / 100.0);
END;
