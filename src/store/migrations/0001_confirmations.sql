-- Confirmations that were used, until they would have expired anyway.
CREATE TABLE spent (
    nonce TEXT NOT NULL PRIMARY KEY,
    expires BIGINT NOT NULL
);

CREATE INDEX spent_by_expiry ON spent (expires);

-- Questions that are answered by link. What is asked, of whom, and what was said is in `sealed`.
CREATE TABLE links (
    id_hash TEXT NOT NULL PRIMARY KEY,
    person_hash TEXT NOT NULL,
    call_hash TEXT NOT NULL,
    shown_hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'answered', 'closed')),
    expires BIGINT NOT NULL,
    sealed TEXT NOT NULL
);

CREATE INDEX links_by_expiry ON links (expires);
CREATE INDEX links_by_person ON links (person_hash);
CREATE INDEX links_by_call ON links (call_hash);
-- At most one open link for a call, however many replicas are asked at once.
CREATE UNIQUE INDEX links_open_by_call ON links (call_hash) WHERE status = 'pending';
