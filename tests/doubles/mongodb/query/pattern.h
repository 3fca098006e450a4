#pragma once

#include <memory>
#include <regex>
#include <string_view>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// A regular expression of a query. ECMAScript stands in for PCRE; options `i`, `m` and `s` only.
class Pattern {
 public:
  /// Errors: BadValue for options or patterns that it cannot take.
  [[nodiscard]] static Result<Pattern> Parse(std::string_view pattern, std::string_view options);
  [[nodiscard]] static Result<Pattern> FromRegex(const Element& regex);
  [[nodiscard]] bool Matches(std::string_view text) const;

 private:
  std::shared_ptr<const std::regex> regex_;
};

}  // namespace dbstow::doubles::mongodb
