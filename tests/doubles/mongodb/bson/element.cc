#include "doubles/mongodb/bson/element.h"

#include <cmath>
#include <limits>

#include "doubles/mongodb/bson/decimal.h"
#include "doubles/mongodb/bson/layout.h"

namespace dbstow::doubles::mongodb {

std::string_view TypeName(BsonType type) {
  switch (type) {
    case BsonType::kEnd: return "missing";
    case BsonType::kDouble: return "double";
    case BsonType::kString: return "string";
    case BsonType::kObject: return "object";
    case BsonType::kArray: return "array";
    case BsonType::kBinary: return "binData";
    case BsonType::kUndefined: return "undefined";
    case BsonType::kObjectId: return "objectId";
    case BsonType::kBool: return "bool";
    case BsonType::kDate: return "date";
    case BsonType::kNull: return "null";
    case BsonType::kRegex: return "regex";
    case BsonType::kDbPointer: return "dbPointer";
    case BsonType::kJavaScript: return "javascript";
    case BsonType::kSymbol: return "symbol";
    case BsonType::kJavaScriptScope: return "javascriptWithScope";
    case BsonType::kInt32: return "int";
    case BsonType::kTimestamp: return "timestamp";
    case BsonType::kInt64: return "long";
    case BsonType::kDecimal128: return "decimal";
    case BsonType::kMaxKey: return "maxKey";
    case BsonType::kMinKey: return "minKey";
  }
  return "unknown";
}

bool Element::IsNumber() const {
  return Is(BsonType::kInt32) || Is(BsonType::kInt64) || Is(BsonType::kDouble) ||
         Is(BsonType::kDecimal128);
}

std::int64_t Element::AsInt64() const {
  if (Is(BsonType::kInt32)) return LoadLittle<std::int32_t>(value_.data());
  if (Is(BsonType::kInt64)) return LoadLittle<std::int64_t>(value_.data());
  const long double number = AsLongDouble();
  if (std::isnan(number)) return 0;
  if (number >= 9223372036854775807.0L) return std::numeric_limits<std::int64_t>::max();
  if (number <= -9223372036854775808.0L) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(number);
}

long double Element::AsLongDouble() const {
  switch (type_) {
    case BsonType::kInt32: return LoadLittle<std::int32_t>(value_.data());
    case BsonType::kInt64: return static_cast<long double>(LoadLittle<std::int64_t>(value_.data()));
    case BsonType::kDouble: return LoadLittle<double>(value_.data());
    case BsonType::kDecimal128: return DecimalToLongDouble(value_);
    default: return 0;
  }
}

std::string_view Element::AsString() const {
  if (!Is(BsonType::kString) && !Is(BsonType::kSymbol) && !Is(BsonType::kJavaScript)) return {};
  return value_.substr(4, value_.size() - 5);
}

Document Element::AsDocument() const { return IsContainer() ? Document(value_) : Document(); }

Timestamp Element::AsTimestamp() const {
  return Is(BsonType::kTimestamp) ? Timestamp{LoadLittle<std::uint64_t>(value_.data())}
                                  : Timestamp{};
}

std::int64_t Element::AsDate() const {
  return Is(BsonType::kDate) ? LoadLittle<std::int64_t>(value_.data()) : 0;
}

std::string_view Element::AsBinary() const {
  return Is(BsonType::kBinary) ? value_.substr(5) : std::string_view();
}

std::uint8_t Element::BinarySubtype() const {
  return Is(BsonType::kBinary) ? static_cast<std::uint8_t>(value_[4]) : std::uint8_t{0};
}

bool Element::Truthy() const {
  switch (type_) {
    case BsonType::kEnd:
    case BsonType::kNull:
    case BsonType::kUndefined: return false;
    case BsonType::kBool: return value_[0] != 0;
    case BsonType::kInt32:
    case BsonType::kInt64:
    case BsonType::kDouble:
    case BsonType::kDecimal128: return AsLongDouble() != 0;
    default: return true;
  }
}

Document::Document() : bytes_(std::string_view("\x05\0\0\0\0", 5)) {}

void Document::Iterator::Load(const char* at) {
  const auto type = static_cast<BsonType>(static_cast<std::uint8_t>(*at));
  if (type == BsonType::kEnd) {
    element_ = Element();
    return;
  }
  const std::string_view name(at + 1);
  const char* value = at + 2 + name.size();
  element_ = Element(type, name, std::string_view(value, ValueSize(type, value)));
}

std::size_t Document::Count() const {
  std::size_t count = 0;
  for (auto it = begin(); it != end(); ++it) ++count;
  return count;
}

Element Document::operator[](std::string_view name) const {
  for (const Element& element : *this) {
    if (element.name() == name) return element;
  }
  return {};
}

}  // namespace dbstow::doubles::mongodb
