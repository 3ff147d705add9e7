BEGIN TRANSACTION;
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('network','old');
INSERT INTO "meta" VALUES('chain_id','1');
INSERT INTO "meta" VALUES('outbox_version','1');
CREATE TABLE operations (
	arrival INTEGER NOT NULL, 
	operation_id BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	contract TEXT NOT NULL, 
	body BLOB NOT NULL, 
	calldata BLOB NOT NULL, 
	label TEXT NOT NULL, 
	deadline BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	error TEXT, 
	transaction_hash BLOB, 
	position BIGINT, 
	block_number BIGINT, 
	gas BIGINT, 
	submitted_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	PRIMARY KEY (arrival), 
	UNIQUE (operation_id)
);
INSERT INTO "operations" VALUES(1,X'0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A','CreateHolder','DidRegistry',X'7B7D',X'0102','agency',2000,'queued',NULL,NULL,NULL,NULL,NULL,1000,1000);
CREATE TABLE token_usage (
	digest BLOB NOT NULL, 
	day BIGINT NOT NULL, 
	used BIGINT NOT NULL, 
	PRIMARY KEY (digest, day)
);
CREATE TABLE tokens (
	digest BLOB NOT NULL, 
	label TEXT NOT NULL, 
	quota_per_day BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	revoked_at BIGINT, 
	PRIMARY KEY (digest), 
	UNIQUE (label)
);
INSERT INTO "tokens" VALUES(X'0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B','agency',5,1000,NULL);
CREATE TABLE transactions (
	hash BLOB NOT NULL, 
	relayer BLOB NOT NULL, 
	nonce BIGINT NOT NULL, 
	raw BLOB NOT NULL, 
	contract TEXT NOT NULL, 
	gas BIGINT NOT NULL, 
	gas_price BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	sent_at BIGINT NOT NULL, 
	block_number BIGINT, 
	PRIMARY KEY (hash)
);
CREATE INDEX operations_open ON operations (state, arrival);
CREATE INDEX operations_transaction ON operations (transaction_hash);
CREATE INDEX transactions_pending ON transactions (state, nonce);
COMMIT;
