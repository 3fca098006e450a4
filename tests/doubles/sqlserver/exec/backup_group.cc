#include <set>

#include "doubles/sqlserver/exec/backup_runner.h"
#include "doubles/sqlserver/exec/errors.h"
#include "doubles/sqlserver/exec/snapshot.h"
#include "doubles/sqlserver/value/convert.h"

// BACKUP GROUP and BACKUP SERVER: what was suspended together is recorded in one set.
namespace dbstow::doubles::sqlserver {

SqlResult<std::vector<std::string>> BackupRunner::GroupOf(const BackupStatement& statement) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const ExprPtr& expr : statement.group) {
    DBSTOW_ASSIGN(const TypedValue name, evaluate_(*expr));
    names.push_back(ToText(name.value, name.type));
    if (seen.insert(ToLower(names.back())).second) continue;
    return SqlError{3092, 16,
                    "Database '" + names.back() +
                        "' is specified multiple times in the group snapshot backup statement."};
  }
  if (statement.scope == BackupScope::kGroup) return names;
  for (const auto& [id, database] : instance_.databases()) {
    if (!database.IsSystem() && !database.IsSnapshot()) names.push_back(database.name);
  }
  if (!names.empty()) return names;
  return SqlError{3094, 16,
                  "Server '" + instance_.settings().server_name +
                      "' has no user databases to suspend for snapshot backup."};
}

SqlResult<void> BackupRunner::BackUpGroup(const BackupStatement& statement) {
  if (!metadata_only_) return NotSupportedHere(name_ + " without METADATA_ONLY");
  DBSTOW_TRY(CheckOptions(statement));
  DBSTOW_TRY(CheckEdition(statement));
  DBSTOW_ASSIGN(const std::vector<std::string> names, GroupOf(statement));
  DBSTOW_ASSIGN(MediaWriter media, OpenMedia(statement));
  std::vector<BackupSet> sets;
  for (const std::string& name : names) {
    set_ = {};
    set_.database = name;
    DBSTOW_TRY(CheckDatabase());
    copy_only_ = !instance_.suspended.at(id_).clears_differential;
    set_.position = media.position();
    set_.families = media.families();
    DBSTOW_TRY(Snapshot());
    DBSTOW_TRY(Describe());
    sets.push_back(set_);
  }
  BackupSet whole = sets.front();
  whole.members.assign(sets.begin() + 1, sets.end());
  if (const SqlResult<void> written = media.WriteWhole(whole, Stripe("", media.families()));
      !written) {
    media.Undo();
    return written;
  }
  for (BackupSet& set : sets) {
    set_ = std::move(set);
    id_ = instance_.Find(set_.database)->id;
    copy_only_ = set_.copy_only;
    DBSTOW_TRY(Remember(media));
    DBSTOW_ASSIGN(const std::vector<SqlError> messages,
                  Resume(context_.engine, context_.session, id_));
    for (const SqlError& message : messages) context_.sink.Message(message, 1);
    Report(media);
  }
  return {};
}

}  // namespace dbstow::doubles::sqlserver
