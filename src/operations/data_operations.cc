#include "dbstow/operations/data_operations.h"

#include <filesystem>

#include "dbstow/core/redaction.h"
#include "operations/result_details.h"

namespace dbstow {
namespace {

using operations::AddDetail;

std::string Quoted(const std::string& name) { return "'" + name + "'"; }

OperationResult Succeeded(std::string message, StringMap details,
                          std::vector<std::string> warnings) {
  OperationResult result;
  result.success = true;
  result.message = std::move(message);
  result.details = std::move(details);
  result.warnings = std::move(warnings);
  return result;
}

std::string TimeOrNone(const std::optional<TimePoint>& time) {
  return time ? FormatTime(*time) : "";
}

std::string YesOrNo(bool yes) { return yes ? "yes" : "no"; }

void AddAll(StringMap& request, const std::string& prefix, const StringMap& options) {
  for (const auto& [key, value] : options) request.emplace(prefix + key, value);
}

StringMap RequestOf(const BackupOptions& options) {
  StringMap request = {{"type", std::string(ToString(options.type))},
                       {"destination", options.destination},
                       {"include_logs", YesOrNo(options.include_logs)},
                       {"point_in_time", TimeOrNone(options.point_in_time)}};
  AddAll(request, "extra.", options.extra);
  return request;
}

StringMap RequestOf(const RestoreOptions& options) {
  StringMap request = {{"source", options.source},
                       {"target", options.target_name},
                       {"point_in_time", TimeOrNone(options.point_in_time)},
                       {"overwrite", YesOrNo(options.overwrite)}};
  AddAll(request, "mapping.", options.mapping);
  return request;
}

StringMap RequestOf(const CloneOptions& options) {
  StringMap request = {{"target", options.target_name},
                       {"zero_copy_preferred", YesOrNo(options.zero_copy_preferred)},
                       {"source_time", TimeOrNone(options.source_time)}};
  AddAll(request, "extra.", options.extra);
  return request;
}

// All of the list is in the warnings; the error names the first few.
OperationResult PartlyRestored(const std::string& into, StringMap details,
                               const RestoreResult& restored) {
  constexpr std::size_t kShown = 3;
  const std::vector<std::string>& failures = restored.failures;
  std::string message = "restored " + into + " without " + std::to_string(failures.size()) +
                        (failures.size() == 1 ? " thing: " : " things: ");
  for (std::size_t i = 0; i < failures.size() && i < kShown; ++i) {
    message += (i == 0 ? "" : "; ") + failures[i];
  }
  if (failures.size() > kShown) message += "; …";
  OperationResult result;
  result.message = message;
  result.error = Error(ErrorCode::kPartial, message).WithHint(restored.next_step);
  result.details = std::move(details);
  result.warnings = restored.warnings;
  for (const std::string& each : failures) result.warnings.push_back("missing: " + each);
  AddDetail(result.details, "missing", static_cast<std::uint64_t>(failures.size()));
  return result;
}

// Two runs that would write the same target must not meet half-way.
std::string TargetLease(const DatabaseInstance& instance, const std::string& target) {
  return "target/" + instance.name() + "/" + target;
}

// A path as typed is another place in another folder, and one place has many spellings.
std::string PlaceOf(const std::string& path) {
  if (path.empty() || LooksLikeUri(path)) return path;
  std::error_code failure;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failure);
  return failure ? path : absolute.lexically_normal().string();
}

}  // namespace

OperationFacts BackupOperation::Facts(const DatabaseInstance& instance) const {
  return {.name = "backup",
          .target =
              options_.destination.empty() ? "chain " + ChainName(instance) : options_.destination,
          .capabilities = {std::string(capability::kBackup), CapabilityFor(options_.type)},
          .lease = "chain/" + ChainName(instance),
          .request = RequestOf(options_)};
}

Result<void> BackupOperation::Validate(const EngineDescriptor& engine) const {
  DBSTOW_TRY(options_.Validate());
  return CheckOptions("option", options_.extra, engine.backup_extra);
}

Result<OperationResult> BackupOperation::Run(DatabaseInstance& instance,
                                             OperationContext& context) {
  DBSTOW_ASSIGN(SupportsBackup * engine, As<SupportsBackup>(instance));
  DBSTOW_ASSIGN(BackupResult backup, engine->Backup(options_, context));
  StringMap details = std::move(backup.details);
  AddDetail(details, "type", std::string(ToString(options_.type)));
  AddDetail(details, "backup_id", backup.backup_id);
  AddDetail(details, "server_reference", backup.server_reference);
  AddDetail(details, "bytes_read", backup.bytes.read);
  AddDetail(details, "bytes_stored", backup.bytes.stored);
  AddDetail(details, "bytes_reused", backup.bytes.reused);
  if (context.dry_run) {
    return Succeeded("nothing prevents a backup of " + Quoted(instance.name()), std::move(details),
                     std::move(backup.warnings));
  }
  const std::string& name = backup.backup_id.empty() ? backup.server_reference : backup.backup_id;
  return Succeeded("backed up " + Quoted(instance.name()) + " as " + name, std::move(details),
                   std::move(backup.warnings));
}

OperationFacts RestoreOperation::Facts(const DatabaseInstance& instance) const {
  OperationFacts facts{.name = "restore",
                       .target = options_.target_name,
                       .capabilities = {std::string(capability::kRestore)},
                       .lease = TargetLease(instance, options_.target_name),
                       .probe = OperationFacts::Probe::kIfPresent,
                       .request = RequestOf(options_)};
  if (options_.point_in_time) {
    facts.capabilities.emplace_back(capability::kRestorePointInTime);
  }
  return facts;
}

Result<void> RestoreOperation::Validate(const EngineDescriptor& engine) const {
  DBSTOW_TRY(options_.Validate());
  if (LooksLikeUri(options_.source) && !engine.capabilities.Contains(capability::kRestoreNative)) {
    return Error(ErrorCode::kUnsupportedCapability,
                 "engine '" + engine.engine.id() + "' restores from a repository only, not from '" +
                     options_.source + "'")
        .WithHint("dbstow backups lists what can be restored; --repo names the repository");
  }
  return CheckOptions("mapping", options_.mapping, engine.restore_mapping);
}

Result<OperationResult> RestoreOperation::Run(DatabaseInstance& instance,
                                              OperationContext& context) {
  DBSTOW_ASSIGN(SupportsRestore * engine, As<SupportsRestore>(instance));
  DBSTOW_ASSIGN(RestoreResult restored, engine->Restore(options_, context));
  StringMap details = std::move(restored.details);
  AddDetail(details, "target", restored.target);
  AddDetail(details, "backup_id", restored.backup_id);
  AddDetail(details, "bytes_written", restored.bytes_written);
  const std::string& source = restored.backup_id.empty() ? options_.source : restored.backup_id;
  if (!restored.failures.empty()) {
    const std::string into = source + " into " + Quoted(restored.target);
    return PartlyRestored(into, std::move(details), restored);
  }
  const std::string into = source + " into " + Quoted(options_.target_name);
  return Succeeded((context.dry_run ? "nothing prevents a restore of " : "restored ") + into,
                   std::move(details), std::move(restored.warnings));
}

OperationFacts CloneOperation::Facts(const DatabaseInstance& instance) const {
  OperationFacts facts{.name = "clone",
                       .target = options_.target_name,
                       .capabilities = {std::string(capability::kClone)},
                       .lease = TargetLease(instance, options_.target_name),
                       .request = RequestOf(options_)};
  if (options_.source_time) facts.capabilities.emplace_back(capability::kClonePointInTime);
  return facts;
}

Result<void> CloneOperation::Validate(const EngineDescriptor& engine) const {
  DBSTOW_TRY(options_.Validate());
  return CheckOptions("option", options_.extra, engine.clone_extra);
}

Result<OperationResult> CloneOperation::Run(DatabaseInstance& instance, OperationContext& context) {
  DBSTOW_ASSIGN(SupportsClone * engine, As<SupportsClone>(instance));
  DBSTOW_ASSIGN(CloneResult clone, engine->Clone(options_, context));
  StringMap details = std::move(clone.details);
  AddDetail(details, "target", clone.target);
  AddDetail(details, "zero_copy", clone.zero_copy ? "true" : "false");
  AddDetail(details, "bytes_copied", clone.bytes_copied);
  const std::string what = Quoted(instance.name()) + " into " + Quoted(options_.target_name) +
                           (clone.zero_copy ? " without copying" : "");
  return Succeeded((context.dry_run ? "nothing prevents a clone of " : "cloned ") + what,
                   std::move(details), std::move(clone.warnings));
}

OperationFacts ExportOperation::Facts(const DatabaseInstance&) const {
  const std::string place = PlaceOf(options_.path);
  return {.name = "export",
          .target = place,
          .capabilities = {std::string(capability::kExport)},
          .lease = "path/" + place,
          .probe = OperationFacts::Probe::kNone,
          .request = {{"source", options_.source}, {"path", place}, {"format", options_.format}}};
}

Result<void> ExportOperation::Validate(const EngineDescriptor&) const {
  if (options_.source.empty()) {
    return Error(ErrorCode::kInvalidOptions, "an export needs a backup id, or latest");
  }
  if (options_.path.empty()) {
    return Error(ErrorCode::kInvalidOptions, "an export needs a path to write to")
        .WithHint("add --to PATH; nothing may be there yet");
  }
  DBSTOW_TRY(RefuseZeroByte("the path of an export", options_.path));
  return RefuseLogin("the path of an export", options_.path);
}

Result<OperationResult> ExportOperation::Run(DatabaseInstance& instance,
                                             OperationContext& context) {
  DBSTOW_ASSIGN(SupportsExport * engine, As<SupportsExport>(instance));
  DBSTOW_ASSIGN(ExportResult exported, engine->Export(options_, context));
  StringMap details = std::move(exported.details);
  AddDetail(details, "source", options_.source);
  AddDetail(details, "format", options_.format);
  AddDetail(details, "path", exported.path);
  AddDetail(details, "bytes_written", exported.bytes_written);
  const std::string what = options_.source + " to " + Quoted(options_.path);
  return Succeeded((context.dry_run ? "nothing prevents an export of " : "exported ") + what,
                   std::move(details), {});
}

}  // namespace dbstow
