#include "support/small_disk.h"

#include <stdlib.h>
#include <sys/mount.h>

#include <filesystem>

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

std::unique_ptr<ReflinkDisk> ReflinkDisk::Mount() {
  std::unique_ptr<ReflinkDisk> disk(new ReflinkDisk);
  const std::string image = "'" + disk->folder_.path() + "/image'";
  std::filesystem::create_directory(disk->path());
  const std::string make = "truncate -s 320M " + image + " && mkfs.xfs -q -m reflink=1 " + image +
                           " && mount -o loop " + image + " '" + disk->path() + "'";
  return ::system(("(" + make + ") >/dev/null 2>&1").c_str()) == 0 ? std::move(disk) : nullptr;
}

ReflinkDisk::~ReflinkDisk() { ::umount2(path().c_str(), MNT_DETACH); }

}  // namespace dbstow::test
