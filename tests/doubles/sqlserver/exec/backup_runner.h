#pragma once

#include <optional>
#include <set>
#include <string>

#include "doubles/sqlserver/exec/media_set.h"
#include "doubles/sqlserver/exec/selections.h"

namespace dbstow::doubles::sqlserver {

/// One BACKUP statement. The lock is held on entry and at the end.
class BackupRunner {
 public:
  BackupRunner(OperationContext context, Evaluate evaluate)
      : context_(context), evaluate_(std::move(evaluate)), instance_(context_.engine.instance()) {}

  /// What goes wrong is said, cause first, and then returned as 3013.
  [[nodiscard]] SqlResult<void> Run(const BackupStatement& statement);

 private:
  [[nodiscard]] SqlResult<void> Prepare(const BackupStatement& statement);
  [[nodiscard]] SqlResult<void> Backup(const BackupStatement& statement);
  /// Of several databases into one set.
  [[nodiscard]] SqlResult<void> BackUpGroup(const BackupStatement& statement);
  [[nodiscard]] SqlResult<std::vector<std::string>> GroupOf(const BackupStatement& statement);
  [[nodiscard]] SqlResult<MediaWriter> OpenMedia(const BackupStatement& statement);
  [[nodiscard]] SqlResult<void> CheckOptions(const BackupStatement& statement) const;
  [[nodiscard]] SqlResult<void> CheckDatabase();
  [[nodiscard]] SqlResult<void> Select(const Database& database, const NamedSelection& selection);
  [[nodiscard]] SqlResult<void> ChooseFiles(const Database& database);
  [[nodiscard]] SqlResult<void> ChooseBases(const Database& database);
  [[nodiscard]] SqlResult<void> CheckStillThere() const;
  [[nodiscard]] SqlResult<void> CheckLog(const Database& database) const;
  [[nodiscard]] SqlResult<void> CheckEdition(const BackupStatement& statement) const;
  [[nodiscard]] SqlResult<std::string> EncryptionKey();
  /// The algorithm; empty without compression. Errors: 102 before 2022, 3217 for one not known.
  [[nodiscard]] SqlResult<std::string> Compression() const;
  [[nodiscard]] SqlResult<void> Snapshot();
  [[nodiscard]] SqlResult<void> LookForBadLog(const Database& database) const;
  [[nodiscard]] SqlResult<void> LookForDamage(const Database& database);
  [[nodiscard]] SqlResult<void> Describe();
  [[nodiscard]] SqlResult<void> Complete(MediaWriter& media);
  [[nodiscard]] SqlResult<void> CompleteSnapshot(MediaWriter& media);
  [[nodiscard]] SqlResult<void> Remember(const MediaWriter& media);
  [[nodiscard]] SqlResult<void> LeaveForRestoring(Database& database);
  void Report(const MediaWriter& media);

  OperationContext context_;
  Evaluate evaluate_;
  Instance& instance_;
  std::string name_;
  WithOptions options_;
  bool log_ = false;
  bool differential_ = false;
  bool copy_only_ = false;
  bool tail_ = false;
  bool metadata_only_ = false;
  int id_ = 0;
  std::vector<NamedSelection> selections_;
  std::set<int> files_;              ///< data files that are taken
  std::optional<SqlError> warning_;  ///< to say, with what is chosen
  BackupSet set_;
  Payload payload_;
  PayloadForm form_;
};

}  // namespace dbstow::doubles::sqlserver
