#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "dbstow/core/options.h"
#include "dbstow/core/ports.h"

namespace dbstow::cli {

/// What was typed, checked for form but not for meaning. Empty: not given.
struct Arguments {
  std::string command;  ///< "backup", "audit verify", …

  // Given with any command.
  std::string config_file;
  std::string repository;
  std::string repository_secret;
  bool json = false;
  bool dry_run = false;
  bool yes = false;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<LogLevel> log_level;
  std::string idempotency_key;

  // What the command works on.
  std::string instance;
  std::string other_instance;
  std::string backup;
  std::string word;  ///< an error code, a shell, an engine, a key slot

  // How it works.
  std::string type;
  std::string to;
  std::string from;
  std::string target;
  std::string at;
  std::string format;
  std::string label;
  std::string new_secret;
  std::vector<std::string> queries;
  int level = 1;
  bool include_logs = false;
  bool overwrite = false;
  bool no_zero_copy = false;
  bool confirm = false;
  StringMap settings;  ///< --set
  StringMap mapping;   ///< --map
};

/// Either arguments to act on, or a text that was asked for (help, version).
struct Parsed {
  std::optional<Arguments> arguments;
  std::string text;
};

/// `words` without the program's name. Errors: InvalidOptions.
[[nodiscard]] Result<Parsed> ParseArguments(const std::vector<std::string>& words);

/// A command with everything that may follow it, for completion.
struct CommandDescription {
  std::string name;  ///< "backup", "audit verify", …
  std::string help;
  std::vector<std::string> options;  ///< with dashes; those of every command under the name ""
};
[[nodiscard]] std::vector<CommandDescription> DescribeCommands();
/// Those of any command that the next word belongs to, with dashes.
[[nodiscard]] std::vector<std::string> OptionsWithValue();

}  // namespace dbstow::cli
