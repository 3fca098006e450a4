#include "doubles/snowflake/service/result_json.h"

#include <nlohmann/json.hpp>

#include "doubles/snowflake/exec/session_statements.h"

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;

std::string Lower(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

Tree ParameterValue(const std::string& text) {
  if (text == "true" || text == "TRUE") return true;
  if (text == "false" || text == "FALSE") return false;
  if (!text.empty() && text.size() < 16 &&
      text.find_first_not_of("0123456789") == std::string::npos) {
    return std::strtoll(text.c_str(), nullptr, 10);
  }
  return text;
}

}  // namespace

Tree RowType(const ResultSet& result) {
  Tree columns = Tree::array();
  for (const ResultColumn& column : result.columns) {
    const DataType& type = column.type;
    const bool number = type.kind == TypeKind::kNumber;
    const bool sized = type.kind == TypeKind::kText || type.kind == TypeKind::kBinary;
    const bool scaled = number || type.IsTimestamp();
    columns.push_back({{"name", column.name},
                       {"database", ""},
                       {"schema", ""},
                       {"table", ""},
                       {"type", Lower(WireName(type.kind))},
                       {"precision", number ? Tree(type.precision)
                                            : (type.IsTimestamp() ? Tree(0) : Tree(nullptr))},
                       {"scale", scaled ? Tree(number ? type.scale : 9) : Tree(nullptr)},
                       {"length", sized ? Tree(type.length) : Tree(nullptr)},
                       {"byteLength", sized ? Tree(type.length) : Tree(nullptr)},
                       {"nullable", true},
                       {"collation", nullptr}});
  }
  return columns;
}

Tree RowsJson(const ResultSet& result, size_t first, size_t count, BooleanForm form) {
  Tree rows = Tree::array();
  for (size_t at = first; at < first + count && at < result.rows.size(); ++at) {
    Tree row = Tree::array();
    for (const Value& value : result.rows[at]) {
      const auto* boolean = std::get_if<bool>(&value);
      if (boolean != nullptr && form == BooleanForm::kWords) {
        row.push_back(*boolean ? "true" : "false");
        continue;
      }
      const auto wire = ToWire(value);
      row.push_back(wire ? Tree(*wire) : Tree(nullptr));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string Dump(const Tree& tree) {
  return tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

Tree ParametersJson(const Session& session) {
  Tree parameters = Tree::array();
  for (const auto& [key, fallback] : DefaultParameters()) {
    parameters.push_back(
        {{"name", key}, {"value", ParameterValue(session.Parameter(key, fallback))}});
  }
  return parameters;
}

}  // namespace dbstow::doubles::snowflake
