#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doubles/sqlserver/exec/media_set.h"
#include "doubles/sqlserver/exec/restore_target.h"
#include "doubles/sqlserver/exec/selections.h"

namespace dbstow::doubles::sqlserver {

/// What HEADERONLY, FILELISTONLY and LABELONLY answer.
struct RestoreReport {
  std::vector<Column> columns;
  std::vector<Row> rows;
};

[[nodiscard]] RestoreReport HeaderReport(const ReadMedia& media, int server_major);
[[nodiscard]] RestoreReport FileListReport(const BackupSet& set);
[[nodiscard]] RestoreReport LabelReport(const Media& media);

/// One RESTORE statement. The lock is held on entry and at the end.
class RestoreRunner {
 public:
  RestoreRunner(OperationContext context, Evaluate evaluate)
      : context_(context), evaluate_(std::move(evaluate)), instance_(context_.engine.instance()) {}

  /// What goes wrong is said, cause first, and then returned as 3013.
  [[nodiscard]] SqlResult<std::optional<RestoreReport>> Run(const RestoreStatement& statement);

 private:
  using Report = std::optional<RestoreReport>;

  [[nodiscard]] SqlResult<Report> Go(const RestoreStatement& statement);
  [[nodiscard]] SqlResult<Report> Look(const RestoreStatement& statement);
  [[nodiscard]] SqlResult<void> Verify(const ReadMedia& media, std::size_t set);
  [[nodiscard]] SqlResult<void> CheckOptions(const RestoreStatement& statement);
  [[nodiscard]] SqlResult<void> ReadStop(const RestoreStatement& statement);
  [[nodiscard]] SqlResult<void> CheckSession(const RestoreStatement& statement);
  [[nodiscard]] bool CanBeOnline(const RestoreStatement& statement) const;
  [[nodiscard]] SqlResult<Report> RecoverOnly();
  [[nodiscard]] SqlResult<Report> RevertTo(const RestoreStatement& statement);
  [[nodiscard]] SqlResult<void> CheckSet(const RestoreStatement& statement, const ReadMedia& media,
                                         std::size_t index);
  /// The set on the media, or the part of it that DBNAME names. Errors: 3123, 3276.
  [[nodiscard]] SqlResult<BackupSet> MemberOf(const BackupSet& whole) const;
  [[nodiscard]] SqlResult<void> ReadPayload(const ReadMedia& media, std::size_t index);
  [[nodiscard]] SqlResult<void> CheckOverwrite(const Database& existing);
  [[nodiscard]] SqlResult<void> CheckFileRestore(const Database& existing);
  [[nodiscard]] SqlResult<void> CheckRollForward(const Database* existing);
  [[nodiscard]] SqlResult<void> CheckDifferential(const Database& existing);
  [[nodiscard]] SqlResult<void> CheckLog(const Database& existing) const;
  [[nodiscard]] SqlResult<void> ChooseFiles(const Database* existing);
  [[nodiscard]] SqlResult<void> Choose(const NamedSelection& selection);
  [[nodiscard]] SqlResult<void> ReadPages(const std::string& list);
  [[nodiscard]] SqlResult<void> CheckPages(const Database& existing) const;
  [[nodiscard]] SqlResult<void> CheckPage(const Database& existing, const PageId& page) const;
  [[nodiscard]] std::optional<SqlError> DiskFull() const;
  [[nodiscard]] SqlResult<void> PlanFiles(const Database* existing);
  [[nodiscard]] SqlResult<void> Apply();
  [[nodiscard]] SqlResult<void> CheckAgain();
  [[nodiscard]] std::string Kind() const;
  void TellWhatWasDone();
  [[nodiscard]] SqlResult<void> PlaceFiles();
  [[nodiscard]] SqlResult<void> MakeShell();
  [[nodiscard]] bool KeepsOthers(const Database& existing) const;
  [[nodiscard]] SqlResult<void> Conclude(bool reached);
  [[nodiscard]] SqlResult<void> Recover();
  [[nodiscard]] SqlResult<void> OpenWhatIsDone();
  void Later(int number, const std::string& text) { afterwards_.push_back({number, 10, text}); }
  void NeedMore(const Lsn& now, const Lsn& wanted);
  void Say(int number, const std::string& text) { context_.sink.Message({number, 10, text}, 1); }

  OperationContext context_;
  Evaluate evaluate_;
  Instance& instance_;
  std::string statement_name_;
  std::string name_;  ///< of the database
  WithOptions options_;
  std::vector<NamedSelection> selections_;
  std::set<int> chosen_;       ///< files whose data come from the set
  std::vector<PageId> pages_;  ///< or pages
  bool starts_ = false;        ///< a new sequence, which leaves nothing of what was there
  bool online_ = false;        ///< the database stays online meanwhile
  StopPoint stop_;
  BackupSet set_;
  Payload payload_;
  std::vector<DatabaseFile> files_;   ///< with the places they get
  int id_ = 0;                        ///< of the database; 0 while there is none
  std::vector<SqlError> afterwards_;  ///< to be said when it is done
};

}  // namespace dbstow::doubles::sqlserver
