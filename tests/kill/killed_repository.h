#pragma once

#include <memory>
#include <set>
#include <string>

#include "io/file_system.h"
#include "io/system_clock.h"
#include "io/system_random.h"
#include "repository/repository.h"

namespace dbstow::test {

/// The repository of commands that are killed, looked at without the program.
class KilledRepository {
 public:
  static constexpr const char* kPassphrase = "kill me";

  /// Makes it, cheaply.
  explicit KilledRepository(std::string folder);

  [[nodiscard]] std::string uri() const { return "file://" + folder_; }
  /// The backups in it, when every byte of every pack is sound; at level 2 also what they mean.
  /// Fails the test otherwise.
  [[nodiscard]] std::set<std::string> ExpectSound(int level);
  /// Dates every file back by hours, as if the kills were long ago, prunes, and fails the test when
  /// anything of theirs is left.
  void ExpectPrunedClean();

 private:
  std::string folder_;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<Clock> clock_ = io::CreateSystemClock();
  std::unique_ptr<Random> random_ = io::CreateSystemRandom();
};

}  // namespace dbstow::test
