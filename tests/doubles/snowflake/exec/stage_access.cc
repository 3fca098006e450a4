#include "doubles/snowflake/exec/stage_access.h"

#include <regex>

#include "doubles/snowflake/exec/names.h"
#include "doubles/snowflake/sql/sql_error.h"
#include "doubles/snowflake/sql/token_cursor.h"
#include "doubles/snowflake/stage/client_encryption.h"
#include "doubles/snowflake/stage/gzip.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr size_t kMostFileBytes = size_t{1} << 30;
constexpr std::string_view kMasterKeyOption = "MASTER_KEY";

std::map<std::string, std::string> NestedFormat(const std::map<std::string, std::string>& options) {
  static constexpr std::string_view kPrefix = "FILE_FORMAT.";
  std::map<std::string, std::string> format;
  for (const auto& [key, value] : options) {
    if (key.starts_with(kPrefix)) format[key.substr(kPrefix.size())] = value;
  }
  return format;
}

/// The key of a stage is made at its first use and stays.
std::string MasterKeyOf(const Execution& execution, const Object& holder) {
  if (!execution.stages.encrypts()) return "";
  const std::string known = holder.Option(std::string(kMasterKeyOption));
  if (!known.empty()) return known;
  const std::string key = MakeMasterKey();
  auto* options = execution.change.Edit(holder.id).mutable_options();
  if (options != nullptr) (*options)[std::string(kMasterKeyOption)] = key;
  return key;
}

bool IsServerSideEncrypted(const Object& stage) {
  return stage.Option("ENCRYPTION.TYPE") == "SNOWFLAKE_SSE";
}

Result<OpenedStage> OpenNamed(const Execution& execution, const StageLocation& location,
                              StageUse use) {
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* object, names.OfKind(ObjectKind::kStage, location.name));
  DBSTOW_TRY(names.access().Require(*object, use == StageUse::kRead ? "READ" : "WRITE"));
  OpenedStage stage;
  stage.folder = "stages/" + std::to_string(object->id) + "/";
  stage.label = object->name();
  for (char& letter : stage.label)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  stage.format = NestedFormat(object->options());
  if (object->options().count("FILE_FORMAT") > 0 && !object->Option("FILE_FORMAT").empty()) {
    DBSTOW_ASSIGN(stage.format, NamedFormatOptions(execution, object->Option("FILE_FORMAT")));
  } else if (stage.format.count("FORMAT_NAME") > 0) {
    DBSTOW_ASSIGN(stage.format, NamedFormatOptions(execution, stage.format["FORMAT_NAME"]));
  }
  if (!IsServerSideEncrypted(*object)) stage.master_key = MasterKeyOf(execution, *object);
  return stage;
}

}  // namespace

Result<OpenedStage> OpenStage(const Execution& execution, const StageLocation& location,
                              StageUse use) {
  if (location.kind == StageLocation::Kind::kNamed) return OpenNamed(execution, location, use);
  OpenedStage stage;
  if (location.kind == StageLocation::Kind::kUser) {
    const Object* user = execution.change.Find(execution.session.user);
    stage.folder = "users/" + std::to_string(execution.session.user) + "/";
    stage.label = "~";
    stage.master_key = MasterKeyOf(execution, *user);
    return stage;
  }
  const Names names(execution);
  DBSTOW_ASSIGN(const Object* table, names.OfKind(ObjectKind::kTable, location.name));
  DBSTOW_TRY(names.access().RequireOwnership(*table));
  stage.folder = "tables/" + std::to_string(table->id) + "/";
  stage.label = "%" + table->name();
  // Tables keep no options: the account's key serves all of their stages.
  stage.master_key = MasterKeyOf(execution, execution.change.account());
  return stage;
}

Result<std::vector<StagedFile>> ListStage(const Execution& execution, const OpenedStage& stage,
                                          const std::string& path,
                                          const std::optional<std::string>& pattern) {
  DBSTOW_ASSIGN(std::vector<StagedFile> files, execution.stages.List(stage.folder + path));
  for (StagedFile& file : files) file.path.erase(0, stage.folder.size());
  if (!pattern) return files;
  try {
    const std::regex expression(*pattern);
    std::erase_if(files,
                  [&](const StagedFile& file) { return !std::regex_match(file.path, expression); });
  } catch (const std::regex_error&) {
    return SqlError({"100048", "2201B"}, "Invalid regular expression: '" + *pattern + "'");
  }
  return files;
}

Result<std::string> ReadStaged(const Execution& execution, const OpenedStage& stage,
                               const std::string& path, const FileFormat& format) {
  auto read = execution.stages.Read(stage.folder + path);
  if (!read) {
    return SqlError(codes::kStageFile, "Remote file '" + stage.label + "/" + path +
                                           "' was not found or cannot be read.");
  }
  std::string bytes = std::move(read->bytes);
  if (!read->encryption.empty()) {
    auto plain = DecryptFile(bytes, read->encryption, stage.master_key);
    if (!plain)
      return SqlError(codes::kStageFile, "Remote file '" + path + "' cannot be decrypted.");
    bytes = std::move(*plain);
  }
  const bool zipped =
      format.compression == "GZIP" || (format.compression == "AUTO" && IsGzip(bytes));
  if (!zipped) return bytes;
  auto unzipped = Gunzip(bytes, kMostFileBytes);
  if (!unzipped) {
    return SqlError({"100085", "22000"}, "Invalid compressed data in file '" + path + "'");
  }
  return unzipped;
}

Result<std::map<std::string, std::string>> NamedFormatOptions(const Execution& execution,
                                                              const std::string& name) {
  const Names names(execution);
  DBSTOW_ASSIGN(const Name parsed, ParseName(name));
  DBSTOW_ASSIGN(const Object* format, names.OfKind(ObjectKind::kFileFormat, parsed));
  DBSTOW_TRY(names.access().Require(*format, "USAGE"));
  return format->options();
}

Result<FileFormat> ResolveFormat(const Execution& execution, const Properties& options,
                                 const OpenedStage& stage) {
  const Property* property = FindProperty(options, "FILE_FORMAT");
  if (property == nullptr) return FileFormat::FromOptions(stage.format);
  std::string name = property->text;
  std::map<std::string, std::string> inline_options;
  for (const Property& nested : property->nested) {
    std::string value = nested.text;
    for (const std::string& item : nested.items) value += (value.empty() ? "" : "\x1f") + item;
    if (nested.key == "FORMAT_NAME") {
      name = nested.text;
    } else {
      inline_options[nested.key] = value;
    }
  }
  if (!name.empty()) {
    DBSTOW_ASSIGN(const auto named, NamedFormatOptions(execution, name));
    return FileFormat::FromOptions(named);
  }
  return FileFormat::FromOptions(inline_options);
}

}  // namespace dbstow::doubles::snowflake
