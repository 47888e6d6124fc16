-- v8 -> v9: the keys of staff
-- Frozen: never edit this file. A change of the schema is a new file.

-- Keys with which a member of staff wrote. Of each member those count that came
-- first, and any later ones once a colleague has confirmed them.
CREATE TABLE desk_key (
	who  BYTEA    NOT NULL, -- (index) id of a member of staff
	key  BYTEA    NOT NULL, -- (index) their keys
	sure SMALLINT NOT NULL, -- 1: those that count
	PRIMARY KEY (who, key)
);
