#pragma once

#include <string>
#include <vector>

namespace dbstow::app {

/// One key of the configuration file. From these specs come the checks, the JSON Schema and the
/// reference page.
struct ConfigKey {
  enum class Kind {
    kText,
    kInteger,
    kPort,       ///< a number up to 65535
    kName,       ///< text that can name an instance
    kDuration,   ///< text such as "15m"
    kSecretRef,  ///< text of the form provider:key
    kPath,       ///< text; relative to the folder of the configuration file
    kChoice,
    kTextList,
    kTextTable,  ///< texts, numbers and booleans by free key
  };

  std::string name;
  Kind kind = Kind::kText;
  std::string help;
  std::vector<std::string> choices;  ///< kChoice
  bool required = false;
  std::string least = "1s";  ///< kDuration
};

struct ConfigSection {
  enum class Form {
    kTable,        ///< [name]
    kTableList,    ///< [[name]]
    kNamedTables,  ///< [name.NAME]
  };

  std::string name;
  Form form = Form::kTable;
  std::string help;
  std::vector<ConfigKey> keys;
};

/// Everything that a configuration file may say.
[[nodiscard]] std::vector<ConfigSection> ConfigurationSections();

/// The JSON Schema (draft 2020-12) of the configuration file, made of the sections.
[[nodiscard]] std::string ConfigurationSchema();

}  // namespace dbstow::app
