#pragma once

#include <functional>

#include "doubles/mongodb/bson/value.h"

namespace dbstow::doubles::mongodb {

/// An aggregation expression: field paths, `$$ROOT`, literals, `$literal`, comparisons, `$and`,
/// `$or`, `$not`. Others are refused as unknown. Immutable; owns what it needs.
class Expression {
 public:
  using Evaluate = std::function<Value(const Document&)>;

  /// Errors: InvalidPipelineOperator (168), FailedToParse, Location16020 for wrong arity.
  [[nodiscard]] static Result<Expression> Parse(const Element& element);

  /// An absent value when a path is missing.
  [[nodiscard]] Value Of(const Document& document) const { return evaluate_(document); }
  [[nodiscard]] bool Holds(const Document& document) const { return Of(document).view().Truthy(); }

 private:
  explicit Expression(Evaluate evaluate) : evaluate_(std::move(evaluate)) {}
  [[nodiscard]] static Result<Expression> ParseOperator(const Element& op);
  Evaluate evaluate_;
};

}  // namespace dbstow::doubles::mongodb
