#include <gmock/gmock.h>

#include <atomic>

#include "engines/postgres/pg_clone.h"
#include "integration/postgres/postgres_fixture.h"
#include "support/pg_compare.h"

namespace dbstow::postgres {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

class CloneTest : public PostgresTest {
 protected:
  void MakeShop(const std::string& scale) {
    const auto made = test::CreateShop(*server_, "shop", scale);
    ASSERT_TRUE(made) << made.error().ToString();
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    for (const char* database : {"shop", "copy"}) {
      Sql("postgres", "DROP DATABASE IF EXISTS " + std::string(database) + " WITH (FORCE)");
    }
  }
  [[nodiscard]] Result<CloneResult> Clone(StringMap extra) {
    CloneOptions options;
    options.target_name = "copy";
    options.extra = std::move(extra);
    const auto instance = Instance(Connection("shop"));
    return dynamic_cast<SupportsClone&>(*instance).Clone(options, world_.context);
  }
  void ExpectEqual(const test::PostgresServer& server, const std::string& copy) {
    const auto expected = test::CaptureImage(*server_, "shop");
    const auto found = test::CaptureImage(server, copy);
    ASSERT_TRUE(expected) << expected.error().ToString();
    ASSERT_TRUE(found) << found.error().ToString();
    EXPECT_THAT(test::CompareImages(*expected, *found), IsEmpty());
    EXPECT_THAT(test::CompareDatabaseFacts(*expected, *found), IsEmpty());
  }
  void ExpectNoDebris() {
    EXPECT_EQ(Value("postgres",
                    "SELECT coalesce(string_agg(datname, ','), '') FROM pg_database "
                    "WHERE datname LIKE '%dbstow%' OR datname = 'copy'"),
              "");
    ExpectNoSessionLeft();
  }
};

TEST_F(CloneTest, TemplatesCarryWhatTheServerLeavesOut) {
  MakeShop("0.01");
  for (const char* strategy : {"auto", "template_wal_log", "template_file_copy"}) {
    const auto cloned = Clone({{"strategy", strategy}});
    ASSERT_TRUE(cloned) << strategy << ": " << cloned.error().ToString();
    EXPECT_EQ(cloned->target, "copy");
    EXPECT_FALSE(cloned->zero_copy);
    EXPECT_THAT(cloned->details, Contains(Key("zero_copy_reason")));
    EXPECT_THAT(cloned->details, Contains(Pair("strategy", HasSubstr("template"))));
    EXPECT_GT(cloned->bytes_copied, 10'000'000u);
    ExpectEqual(*server_, "copy");
    Sql("postgres", "DROP DATABASE copy");
  }
  ExpectNoDebris();
}

TEST_F(CloneTest, StreamsEverythingWithinTheServer) {
  MakeShop("0.03");
  const auto cloned = Clone({{"strategy", "stream"}, {"splitMegabytes", "1"}, {"jobs", "3"}});
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  EXPECT_THAT(cloned->details, Contains(Pair("strategy", "stream")));
  // The server's own remark on publications is all there is to say.
  EXPECT_THAT(cloned->warnings, Each(HasSubstr("wal_level")));
  ExpectEqual(*server_, "copy");
  Sql("postgres", "DROP DATABASE copy");
  ExpectNoDebris();
}

TEST_F(CloneTest, FallsBackToStreamingWhenTheSourceHasSessions) {
  MakeShop("0.002");
  const auto busy = Open("shop");
  const auto demanded = Clone({{"strategy", "template_wal_log"}});
  ASSERT_FALSE(demanded);
  EXPECT_EQ(demanded.error().code(), ErrorCode::kConflict);
  const auto cloned = Clone({});
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  EXPECT_THAT(cloned->details, Contains(Pair("strategy", "stream")));
  EXPECT_THAT(cloned->details.at("zero_copy_reason"), HasSubstr("cannot be a template"));
  ExpectEqual(*server_, "copy");
}

TEST_F(CloneTest, StreamsToAnotherServerWithItsRoles) {
  MakeShop("0.01");
  auto other = test::PostgresServer::Create();
  ASSERT_TRUE(other) << other.error().ToString();
  world_.secrets.by_key["other"] = (*other)->password();
  const auto cloned =
      Clone({{"targetServer", "postgres://" + (*other)->superuser() + "@127.0.0.1:" +
                                  std::to_string((*other)->port()) + "?secret=fake:other"}});
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  ExpectEqual(**other, "copy");
  EXPECT_EQ((*other)
                ->QueryValue("postgres",
                             "SELECT count(*) FROM pg_roles WHERE rolname ~* "
                             "'^shop'")
                .value_or("?"),
            "4");
}

TEST_F(CloneTest, RefusesATargetThatExists) {
  MakeShop("0.001");
  Sql("postgres", "CREATE DATABASE copy");
  Sql("copy", "CREATE TABLE precious AS SELECT 1");
  for (const char* strategy : {"auto", "stream"}) {
    const auto cloned = Clone({{"strategy", strategy}});
    ASSERT_FALSE(cloned);
    EXPECT_EQ(cloned.error().code(), ErrorCode::kAlreadyExists);
  }
  EXPECT_EQ(Value("copy", "SELECT count(*) FROM precious"), "1");
  Sql("postgres", "DROP DATABASE copy");
  ExpectNoDebris();
}

TEST_F(CloneTest, ACancelledCloneLeavesNothing) {
  MakeShop("0.05");
  // Cancelled at several points on the way.
  for (const int milliseconds : {30, 150, 400, 800}) {
    std::stop_source stop;
    world_.context.stop = stop.get_token();
    std::jthread canceller([&stop, milliseconds] {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      stop.request_stop();
    });
    const auto cloned = Clone({{"strategy", "stream"}});
    if (cloned) {
      Sql("postgres", "DROP DATABASE copy");
    } else {
      EXPECT_EQ(cloned.error().code(), ErrorCode::kCancelled) << cloned.error().ToString();
    }
    world_.context.stop = {};
    ExpectNoDebris();
  }
}

TEST_F(CloneTest, TheSourceMayBeWrittenMeanwhile) {
  MakeShop("0.02");
  Sql("shop", "CREATE TABLE public.pairs AS SELECT i AS a, i AS b FROM generate_series(1, 1000) i");
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    while (!done) {
      (void)server_->Query("shop",
                           "UPDATE public.pairs SET a = a + 1; UPDATE public.pairs SET b "
                           "= b + 1");
    }
  });
  const auto cloned = Clone({{"strategy", "stream"}, {"jobs", "2"}});
  done = true;
  writer.join();
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  EXPECT_EQ(Value("copy", "SELECT count(*) FROM public.pairs WHERE a <> b"), "0");
}

TEST_F(CloneTest, SaysWhatIsWrongWithItsOptions) {
  Sql("postgres", "CREATE DATABASE shop");
  for (const StringMap& extra : std::vector<StringMap>{
           {{"strategie", "auto"}},
           {{"strategy", "fast"}},
           {{"targetServer", "sqlite:///x"}},
           {{"targetServer", "postgres://u@h"}, {"strategy", "template_wal_log"}},
           {{"targetServer", "postgres://u:password@h"}}}) {
    const auto cloned = Clone(extra);
    ASSERT_FALSE(cloned);
    EXPECT_EQ(cloned.error().code(), ErrorCode::kInvalidOptions) << cloned.error().ToString();
  }
}

TEST_F(CloneTest, DryRunChangesNothing) {
  MakeShop("0.001");
  world_.context.dry_run = true;
  const auto planned = Clone({});
  ASSERT_TRUE(planned) << planned.error().ToString();
  EXPECT_THAT(planned->details, Contains(Pair("strategy", "template_wal_log")));
  world_.context.dry_run = false;
  ExpectNoDebris();
}

// A file system that can share blocks, or cannot, or may not be looked at.
class FileSystemOfKind final : public io::FileSystem {
 public:
  explicit FileSystemOfKind(Result<bool> shares) : shares_(std::move(shares)) {}
  Result<bool> SharesBlocks(const std::string& path) override {
    return path == "/srv/pg" ? shares_ : Result<bool>(Unused());
  }
  Result<std::unique_ptr<io::File>> Open(const std::string&, io::OpenMode) override {
    return Unused();
  }
  Result<io::FileInfo> Stat(const std::string&) override { return Unused(); }
  Result<std::vector<std::string>> List(const std::string&) override { return Unused(); }
  Result<void> CreateDirectories(const std::string&) override { return Unused(); }
  Result<void> Rename(const std::string&, const std::string&) override { return Unused(); }
  Result<void> Link(const std::string&, const std::string&) override { return Unused(); }
  Result<void> Remove(const std::string&) override { return Unused(); }
  Result<void> SyncDirectory(const std::string&) override { return Unused(); }

 private:
  static Error Unused() { return Error(ErrorCode::kInternal, "not asked for"); }
  Result<bool> shares_;
};

using Shares = ZeroCopyVerdict::Shares;

TEST(ZeroCopy, IsClaimedOnlyWhereTheFileSystemIsKnownToShare) {
  FileSystemOfKind xfs(true);
  FileSystemOfKind ext4(false);
  FileSystemOfKind closed(Error(ErrorCode::kPermissionDenied, "closed"));
  const ZeroCopyFacts here{180000, "clone", "/srv/pg", true};
  EXPECT_EQ(JudgeZeroCopy(here, xfs).shares, Shares::kYes);
  EXPECT_EQ(JudgeZeroCopy(here, ext4).shares, Shares::kNo);
  EXPECT_THAT(JudgeZeroCopy(here, ext4).reason, HasSubstr("/srv/pg"));
  EXPECT_EQ(JudgeZeroCopy(here, closed).shares, Shares::kUnknown);
  EXPECT_EQ(JudgeZeroCopy({180000, "clone", "/srv/pg", false}, xfs).shares, Shares::kUnknown);
  EXPECT_EQ(JudgeZeroCopy({180000, "clone", "", true}, xfs).shares, Shares::kUnknown);
  EXPECT_EQ(JudgeZeroCopy({180000, "copy", "/srv/pg", true}, xfs).shares, Shares::kNo);
  EXPECT_THAT(JudgeZeroCopy({180000, "copy", "/srv/pg", true}, xfs).reason,
              HasSubstr("file_copy_method"));
  EXPECT_EQ(JudgeZeroCopy({170000, "", "/srv/pg", true}, xfs).shares, Shares::kNo);
}

TEST(PlanTemplate, ChoosesBySizeAndVersionAndTellsHonestly) {
  const auto plan = [](CloneStrategy strategy, int version, std::uint64_t bytes, Shares shares,
                       bool preferred = true) {
    const std::string reason = shares == Shares::kYes ? "" : "a reason";
    return PlanTemplate(strategy, {version, bytes, {shares, reason, ""}, preferred});
  };
  constexpr std::uint64_t kSmall = 1 << 20;
  constexpr std::uint64_t kBig = 1u << 30;
  const auto kAuto = CloneStrategy::kAuto;
  EXPECT_EQ(plan(kAuto, 140000, 1, Shares::kNo).clause, "");
  EXPECT_EQ(plan(kAuto, 140000, 1, Shares::kNo).name, "template_file_copy");
  EXPECT_EQ(plan(kAuto, 150000, kSmall, Shares::kNo).clause, " STRATEGY = wal_log");
  EXPECT_EQ(plan(kAuto, 150000, kBig, Shares::kNo).clause, " STRATEGY = file_copy");
  EXPECT_FALSE(plan(kAuto, 150000, kBig, Shares::kNo).zero_copy);
  EXPECT_EQ(plan(kAuto, 150000, kBig, Shares::kNo).zero_copy_reason, "a reason");
  EXPECT_TRUE(plan(kAuto, 180000, kSmall, Shares::kYes).zero_copy);
  EXPECT_EQ(plan(kAuto, 180000, kSmall, Shares::kUnknown).clause, " STRATEGY = file_copy");
  EXPECT_FALSE(plan(kAuto, 180000, kSmall, Shares::kUnknown).zero_copy);
  EXPECT_FALSE(plan(kAuto, 180000, kBig, Shares::kYes, false).zero_copy);
  EXPECT_FALSE(plan(CloneStrategy::kTemplateWalLog, 180000, 1, Shares::kYes).zero_copy);
}

}  // namespace
}  // namespace dbstow::postgres
