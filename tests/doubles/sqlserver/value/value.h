#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "doubles/sqlserver/value/sql_result.h"

namespace dbstow::doubles::sqlserver {

enum class TypeId {
  kBit,
  kTinyInt,
  kSmallInt,
  kInt,
  kBigInt,
  kFloat,
  kDecimal,
  kChar,
  kVarChar,
  kNChar,
  kNVarChar,
  kVarBinary,
  kDateTime,
  kUniqueIdentifier,
};

inline constexpr int kMaxLength = -1;

/// A column's or expression's type. `length` is in characters (bytes for VARBINARY), kMaxLength for
/// MAX; precision and scale are DECIMAL's.
struct SqlType {
  TypeId id = TypeId::kInt;
  int length = 0;
  int precision = 0;
  int scale = 0;

  friend bool operator==(const SqlType&, const SqlType&) = default;
};

[[nodiscard]] bool IsInteger(const SqlType& type);
[[nodiscard]] bool IsText(const SqlType& type);
[[nodiscard]] inline SqlType IntType() { return {TypeId::kInt}; }
[[nodiscard]] inline SqlType NVarChar(int length) { return {TypeId::kNVarChar, length}; }
/// "numeric(25,0)", "nvarchar(max)", "int": the reverse of ParseType.
[[nodiscard]] std::string ToString(const SqlType& type);
/// Reads what ToString writes and the spellings T-SQL knows. Errors: 2715 for an unknown type.
[[nodiscard]] SqlResult<SqlType> ParseType(std::string_view text);

struct Blob {
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};

/// One SQL value; its SqlType is kept beside it. NULL is std::monostate. Integers and BIT are
/// int64; text, GUIDs ("6F9619FF-…", upper case) and date-times ("2026-11-26 11:40:20.123") are
/// UTF-8; decimals are kept in the sortable form of `decimal.h`.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

[[nodiscard]] inline bool IsNull(const Value& value) { return value.index() == 0; }
[[nodiscard]] inline Value Text(std::string text) { return Value(std::move(text)); }
[[nodiscard]] inline Value Int(std::int64_t number) { return Value(number); }

}  // namespace dbstow::doubles::sqlserver
