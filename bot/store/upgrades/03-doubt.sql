-- v2 -> v3: posts of a restored store that may have been sent already
-- Frozen: never edit this file. A change of the schema is a new file.

-- Since when the post may be on the network without this store knowing; 0: it is
-- not. It is set in a restored store alone.
ALTER TABLE outbox ADD COLUMN doubt BIGINT NOT NULL DEFAULT 0;
