#pragma once

#include <utility>
#include <vector>

#include "dbstow/core/operation_result.h"
#include "dbstow/operations/operation.h"

namespace dbstow::cli {

/// Looks at the live server; the executor does all of it. A database that is not there, or cannot
/// be read, is an error of the result, which says all the same what is known.
class InspectOperation final : public Operation {
 public:
  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

  [[nodiscard]] bool was_looked_at() const { return was_looked_at_; }

 private:
  bool was_looked_at_ = false;
};

/// Takes the fingerprints of a live database, for comparing.
class FingerprintOperation final : public Operation {
 public:
  /// `like`: what it is to be compared with, if that is known.
  explicit FingerprintOperation(std::vector<ContentFingerprint> like) : like_(std::move(like)) {}
  OperationFacts Facts(const DatabaseInstance& instance) const override;
  Result<void> Validate(const EngineDescriptor& engine) const override;
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override;

  [[nodiscard]] const std::vector<ContentFingerprint>& fingerprints() const {
    return fingerprints_;
  }

 private:
  std::vector<ContentFingerprint> like_;
  std::vector<ContentFingerprint> fingerprints_;
};

}  // namespace dbstow::cli
