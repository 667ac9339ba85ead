-- Codes and refresh tokens of sign-ins that were used, and families of refresh tokens that ended.
CREATE TABLE uses (
    name TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE INDEX uses_by_expiry ON uses (expires);
