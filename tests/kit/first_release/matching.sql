BEGIN TRANSACTION;
CREATE TABLE course_matches (
	person_id VARCHAR NOT NULL, 
	course_id VARCHAR NOT NULL, 
	score FLOAT NOT NULL, 
	formula_version VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (person_id, course_id)
);
INSERT INTO "course_matches" VALUES('efb739319741422a9cd2b73acfe621fc','850bfbdeaec248dcac1746e0e314cd72',1.44201312387306435081e-01,'m1',1795424400000000);
CREATE TABLE dead_letters (
	id VARCHAR NOT NULL, 
	"group" VARCHAR NOT NULL, 
	topic VARCHAR NOT NULL, 
	partition INTEGER NOT NULL, 
	"offset" BIGINT NOT NULL, 
	"key" VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	event_id VARCHAR NOT NULL, 
	event_time BIGINT NOT NULL, 
	headers JSON NOT NULL, 
	payload BLOB, 
	reason VARCHAR NOT NULL, 
	error VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "dead_letters" VALUES('7b4a80b7853c405a834b840d2ff3b164','matching.index','vivier.offers.v1',6,0,'offer/broken','vivier.offers.v1.OfferChanged','c5da28d711c34c2b9086049d81b93616',1795424400000000,'{}',X'FFFFFF','DecodeError','DecodeError (events.py:209): Error parsing message with type ''vivier.offers.v1.OfferChanged'': Wire format was corrupt',1795424400000000);
CREATE TABLE inbox (
	"group" VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY ("group", id)
);
INSERT INTO "inbox" VALUES('matching.index','eaca569d90bc43f2bc0102573d8fbc18',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','673edc2c1e67448bbae708edf180dfe3',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','1cf754cbd95f45f2b5b3683d566c4a37',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','19a9ca6204784409b2c21b80d069b85a',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','86e0fc0caf9a410faee4e2a2e41b8dcf',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','f5d87cd4648845e98c59f18fe32ff716',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','ac46b803774643caa8ee73da4665725c',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','2c2c65ff4a7541e4918be9ec7e96e3e7',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','e8e1983c44df4cc0adc9c89c60b98781',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','2c328654f638445bbd9dfa3ffe70f513',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','2cc3cf081e1c4f6cb7dc6e85c7e9c187',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','2e8559cf607c47aa93ad53cfc6f94941',1795424400000000);
INSERT INTO "inbox" VALUES('matching.index','c5da28d711c34c2b9086049d81b93616',1795424400000000);
CREATE TABLE matches (
	person_id VARCHAR NOT NULL, 
	offer_id VARCHAR NOT NULL, 
	score FLOAT NOT NULL, 
	formula_version VARCHAR NOT NULL, 
	offer_version INTEGER NOT NULL, 
	person_version INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (person_id, offer_id)
);
INSERT INTO "matches" VALUES('8b4000bbf60e4b489d3f2668377ab4d6','58077eac1e7d42af9d24a0c622d25892',0.89585615,'m1',1,1,1795424400000000);
INSERT INTO "matches" VALUES('8b4000bbf60e4b489d3f2668377ab4d6','b9ab0df2c88346f5a44333bcd91c2805',0.89585615,'m1',1,1,1795424400000000);
INSERT INTO "matches" VALUES('81985370618840748cf4d0487c601868','58077eac1e7d42af9d24a0c622d25892',0.89585615,'m1',1,1,1795424400000000);
INSERT INTO "matches" VALUES('81985370618840748cf4d0487c601868','b9ab0df2c88346f5a44333bcd91c2805',0.89585615,'m1',1,1,1795424400000000);
INSERT INTO "matches" VALUES('efb739319741422a9cd2b73acfe621fc','58077eac1e7d42af9d24a0c622d25892',0.751654837,'m1',1,1,1795424400000000);
INSERT INTO "matches" VALUES('efb739319741422a9cd2b73acfe621fc','b9ab0df2c88346f5a44333bcd91c2805',0.751654837,'m1',1,1,1795424400000000);
INSERT INTO "matches" VALUES('81985370618840748cf4d0487c601868','a9dfcb73bd5a4d4db54a6a9e6597271d',0.89585615,'m1',1,1,1795424400000000);
INSERT INTO "matches" VALUES('8b4000bbf60e4b489d3f2668377ab4d6','a9dfcb73bd5a4d4db54a6a9e6597271d',0.89585615,'m1',1,3,1795424400000000);
INSERT INTO "matches" VALUES('efb739319741422a9cd2b73acfe621fc','a9dfcb73bd5a4d4db54a6a9e6597271d',0.751654837,'m1',1,1,1795424400000000);
CREATE TABLE outbox (
	place INTEGER NOT NULL, 
	topic VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	payload BLOB, 
	id VARCHAR NOT NULL, 
	time BIGINT NOT NULL, 
	headers JSON NOT NULL, 
	PRIMARY KEY (place)
);
CREATE TABLE requests (
	caller VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	body BLOB NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (caller, id)
);
CREATE TABLE shown (
	id INTEGER NOT NULL, 
	list VARCHAR NOT NULL, 
	subject_id VARCHAR NOT NULL, 
	rank INTEGER NOT NULL, 
	person_id VARCHAR NOT NULL, 
	offer_id VARCHAR NOT NULL, 
	score FLOAT NOT NULL, 
	formula_version VARCHAR NOT NULL, 
	offer_version INTEGER NOT NULL, 
	person_version INTEGER NOT NULL, 
	parts JSON NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "shown" VALUES(1,'matches','8b4000bbf60e4b489d3f2668377ab4d6',1,'8b4000bbf60e4b489d3f2668377ab4d6','58077eac1e7d42af9d24a0c622d25892',8.95856149716230065749e-01,'m1',1,3,'{"skills": 0.8875, "occupation": 1.0, "place": 0.9823114971623002, "wishes": 0.79, "freshness": 1.0}',1795424400000000);
INSERT INTO "shown" VALUES(2,'matches','8b4000bbf60e4b489d3f2668377ab4d6',2,'8b4000bbf60e4b489d3f2668377ab4d6','b9ab0df2c88346f5a44333bcd91c2805',8.95856149716230065749e-01,'m1',1,3,'{"skills": 0.8875, "occupation": 1.0, "place": 0.9823114971623002, "wishes": 0.79, "freshness": 1.0}',1795424400000000);
INSERT INTO "shown" VALUES(3,'matches','efb739319741422a9cd2b73acfe621fc',1,'efb739319741422a9cd2b73acfe621fc','58077eac1e7d42af9d24a0c622d25892',7.51654837328923575157e-01,'m1',1,1,'{"skills": 0.47549625032198156, "occupation": 1.0, "place": 0.9823114971623002, "wishes": 0.79, "freshness": 1.0}',1795424400000000);
INSERT INTO "shown" VALUES(4,'matches','efb739319741422a9cd2b73acfe621fc',2,'efb739319741422a9cd2b73acfe621fc','b9ab0df2c88346f5a44333bcd91c2805',7.51654837328923575157e-01,'m1',1,1,'{"skills": 0.47549625032198156, "occupation": 1.0, "place": 0.9823114971623002, "wishes": 0.79, "freshness": 1.0}',1795424400000000);
CREATE INDEX requests_at ON requests (at);
CREATE INDEX ix_outbox_key ON outbox ("key");
CREATE INDEX ix_dead_letters_key ON dead_letters ("key");
CREATE INDEX ix_dead_letters_at ON dead_letters (at);
CREATE INDEX inbox_at ON inbox (at);
CREATE INDEX ix_matches_offer_id ON matches (offer_id);
CREATE INDEX shown_person ON shown (person_id, id);
CREATE INDEX shown_offer ON shown (offer_id, id);
CREATE INDEX shown_at ON shown (at);
COMMIT;
