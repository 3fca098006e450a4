#include "doubles/snowflake/stage/folder_stage_store.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace dbstow::doubles::snowflake {
namespace {

namespace fs = std::filesystem;

std::string Md5Hex(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string text;
  for (unsigned at = 0; at < size; ++at) {
    std::array<char, 3> pair{};
    std::snprintf(pair.data(), pair.size(), "%02x", digest[at]);
    text += pair.data();
  }
  return text;
}

}  // namespace

Result<fs::path> FolderStageStore::PathOf(const std::string& path) const {
  const fs::path relative(path);
  for (const fs::path& part : relative) {
    if (part == "..")
      return Error(ErrorCode::kInvalidOptions, "a path that leaves its stage: " + path);
  }
  return root_ / relative;
}

Result<std::vector<StagedFile>> FolderStageStore::List(const std::string& prefix) {
  std::vector<StagedFile> files;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(root_, ignored)) {
    if (!entry.is_regular_file(ignored)) continue;
    const std::string path = fs::relative(entry.path(), root_, ignored).generic_string();
    if (!path.starts_with(prefix)) continue;
    DBSTOW_ASSIGN(const StagedBytes file, Read(path));
    files.push_back(StagedFile{path, static_cast<int64_t>(file.bytes.size()), Md5Hex(file.bytes),
                               "Thu, 1 Jan 1970 00:00:00 GMT"});
  }
  std::sort(files.begin(), files.end(),
            [](const StagedFile& a, const StagedFile& b) { return a.path < b.path; });
  return files;
}

Result<StagedBytes> FolderStageStore::Read(const std::string& path) {
  DBSTOW_ASSIGN(const fs::path file, PathOf(path));
  std::ifstream input(file, std::ios::binary);
  if (!input) return Error(ErrorCode::kNotFound, "no staged file '" + path + "'");
  std::ostringstream bytes;
  bytes << input.rdbuf();
  return StagedBytes{bytes.str(), ""};
}

Result<void> FolderStageStore::Write(const std::string& path, const StagedBytes& file) {
  DBSTOW_ASSIGN(const fs::path target, PathOf(path));
  std::error_code failed;
  fs::create_directories(target.parent_path(), failed);
  std::ofstream output(target, std::ios::binary | std::ios::trunc);
  output << file.bytes;
  output.close();
  if (!output) return Error(ErrorCode::kIoError, "cannot write the staged file '" + path + "'");
  return {};
}

Result<void> FolderStageStore::Remove(const std::string& path) {
  DBSTOW_ASSIGN(const fs::path target, PathOf(path));
  std::error_code failed;
  if (!fs::remove(target, failed))
    return Error(ErrorCode::kNotFound, "no staged file '" + path + "'");
  return {};
}

Result<std::string> FolderStageStore::StageInfo(const std::string& prefix) {
  DBSTOW_ASSIGN(const fs::path folder, PathOf(prefix));
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Error(ErrorCode::kIoError, "cannot make the stage's folder");
  return nlohmann::json({{"locationType", "LOCAL_FS"},
                         {"location", folder.string()},
                         {"creds", nlohmann::json::object()}})
      .dump();
}

}  // namespace dbstow::doubles::snowflake
