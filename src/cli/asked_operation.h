#pragma once

#include "dbstow/operations/operation.h"

namespace dbstow::cli {

/// An operation whose options were worked out from what was typed: `latest` became an id, no type
/// became the best one. An idempotency key stands for what was typed, so that the same command is
/// the same request also when `latest` is another backup by now.
class AskedOperation final : public Operation {
 public:
  /// `asked` takes the place of what the operation itself says of its request.
  AskedOperation(Operation& operation, StringMap asked)
      : operation_(operation), asked_(std::move(asked)) {}

  OperationFacts Facts(const DatabaseInstance& instance) const override {
    OperationFacts facts = operation_.Facts(instance);
    for (const auto& [key, value] : asked_) facts.request.insert_or_assign(key, value);
    return facts;
  }
  Result<void> Validate(const EngineDescriptor& engine) const override {
    return operation_.Validate(engine);
  }
  Result<OperationResult> Run(DatabaseInstance& instance, OperationContext& context) override {
    return operation_.Run(instance, context);
  }

 private:
  Operation& operation_;
  const StringMap asked_;
};

}  // namespace dbstow::cli
