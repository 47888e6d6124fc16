-- A store of schema v1, as version 1 of the program left it, under testdata/v1.key.
-- DO NOT EDIT: the upgrade test proves on it that old stores keep working.

CREATE TABLE database_owner (
	key   INTEGER PRIMARY KEY DEFAULT 0,
	owner TEXT NOT NULL
);
CREATE TABLE version (version INTEGER, compat INTEGER);
CREATE TABLE meta (
	name  TEXT  PRIMARY KEY,
	value BYTEA NOT NULL
);
CREATE TABLE person (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	network     TEXT   NOT NULL,
	who         BYTEA  NOT NULL UNIQUE,    -- (index) network and user
	address     BYTEA  NOT NULL,           -- (sealed)
	state       BYTEA  NOT NULL,           -- (sealed) variables, session, anchor
	quiet_until BIGINT NOT NULL DEFAULT 0,
	next_item   BIGINT NOT NULL DEFAULT 1, -- number of the next item
	created     BIGINT NOT NULL,
	seen        BIGINT NOT NULL
);
CREATE TABLE person_key (
	person  BIGINT PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
	wrapped BYTEA  NOT NULL
);
CREATE TABLE item (
	person  BIGINT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
	n       BIGINT NOT NULL,
	list    BYTEA  NOT NULL, -- (index) person and list
	source  BYTEA,           -- (index) event id of the message it came from
	body    BYTEA  NOT NULL, -- (sealed)
	created BIGINT NOT NULL,
	PRIMARY KEY (person, n)
);
CREATE INDEX item_list   ON item (person, list, n);
CREATE INDEX item_source ON item (person, source) WHERE source IS NOT NULL;
CREATE TABLE schedule (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	person   BIGINT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
	name     BYTEA  NOT NULL, -- (index) person and name
	body     BYTEA  NOT NULL, -- (sealed) name, flow, cron, zone, freshness
	next_due BIGINT,
	last_due BIGINT NOT NULL DEFAULT 0,
	UNIQUE (person, name)
);
CREATE INDEX schedule_due ON schedule (next_due) WHERE next_due IS NOT NULL;
CREATE TABLE timer (
	person BIGINT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
	kind   TEXT   NOT NULL,
	seq    BIGINT NOT NULL, -- the session's number when it was set
	due    BIGINT NOT NULL,
	PRIMARY KEY (person, kind)
);
CREATE INDEX timer_due ON timer (due);
CREATE TABLE inbox (
	event BYTEA  PRIMARY KEY, -- (index) network and event id
	at    BIGINT NOT NULL
)
WITHOUT ROWID;
CREATE INDEX inbox_at ON inbox (at);
CREATE TABLE lane (
	person   BIGINT PRIMARY KEY REFERENCES person(id) ON DELETE CASCADE,
	network  TEXT   NOT NULL,
	next_seq BIGINT NOT NULL DEFAULT 1,
	sent_seq BIGINT NOT NULL DEFAULT 0,
	next_try BIGINT,
	attempts BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX lane_due ON lane (next_try, network) WHERE next_try IS NOT NULL;
CREATE TABLE outbox (
	lane       BIGINT   NOT NULL REFERENCES lane(person) ON DELETE CASCADE,
	seq        BIGINT   NOT NULL,
	key        BYTEA    NOT NULL UNIQUE, -- (index) send key
	unprompted SMALLINT NOT NULL DEFAULT 0,
	body       BYTEA    NOT NULL,        -- (sealed)
	PRIMARY KEY (lane, seq)
)
WITHOUT ROWID;
CREATE TABLE sent (
	person BIGINT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
	key    BYTEA  NOT NULL, -- (index) send key
	event  BYTEA,           -- (index) network and event id; NULL when buried
	body   BYTEA,           -- (sealed) send key and event id
	at     BIGINT NOT NULL,
	PRIMARY KEY (person, key)
)
WITHOUT ROWID;
CREATE INDEX sent_event ON sent (event) WHERE event IS NOT NULL;
CREATE INDEX sent_at    ON sent (at);
CREATE TABLE dead (
	person BIGINT NOT NULL REFERENCES person(id) ON DELETE CASCADE,
	seq    BIGINT NOT NULL,
	reason TEXT   NOT NULL,
	at     BIGINT NOT NULL,
	PRIMARY KEY (person, seq)
);
CREATE TABLE note (
	kind TEXT   NOT NULL,
	day  BIGINT NOT NULL, -- days since 1970-01-01
	n    BIGINT NOT NULL,
	PRIMARY KEY (kind, day)
);

INSERT INTO version (version, compat) VALUES (1, 1);
INSERT INTO database_owner (key, owner) VALUES (0, 'handrail');
INSERT INTO meta (name, value) VALUES ('key_check', X'0175c47ec222301c701edb7a02a58ceabc521840dd239f113fa61b4a5425aac2e8b63a3f2ea3a937714785c02103ca1d43');
INSERT INTO person (id, network, who, address, state, quiet_until, next_item, created, seen) VALUES (1, 'matrix', X'7faabe744dc96cbf59d905eecdbfc8af', X'014e6b4048811255f1819868682f06cbf4e1805ae2bd43d359bd4e9ef1cb2041f42b5c2d1fbfa3b9847ac42c91757eacdff4c434d4a372fdad06edbfb4db8ed69168a1fe696b4f1aeb255976e3b9387148e9af4a1b67657db6ec910ee84c949f97ed8a0e9d2cde5285', X'014e6b4048d358c265827e3a84a80834fe54c18e9a14cffdf59e2426c980a52019c09faa2f1a3bf76cf34165d587568dfe535a0bb9db78025facfe9ebf27da3501954795d3517f2b3d9b56f8ebe30c5c71ef7f98aa695695cfb1f6b8524da9591ea02a7a861fba6fea7c2ed3ca77488b7b47c9cadcff5b0f6e8eabb7f6a77e0097e4e5304740b61a684f156e4b45211de2a22254d64f8938de3cbffd045bef761461c203683ee5cf68c2ed2c61246a430b85c9653e7ef6a38542247336d0bf54f255e24c968753d32d3f94d79b4d6381cbc2276d7067d3ab9d9ed5f7365e08cb72ae6f430d29513f540de3d3c9', 253402214400000, 3, 1774731540000, 1774735140000);
INSERT INTO person (id, network, who, address, state, quiet_until, next_item, created, seen) VALUES (2, 'signal', X'7a7a43d773236ac5654a4e88011f3402', X'014ad600aed4c6dab4fd545590f7da35f666eab9afdf2c092f25289a6de71455ff72bcb1ea08582fab3584a7df4d515120c59d5c0b21639e1ff4221bd5e139e9e5e68c719a9ae1501d24749f451390f7d98651', X'014ad600aebfc9adfff575f18e96017d1352a91a2c4f7fb716cf46bd0e2fc5981202878a5bec7fbb6c395c80490bf4d499eba3fbab1a', 0, 1, 1774731540000, 1774731540000);
INSERT INTO person_key (person, wrapped) VALUES (1, X'128d010175c47ec216f7987aa7c7a87e246ec78c936a9cabae184591bd032b4d384595b61e21505b7c8953779b34fa6ffb2ec97086bda3c37ffcd99af79a80e3ceb62dfe848edc257853b953e80a2a5a58dd8f4856d76387a5ec42828dd20a4c5297fe2abe8099291d3aa07a28d2c56f42ae4db98b06c33d79e9c4acf8ea9903f55a794f4988e3d182127fce1758c65a');
INSERT INTO person_key (person, wrapped) VALUES (2, X'128d010175c47ec2648bf497125e7aa9ce8f1d18f0ac17e5dd5df0fedcd933621fd1d881131c06e4e666f040ef9e3423a22ae7311c45d41e52cf9e5e22a86cc9c489b82d36db78211e0dfc0e8bc61d08ef2a2488c51568969170ed5d1f9f90538f2b9c8bba563cbaa40fe970ed4bbf88b5f49c5c9a28bb337b297c9d638dfe96be79c28dbd93d602427d1e4b94931feb');
INSERT INTO item (person, n, list, source, body, created) VALUES (1, 1, X'3c1ba68c676cc8fa2e9322f6ad9f8203', X'2cf66a987920214658b4b858018d2f1f', X'014e6b4048a2ebcf38a1fbe8ee0c8c77484027c1024261256516e904cabfa7022347a11eb4ffdf2a44669a24ba248f5cea9c3250bc5108a3ee6b4af1dc63a2021d5ff14aae58', 1774731540000);
INSERT INTO item (person, n, list, source, body, created) VALUES (1, 2, X'3c1ba68c676cc8fa2e9322f6ad9f8203', NULL, X'014e6b4048b0c06c9a9e49765c111d035a0eca30639e6f5b5f395e4aa86030e5813379ca6f2a46c4b3f5ed02832603fe33cbef93dd135058164f5954d074d1aade37a40523d255eb84e4be', 1774731540000);
INSERT INTO schedule (id, person, name, body, next_due, last_due) VALUES (1, 1, X'5e9659c2d69ca4fae9accb7fb9ea7263', X'014e6b4048277029cb513569e428ae0ea2c33c46fb44af46c03992752af80cc4ef5980c7279070b6c5e38ef009fd4627bec044f651c43ab55e3e9acaa7208d5871ab5db58aa156b88a1907ffcadd2478d80a4e411d05d6c478a79a3bedcb02d7d8bff9f41f373a69e6f6ef6090441a006648bd4f408ba26b258c4e1430d4c68199997d723c4211a048429a8053e039', 1774731600000, 1774645140000);
INSERT INTO schedule (id, person, name, body, next_due, last_due) VALUES (2, 1, X'bd8ddb00074105212320de88191d9bed', X'014e6b404894d017601ab568d0d0f399833cc9ab210e7a93f5208d7c5b1664e82872f85cf4c7e4aa23f40d8c95131f3454e8ed04b099233d63bdd5ca5fc1978b6f422ccc0b4dc047172e28aba0e36af6d5bf47c29897da9463699a4f907a', NULL, 0);
INSERT INTO timer (person, kind, seq, due) VALUES (1, 'wait', 12, 1774732140000);
INSERT INTO inbox (event, at) VALUES (X'e9d217d6e3cc2d9955fd2fac21eb3f22', 1774731540000);
INSERT INTO lane (person, network, next_seq, sent_seq, next_try, attempts) VALUES (1, 'matrix', 4, 2, 1774731600000, 1);
INSERT INTO lane (person, network, next_seq, sent_seq, next_try, attempts) VALUES (2, 'signal', 2, 0, 1774731541000, 0);
INSERT INTO outbox (lane, seq, key, unprompted, body) VALUES (1, 3, X'90c2ef7470a8acb9d823fbb4378e0d91', 1, X'014e6b4048325712865bb4b11cc5469b481e20caf5732a849ddfbe53c0f2658fbc25d443b463d8e5d8edc7cde8a9f71e4aa0288d1fb718df3fb99b6aae2099b3d114df9f2b7e671d22673a8a8db19d3581986927961cfeb9e09af87ade4866f99b832867c4131f752bad7dcde15201f7845e5a');
INSERT INTO outbox (lane, seq, key, unprompted, body) VALUES (2, 1, X'b3c4aa57eaa48b2d29740baecad8cdde', 0, X'014ad600ae0294b4a1ad1a9dd19238d0c7eb38187376a3e88617a8d0829338a8fdea616dbf5cd37ad2bb78e75a19de95f1089e1a493896d094d1a9694c21e1b2d9e52a64f3');
INSERT INTO sent (person, key, event, body, at) VALUES (1, X'24b76f8f6d6eb0c751dcc56db731be40', NULL, NULL, 1774731540000);
INSERT INTO sent (person, key, event, body, at) VALUES (1, X'dce7c62b09a08aa3a1297150ef806e11', X'e8cfbe8575b21ad6ec59fa09e524a4b2', X'014e6b40488f6e51000229a545ed7572e9bd8f4625ff45462b215bc0e61a3e4074cac805886abc65dbca688b9d9fbb78a046f087291a4a54a6d75514d8891ee224', 1774731540000);
INSERT INTO dead (person, seq, reason, at) VALUES (1, 2, 'refused', 1774731540000);
INSERT INTO note (kind, day, n) VALUES ('crisis', 20540, 2);
