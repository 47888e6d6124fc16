-- v3 -> v4: copies of the program that share the database
-- Frozen: never edit this file. A change of the schema is a new file.
--
-- Times here are by the database's own clock.

-- A running copy. Nothing in it is about a person.
CREATE TABLE replica (
	owner TEXT   PRIMARY KEY, -- drawn anew at each start
	label TEXT   NOT NULL,    -- what the operator calls it
	began BIGINT NOT NULL,
	until BIGINT NOT NULL     -- alive until then, unless it says so again
);

-- What one copy holds at a time: the account on a network.
CREATE TABLE lease (
	name  TEXT     PRIMARY KEY,
	owner TEXT     NOT NULL, -- of the replica that holds or last held it
	epoch BIGINT   NOT NULL, -- one more with each holder
	ready SMALLINT NOT NULL, -- 1: the holder has handled what came before its time
	until BIGINT   NOT NULL  -- anybody may take it after that
);
