-- The shop for SQLite: realistic data and every kind of schema object SQLite has.
--   sqlite3 -bail shop.db < shop_sqlite.sql                                      about 100 MB in five seconds
--   sqlite3 -bail shop.db -cmd "CREATE TEMP TABLE shop_scale AS SELECT 0.01 AS value" < shop_sqlite.sql
-- Fixed formulas: the same scale gives the same content. Runs as one transaction.
CREATE TEMP TABLE IF NOT EXISTS shop_scale (value REAL);
INSERT INTO temp.shop_scale SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM temp.shop_scale);
PRAGMA user_version = 42;
PRAGMA application_id = 1397248848;
BEGIN;
CREATE TEMP TABLE words (n INTEGER PRIMARY KEY, word TEXT);
INSERT INTO temp.words SELECT a.column1 * 8 + b.column1, a.column2 || ' ' || b.column2 FROM
  (VALUES (0,'stone'),(1,'river'),(2,'cotton'),(3,'copper'),(4,'walnut'),(5,'linen'),(6,'silver'),(7,'paper')) a,
  (VALUES (0,'lamp'),(1,'chair'),(2,'kettle'),(3,'basket'),(4,'mirror'),(5,'table'),(6,'clock'),(7,'vase')) b;

CREATE TABLE customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, email TEXT NOT NULL UNIQUE,
  balance REAL DEFAULT 0, referred_by INTEGER REFERENCES customers DEFERRABLE INITIALLY DEFERRED, since TEXT NOT NULL, note,
  shout TEXT GENERATED ALWAYS AS (upper(name)) STORED, initial TEXT AS (substr(name, 1, 1)) VIRTUAL, CHECK (referred_by <> id));
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < (SELECT max(20, CAST(40000 * value AS INTEGER)) FROM temp.shop_scale))
INSERT INTO customers (id, name, email, balance, referred_by, since, note)
SELECT i.n, word || ' ' || i.n, 'c' || i.n || '@' || substr(word, 1, 4) || '.example', (i.n * 7919 % 1000000) / 100.0, CASE WHEN i.n % 5 = 0 THEN i.n - 1 END,
       datetime(1546300800 + i.n * 420, 'unixepoch'),
       CASE i.n % 8 WHEN 0 THEN '' WHEN 1 THEN char(9, 10, 13, 92) WHEN 2 THEN NULL WHEN 3 THEN x'00ff' WHEN 4 THEN 9223372036854775807 WHEN 5 THEN 'naïve 🛒 客户' WHEN 6 THEN 1e999 ELSE -0.0 END
FROM i JOIN temp.words w ON w.n = i.n * 7 % 64;

CREATE TABLE products (sku TEXT PRIMARY KEY, title TEXT NOT NULL, price NUMERIC CHECK (price >= 0), attributes TEXT) WITHOUT ROWID;
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < (SELECT max(20, CAST(10000 * value AS INTEGER)) FROM temp.shop_scale))
INSERT INTO products SELECT printf('SKU-%08x', i.n * 7919), word || ' ' || i.n, (i.n * 31 % 99900) / 100.0, json_object('size', i.n % 40, 'stock', json_array(i.n % 7, NULL), 'é "q"', word)
FROM i JOIN temp.words w ON w.n = i.n % 64;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE, state TEXT NOT NULL DEFAULT 'new', placed INTEGER NOT NULL, total NUMERIC, remark TEXT);
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < (SELECT max(60, CAST(250000 * value AS INTEGER)) FROM temp.shop_scale))
INSERT INTO orders SELECT i.n, 1 + i.n * 104729 % (SELECT count(*) FROM customers), CASE i.n % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'envoyé' ELSE 'it''s back' END,
       1704067200 + i.n * 60, (i.n * 977 % 90000) / 100.0, CASE WHEN i.n % 3 = 0 THEN 'please ' || word || ' ' || hex(i.n * 2654435761) END
FROM i JOIN temp.words w ON w.n = i.n * 13 % 64;

CREATE TABLE order_lines (order_id INTEGER NOT NULL, line INTEGER NOT NULL, sku TEXT NOT NULL REFERENCES products ON UPDATE CASCADE, quantity INTEGER NOT NULL, price NUMERIC, PRIMARY KEY (order_id, line)) WITHOUT ROWID;
WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < (SELECT max(120, CAST(700000 * value AS INTEGER)) FROM temp.shop_scale))
INSERT INTO order_lines SELECT 1 + i.n % o.n, i.n / o.n, printf('SKU-%08x', (1 + i.n * 15485863 % p.n) * 7919), 1 + i.n % 9, (i.n * 31 % 99900) / 100.0
FROM i, (SELECT count(*) AS n FROM orders) o, (SELECT count(*) AS n FROM products) p;

-- what does not compress: bytes from a linear congruence, 5 to 20 KB each
CREATE TABLE images (id INTEGER PRIMARY KEY, sku TEXT, image BLOB NOT NULL, thumbnail BLOB);
WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < (SELECT max(5, CAST(3000 * value AS INTEGER)) FROM temp.shop_scale))
INSERT INTO images SELECT n, printf('SKU-%08x', n * 7919),
       (WITH RECURSIVE k(j, x) AS (SELECT 0, n * 2654435761 UNION ALL SELECT j + 1, (x * 1103515245 + 12345) & 2147483647 FROM k WHERE j < 600 + n % 2000)
        SELECT CAST(group_concat(printf('%08x', x), '') AS BLOB) FROM k), CASE n % 3 WHEN 0 THEN zeroblob(0) WHEN 1 THEN x'00' END
FROM i;

CREATE TABLE changes (id INTEGER PRIMARY KEY, what TEXT, at TEXT DEFAULT '2024-01-01');
CREATE TABLE empty_table (id INTEGER PRIMARY KEY, x);
CREATE TABLE strict_one (id INTEGER PRIMARY KEY, t TEXT, r REAL, b BLOB, a ANY) STRICT;
INSERT INTO strict_one VALUES (1, 'x', 0.1, x'00', '1'), (2, NULL, -1e308, NULL, 1);
CREATE TABLE "Täble ""with"" 'quotes'; -- \ and %" ("select" INTEGER PRIMARY KEY, "a b" TEXT, "é" TEXT);
INSERT INTO "Täble ""with"" 'quotes'; -- \ and %" VALUES (1, '', NULL), (-9223372036854775808, 'x', 'é');
CREATE VIRTUAL TABLE product_search USING fts5 (title, sku UNINDEXED);
INSERT INTO product_search SELECT title, sku FROM products LIMIT 5000;
CREATE VIRTUAL TABLE places USING rtree (id, min_x, max_x, min_y, max_y);
INSERT INTO places SELECT id, id % 180, id % 180 + 1, id % 90, id % 90 + 1 FROM customers LIMIT 2000;
CREATE INDEX orders_customer ON orders (customer_id, placed DESC);
CREATE INDEX orders_unpaid ON orders (placed) WHERE state = 'new';
CREATE UNIQUE INDEX customers_lower_email ON customers (lower(email));
CREATE INDEX "Odd ""index"" é" ON products (json_extract(attributes, '$.size'), title COLLATE NOCASE);
CREATE INDEX order_lines_sku ON order_lines (sku);
CREATE VIEW spending (id, name, spent) AS SELECT c.id, c.name, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
CREATE VIEW big_spenders AS SELECT * FROM spending WHERE spent > 500;
CREATE TRIGGER order_change AFTER UPDATE OF state ON orders WHEN old.state <> new.state BEGIN INSERT INTO changes (what) VALUES ('order ' || new.id || ' is ' || new.state); END;
CREATE TRIGGER big_insert INSTEAD OF INSERT ON big_spenders BEGIN INSERT INTO changes (what) VALUES ('nobody becomes a big spender'); END;
UPDATE orders SET state = 'paid' WHERE id % 1000 = 4;
COMMIT;
ANALYZE;
