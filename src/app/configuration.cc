#include "app/configuration.h"

#include <algorithm>
#include <set>

#include "app/chain_name.h"
#include "app/configuration_specs.h"
#include "app/duration_text.h"
#include "app/environment.h"

namespace dbstow::app {
namespace {

using Kind = ConfigKey::Kind;

/// The words under which people write secrets into files.
const std::set<std::string, std::less<>> kSecretWords = {
    "password", "passwd",      "pwd",        "pass",   "passphrase",
    "token",    "private_key", "secret_key", "apikey", "api_key"};

Error At(const ConfigPosition& position, const std::string& what) {
  return {ErrorCode::kInvalidOptions, position.ToString() + ": " + what};
}

/// The same error, with the place in front.
Error At(const ConfigPosition& position, const Error& error) {
  return At(position, error.message()).WithHint(error.hint());
}

Error LiteralSecret(const ConfigPosition& position, std::string_view key) {
  return At(position, "'" + std::string(key) + "' would hold a secret in the clear")
      .WithHint(
          "write a reference to it: secret = \"env:NAME\", \"file:/path/of/a/0600/file\" or "
          "\"exec:/path/of/a/program\"; then change the secret that was written here");
}

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kInteger: return "a number that is not negative";
    case Kind::kPort: return "a number from 1 to 65535";
    case Kind::kTextList: return "a list of texts: [\"a\", \"b\"]";
    case Kind::kTextTable: return "a table: { key = \"value\" }";
    default: return "a text in double quotes";
  }
}

bool IsScalar(const ConfigNode& node) {
  return node.kind == ConfigNode::Kind::kText || node.kind == ConfigNode::Kind::kInteger ||
         node.kind == ConfigNode::Kind::kBoolean;
}

bool HasKind(const ConfigNode& node, Kind kind) {
  switch (kind) {
    case Kind::kInteger:
      return node.kind == ConfigNode::Kind::kInteger && node.integer >= 0 &&
             node.integer <= INT32_MAX;
    case Kind::kPort:
      return node.kind == ConfigNode::Kind::kInteger && node.integer >= 1 &&
             node.integer <= UINT16_MAX;
    case Kind::kTextList:
      return node.kind == ConfigNode::Kind::kList &&
             std::ranges::all_of(
                 node.list, [](const auto& each) { return each.kind == ConfigNode::Kind::kText; });
    case Kind::kTextTable:
      return node.kind == ConfigNode::Kind::kTable &&
             std::ranges::all_of(node.table,
                                 [](const auto& each) { return IsScalar(each.second); });
    default: return node.kind == ConfigNode::Kind::kText;
  }
}

std::string ScalarText(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::kInteger) return std::to_string(node.integer);
  if (node.kind == ConfigNode::Kind::kBoolean) return node.boolean ? "true" : "false";
  return node.text;
}

class Reader {
 public:
  explicit Reader(const std::string& file) { reading_.configuration.file = file; }

  ConfigurationReading Read(const ConfigNode& root) {
    const std::vector<ConfigSection> sections = ConfigurationSections();
    std::vector<std::string> names;
    for (const ConfigSection& section : sections) names.push_back(section.name);
    for (const auto& [name, node] : root.table) {
      const auto section = std::ranges::find(sections, name, &ConfigSection::name);
      if (kSecretWords.contains(name)) {
        Report(LiteralSecret(node.position, name));
      } else if (section == sections.end()) {
        Report(At(node.position, UnknownWord("section", name, names)));
      } else {
        ReadSection(*section, node);
      }
    }
    CheckNames();
    return std::move(reading_);
  }

  void Report(Error error) { reading_.problems.push_back(std::move(error)); }

 private:
  void ReadSection(const ConfigSection& section, const ConfigNode& node) {
    switch (section.form) {
      case ConfigSection::Form::kTable:
        if (IsTable(section, node) && CheckKeys(section, node)) ReadTable(section.name, node);
        return;
      case ConfigSection::Form::kTableList:
        if (node.kind != ConfigNode::Kind::kList) {
          Report(At(node.position, "'" + section.name + "' is written [[" + section.name + "]]"));
          return;
        }
        for (const ConfigNode& entry : node.list) ReadInstance(section, entry, "");
        return;
      case ConfigSection::Form::kNamedTables:
        if (!IsTable(section, node)) return;
        for (const auto& [name, entry] : node.table) ReadInstance(section, entry, name);
        return;
    }
  }

  bool IsTable(const ConfigSection& section, const ConfigNode& node) {
    if (node.kind == ConfigNode::Kind::kTable) return true;
    const bool named = section.form == ConfigSection::Form::kNamedTables;
    Report(At(node.position, "'" + section.name + "' is a section")
               .WithHint("write [" + section.name + (named ? ".NAME]" : "]") +
                         " on a line of its own"));
    return false;
  }

  /// Reports every key that is unknown, of the wrong kind, malformed or missing.
  bool CheckKeys(const ConfigSection& section, const ConfigNode& table) {
    const std::size_t before = reading_.problems.size();
    std::vector<std::string> names;
    for (const ConfigKey& key : section.keys) names.push_back(key.name);
    for (const auto& [name, node] : table.table) {
      const auto key = std::ranges::find(section.keys, name, &ConfigKey::name);
      if (kSecretWords.contains(name)) {
        Report(LiteralSecret(node.position, name));
      } else if (key == section.keys.end()) {
        Report(At(node.position, UnknownWord("key", name, names)));
      } else {
        CheckValue(*key, node);
      }
    }
    for (const ConfigKey& key : section.keys) {
      if (key.required && table.Find(key.name) == nullptr) {
        Report(At(table.position, "[" + section.name + "] needs '" + key.name + "'")
                   .WithHint(key.name + " = \"…\"   " + key.help));
      }
    }
    return reading_.problems.size() == before;
  }

  void CheckValue(const ConfigKey& key, const ConfigNode& node) {
    if (!HasKind(node, key.kind)) {
      Report(At(node.position, "'" + key.name + "' must be " + std::string(NameOf(key.kind))));
    } else if (key.kind == Kind::kSecretRef && !SecretRef::Parse(node.text)) {
      Report(LiteralSecret(node.position, key.name));
    } else if (key.kind == Kind::kDuration) {
      if (const auto checked = CheckDuration(key, node.text); !checked) {
        Report(At(node.position, checked.error()));
      }
    } else if (key.kind == Kind::kChoice &&
               std::ranges::find(key.choices, node.text) == key.choices.end()) {
      Report(At(node.position, UnknownWord(key.name, node.text, key.choices)));
    } else if (key.kind == Kind::kTextTable) {
      for (const auto& [name, value] : node.table) {
        if (kSecretWords.contains(name)) Report(LiteralSecret(value.position, name));
      }
    }
  }

  static Result<void> CheckDuration(const ConfigKey& key, std::string_view text) {
    DBSTOW_ASSIGN(const auto duration, ParseDuration(text));
    DBSTOW_ASSIGN(const auto least, ParseDuration(key.least));
    if (duration >= least) return {};
    return Error(ErrorCode::kInvalidOptions, "'" + key.name + "' must be at least " + key.least);
  }

  void ReadTable(const std::string& section, const ConfigNode& table) {
    Configuration& result = reading_.configuration;
    if (section == "repository") {
      result.repository_uri = Text(table, "uri");
      result.repository_secret = Secret(table, "secret");
    } else if (section == "retention") {
      ReadRetention(table);
    } else if (section == "state") {
      result.state_dir = Path(table, "dir");
    } else if (section == "audit") {
      result.audit_path = Path(table, "path");
    } else if (section == "metrics") {
      result.metrics_textfile = Path(table, "textfile");
    } else if (section == "log") {
      result.log_path = Path(table, "path");
      const std::string level = Text(table, "level");
      if (!level.empty()) result.log_level = LogLevelFromText(level);
    }
  }

  void ReadRetention(const ConfigNode& table) {
    RetentionPolicy& policy = reading_.configuration.retention;
    policy.keep_last = Number(table, "keep_last").value_or(policy.keep_last);
    policy.keep_daily = Number(table, "keep_daily").value_or(policy.keep_daily);
    policy.keep_weekly = Number(table, "keep_weekly").value_or(policy.keep_weekly);
    policy.keep_monthly = Number(table, "keep_monthly").value_or(policy.keep_monthly);
    policy.keep_yearly = Number(table, "keep_yearly").value_or(policy.keep_yearly);
    policy.floor_verified = Number(table, "floor_verified").value_or(policy.floor_verified);
    policy.keep_within = Seconds(table, "keep_within");
    policy.fence_after = Seconds(table, "fence_after").value_or(policy.fence_after);
  }

  void ReadInstance(const ConfigSection& section, const ConfigNode& node, const std::string& name) {
    if (node.kind != ConfigNode::Kind::kTable) {
      Report(At(node.position, "an instance is a section: [[instance]] or [instances.NAME]"));
      return;
    }
    if (!CheckKeys(section, node)) return;
    InstanceEntry entry;
    entry.position = node.position;
    entry.name = name.empty() ? Text(node, "name") : name;
    entry.version = Text(node, "version");
    if (const ConfigNode* tags = node.Find("tags")) {
      for (const ConfigNode& tag : tags->list) entry.tags.push_back(tag.text);
    }
    if (auto connected = ReadConnection(node, entry); !connected) {
      Report(At(node.position, connected.error()));
      return;
    }
    reading_.configuration.instances.push_back(std::move(entry));
  }

  static Result<void> ReadConnection(const ConfigNode& node, InstanceEntry& entry) {
    DBSTOW_TRY(CheckInstanceName(entry.name));
    const std::string uri = Text(node, "uri");
    if (!uri.empty()) {
      DBSTOW_ASSIGN(InstanceUri parsed, InstanceUri::Parse(uri));
      entry.engine = parsed.engine;
      entry.connection = std::move(parsed.connection);
    }
    ConnectionInfo& connection = entry.connection;
    for (const char* key : {"engine", "host", "port", "database", "user"}) {
      if (uri.empty() || node.Find(key) == nullptr) continue;
      return Error(ErrorCode::kInvalidOptions,
                   "'" + std::string(key) + "' and 'uri' say the same thing twice")
          .WithHint("keep one of them");
    }
    if (uri.empty()) {
      entry.engine = Text(node, "engine");
      connection.host = Text(node, "host");
      connection.database = Text(node, "database");
      connection.credentials.username = Text(node, "user");
      connection.port = static_cast<std::uint16_t>(Number(node, "port").value_or(0));
    }
    if (entry.engine.empty()) {
      return Error(ErrorCode::kInvalidOptions, "instance '" + entry.name + "' needs uri or engine")
          .WithHint("for example uri = \"engine://user@host:port/database\"");
    }
    return ReadLogin(node, connection);
  }

  static Result<void> ReadLogin(const ConfigNode& node, ConnectionInfo& connection) {
    if (node.Find("secret") != nullptr) connection.credentials.secret_ref = Secret(node, "secret");
    if (const std::string auth = Text(node, "auth"); !auth.empty()) {
      DBSTOW_ASSIGN(connection.credentials.auth_type, AuthTypeFromString(auth));
    }
    if (const ConfigNode* properties = node.Find("properties")) {
      for (const auto& [key, value] : properties->table) {
        connection.properties[key] = ScalarText(value);
      }
    }
    return connection.Validate();
  }

  void CheckNames() {
    std::map<std::string, ConfigPosition> seen;
    for (const InstanceEntry& entry : reading_.configuration.instances) {
      const auto [first, fresh] = seen.emplace(entry.name, entry.position);
      if (fresh) continue;
      Report(
          At(entry.position, "instance '" + entry.name + "' is also at " + first->second.ToString())
              .WithHint("give one of them another name"));
    }
  }

  static std::string Text(const ConfigNode& table, std::string_view key) {
    const ConfigNode* node = table.Find(key);
    return node == nullptr ? "" : node->text;
  }
  static SecretRef Secret(const ConfigNode& table, std::string_view key) {
    return SecretRef::Parse(Text(table, key)).value_or(SecretRef{});
  }
  static std::optional<std::uint32_t> Number(const ConfigNode& table, std::string_view key) {
    const ConfigNode* node = table.Find(key);
    if (node == nullptr) return std::nullopt;
    return static_cast<std::uint32_t>(node->integer);
  }
  static std::optional<std::chrono::seconds> Seconds(const ConfigNode& table,
                                                     std::string_view key) {
    const ConfigNode* node = table.Find(key);
    if (node == nullptr) return std::nullopt;
    // Up: half a second more keeps no less than what was asked for.
    return std::chrono::ceil<std::chrono::seconds>(
        ParseDuration(node->text).value_or(std::chrono::milliseconds(0)));
  }
  [[nodiscard]] std::string Path(const ConfigNode& table, std::string_view key) const {
    std::string path = Text(table, key);
    const std::string& file = reading_.configuration.file;
    const std::size_t slash = file.rfind('/');
    if (path.empty() || path.starts_with('/')) return path;
    return AbsolutePath(slash == std::string::npos ? path : file.substr(0, slash + 1) + path);
  }
  static LogLevel LogLevelFromText(std::string_view text) {
    if (text == "debug") return LogLevel::kDebug;
    if (text == "warning") return LogLevel::kWarning;
    return text == "error" ? LogLevel::kError : LogLevel::kInfo;
  }

  ConfigurationReading reading_;
};

Result<bool> IsFile(io::FileSystem& files, const std::string& path) {
  const auto info = files.Stat(path);
  if (info) return !info->is_directory;
  if (io::NothingIsThere(info.error())) return false;
  return info.error();
}

}  // namespace

const InstanceEntry* Configuration::FindInstance(std::string_view name) const {
  const auto found = std::ranges::find(instances, name, &InstanceEntry::name);
  return found == instances.end() ? nullptr : &*found;
}

ConfigurationReading ReadConfiguration(std::string_view text, const std::string& file) {
  Reader reader(file);
  auto root = ReadToml(text, file);
  if (root) return reader.Read(*root);
  reader.Report(root.error());
  return reader.Read(ConfigNode{});
}

Result<ConfigurationPlace> FindConfigurationFile(io::FileSystem& files,
                                                 const ConfigurationSearch& search) {
  for (const auto& [path, origin] :
       {std::pair{search.explicit_path, "--config"}, {search.environment, "DBSTOW_CONFIG"}}) {
    if (path.empty()) continue;
    DBSTOW_ASSIGN(const bool there, IsFile(files, path));
    if (there) return ConfigurationPlace{path, {}};
    return Error(ErrorCode::kNotFound,
                 "there is no configuration file " + path + ", which " + origin + " names")
        .WithHint("correct the path, or leave " + std::string(origin) +
                  " out: then dbstow.toml is looked for in the usual places");
  }
  std::vector<std::string> places = {"dbstow.toml"};
  if (!search.config_home.empty()) {
    places.push_back(search.config_home + "/dbstow/dbstow.toml");
  } else if (!search.home.empty()) {
    places.push_back(search.home + "/.config/dbstow/dbstow.toml");
  }
  places.emplace_back("/etc/dbstow/dbstow.toml");
  ConfigurationPlace found;
  for (const std::string& place : places) {
    // Not a reason to stop: somebody else's folder is often the one at hand (sudo in /root).
    const auto there = IsFile(files, place);
    if (!there) found.unseen.push_back(there.error());
    if (!there || !*there) continue;
    found.file = place;
    break;
  }
  return found;
}

Result<std::string> ReadTextFile(io::FileSystem& files, const std::string& path) {
  DBSTOW_ASSIGN(const auto file, files.Open(path, io::OpenMode::kRead));
  DBSTOW_ASSIGN(const std::uint64_t size, file->Size());
  std::string text(size, '\0');
  DBSTOW_ASSIGN(const std::size_t got,
                file->ReadAt(0, std::as_writable_bytes(std::span(text.data(), text.size()))));
  text.resize(got);
  return text;
}

}  // namespace dbstow::app
