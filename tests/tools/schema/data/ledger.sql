-- Double entry bookkeeping: partitions, schemas, identity, checks over several columns.
CREATE SCHEMA archive;
CREATE TYPE side AS ENUM ('debit', 'credit');
CREATE DOMAIN iban AS varchar(34) CHECK (length(VALUE) >= 15);
CREATE TABLE currencies (code char(3) PRIMARY KEY, name text NOT NULL, digits smallint NOT NULL DEFAULT 2);
CREATE TABLE companies (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, currency char(3) NOT NULL REFERENCES currencies ON UPDATE CASCADE);
CREATE TABLE accounts (
    company_id integer NOT NULL REFERENCES companies,
    "number" integer NOT NULL CHECK ("number" > 0),
    name text NOT NULL,
    closed_on date,
    PRIMARY KEY (company_id, "number")
);
CREATE TABLE periods (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id integer NOT NULL REFERENCES companies,
    year smallint NOT NULL,
    month smallint NOT NULL CHECK (month BETWEEN 1 AND 12),
    locked boolean NOT NULL DEFAULT false,
    UNIQUE (company_id, year, month)
);
CREATE TABLE journals (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, company_id integer NOT NULL REFERENCES companies, period_id integer NOT NULL REFERENCES periods, text varchar(200) NOT NULL, booked_at timestamp without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal_id bigint NOT NULL REFERENCES journals ON DELETE RESTRICT,
    company_id integer NOT NULL,
    account integer NOT NULL,
    side side NOT NULL,
    amount numeric(18,4) NOT NULL CHECK (amount > 0),
    signed numeric(18,4) GENERATED ALWAYS AS (CASE WHEN side = 'debit' THEN amount ELSE -amount END) STORED,
    FOREIGN KEY (company_id, account) REFERENCES accounts (company_id, "number")
);
CREATE INDEX entries_by_account ON entries (company_id, account) INCLUDE (amount);
CREATE TABLE balances (
    day date NOT NULL,
    company_id integer NOT NULL,
    account integer NOT NULL,
    amount numeric(18,4) NOT NULL DEFAULT 0,
    PRIMARY KEY (day, company_id, account)
) PARTITION BY RANGE (day);
CREATE TABLE balances_2025 PARTITION OF balances FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE balances_rest PARTITION OF balances DEFAULT;
CREATE TABLE partners (id serial PRIMARY KEY, name text NOT NULL, iban iban, risk real, data json);
CREATE TABLE invoices (
    id serial PRIMARY KEY,
    partner_id integer NOT NULL REFERENCES partners,
    "order" varchar(20),
    "user" text NOT NULL DEFAULT CURRENT_USER,
    due date NOT NULL DEFAULT (CURRENT_DATE + 14),
    total numeric(12,2) NOT NULL,
    paid numeric(12,2) NOT NULL DEFAULT 0,
    open numeric(12,2) GENERATED ALWAYS AS (total - paid) STORED,
    CONSTRAINT not_overpaid CHECK (paid <= total)
);
CREATE TABLE reminders (id serial PRIMARY KEY, invoice_id integer NOT NULL REFERENCES invoices ON DELETE CASCADE, level smallint NOT NULL DEFAULT 1, sent_at timestamptz, UNIQUE (invoice_id, level));
CREATE TABLE archive.invoices (id integer PRIMARY KEY, document bytea NOT NULL, kept_until date);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.booked_at := now(); RETURN NEW; END $$;
CREATE TRIGGER journals_touch BEFORE UPDATE ON journals FOR EACH ROW EXECUTE FUNCTION touch();
