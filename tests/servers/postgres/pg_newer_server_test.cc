#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

#include "servers/postgres/pg_version_fixture.h"
#include "support/postgres_server.h"
#include "support/small_disk.h"

// A server that is newer than every pg_dump that the engine finds: what needs pg_dump is refused
// before the first byte, everything else works.

namespace dbstow::postgres {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class PgNewerServer : public PgVersionTest {
 protected:
  /// The connection to database `shop` of another server.
  [[nodiscard]] ConnectionInfo ShopOf(test::PostgresServer& older) {
    ConnectionInfo source = Connection("shop");
    source.port = older.port();
    source.credentials.secret_ref = {"fake", "older"};
    world_.secrets.by_key["older"] = older.password();
    return source;
  }
  /// Backs up what this SQL makes in a database `shop` of a server as old as the local pg_dump.
  void BackUpOlder(const std::string& sql) {
    auto older = test::PostgresServer::Create();
    ASSERT_TRUE(older) << older.error().ToString();
    ASSERT_TRUE((*older)->CreateDatabase("shop"));
    ASSERT_TRUE((*older)->Query("shop", sql));
    ASSERT_TRUE(Backup(ShopOf(**older)));
  }
  void ExpectNamesVersions(const Error& error) {
    const std::string version = std::to_string(access_->major_version());
    EXPECT_EQ(error.code(), ErrorCode::kUnsupportedCapability) << error.ToString();
    EXPECT_EQ(error.retry(), Retry::kNever);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("version " + version), HasSubstr("pg_dump 15")));
    EXPECT_THAT(error.hint(), AllOf(HasSubstr("postgresql-client-" + version), HasSubstr("PATH")));
  }
};

TEST_F(PgNewerServer, InspectTellsWhatIsMissing) {
  const auto instance = Instance(Connection("postgres"));
  const auto refreshed = instance->Refresh(world_.context);
  ASSERT_TRUE(refreshed) << refreshed.error().ToString();
  EXPECT_THAT(instance->version(), HasSubstr(std::to_string(access_->major_version()) + "."));
  EXPECT_EQ(instance->attributes().at("walLevel"), "logical");
  EXPECT_EQ(instance->attributes().at("maxConnections"), "50");
  EXPECT_THAT(instance->attributes().at("installedExtensions"), HasSubstr("plpgsql"));
  const CapabilitySet& live = instance->capabilities();
  for (const std::string_view name :
       {capability::kRestore, capability::kClone, capability::kVerify, capability::kExport}) {
    EXPECT_TRUE(live.Contains(name)) << name;
  }
  for (const std::string_view name : {capability::kBackup, capability::kBackupLogical}) {
    const auto denied = live.Require(name);
    ASSERT_FALSE(denied) << name;
    EXPECT_THAT(denied.error().ToString(), HasSubstr("pg_dump 15"));
  }
}

TEST_F(PgNewerServer, ABackupIsRefusedBeforeTheFirstByte) {
  MakeShop("0.002");
  const auto refused = Backup(Connection("shop"));
  ASSERT_FALSE(refused);
  ExpectNamesVersions(refused.error());
  EXPECT_EQ(store_.open_writers(), 0);
  EXPECT_THAT(*store_.List(""), IsEmpty());
  ExpectNoSessionLeft();
}

TEST_F(PgNewerServer, TemplatesAreCopiedAndNothingIsCalledZeroCopy) {
  MakeShop("0.002");
  for (const std::string strategy : {"auto", "template_wal_log", "template_file_copy"}) {
    const auto cloned = Clone(strategy, strategy);
    ASSERT_TRUE(cloned) << strategy << ": " << cloned.error().ToString();
    EXPECT_THAT(cloned->details.at("strategy"), HasSubstr("template"));
    if (strategy != "auto") {
      EXPECT_EQ(cloned->details.at("strategy"), strategy);
    }
    EXPECT_FALSE(cloned->zero_copy);
    EXPECT_GT(cloned->bytes_copied, 1'000'000u);
    EXPECT_THAT(cloned->details.at("zero_copy_reason"),
                HasSubstr(access_->major_version() < 18 ? "from version 18 on"
                                                        : "file_copy_method is 'copy'"));
    ExpectEqual("shop", strategy);
  }
}

/// A tablespace on a disk of its own, and the server's zero-copy method; both go at the end.
class PgSharedBlocks : public PgNewerServer {
 protected:
  void SetUp() override {
    PgNewerServer::SetUp();
    if (access_ == nullptr) return;
    if (access_->major_version() < 18) GTEST_SKIP() << "no zero copy before PostgreSQL 18";
    const passwd* owner = getpwnam("postgres");
    disk_ = test::ReflinkDisk::Mount();
    if (disk_ == nullptr || owner == nullptr) {
      GTEST_SKIP() << "no xfs on a loop device here (needs root and mkfs.xfs)";
    }
    const std::filesystem::path folder = disk_->path();
    ASSERT_EQ(chmod(folder.parent_path().c_str(), 0711), 0);  // the server's user passes through
    ASSERT_EQ(chown(disk_->path().c_str(), owner->pw_uid, owner->pw_gid), 0);
    Sql("postgres", "CREATE TABLESPACE sharing LOCATION " + test::SqlLiteral(disk_->path()));
    Sql("postgres", "ALTER SYSTEM SET file_copy_method = 'clone'");
    Sql("postgres", "SELECT pg_reload_conf()");
    EventuallyEquals("clone", "SHOW file_copy_method");
  }
  void TearDown() override {
    PgNewerServer::TearDown();
    if (disk_ == nullptr) return;
    Sql("postgres", "ALTER SYSTEM RESET file_copy_method");
    Sql("postgres", "SELECT pg_reload_conf()");
    Sql("postgres", "DROP TABLESPACE sharing");
  }
  /// A database with about 40 MB of rows.
  void MakeDatabase(const std::string& clause) {
    Sql("postgres", "CREATE DATABASE shop" + clause);
    Sql("shop",
        "CREATE TABLE t AS SELECT i, repeat(md5(i::text), 6) FROM generate_series(1, "
        "160000) i");
  }
  [[nodiscard]] std::uint64_t FreeBytes() const {
    struct statvfs info{};
    EXPECT_EQ(statvfs(disk_->path().c_str(), &info), 0);
    return info.f_bfree * info.f_frsize;
  }

  std::unique_ptr<test::ReflinkDisk> disk_;
};

TEST_F(PgSharedBlocks, ACloneOnXfsIsZeroCopyAndTakesNoRoom) {
  MakeDatabase(" TABLESPACE sharing");
  Sql("shop", "CHECKPOINT");
  sync();
  const std::uint64_t before = FreeBytes();
  const auto cloned = Clone("copy", "auto");
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  EXPECT_TRUE(cloned->zero_copy) << testing::PrintToString(cloned->details);
  EXPECT_EQ(cloned->bytes_copied, 0u);
  sync();
  EXPECT_LT(before - FreeBytes(), 20u << 20);
  EXPECT_EQ(Value("copy", "SELECT count(*), max(repeat) FROM t"),
            Value("shop", "SELECT count(*), max(repeat) FROM t"));
}

TEST_F(PgSharedBlocks, ACloneElsewhereIsNotAndSaysWhy) {
  const std::string folder = Value("postgres", "SHOW data_directory");
  if (*files_->SharesBlocks(folder)) GTEST_SKIP() << folder << " can share blocks too";
  MakeDatabase("");
  const auto cloned = Clone("copy", "template_file_copy");
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  EXPECT_FALSE(cloned->zero_copy);
  EXPECT_GT(cloned->bytes_copied, 30'000'000u);
  EXPECT_THAT(cloned->details.at("zero_copy_reason"), HasSubstr("cannot share blocks"));
}

TEST_F(PgNewerServer, StreamingIsRefusedAndLeavesNothing) {
  MakeShop("0.002");
  const auto databases = Databases();
  const auto demanded = Clone("copy", "stream");
  ASSERT_FALSE(demanded);
  ExpectNamesVersions(demanded.error());
  const auto busy = Open("shop");  // so that the source cannot be a template
  const auto chosen = Clone("copy", "auto");
  ASSERT_FALSE(chosen);
  ExpectNamesVersions(chosen.error());
  EXPECT_EQ(Databases(), databases);
}

// A comparison that does not look at them calls two databases equal that are not.
class PgNewerDefinitions : public PgNewerServer {
 protected:
  [[nodiscard]] std::vector<ContentFingerprint> Prints() {
    const auto instance = Instance(Connection("newer"));
    auto prints = dynamic_cast<SupportsVerify&>(*instance).Fingerprint({}, world_.context);
    EXPECT_TRUE(prints) << prints.error().ToString();
    return std::move(prints).value_or(std::vector<ContentFingerprint>());
  }
  void ExpectSeen(const std::string& sql, const std::string& as) {
    const auto before = Prints();
    Sql("newer", sql);
    EXPECT_THAT(CompareFingerprints(before, Prints()),
                testing::ElementsAre(testing::StartsWith(as)))
        << sql;
  }
};

TEST_F(PgNewerDefinitions, TheAccessMethodOfPartitionsIsSeen) {
  if (access_->major_version() < 17) GTEST_SKIP() << "before 17 partitioned tables have none";
  Sql("postgres", "CREATE DATABASE newer");
  Sql("newer",
      "CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;"
      "CREATE TABLE p (i int) PARTITION BY LIST (i)");
  ExpectSeen("ALTER TABLE p SET ACCESS METHOD other", "tables in schema public");
}

TEST_F(PgNewerDefinitions, PublishedGeneratedColumnsAndOddNotNullsAreSeen) {
  if (access_->major_version() < 18) GTEST_SKIP() << "they came with 18";
  Sql("postgres", "CREATE DATABASE newer");
  Sql("newer", "CREATE TABLE t (i int, CONSTRAINT n NOT NULL i); CREATE PUBLICATION news");
  ExpectSeen("ALTER PUBLICATION news SET (publish_generated_columns = stored)",
             "publications in the database");
  const std::string again = "ALTER TABLE t DROP CONSTRAINT n, ADD CONSTRAINT n NOT NULL i";
  ExpectSeen(again + " NOT VALID", "constraints in schema public: not expected");
  ExpectSeen(again + " NO INHERIT", "constraints in schema public");
  ExpectSeen(again, "constraints in schema public: missing");
  const auto plain = Prints();
  Sql("newer", "ALTER TABLE t RENAME CONSTRAINT n TO other_name");
  EXPECT_THAT(CompareFingerprints(plain, Prints()), IsEmpty());
}

TEST_F(PgNewerServer, TakesBackWhatAnOlderOneGave) {
  auto older = test::PostgresServer::Create();
  ASSERT_TRUE(older) << older.error().ToString();
  ASSERT_LT((*older)->major_version(), access_->major_version());
  ASSERT_TRUE(test::CreateShop(**older, "shop", "0.002"));
  const auto backup = Backup(ShopOf(**older));
  ASSERT_TRUE(backup) << backup.error().ToString();
  const auto restored = Restore("shop");
  ASSERT_TRUE(restored) << restored.error().ToString();
  // Both seen by the newer pg_dump.
  const auto seen = test::PostgresAccess::FromUri(
      "postgresql://" + (*older)->superuser() + ":" + (*older)->password() +
          "@127.0.0.1:" + std::to_string((*older)->port()) + "/postgres",
      access_->bin_directory());
  ASSERT_TRUE(seen) << seen.error().ToString();
  ExpectEqual("shop", "shop", &*seen);
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
}

// adminpack, say, which pgAdmin put into many databases and 17 does not have any more.
TEST_F(PgNewerServer, AnExtensionThatIsGoneCostsNoRows) {
  if (Value("postgres", "SELECT count(*) FROM pg_available_extensions WHERE name = 'adminpack'") !=
      "0") {
    GTEST_SKIP() << "this server has it";
  }
  ASSERT_NO_FATAL_FAILURE(
      BackUpOlder("CREATE EXTENSION adminpack; CREATE EXTENSION citext;"
                  "CREATE TABLE t AS SELECT 'x'::citext AS c; CREATE INDEX ON t (c)"));
  const auto restored = Restore("shop");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->failures, testing::ElementsAre(HasSubstr("extension adminpack")));
  EXPECT_EQ(Value("shop", "SELECT c FROM t WHERE c = 'X'"), "x");
}

// Which is what a dump of an older pg_dump asks for, and meant nothing.
TEST_F(PgNewerServer, TakesUnloggedPartitionedTables) {
  ASSERT_NO_FATAL_FAILURE(
      BackUpOlder("CREATE UNLOGGED TABLE t (a int) PARTITION BY RANGE (a);"
                  "CREATE UNLOGGED TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9); "
                  "INSERT INTO t VALUES (7)"));
  const auto restored = Restore("shop");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value("shop",
                  "SELECT string_agg(relname || relpersistence::text, ' ' ORDER BY relname)"
                  " FROM pg_class WHERE relname IN ('t', 't1')"),
            access_->major_version() < 18 ? "tu t1u" : "tp t1u");
  if (access_->major_version() >= 18) {
    EXPECT_THAT(restored->warnings,
                testing::Contains(HasSubstr("table public.t is made without UNLOGGED")));
  }
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
}

}  // namespace
}  // namespace dbstow::postgres
