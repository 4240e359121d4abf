CREATE TABLE events (id int, day date) PARTITION BY RANGE (day);

-- far below
ALTER TABLE nowhere ADD COLUMN x int;
CREATE TABLE rooms (
    id int PRIMARY KEY,
    during tsrange,
    EXCLUDE USING gist (during WITH &&)
);
