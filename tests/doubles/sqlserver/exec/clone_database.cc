#include "doubles/sqlserver/exec/clone_database.h"

#include <algorithm>

#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/media/os_files.h"
#include "doubles/sqlserver/model/journal.h"
#include "doubles/sqlserver/model/new_database.h"

namespace dbstow::doubles::sqlserver {
namespace {

bool Has(const DbccStatement& statement, std::string_view option) {
  return std::any_of(statement.options.begin(), statement.options.end(),
                     [&](const WithOption& one) { return one.name == option; });
}

SqlResult<const Database*> CheckedSource(Engine& engine, const Session& session,
                                         const DbccStatement& statement) {
  Instance& instance = engine.instance();
  if (statement.arguments.size() != 2) {
    return SqlError{2526, 16, "Incorrect DBCC statement."};
  }
  if (!Security(instance).IsSysadmin(session.login)) {
    return SqlError{2571, 14,
                    "User '" + session.login +
                        "' does not have permission to run DBCC "
                        "CLONEDATABASE."};
  }
  if (session.transaction.depth > 0) {
    return SqlError{3021, 16, "Cannot perform DBCC CLONEDATABASE within a transaction."};
  }
  if (Has(statement, "VERIFY_CLONEDB") && Has(statement, "SERVICEBROKER")) {
    return SqlError{2526, 16, "VERIFY_CLONEDB and SERVICEBROKER cannot be used together."};
  }
  for (const WithOption& option : statement.options) {
    if (option.name == "PHYSICAL_ONLY" || option.name == "ALL_ERRORMSGS") {
      return SqlError{2581, 16, "Option " + option.name + " is not known to CLONEDATABASE."};
    }
  }
  const Database* source = instance.Find(statement.arguments[0]);
  if (source == nullptr) return NoDatabase(statement.arguments[0]);
  if (source->IsSystem() || source->IsSnapshot()) {
    return SqlError{12623, 16,
                    "Clone database has failed: it is only supported on user "
                    "databases."};
  }
  if (source->state != DatabaseState::kOnline || source->standby) {
    return SqlError{927, 14, "Database '" + source->name + "' cannot be opened."};
  }
  if (instance.Find(statement.arguments[1]) != nullptr) {
    return SqlError{1801, 16, "Database '" + statement.arguments[1] + "' already exists."};
  }
  // Objects of model would be in the clone too, under keys that the source's objects have.
  if (!instance.databases().at(3).tables.empty()) {
    return SqlError{2601, 14, "Cannot insert duplicate key row in object 'sys.sysschobjs'."};
  }
  return source;
}

Database MakeClone(Instance& instance, const Session& session, const Database& source,
                   const DbccStatement& statement) {
  const int id = instance.MutableServer().next_database_id++;
  Database clone = MakeDatabase(instance, id, statement.arguments[1]);
  clone.owner = session.login;
  clone.recovery_model = source.recovery_model;
  clone.collation = source.collation;
  clone.compatibility_level = source.compatibility_level;
  clone.file_groups = source.file_groups;
  clone.broker_enabled = Has(statement, "SERVICEBROKER");
  clone.users = source.users;
  clone.read_only = true;
  clone.clone = true;
  clone.verified_clone = Has(statement, "VERIFY_CLONEDB");
  clone.files = source.files;
  const std::string unique = "_" + instance.NewGuid().substr(0, 8);
  for (DatabaseFile& file : clone.files) {
    const auto dot = file.physical.rfind('.');
    const auto slash = file.physical.rfind('/');
    const bool extension = dot != std::string::npos && (slash == std::string::npos || dot > slash);
    file.physical.insert(extension ? dot : file.physical.size(), unique);
    file.guid = instance.NewGuid();
  }
  return clone;
}

}  // namespace

SqlResult<std::vector<SqlError>> CloneDatabase(Engine& engine, const Session& session,
                                               const DbccStatement& statement) {
  Instance& instance = engine.instance();
  DBSTOW_ASSIGN(const Database* found, CheckedSource(engine, session, statement));
  const Database source = *found;
  UnitOfWork work(instance);
  Database clone = MakeClone(instance, session, source, statement);
  const std::vector<DatabaseFile> files = clone.files;
  const int id = clone.id;
  instance.Add(std::move(clone));
  Journal journal(instance, id);
  DBSTOW_ASSIGN(const std::int64_t transaction, journal.BeginTransaction());
  for (const auto& [table_id, table] : source.tables) {
    DBSTOW_TRY(journal.CreateTable(transaction, table));
  }
  DBSTOW_TRY(journal.Commit(transaction));
  DBSTOW_TRY(journal.TruncateIfSimple());
  for (const DatabaseFile& file : files) DBSTOW_TRY(CreateDataFile(file.physical));
  DBSTOW_TRY(work.Commit());
  const std::string& name = statement.arguments[1];
  std::vector<SqlError> messages;
  messages.push_back(
      {12600, 10,
       "Database cloning for '" + source.name + "' has started with target as '" + name + "'."});
  messages.push_back({12601, 10,
                      "Database cloning for '" + source.name +
                          "' has finished. Cloned database is "
                          "'" +
                          name + "'."});
  messages.push_back(
      {12602, 10,
       "Database '" + name +
           "' is a cloned database. This database should be used "
           "for diagnostic purposes only and is not supported for use in a production "
           "environment."});
  return messages;
}

}  // namespace dbstow::doubles::sqlserver
