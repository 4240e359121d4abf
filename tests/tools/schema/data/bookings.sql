-- Rooms and courses: exclusion constraints, deferrable keys, ranges.
CREATE TYPE booking_state AS ENUM ('held', 'confirmed', 'cancelled');
CREATE TABLE sites (id serial PRIMARY KEY, name varchar(80) NOT NULL UNIQUE, timezone text NOT NULL DEFAULT 'Europe/Berlin');
CREATE TABLE buildings (
    id serial PRIMARY KEY,
    site_id integer NOT NULL REFERENCES sites ON DELETE CASCADE,
    name varchar(80) NOT NULL,
    UNIQUE (site_id, name) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE rooms (
    id serial PRIMARY KEY,
    building_id integer NOT NULL REFERENCES buildings,
    code varchar(10) NOT NULL,
    seats integer NOT NULL CHECK (seats > 0),
    equipment text[],
    CONSTRAINT room_code_once UNIQUE (building_id, code)
);
CREATE TABLE people (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE,
    full_name text NOT NULL,
    born date,
    boss_id uuid REFERENCES people DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE courses (
    id serial PRIMARY KEY,
    title varchar(200) NOT NULL,
    teacher_id uuid NOT NULL REFERENCES people,
    capacity integer NOT NULL DEFAULT 20 CHECK (capacity BETWEEN 1 AND 500)
);
CREATE TABLE sessions (
    id serial PRIMARY KEY,
    course_id integer NOT NULL REFERENCES courses ON DELETE CASCADE,
    during tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    EXCLUDE USING gist (during WITH &&) WHERE (upper(during) IS NOT NULL)
);
CREATE TABLE bookings (
    id bigserial PRIMARY KEY,
    room_id integer NOT NULL REFERENCES rooms,
    person_id uuid NOT NULL REFERENCES people,
    state booking_state NOT NULL DEFAULT 'held',
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    CONSTRAINT ends_after_start CHECK (ends > starts),
    CONSTRAINT no_overlap EXCLUDE USING gist (int4range(room_id, room_id, '[]') WITH =, tstzrange(starts, ends) WITH &&) WHERE (state <> 'cancelled')
);
CREATE TABLE enrolments (
    course_id integer NOT NULL REFERENCES courses,
    person_id uuid NOT NULL REFERENCES people,
    enrolled_on date NOT NULL DEFAULT CURRENT_DATE,
    grade numeric(3,1),
    PRIMARY KEY (course_id, person_id)
);
CREATE TABLE attendance (
    session_id integer NOT NULL REFERENCES sessions ON DELETE CASCADE,
    course_id integer NOT NULL,
    person_id uuid NOT NULL,
    present boolean NOT NULL DEFAULT true,
    PRIMARY KEY (session_id, person_id),
    FOREIGN KEY (course_id, person_id) REFERENCES enrolments ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE
);
CREATE TABLE closures (
    id serial PRIMARY KEY,
    site_id integer REFERENCES sites,
    reason text NOT NULL,
    days daterange
);
CREATE INDEX closures_days ON closures USING gist (days);
CREATE INDEX people_name ON people (lower(full_name) text_pattern_ops);
