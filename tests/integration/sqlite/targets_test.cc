#include <gmock/gmock.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "integration/sqlite/sqlite_lab.h"

// What a target may be called, whose it is then, and what is said of one that will not do.

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uid_t kNobody = 65534;

class SqliteTargets : public testing::Test {
 protected:
  SqliteTargets() {
    EXPECT_TRUE(SqliteDatabase(path_).Execute("CREATE TABLE t(x); INSERT INTO t VALUES(1)"));
    instance_ = lab_.Instance("app.db");
  }
  void Backup() { ASSERT_OK(lab_.Backup(*instance_)); }
  Result<ExportResult> Export(const std::string& path) {
    return (*As<SupportsExport>(*instance_))
        ->Export({.source = "latest", .path = path}, lab_.test.context);
  }
  std::string Value(const std::string& name) {
    return SqliteDatabase(lab_.Path(name)).Value("SELECT x FROM t");
  }

  SqliteLab lab_;
  const std::string path_ = lab_.Path("app.db");
  std::unique_ptr<DatabaseInstance> instance_;
};

TEST_F(SqliteTargets, RootGivesADeletedDatabaseBackToItsOwner) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  if (chown(path_.c_str(), kNobody, kNobody) != 0) GTEST_SKIP() << "there is no such user here";
  Backup();
  fs::remove(path_);
  const auto restored = lab_.Restore(*instance_, "app.db");
  ASSERT_OK(restored);
  EXPECT_THAT(restored->warnings, IsEmpty());
  struct stat info{};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, kNobody);
  EXPECT_EQ(info.st_gid, kNobody);
}

TEST_F(SqliteTargets, WhoCannotGiveItBackIsTold) {
  if (geteuid() != 0) GTEST_SKIP() << "only root has files of two users";
  Backup();
  fs::remove(path_);
  fs::permissions(lab_.folder(), fs::perms::all);
  const int code = RunInChild([&] {
    if (setuid(kNobody) != 0) return 100;
    const auto restored = lab_.Restore(*instance_, "app.db");
    if (!restored) return 101;
    return static_cast<int>(restored->warnings.size());
  });
  if (code == 100) GTEST_SKIP() << "there is no such user here";
  EXPECT_EQ(code, 1);
}

// Where a list grants more, the group's bits of the mode are but its limit.
TEST_F(SqliteTargets, WhatReplacesADatabaseHasItsAccessList) {
  struct Entry {
    std::uint16_t tag, rights;
    std::uint32_t id;
  };
  constexpr std::uint32_t kNone = ~0u;
  struct List {
    std::uint32_t version = 2;
    Entry entries[5] = {
        {0x01, 6, kNone}, {0x02, 4, kNobody}, {0x04, 0, kNone}, {0x10, 4, kNone}, {0x20, 0, kNone}};
  };
  static_assert(sizeof(List) == 44);
  constexpr const char* kName = "system.posix_acl_access";
  const List wanted;
  if (setxattr(path_.c_str(), kName, &wanted, sizeof wanted, 0) != 0) {
    GTEST_SKIP() << "this file system has no access lists";
  }
  Backup();
  ASSERT_OK(lab_.Restore(*instance_, "app.db", true));
  ASSERT_OK(lab_.Clone(*instance_, "clone.db"));
  for (const std::string& path : {path_, lab_.Path("clone.db")}) {
    List found;
    ASSERT_EQ(getxattr(path.c_str(), kName, &found, sizeof found), 44) << path;
    EXPECT_EQ(std::memcmp(&found, &wanted, sizeof wanted), 0) << path;
  }
}

// Whoever may not give a file to its user may still give it to a group that both are in.
TEST_F(SqliteTargets, AGroupThatBothAreInKeepsTheFile) {
  if (geteuid() != 0) GTEST_SKIP() << "only root has files of two users";
  constexpr gid_t kShared = 54321;
  if (chown(path_.c_str(), 0, kShared) != 0 || chmod(path_.c_str(), 0660) != 0) {
    GTEST_SKIP() << "there is no such group here";
  }
  Backup();
  fs::permissions(lab_.folder(), fs::perms::all);
  const int code = RunInChild([&] {
    if (setgroups(1, &kShared) != 0 || setuid(kNobody) != 0) return 100;
    return lab_.Restore(*instance_, "app.db", true) ? 0 : 101;
  });
  if (code == 100) GTEST_SKIP() << "there is no such user here";
  ASSERT_EQ(code, 0);
  struct stat info{};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, kNobody);
  EXPECT_EQ(info.st_gid, kShared);
}

TEST_F(SqliteTargets, NamesMayBeAsLongAsSqliteCanUse) {
  Backup();
  const std::string longest(247, 'n');
  ASSERT_OK(lab_.Restore(*instance_, longest));
  EXPECT_EQ(Value(longest), "1");
  ASSERT_OK(SqliteDatabase(lab_.Path(longest)).Execute("UPDATE t SET x = 2"));
  ASSERT_OK(lab_.Restore(*instance_, longest, true));
  EXPECT_EQ(Value(longest), "1");
  for (const std::string& name : lab_.Files()) EXPECT_THAT(name, Not(HasSubstr("dbstow-")));
  for (const std::size_t size : {248, 255, 256, 1000}) {
    const auto refused = lab_.Restore(*instance_, std::string(size, 'n'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidOptions);
    EXPECT_THAT(refused.error().hint(), HasSubstr("247 bytes"));
  }
}

TEST_F(SqliteTargets, AnUnfinishedRunOfALongNameIsRemovedByTheNextOfThatName) {
  Backup();
  std::string name;
  for (int i = 0; i < 47; ++i) name += "ü€";  // 5 bytes: where it is cut is inside a character
  EXPECT_EQ(RunInChild([&] {
              lab_.store.OnRead(1, [] { _exit(9); });
              return lab_.Restore(*instance_, name) ? 0 : 1;
            }),
            9);
  const auto left = lab_.Files();
  EXPECT_EQ(left.size(), 2u);
  ASSERT_OK(lab_.Restore(*instance_, name + "x"));
  EXPECT_EQ(lab_.Files().size(), 3u) << "another name's leftover is not ours to remove";
  ASSERT_OK(lab_.Restore(*instance_, name));
  for (const std::string& each : lab_.Files()) EXPECT_THAT(each, Not(HasSubstr("dbstow-")));
}

TEST_F(SqliteTargets, HintsNameWhatTheOperationCanDo) {
  Backup();
  const auto hint = [](const auto& result) {
    return result ? "it succeeded" : result.error().hint();
  };
  EXPECT_THAT(hint(lab_.Restore(*instance_, "app.db")), HasSubstr("--overwrite"));
  EXPECT_THAT(hint(lab_.Clone(*instance_, "app.db")), Not(HasSubstr("--overwrite")));
  EXPECT_THAT(hint(Export(path_)), Not(HasSubstr("--overwrite")));
  EXPECT_THAT(hint(lab_.Restore(*instance_, "/dev/null", true)), HasSubstr("regular file"));
}

TEST_F(SqliteTargets, TheCommandOfAnExportIsQuotedForAShell) {
  Backup();
  const auto exported = Export(lab_.Path("it's.db"));
  ASSERT_OK(exported);
  EXPECT_THAT(exported->details.at("restore_command"), HasSubstr("/it'\\''s.db'"));
}

TEST_F(SqliteTargets, AProofWithoutAPlaceNamesTheProperty) {
  Backup();
  fs::permissions(lab_.folder(), static_cast<fs::perms>(0755));
  const int code = RunInChild([&] {
    if (geteuid() == 0 && setuid(kNobody) != 0) return 100;
    if (access(lab_.folder().c_str(), W_OK) == 0) return 100;
    const auto proof = lab_.Prove(*instance_);
    if (proof) return 101;
    if (proof.error().code() != ErrorCode::kCouldNotVerify) return 102;
    return proof.error().hint().find("scratch_directory") == std::string::npos ? 103 : 0;
  });
  if (code == 100) GTEST_SKIP() << "the folder is writable for everybody";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace dbstow::test
