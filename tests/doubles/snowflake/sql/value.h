#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

__extension__ typedef __int128 Int128;

enum class TypeKind {
  kNumber,
  kReal,
  kText,
  kBoolean,
  kDate,
  kTimestampNtz,
  kTimestampLtz,
  kTimestampTz,
  kBinary,
  kVariant,
};

/// A column or expression type. `precision` and `scale` count for numbers, `length` (characters or
/// bytes) for text and binary.
struct DataType {
  TypeKind kind = TypeKind::kText;
  int precision = 38;
  int scale = 0;
  int64_t length = 16777216;

  [[nodiscard]] bool IsTimestamp() const {
    return kind == TypeKind::kTimestampNtz || kind == TypeKind::kTimestampLtz ||
           kind == TypeKind::kTimestampTz;
  }
  friend bool operator==(const DataType&, const DataType&) = default;
};

/// "NUMBER(38,0)": how DESCRIBE and GET_DDL write it.
[[nodiscard]] std::string ToString(const DataType& type);
/// "FIXED", "TEXT", …: what a row type calls it on the wire.
[[nodiscard]] std::string WireName(TypeKind kind);
[[nodiscard]] std::optional<TypeKind> TypeKindFromWireName(std::string_view name);

struct Null {
  friend auto operator<=>(const Null&, const Null&) = default;
};
/// units / 10^scale.
struct Decimal {
  Int128 units = 0;
  int scale = 0;
};
/// Days since 1970-01-01.
struct Date {
  int64_t days = 0;
  friend auto operator<=>(const Date&, const Date&) = default;
};
/// NTZ: the wall clock as if it were UTC. LTZ and TZ: UTC, TZ with the offset it was written with.
struct Moment {
  TypeKind kind = TypeKind::kTimestampNtz;
  int64_t seconds = 0;
  int32_t nanos = 0;
  int32_t offset_minutes = 0;
};
struct BinaryBytes {
  std::string bytes;
  friend auto operator<=>(const BinaryBytes&, const BinaryBytes&) = default;
};
/// Semi-structured data as compact JSON text.
struct Json {
  std::string text;
  friend auto operator<=>(const Json&, const Json&) = default;
};

using Value =
    std::variant<Null, bool, Decimal, double, std::string, Date, Moment, BinaryBytes, Json>;
using Row = std::vector<Value>;

[[nodiscard]] inline bool IsNull(const Value& value) { return std::holds_alternative<Null>(value); }
[[nodiscard]] Value Integer(int64_t number);
[[nodiscard]] DataType TypeOf(const Value& value);

/// The value as the JSON result format carries it, none for NULL.
[[nodiscard]] std::optional<std::string> ToWire(const Value& value);
/// Reads what `ToWire` wrote. Errors: the vendor's conversion errors.
[[nodiscard]] Result<Value> FromWire(const DataType& type, const std::optional<std::string>& text);

/// CAST. Errors: the vendor's conversion errors; a value that does not fit `type`.
[[nodiscard]] Result<Value> Cast(const Value& value, const DataType& type);
/// As text, in the default output formats.
[[nodiscard]] std::string ToText(const Value& value);

/// Orders two values that are not NULL, converting the lesser type to the greater as the vendor
/// does (text to number, text to timestamp). Errors: a text that cannot be converted.
[[nodiscard]] Result<int> Compare(const Value& left, const Value& right);

[[nodiscard]] std::string ToText(const Decimal& number);
/// Errors: 100038 when `text` is no number, 100039 when it needs more than 38 digits.
[[nodiscard]] Result<Decimal> ParseDecimal(std::string_view text);
/// `number` with another scale, rounded half away from zero. Errors: 100039.
[[nodiscard]] Result<Decimal> Rescale(Decimal number, int scale);
[[nodiscard]] double ToDouble(const Decimal& number);
/// Errors: 100035. `kind` says how a text without an offset is taken.
[[nodiscard]] Result<Moment> ParseMoment(std::string_view text, TypeKind kind);
[[nodiscard]] Moment MomentFromNanos(TypeKind kind, int64_t nanos);
[[nodiscard]] int64_t ToNanos(const Moment& moment);

}  // namespace dbstow::doubles::snowflake
