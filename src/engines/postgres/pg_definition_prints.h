#pragma once

#include <vector>

#include "dbstow/core/operation_result.h"
#include "engines/postgres/pg_backup_catalog.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// Fingerprints of what is not rows, one for each kind of definition and schema ("views in schema
/// shop"), and of owners, grants and comments by schema. `rows` is how many there are. The methods:
///
///   definitions-4               what every version of the server says alike
///   definitions-4/spelling 15   expressions and queries as version 15 spells them
///   definitions-4/access        owners, grants, settings of the database, security labels
///   definitions-4/access 15     those of schemas, whose defaults differ between versions
///
/// A fingerprint of each method is always there, so that one without anything differs from none.
/// The number changes when more is looked at: what an older one did not see is not called
/// different.
///
/// The session must be in a transaction, which is lost when this fails. Of expressions and queries
/// the server knows only those of now. A lock that it waits for is bounded by the session's
/// lock_timeout. Errors: Conflict (transient) when something was dropped meanwhile.
[[nodiscard]] Result<std::vector<ContentFingerprint>> FingerprintDefinitions(PgSession& session);

/// The values of sequences, by schema.
[[nodiscard]] std::vector<ContentFingerprint> FingerprintSequences(
    const std::vector<PgSequenceValue>& sequences);

/// Without what is under `access`, for a copy made by a role that may not set it or on a server
/// that cannot have it.
[[nodiscard]] std::vector<ContentFingerprint> WithoutAccess(
    std::vector<ContentFingerprint> fingerprints);

}  // namespace dbstow::postgres
