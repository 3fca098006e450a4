#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::postgres {

/// `name` or `schema.name`, as people write it. Names are taken as they stand, without folding to
/// lower case; quotes are needed only for names that hold a dot, a comma, a star or a quote.
struct DottedName {
  std::optional<std::string> schema;
  std::string name;

  /// Errors: InvalidOptions (empty parts, unbalanced quotes, more than one dot).
  [[nodiscard]] static Result<DottedName> Parse(std::string_view text);
};

/// Like a dotted name, where an unquoted `*` stands for any characters. Without a schema it matches
/// in every schema.
class NamePattern {
 public:
  /// `text` is one pattern. Errors as for `DottedName`.
  [[nodiscard]] static Result<NamePattern> Parse(std::string_view text);
  /// Patterns separated by commas. Errors: InvalidOptions, also for an empty list.
  [[nodiscard]] static Result<std::vector<NamePattern>> ParseList(std::string_view text);

  [[nodiscard]] bool Matches(std::string_view schema, std::string_view name) const;
  /// For patterns of schemas, where a dot means nothing.
  [[nodiscard]] bool MatchesName(std::string_view name) const;
  /// As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  /// Literal pieces with a star between each two.
  using Pieces = std::vector<std::string>;
  friend class PatternParser;
  std::string text_;
  std::optional<Pieces> schema_;
  Pieces name_;
};

/// `schema.name`, quoted where `DottedName::Parse` would need it.
[[nodiscard]] std::string WriteDotted(std::string_view schema, std::string_view name);

}  // namespace dbstow::postgres
