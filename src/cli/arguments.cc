// The one file that knows CLI11, and the one that catches what it throws.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "app/duration_text.h"
#include "cli/version.h"

namespace dbstow::cli {
namespace {

/// Texts as CLI11 reads them, before they are checked.
struct RawArguments {
  std::string timeout;
  std::string log_level;
  std::vector<std::string> settings;
  std::vector<std::string> mapping;
};

/// The commands and their flags. One object per parse: CLI11 binds to the members' addresses.
class Grammar {
 public:
  Grammar() : app_("Backs up, restores and clones databases.", "dbstow") {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_version_flag("--version", std::string("dbstow ") + std::string(kVersion));
    app_.set_help_flag("-h,--help", "this text, or that of a command");
    app_.footer(
        "INSTANCE is a name from the configuration or a URI such as\n"
        "postgres://user@host:port/db?secret=env:NAME or sqlite:///srv/app.db.\n"
        "'dbstow help CODE' explains an error code.");
    AddGlobalOptions();
    AddDataCommands();
    AddRepositoryCommands();
    AddHouseCommands();
  }

  CLI::App& app() { return app_; }
  const RawArguments& raw() const { return raw_; }
  Arguments& arguments() { return arguments_; }

 private:
  void AddGlobalOptions() {
    app_.add_option("--config", arguments_.config_file, "configuration file")->type_name("FILE");
    app_.add_option("--repo", arguments_.repository, "repository, instead of the configured one")
        ->type_name("URI");
    app_.add_option("--repo-secret", arguments_.repository_secret,
                    "where its passphrase is kept: env:NAME, file:PATH, exec:PROGRAM")
        ->type_name("PROVIDER:KEY");
    app_.add_flag("--json", arguments_.json, "JSON lines on standard output");
    app_.add_flag("--dry-run", arguments_.dry_run,
                  "check everything, say the plan, change nothing");
    app_.add_flag("--yes", arguments_.yes, "do not ask");
    app_.add_option("--timeout", raw_.timeout, "give up after this time: 90s, 15m, 2h")
        ->type_name("DURATION");
    app_.add_option("--log-level", raw_.log_level, "debug, info, warning or error")
        ->type_name("LEVEL");
    app_.add_option("--idempotency-key", arguments_.idempotency_key,
                    "repeated with the same key, an operation returns its first result")
        ->type_name("KEY");
  }

  CLI::App* Add(const std::string& name, const std::string& help) {
    CLI::App* command = app_.add_subcommand(name, help);
    command->fallthrough();
    return command;
  }
  static CLI::App* AddUnder(CLI::App* parent, const std::string& name, const std::string& help) {
    CLI::App* command = parent->add_subcommand(name, help);
    command->fallthrough();
    return command;
  }
  CLI::Option* AddInstance(CLI::App* command) {
    return command->add_option("INSTANCE", arguments_.instance,
                               "name from the configuration, or URI");
  }
  CLI::Option* AddBackup(CLI::App* command, const std::string& help) {
    return command->add_option("BACKUP", arguments_.backup, help);
  }
  void AddOwner(CLI::App* command) {
    command
        ->add_option(
            "--instance", arguments_.instance,
            "whose backup it is, when that is not in the configuration or `latest` is meant")
        ->type_name("INSTANCE");
  }
  void AddSettings(CLI::App* command) {
    command
        ->add_option("--set", raw_.settings,
                     "an engine's own option; `dbstow engines NAME` lists them")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
  }

  void AddDataCommands() {
    CLI::App* backup = Add("backup", "back a database up into the repository");
    AddInstance(backup)->required();
    backup
        ->add_option("--type", arguments_.type,
                     "full, differential, log, snapshot or logical; else the first of full and "
                     "logical that is available")
        ->type_name("TYPE");
    backup->add_option("--to", arguments_.to, "a place that the server itself writes to")
        ->type_name("DESTINATION");
    backup->add_flag("--include-logs", arguments_.include_logs,
                     "with the logs to restore to any time");
    AddSettings(backup);

    CLI::App* restore = Add("restore", "restore a backup under a new name");
    AddInstance(restore)->required();
    restore->add_option("--from", arguments_.from, "backup id, or `latest`")
        ->required()
        ->type_name("BACKUP");
    restore->add_option("--target", arguments_.target, "name of the database, or path of the file")
        ->required()
        ->type_name("NAME");
    restore
        ->add_option("--at", arguments_.at, "restore to this point: a time, lsn:…, xid:…, name:…")
        ->type_name("POINT");
    restore->add_flag("--overwrite", arguments_.overwrite, "replace the target if it exists");
    restore
        ->add_option("--map", raw_.mapping,
                     "a name that changes on the way, for example schema:a=b")
        ->type_name("FROM=TO")
        ->allow_extra_args(false);

    CLI::App* clone = Add("clone", "make an independent copy");
    AddInstance(clone)->required();
    clone->add_option("--target", arguments_.target, "name of the database, or path of the file")
        ->required()
        ->type_name("NAME");
    clone->add_flag("--no-zero-copy", arguments_.no_zero_copy,
                    "copy even where sharing is possible");
    clone->add_option("--at", arguments_.at, "as it was at this time")->type_name("TIME");
    AddSettings(clone);

    CLI::App* compare =
        Add("compare", "compare contents: of two databases, or of a backup and one");
    compare->add_option("BEFORE", arguments_.backup, "an instance, or the id of a backup")
        ->required();
    compare->add_option("INSTANCE", arguments_.instance, "an instance")->required();
  }

  void AddRepositoryCommands() {
    AddInstance(Add("backups", "list backups"));
    AddBackup(Add("show", "everything about one backup"), "its id, or the beginning of it")
        ->required();

    CLI::App* verify = Add("verify", "check a backup, or all");
    AddBackup(verify, "its id, or `latest`; without it all are checked, up to level 2");
    verify
        ->add_option("--level", arguments_.level,
                     "0 presence and sizes, 1 also hashes, 2 also decryption and contents, "
                     "3 a real restore whose contents are compared")
        ->check(CLI::Range(0, 3))
        ->type_name("0..3");
    verify->add_option("--query", arguments_.queries, "level 3: must succeed on the restored copy")
        ->type_name("SQL")
        ->allow_extra_args(false);
    AddOwner(verify);

    CLI::App* native = Add("export", "write a backup as the engine's own native files");
    AddBackup(native, "its id, or `latest`")->required();
    native->add_option("--to", arguments_.to, "path to write; must not exist")
        ->required()
        ->type_name("PATH");
    native->add_option("--format", arguments_.format, "native")->type_name("FORMAT");
    AddOwner(native);

    CLI::App* prune =
        Add("prune", "say which backups the retention rules would remove, or remove them");
    AddInstance(prune);
    prune->add_flag("--confirm", arguments_.confirm, "remove them");

    CLI::App* key = Add("key", "the ways to unlock the repository");
    key->require_subcommand(1);
    AddUnder(key, "list", "list them");
    CLI::App* add = AddUnder(key, "add", "add one");
    add->add_option("--new-secret", arguments_.new_secret, "where the new passphrase is kept")
        ->required()
        ->type_name("PROVIDER:KEY");
    add->add_option("--label", arguments_.label, "what to call it")->type_name("TEXT");
    AddUnder(key, "remove", "remove one")
        ->add_option("SLOT", arguments_.word, "its id")
        ->required();
    AddUnder(key, "rotate", "encrypt all later backups with a new key, for one passphrase only")
        ->add_option("--new-secret", arguments_.new_secret, "where the new passphrase is kept")
        ->required()
        ->type_name("PROVIDER:KEY");
  }

  void AddHouseCommands() {
    Add("init", "create the repository");
    Add("instances", "list the configured databases")
        ->add_option("TAG", arguments_.word, "those that have this tag only");
    AddInstance(Add("inspect", "what a database is and what it can do now"))->required();
    Add("engines", "list the kinds of database, or the options of one")
        ->add_option("ENGINE", arguments_.word, "its name");
    CLI::App* doctor = Add("doctor", "check configuration, tools, servers and repository");
    AddInstance(doctor);
    CLI::App* audit = Add("audit", "the record of who did what");
    audit->require_subcommand(1);
    AddUnder(audit, "verify", "find edited, removed or truncated records")
        ->add_option("--anchor", arguments_.word, "one that an earlier check printed")
        ->type_name("ANCHOR");
    CLI::App* config = Add("config", "the configuration file");
    config->require_subcommand(1);
    AddUnder(config, "lint", "check it");
    AddUnder(config, "schema", "print its JSON Schema");
    Add("completion", "print a completion script")
        ->add_option("SHELL", arguments_.word, "bash, zsh or fish")
        ->required()
        ->type_name("SHELL");
    Add("help", "explain an error code or a command")
        ->add_option("TOPIC", arguments_.word, "for example AlreadyExists, or backup");
    Add("complete-names", "")->group("");
  }

  CLI::App app_;
  RawArguments raw_;
  Arguments arguments_;
};

Result<StringMap> SplitPairs(std::string_view option, const std::vector<std::string>& pairs) {
  StringMap result;
  for (const std::string& pair : pairs) {
    // An engine's mapping may have `=` in its value, not in its key.
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorCode::kInvalidOptions,
                   std::string(option) + " '" + pair + "' is not of the form KEY=VALUE")
          .WithHint("write " + std::string(option) + " KEY=VALUE, once for each key");
    }
    if (!result.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) {
      return Error(ErrorCode::kInvalidOptions,
                   std::string(option) + " " + pair.substr(0, equals) + " is given twice")
          .WithHint("keep one of them");
    }
  }
  return result;
}

Result<LogLevel> ReadLogLevel(const std::string& text) {
  const std::vector<std::string> names = {"debug", "info", "warning", "error"};
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return UnknownWord("log level", text, names);
  return static_cast<LogLevel>(found - names.begin());
}

std::string CommandName(const CLI::App& app) {
  std::string name;
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += (name.empty() ? "" : " ") + at->get_name();
  }
  return name;
}

Result<Arguments> Check(Grammar& grammar) {
  Arguments& arguments = grammar.arguments();
  const RawArguments& raw = grammar.raw();
  arguments.command = CommandName(grammar.app());
  if (!raw.timeout.empty()) {
    DBSTOW_ASSIGN(arguments.timeout, app::ParseDuration(raw.timeout));
  }
  if (!raw.log_level.empty()) {
    DBSTOW_ASSIGN(arguments.log_level, ReadLogLevel(raw.log_level));
  }
  DBSTOW_ASSIGN(arguments.settings, SplitPairs("--set", raw.settings));
  DBSTOW_ASSIGN(arguments.mapping, SplitPairs("--map", raw.mapping));
  return std::move(arguments);
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands({})) {
    if (!each->get_group().empty()) names.push_back(each->get_name());
  }
  return names;
}

/// CLI11 calls a misspelt command an argument that was not expected.
Error UsageError(const CLI::App& app, const std::vector<std::string>& words,
                 const std::string& what) {
  const std::vector<std::string> names = CommandNames(app);
  const auto first = std::ranges::find_if(words, [](const auto& w) { return !w.starts_with('-'); });
  if (app.get_subcommands().empty()) {
    if (first == words.end()) {
      return Error(ErrorCode::kInvalidOptions, "no command is given").WithHint("dbstow --help");
    }
    if (std::ranges::find(names, *first) == names.end())
      return UnknownWord("command", *first, names);
  }
  const std::string command = CommandName(app);
  return Error(ErrorCode::kInvalidOptions, what)
      .WithHint("dbstow " + command + (command.empty() ? "--help" : " --help"));
}

std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

void CollectOptionsWithValue(const CLI::App& app, std::set<std::string>& found) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_expected_max() == 0) continue;
    for (const std::string& name : option->get_lnames()) found.insert("--" + name);
  }
  for (const CLI::App* each : app.get_subcommands({})) CollectOptionsWithValue(*each, found);
}

void DescribeInto(const CLI::App& app, const std::string& prefix,
                  std::vector<CommandDescription>& found) {
  for (const CLI::App* each : app.get_subcommands({})) {
    if (each->get_group().empty()) continue;
    const std::string name = prefix + each->get_name();
    found.push_back({name, each->get_description(), OptionNames(*each)});
    DescribeInto(*each, name + " ", found);
  }
}

}  // namespace

Result<Parsed> ParseArguments(const std::vector<std::string>& words) {
  Grammar grammar;
  try {
    // CLI11 takes the words from the back.
    grammar.app().parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return Parsed{std::nullopt, grammar.app().help()};
  } catch (const CLI::CallForVersion& version) {
    return Parsed{std::nullopt, std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return UsageError(grammar.app(), words, error.what());
  }
  DBSTOW_ASSIGN(Arguments arguments, Check(grammar));
  return Parsed{std::move(arguments), ""};
}

std::vector<CommandDescription> DescribeCommands() {
  Grammar grammar;
  std::vector<CommandDescription> found = {{"", "", OptionNames(grammar.app())}};
  DescribeInto(grammar.app(), "", found);
  return found;
}

std::vector<std::string> OptionsWithValue() {
  Grammar grammar;
  std::set<std::string> found;
  CollectOptionsWithValue(grammar.app(), found);
  return {found.begin(), found.end()};
}

}  // namespace dbstow::cli
