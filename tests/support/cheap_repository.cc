#include "support/cheap_repository.h"

#include <gtest/gtest.h>

#include "io/file_system.h"
#include "io/system_clock.h"
#include "io/system_random.h"
#include "repository/repository.h"
#include "storage/file/file_object_store.h"

namespace dbstow::test {

void CreateCheapRepository(const std::string& folder, const std::string& passphrase) {
  const auto files = io::CreatePosixFileSystem();
  const auto clock = io::CreateSystemClock();
  const auto random = io::CreateSystemRandom();
  const auto store = storage::CreateFileObjectStore(*files, *random, folder);
  repository::CreateOptions options;
  options.kdf = io::KdfCost::Cheapest();
  const SecretString secret(passphrase);
  const auto created = repository::Repository::Create({*store, *clock, *random}, {secret}, options);
  EXPECT_TRUE(created) << created.error().ToString();
}

}  // namespace dbstow::test
