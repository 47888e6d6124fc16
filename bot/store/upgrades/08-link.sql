-- v7 -> v8: people who write from two places
-- Frozen: never edit this file. A change of the schema is a new file.

-- Of a row that is another place to write from: the person whose it is. Such a
-- row has an address, a key and a lane, and nothing else; NULL: a person.
ALTER TABLE person ADD COLUMN main BIGINT;
CREATE INDEX person_main ON person (main) WHERE main IS NOT NULL;

-- A code with which a person can connect another place, once and for a short time.
CREATE TABLE link_code (
	person BIGINT PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
	code   BYTEA  NOT NULL UNIQUE, -- (index) the code
	until  BIGINT NOT NULL
);
CREATE INDEX link_code_until ON link_code (until);
