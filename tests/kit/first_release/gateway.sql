BEGIN TRANSACTION;
CREATE TABLE clients (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	secret_hash BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	revoked_at BIGINT, 
	PRIMARY KEY (id)
);
INSERT INTO "clients" VALUES('10a95e746edf4ddca47a3a31a1c10c5a','operator','operator','operator',X'D7DF968DE013D976502466925DA6091E9222CD941270B7F6353CABDE516D189C',1795424400000000,NULL);
INSERT INTO "clients" VALUES('0028073f2ecb416cb3f6e2d31c5533ee','Une association','partner','asso',X'CB339564D51014C1FD41DC1F96133FF29BC9444B38FF6430D126ACB9DD02BC37',1795424400000000,NULL);
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
CREATE TABLE inbox (
	"group" VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY ("group", id)
);
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
CREATE TABLE signing_keys (
	kid VARCHAR NOT NULL, 
	private_pem TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	verifies_until BIGINT, 
	PRIMARY KEY (kid)
);
INSERT INTO "signing_keys" VALUES('3a2f0e47d00c44b7af723c68e5a325c2','no key: made up for a test
',1795424400000000,1795425420000000);
INSERT INTO "signing_keys" VALUES('caf0f7961d1347d38520491db804db59','no key: made up for a test
',1795424400000000,NULL);
CREATE INDEX requests_at ON requests (at);
CREATE INDEX ix_outbox_key ON outbox ("key");
CREATE INDEX ix_dead_letters_key ON dead_letters ("key");
CREATE INDEX ix_dead_letters_at ON dead_letters (at);
CREATE INDEX inbox_at ON inbox (at);
COMMIT;
