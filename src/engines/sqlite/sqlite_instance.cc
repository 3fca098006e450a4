#include "engines/sqlite/sqlite_instance.h"

#include <charconv>
#include <filesystem>

namespace dbstow::sqlite {
namespace {

Error Misplaced(const std::string& what) {
  return Error(ErrorCode::kInvalidOptions, "an SQLite database is a file: it has no " + what)
      .WithHint("give the path alone, for example sqlite:///srv/app.db");
}

Result<Duration> BusyLimit(const StringMap& properties) {
  const auto given = properties.find("busy_timeout_ms");
  if (given == properties.end()) return Duration(std::chrono::seconds(10));
  std::int64_t milliseconds = -1;
  const std::string& text = given->second;
  std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (milliseconds >= 0 && milliseconds <= 86'400'000) {
    return Duration(std::chrono::milliseconds(milliseconds));
  }
  return Error(ErrorCode::kInvalidOptions, "property 'busy_timeout_ms' cannot be '" + text + "'")
      .WithHint("allowed: milliseconds, from 0 to a day");
}

std::string ValueOr(const StringMap& map, const std::string& key, const std::string& fallback) {
  const auto found = map.find(key);
  return found == map.end() ? fallback : found->second;
}

Integrity IntegrityFrom(const std::string& text) {
  if (text == "none") return Integrity::kNone;
  return text == "full" ? Integrity::kFull : Integrity::kQuick;
}

}  // namespace

Result<Settings> Settings::From(const ConnectionInfo& connection) {
  if (connection.database.empty()) {
    return Error(ErrorCode::kInvalidOptions, "an SQLite instance needs the path of its file")
        .WithHint("for example sqlite:///srv/app.db");
  }
  if (!connection.host.empty()) return Misplaced("host");
  if (connection.port != 0) return Misplaced("port");
  if (!connection.credentials.username.empty()) return Misplaced("user");
  if (!connection.credentials.secret_ref.empty()) return Misplaced("secret");
  if (connection.credentials.auth_type != AuthType::kPassword) return Misplaced("auth");
  Settings settings;
  settings.path = AbsolutePath(connection.database);
  DBSTOW_ASSIGN(settings.busy_limit, BusyLimit(connection.properties));
  settings.integrity = IntegrityFrom(ValueOr(connection.properties, "integrity", "quick"));
  settings.scratch_directory =
      AbsolutePath(ValueOr(connection.properties, "scratch_directory", FolderOf(settings.path)));
  return settings;
}

std::vector<OptionSpec> PropertySpecs() {
  return {{.key = "busy_timeout_ms",
           .kind = OptionSpec::Kind::kInteger,
           .default_value = "10000",
           .help = "how long to wait for a lock that another process holds"},
          {.key = "integrity",
           .kind = OptionSpec::Kind::kChoice,
           .choices = {"none", "quick", "full"},
           .default_value = "quick",
           .help = "what `inspect` checks: nothing, PRAGMA quick_check, PRAGMA integrity_check"},
          {.key = "scratch_directory",
           .default_value = "the folder of the database",
           .help = "where `verify --level 3` restores to"}};
}

CapabilitySet EverCapabilities() {
  CapabilitySet can;
  for (std::string_view name : {capability::kBackup, capability::kRestore, capability::kClone,
                                capability::kVerify, capability::kExport, capability::kBackupFull,
                                capability::kBackupSnapshot, capability::kCloneZeroCopy}) {
    can.Allow(name);
  }
  can.Deny(
      capability::kBackupDifferential,
      "every backup is compared page by page with the one before and stores only what changed; "
      "there is no second kind",
      "use --type full");
  can.Deny(capability::kBackupLog,
           "SQLite's write-ahead log is overwritten at checkpoints and cannot be replayed later",
           "take full backups more often: an unchanged page costs nothing");
  can.Deny(capability::kBackupLogical, "only page-exact backups are made",
           "`dbstow export`, then `sqlite3 FILE .dump` gives SQL text");
  can.Deny(capability::kRestorePointInTime, "SQLite keeps no log to replay to a point in time",
           "restore the last backup before that time (`dbstow backups`)");
  can.Deny(capability::kClonePointInTime, "SQLite keeps no history to clone from",
           "restore the last backup before that time under a new name");
  return can;
}

SqliteInstance::SqliteInstance(InstanceSpec spec, Settings settings, EnginePorts ports)
    : DatabaseInstance(std::move(spec.engine), std::move(spec.name), std::move(spec.version),
                       std::move(spec.connection), EverCapabilities()),
      settings_(std::move(settings)),
      ports_(ports) {}

std::string SqliteInstance::ResolveTarget(const std::string& name) const {
  const std::filesystem::path path = std::filesystem::path(FolderOf(settings_.path)) / name;
  // The file is what is replaced or made: other names for it must not be left with the old one.
  return BehindLinks(path.lexically_normal().string());
}

Result<std::unique_ptr<BackupReader>> SqliteInstance::OpenBackup(const std::string& source,
                                                                 OperationContext& context) const {
  if (LooksLikeUri(source)) {
    return Error(ErrorCode::kInvalidOptions, "'" + source + "' is not a backup in a repository")
        .WithHint("a plain SQLite file is copied with `dbstow clone sqlite:///path --target NAME`");
  }
  DBSTOW_ASSIGN(BackupStore * store, context.RequireStore());
  const std::string chain = source == "latest" ? ChainName(*this) : "";
  DBSTOW_ASSIGN(auto backup, store->Open(source, chain));
  if (backup->record().engine == engine().id()) return backup;
  return Error(ErrorCode::kInvalidOptions, "backup " + backup->record().id + " is of a " +
                                               backup->record().engine +
                                               " database, not of an SQLite one")
      .WithHint("`dbstow backups " + name() + "` lists the backups of this instance");
}

}  // namespace dbstow::sqlite
