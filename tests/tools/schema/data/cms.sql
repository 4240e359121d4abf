-- A content system: trees, many to many with attributes, full text, soft delete by a column.
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE visibility AS ENUM ('private', 'team', 'public');
CREATE TABLE accounts (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email citext NOT NULL UNIQUE, display_name text, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
CREATE TABLE teams (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), slug varchar(60) NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]+$'), name text NOT NULL);
CREATE TABLE members (team_id uuid NOT NULL REFERENCES teams ON DELETE CASCADE, account_id uuid NOT NULL REFERENCES accounts, role text NOT NULL DEFAULT 'reader' CHECK (role IN ('reader', 'editor', 'owner')), since date NOT NULL DEFAULT CURRENT_DATE, PRIMARY KEY (team_id, account_id));
CREATE UNIQUE INDEX one_owner ON members (team_id) WHERE role = 'owner';
CREATE TABLE pages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES teams,
    parent_id bigint REFERENCES pages ON DELETE CASCADE,
    title varchar(250) NOT NULL,
    body text NOT NULL DEFAULT '',
    visibility visibility NOT NULL DEFAULT 'team',
    search tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', title), 'A') || to_tsvector('english', body)) STORED,
    edited_at timestamptz NOT NULL DEFAULT now(),
    CHECK (parent_id <> id)
);
CREATE INDEX pages_search ON pages USING gin (search);
CREATE INDEX pages_recent ON pages (team_id, edited_at DESC) WHERE visibility <> 'private';
CREATE TABLE revisions (page_id bigint NOT NULL REFERENCES pages ON DELETE CASCADE, nr integer NOT NULL, author_id uuid REFERENCES accounts ON DELETE SET NULL, body text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (page_id, nr));
CREATE TABLE tags (id serial PRIMARY KEY, name citext NOT NULL UNIQUE, color char(7) CHECK (color ~ '^#[0-9a-f]{6}$'));
CREATE TABLE page_tags (page_id bigint REFERENCES pages ON DELETE CASCADE, tag_id integer REFERENCES tags ON DELETE CASCADE, weight real NOT NULL DEFAULT 1, PRIMARY KEY (page_id, tag_id));
CREATE TABLE files (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), page_id bigint REFERENCES pages, name text NOT NULL, media_type text NOT NULL, bytes bigint NOT NULL CHECK (bytes >= 0), sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32));
CREATE TABLE comments (id bigserial PRIMARY KEY, page_id bigint NOT NULL REFERENCES pages ON DELETE CASCADE, author_id uuid NOT NULL REFERENCES accounts, reply_to bigint REFERENCES comments ON DELETE CASCADE, body varchar(5000) NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE likes (account_id uuid NOT NULL REFERENCES accounts, page_id bigint, comment_id bigint REFERENCES comments ON DELETE CASCADE, FOREIGN KEY (page_id) REFERENCES pages ON DELETE CASCADE, CONSTRAINT one_target CHECK (num_nonnulls(page_id, comment_id) = 1), UNIQUE NULLS NOT DISTINCT (account_id, page_id, comment_id));
CREATE TABLE redirects (source text PRIMARY KEY, page_id bigint NOT NULL REFERENCES pages ON DELETE CASCADE, hits integer NOT NULL DEFAULT 0);
CREATE MATERIALIZED VIEW popular AS SELECT page_id, count(*) AS n FROM likes GROUP BY page_id;
