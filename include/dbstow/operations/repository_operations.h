#pragma once

#include <string>
#include <vector>

#include "dbstow/core/retention_policy.h"
#include "dbstow/operations/operation.h"

namespace dbstow {

/// How these operations reach a repository; the application makes one from the repository it opened
/// (src/operations/repository_port.h).
class RepositoryPort;

struct VerifyOptions {
  std::string source = "latest";  ///< a backup id, `latest`, or empty for all (levels 0 to 2)
  int level = 1;                  ///< 0 to 3
  std::vector<std::string> user_queries;  ///< level 3: each must succeed on the restored copy
};

/// Checks a backup and records the outcome beside it.
/// Level 0: every pack is there in full size; 1: and has the bytes it is named by; 2: and every
/// frame decrypts and decompresses; 3: a real restore into a scratch target whose contents equal
/// what was backed up. Passed is success; failed is VerificationFailed; what could not be carried
/// out is CouldNotVerify and never shown as good. Details: "outcome" (passed, failed,
/// could_not_verify), "level", "backups_checked", "backup_id" when it was one, "backup.<id>" with
/// the outcome of each, "bytes_checked" or "rows_compared", and "problem.N" for what was found.
class VerifyOperation final : public Operation {
 public:
  VerifyOperation(VerifyOptions options, RepositoryPort& repository)
      : options_(std::move(options)), repository_(repository) {}

  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

 private:
  VerifyOptions options_;
  RepositoryPort& repository_;
};

struct PruneOptions {
  RetentionPolicy retention;
  enum class Action { kPlan, kRemove } action = Action::kPlan;
};

/// Removes the backups of one chain that no rule keeps, or only says which. Safe beside backups and
/// restores. Details: "kept", "would_remove" or "removed" (how many), "keep.<id>" with the reasons,
/// "remove.<id>"; after removing also "spared" (in use by now), "sessions_fenced", "packs_removed"
/// and "bytes_removed". A dry run only plans.
class PruneOperation final : public Operation {
 public:
  PruneOperation(PruneOptions options, RepositoryPort& repository)
      : options_(options), repository_(repository) {}

  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

 private:
  PruneOptions options_;
  RepositoryPort& repository_;
};

}  // namespace dbstow
