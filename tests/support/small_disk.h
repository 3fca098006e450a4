#pragma once

#include <memory>
#include <string>

#include "support/fakes.h"

namespace dbstow::test {

/// A file system of its own with very little room, for tests of full disks.
class SmallDisk {
 public:
  /// Null where mounting is not allowed: such a test has to be skipped.
  [[nodiscard]] static std::unique_ptr<SmallDisk> Mount(std::size_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] const std::string& path() const { return folder_.path(); }

 private:
  SmallDisk() = default;
  ScratchFolder folder_;
};

/// A small xfs, which can share blocks between files, on a loop device.
class ReflinkDisk {
 public:
  /// Null where that cannot be had: it takes root and mkfs.xfs.
  [[nodiscard]] static std::unique_ptr<ReflinkDisk> Mount();
  ~ReflinkDisk();
  ReflinkDisk(const ReflinkDisk&) = delete;
  ReflinkDisk& operator=(const ReflinkDisk&) = delete;
  [[nodiscard]] std::string path() const { return folder_ / "disk"; }

 private:
  ReflinkDisk() = default;
  ScratchFolder folder_;
};

}  // namespace dbstow::test
