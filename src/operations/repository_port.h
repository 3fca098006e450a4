#pragma once

#include <memory>
#include <string_view>

#include "repository/reports.h"
#include "repository/retention.h"

namespace dbstow {

namespace repository {
class Repository;
}

/// What verify and prune need of a repository beyond `BackupStore`. Contracts and errors are those
/// of the methods of the same name in repository/repository.h.
class RepositoryPort {
 public:
  virtual ~RepositoryPort() = default;
  [[nodiscard]] virtual Result<repository::VerifyReport> Verify(
      std::string_view selector, std::string_view instance, int level,
      const repository::CheckContext& context) = 0;
  [[nodiscard]] virtual Result<void> RecordVerification(
      const repository::Verification& verification) = 0;
  [[nodiscard]] virtual Result<repository::PrunePlan> PlanPrune(
      std::string_view instance, const RetentionPolicy& policy,
      const repository::CheckContext& context) = 0;
  [[nodiscard]] virtual Result<repository::PruneReport> Prune(
      const repository::PrunePlan& plan, const repository::CheckContext& context) = 0;
};

/// The real one; `repository` must outlive it.
[[nodiscard]] std::unique_ptr<RepositoryPort> CreateRepositoryPort(
    repository::Repository& repository);

}  // namespace dbstow
