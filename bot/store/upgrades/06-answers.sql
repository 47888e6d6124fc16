-- v5 -> v6: what people wait for is found among what comes by itself
-- Frozen: never edit this file. A change of the schema is a new file.

-- The posts that answer somebody, or take something back. In a minute in which a
-- great many messages come by themselves these are the few that cannot wait.
CREATE INDEX outbox_answer ON outbox (lane) WHERE unprompted <> 1;
