#include "doubles/mongodb/bson/order.h"

#include <cmath>

namespace dbstow::doubles::mongodb {
namespace {

void AppendBig(std::uint64_t value, int bytes, std::string& key) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(value >> shift));
  }
}

/// Zero bytes become 00 FF and the end 00 00, so that a prefix sorts first.
void AppendText(std::string_view text, std::string& key) {
  for (const char c : text) {
    key.push_back(c);
    if (c == '\0') key.push_back('\xFF');
  }
  key.append(2, '\0');
}

void AppendSigned(std::int64_t value, std::string& key) {
  AppendBig(static_cast<std::uint64_t>(value) ^ (1ULL << 63), 8, key);
}

/// NaN, then negative, zero, positive; an 80-bit long double holds every int64 and double exactly.
void AppendNumber(long double number, std::string& key) {
  if (std::isnan(number)) return key.push_back('\x00');
  if (number == 0) return key.push_back('\x02');
  const bool negative = number < 0;
  key.push_back(negative ? '\x01' : '\x03');
  std::string magnitude;
  if (std::isinf(number)) {
    magnitude.assign(10, '\xFF');
  } else {
    int exponent = 0;
    const long double mantissa = std::frexp(std::fabs(number), &exponent);
    AppendBig(static_cast<std::uint64_t>(exponent + 20000), 2, magnitude);
    AppendBig(static_cast<std::uint64_t>(std::ldexp(mantissa, 64)), 8, magnitude);
  }
  for (const char c : magnitude) {
    key.push_back(negative ? static_cast<char>(~c) : c);
  }
}

void AppendDocument(const Document& document, bool names, std::string& key) {
  for (const Element& element : document) {
    key.push_back(static_cast<char>(TypeOrder(element.type())));
    if (names) AppendText(element.name(), key);
    AppendOrderKey(element, key);
  }
  key.push_back('\0');
}

void AppendBinary(const Element& element, std::string& key) {
  AppendBig(element.AsBinary().size(), 4, key);
  key.push_back(static_cast<char>(element.BinarySubtype()));
  key.append(element.AsBinary());
}

void AppendCodeWithScope(const Element& element, std::string& key) {
  const auto size = static_cast<std::size_t>(LoadLittle<std::int32_t>(element.value().data() + 4));
  AppendText(element.value().substr(8, size - 1), key);
  AppendDocument(Document(element.value().substr(8 + size)), true, key);
}

}  // namespace

int TypeOrder(BsonType type) {
  switch (type) {
    case BsonType::kMinKey: return 1;
    case BsonType::kEnd:
    case BsonType::kUndefined: return 2;
    case BsonType::kNull: return 5;
    case BsonType::kInt32:
    case BsonType::kInt64:
    case BsonType::kDouble:
    case BsonType::kDecimal128: return 10;
    case BsonType::kString:
    case BsonType::kSymbol: return 15;
    case BsonType::kObject: return 20;
    case BsonType::kArray: return 25;
    case BsonType::kBinary: return 30;
    case BsonType::kObjectId: return 35;
    case BsonType::kBool: return 40;
    case BsonType::kDate: return 45;
    case BsonType::kTimestamp: return 47;
    case BsonType::kRegex: return 50;
    case BsonType::kDbPointer: return 55;
    case BsonType::kJavaScript: return 60;
    case BsonType::kJavaScriptScope: return 65;
    case BsonType::kMaxKey: return 127;
  }
  return 0;
}

void AppendOrderKey(const Element& element, std::string& key) {
  key.push_back(static_cast<char>(TypeOrder(element.type())));
  switch (element.type()) {
    case BsonType::kInt32:
    case BsonType::kInt64:
    case BsonType::kDouble:
    case BsonType::kDecimal128: return AppendNumber(element.AsLongDouble(), key);
    case BsonType::kString:
    case BsonType::kSymbol:
    case BsonType::kJavaScript: return AppendText(element.AsString(), key);
    case BsonType::kObject: return AppendDocument(element.AsDocument(), true, key);
    case BsonType::kArray: return AppendDocument(element.AsDocument(), false, key);
    case BsonType::kBinary: return AppendBinary(element, key);
    case BsonType::kDate: return AppendSigned(element.AsDate(), key);
    case BsonType::kTimestamp: return AppendBig(element.AsTimestamp().value, 8, key);
    case BsonType::kJavaScriptScope: return AppendCodeWithScope(element, key);
    case BsonType::kRegex: return AppendText(element.value(), key);
    default: key.append(element.value());
  }
}

std::string OrderKey(const Element& element) {
  std::string key;
  AppendOrderKey(element, key);
  return key;
}

int CompareValues(const Element& left, const Element& right) {
  return OrderKey(left).compare(OrderKey(right));
}

}  // namespace dbstow::doubles::mongodb
