#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engines/postgres/pg_archive_sql.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// What the role that restores may give away, and what there is to give it to.
struct RestoreRights {
  std::set<std::string> roles;        ///< of the server
  std::set<std::string> owners;       ///< roles that it may make owners
  std::set<std::string> tablespaces;  ///< of the server
  bool superuser = false;

  [[nodiscard]] static Result<RestoreRights> Read(PgSession& session);
};

/// Applies entries of an archive in one session: storage settings, DDL, owner. What the role may
/// not do (owners, tablespaces that are not there) is left out and told once each.
class SchemaApplier {
 public:
  SchemaApplier(PgSession& session, const RestoreRights& rights)
      : session_(session), rights_(rights) {}

  /// Errors: the server's, naming the entry.
  [[nodiscard]] Result<void> Apply(const PgArchiveEntry& entry);
  /// The same with other DDL in place of the entry's.
  [[nodiscard]] Result<void> ApplyDdl(const PgArchiveEntry& entry, const std::string& ddl);
  [[nodiscard]] std::vector<std::string> TakeWarnings();
  [[nodiscard]] const PgSession& session() const { return session_; }

 private:
  [[nodiscard]] std::string StorageSettings(const PgArchiveEntry& entry);
  [[nodiscard]] std::string Owner(const PgArchiveEntry& entry);

  PgSession& session_;
  const RestoreRights& rights_;
  std::string tablespace_;
  std::string table_am_ = "heap";
  std::set<std::string> warnings_;
};

/// "table public.orders", for messages.
[[nodiscard]] std::string ShowEntry(const PgArchiveEntry& entry);

}  // namespace dbstow::postgres
