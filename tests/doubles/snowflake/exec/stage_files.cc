#include <nlohmann/json.hpp>

#include "doubles/snowflake/exec/copy.h"
#include "doubles/snowflake/exec/show.h"
#include "doubles/snowflake/exec/stage_access.h"
#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

using Tree = nlohmann::json;

// Files of this size and more are sent in parts.
constexpr int64_t kPartThreshold = 209715200;

bool IsFalse(const Property* property) {
  return property != nullptr && (property->text == "FALSE" || property->text == "false");
}

bool IsTrue(const Property* property) {
  return property != nullptr && (property->text == "TRUE" || property->text == "true");
}

Tree Material(const OpenedStage& stage, const std::string& query_id) {
  return {{"queryStageMasterKey", stage.master_key}, {"queryId", query_id}, {"smkId", 1}};
}

Result<Tree> Transfer(const Execution& execution, const OpenedStage& stage, const std::string& path,
                      const char* command) {
  std::string folder = stage.folder + path;
  if (!path.empty() && path.back() != '/') folder += '/';
  auto info = execution.stages.StageInfo(folder);
  if (!info)
    return SqlError(codes::kInternal, "the stage cannot be reached: " + info.error().message());
  Tree stage_info = Tree::parse(*info);
  stage_info["isClientSideEncrypted"] = !stage.master_key.empty();
  return Tree{{"command", command}, {"stageInfo", stage_info}, {"threshold", kPartThreshold}};
}

int Parallel(const Properties& options, int fallback) {
  const Property* property = FindProperty(options, "PARALLEL");
  return property == nullptr ? fallback : std::atoi(property->text.c_str());
}

}  // namespace

Result<ResultSet> ExecutePut(const Execution& execution, const PutStatement& put) {
  DBSTOW_ASSIGN(const OpenedStage stage, OpenStage(execution, put.stage, StageUse::kWrite));
  DBSTOW_ASSIGN(Tree tree, Transfer(execution, stage, put.stage.path, "UPLOAD"));
  std::string compression = "auto_detect";
  if (const Property* property = FindProperty(put.options, "SOURCE_COMPRESSION")) {
    compression = property->text;
    for (char& letter : compression)
      letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  tree["src_locations"] = {put.local};
  tree["parallel"] = Parallel(put.options, 4);
  tree["autoCompress"] = !IsFalse(FindProperty(put.options, "AUTO_COMPRESS"));
  tree["overwrite"] = IsTrue(FindProperty(put.options, "OVERWRITE"));
  tree["sourceCompression"] = compression;
  tree["clientShowEncryptionParameter"] = true;
  if (!stage.master_key.empty()) tree["encryptionMaterial"] = Material(stage, execution.query_id);
  ResultSet result;
  result.transfer = tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
  return result;
}

Result<ResultSet> ExecuteGet(const Execution& execution, const GetStatement& get) {
  DBSTOW_ASSIGN(const OpenedStage stage, OpenStage(execution, get.stage, StageUse::kRead));
  const Property* pattern = FindProperty(get.options, "PATTERN");
  DBSTOW_ASSIGN(const auto files,
                ListStage(execution, stage, get.stage.path,
                          pattern != nullptr ? std::optional(pattern->text) : std::nullopt));
  // Paths are given relative to the stage, so the stage's folder is the location.
  DBSTOW_ASSIGN(Tree tree, Transfer(execution, stage, "", "DOWNLOAD"));
  tree["localLocation"] = get.local;
  tree["parallel"] = Parallel(get.options, 10);
  tree["src_locations"] = Tree::array();
  tree["encryptionMaterial"] = Tree::array();
  for (const StagedFile& file : files) {
    tree["src_locations"].push_back(file.path);
    if (!stage.master_key.empty())
      tree["encryptionMaterial"].push_back(Material(stage, execution.query_id));
  }
  ResultSet result;
  result.transfer = tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
  return result;
}

Result<ResultSet> ExecuteList(const Execution& execution, const ListStatement& list) {
  DBSTOW_ASSIGN(const OpenedStage stage, OpenStage(execution, list.stage, StageUse::kRead));
  DBSTOW_ASSIGN(const auto files, ListStage(execution, stage, list.stage.path, list.pattern));
  ResultSet result = ShowResult({"name", "number:size", "md5", "last_modified"});
  for (const StagedFile& file : files) {
    const std::string name =
        stage.label == "~" || stage.label[0] == '%' ? file.path : stage.label + "/" + file.path;
    result.rows.push_back({name, Integer(file.size), file.etag, file.last_modified});
  }
  return result;
}

Result<ResultSet> ExecuteRemove(const Execution& execution, const RemoveStatement& remove) {
  DBSTOW_ASSIGN(const OpenedStage stage, OpenStage(execution, remove.stage, StageUse::kWrite));
  DBSTOW_ASSIGN(const auto files, ListStage(execution, stage, remove.stage.path, remove.pattern));
  ResultSet result = ShowResult({"name", "result"});
  for (const StagedFile& file : files) {
    auto removed = execution.stages.Remove(stage.folder + file.path);
    if (!removed)
      return SqlError(codes::kInternal,
                      "the stage cannot be changed: " + removed.error().message());
    result.rows.push_back({stage.label + "/" + file.path, "removed"});
  }
  return result;
}

}  // namespace dbstow::doubles::snowflake
