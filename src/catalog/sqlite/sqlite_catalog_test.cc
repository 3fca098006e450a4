#include "catalog/sqlite/sqlite_catalog.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "catalog/sqlite/file_lease.h"
#include "catalog/sqlite/result_json.h"
#include "catalog/sqlite/sqlite_session.h"
#include "support/fakes.h"
#include "support/operation_fakes.h"

namespace dbstow::catalog {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

OperationResult SomeResult() {
  OperationResult result;
  result.message = "could not \"do\" it \xff";
  result.error = Error(ErrorCode::kUnavailable, "lost")
                     .WithHint("look")
                     .WithRetry(Retry::kOutcomeUnknown)
                     .WithNative({"errno", "32", "Broken pipe"})
                     .WithCause(Error(ErrorCode::kIoError, "cause"));
  result.details = {{"operation", "backup"}, {"instance", "shop"}};
  result.warnings = {"one", "two"};
  return result;
}

class SqliteCatalogTest : public ::testing::Test {
 protected:
  std::unique_ptr<Catalog> Open() { return CreateSqliteCatalog(state, {*files, clock, logger}); }
  std::vector<std::string> Names() {
    return files->List(state).value_or(std::vector<std::string>());
  }

  test::ScratchFolder folder;
  std::string state = folder / "state";
  std::string database = state + "/catalog.sqlite";
  std::unique_ptr<io::FileSystem> files = io::CreatePosixFileSystem();
  test::FakeClock clock;
  test::RecordingLogger logger;
};

TEST_F(SqliteCatalogTest, KeepsTheFirstResultAcrossProcesses) {
  EXPECT_EQ(*Open()->FindResult("k"), std::nullopt);
  ASSERT_TRUE(Open()->RecordResult("k", SomeResult()));
  OperationResult other;
  other.success = true;
  ASSERT_TRUE(Open()->RecordResult("k", other));
  const auto found = Open()->FindResult("k");
  ASSERT_TRUE(found && *found);
  const OperationResult& result = **found;
  EXPECT_FALSE(result.success);
  EXPECT_EQ(result.details, SomeResult().details);
  EXPECT_EQ(result.warnings, SomeResult().warnings);
  EXPECT_EQ(result.error->ToString(), SomeResult().error->ToString());
  EXPECT_EQ(result.error->retry(), Retry::kOutcomeUnknown);
  EXPECT_EQ(*Open()->FindResult("K"), std::nullopt);
}

TEST_F(SqliteCatalogTest, KeysMayHoldAnything) {
  auto catalog = Open();
  const std::string key = "'; DROP TABLE results; -- \"\n\xE2\x98\x83";
  ASSERT_TRUE(catalog->RecordResult(key, SomeResult()));
  EXPECT_TRUE(catalog->FindResult(key)->has_value());
}

TEST_F(SqliteCatalogTest, NothingIsWrittenBeforeItIsNeeded) {
  Open();
  EXPECT_FALSE(files->Stat(state));
}

TEST_F(SqliteCatalogTest, AFileThatIsNoDatabaseIsKeptAsideAndBegunAnew) {
  ASSERT_TRUE(files->CreateDirectories(state));
  std::ofstream(database) << std::string(5000, 'x');
  auto catalog = Open();
  EXPECT_EQ(*catalog->FindResult("k"), std::nullopt);
  ASSERT_TRUE(catalog->RecordResult("k", SomeResult()));
  EXPECT_TRUE(catalog->FindResult("k")->has_value());
  EXPECT_THAT(Names(), Contains(StartsWith("catalog.sqlite.damaged-")));
  EXPECT_THAT(logger.Text(), HasSubstr("the catalog was damaged"));
}

TEST_F(SqliteCatalogTest, DamageInsideThePagesIsFoundToo) {
  ASSERT_TRUE(Open()->RecordResult("k", SomeResult()));
  {
    std::fstream file(database, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);  // the page of the table; the header stays good
    file << std::string(4096, '\xAA');
  }
  auto catalog = Open();
  EXPECT_EQ(*catalog->FindResult("k"), std::nullopt);
  EXPECT_TRUE(catalog->RecordResult("k", SomeResult()));
  EXPECT_THAT(logger.Text(), HasSubstr("the catalog was damaged"));
}

TEST_F(SqliteCatalogTest, AResultThatCannotBeReadIsIgnoredWithAWarning) {
  auto catalog = Open();
  ASSERT_TRUE(catalog->RecordResult("k", SomeResult()));
  auto session = SqliteSession::Open(database);
  ASSERT_TRUE((*session)->Run("UPDATE results SET result = '{\"success\": 1}'"));
  EXPECT_EQ(*catalog->FindResult("k"), std::nullopt);
  EXPECT_THAT(logger.Text(), HasSubstr("cannot be read is ignored"));
}

TEST_F(SqliteCatalogTest, ACatalogOfALaterVersionStaysUntouched) {
  ASSERT_TRUE(Open()->RecordResult("k", SomeResult()));
  {
    auto session = SqliteSession::Open(database);
    ASSERT_TRUE((*session)->Run("PRAGMA user_version=99"));
  }
  EXPECT_EQ(Open()->FindResult("k").error().code(), ErrorCode::kUnsupportedCapability);
  EXPECT_TRUE(Open()->Acquire("chain/shop", "me"));  // leases do not need it
  EXPECT_THAT(Names(), Not(Contains(StartsWith("catalog.sqlite.damaged-"))));
}

TEST_F(SqliteCatalogTest, ALeaseExcludesAndNamesItsHolder) {
  auto first = Open();
  auto second = Open();
  {
    const auto lease = first->Acquire("chain/shop", "backup by alice");
    ASSERT_TRUE(lease) << lease.error().ToString();
    for (auto* catalog : {first.get(), second.get()}) {
      const auto refused = catalog->Acquire("chain/shop", "backup by bob");
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
      EXPECT_THAT(refused.error().message(), HasSubstr("backup by alice"));
      EXPECT_THAT(refused.error().message(), HasSubstr(std::to_string(::getpid())));
    }
    EXPECT_TRUE(second->Acquire("chain/other", "backup by bob"));
  }
  EXPECT_TRUE(second->Acquire("chain/shop", "backup by bob"));
}

// Takes the lease in a child, says so through a pipe, and waits to be killed.
pid_t HoldInChild(const std::string& folder, const std::string& what) {
  int ready[2];
  if (::pipe(ready) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lease = AcquireFileLease(folder, what, "the child");
    if (::write(ready[1], lease ? "y" : "n", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char answer = 'n';
  const bool told = ::read(ready[0], &answer, 1) == 1;
  ::close(ready[0]);
  ::close(ready[1]);
  return told && answer == 'y' ? child : -1;
}

TEST_F(SqliteCatalogTest, AKilledHolderFreesItsLease) {
  auto catalog = Open();
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(files->CreateDirectories(state + "/leases"));
    const pid_t child = HoldInChild(state + "/leases", "chain/shop");
    ASSERT_GT(child, 0);
    const auto refused = catalog->Acquire("chain/shop", "me");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("the child"));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto lease = catalog->Acquire("chain/shop", "me");
    EXPECT_TRUE(lease) << lease.error().ToString();
  }
}

// What the process around us may have asked for, for its own databases.
TEST_F(SqliteCatalogTest, DoesNotShareItsCache) {
  ASSERT_TRUE(Open()->RecordResult("k", SomeResult()));
  sqlite3_enable_shared_cache(1);
  sqlite3* other = nullptr;
  sqlite3_open(database.c_str(), &other);
  EXPECT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE; DELETE FROM results", nullptr, nullptr, nullptr),
            SQLITE_OK);
  const auto found = Open()->FindResult("k");
  sqlite3_close(other);
  sqlite3_enable_shared_cache(0);
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_TRUE(found->has_value());
}

TEST_F(SqliteCatalogTest, AForkDoesNotKeepOurLease) {
  auto catalog = Open();
  pid_t child = 0;
  {
    const auto lease = catalog->Acquire("chain/shop", "me");
    ASSERT_TRUE(lease);
    child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
  }
  EXPECT_TRUE(catalog->Acquire("chain/shop", "next"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

// It runs the destructors of what it inherited.
TEST_F(SqliteCatalogTest, AForkThatEndsDoesNotEndOurLease) {
  auto catalog = Open();
  auto lease = catalog->Acquire("chain/shop", "me");
  ASSERT_TRUE(lease);
  const pid_t child = ::fork();
  if (child == 0) {
    lease->reset();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const auto refused = catalog->Acquire("chain/shop", "next");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("me (process"));
}

TEST_F(SqliteCatalogTest, AProgramThatWeStartedDoesNotKeepOurLease) {
  auto catalog = Open();
  pid_t child = 0;
  {
    const auto lease = catalog->Acquire("chain/shop", "me");
    ASSERT_TRUE(lease);
    int started[2];
    ASSERT_EQ(::pipe2(started, O_CLOEXEC), 0);
    child = ::fork();
    if (child == 0) {
      ::execl("/bin/sleep", "sleep", "1000", nullptr);
      ::_exit(127);
    }
    ::close(started[1]);
    char none = 0;
    EXPECT_EQ(::read(started[0], &none, 1), 0);  // closed by exec
    ::close(started[0]);
  }
  EXPECT_TRUE(catalog->Acquire("chain/shop", "next"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(LeaseFileName, IsSafeShortAndDifferent) {
  EXPECT_EQ(LeaseFileName("chain/shop"), "chain%2Fshop.lease");
  const std::string longer(500, 'a');
  EXPECT_LE(LeaseFileName(longer).size(), 200u);
  EXPECT_NE(LeaseFileName(longer), LeaseFileName(longer + "a"));
  EXPECT_THAT(LeaseFileName("../x"), Not(HasSubstr("/")));
}

TEST(ResultJson, RefusesWhatIsNoResult) {
  for (const std::string_view bad : {"", "[]", "{}", "{\"success\":true}", "nonsense"}) {
    EXPECT_EQ(ResultFromJson(bad).error().code(), ErrorCode::kCorrupt) << bad;
  }
}

}  // namespace
}  // namespace dbstow::catalog
