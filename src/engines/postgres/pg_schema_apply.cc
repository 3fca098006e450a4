#include "engines/postgres/pg_schema_apply.h"

#include <algorithm>

#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {

Result<RestoreRights> RestoreRights::Read(PgSession& session) {
  RestoreRights rights;
  DBSTOW_ASSIGN(const PgRows roles,
                session.Query("SELECT rolname, pg_has_role(current_user, oid, '" +
                              RightToGiveTo(session.version_number()) + "') FROM pg_roles"));
  for (int row = 0; row < roles.size(); ++row) {
    rights.roles.insert(roles.String(row, 0));
    if (roles.IsTrue(row, 1)) rights.owners.insert(roles.String(row, 0));
  }
  DBSTOW_ASSIGN(const PgRows spaces,
                session.Query("SELECT spcname, has_tablespace_privilege(oid, 'CREATE')"
                              " FROM pg_tablespace"));
  for (int row = 0; row < spaces.size(); ++row) {
    rights.tablespaces.insert(spaces.String(row, 0));
    if (spaces.IsTrue(row, 1)) rights.open_tablespaces.insert(spaces.String(row, 0));
  }
  DBSTOW_ASSIGN(const PgRows super,
                session.Query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"));
  rights.superuser = super.size() == 1 && super.IsTrue(0, 0);
  return rights;
}

std::string RestoreRights::RightToGiveTo(int server_version) {
  return server_version >= 160000 ? "SET" : "MEMBER";
}

std::string ShowEntry(const PgArchiveEntry& entry) {
  std::string kind = entry.desc;
  std::ranges::transform(kind, kind.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return kind + " " + (entry.namespace_name.empty() ? "" : entry.namespace_name + ".") + entry.tag;
}

Result<void> SchemaApplier::Apply(const PgArchiveEntry& entry) {
  const std::string ddl = DefinitionFor(entry, session_.version_number());
  if (ddl != entry.defn) {
    warnings_.insert(ShowEntry(entry) +
                     " is made without UNLOGGED, which meant nothing for a partitioned table and "
                     "is refused here; its partitions are as they were");
  }
  return ApplyDdl(entry, ddl);
}

Result<void> SchemaApplier::ApplyDdl(const PgArchiveEntry& entry, const std::string& ddl) {
  const std::string before = StorageSettings(entry);
  if (!before.empty()) {
    auto set = session_.Run(before);
    if (!set) return Explain(set.error(), "create " + ShowEntry(entry));
  }
  if (!ddl.empty()) {
    auto applied = session_.Run(ddl);
    if (!applied) return Explain(applied.error(), "create " + ShowEntry(entry));
  }
  const std::string owner = Owner(entry);
  if (owner.empty()) return {};
  auto owned = session_.Run(owner);
  if (owned) return {};
  // The new owner, say, may not create in the schema, of which the archive's grants come later.
  if (!IsNotPermitted(owned.error())) {
    return Explain(owned.error(), "set the owner of " + ShowEntry(entry));
  }
  keeps_objects_ = true;
  warnings_.insert("objects of role " + entry.owner +
                   " belong to the restoring role: " + owned.error().message());
  return {};
}

std::string SchemaApplier::StorageSettings(const PgArchiveEntry& entry) {
  std::string sql;
  if (entry.tablespace) {
    std::string wanted = *entry.tablespace;
    if (!wanted.empty() && !rights_.open_tablespaces.contains(wanted)) {
      warnings_.insert("tablespace " + wanted +
                       (rights_.tablespaces.contains(wanted) ? " is not open to the restoring role"
                                                             : " is not on this server") +
                       ": its objects are in the database's own");
      wanted.clear();
    }
    if (wanted != tablespace_) {
      sql += "SET default_tablespace = " + QuoteLiteral(wanted) + ";";
      tablespace_ = wanted;
    }
  }
  if (entry.table_am && !entry.table_am->empty() && *entry.table_am != table_am_) {
    sql += "SET default_table_access_method = " + QuoteIdentifier(*entry.table_am) + ";";
    table_am_ = *entry.table_am;
  }
  return sql;
}

std::string SchemaApplier::Owner(const PgArchiveEntry& entry) {
  std::string sql = OwnerSql(entry, entry.owner);
  if (sql.empty() || rights_.owners.contains(entry.owner)) return sql;
  warnings_.insert("objects of role " + entry.owner + " belong to the restoring role" +
                   (rights_.roles.contains(entry.owner)
                        ? ", which may not give them away"
                        : ": there is no role of that name on this server"));
  return "";
}

std::vector<std::string> SchemaApplier::TakeWarnings() {
  std::vector<std::string> taken(warnings_.begin(), warnings_.end());
  warnings_.clear();
  return taken;
}

}  // namespace dbstow::postgres
