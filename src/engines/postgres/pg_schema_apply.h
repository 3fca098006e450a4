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
  std::set<std::string> roles;             ///< of the server
  std::set<std::string> owners;            ///< roles that it may make owners
  std::set<std::string> tablespaces;       ///< of the server
  std::set<std::string> open_tablespaces;  ///< those that it may put something into
  bool superuser = false;

  [[nodiscard]] static Result<RestoreRights> Read(PgSession& session);
  /// What pg_has_role has to say of a role that is to be made an owner: from 16 on a member may
  /// lack it.
  [[nodiscard]] static std::string RightToGiveTo(int server_version);
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
  /// Whether something stayed the restoring role's own, though its owner was among the rights'.
  [[nodiscard]] bool keeps_objects() const { return keeps_objects_; }

 private:
  [[nodiscard]] std::string StorageSettings(const PgArchiveEntry& entry);
  [[nodiscard]] std::string Owner(const PgArchiveEntry& entry);

  PgSession& session_;
  const RestoreRights& rights_;
  std::string tablespace_;
  std::string table_am_ = "heap";
  std::set<std::string> warnings_;
  bool keeps_objects_ = false;
};

/// "table public.orders", for messages.
[[nodiscard]] std::string ShowEntry(const PgArchiveEntry& entry);

}  // namespace dbstow::postgres
