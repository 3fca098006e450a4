#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

struct StagedFile {
  std::string path;
  int64_t size = 0;
  std::string etag;           ///< MD5 in hex where the store has one
  std::string last_modified;  ///< RFC 1123
};

struct StagedBytes {
  std::string bytes;
  /// What the client wrote about how it encrypted them (`encryptiondata`); empty when it did not.
  std::string encryption;
};

/// Where the files of internal stages are: an Azure container (azurite) or a local folder.
/// Each stage has a folder of its own in it. Not thread-safe. Errors: IOError, NotFound.
class StageStore {
 public:
  virtual ~StageStore() = default;

  /// Files whose path starts with `prefix`, sorted by path.
  [[nodiscard]] virtual Result<std::vector<StagedFile>> List(const std::string& prefix) = 0;
  [[nodiscard]] virtual Result<StagedBytes> Read(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> Write(const std::string& path, const StagedBytes& file) = 0;
  [[nodiscard]] virtual Result<void> Remove(const std::string& path) = 0;
  /// The `stageInfo` object that a client needs to move files under `prefix` itself, as JSON.
  [[nodiscard]] virtual Result<std::string> StageInfo(const std::string& prefix) = 0;
  /// Whether clients encrypt what they put here.
  [[nodiscard]] virtual bool encrypts() const = 0;
};

}  // namespace dbstow::doubles::snowflake
