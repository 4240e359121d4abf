-- Sales: names that are keywords, mixed case and not ASCII; tables outside public.
CREATE SCHEMA IF NOT EXISTS stats;
CREATE TYPE "Stage" AS ENUM ('New', 'In Progress', 'Won', 'Lost');
CREATE TYPE priority AS ENUM ('low', 'normal', 'high');
CREATE TABLE "user" (id serial PRIMARY KEY, "select" text, login varchar(80) NOT NULL UNIQUE, active boolean NOT NULL DEFAULT true);
CREATE TABLE "group" (id serial PRIMARY KEY, name text NOT NULL, "class" text, "from" date, "to" date, CHECK ("from" <= "to"));
CREATE TABLE user_group (user_id integer NOT NULL REFERENCES "user", group_id integer NOT NULL REFERENCES "group", PRIMARY KEY (user_id, group_id));
CREATE TABLE companies (id serial PRIMARY KEY, name text NOT NULL, "straße" text, "Umsatz" numeric(14,2) DEFAULT 0, employees integer CHECK (employees >= 0), parent_id integer REFERENCES companies);
CREATE TABLE contacts (id serial PRIMARY KEY, company_id integer REFERENCES companies ON DELETE SET NULL, first_name text NOT NULL, last_name text NOT NULL, phones text[] NOT NULL DEFAULT ARRAY[]::text[], birthday date, CONSTRAINT named CHECK (first_name <> '' OR last_name <> ''));
CREATE TABLE deals (id serial PRIMARY KEY, contact_id integer NOT NULL REFERENCES contacts, owner_id integer NOT NULL REFERENCES "user", stage "Stage" DEFAULT 'New', priority priority NOT NULL DEFAULT 'normal', value numeric(12,2) NOT NULL DEFAULT 0, chance numeric(3,2) CHECK (chance >= 0 AND chance <= 1), expected numeric(14,4) GENERATED ALWAYS AS (value * chance) STORED, closes date);
CREATE INDEX deals_owner ON deals (owner_id) INCLUDE (value);
CREATE TABLE "Ångström" (id serial PRIMARY KEY, value double precision);
CREATE TABLE "OrderLine" ("Id" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "DealId" integer NOT NULL REFERENCES deals ON DELETE CASCADE, "Text" text);
CREATE TABLE activities (id bigserial PRIMARY KEY, deal_id integer REFERENCES deals ON DELETE CASCADE, contact_id integer REFERENCES contacts ON DELETE CASCADE, kind varchar(20) NOT NULL CHECK (kind IN ('call', 'mail', 'visit')), due timestamptz, done boolean NOT NULL DEFAULT false, lasted interval, "when" time);
CREATE INDEX activities_open ON activities (due) WHERE NOT done;
CREATE TABLE lambda (def integer PRIMARY KEY, "return" text, "None" text, import jsonb);
CREATE TABLE stats.monthly (month date NOT NULL, owner_id integer NOT NULL REFERENCES public."user", won numeric(14,2) NOT NULL DEFAULT 0, PRIMARY KEY (month, owner_id));
COMMENT ON COLUMN companies."straße" IS 'Straße und Hausnummer';
