-- A shop: realistic data and every kind of object that a logical backup can meet.
--   createdb shop && psql -X -q -v ON_ERROR_STOP=1 -v scale=1 -d shop -f shop.sql
-- Needs a superuser, an empty database, PostgreSQL 13 or newer. scale=1 gives more than 500 MB in under a
-- minute, scale=0.01 a database for tests. One session and fixed formulas: the same scale gives the same
-- content. Roles (shop_owner, shop_app, shop_readonly, "Shop Röle") are created when missing.
\if :{?scale} \else \set scale 1 \endif
SELECT current_setting('server_version_num')::int >= 140000 AS pg14,
       current_setting('server_version_num')::int >= 150000 AS pg15 \gset
SET client_min_messages = warning;
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;
SET maintenance_work_mem = '256MB';
SET synchronous_commit = off;
-- rows of each table, never fewer than a test can notice
SELECT greatest(20, (150000 * :scale)::int) AS customers, greatest(20, (20000 * :scale)::int) AS products,
       greatest(60, (450000 * :scale)::int) AS orders, greatest(120, (1100000 * :scale)::int) AS lines,
       greatest(50, (900000 * :scale)::int) AS views, greatest(5, (1800 * :scale)::int) AS images,
       greatest(20, (120000 * :scale)::int) AS reviews \gset

-- ---------------------------------------------------------------- roles
SELECT format('CREATE ROLE %I %s', name, attributes) FROM (VALUES
    ('shop_owner', 'NOLOGIN CREATEROLE'), ('shop_readonly', 'NOLOGIN'),
    ('shop_app', 'LOGIN CONNECTION LIMIT 50 VALID UNTIL ''2099-01-01 00:00:00+00'''),
    ('Shop Röle', 'NOLOGIN NOINHERIT')) AS wanted (name, attributes)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
GRANT shop_readonly TO shop_app;
GRANT shop_app TO "Shop Röle" WITH ADMIN OPTION;
COMMENT ON ROLE shop_app IS 'what the web shop logs in as';
ALTER ROLE shop_app SET statement_timeout = '90s';
SELECT format('ALTER ROLE shop_app IN DATABASE %I SET search_path = shop, public', current_database()) \gexec
SELECT format('ALTER DATABASE %I SET work_mem = ''8MB''', current_database()) \gexec
SELECT format('COMMENT ON DATABASE %I IS ''a shop''', current_database()) \gexec
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO shop_readonly', current_database()) \gexec

-- ---------------------------------------------------------------- extensions, schemas, types
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE SCHEMA ext;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA ext;
CREATE EXTENSION IF NOT EXISTS hstore SCHEMA ext;
CREATE SCHEMA shop AUTHORIZATION shop_owner;
CREATE SCHEMA warehouse;
CREATE SCHEMA "Odd ""Schema"" é";
COMMENT ON SCHEMA shop IS 'what customers see';
GRANT USAGE ON SCHEMA shop, ext TO shop_readonly, shop_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO shop_readonly;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA shop GRANT EXECUTE ON FUNCTIONS TO shop_app;
ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SET search_path = shop, ext, public;

CREATE TYPE order_state AS ENUM ('new', 'paid', 'envoyé', 'it''s back');
ALTER TYPE order_state ADD VALUE 'packed' BEFORE 'envoyé';
CREATE DOMAIN email_address AS text COLLATE "C" CHECK (VALUE ~ '^[^@]+@[^@]+$') CONSTRAINT not_long CHECK (length(VALUE) < 200);
CREATE DOMAIN positive AS integer NOT NULL DEFAULT 1 CHECK (VALUE > 0);
CREATE TYPE address AS (street text, zip varchar(12), place point);
CREATE TYPE price_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN home_address AS address CHECK ((VALUE).zip IS NOT NULL);
CREATE TYPE shop.not_yet;
COMMENT ON TYPE order_state IS 'where an order is';
COMMENT ON DOMAIN email_address IS 'checked, but only a little';
GRANT USAGE ON TYPE order_state TO shop_readonly;
REVOKE USAGE ON TYPE address FROM PUBLIC;
CREATE COLLATION shop."Shop C" (provider = libc, locale = 'C');
SELECT EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') AS icu \gset
\if :icu
CREATE COLLATION shop.case_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE shop.case_blind_words (word text COLLATE shop.case_blind PRIMARY KEY);
INSERT INTO shop.case_blind_words VALUES ('Straße'), ('Abc'), ('été');
\endif
CREATE TEXT SEARCH DICTIONARY shop.shop_words (TEMPLATE = simple, STOPWORDS = english, ACCEPT = true);
CREATE TEXT SEARCH CONFIGURATION shop.shop_search (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION shop.shop_search ALTER MAPPING FOR asciiword WITH shop.shop_words, simple;
CREATE CONVERSION shop.to_latin FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;

-- ---------------------------------------------------------------- functions
CREATE FUNCTION word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (ARRAY['stone','river','cotton','copper','walnut','linen','silver','paper','canvas','ember','meadow','harbor'])[1 + n % 12]
      || (ARRAY[' lamp',' chair',' kettle',' blanket',' basket',' mirror',' table',' clock',' vase',' shelf',' rug'])[1 + (n / 12) % 11] $$;
CREATE FUNCTION tax(amount numeric, rate numeric DEFAULT 0.2) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS
  $$ SELECT round(amount * rate, 2) $$;
CREATE FUNCTION first_of(VARIADIC things text[]) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER COST 7
  SET search_path = pg_catalog, pg_temp AS $body$ BEGIN RETURN things[1]; -- it's "quoted" $$ inside
  END $body$;
CREATE FUNCTION split_name(full_name text, OUT given text, OUT family text) LANGUAGE sql IMMUTABLE AS
  $$ SELECT split_part(full_name, ' ', 1), split_part(full_name, ' ', 2) $$;
CREATE FUNCTION address_text(a address) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT (a).street || ', ' || (a).zip $$;
CREATE CAST (address AS text) WITH FUNCTION address_text(address) AS ASSIGNMENT;
COMMENT ON CAST (address AS text) IS 'for labels';
CREATE FUNCTION same_blind(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT lower($1) = lower($2) $$;
CREATE OPERATOR shop.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = same_blind, COMMUTATOR = OPERATOR(shop.===));
CREATE FUNCTION compare_down(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT btint4cmp($2, $1) $$;
CREATE OPERATOR FAMILY shop.down_ops USING btree;
CREATE OPERATOR CLASS shop.int_down_ops FOR TYPE integer USING btree FAMILY shop.down_ops AS
  OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 compare_down(integer, integer);
CREATE FUNCTION keep_longest(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE WHEN length(coalesce($1, '')) >= length($2) THEN $1 ELSE $2 END $$;
CREATE AGGREGATE longest(text) (SFUNC = keep_longest, STYPE = text, INITCOND = '');
COMMENT ON AGGREGATE longest(text) IS 'the longest text';
COMMENT ON FUNCTION tax(numeric, numeric) IS 'value added; it''s rounded';
REVOKE ALL ON FUNCTION first_of(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION first_of(text[]) TO shop_app WITH GRANT OPTION;
\if :pg14
CREATE FUNCTION net(gross numeric) RETURNS numeric LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT gross - shop.tax(gross); END;
\endif

-- ---------------------------------------------------------------- tables
CREATE TABLE customers (
  id integer GENERATED BY DEFAULT AS IDENTITY (START 1000 CACHE 10) PRIMARY KEY,
  gone_column text, name text NOT NULL, email email_address NOT NULL UNIQUE, born date, home home_address, others address[],
  phones hstore, tags text[] DEFAULT '{}', balance numeric(14,4) NOT NULL DEFAULT 0, referred_by integer,
  since timestamptz NOT NULL, shout text GENERATED ALWAYS AS (upper(name)) STORED, note text COLLATE shop."Shop C",
  CONSTRAINT referrer FOREIGN KEY (referred_by) REFERENCES customers DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT not_own_referrer CHECK (referred_by <> id));
ALTER TABLE customers DROP COLUMN gone_column;
INSERT INTO customers (id, name, email, born, home, others, phones, tags, balance, referred_by, since, note)
SELECT i, initcap(word(i * 7)), 'c' || i || '@' || split_part(word(i), ' ', 1) || '.example',
       CASE WHEN i % 97 = 0 THEN '0044-03-15 BC'::date WHEN i % 89 = 0 THEN 'infinity' ELSE date '1950-01-01' + (i * 37 % 20000)::int END,
       ROW(i || ' ' || word(i * 3) || ' street', lpad((i % 99999)::text, 5, '0'), point(i % 180, i % 90))::address,
       CASE WHEN i % 11 = 0 THEN ARRAY[ROW('a "b", c', NULL, NULL)::address, NULL] END,
       CASE WHEN i % 3 = 0 THEN hstore('home', '+49 ' || i) || hstore('work', NULL) END,
       CASE i % 4 WHEN 0 THEN '{}' WHEN 1 THEN ARRAY[word(i)] WHEN 2 THEN ARRAY[NULL, '', 'a,b', E'q"\\'] ELSE NULL END,
       (i * 7919 % 1000000) / 100.0, CASE WHEN i % 5 = 0 THEN i - 1 END, timestamptz '2019-01-01 UTC' + i * interval '7 min',
       CASE i % 6 WHEN 0 THEN '' WHEN 1 THEN E'tab\there\nnew line \\ back' WHEN 2 THEN '\N' WHEN 3 THEN '\.' WHEN 4 THEN 'naïve 🛒 客户' END
FROM generate_series(1::bigint, :customers) i;
SELECT setval('customers_id_seq', :customers + 100) \g /dev/null

CREATE TABLE products (
  sku text PRIMARY KEY, title text NOT NULL, price numeric(10,2) NOT NULL CHECK (price >= 0), attributes jsonb NOT NULL,
  description json, label xml, search tsvector, dimensions double precision[], weight real, code uuid NOT NULL, available price_range,
  flags bit(8) DEFAULT B'00000001', CONSTRAINT odd_price CHECK (price < 100000) NO INHERIT);
INSERT INTO products
SELECT 'SKU-' || lpad(to_hex(i * 7919), 8, '0'), initcap(word(i)) || ' ' || i, (i * 31 % 99900) / 100.0,
       jsonb_build_object('color', split_part(word(i), ' ', 1), 'size', i % 40, 'stock', jsonb_build_array(i % 7, i % 11, NULL), 'nested', jsonb_build_object('é "q"', md5(i::text))),
       ('{ "n" : ' || i || ',  "k":"' || md5((i + 1)::text) || '" }')::json, xmlelement(name product, xmlattributes(i AS n), word(i)),
       to_tsvector('simple', word(i) || ' ' || word(i * 5)), ARRAY[i * 0.1, i / 3.0, 'NaN'::float8], (i % 1000) / 7.0::real, md5(i::text)::uuid,
       CASE i % 3 WHEN 0 THEN 'empty' WHEN 1 THEN price_range(i, NULL) ELSE price_range(i, i + 0.5, '[]') END, (i % 256)::int::bit(8)
FROM generate_series(1::bigint, :products) i;

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY, customer_id integer NOT NULL, state order_state NOT NULL DEFAULT 'new', placed timestamptz NOT NULL,
  total numeric(12,2), with_tax numeric GENERATED ALWAYS AS (shop.tax(total) + total) STORED, ship_to address, remark text, PRIMARY KEY (id, placed)) PARTITION BY RANGE (placed);
SELECT format('CREATE TABLE orders_%s PARTITION OF orders FOR VALUES FROM (%L) TO (%L)', to_char(day, 'YYYY_MM'), day, day + interval '2 months')
FROM generate_series(timestamptz '2024-01-01 UTC', timestamptz '2024-09-01 UTC', interval '2 months') day \gexec
-- a partition whose columns are in another order, and which was attached later
CREATE TABLE orders_2024_11 (remark text, gone integer, placed timestamptz NOT NULL, total numeric(12,2), id bigint NOT NULL, ship_to address,
  state order_state NOT NULL DEFAULT 'new', customer_id integer NOT NULL, with_tax numeric GENERATED ALWAYS AS (shop.tax(total) + total) STORED);
ALTER TABLE orders_2024_11 DROP COLUMN gone;
ALTER TABLE orders ATTACH PARTITION orders_2024_11 FOR VALUES FROM ('2024-11-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE orders_other PARTITION OF orders DEFAULT;
INSERT INTO orders (customer_id, state, placed, total, ship_to, remark)
SELECT 1 + i * 104729 % :customers, (ARRAY['new','paid','packed','envoyé','it''s back'])[1 + i % 5]::order_state,
       timestamptz '2023-12-20 UTC' + i * (interval '400 days' / :orders), CASE WHEN i % 50 = 0 THEN NULL ELSE (i * 977 % 90000) / 100.0 END,
       CASE WHEN i % 10 = 0 THEN ROW(word(i), '1' || i, NULL)::address END, CASE WHEN i % 7 = 0 THEN 'please ' || word(i * 13) || ' ' || md5(i::text) END
FROM generate_series(1::bigint, :orders) i;

CREATE TABLE order_lines (
  order_id bigint NOT NULL, line smallint NOT NULL, region text NOT NULL, sku text NOT NULL, quantity positive, price numeric(10,2) NOT NULL, options jsonb)
  PARTITION BY LIST (region);
CREATE TABLE order_lines_eu PARTITION OF order_lines FOR VALUES IN ('eu', 'uk') PARTITION BY HASH (order_id);
CREATE TABLE order_lines_eu_0 PARTITION OF order_lines_eu FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE order_lines_eu_1 PARTITION OF order_lines_eu FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE order_lines_us PARTITION OF order_lines FOR VALUES IN ('us') WITH (fillfactor = 90);
CREATE TABLE order_lines_rest PARTITION OF order_lines DEFAULT;
INSERT INTO order_lines
SELECT 1 + i % :orders, (i / :orders)::smallint, (ARRAY['eu','us','uk','asia'])[1 + i % 4], 'SKU-' || lpad(to_hex((1 + i * 15485863 % :products) * 7919), 8, '0'),
       1 + i % 9, (i * 31 % 99900) / 100.0, CASE WHEN i % 6 = 0 THEN jsonb_build_object('gift', i % 2 = 0, 'text', md5(i::text)) END
FROM generate_series(1::bigint, :lines) i;
ALTER TABLE order_lines ADD PRIMARY KEY (order_id, line, region);

CREATE TABLE page_views (
  id bigserial, at timestamptz NOT NULL, customer_id integer, path text NOT NULL, referrer text, agent text, ip inet, took interval, body jsonb);
INSERT INTO page_views (at, customer_id, path, referrer, agent, ip, took, body)
SELECT timestamptz '2024-01-01 UTC' + i * interval '13 s', CASE WHEN i % 3 = 0 THEN NULL ELSE 1 + i * 7919 % :customers END, '/' || replace(word(i * 11), ' ', '/') || '/' || i % 1009,
       CASE WHEN i % 4 = 0 THEN 'https://' || md5((i / 100)::text) || '.example/?q=' || md5(i::text) END, 'Browser/' || i % 23 || ' (' || word(i % 37) || ')',
       ('10.' || i % 256 || '.' || i / 7 % 256 || '.' || i / 77 % 256)::inet, (i % 3000) * interval '1 ms',
       CASE WHEN i % 5 = 0 THEN jsonb_build_object('session', md5((i / 9)::text), 'events', jsonb_build_array(i % 5, i % 7, 'click')) END
FROM generate_series(1::bigint, :views) i;

CREATE TABLE product_images (id serial PRIMARY KEY, sku text NOT NULL, image bytea NOT NULL, thumbnail bytea, mime "char" DEFAULT 'p');
ALTER TABLE product_images ALTER COLUMN image SET STORAGE EXTERNAL;
INSERT INTO product_images (sku, image, thumbnail)
SELECT 'SKU-' || lpad(to_hex((1 + i % :products) * 7919), 8, '0'), (SELECT string_agg(sha512((i || ':' || k)::bytea), '') FROM generate_series(1, 200 + i % 250) k),
       CASE WHEN i % 3 = 0 THEN '\x' ELSE decode('00ff0a5c', 'hex') END
FROM generate_series(1::bigint, :images) i;

CREATE TABLE reviews (id bigint PRIMARY KEY, sku text NOT NULL, customer_id integer NOT NULL, stars smallint CHECK (stars BETWEEN 1 AND 5), body text, likes integer[]);
INSERT INTO reviews
SELECT i, 'SKU-' || lpad(to_hex((1 + i * 613 % :products) * 7919), 8, '0'), 1 + i * 31337 % :customers, 1 + i % 5,
       (SELECT string_agg(word(i * k), ' and ') FROM generate_series(1, 3 + (i % 12)::int) k), ARRAY[i % 100, i % 77]::int[]
FROM generate_series(1::bigint, :reviews) i;

-- one row per kind of value that text formats tend to lose
CREATE TABLE odd_values (id integer PRIMARY KEY, f4 real, f8 double precision, n numeric, t text, c char(5), v varchar(5), b bytea, d date, ts timestamp, tz timestamptz,
  tt timetz, iv interval, bits varbit, net cidr, mac macaddr, cash money, a2 integer[], shifted integer[], texts text[], j json, r int4range, q tsquery, poly polygon, lsn pg_lsn, nm name, big bigint, small smallint, yes boolean, composite address);
INSERT INTO odd_values VALUES
 (1, 'NaN', 'Infinity', 'NaN', '', '', '', '', '0001-01-01 BC', '-infinity', '4713-01-01 BC', '23:59:60+14', '-1 year 2 mons -3 days 04:05:06.789', B'', '10/8', '08:00:2b:01:02:03', '-92233720368547758.08', '{}', '[0:2]={1,NULL,3}', '{NULL,"NULL","",\\N}', '{"a":1, "a":2}', 'empty', 'a & !b', '((0,0),(1,1),(2,0))', '16/B374D848', 'n', -9223372036854775808, -32768, NULL, ROW(NULL, NULL, NULL)),
 (2, '-Infinity', '-0', 1e-30, E'\\.', 'é', 'a\b', '\x00', 'infinity', 'infinity', '294276-12-31 23:59:59.999999+00', '00:00:00-15:59', '178000000 years', B'101', '::/0', 'ff:ff:ff:ff:ff:ff', '0', '{{1,2},{3,4}}', NULL, '{{"a b",c},{d,"e,f"}}', ' { } ', '(,5)', NULL, NULL, '0/0', '', 9223372036854775807, 32767, true, ROW('', '"', point(1, 2))),
 (3, 1.17549435e-38, 4.9406564584124654e-324, 123456789012345678901234567890.123456789, E'\r\n\t\b\f\v\x7f', NULL, NULL, NULL, '5874897-12-31', '1999-12-31 24:00', '1970-01-01 00:00+00', NULL, '00:00:00', NULL, NULL, NULL, NULL, '{{{1},{2}}}', NULL, NULL, '"\u00e9"', '[1,10]', '''it''''s'' <-> b', NULL, NULL, repeat('x', 63), 0, 0, false, NULL);
\if :pg14
ALTER TABLE odd_values ADD COLUMN periods int4multirange, ADD COLUMN endless numeric;
UPDATE odd_values SET periods = '{[1,3),[5,7)}', endless = CASE id WHEN 1 THEN 'Infinity'::numeric WHEN 2 THEN '-Infinity' END;
ALTER TABLE odd_values ALTER COLUMN t SET COMPRESSION pglz;
\endif

SELECT repeat('é', 31) || 'x' AS longest \gset
CREATE TABLE "Odd ""Schema"" é"."Täble ""with"" 'quotes'; -- \ and %" ("select" integer PRIMARY KEY, "a b" text DEFAULT 'it''s', "é" text, " " text, "UPPER" text);
INSERT INTO "Odd ""Schema"" é"."Täble ""with"" 'quotes'; -- \ and %" SELECT i, 'x', repeat('é', i % 10), E'\t', md5(i::text) FROM generate_series(1, 500) i;
CREATE TABLE "Odd ""Schema"" é".:"longest" (:"longest" integer, CONSTRAINT "c ""q""" CHECK (:"longest" > 0));
INSERT INTO "Odd ""Schema"" é".:"longest" VALUES (1), (2);
CREATE TYPE "Odd ""Schema"" é"."Enum é" AS ENUM ('', 'a"b', 'it''s');
CREATE TABLE "Odd ""Schema"" é"."table" ("Enum" "Odd ""Schema"" é"."Enum é", "order" integer);
INSERT INTO "Odd ""Schema"" é"."table" VALUES ('', 1), ('a"b', 2), (NULL, 3);
CREATE VIEW "Odd ""Schema"" é"."View é" AS SELECT "a b" AS "x""y" FROM "Odd ""Schema"" é"."Täble ""with"" 'quotes'; -- \ and %";
CREATE TABLE empty_table (id integer PRIMARY KEY, x text);
CREATE TABLE zero_columns (); INSERT INTO zero_columns DEFAULT VALUES; INSERT INTO zero_columns DEFAULT VALUES;
CREATE UNLOGGED TABLE carts AS SELECT i AS id, md5(i::text) AS content FROM generate_series(1, 500) i;
CREATE TABLE other_method (id integer, t text) USING heap_too;
INSERT INTO other_method SELECT i, word(i) FROM generate_series(1, 300) i;
CREATE TABLE typed OF address (PRIMARY KEY (zip), street WITH OPTIONS DEFAULT 'nowhere');
INSERT INTO typed VALUES ('a', '1', NULL);
CREATE TABLE only_generated (x integer GENERATED ALWAYS AS (41 + 1) STORED); INSERT INTO only_generated DEFAULT VALUES;

-- inheritance: a child with more columns, another default and a check of its own
CREATE TABLE warehouse.moves (id bigserial PRIMARY KEY, at timestamptz DEFAULT '2024-01-01 UTC', sku text, quantity integer);
CREATE TABLE warehouse.arrivals (supplier text, quantity integer DEFAULT 10 CHECK (quantity > 0)) INHERITS (warehouse.moves);
CREATE TABLE warehouse.returns (reason text, CHECK (quantity < 1000)) INHERITS (warehouse.moves);
INSERT INTO warehouse.moves (sku, quantity) SELECT 'SKU-' || i, i FROM generate_series(1, 200) i;
INSERT INTO warehouse.arrivals (sku, supplier, quantity) SELECT 'SKU-' || i, word(i), i FROM generate_series(1, 200) i;
INSERT INTO warehouse.returns (sku, reason) SELECT 'SKU-' || i, word(i) FROM generate_series(1, 100) i;
-- two tables that refer to each other
CREATE TABLE warehouse.shelves (id integer PRIMARY KEY, keeper integer);
CREATE TABLE warehouse.keepers (id integer PRIMARY KEY, shelf integer REFERENCES warehouse.shelves ON DELETE SET NULL DEFERRABLE);
INSERT INTO warehouse.shelves SELECT i, i FROM generate_series(1, 50) i;
INSERT INTO warehouse.keepers SELECT i, 51 - i FROM generate_series(1, 50) i;
ALTER TABLE warehouse.shelves ADD FOREIGN KEY (keeper) REFERENCES warehouse.keepers ON UPDATE CASCADE;
CREATE TABLE warehouse.bookings (room integer, during tstzrange, who text,
  CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (who IS NOT NULL) DEFERRABLE);
INSERT INTO warehouse.bookings SELECT i % 10, tstzrange(timestamptz '2024-01-01 UTC' + i * interval '1 hour', timestamptz '2024-01-01 UTC' + (i + 1) * interval '1 hour'), word(i) FROM generate_series(1, 300) i;

-- ---------------------------------------------------------------- sequences
CREATE SEQUENCE invoice_numbers AS smallint START 100 INCREMENT -7 MINVALUE -500 MAXVALUE 200 CYCLE CACHE 3 OWNED BY products.sku;
CREATE SEQUENCE never_called START 42;
CREATE SEQUENCE "Odd ""Schema"" é"."Seq é" INCREMENT 5;
SELECT count(nextval('invoice_numbers')) FROM generate_series(1, 20) \g /dev/null
SELECT nextval('"Odd ""Schema"" é"."Seq é"') \g /dev/null

-- ---------------------------------------------------------------- constraints and indexes, after the data
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers ON DELETE RESTRICT;
ALTER TABLE order_lines ADD CONSTRAINT lines_product FOREIGN KEY (sku) REFERENCES products ON UPDATE CASCADE;
ALTER TABLE reviews ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE reviews ADD CONSTRAINT short_reviews CHECK (length(body) < 100) NOT VALID;
ALTER TABLE product_images ADD CONSTRAINT image_product FOREIGN KEY (sku) REFERENCES products (sku) NOT VALID;
ALTER TABLE page_views ADD PRIMARY KEY (id);
CREATE INDEX ON orders (customer_id, placed DESC NULLS LAST) INCLUDE (state);
CREATE INDEX orders_unpaid ON orders (placed) WHERE state = 'new';
CREATE INDEX order_lines_sku ON order_lines USING btree (sku) WITH (fillfactor = 80);
CREATE INDEX page_views_at ON page_views USING brin (at) WITH (pages_per_range = 64);
CREATE INDEX page_views_customer ON page_views (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX products_search ON products USING gin (search);
CREATE INDEX products_attributes ON products USING gin (attributes jsonb_path_ops);
CREATE INDEX products_title_trgm ON products USING gin (title gin_trgm_ops);
CREATE INDEX products_available ON products USING gist (available);
CREATE INDEX products_code ON products USING hash (code);
CREATE INDEX products_taxed ON products ((tax(price) + price), lower(title) text_pattern_ops);
CREATE UNIQUE INDEX customers_lower_email ON customers (lower(email::text));
CREATE INDEX customers_place ON customers USING spgist (((home::address).place));
CREATE INDEX customers_down ON customers (id int_down_ops);
CREATE INDEX "Odd ""index"" é" ON "Odd ""Schema"" é"."Täble ""with"" 'quotes'; -- \ and %" ("a b" COLLATE "C" DESC);
\if :pg15
CREATE UNIQUE INDEX customers_one_note ON customers (id, note) NULLS NOT DISTINCT;
\endif
ALTER TABLE customers CLUSTER ON customers_pkey;
ALTER TABLE reviews REPLICA IDENTITY FULL;
ALTER TABLE products REPLICA IDENTITY USING INDEX products_pkey;
CREATE STATISTICS order_statistics (dependencies, ndistinct, mcv) ON customer_id, state FROM orders;
\if :pg14
CREATE STATISTICS shop.odd_statistics ON (length(title)), price FROM products;
\endif
ALTER STATISTICS order_statistics SET STATISTICS 200;
ALTER TABLE customers ALTER COLUMN note SET STATISTICS 300, ALTER COLUMN balance SET (n_distinct = -0.5);
ALTER INDEX products_taxed ALTER COLUMN 1 SET STATISTICS 400;
ALTER TABLE page_views SET (autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_enabled = false);

-- ---------------------------------------------------------------- views
CREATE VIEW spending AS SELECT c.id, c.name, sum(o.total) AS spent, longest(o.remark) AS remark FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
CREATE VIEW big_spenders WITH (security_barrier) AS SELECT * FROM spending WHERE spent > 500;
CREATE VIEW cheap_products AS SELECT sku, title, price FROM products WHERE price < 10 WITH LOCAL CHECK OPTION;
ALTER VIEW cheap_products ALTER COLUMN title SET DEFAULT 'cheap';
CREATE RECURSIVE VIEW referral_chain (id, depth) AS
  SELECT id, 0 FROM shop.customers WHERE referred_by IS NULL UNION ALL SELECT c.id, depth + 1 FROM shop.customers c JOIN referral_chain r ON c.referred_by = r.id;
\if :pg15
CREATE VIEW own_orders WITH (security_invoker = true) AS SELECT * FROM orders;
\endif
CREATE MATERIALIZED VIEW daily_sales AS SELECT (placed AT TIME ZONE 'UTC')::date AS day, state, count(*) AS orders, sum(total) AS total FROM orders GROUP BY 1, 2;
CREATE UNIQUE INDEX daily_sales_key ON daily_sales (day, state);
CREATE MATERIALIZED VIEW monthly_sales AS SELECT date_trunc('month', day::timestamp) AS month, sum(total) AS total FROM daily_sales GROUP BY 1;
CREATE MATERIALIZED VIEW not_filled AS SELECT sku FROM products WITH NO DATA;
CREATE FUNCTION big_spender_count() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM shop.big_spenders $$;
CREATE VIEW counted AS SELECT big_spender_count() AS n;

-- ---------------------------------------------------------------- triggers, rules, policies, procedures
CREATE TABLE changes (id bigint GENERATED ALWAYS AS IDENTITY, what text, at timestamptz DEFAULT now());
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO shop.changes (what) VALUES (TG_TABLE_NAME || ' ' || TG_OP || ' ' || coalesce(TG_ARGV[0], '')); RETURN NULL; END $$;
CREATE TRIGGER order_change AFTER UPDATE OF state ON orders FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_change('it''s');
CREATE TRIGGER many_products AFTER INSERT ON products REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_change();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON reviews DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER sleeping BEFORE DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION note_change();
ALTER TABLE reviews DISABLE TRIGGER sleeping;
ALTER TABLE products ENABLE ALWAYS TRIGGER many_products;
CREATE FUNCTION sell_cheaply() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER cheap_insert INSTEAD OF INSERT ON big_spenders FOR EACH ROW EXECUTE FUNCTION sell_cheaply();
CREATE RULE keep_changes AS ON DELETE TO changes DO INSTEAD NOTHING;
CREATE RULE log_carts AS ON UPDATE TO carts WHERE OLD.id <> NEW.id DO ALSO INSERT INTO changes (what) VALUES ('cart ' || NEW.id);
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
CREATE POLICY own_data ON customers FOR SELECT TO shop_app, "Shop Röle" USING (name = current_user);
CREATE POLICY no_debts ON customers AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (true) WITH CHECK (balance >= 0);
CREATE PROCEDURE refresh_sales(INOUT done boolean DEFAULT false) LANGUAGE plpgsql AS $$ BEGIN
  REFRESH MATERIALIZED VIEW shop.daily_sales; REFRESH MATERIALIZED VIEW shop.monthly_sales; done := true; END $$;
CREATE FUNCTION watch_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE DEBUG 'ddl %', tg_tag; END $$;
CREATE EVENT TRIGGER shop_ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE') EXECUTE FUNCTION watch_ddl();
COMMENT ON EVENT TRIGGER shop_ddl IS 'only watches';

-- ---------------------------------------------------------------- outside world
CREATE FOREIGN DATA WRAPPER shop_wrapper OPTIONS (mode 'none');
CREATE SERVER old_shop TYPE 'legacy' VERSION '1.0' FOREIGN DATA WRAPPER shop_wrapper OPTIONS (host 'old.example');
CREATE USER MAPPING FOR shop_app SERVER old_shop OPTIONS (login 'x');
CREATE FOREIGN TABLE old_orders (id integer OPTIONS (field 'ID') NOT NULL, remark text DEFAULT 'old') SERVER old_shop OPTIONS (file 'orders');
GRANT USAGE ON FOREIGN SERVER old_shop TO shop_app;
SET client_min_messages = error; -- wal_level need not be logical
CREATE PUBLICATION shop_changes FOR TABLE customers, products WITH (publish = 'insert, update');
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, truncate');
\if :pg15
CREATE PUBLICATION some_rows FOR TABLE orders (id, placed, total) WHERE (id > 10) WITH (publish = 'insert', publish_via_partition_root = true);
CREATE PUBLICATION warehouse_tables FOR TABLES IN SCHEMA warehouse;
\endif
SET client_min_messages = warning;
COMMENT ON PUBLICATION shop_changes IS 'for the warehouse';

-- ---------------------------------------------------------------- owners, grants, comments
GRANT CREATE ON SCHEMA shop TO "Shop Röle";
ALTER TABLE customers OWNER TO shop_owner;
ALTER TABLE orders OWNER TO shop_owner;
ALTER VIEW spending OWNER TO shop_owner;
ALTER FUNCTION tax(numeric, numeric) OWNER TO shop_owner;
ALTER TYPE order_state OWNER TO shop_owner;
ALTER SCHEMA warehouse OWNER TO shop_owner;
ALTER SEQUENCE never_called OWNER TO "Shop Röle";
ALTER MATERIALIZED VIEW daily_sales OWNER TO shop_owner; ALTER MATERIALIZED VIEW monthly_sales OWNER TO shop_owner;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO shop_readonly;
GRANT SELECT (id, name), UPDATE (name) ON customers TO shop_app;
GRANT INSERT, UPDATE, DELETE ON orders TO shop_app WITH GRANT OPTION;
SET ROLE shop_app; GRANT INSERT ON shop.orders TO shop_readonly; RESET ROLE;
REVOKE ALL ON products FROM PUBLIC; GRANT SELECT ON products TO PUBLIC;
GRANT USAGE ON SEQUENCE never_called TO shop_app; GRANT SELECT ON "Odd ""Schema"" é"."View é" TO "Shop Röle";
COMMENT ON TABLE page_views IS 'the ''huge'' table'; COMMENT ON COLUMN customers.note IS E'line 1\nline 2 \\ "q"';
COMMENT ON INDEX products_search IS 'full text'; COMMENT ON CONSTRAINT referrer ON customers IS 'who told them';
COMMENT ON TRIGGER order_change ON orders IS 'audit'; COMMENT ON VIEW spending IS 'per customer'; COMMENT ON SEQUENCE never_called IS 'rare';
COMMENT ON POLICY own_data ON customers IS 'see only yourself'; COMMENT ON RULE keep_changes ON changes IS 'never'; COMMENT ON STATISTICS order_statistics IS 'wide';
COMMENT ON MATERIALIZED VIEW daily_sales IS 'refreshed at night'; COMMENT ON TEXT SEARCH CONFIGURATION shop_search IS 'ours'; COMMENT ON COLLATION shop."Shop C" IS 'bytes';
COMMENT ON OPERATOR shop.=== (text, text) IS 'blind'; COMMENT ON EXTENSION hstore IS 'phones'; COMMENT ON PROCEDURE refresh_sales(boolean) IS 'nightly'; COMMENT ON SERVER old_shop IS 'gone';
COMMENT ON DOMAIN positive IS 'more than nothing'; COMMENT ON CONSTRAINT not_long ON DOMAIN email_address IS 'sane';

-- ---------------------------------------------------------------- large objects, 1 byte to 2 MiB
SELECT lo_from_bytea(800000 + n, (SELECT string_agg(sha512((n || '/' || k)::bytea), '') FROM generate_series(1, 1 << (n * 2 + 1)) k)) FROM generate_series(1, 7) n \g /dev/null
SELECT lo_from_bytea(800010, '\x00'), lo_create(800011) \g /dev/null
COMMENT ON LARGE OBJECT 800001 IS 'a manual; it''s long';
ALTER LARGE OBJECT 800002 OWNER TO shop_owner;
GRANT SELECT ON LARGE OBJECT 800001 TO shop_readonly; GRANT ALL ON LARGE OBJECT 800003 TO shop_app WITH GRANT OPTION;

REFRESH MATERIALIZED VIEW daily_sales; REFRESH MATERIALIZED VIEW monthly_sales;
VACUUM (ANALYZE);
