CREATE TABLE events (id int) INHERITS (things);

-- far below
ALTER TABLE nowhere ADD COLUMN x int;
CREATE TABLE rooms (LIKE events);
