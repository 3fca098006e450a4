#include "doubles/snowflake/sql/value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "doubles/snowflake/sql/calendar.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

struct WireNameRow {
  TypeKind kind;
  std::string_view wire;
  std::string_view sql;
};
constexpr std::array<WireNameRow, 10> kNames = {{
    {TypeKind::kNumber, "FIXED", "NUMBER"},
    {TypeKind::kReal, "REAL", "FLOAT"},
    {TypeKind::kText, "TEXT", "VARCHAR"},
    {TypeKind::kBoolean, "BOOLEAN", "BOOLEAN"},
    {TypeKind::kDate, "DATE", "DATE"},
    {TypeKind::kTimestampNtz, "TIMESTAMP_NTZ", "TIMESTAMP_NTZ"},
    {TypeKind::kTimestampLtz, "TIMESTAMP_LTZ", "TIMESTAMP_LTZ"},
    {TypeKind::kTimestampTz, "TIMESTAMP_TZ", "TIMESTAMP_TZ"},
    {TypeKind::kBinary, "BINARY", "BINARY"},
    {TypeKind::kVariant, "VARIANT", "VARIANT"},
}};

const WireNameRow& Row_(TypeKind kind) { return kNames[static_cast<size_t>(kind)]; }

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string HexOf(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    std::array<char, 3> pair{};
    std::snprintf(pair.data(), pair.size(), "%02X", static_cast<unsigned char>(byte));
    text += pair.data();
  }
  return text;
}

Result<Value> BytesOfHex(std::string_view text) {
  BinaryBytes bytes;
  if (text.size() % 2 != 0) {
    return SqlError(codes::kBinary, "The following string is not a legal hex-encoded value: '" +
                                        std::string(text) + "'");
  }
  for (size_t at = 0; at < text.size(); at += 2) {
    unsigned value = 0;
    const auto read = std::from_chars(text.data() + at, text.data() + at + 2, value, 16);
    if (read.ptr != text.data() + at + 2) {
      return SqlError(codes::kBinary, "The following string is not a legal hex-encoded value: '" +
                                          std::string(text) + "'");
    }
    bytes.bytes += static_cast<char>(value);
  }
  return Value(std::move(bytes));
}

std::string RealText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return std::string(buffer.data(), end.ptr);
}

std::string WireMoment(const Moment& moment) {
  // The fraction is written as a positive part of a perhaps negative number of seconds: the two are
  // carried so that seconds + nanos/1e9 is the moment.
  int64_t seconds = moment.seconds;
  int64_t nanos = moment.nanos;
  std::string sign;
  if (seconds < 0 && nanos > 0) {
    ++seconds;
    nanos = 1000000000 - nanos;
    if (seconds == 0) sign = "-";
  }
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%s%lld.%09lld", sign.c_str(),
                static_cast<long long>(seconds), static_cast<long long>(nanos));
  std::string text = buffer.data();
  if (moment.kind == TypeKind::kTimestampTz) {
    text += " " + std::to_string(moment.offset_minutes + 1440);
  }
  return text;
}

Result<Value> MomentFromWire(TypeKind kind, const std::string& text) {
  long long seconds = 0;
  long long nanos = 0;
  int offset = 1440;
  const bool negative = text.starts_with('-');
  const int read = std::sscanf(text.c_str(), "%lld.%9lld %d", &seconds, &nanos, &offset);
  if (read < 1) return SqlError(codes::kTimestamp, "Timestamp '" + text + "' is not recognized");
  Moment moment{kind, seconds, static_cast<int32_t>(nanos), 0};
  if (negative && nanos > 0) {
    moment.seconds = seconds - 1;
    moment.nanos = static_cast<int32_t>(1000000000 - nanos);
  }
  if (kind == TypeKind::kTimestampTz) moment.offset_minutes = offset - 1440;
  return Value(moment);
}

Result<Value> ParseBoolean(std::string_view text) {
  std::string lower;
  for (const char letter : text) lower += static_cast<char>(std::tolower(letter));
  for (const std::string_view word : {"true", "t", "yes", "y", "on", "1"}) {
    if (lower == word) return Value(true);
  }
  for (const std::string_view word : {"false", "f", "no", "n", "off", "0"}) {
    if (lower == word) return Value(false);
  }
  return SqlError(codes::kBoolean, "Boolean value '" + std::string(text) + "' is not recognized");
}

Result<double> ParseReal(std::string_view text) {
  if (text == "NaN" || text == "nan") return std::nan("");
  if (text == "inf" || text == "Infinity") return HUGE_VAL;
  if (text == "-inf" || text == "-Infinity") return -HUGE_VAL;
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    return SqlError(codes::kNumber, "Numeric value '" + std::string(text) + "' is not recognized");
  }
  return number;
}

Result<Value> CastToNumber(const Value& value, const DataType& type) {
  Decimal number;
  if (const auto* decimal = std::get_if<Decimal>(&value)) {
    number = *decimal;
  } else if (const auto* boolean = std::get_if<bool>(&value)) {
    number = Decimal{*boolean ? 1 : 0, 0};
  } else if (const auto* real = std::get_if<double>(&value)) {
    if (!std::isfinite(*real) || std::fabs(*real) >= 1e37) {
      return SqlError(codes::kNumberRange,
                      "Numeric value '" + RealText(*real) + "' is out of range");
    }
    std::array<char, 128> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.*f", type.scale, *real);
    DBSTOW_ASSIGN(number, ParseDecimal(buffer.data()));
  } else {
    DBSTOW_ASSIGN(number, ParseDecimal(ToText(value)));
  }
  DBSTOW_ASSIGN(const Decimal scaled, Rescale(number, type.scale));
  Int128 bound = 1;
  for (int digit = 0; digit < type.precision; ++digit) bound *= 10;
  if (scaled.units >= bound || scaled.units <= -bound) {
    return SqlError(codes::kNumberRange, "Numeric value '" + ToText(number) + "' is out of range");
  }
  return Value(scaled);
}

Result<Value> CastToReal(const Value& value) {
  if (const auto* decimal = std::get_if<Decimal>(&value)) return Value(ToDouble(*decimal));
  if (const auto* real = std::get_if<double>(&value)) return Value(*real);
  if (const auto* boolean = std::get_if<bool>(&value)) return Value(*boolean ? 1.0 : 0.0);
  DBSTOW_ASSIGN(const double number, ParseReal(ToText(value)));
  return Value(number);
}

Result<Value> CastToText(const Value& value, const DataType& type) {
  std::string text = ToText(value);
  int64_t letters = 0;
  for (const char byte : text)
    letters += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U ? 1 : 0;
  if (letters > type.length) {
    return SqlError(codes::kTooLong, "String '" + text + "' is too long and would be truncated");
  }
  return Value(std::move(text));
}

Result<Value> CastToBoolean(const Value& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return Value(*boolean);
  if (const auto* decimal = std::get_if<Decimal>(&value)) return Value(decimal->units != 0);
  if (const auto* real = std::get_if<double>(&value)) return Value(*real != 0);
  return ParseBoolean(ToText(value));
}

Result<Value> CastToDate(const Value& value) {
  if (const auto* date = std::get_if<Date>(&value)) return Value(*date);
  if (const auto* moment = std::get_if<Moment>(&value)) {
    return Value(Date{FloorDivide(moment->seconds + moment->offset_minutes * 60, 86400)});
  }
  const std::string text = ToText(value);
  const auto moment = ParseMoment(text, TypeKind::kTimestampNtz);
  if (!moment) return SqlError(codes::kDate, "Date '" + text + "' is not recognized");
  return Value(Date{FloorDivide(moment->seconds, 86400)});
}

// The session's time zone is UTC (ASSUMPTIONS.md), so the kinds differ only in what they keep.
Result<Value> CastToMoment(const Value& value, TypeKind kind) {
  if (const auto* moment = std::get_if<Moment>(&value)) {
    Moment out = *moment;
    out.kind = kind;
    if (kind == TypeKind::kTimestampNtz) out.seconds += moment->offset_minutes * 60;
    if (kind != TypeKind::kTimestampTz) out.offset_minutes = 0;
    return Value(out);
  }
  if (const auto* date = std::get_if<Date>(&value)) return Value(Moment{kind, date->days * 86400});
  if (const auto* number = std::get_if<Decimal>(&value)) {
    DBSTOW_ASSIGN(const Decimal nanos, Rescale(*number, 9));
    return Value(MomentFromNanos(kind, static_cast<int64_t>(nanos.units)));
  }
  DBSTOW_ASSIGN(const Moment moment, ParseMoment(ToText(value), kind));
  return Value(moment);
}

Result<Value> CastToBinary(const Value& value) {
  if (const auto* bytes = std::get_if<BinaryBytes>(&value)) return Value(*bytes);
  return BytesOfHex(ToText(value));
}

std::string JsonQuote(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    if (letter == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      std::array<char, 8> buffer{};
      std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(letter));
      quoted += buffer.data();
    } else {
      quoted += letter;
    }
  }
  return quoted + "\"";
}

Value CastToVariant(const Value& value) {
  if (const auto* json = std::get_if<Json>(&value)) return *json;
  if (std::holds_alternative<Decimal>(value) || std::holds_alternative<double>(value)) {
    return Json{ToText(value)};
  }
  if (const auto* boolean = std::get_if<bool>(&value)) return Json{*boolean ? "true" : "false"};
  return Json{JsonQuote(ToText(value))};
}

// A variant that holds a plain value is cast as that value.
Value Unwrap(const Value& value) {
  const auto* json = std::get_if<Json>(&value);
  if (json == nullptr) return value;
  const std::string& text = json->text;
  if (text == "null") return Null{};
  if (text == "true" || text == "false") return text == "true";
  if (text.size() >= 2 && text.front() == '"') return JsonUnquote(text);
  return text;
}

}  // namespace

std::string ToString(const DataType& type) {
  std::string name(Row_(type.kind).sql);
  if (type.kind == TypeKind::kNumber) {
    name += "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
  }
  if (type.kind == TypeKind::kText || type.kind == TypeKind::kBinary) {
    name += "(" + std::to_string(type.length) + ")";
  }
  if (type.IsTimestamp()) name += "(9)";
  return name;
}

std::string WireName(TypeKind kind) { return std::string(Row_(kind).wire); }

std::optional<TypeKind> TypeKindFromWireName(std::string_view name) {
  for (const WireNameRow& row : kNames) {
    if (row.wire == name) return row.kind;
  }
  return std::nullopt;
}

Value Integer(int64_t number) { return Decimal{number, 0}; }

DataType TypeOf(const Value& value) {
  return std::visit(
      Overloaded{
          [](const Null&) { return DataType{TypeKind::kText}; },
          [](bool) { return DataType{TypeKind::kBoolean}; },
          [](const Decimal& number) { return DataType{TypeKind::kNumber, 38, number.scale}; },
          [](double) { return DataType{TypeKind::kReal}; },
          [](const std::string&) { return DataType{TypeKind::kText}; },
          [](const Date&) { return DataType{TypeKind::kDate}; },
          [](const Moment& moment) { return DataType{moment.kind}; },
          [](const BinaryBytes&) { return DataType{TypeKind::kBinary, 38, 0, 8388608}; },
          [](const Json&) { return DataType{TypeKind::kVariant}; },
      },
      value);
}

std::optional<std::string> ToWire(const Value& value) {
  if (IsNull(value)) return std::nullopt;
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "1" : "0";
  if (const auto* date = std::get_if<Date>(&value)) return std::to_string(date->days);
  if (const auto* moment = std::get_if<Moment>(&value)) return WireMoment(*moment);
  return ToText(value);
}

Result<Value> FromWire(const DataType& type, const std::optional<std::string>& text) {
  if (!text) return Value(Null{});
  if (type.IsTimestamp()) return MomentFromWire(type.kind, *text);
  if (type.kind == TypeKind::kVariant) return Value(Json{*text});
  if (type.kind == TypeKind::kDate) return Value(Date{std::strtoll(text->c_str(), nullptr, 10)});
  if (type.kind == TypeKind::kText) return Value(*text);
  return Cast(Value(*text), type);
}

Result<Value> Cast(const Value& raw, const DataType& type) {
  if (type.kind == TypeKind::kVariant) return IsNull(raw) ? raw : CastToVariant(raw);
  const Value value = Unwrap(raw);
  if (IsNull(value)) return value;
  switch (type.kind) {
    case TypeKind::kNumber: return CastToNumber(value, type);
    case TypeKind::kReal: return CastToReal(value);
    case TypeKind::kText: return CastToText(value, type);
    case TypeKind::kBoolean: return CastToBoolean(value);
    case TypeKind::kDate: return CastToDate(value);
    case TypeKind::kBinary: return CastToBinary(value);
    case TypeKind::kVariant: break;
    default: return CastToMoment(value, type.kind);
  }
  return value;
}

std::string ToText(const Value& value) {
  return std::visit(Overloaded{
                        [](const Null&) { return std::string(); },
                        [](bool boolean) { return std::string(boolean ? "true" : "false"); },
                        [](const Decimal& number) { return ToText(number); },
                        [](double number) { return RealText(number); },
                        [](const std::string& text) { return text; },
                        [](const Date& date) { return DateText(date.days); },
                        [](const Moment& moment) { return MomentText(moment); },
                        [](const BinaryBytes& bytes) { return HexOf(bytes.bytes); },
                        [](const Json& json) { return json.text; },
                    },
                    value);
}

Result<int> Compare(const Value& left, const Value& right) {
  const Value a = Unwrap(left);
  const Value b = Unwrap(right);
  const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  const auto both = [&](TypeKind kind) -> Result<std::pair<Value, Value>> {
    const DataType type{kind, 38, 0};
    DBSTOW_ASSIGN(Value x, Cast(a, type));
    DBSTOW_ASSIGN(Value y, Cast(b, type));
    return std::pair(std::move(x), std::move(y));
  };
  const auto has = [&](auto tag) {
    using T = decltype(tag);
    return std::holds_alternative<T>(a) || std::holds_alternative<T>(b);
  };
  if (has(Moment{})) {
    DBSTOW_ASSIGN(const auto pair, both(TypeKind::kTimestampTz));
    const auto& x = std::get<Moment>(pair.first);
    const auto& y = std::get<Moment>(pair.second);
    return sign(std::pair(x.seconds, x.nanos), std::pair(y.seconds, y.nanos));
  }
  if (has(Date{})) {
    DBSTOW_ASSIGN(const auto pair, both(TypeKind::kDate));
    return sign(std::get<Date>(pair.first), std::get<Date>(pair.second));
  }
  if (has(double{})) {
    DBSTOW_ASSIGN(const auto pair, both(TypeKind::kReal));
    return sign(std::get<double>(pair.first), std::get<double>(pair.second));
  }
  if (has(Decimal{})) {
    const auto read = [](const Value& value) -> Result<Decimal> {
      if (const auto* number = std::get_if<Decimal>(&value)) return *number;
      return ParseDecimal(ToText(value));
    };
    DBSTOW_ASSIGN(const Decimal x, read(a));
    DBSTOW_ASSIGN(const Decimal y, read(b));
    const int scale = std::max(x.scale, y.scale);
    DBSTOW_ASSIGN(const Decimal u, Rescale(x, scale));
    DBSTOW_ASSIGN(const Decimal v, Rescale(y, scale));
    return sign(u.units, v.units);
  }
  if (has(bool{})) {
    DBSTOW_ASSIGN(const auto pair, both(TypeKind::kBoolean));
    return sign(std::get<bool>(pair.first), std::get<bool>(pair.second));
  }
  if (has(BinaryBytes{})) {
    DBSTOW_ASSIGN(const auto pair, both(TypeKind::kBinary));
    return sign(std::get<BinaryBytes>(pair.first), std::get<BinaryBytes>(pair.second));
  }
  return sign(ToText(a), ToText(b));
}

}  // namespace dbstow::doubles::snowflake
