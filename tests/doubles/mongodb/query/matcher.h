#pragma once

#include <functional>
#include <memory>
#include <string>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// A parsed query filter. Knows $eq $ne $gt $gte $lt $lte $in $nin $exists $type $size $mod $all
/// $elemMatch $regex $not $and $or $nor $expr $jsonSchema $sampleRate $comment $alwaysTrue and
/// $alwaysFalse; refuses every other operator as the vendor refuses unknown ones. Immutable; owns
/// what it needs.
class Matcher {
 public:
  using Predicate = std::function<bool(const Document&)>;

  /// Errors: BadValue (2), and those of the expressions within.
  [[nodiscard]] static Result<Matcher> Parse(const Document& filter);
  /// Matches everything.
  Matcher() = default;

  [[nodiscard]] bool Matches(const Document& document) const {
    return !predicate_ || predicate_(document);
  }
  /// The filter is exactly `{_id: value}`: the value's order key, for a lookup; else empty.
  [[nodiscard]] const std::string& id_key() const { return id_key_; }

 private:
  Predicate predicate_;
  std::string id_key_;
};

}  // namespace dbstow::doubles::mongodb
