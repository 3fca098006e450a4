#pragma once

#include <map>
#include <memory>
#include <string>

#include "observability/shared_files.h"

namespace dbstow::test {

/// Files in memory that can fail like a machine that loses power: the n-th change may be done in
/// part and is reported as an error.
class MemorySharedFiles final : public observability::SharedFiles {
 public:
  std::map<std::string, std::string> files;

  /// The n-th change (from 1, counted from now) fails; of an append, the first `bytes` are written;
  /// a replacement is done when `bytes` is not 0.
  void FailChange(int nth, std::size_t bytes) {
    failing_ = changes_ + nth;
    written_ = bytes;
  }

  Result<std::unique_ptr<observability::FileLock>> Lock(const std::string&, Deadline,
                                                        std::stop_token) override {
    return std::make_unique<observability::FileLock>();
  }
  Result<std::uint64_t> Size(const std::string& path) override {
    const auto found = files.find(path);
    if (found == files.end()) return Missing(path);
    return static_cast<std::uint64_t>(found->second.size());
  }
  Result<std::string> Read(const std::string& path, std::uint64_t offset,
                           std::size_t size) override {
    const auto found = files.find(path);
    if (found == files.end()) return Missing(path);
    if (offset >= found->second.size()) return std::string();
    return found->second.substr(offset, size);
  }
  Result<void> Append(const std::string& path, std::string_view text) override {
    const bool fails = ++changes_ == failing_;
    files[path] += fails ? text.substr(0, written_) : text;
    return fails ? Broken(path) : Result<void>();
  }
  Result<void> Replace(const std::string& path, std::string_view text) override {
    const bool fails = ++changes_ == failing_;
    if (!fails || written_ != 0) files[path] = text;
    return fails ? Broken(path) : Result<void>();
  }

 private:
  static Error Missing(const std::string& path) {
    return Error(ErrorCode::kNotFound, "no file " + path);
  }
  static Result<void> Broken(const std::string& path) {
    return Error(ErrorCode::kIoError, "power lost while changing " + path);
  }

  int changes_ = 0;
  int failing_ = 0;
  std::size_t written_ = 0;
};

}  // namespace dbstow::test
