#include <algorithm>
#include <utility>

#include "doubles/sqlserver/exec/clone_database.h"
#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/executor.h"
#include "doubles/sqlserver/exec/history.h"
#include "doubles/sqlserver/exec/properties.h"
#include "doubles/sqlserver/exec/security.h"
#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

bool HasOption(const DbccStatement& statement, std::string_view name) {
  return std::any_of(statement.options.begin(), statement.options.end(),
                     [&](const WithOption& option) { return option.name == name; });
}

SqlError Completed() {
  return {2528, 10,
          "DBCC execution completed. If DBCC printed error messages, contact your system "
          "administrator."};
}

}  // namespace

Executor::OutcomeOr Executor::Execute(const DbccStatement& statement) {
  if (statement.command == "CHECKDB") return CheckDatabase(statement);
  if (statement.command != "CLONEDATABASE") {
    return SqlError{2526, 16,
                    "Incorrect DBCC statement. Check the documentation for the correct "
                    "DBCC syntax and options."};
  }
  Outcome outcome;
  DBSTOW_ASSIGN(outcome.messages, CloneDatabase(engine_, session_, statement));
  if (HasOption(statement, "BACKUP_CLONEDB")) {
    for (const SqlError& message : std::exchange(outcome.messages, {})) sink_.Message(message, 1);
    DBSTOW_TRY(BackUpClone(statement.arguments[1]));
  }
  outcome.messages.push_back(Completed());
  return outcome;
}

Executor::OutcomeOr Executor::CheckDatabase(const DbccStatement& statement) {
  Instance& instance = engine_.instance();
  const Database* database = statement.arguments.empty()
                                 ? &instance.databases().at(session_.database)
                                 : instance.Find(statement.arguments[0]);
  if (database == nullptr) return NoDatabase(statement.arguments[0]);
  if (!Security(instance).IsMember(session_.login, *database, "db_owner")) {
    return SqlError{7983, 14,
                    "User '" + session_.login +
                        "' does not have permission to run DBCC CHECKDB for database '" +
                        database->name + "'."};
  }
  DBSTOW_TRY(CheckOpen(*database));
  Outcome outcome;
  const std::vector<PageId>& bad = database->bad_pages;
  DBSTOW_TRY(Work([&]() -> SqlResult<void> {
    for (const PageId& page : bad) {
      outcome.messages.push_back({8928, 16, "Page " + ToString(page) + " could not be processed."});
      DBSTOW_TRY(RecordPage(instance, database->id, page, PageEvent::kBadChecksum));
    }
    return {};
  }));
  if (!bad.empty() || !HasOption(statement, "NO_INFOMSGS")) {
    const std::string found = std::to_string(bad.size());
    outcome.messages.push_back({bad.empty() ? 8989 : 8990, 10,
                                "CHECKDB found 0 allocation errors and " + found +
                                    " consistency errors in database '" + database->name + "'."});
    outcome.messages.push_back(Completed());
  }
  return outcome;
}

SqlResult<void> Executor::BackUpClone(const std::string& name) {
  const std::string disk = "DISK = N'" + ReplaceAll(name, "'", "''") + "_" +
                           engine_.instance().NewGuid().substr(0, 8) + ".bak'";
  DBSTOW_ASSIGN(const std::vector<Statement> statements,
                ParseBatch("BACKUP DATABASE [" + ReplaceAll(name, "]", "]]") + "] TO " + disk +
                           " WITH CHECKSUM; RESTORE VERIFYONLY FROM " + disk + " WITH CHECKSUM"));
  DBSTOW_TRY(Execute(std::get<BackupStatement>(statements.front().body)));
  DBSTOW_TRY(Execute(std::get<RestoreStatement>(statements.back().body)));
  return {};
}

}  // namespace dbstow::doubles::sqlserver
