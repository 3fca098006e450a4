#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_node.h"
#include "dbstow/core/connection_info.h"
#include "dbstow/core/ports.h"
#include "dbstow/core/retention_policy.h"
#include "io/file_system.h"

namespace dbstow::app {

/// A database that the configuration names. Connection and properties are not yet checked against
/// what the engine knows.
struct InstanceEntry {
  std::string name;
  std::string engine;
  std::string version;
  ConnectionInfo connection;
  std::vector<std::string> tags;
  ConfigPosition position;
};

/// What `dbstow.toml` says. Empty texts and references were left out there.
struct Configuration {
  std::string file;  ///< empty when there is none
  std::string repository_uri;
  SecretRef repository_secret;
  std::vector<InstanceEntry> instances;
  RetentionPolicy retention;
  std::string state_dir;
  std::string audit_path;
  std::string metrics_textfile;
  std::optional<LogLevel> log_level;
  std::string log_path;

  [[nodiscard]] const InstanceEntry* FindInstance(std::string_view name) const;
};

/// A configuration as far as it could be understood, and everything that is wrong with it, each
/// InvalidOptions with file, line and column.
struct ConfigurationReading {
  Configuration configuration;
  std::vector<Error> problems;
};

[[nodiscard]] ConfigurationReading ReadConfiguration(std::string_view text,
                                                     const std::string& file);

/// What decides which file is read.
struct ConfigurationSearch {
  std::string explicit_path;  ///< --config
  std::string environment;    ///< $DBSTOW_CONFIG
  std::string home;           ///< $HOME
  std::string config_home;    ///< $XDG_CONFIG_HOME; ~/.config when empty
};

/// What the search came to.
struct ConfigurationPlace {
  std::string file;           ///< empty when there is none
  std::vector<Error> unseen;  ///< places before it of which it is not known whether one is there
};

/// The first there is of: the explicit path, the environment's, ./dbstow.toml,
/// ~/.config/dbstow/dbstow.toml, /etc/dbstow/dbstow.toml. Errors: NotFound when one of the first
/// two is given and missing, those of FileSystem when it cannot be looked for.
[[nodiscard]] Result<ConfigurationPlace> FindConfigurationFile(io::FileSystem& files,
                                                               const ConfigurationSearch& search);

/// Reads the whole file. Errors: as of the file system.
[[nodiscard]] Result<std::string> ReadTextFile(io::FileSystem& files, const std::string& path);

}  // namespace dbstow::app
