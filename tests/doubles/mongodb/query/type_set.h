#pragma once

#include <set>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// What `$type` and `bsonType` name: numbers, names, "number", or an array of them.
class TypeSet {
 public:
  /// Errors: BadValue for unknown names and numbers.
  [[nodiscard]] static Result<TypeSet> Parse(const Element& operand);
  [[nodiscard]] bool Contains(BsonType type) const { return types_.count(type) != 0; }

 private:
  [[nodiscard]] Result<void> Add(const Element& one);
  std::set<BsonType> types_;
};

}  // namespace dbstow::doubles::mongodb
