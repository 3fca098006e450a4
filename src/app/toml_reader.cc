// The one file that knows toml++, and the one that catches what it throws.
#include <toml++/toml.h>

#include <memory>

#include "app/config_node.h"

namespace dbstow::app {
namespace {

class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  ConfigNode Convert(const toml::node& node) const {
    ConfigNode result;
    const auto& begin = node.source().begin;
    result.position = {file_, begin.line, begin.column};
    if (const auto* table = node.as_table()) {
      result.kind = ConfigNode::Kind::kTable;
      for (const auto& [key, value] : *table) {
        ConfigNode child = Convert(value);
        // A key is where a person looks for a misspelling.
        child.position = {file_, key.source().begin.line, key.source().begin.column};
        result.table.emplace(std::string(key.str()), std::move(child));
      }
    } else if (const auto* array = node.as_array()) {
      result.kind = ConfigNode::Kind::kList;
      for (const auto& value : *array) result.list.push_back(Convert(value));
    } else if (const auto* text = node.as_string()) {
      result.kind = ConfigNode::Kind::kText;
      result.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
      result.kind = ConfigNode::Kind::kInteger;
      result.integer = integer->get();
    } else if (const auto* boolean = node.as_boolean()) {
      result.kind = ConfigNode::Kind::kBoolean;
      result.boolean = boolean->get();
    }
    return result;
  }

 private:
  std::string file_;
};

struct Explanation {
  const char* what;
  const char* hint;
};

/// In our words: those of toml++ ("Error while parsing value: expected …, saw '…'") may quote the
/// value at fault, which may be a password.
Explanation Explain(std::string_view description) {
  const std::size_t colon = description.find(": ");
  if (colon != std::string_view::npos) description.remove_prefix(colon + 2);
  if (description.starts_with("cannot redefine")) {
    return {"this table or key is there already",
            "put what belongs together under one [table], and give each key once"};
  }
  if (description.starts_with("encountered end-of-file")) {
    return {"the file ends in the middle of something", "close the quote, bracket or brace"};
  }
  return {"this is no table, key or value",
          "a line is [table] or key = value; text values stand in double quotes: key = \"value\""};
}

}  // namespace

const ConfigNode* ConfigNode::Find(std::string_view key) const {
  const auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}

Result<ConfigNode> ReadToml(std::string_view text, const std::string& file) {
  try {
    return Converter(file).Convert(toml::parse(text, file));
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    const auto [what, hint] = Explain(error.description());
    return Error(ErrorCode::kInvalidOptions,
                 ConfigPosition{file, begin.line, begin.column}.ToString() +
                     ": not valid TOML: " + what)
        .WithHint(hint);
  } catch (const std::exception& error) {
    return Error(ErrorCode::kInvalidOptions, file + ": cannot be read as TOML");
  }
}

}  // namespace dbstow::app
