#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "integration/sqlite/sqlite_lab.h"
#include "support/small_disk.h"

// Databases of every shape, and file systems that share blocks.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Kinds of tables, columns and values, with free pages in between.
constexpr const char* kEverything = R"(
  CREATE TABLE "it's ""quoted"", größe 表"("sp ace" TEXT, "semi;colon" BLOB, "select" REAL);
  INSERT INTO "it's ""quoted"", größe 表" VALUES
    ('', x'', 0.0), (NULL, NULL, NULL), ('a' || char(0) || 'b', x'00ff00', -0.0),
    ('1', '1', 1), (1, 1, '1'), (1e308 * 10, -1e308 * 10, 9e999), (9223372036854775807, 1.5, 'x'),
    (-9223372036854775808, zeroblob(100000), 3.14159), (x'ff', cast(x'fffe' AS TEXT), 2);
  CREATE TABLE pairs(a, b, c, PRIMARY KEY(b, a)) WITHOUT ROWID;
  INSERT INTO pairs VALUES(1, 'x', NULL), (2, 'x', 3.5), (1, 'y', x'01');
  CREATE TABLE strict_one(i INTEGER, t TEXT, b BLOB, r REAL, a ANY) STRICT;
  INSERT INTO strict_one VALUES(1, 'one', x'01', 1.0, NULL);
  CREATE TABLE computed(a INT, doubled INT GENERATED ALWAYS AS (a * 2) VIRTUAL,
                        kept TEXT GENERATED ALWAYS AS ('kept ' || a) STORED);
  INSERT INTO computed(a) VALUES(1), (2), (NULL);
  CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, v);
  INSERT INTO auto(v) VALUES('x'), ('y');
  CREATE VIRTUAL TABLE words USING fts5(title, body);
  INSERT INTO words VALUES('one', 'lorem ipsum'), ('two', 'dolor');
  CREATE VIRTUAL TABLE places USING rtree(id, x0, x1);
  INSERT INTO places VALUES(1, 0.0, 1.0);
  CREATE VIEW seen AS SELECT a FROM pairs;
  CREATE TRIGGER act AFTER INSERT ON auto BEGIN UPDATE auto SET v = v; END;
  CREATE INDEX partial ON pairs(c) WHERE c IS NOT NULL;
  CREATE TABLE gone(x); INSERT INTO gone SELECT randomblob(3000) FROM pairs, pairs, pairs;
  DELETE FROM gone WHERE rowid % 2; DROP TABLE gone;
  PRAGMA user_version = 77; PRAGMA application_id = 4711; ANALYZE;)";

Result<void> MakeEverything(const std::string& path, const std::string& pragmas) {
  return SqliteDatabase(path).Execute(pragmas + kEverything);
}

void ExpectRoundTrip(const std::string& pragmas) {
  SCOPED_TRACE(pragmas);
  SqliteLab lab;
  ASSERT_OK(MakeEverything(lab.Path("all.db"), pragmas));
  const auto instance = lab.Instance("all.db");
  const auto backup = lab.Backup(*instance);
  ASSERT_OK(backup);
  EXPECT_THAT(backup->warnings, IsEmpty());
  const auto proof = lab.Prove(*instance);
  ASSERT_OK(proof);
  EXPECT_THAT(proof->differences, IsEmpty());
  ASSERT_OK(lab.Restore(*instance, "back.db"));
  ASSERT_OK(lab.Clone(*instance, "clone.db"));
  SqliteDatabase back(lab.Path("back.db"));
  EXPECT_EQ(back.Value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(back.Value("PRAGMA user_version"), "77");
  EXPECT_EQ(back.Value("SELECT title FROM words WHERE words MATCH 'dolor'"), "two");
  const auto source = lab.Instance("all.db");
  const auto clone = lab.Instance("clone.db");
  const auto expected = (*As<SupportsVerify>(*source))->Fingerprint({}, lab.test.context);
  const auto found = (*As<SupportsVerify>(*clone))->Fingerprint({}, lab.test.context);
  ASSERT_OK(expected);
  ASSERT_OK(found);
  EXPECT_THAT(CompareFingerprints(*expected, *found), IsEmpty());
}

TEST(SqliteShapes, EveryPageSizeComesBack) {
  for (int size = 512; size <= 65536; size *= 2) {
    for (const char* mode : {"wal", "delete"}) {
      ExpectRoundTrip("PRAGMA page_size=" + std::to_string(size) + "; PRAGMA journal_mode=" + mode +
                      ";");
    }
  }
}

TEST(SqliteShapes, EveryEncodingAndVacuumModeComesBack) {
  for (const char* encoding : {"UTF-8", "UTF-16le", "UTF-16be"}) {
    for (int vacuum = 0; vacuum < 3; ++vacuum) {
      ExpectRoundTrip(std::string("PRAGMA encoding='") + encoding +
                      "'; PRAGMA auto_vacuum=" + std::to_string(vacuum) + ";");
    }
  }
}

TEST(SqliteShapes, InspectTellsWhatItIs) {
  SqliteLab lab;
  ASSERT_OK(MakeEverything(lab.Path("all.db"), "PRAGMA page_size=8192; PRAGMA journal_mode=WAL;"));
  const auto instance = lab.Instance("all.db");
  ASSERT_OK(instance->Refresh(lab.test.context, Look::kThorough));
  const StringMap attributes = instance->attributes();
  EXPECT_EQ(attributes.at("pageSize"), "8192");
  EXPECT_EQ(attributes.at("journalMode"), "wal");
  EXPECT_EQ(attributes.at("encoding"), "UTF-8");
  EXPECT_EQ(attributes.at("userVersion"), "77");
  EXPECT_EQ(attributes.at("applicationId"), "4711");
  EXPECT_EQ(attributes.at("integrity"), "ok");
  EXPECT_GT(std::stoi(attributes.at("freelistCount")), 0);
  EXPECT_EQ(std::stoll(attributes.at("sizeBytes")), 8192 * std::stoll(attributes.at("pageCount")));
  EXPECT_TRUE(instance->capabilities().Contains("backup"));
}

TEST(SqliteShapes, FingerprintsTellTheNumbersInTheHeader) {
  SqliteLab lab;
  const auto fingerprints = [&](const std::string& name, const std::string& pragma) {
    EXPECT_TRUE(SqliteDatabase(lab.Path(name)).Execute("CREATE TABLE t(x); PRAGMA " + pragma));
    const auto instance = lab.Instance(name);
    auto found = (*As<SupportsVerify>(*instance))->Fingerprint({}, lab.test.context);
    EXPECT_TRUE(found) << found.error().ToString();
    return *found;
  };
  const auto seven = fingerprints("a", "user_version=7");
  EXPECT_THAT(CompareFingerprints(seven, fingerprints("b", "user_version=7")), IsEmpty());
  EXPECT_THAT(
      CompareFingerprints(seven, fingerprints("c", "user_version=-1")),
      ElementsAre(AllOf(HasSubstr("user_version"), HasSubstr("00000007"), HasSubstr("ffffffff"))));
  EXPECT_THAT(
      CompareFingerprints(seven, fingerprints("d", "user_version=7; PRAGMA application_id=9")),
      ElementsAre(HasSubstr("application_id")));
  auto older = seven;
  std::erase_if(older, [](const auto& each) { return each.IsOfDefinitions(); });
  ASSERT_NE(older.size(), seven.size());
  EXPECT_THAT(CompareFingerprints(older, seven), IsEmpty()) << "backups of before have none";
}

// The digest is that of hashing each row in one piece.
TEST(SqliteShapes, LongRowsAreHashedAsShortOnesAre) {
  SqliteLab lab;
  ASSERT_OK(SqliteDatabase(lab.Path("long"))
                .Execute("CREATE TABLE t(a, b, c, d);"
                         "INSERT INTO t VALUES('short', zeroblob(3000000), 'after', 1);"
                         "INSERT INTO t VALUES(printf('%.*c', 200000, 'x'), "
                         "printf('%.*c', 200000, 'y'), printf('%.*c', 200000, 'z'), 2.5);"
                         "INSERT INTO t VALUES('short again', NULL, x'01', zeroblob(262144))"));
  const auto instance = lab.Instance("long");
  const auto found = (*As<SupportsVerify>(*instance))->Fingerprint({}, lab.test.context);
  ASSERT_OK(found);
  EXPECT_THAT(*found, Contains(ContentFingerprint{"t", "sqlite-xxh3-128-sum-v1", 3,
                                                  "fcc720342d70ea2cccc0400a2c62c00f"}));
}

TEST(SqliteShapes, FingerprintsTellStorageClassesApart) {
  SqliteLab lab;
  std::vector<std::string> digests;
  for (const char* value : {"1", "1.0", "'1'", "x'31'", "NULL", "''", "x''", "0.0", "-0.0 + 0"}) {
    const std::string name = "v" + std::to_string(digests.size());
    ASSERT_OK(SqliteDatabase(lab.Path(name))
                  .Execute(std::string("CREATE TABLE t(x); INSERT INTO t VALUES(") + value + ")"));
    const auto found =
        (*As<SupportsVerify>(*lab.Instance(name)))->Fingerprint({}, lab.test.context);
    ASSERT_OK(found);
    digests.push_back(found->back().digest);
  }
  // The last two are the same value.
  EXPECT_EQ(std::set(digests.begin(), digests.end()).size(), digests.size() - 1);
}

TEST(SqliteShapes, FingerprintsDoNotDependOnOrder) {
  SqliteLab lab;
  ASSERT_OK(SqliteDatabase(lab.Path("a"))
                .Execute("CREATE TABLE t(x, y); INSERT INTO t VALUES(1, 'a'), (2, 'b'), (2, 'b')"));
  ASSERT_OK(SqliteDatabase(lab.Path("b"))
                .Execute("CREATE TABLE t(x, y); INSERT INTO t VALUES(2, 'b'), (1, 'a'), (2, 'b')"));
  ASSERT_OK(SqliteDatabase(lab.Path("c"))
                .Execute("CREATE TABLE t(x, y); INSERT INTO t VALUES(1, 'a'), (1, 'a'), (2, 'b')"));
  const auto of = [&](const char* name) {
    return *(*As<SupportsVerify>(*lab.Instance(name)))->Fingerprint({}, lab.test.context);
  };
  EXPECT_THAT(CompareFingerprints(of("a"), of("b")), IsEmpty());
  EXPECT_THAT(CompareFingerprints(of("a"), of("c")), testing::ElementsAre(HasSubstr("t")));
}

TEST(SqliteShapes, ManyColumnsComeBack) {
  SqliteLab lab;
  std::string columns;
  std::string values;
  for (int i = 0; i < 300; ++i) {
    columns += (i > 0 ? ",c" : "c") + std::to_string(i);
    values += (i > 0 ? "," : "") + std::to_string(i);
  }
  ASSERT_OK(
      SqliteDatabase(lab.Path("wide.db"))
          .Execute("CREATE TABLE wide(" + columns + "); INSERT INTO wide VALUES(" + values + ")"));
  const auto instance = lab.Instance("wide.db");
  ASSERT_OK(lab.Backup(*instance));
  EXPECT_EQ(lab.store.List("")->back().fingerprints.back().rows, 1u);
  EXPECT_THAT(lab.Prove(*instance)->differences, IsEmpty());
}

TEST(SqliteShapes, ASymbolicLinkLeadsToTheDatabase) {
  SqliteLab lab;
  ASSERT_OK(MakeEverything(lab.Path("real.db"), "PRAGMA journal_mode=WAL;"));
  fs::create_symlink("real.db", lab.Path("link.db"));
  SqliteDatabase writer(lab.Path("real.db"));
  ASSERT_OK(writer.Execute("INSERT INTO pairs VALUES(9, 'in the log', 9)"));
  const auto instance = lab.Instance("link.db");
  ASSERT_OK(lab.Backup(*instance));
  EXPECT_THAT(lab.Prove(*instance)->differences, IsEmpty());
}

TEST(SqliteShapes, ALogLeftByACrashIsPartOfTheBackupAndStays) {
  SqliteLab lab;
  ASSERT_OK(MakeEverything(lab.Path("live.db"), "PRAGMA journal_mode=WAL;"));
  SqliteDatabase writer(lab.Path("live.db"));
  ASSERT_OK(writer.Execute("INSERT INTO pairs VALUES(9, 'in the log', 9)"));
  fs::copy_file(lab.Path("live.db"), lab.Path("left.db"));
  fs::copy_file(lab.Path("live.db-wal"), lab.Path("left.db-wal"));
  const auto size = fs::file_size(lab.Path("left.db-wal"));
  const auto instance = lab.Instance("left.db");
  ASSERT_OK(lab.Backup(*instance));
  EXPECT_EQ(fs::file_size(lab.Path("left.db-wal")), size);
  ASSERT_OK(lab.Restore(*instance, "back.db"));
  SqliteDatabase back(lab.Path("back.db"));
  EXPECT_EQ(back.Value("SELECT count(*) FROM pairs"), "4");
}

TEST(SqliteShapes, ABackupLeavesNothingBesideTheDatabase) {
  for (const char* mode : {"wal", "delete"}) {
    SqliteLab lab;
    ASSERT_OK(MakeEverything(lab.Path("all.db"), std::string("PRAGMA journal_mode=") + mode + ";"));
    const auto before = lab.Files();
    const auto instance = lab.Instance("all.db");
    ASSERT_OK(instance->Refresh(lab.test.context));
    ASSERT_OK(lab.Backup(*instance));
    EXPECT_EQ(lab.Files(), before);
  }
}

TEST(SqliteShapes, TheModeOfTheFileComesBack) {
  SqliteLab lab;
  ASSERT_OK(MakeEverything(lab.Path("all.db"), ""));
  fs::permissions(lab.Path("all.db"), static_cast<fs::perms>(0640));
  const auto instance = lab.Instance("all.db");
  ASSERT_OK(lab.Backup(*instance));
  ASSERT_OK(lab.Restore(*instance, "back.db"));
  ASSERT_OK(lab.Clone(*instance, "clone.db"));
  for (const char* name : {"back.db", "clone.db"}) {
    EXPECT_EQ(fs::status(lab.Path(name)).permissions(), static_cast<fs::perms>(0640)) << name;
  }
}

TEST(SqliteShapes, ALargeFileComesBack) {
  SqliteLab lab;
  ASSERT_OK(
      SqliteDatabase(lab.Path("large.db"))
          .Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; CREATE TABLE t(id INTEGER "
                   "PRIMARY KEY, b);"
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                   " INSERT INTO t SELECT i, randomblob(100000) FROM n"));
  const auto instance = lab.Instance("large.db");
  const auto backup = lab.Backup(*instance);
  ASSERT_OK(backup);
  EXPECT_GT(backup->bytes.read, 300'000'000u);
  EXPECT_THAT(lab.Prove(*instance)->differences, IsEmpty());
}

TEST(SqliteClone, SharesBlocksWhereTheFileSystemCan) {
  const auto disk = ReflinkDisk::Mount();
  if (disk == nullptr) GTEST_SKIP() << "no xfs on a loop device here (needs root and mkfs.xfs)";
  for (const char* mode : {"wal", "delete"}) {
    SqliteLab lab;
    const std::string path = disk->path() + "/" + mode + ".db";
    ASSERT_OK(MakeEverything(path, std::string("PRAGMA journal_mode=") + mode + ";"));
    SqliteDatabase writer(path);
    ASSERT_OK(
        writer.Execute("PRAGMA wal_autocheckpoint=0; INSERT INTO pairs VALUES(9, 'late', 9)"));
    const auto instance = lab.Instance(path);
    ASSERT_OK(instance->Refresh(lab.test.context));
    EXPECT_TRUE(instance->capabilities().Contains("clone.zero_copy"));

    const std::string target = std::string(mode) + " clone.db";
    const auto clone = lab.Clone(*instance, target);
    ASSERT_OK(clone);
    EXPECT_TRUE(clone->zero_copy);
    EXPECT_FALSE(clone->details.contains("zero_copy_reason"));
    EXPECT_EQ(clone->bytes_copied, 0u);
    EXPECT_GT(lab.test.progress.Last().bytes_done, 0u) << "it is told, too";
    ASSERT_OK(writer.Execute("DELETE FROM pairs"));
    SqliteDatabase copy(disk->path() + "/" + target);
    EXPECT_EQ(copy.Value("SELECT count(*) FROM pairs"), "4");
    EXPECT_EQ(copy.Value("PRAGMA integrity_check"), "ok");
    ASSERT_OK(copy.Execute("DELETE FROM pairs WHERE a = 9"));
    EXPECT_EQ(writer.Value("SELECT count(*) FROM pairs"), "0");

    const auto elsewhere = lab.Clone(*instance, lab.Path("elsewhere.db"));
    ASSERT_OK(elsewhere);
    EXPECT_FALSE(elsewhere->zero_copy);
    EXPECT_THAT(elsewhere->details.at("zero_copy_reason"), Not(IsEmpty()));
  }
}

TEST(SqliteClone, SaysWhyBlocksAreNotShared) {
  SqliteLab lab;
  ASSERT_OK(MakeEverything(lab.Path("all.db"), ""));
  const auto instance = lab.Instance("all.db");
  ASSERT_OK(instance->Refresh(lab.test.context));
  const bool can = instance->capabilities().Contains("clone.zero_copy");
  const auto clone = lab.Clone(*instance, "clone.db");
  ASSERT_OK(clone);
  EXPECT_EQ(clone->zero_copy, can);
  EXPECT_EQ(clone->details.contains("zero_copy_reason"), !can);
}

}  // namespace
}  // namespace dbstow::test
