#include <sys/stat.h>

#include <charconv>

#include "engines/sqlite/page_pump.h"
#include "engines/sqlite/sqlite_instance.h"

namespace dbstow::sqlite {
namespace {

Result<const ItemInfo*> DatabaseItem(const BackupReader& backup) {
  for (const ItemInfo& item : backup.items()) {
    if (item.name == kDatabaseItem && item.kind == ItemInfo::Kind::kPages) return &item;
  }
  return Error(ErrorCode::kCorrupt, "backup " + backup.record().id + " has no database pages");
}

// That a database came of the pages: SQLite can read its schema, and its size is what it says.
// Whether the contents are right, the repository's hashes and `Prove` tell.
Result<void> CheckRestored(const std::string& path, std::uint64_t page_count,
                           const OperationContext& context) {
  DBSTOW_ASSIGN(auto session, Session::Open({path, SessionSpec::Access::kImmutable}, context));
  auto tables = session->Integer("SELECT count(*) FROM sqlite_schema");
  DBSTOW_ASSIGN(const std::int64_t found, session->Integer("PRAGMA page_count"));
  if (tables && static_cast<std::uint64_t>(found) == page_count) return {};
  Error error(ErrorCode::kCorrupt, "what was restored is not the database that was backed up");
  return tables ? error : std::move(error).WithCause(tables.error());
}

std::optional<std::uint32_t> Number(const ItemInfo& item, const std::string& attribute) {
  const auto given = item.attributes.find(attribute);
  if (given == item.attributes.end()) return std::nullopt;
  std::uint32_t number = 0;
  const std::string& text = given->second;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

std::uint32_t ModeOf(const ItemInfo& item) { return Number(item, "mode").value_or(0600) & 0777; }

// That of the file that is replaced, else of the one that was backed up; older backups do not know.
Result<std::optional<Owner>> WantedOwner(const BackupReader& backup, const Target& target) {
  if (auto replaced = OwnerOf(target.path)) return replaced;
  DBSTOW_ASSIGN(const ItemInfo* item, DatabaseItem(backup));
  const auto user = Number(*item, "uid");
  const auto group = Number(*item, "gid");
  if (!user || !group) return std::optional<Owner>();
  return std::optional<Owner>(Owner{*user, *group});
}

std::uint64_t OtherNamesOf(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 ? info.st_nlink - 1 : 0;
}

std::string ShellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

Result<std::uint64_t> RestorePages(BackupReader& backup, StagedFile& staged,
                                   const OperationContext& context) {
  DBSTOW_ASSIGN(const ItemInfo* item, DatabaseItem(backup));
  DBSTOW_ASSIGN(auto pages, backup.OpenPages(item->name));
  const std::uint64_t page_size = pages->page_size();
  StageMeter stages;
  PagePump pump(stages, pages->page_size(), pages->page_count());
  io::TaskGroup group(context);
  for (int i = 0; i < kPageThreads; ++i) {
    pump.StartThread(
        group,
        [&pages](std::uint64_t first, MutableByteView out) { return pages->Read(first, out); },
        [&](std::uint64_t first, ByteView bytes) {
          const StageTimer timer(stages, Stage::kTarget, context.clock);
          return staged.file().WriteAt(first * page_size, bytes);
        });
  }
  DBSTOW_TRY(group.Wait());
  DBSTOW_TRY(staged.SetMode(ModeOf(*item)));
  if (!backup.record().details.contains("damaged")) {
    DBSTOW_TRY(CheckRestored(staged.path(), pages->page_count(), context));
  }
  return pages->page_count() * page_size;
}

Result<RestoreResult> SqliteInstance::Restore(const RestoreOptions& options,
                                              OperationContext& context) {
  DBSTOW_TRY(options.Validate());
  DBSTOW_TRY(CheckOptions("mapping", options.mapping, {}));
  if (options.point_in_time) {
    DBSTOW_TRY(EverCapabilities().Require(capability::kRestorePointInTime));
  }
  const Target target{ResolveTarget(options.target_name),
                      options.overwrite ? Target::IfExists::kReplace : Target::IfExists::kRefuse,
                      "choose another name; dbstow restore --overwrite replaces"};
  DBSTOW_ASSIGN(auto backup, OpenBackup(options.source, context));
  if (context.dry_run) {
    DBSTOW_TRY(StagedFile::Check(ports_.files, target, context));
    return RestoreResult{.target = target.path, .backup_id = backup->record().id};
  }
  DBSTOW_ASSIGN(auto staged, StagedFile::Create(ports_.files, target, context));
  DBSTOW_ASSIGN(const std::uint64_t bytes, RestorePages(*backup, *staged, context));
  RestoreResult result{.target = target.path,
                       .backup_id = backup->record().id,
                       .bytes_written = bytes,
                       .details = backup->record().details};
  DBSTOW_ASSIGN(const std::optional<Owner> owner, WantedOwner(*backup, target));
  if (owner && !staged->TryGiveTo(*owner)) {
    result.warnings.push_back("the restored file is yours; the owner was " +
                              std::to_string(owner->user) + ":" + std::to_string(owner->group) +
                              " (chown as root gives it back)");
  }
  DBSTOW_TRY(context.CheckAlive("restoring '" + target.path + "'"));
  const std::uint64_t others = OtherNamesOf(target.path);
  DBSTOW_TRY(staged->Publish());
  if (others > 0) {
    result.warnings.push_back(
        "other names (hard links) of what was replaced still lead to the old "
        "database: " +
        std::to_string(others));
  }
  return result;
}

Result<ExportResult> SqliteInstance::Export(const ExportOptions& options,
                                            OperationContext& context) {
  if (options.format != "native") {
    return UnknownWord("export format", options.format, {"native"});
  }
  const Target target{AbsolutePath(options.path), Target::IfExists::kRefuse};
  DBSTOW_ASSIGN(auto backup, OpenBackup(options.source, context));
  const StringMap details{{"restore_command", "sqlite3 " + ShellQuoted(target.path)}};
  if (context.dry_run) {
    DBSTOW_TRY(StagedFile::Check(ports_.files, target, context));
    return ExportResult{target.path, 0, details};
  }
  DBSTOW_ASSIGN(auto staged, StagedFile::Create(ports_.files, target, context));
  DBSTOW_ASSIGN(const std::uint64_t bytes, RestorePages(*backup, *staged, context));
  DBSTOW_TRY(context.CheckAlive("exporting to '" + target.path + "'"));
  DBSTOW_TRY(staged->Publish());
  return ExportResult{target.path, bytes, details};
}

}  // namespace dbstow::sqlite
