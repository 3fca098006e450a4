#pragma once

#include <functional>
#include <string>
#include <vector>

#include "doubles/mongodb/bson/value.h"

namespace dbstow::doubles::mongodb {

/// How an update turns one document into the next: a replacement, the operators $set, $unset, $inc,
/// $setOnInsert and $push, or a pipeline of $replaceRoot, $replaceWith, $set and $unset.
class Update {
 public:
  /// Errors: FailedToParse (9) for unknown modifiers, DollarPrefixedFieldName,
  /// ConflictingUpdateOperators.
  [[nodiscard]] static Result<Update> Parse(const Element& specification);

  [[nodiscard]] bool replaces() const { return replaces_; }
  /// The new document. Errors: ImmutableField (66) when `_id` would change, TypeMismatch,
  /// PathNotViable.
  [[nodiscard]] Result<std::string> Apply(const Document& before) const;
  /// The document that an upsert inserts, without an `_id` of its own making.
  [[nodiscard]] Result<std::string> ForInsert(const Document& filter) const;

 private:
  using Step = std::function<Result<std::string>(const Document&)>;
  [[nodiscard]] Result<void> ParseOperators(const Document& operators);
  [[nodiscard]] Result<void> ParsePipeline(const Document& stages);
  [[nodiscard]] Result<std::string> Run(const Document& before, bool inserting) const;

  std::vector<Step> steps_;
  std::vector<Step> insert_steps_;  ///< only for upserts: $setOnInsert
  bool replaces_ = false;
};

/// `document` with the value at a dotted path set (an absent value removes it). Missing objects on
/// the way are made. Errors: PathNotViable (28).
[[nodiscard]] Result<std::string> WithValueAt(const Document& document, std::string_view path,
                                              const Element& value);

}  // namespace dbstow::doubles::mongodb
