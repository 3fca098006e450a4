#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/operation_context.h"
#include "engines/postgres/pg_backup_contents.h"
#include "engines/postgres/pg_load.h"
#include "engines/postgres/pg_mapping.h"
#include "engines/postgres/pg_staging.h"

namespace dbstow::postgres {

struct BuildOutcome {
  std::uint64_t bytes_written = 0;
  std::vector<std::string> warnings;
  /// What the server refused once the rows were in: indexes, keys, triggers, refreshes, …
  std::vector<Error> failures;
  StringMap durations;  ///< "schemaMs", "dataMs", "finishMs"
  /// Owners, grants and labels are those of the backup: no role or provider of labels was missing,
  /// and all could be set.
  bool has_all_access = true;
};

/// Turns an empty staging database into the one that was backed up, complete but for its name,
/// comment, and what belongs to the database as a whole. Without its tables and rows there is
/// nothing; what the server refuses after them is told and left out.
class DatabaseBuild {
 public:
  DatabaseBuild(BackupContents& contents, StagingDatabase& staging, const LoadOptions& options,
                const OperationContext& context)
      : contents_(contents), staging_(staging), options_(options), context_(context) {}

  /// Makes the renames of `names`, too. Errors: the server's; AlreadyExists for a new name that the
  /// backup has already.
  [[nodiscard]] Result<BuildOutcome> Run(const RestoreMapping& names = {});

 private:
  Result<void> BuildAll(const RestoreMapping& names);
  [[nodiscard]] Result<std::unique_ptr<PgSession>> OpenSession() const;
  Result<void> ApplySchema();
  Result<void> LoadRows();
  Result<void> Complete(const RestoreMapping& names);
  Result<void> Rename(PgSession& session, const RestoreMapping& names);
  Result<void> ApplyPhase(SchemaApplier& applier, PgPhase phase);
  void DoWithout(const PgArchiveEntry& entry, const Error& error);
  Result<void> GrantOneByOne(SchemaApplier& applier, const PgArchiveEntry& entry);
  /// An extension that is not to be had here, and that nothing needs as far as the archive knows.
  [[nodiscard]] bool CanSpare(const PgArchiveEntry& entry, const PgArchiveIndex& index,
                              const Error& error) const;
  /// Speaks of an extension that was left out.
  [[nodiscard]] bool IsOfASpare(const PgArchiveEntry& entry) const;
  void Spare(const PgArchiveEntry& extension, const Error& error);
  void WarnOfIdle(const PgArchiveEntry& subscription);
  Result<void> ClosePublicSchema(PgSession& session);
  Result<void> RefreshViews();
  Result<void> Refresh(PgSession& session, const PgArchiveEntry& view);
  /// Success when the work can go on without what failed, which is then noted.
  Result<void> GoOnWithout(const PgSession& session, Error error);
  [[nodiscard]] bool CanSetAllOwners() const;
  void Took(const std::string& what, Monotonic since);

  BackupContents& contents_;
  StagingDatabase& staging_;
  LoadOptions options_;
  const OperationContext& context_;
  RestoreRights rights_;
  bool is_selection_ = false;
  std::set<std::int32_t> spares_left_out_;  // dump ids
  BuildOutcome outcome_;
};

}  // namespace dbstow::postgres
