#include "doubles/sqlserver/exec/faults.h"

namespace dbstow::doubles::sqlserver {
namespace {

struct Namer {
  std::string operator()(const SelectStatement&) const { return "SELECT"; }
  std::string operator()(const InsertStatement&) const { return "INSERT"; }
  std::string operator()(const UpdateStatement&) const { return "UPDATE"; }
  std::string operator()(const DeleteStatement&) const { return "DELETE"; }
  std::string operator()(const CreateTableStatement&) const { return "CREATE TABLE"; }
  std::string operator()(const DropTableStatement&) const { return "DROP TABLE"; }
  std::string operator()(const CreateDatabaseStatement&) const { return "CREATE DATABASE"; }
  std::string operator()(const AlterDatabaseStatement&) const { return "ALTER DATABASE"; }
  std::string operator()(const DropDatabaseStatement&) const { return "DROP DATABASE"; }
  std::string operator()(const UseStatement&) const { return "USE"; }
  std::string operator()(const SetOptionStatement&) const { return "SET"; }
  std::string operator()(const TransactionStatement&) const { return "TRANSACTION"; }
  std::string operator()(const DbccStatement& dbcc) const { return "DBCC " + dbcc.command; }
  std::string operator()(const KillStatement&) const { return "KILL"; }
  std::string operator()(const BackupStatement& backup) const {
    return std::string(NameOf(backup));
  }
  std::string operator()(const RestoreStatement& restore) const {
    return std::string(NameOf(restore.verb));
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return "";
  }
};

bool Matches(std::string_view kind, std::string_view wanted) {
  return kind == wanted || kind.starts_with(std::string(wanted) + " ");
}

}  // namespace

std::string KindOf(const Statement& statement) { return std::visit(Namer(), statement.body); }

bool ShowsPercent(std::string_view kind) {
  return kind.starts_with("BACKUP ") || kind == NameOf(RestoreVerb::kDatabase) ||
         kind == NameOf(RestoreVerb::kLog) || kind == NameOf(RestoreVerb::kVerifyOnly);
}

std::string_view NameOf(RestoreVerb verb) {
  switch (verb) {
    case RestoreVerb::kDatabase: return "RESTORE DATABASE";
    case RestoreVerb::kLog: return "RESTORE LOG";
    case RestoreVerb::kHeaderOnly: return "RESTORE HEADERONLY";
    case RestoreVerb::kFileListOnly: return "RESTORE FILELISTONLY";
    case RestoreVerb::kLabelOnly: return "RESTORE LABELONLY";
    case RestoreVerb::kVerifyOnly: return "RESTORE VERIFYONLY";
    case RestoreVerb::kRewindOnly: break;
  }
  return "RESTORE REWINDONLY";
}

std::string_view NameOf(const BackupStatement& statement) {
  if (statement.scope == BackupScope::kGroup) return "BACKUP GROUP";
  if (statement.scope == BackupScope::kServer) return "BACKUP SERVER";
  return statement.log ? "BACKUP LOG" : "BACKUP DATABASE";
}

std::optional<StatementFault> Faults::Strike(std::string_view kind) {
  std::optional<StatementFault> struck;
  for (StatementFault& fault : statements) {
    if (kind.empty() || !Matches(kind, fault.statement) || --fault.nth > 0) continue;
    if (--fault.times < 0 || struck) continue;
    struck = fault;
  }
  return struck;
}

}  // namespace dbstow::doubles::sqlserver
