#include "doubles/sqlserver/value/value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace dbstow::doubles::sqlserver {
namespace {

enum class Takes { kNothing, kLength, kPrecision };

struct TypeName {
  std::string_view name;
  TypeId id;
  Takes takes;
};

// The first name of an id is the one ToString writes.
constexpr std::array kTypeNames{
    TypeName{"bit", TypeId::kBit, Takes::kNothing},
    TypeName{"tinyint", TypeId::kTinyInt, Takes::kNothing},
    TypeName{"smallint", TypeId::kSmallInt, Takes::kNothing},
    TypeName{"int", TypeId::kInt, Takes::kNothing},
    TypeName{"integer", TypeId::kInt, Takes::kNothing},
    TypeName{"bigint", TypeId::kBigInt, Takes::kNothing},
    TypeName{"float", TypeId::kFloat, Takes::kNothing},
    TypeName{"real", TypeId::kFloat, Takes::kNothing},
    TypeName{"numeric", TypeId::kDecimal, Takes::kPrecision},
    TypeName{"decimal", TypeId::kDecimal, Takes::kPrecision},
    TypeName{"dec", TypeId::kDecimal, Takes::kPrecision},
    TypeName{"char", TypeId::kChar, Takes::kLength},
    TypeName{"varchar", TypeId::kVarChar, Takes::kLength},
    TypeName{"nchar", TypeId::kNChar, Takes::kLength},
    TypeName{"nvarchar", TypeId::kNVarChar, Takes::kLength},
    TypeName{"varbinary", TypeId::kVarBinary, Takes::kLength},
    TypeName{"datetime", TypeId::kDateTime, Takes::kNothing},
    TypeName{"uniqueidentifier", TypeId::kUniqueIdentifier, Takes::kNothing},
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

int LongestLength(TypeId id) {
  return id == TypeId::kNVarChar || id == TypeId::kNChar ? 4000 : 8000;
}

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

SqlResult<SqlType> WithLength(SqlType type, const std::string& argument) {
  const bool variable = type.id != TypeId::kChar && type.id != TypeId::kNChar;
  if (argument.empty()) {
    type.length = 1;
  } else if (argument == "max" && variable) {
    type.length = kMaxLength;
  } else {
    type.length = ParseNumber(argument).value_or(0);
    if (type.length < 1 || type.length > LongestLength(type.id)) {
      return SqlError{131, 15, "The size (" + argument + ") given to the type exceeds the maximum"};
    }
  }
  return type;
}

SqlResult<SqlType> WithPrecision(SqlType type, const std::string& argument) {
  const auto comma = argument.find(',');
  type.precision = argument.empty() ? 18 : ParseNumber(argument.substr(0, comma)).value_or(0);
  type.scale =
      comma == std::string::npos ? 0 : ParseNumber(argument.substr(comma + 1)).value_or(-1);
  if (type.precision < 1 || type.precision > 38 || type.scale < 0 || type.scale > type.precision) {
    return SqlError{2750, 16, "The precision or scale (" + argument + ") is not possible"};
  }
  return type;
}

}  // namespace

bool IsInteger(const SqlType& type) { return type.id <= TypeId::kBigInt; }

bool IsText(const SqlType& type) {
  return type.id >= TypeId::kChar && type.id <= TypeId::kNVarChar;
}

std::string ToString(const SqlType& type) {
  const auto* found = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                   [&](const TypeName& name) { return name.id == type.id; });
  std::string text(found->name);
  if (found->takes == Takes::kLength) {
    text += type.length == kMaxLength ? "(max)" : "(" + std::to_string(type.length) + ")";
  } else if (found->takes == Takes::kPrecision) {
    text += "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
  }
  return text;
}

SqlResult<SqlType> ParseType(std::string_view text) {
  std::string lower = Lower(text);
  std::erase(lower, ' ');
  if (lower == "sysname") return NVarChar(128);
  const auto open = lower.find('(');
  const std::string name = lower.substr(0, open);
  std::string argument;
  if (open != std::string::npos) argument = lower.substr(open + 1, lower.size() - open - 2);
  const auto* found = std::find_if(kTypeNames.begin(), kTypeNames.end(),
                                   [&](const TypeName& known) { return known.name == name; });
  if (found == kTypeNames.end() || (found->takes == Takes::kNothing && !argument.empty())) {
    return SqlError{2715, 16, "Cannot find data type " + name + "."};
  }
  if (found->takes == Takes::kLength) return WithLength({found->id}, argument);
  if (found->takes == Takes::kPrecision) return WithPrecision({found->id}, argument);
  return SqlType{found->id};
}

}  // namespace dbstow::doubles::sqlserver
