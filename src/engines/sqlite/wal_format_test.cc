#include "engines/sqlite/wal_format.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include <cstring>
#include <filesystem>

#include "engines/sqlite/sqlite_session.h"
#include "support/fakes.h"
#include "support/sqlite_database.h"

namespace dbstow::sqlite {
namespace {

// A database in WAL mode with some commits in its log, and that log's state.
class WalFormat : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        writer_.Execute("PRAGMA page_size=1024; PRAGMA journal_mode=WAL;"
                        "PRAGMA wal_autocheckpoint=0; CREATE TABLE t(x);"));
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(writer_.Execute("INSERT INTO t VALUES(randomblob(3000))"));
    }
    auto session = Session::Open({path_}, test_.context);
    ASSERT_TRUE(session);
    ASSERT_TRUE((*session)->Integer("SELECT count(*) FROM t"));
    auto state = (*session)->ReadWalState();
    ASSERT_TRUE(state && *state);
    state_ = **state;
  }

  Result<WalPages> Read() {
    DBSTOW_ASSIGN(auto log, files_->Open(path_ + "-wal", io::OpenMode::kRead));
    return WalPages::Read(*log, state_, test_.context);
  }
  void Invert(std::uint64_t offset) {
    auto log = files_->Open(path_ + "-wal", io::OpenMode::kReadWrite);
    ASSERT_TRUE(log);
    Bytes byte(1);
    ASSERT_TRUE((*log)->ReadAt(offset, byte));
    byte[0] ^= std::byte{0x10};
    ASSERT_TRUE((*log)->WriteAt(offset, byte));
  }

  test::ScratchFolder folder_;
  std::string path_ = folder_ / "t.db";
  test::TestContext test_;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  test::SqliteDatabase writer_{path_};
  WalState state_;
};

TEST_F(WalFormat, FindsTheNewestPlaceOfEachPage) {
  const auto pages = Read();
  ASSERT_TRUE(pages) << pages.error().ToString();
  EXPECT_EQ(state_.page_size, 1024u);
  EXPECT_EQ(state_.page_count,
            static_cast<unsigned>(std::stoi(writer_.Value("PRAGMA page_count"))));
  // Nothing was checkpointed: every page is in the log, once.
  ASSERT_EQ(pages->all().size(), state_.page_count);
  for (std::uint32_t i = 0; i < state_.page_count; ++i) EXPECT_EQ(pages->all()[i].page, i);
  const auto [from, to] = pages->Find(2, 3);
  EXPECT_EQ(to - from, 3);
  EXPECT_EQ(from->page, 2u);
  EXPECT_GT(state_.last_frame, state_.page_count);
}

TEST_F(WalFormat, ACommitIsNotMistakenForAnother) {
  const WalState before = state_;
  ASSERT_TRUE(writer_.Execute("INSERT INTO t VALUES(1)"));
  auto session = Session::Open({path_}, test_.context);
  ASSERT_TRUE((*session)->Integer("SELECT count(*) FROM t"));
  EXPECT_FALSE((**(*session)->ReadWalState()).SameCommit(before));
  // Frames behind the commit do not matter to it.
  EXPECT_TRUE(Read());
}

TEST_F(WalFormat, AnyFlippedBitIsFound) {
  const std::uint64_t frame = 24 + 1024;
  for (std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{9}, std::uint64_t{17},
                               std::uint64_t{25}, 32 + frame * 3 + 1, 32 + frame * 3 + 9,
                               32 + frame * 5 + 700, 32 + frame * (state_.last_frame - 1) + 1000}) {
    ASSERT_NO_FATAL_FAILURE(Invert(offset));
    const auto pages = Read();
    ASSERT_FALSE(pages) << offset;
    EXPECT_EQ(pages.error().code(), ErrorCode::kSourceDamaged);
    ASSERT_NO_FATAL_FAILURE(Invert(offset));
  }
  EXPECT_TRUE(Read());
}

TEST_F(WalFormat, ACutOffLogIsFound) {
  auto log = files_->Open(path_ + "-wal", io::OpenMode::kReadWrite);
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->Truncate(32 + std::uint64_t{state_.last_frame} * 1048 - 1));
  EXPECT_FALSE(Read());
}

TEST_F(WalFormat, ALogOfAnotherGenerationIsRefused) {
  ASSERT_TRUE(writer_.Rows("PRAGMA wal_checkpoint(RESTART)"));
  ASSERT_TRUE(writer_.Execute("INSERT INTO t VALUES(randomblob(3000))"));
  EXPECT_FALSE(Read());
}

TEST(WalState, RefusesATornOrUnknownHeader) {
  Bytes index(WalState::kIndexSize);
  EXPECT_FALSE(WalState::Decode(index));
  EXPECT_FALSE(WalState::Decode(ByteView(index).first(20)));
}

RC_GTEST_PROP(WalState, NeverReadsOutsideWhateverItIsGiven, (std::vector<std::uint8_t> noise)) {
  // Two equal copies of noise: only the checksum is left to refuse it.
  Bytes index(WalState::kIndexSize);
  for (std::size_t i = 0; i < 48 && i < noise.size(); ++i) {
    index[i] = index[i + 48] = static_cast<std::byte>(noise[i]);
  }
  RC_ASSERT(!WalState::Decode(index).has_value());
}

}  // namespace
}  // namespace dbstow::sqlite
