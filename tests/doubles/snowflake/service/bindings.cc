#include "doubles/snowflake/service/bindings.h"

#include <nlohmann/json.hpp>

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

std::string TextOf(const nlohmann::json& tree, const char* key) {
  if (!tree.is_object() || !tree.contains(key)) return "";
  const auto& value = tree[key];
  if (value.is_string()) return value.get<std::string>();
  return value.is_primitive() && !value.is_null() ? value.dump() : "";
}

}  // namespace

Result<std::map<int, Value>> ReadBindings(const nlohmann::json& bindings) {
  std::map<int, Value> values;
  if (bindings.is_null()) return values;
  if (!bindings.is_object())
    return CompilationError(codes::kInvalidArgument, "bindings are no object");
  for (const auto& [key, binding] : bindings.items()) {
    const int position = std::atoi(key.c_str());
    const auto type =
        binding.is_object() ? TypeKindFromWireName(TextOf(binding, "type")) : std::nullopt;
    if (position < 1 || !type)
      return CompilationError(codes::kInvalidArgument, "Invalid bind variable '" + key + "'");
    if (!binding.contains("value") || binding["value"].is_null()) {
      values[position] = Null{};
      continue;
    }
    if (binding["value"].is_array()) return Unsupported("array binding");
    const std::string text = TextOf(binding, "value");
    if (*type == TypeKind::kNumber) {
      DBSTOW_ASSIGN(const Decimal number, ParseDecimal(text));
      values[position] = number;
    } else if (*type == TypeKind::kDate || *type == TypeKind::kTimestampNtz ||
               *type == TypeKind::kTimestampLtz || *type == TypeKind::kTimestampTz) {
      DBSTOW_ASSIGN(values[position], Cast(Value(text), DataType{*type}));
    } else {
      DBSTOW_ASSIGN(values[position], FromWire(DataType{*type}, text));
    }
  }
  return values;
}

}  // namespace dbstow::doubles::snowflake
