#include "killed_repository.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "storage/file/file_object_store.h"
#include "support/cheap_repository.h"

namespace dbstow::test {

KilledRepository::KilledRepository(std::string folder) : folder_(std::move(folder)) {
  CreateCheapRepository(folder_, kPassphrase);
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

void KilledRepository::ExpectPrunedClean() {
  namespace fs = std::filesystem;
  const auto before = fs::file_time_type::clock::now() - std::chrono::hours(3);
  for (const auto& each : fs::recursive_directory_iterator(folder_)) {
    fs::last_write_time(each.path(), before);
  }
  const auto store = storage::CreateFileObjectStore(*files_, *random_, folder_);
  const SecretString passphrase(kPassphrase);
  const auto opened = repository::Repository::Open({*store, *clock_, *random_}, {passphrase});
  ASSERT_TRUE(opened) << opened.error().ToString();
  RetentionPolicy keep_all;
  keep_all.fence_after = std::chrono::hours(0);
  const auto instances = (*opened)->Instances();
  ASSERT_TRUE(instances) << instances.error().ToString();
  for (const std::string& each : *instances) {
    const auto plan = (*opened)->PlanPrune(each, keep_all);
    ASSERT_TRUE(plan) << plan.error().ToString();
    const auto report = (*opened)->Prune(*plan);
    ASSERT_TRUE(report) << report.error().ToString();
    ASSERT_FALSE(report->failure) << report->failure->ToString();
    std::cout << each << ": prune removed " << report->packs_removed << " packs and "
              << report->unfinished_removed << " half-written objects" << std::endl;
  }
  const auto check = (*opened)->Check();
  ASSERT_TRUE(check) << check.error().ToString();
  EXPECT_EQ(check->unreferenced_packs, 0u);
  for (const auto& each : fs::recursive_directory_iterator(folder_)) {
    EXPECT_NE(each.path().filename().string().front(), '~') << each.path();
  }
}

}  // namespace dbstow::test
