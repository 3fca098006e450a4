#include "support/small_disk.h"

#include <sys/mount.h>

namespace dbstow::test {

std::unique_ptr<SmallDisk> SmallDisk::Mount(std::size_t bytes) {
  std::unique_ptr<SmallDisk> disk(new SmallDisk);
  const std::string options = "mode=0700,size=" + std::to_string(bytes);
  if (::mount("dbstow-test", disk->path().c_str(), "tmpfs", 0, options.c_str()) != 0) {
    return nullptr;
  }
  return disk;
}

// Lazily: a test that failed may still hold a file open. Where nothing is mounted it does nothing.
SmallDisk::~SmallDisk() { ::umount2(folder_.path().c_str(), MNT_DETACH); }

}  // namespace dbstow::test
