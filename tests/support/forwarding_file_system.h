#pragma once

#include "io/file_system.h"

namespace dbstow::test {

/// Another file system, for tests that change one thing about it.
class ForwardingFileSystem : public io::FileSystem {
 public:
  explicit ForwardingFileSystem(io::FileSystem& files) : files_(files) {}

  Result<std::unique_ptr<io::File>> Open(const std::string& path, io::OpenMode mode) override {
    return files_.Open(path, mode);
  }
  Result<io::FileInfo> Stat(const std::string& path) override { return files_.Stat(path); }
  Result<std::vector<std::string>> List(const std::string& path) override {
    return files_.List(path);
  }
  Result<void> CreateDirectories(const std::string& path) override {
    return files_.CreateDirectories(path);
  }
  Result<void> Rename(const std::string& from, const std::string& to) override {
    return files_.Rename(from, to);
  }
  Result<void> Link(const std::string& from, const std::string& to) override {
    return files_.Link(from, to);
  }
  Result<void> Remove(const std::string& path) override { return files_.Remove(path); }
  Result<bool> SharesBlocks(const std::string& path) override { return files_.SharesBlocks(path); }
  Result<void> SyncDirectory(const std::string& path) override {
    return files_.SyncDirectory(path);
  }

 private:
  io::FileSystem& files_;
};

}  // namespace dbstow::test
