#include <nlohmann/json.hpp>

#include "app/configuration_specs.h"

namespace dbstow::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSecretPattern = "^[a-z0-9-]+:.+$";
// As CheckInstanceName (chain_name.h).
constexpr const char* kNamePattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
constexpr const char* kDurationPattern = "^([0-9]+(ms|s|m|h|d|w))+$";

Json TypeOf(const ConfigKey& key) {
  switch (key.kind) {
    case ConfigKey::Kind::kInteger: return {{"type", "integer"}, {"minimum", 0}};
    case ConfigKey::Kind::kPort: return {{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}};
    case ConfigKey::Kind::kName: return {{"type", "string"}, {"pattern", kNamePattern}};
    case ConfigKey::Kind::kDuration: return {{"type", "string"}, {"pattern", kDurationPattern}};
    case ConfigKey::Kind::kSecretRef: return {{"type", "string"}, {"pattern", kSecretPattern}};
    case ConfigKey::Kind::kChoice: return {{"enum", key.choices}};
    case ConfigKey::Kind::kTextList: return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case ConfigKey::Kind::kTextTable:
      return {{"type", "object"},
              {"additionalProperties", {{"type", {"string", "integer", "boolean"}}}}};
    case ConfigKey::Kind::kText:
    case ConfigKey::Kind::kPath: break;
  }
  return {{"type", "string"}};
}

Json TableOf(const ConfigSection& section) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const ConfigKey& key : section.keys) {
    Json property = TypeOf(key);
    property["description"] = key.help;
    properties[key.name] = property;
    if (key.required) required.push_back(key.name);
  }
  Json table = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) table["required"] = required;
  return table;
}

Json SchemaOf(const ConfigSection& section) {
  const Json table = TableOf(section);
  switch (section.form) {
    case ConfigSection::Form::kTableList:
      return {{"description", section.help}, {"type", "array"}, {"items", table}};
    case ConfigSection::Form::kNamedTables:
      return {{"description", section.help},
              {"type", "object"},
              {"propertyNames", {{"pattern", kNamePattern}}},
              {"additionalProperties", table}};
    case ConfigSection::Form::kTable: break;
  }
  Json schema = table;
  schema["description"] = section.help;
  return schema;
}

}  // namespace

std::string ConfigurationSchema() {
  Json properties = Json::object();
  for (const ConfigSection& section : ConfigurationSections()) {
    properties[section.name] = SchemaOf(section);
  }
  const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "dbstow.toml"},
                       {"type", "object"},
                       {"properties", properties},
                       {"additionalProperties", false}};
  return schema.dump(2) + "\n";
}

}  // namespace dbstow::app
