#include "doubles/sqlserver/value/convert.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "doubles/sqlserver/value/date_time.h"
#include "doubles/sqlserver/value/decimal.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

std::string FloatText(double number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

std::string Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

SqlError Overflow(const SqlType& to) {
  return {8115, 16, "Arithmetic overflow error converting expression to data type " + ToString(to)};
}

SqlError BadText(const SqlType& from, const std::string& text, const SqlType& to) {
  return {245, 16,
          "Conversion failed when converting the " + ToString(from) + " value '" + text +
              "' to data type " + ToString(to) + "."};
}

struct Range {
  std::int64_t low;
  std::int64_t high;
};

Range RangeOf(TypeId id) {
  switch (id) {
    case TypeId::kBit: return {0, 1};
    case TypeId::kTinyInt: return {0, 255};
    case TypeId::kSmallInt: return {-32768, 32767};
    case TypeId::kInt: return {-2147483648LL, 2147483647LL};
    default:
      return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
}

// The value as an exact number, when its type has one.
std::optional<Decimal> AsDecimal(const Value& value, const SqlType& from) {
  if (from.id == TypeId::kDecimal) {
    return Decimal::FromSortable(std::get<std::string>(value), from.scale);
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) return Decimal{*number, 0};
  if (const auto* text = std::get_if<std::string>(&value)) return Decimal::Parse(*text);
  return std::nullopt;
}

double AsDouble(const Value& value, const SqlType& from) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  return std::strtod(ToText(value, from).c_str(), nullptr);
}

SqlResult<Value> ToInteger(const Value& value, const SqlType& from, const SqlType& to) {
  std::int64_t number = 0;
  if (const auto* real = std::get_if<double>(&value)) {
    if (std::fabs(*real) > 9e18) return Overflow(to);
    number = static_cast<std::int64_t>(*real);
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    for (const char c : blob->bytes) {
      number = static_cast<std::int64_t>(static_cast<std::uint64_t>(number) << 8 |
                                         static_cast<unsigned char>(c));
    }
  } else if (IsText(from) && Trimmed(std::get<std::string>(value)).empty()) {
    number = 0;
  } else {
    const std::optional<Decimal> decimal = AsDecimal(value, from);
    if (!decimal) return BadText(from, ToText(value, from), to);
    if (IsText(from) && decimal->scale > 0) return BadText(from, ToText(value, from), to);
    Decimal whole = *decimal;
    for (; whole.scale > 0; --whole.scale) whole.unscaled /= 10;
    const Range range = RangeOf(TypeId::kBigInt);
    if (whole.unscaled < range.low || whole.unscaled > range.high) return Overflow(to);
    number = static_cast<std::int64_t>(whole.unscaled);
  }
  if (to.id == TypeId::kBit) return Int(number != 0 ? 1 : 0);
  const Range range = RangeOf(to.id);
  if (number < range.low || number > range.high) return Overflow(to);
  return Int(number);
}

SqlResult<Value> ToDecimal(const Value& value, const SqlType& from, const SqlType& to) {
  std::optional<Decimal> decimal = AsDecimal(value, from);
  if (const auto* real = std::get_if<double>(&value)) {
    std::array<char, 400> text{};
    std::snprintf(text.data(), text.size(), "%.*f", to.scale, *real);
    decimal = Decimal::Parse(text.data());
    if (!decimal) return Overflow(to);
  }
  if (!decimal) {
    return SqlError{8114, 16,
                    "Error converting data type " + ToString(from) + " to " + ToString(to)};
  }
  const std::optional<Decimal> fitted = decimal->Rescaled(to.precision, to.scale);
  if (!fitted) return Overflow(to);
  return Text(fitted->ToSortable());
}

SqlResult<Value> ToDateTime(const Value& value, const SqlType& from, const SqlType& to) {
  if (from.id == TypeId::kDateTime) return value;
  if (!IsText(from)) {
    return SqlError{529, 16,
                    "Explicit conversion from data type " + ToString(from) + " to " + ToString(to) +
                        " is not allowed."};
  }
  const std::optional<Milliseconds> time = ParseDateTime(std::get<std::string>(value));
  if (!time) {
    return SqlError{241, 16, "Conversion failed when converting date and/or time from string."};
  }
  return Text(FormatDateTime(RoundToDateTime(*time)));
}

SqlResult<Value> ToGuid(const Value& value, const SqlType& from) {
  if (from.id == TypeId::kUniqueIdentifier) return value;
  if (const auto* blob = std::get_if<Blob>(&value)) {
    std::string bytes = blob->bytes;
    bytes.resize(16);
    return Text(GuidFromWire(bytes));
  }
  if (IsText(from) && IsGuid(std::get<std::string>(value))) {
    std::string guid = ToUpper(std::get<std::string>(value));
    if (guid.size() == 38) guid = guid.substr(1, 36);
    return Text(guid);
  }
  return SqlError{8169, 16,
                  "Conversion failed when converting from a character string to uniqueidentifier."};
}

SqlResult<Value> ToBinary(const Value& value, const SqlType& from, const SqlType& to) {
  std::string bytes;
  if (const auto* blob = std::get_if<Blob>(&value)) {
    bytes = blob->bytes;
  } else if (from.id == TypeId::kUniqueIdentifier) {
    bytes = GuidToWire(std::get<std::string>(value));
  } else if (from.id == TypeId::kNVarChar || from.id == TypeId::kNChar) {
    bytes = ToUtf16(std::get<std::string>(value));
  } else if (IsText(from)) {
    bytes = std::get<std::string>(value);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const int size = from.id == TypeId::kBigInt ? 8 : from.id == TypeId::kInt ? 4 : 1;
    for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(*number >> (8 * i) & 0xFF);
  } else {
    return SqlError{529, 16,
                    "Explicit conversion from data type " + ToString(from) + " to " + ToString(to) +
                        " is not allowed."};
  }
  if (to.length != kMaxLength && bytes.size() > static_cast<std::size_t>(to.length)) {
    bytes.resize(static_cast<std::size_t>(to.length));
  }
  return Value(Blob{bytes});
}

SqlResult<Value> ToCharacters(const Value& value, const SqlType& from, const SqlType& to,
                              int style) {
  std::string text = ToText(value, from, style);
  if (to.length == kMaxLength) return Text(text);
  const auto length = static_cast<std::size_t>(to.length);
  if (Utf16Length(text) > length) {
    if (IsInteger(from) || from.id == TypeId::kDecimal) {
      return from.id == TypeId::kDecimal ? SqlResult<Value>(Overflow(to)) : Text("*");
    }
    text = Utf16Prefix(text, length);
  }
  if (to.id == TypeId::kChar || to.id == TypeId::kNChar) {
    text.append(length - Utf16Length(text), ' ');
  }
  return Text(text);
}

}  // namespace

std::string ToText(const Value& value, const SqlType& type, int style) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return FloatText(*number);
  if (const auto* blob = std::get_if<Blob>(&value)) {
    if (style == 1) return "0x" + HexUpper(blob->bytes);
    if (style == 2) return HexUpper(blob->bytes);
    return blob->bytes;
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return "";
  if (type.id == TypeId::kDecimal) return Decimal::FromSortable(*text, type.scale).ToString();
  if (type.id == TypeId::kDateTime && (style == 126 || style == 127)) {
    std::string iso = *text;
    iso[10] = 'T';
    return iso;
  }
  return *text;
}

SqlResult<Value> Convert(const Value& value, const SqlType& from, const SqlType& to, int style) {
  if (IsNull(value) || from == to) return value;
  if (IsInteger(to)) return ToInteger(value, from, to);
  switch (to.id) {
    case TypeId::kFloat: return Value(AsDouble(value, from));
    case TypeId::kDecimal: return ToDecimal(value, from, to);
    case TypeId::kDateTime: return ToDateTime(value, from, to);
    case TypeId::kUniqueIdentifier: return ToGuid(value, from);
    case TypeId::kVarBinary: return ToBinary(value, from, to);
    default: return ToCharacters(value, from, to, style);
  }
}

}  // namespace dbstow::doubles::sqlserver
