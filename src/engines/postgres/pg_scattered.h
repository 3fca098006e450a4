#pragma once

#include <map>
#include <string>

#include "dbstow/core/result.h"
#include "engines/postgres/pg_archive.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// A table that is hash-partitioned by an enum scatters its rows anew in each database: what is
/// hashed is the number that the server gave a label. So rows of one partition do not fit into that
/// of the same name elsewhere. They go through the table that is partitioned so, here its root, and
/// their fingerprint is one for all of its partitions.

/// A scalar in SQL: the number of the root of the partition `oid`, NULL for a table without one.
[[nodiscard]] std::string RootOfScattered(const std::string& oid);

/// The roots of the database's partitions, both `schema.name`, quoted where they have to be.
[[nodiscard]] Result<std::map<std::string, std::string>> ReadScattered(PgSession& session);

/// The same by the partition's number, as far as an archive tells: it does not say by which type a
/// table is partitioned, so where there are enums all that are hash-partitioned have roots.
[[nodiscard]] std::map<std::uint32_t, std::string> FindScattered(const PgArchive& archive);

}  // namespace dbstow::postgres
