#include "engines/postgres/pg_apply_catalog.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_quote.h"

namespace dbstow::postgres {
namespace {

constexpr std::size_t kPerStatement = 500;

// Those that the server marks GUC_LIST_QUOTE: their values are lists of names, quoted already.
constexpr std::array<std::string_view, 6> kListSettings = {
    "local_preload_libraries",  "search_path",      "session_preload_libraries",
    "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"};

std::string Grantee(const std::string& role) {
  return role.empty() ? "PUBLIC" : QuoteIdentifier(role);
}

// REVOKE and GRANT that turn a fresh object's default privileges into `acl`.
std::vector<std::string> AclStatements(const PgAcl& acl, const std::string& object,
                                       const std::string& owner) {
  std::vector<std::string> statements;
  if (acl.is_default) return statements;
  statements.push_back("REVOKE ALL ON " + object + " FROM PUBLIC");
  if (!owner.empty()) {
    statements.push_back("REVOKE ALL ON " + object + " FROM " + QuoteIdentifier(owner));
  }
  for (const PgPrivilege& each : acl.privileges) {
    statements.push_back("GRANT " + each.privilege + " ON " + object + " TO " +
                         Grantee(each.grantee) + (each.grantable ? " WITH GRANT OPTION" : ""));
  }
  return statements;
}

Result<void> RunInBatches(PgSession& session, std::span<const std::string> statements) {
  for (; !statements.empty();
       statements = statements.subspan(std::min(kPerStatement, statements.size()))) {
    std::string sql;
    for (const std::string& each : statements.first(std::min(kPerStatement, statements.size()))) {
      sql += each + ";";
    }
    DBSTOW_TRY(session.Run(sql));
  }
  return {};
}

// A batch is one transaction: where one statement of it is refused for its role, the others have to
// be run again, each by itself.
Result<void> RunAllThatMay(PgSession& session, std::span<const std::string> statements,
                           std::set<std::string>& reasons) {
  while (!statements.empty()) {
    const auto batch = statements.first(std::min(kPerStatement, statements.size()));
    statements = statements.subspan(batch.size());
    auto done = RunInBatches(session, batch);
    if (done) continue;
    if (!IsAboutARole(done.error())) return done;
    for (const std::string& each : batch) {
      done = session.Run(each);
      if (done) continue;
      if (!IsAboutARole(done.error())) return done;
      reasons.insert(done.error().message());
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> NamesInList(std::string_view value) {
  std::vector<std::string> names(1);
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '"' && quoted && i + 1 < value.size() && value[i + 1] == '"') {
      names.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      names.emplace_back();
    } else if (quoted) {
      names.back() += c;
    } else if (c != ' ') {
      names.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return names;
}

std::string SettingValue(const std::string& name, const std::string& value) {
  if (std::ranges::find(kListSettings, name) == kListSettings.end()) return QuoteLiteral(value);
  std::string list;
  for (const std::string& each : NamesInList(value)) {
    list += (list.empty() ? "" : ", ") + QuoteLiteral(each);
  }
  return list;
}

Result<std::vector<std::string>> CreateLargeObjects(PgSession& session,
                                                    const PgBackupCatalog& catalog,
                                                    const RestoreRights& rights) {
  std::vector<std::string> creations;
  std::vector<std::string> access;
  for (const PgLargeObject& object : catalog.large_objects) {
    const std::string name = "LARGE OBJECT " + std::to_string(object.oid);
    creations.push_back("SELECT lo_create(" + std::to_string(object.oid) + ")");
    if (!object.comment.empty()) {
      creations.push_back("COMMENT ON " + name + " IS " + QuoteLiteral(object.comment));
    }
    const bool owned = rights.owners.contains(object.owner);
    if (owned) access.push_back("ALTER " + name + " OWNER TO " + QuoteIdentifier(object.owner));
    for (std::string& each : AclStatements(object.acl, name, owned ? object.owner : "")) {
      access.push_back(std::move(each));
    }
  }
  auto created = RunInBatches(session, creations);
  if (!created) return Explain(created.error(), "create large objects");
  std::set<std::string> reasons;
  auto given = RunAllThatMay(session, access, reasons);
  if (!given) return Explain(given.error(), "set owners and grants of large objects");
  std::vector<std::string> warnings;
  for (const std::string& reason : reasons) {
    warnings.push_back("owners or grants of large objects are missing: " + reason);
  }
  return warnings;
}

Result<void> SetSequences(PgSession& session, const PgBackupCatalog& catalog) {
  std::vector<std::string> statements;
  for (const PgSequenceValue& each : catalog.sequences) {
    statements.push_back(
        "SELECT setval(c.oid::regclass, " + std::to_string(each.last_value) + ", " +
        (each.is_called ? "true" : "false") +
        ") FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S'"
        " AND n.nspname = " +
        QuoteLiteral(each.schema) + " AND c.relname = " + QuoteLiteral(each.name));
  }
  auto set = RunInBatches(session, statements);
  if (!set) return Explain(set.error(), "set the sequences");
  return {};
}

std::vector<std::string> SettingStatements(const PgDatabaseFacts& facts, const std::string& name) {
  const std::string database = "DATABASE " + QuoteIdentifier(name);
  std::vector<std::string> statements;
  for (const PgSetting& setting : facts.settings) {
    const std::string who = setting.role.empty()
                                ? "ALTER " + database
                                : "ALTER ROLE " + QuoteIdentifier(setting.role) + " IN " + database;
    statements.push_back(who + " SET " + QuoteIdentifier(setting.name) + " TO " +
                         SettingValue(setting.name, setting.value));
  }
  return statements;
}

std::vector<std::string> DatabaseStatements(const PgDatabaseFacts& facts, const std::string& name,
                                            const RestoreRights& rights) {
  const std::string database = "DATABASE " + QuoteIdentifier(name);
  std::vector<std::string> statements = SettingStatements(facts, name);
  if (facts.connection_limit != -1) {
    statements.push_back("ALTER " + database + " CONNECTION LIMIT " +
                         std::to_string(facts.connection_limit));
  }
  const bool owned = rights.owners.contains(facts.owner);
  if (owned)
    statements.push_back("ALTER " + database + " OWNER TO " + QuoteIdentifier(facts.owner));
  for (std::string& each : AclStatements(facts.acl, database, owned ? facts.owner : "")) {
    statements.push_back(std::move(each));
  }
  return statements;
}

}  // namespace dbstow::postgres
