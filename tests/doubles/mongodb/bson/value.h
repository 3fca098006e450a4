#pragma once

#include <string>
#include <utility>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

/// One BSON value that owns its bytes.
class Value {
 public:
  Value() = default;
  explicit Value(const Element& element) : type_(element.type()), bytes_(element.value()) {}
  Value(BsonType type, std::string bytes) : type_(type), bytes_(std::move(bytes)) {}
  [[nodiscard]] static Value Bool(bool value) {
    return Value(BsonType::kBool, std::string(1, value ? '\1' : '\0'));
  }

  [[nodiscard]] Element view() const { return Element(type_, {}, bytes_); }

 private:
  BsonType type_ = BsonType::kEnd;
  std::string bytes_;
};

}  // namespace dbstow::doubles::mongodb
