#pragma once

#include <filesystem>
#include <string>

#include "doubles/snowflake/stage/stage_store.h"

namespace dbstow::doubles::snowflake {

/// Stages in a local folder: clients get LOCAL_FS and copy files themselves, without encryption.
class FolderStageStore : public StageStore {
 public:
  explicit FolderStageStore(std::filesystem::path root) : root_(std::move(root)) {}

  [[nodiscard]] Result<std::vector<StagedFile>> List(const std::string& prefix) override;
  [[nodiscard]] Result<StagedBytes> Read(const std::string& path) override;
  [[nodiscard]] Result<void> Write(const std::string& path, const StagedBytes& file) override;
  [[nodiscard]] Result<void> Remove(const std::string& path) override;
  [[nodiscard]] Result<std::string> StageInfo(const std::string& prefix) override;
  [[nodiscard]] bool encrypts() const override { return false; }

 private:
  /// Errors: InvalidOptions for a path that would leave the root.
  [[nodiscard]] Result<std::filesystem::path> PathOf(const std::string& path) const;

  const std::filesystem::path root_;
};

}  // namespace dbstow::doubles::snowflake
