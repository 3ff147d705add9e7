BEGIN TRANSACTION;
CREATE TABLE admissions (
	agency BLOB NOT NULL, 
	sponsor BLOB NOT NULL, 
	valid_from BIGINT NOT NULL, 
	valid_until BIGINT NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (agency, block_number, log_index)
);
CREATE TABLE blocks (
	number BIGINT NOT NULL, 
	hash BLOB NOT NULL, 
	parent_hash BLOB NOT NULL, 
	time BIGINT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "blocks" VALUES(7,X'0707070707070707070707070707070707070707070707070707070707070707',X'0606060606060606060606060606060606060606060606060606060606060606',1007);
CREATE TABLE compromises (
	did_id BLOB NOT NULL, 
	thumbprint BLOB NOT NULL, 
	since BIGINT NOT NULL, 
	reporter BLOB NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (did_id, thumbprint, block_number, log_index)
);
CREATE TABLE council_pauses (
	member BLOB NOT NULL, 
	until BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (block_number, log_index)
);
CREATE TABLE council_terms (
	epoch BIGINT NOT NULL, 
	members BLOB NOT NULL, 
	threshold BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (block_number, log_index)
);
CREATE TABLE cursor (
	id BIGINT NOT NULL, 
	head_number BIGINT NOT NULL, 
	head_hash BLOB NOT NULL, 
	head_parent BLOB NOT NULL, 
	head_time BIGINT NOT NULL, 
	final_number BIGINT NOT NULL, 
	final_hash BLOB NOT NULL, 
	final_parent BLOB NOT NULL, 
	final_time BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "cursor" VALUES(1,7,X'0707070707070707070707070707070707070707070707070707070707070707',X'0606060606060606060606060606060606060606060606060606060606060606',1007,7,X'0707070707070707070707070707070707070707070707070707070707070707',X'0606060606060606060606060606060606060606060606060606060606060606',1007);
CREATE TABLE did_versions (
	did_id BLOB NOT NULL, 
	version BIGINT NOT NULL, 
	kind BIGINT NOT NULL, 
	state BIGINT NOT NULL, 
	controller BLOB NOT NULL, 
	guardian BLOB NOT NULL, 
	salt BLOB NOT NULL, 
	"key" BLOB NOT NULL, 
	document BLOB, 
	history_digest BLOB NOT NULL, 
	block_time BIGINT NOT NULL, 
	transaction_hash BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (did_id, version)
);
INSERT INTO "did_versions" VALUES(X'0101010101010101010101010101010101010101',1,2,1,X'020202020202020202020202020202020202020202',X'0303030303030303030303030303030303030303',X'0404040404040404040404040404040404040404040404040404040404040404',X'05050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505050505',NULL,X'0606060606060606060606060606060606060606060606060606060606060606',1007,X'0707070707070707070707070707070707070707070707070707070707070707',1007,7,0,7);
CREATE TABLE directory_entries (
	name TEXT NOT NULL, 
	generation BIGINT NOT NULL, 
	address BLOB NOT NULL, 
	code_hash BLOB NOT NULL, 
	layout_id BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (name, generation)
);
CREATE TABLE event_subjects (
	did_id BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (did_id, block_number, log_index)
);
CREATE TABLE events (
	block_time BIGINT NOT NULL, 
	transaction_hash BLOB NOT NULL, 
	contract TEXT NOT NULL, 
	type TEXT NOT NULL, 
	fields TEXT NOT NULL, 
	subjects BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (block_number, log_index)
);
CREATE TABLE grant_ends (
	agency BLOB NOT NULL, 
	type_id BLOB NOT NULL, 
	seq BIGINT NOT NULL, 
	ended_at BIGINT NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (agency, type_id, seq, block_number, log_index)
);
CREATE TABLE grants (
	agency BLOB NOT NULL, 
	type_id BLOB NOT NULL, 
	seq BIGINT NOT NULL, 
	grantor BLOB NOT NULL, 
	grantor_seq BIGINT NOT NULL, 
	depth BIGINT NOT NULL, 
	may_issue BOOLEAN NOT NULL, 
	may_accredit BOOLEAN NOT NULL, 
	valid_from BIGINT NOT NULL, 
	valid_until BIGINT NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (agency, type_id, seq)
);
CREATE TABLE issuances (
	agency BLOB NOT NULL, 
	seq BIGINT NOT NULL, 
	root BLOB NOT NULL, 
	count BIGINT NOT NULL, 
	digest BLOB NOT NULL, 
	"by" BLOB NOT NULL, 
	block_time BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (agency, seq)
);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('network','old');
INSERT INTO "meta" VALUES('chain_id','1');
INSERT INTO "meta" VALUES('index_version','1');
CREATE TABLE proposal_steps (
	proposal BLOB NOT NULL, 
	epoch BIGINT NOT NULL, 
	step TEXT NOT NULL, 
	member BLOB NOT NULL, 
	choice BIGINT NOT NULL, 
	ready_at BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (proposal, block_number, log_index)
);
CREATE TABLE proposals (
	proposal BLOB NOT NULL, 
	epoch BIGINT NOT NULL, 
	kind BIGINT NOT NULL, 
	arguments BLOB NOT NULL, 
	salt BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (proposal, epoch, block_number, log_index)
);
CREATE TABLE published_lists (
	list_id BLOB NOT NULL, 
	form TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	signed_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	ttl_s BIGINT NOT NULL, 
	url TEXT NOT NULL, 
	body BLOB NOT NULL, 
	packed BLOB NOT NULL, 
	etag TEXT NOT NULL, 
	PRIMARY KEY (list_id, form)
);
CREATE TABLE role_terms (
	agency BLOB NOT NULL, 
	role BIGINT NOT NULL, 
	grantee BLOB NOT NULL, 
	valid_from BIGINT NOT NULL, 
	valid_until BIGINT NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (agency, role, grantee, block_number, log_index)
);
CREATE TABLE schemas (
	type_id BLOB NOT NULL, 
	version BIGINT NOT NULL, 
	owner BLOB NOT NULL, 
	vct TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	document BLOB NOT NULL, 
	block_time BIGINT NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (type_id, version)
);
CREATE TABLE services (
	type_id BLOB NOT NULL, 
	code BLOB NOT NULL, 
	version BIGINT NOT NULL, 
	verifier BLOB NOT NULL, 
	valid_from BIGINT NOT NULL, 
	valid_until BIGINT NOT NULL, 
	ended_at BIGINT NOT NULL, 
	digest BLOB NOT NULL, 
	document BLOB NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (type_id, code, version, block_number, log_index)
);
CREATE TABLE snapshots (
	list_id BLOB NOT NULL, 
	seq BIGINT NOT NULL, 
	digest BLOB NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (list_id, seq)
);
CREATE TABLE spent_nonces (
	contract TEXT NOT NULL, 
	owner BLOB NOT NULL, 
	nonce_key BLOB NOT NULL, 
	nonce_seq BIGINT NOT NULL, 
	event_type TEXT NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (contract, owner, nonce_key, nonce_seq)
);
CREATE TABLE status_changes (
	list_id BLOB NOT NULL, 
	seq BIGINT NOT NULL, 
	op BIGINT NOT NULL, 
	first_word BIGINT NOT NULL, 
	masks BLOB NOT NULL, 
	ops_head BLOB NOT NULL, 
	"by" BLOB NOT NULL, 
	block_time BIGINT NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (list_id, seq)
);
CREATE TABLE status_lists (
	list_id BLOB NOT NULL, 
	owner BLOB NOT NULL, 
	registry BLOB NOT NULL, 
	"by" BLOB NOT NULL, 
	block_number BIGINT NOT NULL, 
	log_index BIGINT NOT NULL, 
	seen_block BIGINT NOT NULL, 
	PRIMARY KEY (list_id)
);
CREATE TABLE status_words (
	list_id BLOB NOT NULL, 
	word BIGINT NOT NULL, 
	value BLOB NOT NULL, 
	PRIMARY KEY (list_id, word)
);
CREATE INDEX did_versions_seen ON did_versions (seen_block);
CREATE INDEX compromises_seen ON compromises (seen_block);
CREATE INDEX admissions_seen ON admissions (seen_block);
CREATE INDEX role_terms_seen ON role_terms (seen_block);
CREATE INDEX grants_seen ON grants (seen_block);
CREATE INDEX grant_ends_seen ON grant_ends (seen_block);
CREATE INDEX issuances_seen ON issuances (seen_block);
CREATE INDEX status_lists_seen ON status_lists (seen_block);
CREATE INDEX status_changes_seen ON status_changes (seen_block);
CREATE INDEX snapshots_seen ON snapshots (seen_block);
CREATE INDEX schemas_vct ON schemas (vct);
CREATE INDEX schemas_seen ON schemas (seen_block);
CREATE INDEX services_seen ON services (seen_block);
CREATE INDEX council_terms_seen ON council_terms (seen_block);
CREATE INDEX proposals_seen ON proposals (seen_block);
CREATE INDEX proposal_steps_seen ON proposal_steps (seen_block);
CREATE INDEX council_pauses_seen ON council_pauses (seen_block);
CREATE INDEX directory_entries_seen ON directory_entries (seen_block);
CREATE INDEX spent_nonces_seen ON spent_nonces (seen_block);
CREATE INDEX events_seen ON events (seen_block);
CREATE INDEX events_type ON events (type, block_number, log_index);
CREATE INDEX events_transaction ON events (transaction_hash);
CREATE INDEX event_subjects_seen ON event_subjects (seen_block);
COMMIT;
