BEGIN TRANSACTION;
CREATE TABLE courses (
	id VARCHAR NOT NULL, 
	organisation_id VARCHAR NOT NULL, 
	external_id VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	created_at BIGINT NOT NULL, 
	published_at BIGINT, 
	expires_at BIGINT, 
	version BIGINT NOT NULL, 
	digest BLOB NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (organisation_id, external_id)
);
INSERT INTO "courses" VALUES('850bfbdeaec248dcac1746e0e314cd72','school','c1','published',1795424400000000,1795424400000000,1802131200000000,1,X'38BDDB8998022A5CAA160A0B2FD927BC','{"content":{"id":"","organisation_id":"","external_id":"c1","source":"","title":"Réparer des vélos","description":"","certification_code":"","certification_label":"","occupations":[{"code":"I1619","label":"Mécanicien / Mécanicienne vélo","resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}}],"skills":[{"code":"512580","label":"Réparer un vélo","required":false,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"116687","label":"Entretien des vélos et deux-roues","required":false,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"490583","label":"Changer un pneu de vélo","required":false,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}}],"sessions":[{"external_id":"s","place":{"country_code":"FR","commune_code":"93066","postal_code":"","label":"Saint-Denis","point":{"latitude":48.935,"longitude":2.369},"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},"start_date":"2027-01-10","end_date":null,"seats":0,"remote":false}],"funding":[],"price":0.0,"duration_hours":0,"minimum_age":0,"apply_url":""},"green":{"grade":"strategic","evidence":[{"source":"occupation","code":"I1619","label":"Mécanicien / Mécanicienne vélo"}]}}');
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
CREATE TABLE offers (
	id VARCHAR NOT NULL, 
	organisation_id VARCHAR NOT NULL, 
	external_id VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	created_at BIGINT NOT NULL, 
	published_at BIGINT, 
	expires_at BIGINT, 
	version BIGINT NOT NULL, 
	digest BLOB NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (organisation_id, external_id)
);
INSERT INTO "offers" VALUES('58077eac1e7d42af9d24a0c622d25892','cycles','offer-1','published',1795424400000000,1795424400000000,1800608400000000,1,X'379D60CAA0EADB5EAA5781E18E13548C','{"content":{"id":"","organisation_id":"","external_id":"offer-1","source":"","kind":"job","title":"Mécanicienne ou mécanicien vélo 1","description":"","occupation":{"code":"I1619","label":"Mécanicien / Mécanicienne vélo","resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},"skills":[{"code":"512580","label":"Réparer un vélo","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"116687","label":"Entretien des vélos et deux-roues","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"490583","label":"Changer un pneu de vélo","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}}],"place":{"country_code":"FR","commune_code":"93066","postal_code":"","label":"Saint-Denis","point":{"latitude":48.935,"longitude":2.369},"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},"remote":null,"contract":null,"duration_months":0,"weekly_hours":0.0,"salary":null,"start_date":null,"openings":1,"licences":[],"minimum_age":0,"disability_friendly":false,"answer_days":0,"apply_url":"","end":null,"language":"fr"},"green":{"grade":"strategic","evidence":[{"source":"occupation","code":"I1619","label":"Mécanicien / Mécanicienne vélo"}]}}');
INSERT INTO "offers" VALUES('b9ab0df2c88346f5a44333bcd91c2805','cycles','offer-2','closed',1795424400000000,1795424400000000,1800608400000000,2,X'4734F219F5EB566F72CC3CEAD1ABC66A','{"content":{"id":"","organisation_id":"","external_id":"offer-2","source":"","kind":"job","title":"Mécanicienne ou mécanicien vélo 2","description":"","occupation":{"code":"I1619","label":"Mécanicien / Mécanicienne vélo","resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},"skills":[{"code":"512580","label":"Réparer un vélo","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"116687","label":"Entretien des vélos et deux-roues","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"490583","label":"Changer un pneu de vélo","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}}],"place":{"country_code":"FR","commune_code":"93066","postal_code":"","label":"Saint-Denis","point":{"latitude":48.935,"longitude":2.369},"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},"remote":null,"contract":null,"duration_months":0,"weekly_hours":0.0,"salary":null,"start_date":null,"openings":1,"licences":[],"minimum_age":0,"disability_friendly":false,"answer_days":0,"apply_url":"","end":null,"language":"fr"},"green":{"grade":"strategic","evidence":[{"source":"occupation","code":"I1619","label":"Mécanicien / Mécanicienne vélo"}]}}');
INSERT INTO "offers" VALUES('a9dfcb73bd5a4d4db54a6a9e6597271d','cycles','offer-4','published',1795424400000000,1795424400000000,1800608400000000,1,X'396E5A7E6CB102FE14C3E409928ABD9B','{"content":{"id":"","organisation_id":"","external_id":"offer-4","source":"","kind":"job","title":"Mécanicienne ou mécanicien vélo 4","description":"","occupation":{"code":"I1619","label":"Mécanicien / Mécanicienne vélo","resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},"skills":[{"code":"512580","label":"Réparer un vélo","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"116687","label":"Entretien des vélos et deux-roues","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},{"code":"490583","label":"Changer un pneu de vélo","required":true,"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}}],"place":{"country_code":"FR","commune_code":"93066","postal_code":"","label":"Saint-Denis","point":{"latitude":48.935,"longitude":2.369},"resolution":{"source":"given","confidence":1.0,"referential_version":"fr-2025.09.sample+92408d8dcb83"}},"remote":null,"contract":null,"duration_months":0,"weekly_hours":0.0,"salary":null,"start_date":null,"openings":1,"licences":[],"minimum_age":0,"disability_friendly":false,"answer_days":0,"apply_url":"","end":null,"language":"fr"},"green":{"grade":"strategic","evidence":[{"source":"occupation","code":"I1619","label":"Mécanicien / Mécanicienne vélo"}]}}');
CREATE TABLE organisations (
	id VARCHAR NOT NULL, 
	source VARCHAR, 
	external_id VARCHAR, 
	name VARCHAR NOT NULL, 
	siret VARCHAR NOT NULL, 
	version BIGINT NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (source, external_id)
);
INSERT INTO "organisations" VALUES('cycles',NULL,NULL,'Cycles et cie','99900001100018',2,'{"kind":"employer","name":"Cycles et cie","siret":"99900001100018","activity_code":"","website":"","description":"","place":null}');
INSERT INTO "organisations" VALUES('school',NULL,NULL,'École du vélo','99900002900010',1,'{"kind":"training_body","name":"École du vélo","siret":"99900002900010","activity_code":"","website":"","description":"","place":null}');
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
INSERT INTO "outbox" VALUES(1,'vivier.offers.v1','organisation/cycles','vivier.offers.v1.OrganisationChanged',X'0A2D0A066379636C657320012A0D4379636C657320657420636965320E393939303030303131303030313838016002','4046c4c2cf0148018fbaf3ae602b16ae',1795424400000000,'{}');
CREATE TABLE requests (
	caller VARCHAR NOT NULL, 
	id VARCHAR NOT NULL, 
	body BLOB NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (caller, id)
);
INSERT INTO "requests" VALUES('recruiter/cycles','x1',X'2B220E8ED7B2E74F6226B401554C4FC2',1795424400000000);
INSERT INTO "requests" VALUES('recruiter/cycles','o1',X'A9F5F14919F6EC1F3875726FA6B90609',1795424400000000);
CREATE TABLE retellings (
	organisation_id VARCHAR NOT NULL, 
	shelf VARCHAR NOT NULL, 
	"after" VARCHAR NOT NULL, 
	PRIMARY KEY (organisation_id, shelf)
);
INSERT INTO "retellings" VALUES('cycles','offers','');
INSERT INTO "retellings" VALUES('cycles','courses','');
CREATE INDEX requests_at ON requests (at);
CREATE INDEX ix_outbox_key ON outbox ("key");
CREATE INDEX ix_dead_letters_key ON dead_letters ("key");
CREATE INDEX ix_dead_letters_at ON dead_letters (at);
CREATE INDEX inbox_at ON inbox (at);
CREATE UNIQUE INDEX organisations_own_siret ON organisations (siret) WHERE source IS NULL AND siret != '';
CREATE INDEX offers_listed ON offers (organisation_id, created_at, id);
CREATE INDEX offers_due ON offers (state, expires_at);
CREATE INDEX courses_due ON courses (state, expires_at);
CREATE INDEX courses_listed ON courses (organisation_id, created_at, id);
COMMIT;
