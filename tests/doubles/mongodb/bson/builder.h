#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "doubles/mongodb/bson/element.h"

namespace dbstow::doubles::mongodb {

struct Date {
  std::int64_t milliseconds = 0;  ///< since 1970
};
struct ObjectId {
  std::string_view bytes;  ///< 12
};
struct Uuid {
  std::string_view bytes;  ///< 16
};
struct Binary {
  std::string_view bytes;
  std::uint8_t subtype = 0;
};
struct Array {
  Document elements;
};
struct Null {};

/// Writes one BSON document, field by field.
class Builder {
 public:
  Builder() : bytes_(4, '\0') {}
  /// Starts with all fields of `document`.
  explicit Builder(const Document& document) : Builder() { AddAll(document); }

  Builder& Add(std::string_view name, const Element& element) {
    return Raw(element.type(), name, element.value());
  }
  Builder& Add(const Element& element) { return Add(element.name(), element); }
  Builder& Add(std::string_view name, const Document& value) {
    return Raw(BsonType::kObject, name, value.bytes());
  }
  Builder& Add(std::string_view name, const Array& value) {
    return Raw(BsonType::kArray, name, value.elements.bytes());
  }
  Builder& Add(std::string_view name, std::int32_t value) {
    return Fixed(BsonType::kInt32, name, value);
  }
  Builder& Add(std::string_view name, std::int64_t value) {
    return Fixed(BsonType::kInt64, name, value);
  }
  Builder& Add(std::string_view name, double value) {
    return Fixed(BsonType::kDouble, name, value);
  }
  template <std::same_as<bool> T>
  Builder& Add(std::string_view name, T value) {
    return Fixed(BsonType::kBool, name, static_cast<char>(value ? 1 : 0));
  }
  Builder& Add(std::string_view name, const char* value) { return String(name, value); }
  Builder& String(std::string_view name, std::string_view value);
  Builder& Add(std::string_view name, Date value) {
    return Fixed(BsonType::kDate, name, value.milliseconds);
  }
  Builder& Add(std::string_view name, Timestamp value) {
    return Fixed(BsonType::kTimestamp, name, value.value);
  }
  Builder& Add(std::string_view name, ObjectId value) {
    return Raw(BsonType::kObjectId, name, value.bytes);
  }
  Builder& Add(std::string_view name, Uuid value) { return Add(name, Binary{value.bytes, 4}); }
  Builder& Add(std::string_view name, Binary value);
  Builder& Add(std::string_view name, Null) { return Raw(BsonType::kNull, name, {}); }
  Builder& AddAll(const Document& document);
  Builder& Raw(BsonType type, std::string_view name, std::string_view value);

  [[nodiscard]] std::size_t size() const { return bytes_.size() + 1; }
  [[nodiscard]] bool empty() const { return bytes_.size() == 4; }
  /// The finished document; the builder is empty afterwards.
  [[nodiscard]] std::string Finish();

 private:
  template <class T>
  Builder& Fixed(BsonType type, std::string_view name, T value) {
    return Raw(type, name, std::string_view(reinterpret_cast<const char*>(&value), sizeof value));
  }

  std::string bytes_;
};

/// Writes a BSON array: names are counted up.
class ArrayBuilder {
 public:
  template <class T>
  ArrayBuilder& Add(const T& value) {
    builder_.Add(std::to_string(next_++), value);
    return *this;
  }
  ArrayBuilder& String(std::string_view value) {
    builder_.String(std::to_string(next_++), value);
    return *this;
  }
  [[nodiscard]] std::size_t size() const { return builder_.size(); }
  [[nodiscard]] std::size_t count() const { return next_; }
  [[nodiscard]] std::string Finish() { return builder_.Finish(); }

 private:
  Builder builder_;
  std::size_t next_ = 0;
};

}  // namespace dbstow::doubles::mongodb
