-- v4 -> v5: which process a copy of the program is
-- Frozen: never edit this file. A change of the schema is a new file.

-- Opaque; '' when it is not known.
ALTER TABLE replica ADD COLUMN process TEXT NOT NULL DEFAULT '';
