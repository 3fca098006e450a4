#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/test_repository.h"

// Level 0: a frame that does not decode to what went into it is never stored. Memory that rots is
// played by the random numbers of a fresh pack, which are drawn after a frame was compressed and
// before it is sealed.

namespace dbstow::repository {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RottingRandom final : public Random {
 public:
  void Fill(MutableByteView out) override {
    numbers_.Fill(out);
    if (on_fill) on_fill();
  }
  std::function<void()> on_fill;

 private:
  test::FakeRandom numbers_{7};
};

class LevelZero : public ::testing::Test {
 protected:
  /// A stream of one chunk, whose memory rots while it is written.
  Result<BackupRecord> BackUpRotting(const RepositoryTuning& tuning) {
    RottingRandom random;
    DBSTOW_ASSIGN(const auto repository,
                  Repository::Open({made_.store, made_.clock, random}, {made_.passphrase}, tuning));
    DBSTOW_ASSIGN(const auto writer, repository->Begin(test::TestRepository::Plan("db")));
    DBSTOW_ASSIGN(const auto sink, writer->AddStream({"rows", {}}));
    Bytes rows = test::Text(StreamSink::kPiece, 1);
    random.on_fill = [&] {
      ++rotted_;
      rows[rows.size() / 2] ^= std::byte{16};
      random.on_fill = {};
    };
    DBSTOW_TRY(sink->Write(rows));
    DBSTOW_TRY(sink->Finish());
    return writer->Commit({});
  }
  [[nodiscard]] std::vector<std::string> Stored() const {
    std::vector<std::string> keys = made_.store.Keys("i/db/packs/");
    for (std::string& key : made_.store.Keys("i/db/m/")) keys.push_back(std::move(key));
    return keys;
  }

  test::TestRepository made_;
  int rotted_ = 0;
};

TEST_F(LevelZero, WhatDoesNotDecodeIsNotStored) {
  const auto backup = BackUpRotting({});
  EXPECT_EQ(rotted_, 1);
  ASSERT_FALSE(backup);
  EXPECT_EQ(backup.error().code(), ErrorCode::kInternal) << backup.error().ToString();
  EXPECT_THAT(backup.error().message(), HasSubstr("did not decode to what went into it"));
  EXPECT_THAT(backup.error().hint(), HasSubstr("memory or processor"));
  EXPECT_THAT(Stored(), IsEmpty());
}

// So it is the check that finds it, and every repository has it unless it is told otherwise.
TEST_F(LevelZero, WithoutTheCheckNobodyWouldNotice) {
  RepositoryTuning tuning;
  tuning.write_check = WriteCheck::kNone;
  EXPECT_TRUE(BackUpRotting(tuning));
  EXPECT_EQ(rotted_, 1);
  EXPECT_THAT(Stored(), Not(IsEmpty()));
}

TEST_F(LevelZero, SoundMemoryPasses) {
  EXPECT_TRUE(made_.Backup("db", {.streams = {{"rows", test::Text(3'000'000, 2)}}, .pages = {}}));
}

}  // namespace
}  // namespace dbstow::repository
