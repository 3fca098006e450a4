#include "killed_repository.h"

#include <gtest/gtest.h>

#include "storage/file/file_object_store.h"

namespace dbstow::test {

KilledRepository::KilledRepository(std::string folder) : folder_(std::move(folder)) {
  const auto store = storage::CreateFileObjectStore(*files_, *random_, folder_);
  repository::CreateOptions options;
  options.kdf = io::KdfCost::Cheapest();
  const SecretString passphrase(kPassphrase);
  const auto created =
      repository::Repository::Create({*store, *clock_, *random_}, {passphrase}, options);
  EXPECT_TRUE(created) << created.error().ToString();
}

std::set<std::string> KilledRepository::ExpectSound(int level) {
  std::set<std::string> listed;
  const auto store = storage::CreateFileObjectStore(*files_, *random_, folder_);
  const SecretString passphrase(kPassphrase);
  const auto opened = repository::Repository::Open({*store, *clock_, *random_}, {passphrase});
  EXPECT_TRUE(opened) << opened.error().ToString();
  if (!opened) return listed;
  const auto records = (*opened)->List("");
  EXPECT_TRUE(records) << records.error().ToString();
  if (!records || records->empty()) return listed;
  for (const BackupRecord& record : *records) listed.insert(record.id);
  const auto report = (*opened)->Verify("", (*records)[0].instance, level);
  EXPECT_TRUE(report) << report.error().ToString();
  if (!report) return listed;
  EXPECT_EQ(report->outcome(), repository::VerifyOutcome::kPassed);
  EXPECT_EQ(report->backups.size(), listed.size());
  for (const auto& damage : report->damaged) ADD_FAILURE() << damage.key << " " << damage.problem;
  return listed;
}

}  // namespace dbstow::test
