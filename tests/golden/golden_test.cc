#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "golden/golden_content.h"

namespace dbstow::golden {
namespace {

// Every format that was ever released: a folder each.
class Golden : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::filesystem::path folder = std::filesystem::path(DBSTOW_GOLDEN) / GetParam();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      ASSERT_TRUE(
          store_.Put(std::filesystem::relative(entry.path(), folder).string(), AsBytes(text)));
    }
    const SecretString passphrase(kPassphrase);
    auto opened = repository::Repository::Open({store_, clock_, random_}, {passphrase});
    ASSERT_TRUE(opened) << opened.error().ToString();
    repository_ = *std::move(opened);
  }

  test::MemoryObjectStore store_;
  test::FakeClock clock_;
  test::FakeRandom random_{7};
  std::unique_ptr<repository::Repository> repository_;
};

TEST_P(Golden, EveryBackupRestores) {
  const auto records = repository_->List(kInstance).value();
  ASSERT_EQ(records.size(), 3u);
  for (int generation = 0; generation < 2; ++generation) {
    const BackupRecord& record = records[static_cast<std::size_t>(generation)];
    auto reader = repository_->Open(record.id, kInstance).value();
    EXPECT_EQ(test::ReadAll(*reader).value(), Content(generation));
    EXPECT_EQ(record.details.at("generation"), std::to_string(generation));
    EXPECT_EQ(record.fingerprints.at(0), (ContentFingerprint{"public.orders", "sum", 42, "00ff"}));
    EXPECT_EQ(record.warnings.at(0), "a warning");
    EXPECT_EQ(record.server_version, "1.2.3");
  }
  EXPECT_EQ(records[1].parent_id, records[0].id);
  EXPECT_EQ(records[2].server_reference, "kept by the server");
  EXPECT_EQ(records[2].type, BackupType::kSnapshot);
}

TEST_P(Golden, IsWholeAndCanBeGoneOnWith) {
  EXPECT_EQ(repository_->Verify("", kInstance, 2).value().outcome(),
            repository::VerifyOutcome::kPassed);
  EXPECT_TRUE(repository_->Check().value().healthy());
  EXPECT_EQ(repository_->Standings(kInstance).value().size(), 2u);
  clock_.Advance(std::chrono::hours(48));
  BackupPlan plan;
  plan.instance = kInstance;
  plan.engine = "golden";
  auto writer = repository_->Begin(plan).value();
  ASSERT_NE(writer->parent(), nullptr);
  ASSERT_TRUE(test::Fill(*writer, Content(1)));
  const BackupRecord record = writer->Commit({}).value();
  EXPECT_EQ(record.bytes.reused, Content(1).size() - 2 * 512) << "all but the two zero pages";
}

INSTANTIATE_TEST_SUITE_P(Formats, Golden, ::testing::Values("v1"));

}  // namespace
}  // namespace dbstow::golden
