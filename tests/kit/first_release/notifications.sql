BEGIN TRANSACTION;
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
INSERT INTO "dead_letters" VALUES('4960a69b83934d4597e86d958056b065','notifications','vivier.offers.v1',6,0,'offer/broken','vivier.offers.v1.OfferChanged','c5da28d711c34c2b9086049d81b93616',1795424400000000,'{}',X'FFFFFF','MESSAGE_UNREADABLE','Poison (events.py:33): MESSAGE_UNREADABLE',1795424400000000);
CREATE TABLE erased (
	"key" VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "erased" VALUES('person/aee0e68f10214f59a7710c1d4f8fe0b0');
CREATE TABLE inbox (
	"group" VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY ("group", id)
);
INSERT INTO "inbox" VALUES('notifications','673edc2c1e67448bbae708edf180dfe3',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','eaca569d90bc43f2bc0102573d8fbc18',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','19a9ca6204784409b2c21b80d069b85a',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','86e0fc0caf9a410faee4e2a2e41b8dcf',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','f5d87cd4648845e98c59f18fe32ff716',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','ac46b803774643caa8ee73da4665725c',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','36aeac4093f640d9bde3498a10fe1d97',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','325d73927b5d469c8e7911599ef2f60f',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','2808e861a21548c0962d018620f14bb7',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','de7f521a8d0243a082f46475d2338a78',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','ee41b85cf595482393635476f4332105',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','2c2c65ff4a7541e4918be9ec7e96e3e7',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','e8e1983c44df4cc0adc9c89c60b98781',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','3d04db03aad3498cb81f40edd436ad78',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','2c328654f638445bbd9dfa3ffe70f513',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','12d5de5db1344bc58b8be8c1dae3dea0',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','2cc3cf081e1c4f6cb7dc6e85c7e9c187',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','2e8559cf607c47aa93ad53cfc6f94941',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','15389d4fddb0410f8ac7bc0c5acfd8d3',1795424400000000);
INSERT INTO "inbox" VALUES('notifications','c5da28d711c34c2b9086049d81b93616',1795424400000000);
CREATE TABLE mails (
	notification_id VARCHAR NOT NULL, 
	recipient VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	mail VARCHAR NOT NULL, 
	at_once BOOLEAN NOT NULL, 
	at BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at BIGINT NOT NULL, 
	PRIMARY KEY (notification_id)
);
INSERT INTO "mails" VALUES('1e24226aa683ea82ee7bf2b2b92dd7e6','person/8b4000bbf60e4b489d3f2668377ab4d6','due','1e24226aa683ea82ee7bf2b2b92dd7e6',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('4d38455c1a894a7b8b669531f4c4a83b','person/8b4000bbf60e4b489d3f2668377ab4d6','due','1e24226aa683ea82ee7bf2b2b92dd7e6',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('f593610b9c60374b26cebfe09a773668','person/81985370618840748cf4d0487c601868','due','f593610b9c60374b26cebfe09a773668',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('dc7131ad8dd55304ad749f9b810ef8ab','person/81985370618840748cf4d0487c601868','due','f593610b9c60374b26cebfe09a773668',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('5df669cc1c368dc5fcb0506e3104504c','person/efb739319741422a9cd2b73acfe621fc','due','5df669cc1c368dc5fcb0506e3104504c',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('0030a0453b9b15d60faaff8595fe3f17','person/efb739319741422a9cd2b73acfe621fc','due','5df669cc1c368dc5fcb0506e3104504c',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('14da6be90909d4bb36d86312cb573d54','person/efb739319741422a9cd2b73acfe621fc','due','5df669cc1c368dc5fcb0506e3104504c',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('4c10cd5611f97a95b8a32b6f4e517df4','mentor/jo','due','4c10cd5611f97a95b8a32b6f4e517df4',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('cf16256244639f3fea124fcdc4b2b071','person/8b4000bbf60e4b489d3f2668377ab4d6','due','cf16256244639f3fea124fcdc4b2b071',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('5ade27efa194cf26155fbc73b68ce6b3','person/81985370618840748cf4d0487c601868','waiting','',0,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('6443721dcc8398a9044ce04682018605','person/8b4000bbf60e4b489d3f2668377ab4d6','due','6443721dcc8398a9044ce04682018605',1,1795424400000000,0,1795424400000000);
INSERT INTO "mails" VALUES('b036183684641dd246f80d14a08377a0','person/efb739319741422a9cd2b73acfe621fc','due','b036183684641dd246f80d14a08377a0',1,1795424400000000,0,1795424400000000);
CREATE TABLE notifications (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR NOT NULL, 
	recipient VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	subject_id VARCHAR NOT NULL, 
	parameters JSON NOT NULL, 
	score FLOAT NOT NULL, 
	created_at BIGINT NOT NULL, 
	read_at BIGINT, 
	UNIQUE (id)
);
INSERT INTO "notifications" VALUES(1,'1e24226aa683ea82ee7bf2b2b92dd7e6','person/8b4000bbf60e4b489d3f2668377ab4d6','OFFER_MATCHED','58077eac1e7d42af9d24a0c622d25892','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 1", "organisation_name": "Cycles"}',0.89585615,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(2,'4d38455c1a894a7b8b669531f4c4a83b','person/8b4000bbf60e4b489d3f2668377ab4d6','OFFER_MATCHED','b9ab0df2c88346f5a44333bcd91c2805','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 2", "organisation_name": "Cycles"}',0.89585615,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(5,'f593610b9c60374b26cebfe09a773668','person/81985370618840748cf4d0487c601868','OFFER_MATCHED','58077eac1e7d42af9d24a0c622d25892','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 1", "organisation_name": "Cycles"}',0.89585615,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(6,'dc7131ad8dd55304ad749f9b810ef8ab','person/81985370618840748cf4d0487c601868','OFFER_MATCHED','b9ab0df2c88346f5a44333bcd91c2805','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 2", "organisation_name": "Cycles"}',0.89585615,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(7,'5df669cc1c368dc5fcb0506e3104504c','person/efb739319741422a9cd2b73acfe621fc','OFFER_MATCHED','58077eac1e7d42af9d24a0c622d25892','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 1", "organisation_name": "Cycles"}',0.751654837,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(8,'0030a0453b9b15d60faaff8595fe3f17','person/efb739319741422a9cd2b73acfe621fc','OFFER_MATCHED','b9ab0df2c88346f5a44333bcd91c2805','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 2", "organisation_name": "Cycles"}',0.751654837,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(9,'14da6be90909d4bb36d86312cb573d54','person/efb739319741422a9cd2b73acfe621fc','COURSE_MATCHED','850bfbdeaec248dcac1746e0e314cd72','{"title": "R\u00e9parer des v\u00e9los", "organisation_name": "\u00c9cole du v\u00e9lo", "closed_skills": "2", "offers": "2"}',1.44201312387306435081e-01,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(10,'4c10cd5611f97a95b8a32b6f4e517df4','mentor/jo','MENTORSHIP_CHANGED','2343f333fbea5ad894a63eb4a46f166a','{"state": "ASKED"}',0.0,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(11,'cf16256244639f3fea124fcdc4b2b071','person/8b4000bbf60e4b489d3f2668377ab4d6','MENTORSHIP_CHANGED','2343f333fbea5ad894a63eb4a46f166a','{"state": "ACCEPTED"}',0.0,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(12,'5ade27efa194cf26155fbc73b68ce6b3','person/81985370618840748cf4d0487c601868','OFFER_MATCHED','a9dfcb73bd5a4d4db54a6a9e6597271d','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 4", "organisation_name": "Cycles"}',0.89585615,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(13,'6443721dcc8398a9044ce04682018605','person/8b4000bbf60e4b489d3f2668377ab4d6','OFFER_MATCHED','a9dfcb73bd5a4d4db54a6a9e6597271d','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 4", "organisation_name": "Cycles"}',0.89585615,1795424400000000,NULL);
INSERT INTO "notifications" VALUES(14,'b036183684641dd246f80d14a08377a0','person/efb739319741422a9cd2b73acfe621fc','OFFER_MATCHED','a9dfcb73bd5a4d4db54a6a9e6597271d','{"title": "M\u00e9canicienne ou m\u00e9canicien v\u00e9lo 4", "organisation_name": "Cycles"}',0.751654837,1795424400000000,NULL);
CREATE TABLE offers (
	id VARCHAR NOT NULL, 
	version BIGINT NOT NULL, 
	gone BOOLEAN NOT NULL, 
	told_up_to BIGINT NOT NULL, 
	told BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "offers" VALUES('b9ab0df2c88346f5a44333bcd91c2805',2,1,0,0);
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
CREATE TABLE people (
	id VARCHAR NOT NULL, 
	version BIGINT NOT NULL, 
	partner_ids JSON NOT NULL, 
	mentor_ids JSON NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "people" VALUES('8b4000bbf60e4b489d3f2668377ab4d6',3,'["asso"]','["jo"]');
INSERT INTO "people" VALUES('81985370618840748cf4d0487c601868',1,'["asso"]','[]');
INSERT INTO "people" VALUES('efb739319741422a9cd2b73acfe621fc',1,'["asso"]','[]');
CREATE TABLE preferences (
	recipient VARCHAR NOT NULL, 
	mail VARCHAR NOT NULL, 
	daily_cap INTEGER NOT NULL, 
	PRIMARY KEY (recipient)
);
INSERT INTO "preferences" VALUES('person/81985370618840748cf4d0487c601868','DAILY',3);
CREATE TABLE requests (
	caller VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	body BLOB NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (caller, id)
);
INSERT INTO "requests" VALUES('operator/operator','p1',X'15FD49DDC3274C7143CDBA294FA0BCDD',1795424400000000);
CREATE INDEX requests_at ON requests (at);
CREATE INDEX ix_outbox_key ON outbox ("key");
CREATE INDEX ix_dead_letters_key ON dead_letters ("key");
CREATE INDEX ix_dead_letters_at ON dead_letters (at);
CREATE INDEX inbox_at ON inbox (at);
CREATE INDEX notifications_unread ON notifications (recipient) WHERE read_at IS NULL;
CREATE INDEX ix_notifications_read_at ON notifications (read_at);
CREATE INDEX notifications_subject ON notifications (subject_id, kind, sequence);
CREATE INDEX notifications_inbox ON notifications (recipient, sequence);
CREATE INDEX offers_untold ON offers (id) WHERE told IS 0;
CREATE INDEX mails_due ON mails (state, due_at);
CREATE INDEX mails_mail ON mails (mail);
CREATE INDEX mails_pushed ON mails (recipient, at) WHERE at_once IS 1;
CREATE INDEX mails_recipient ON mails (recipient, state);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('notifications',14);
COMMIT;
