#include <gmock/gmock.h>
#include <sqlite3.h>

#include <string_view>

#include "integration/sqlite/sqlite_lab.h"

// Databases that need what only the program that made them has: a collation, a function.

namespace dbstow::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

int Backwards(void*, int left_size, const void* left, int right_size, const void* right) {
  const std::string_view a(static_cast<const char*>(left), static_cast<std::size_t>(left_size));
  const std::string_view b(static_cast<const char*>(right), static_cast<std::size_t>(right_size));
  return b.compare(a);
}

void Twice(sqlite3_context* context, int, sqlite3_value** values) {
  sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}

/// Runs the statements where the collation `backwards` and the function `twice` are known.
void MakeWithExtensions(const std::string& path, const std::string& statements) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  sqlite3_create_collation(db, "backwards", SQLITE_UTF8, nullptr, Backwards);
  sqlite3_create_function(db, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, Twice,
                          nullptr, nullptr);
  EXPECT_EQ(sqlite3_exec(db, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
}

TEST(SqliteExtensions, AKeyOfAnUnknownCollationIsBackedUpWithAWarning) {
  SqliteLab lab;
  MakeWithExtensions(lab.Path("a.db"),
                     "CREATE TABLE t(k TEXT COLLATE backwards PRIMARY KEY) WITHOUT ROWID;"
                     "INSERT INTO t VALUES ('a'), ('b');"
                     "CREATE TABLE plain(x); INSERT INTO plain VALUES (7)");
  const auto instance = lab.Instance("a.db");
  const auto backup = lab.Backup(*instance);
  ASSERT_OK(backup);
  EXPECT_THAT(backup->warnings, Contains(HasSubstr("has no fingerprint")));
  ASSERT_OK(lab.Restore(*instance, "b.db"));
  EXPECT_EQ(SqliteDatabase(lab.Path("b.db")).Value("SELECT x FROM plain"), "7");
  EXPECT_FAILS(kCouldNotVerify, lab.Prove(*instance));
}

TEST(SqliteExtensions, ATableThatCannotBeReadIsAnEntryWithoutADigest) {
  SqliteLab lab;
  MakeWithExtensions(lab.Path("a.db"),
                     "CREATE TABLE t(k TEXT COLLATE backwards PRIMARY KEY) WITHOUT ROWID;"
                     "INSERT INTO t VALUES ('a')");
  const auto instance = lab.Instance("a.db");
  const auto found = (*As<SupportsVerify>(*instance))->Fingerprint({}, lab.test.context);
  ASSERT_OK(found);
  EXPECT_THAT(*found, Contains(ContentFingerprint{"t", "unreadable", 0, ""}));
}

// An index can be left out of the fingerprint, not out of the check of the copy.
TEST(SqliteExtensions, TheProofOfAnIndexThatNeedsOneSaysThatItCannotTell) {
  for (const std::string index :
       {"CREATE INDEX i ON t(v COLLATE backwards)", "CREATE INDEX i ON t(twice(k))"}) {
    SqliteLab lab;
    MakeWithExtensions(lab.Path("a.db"),
                       "CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT);"
                       "INSERT INTO t VALUES (1, 'a');" +
                           index);
    const auto instance = lab.Instance("a.db");
    ASSERT_OK(lab.Backup(*instance));
    const auto proof = lab.Prove(*instance);
    ASSERT_FALSE(proof) << index;
    EXPECT_EQ(proof.error().code(), ErrorCode::kCouldNotVerify) << proof.error().ToString();
    EXPECT_THAT(proof.error().message(), HasSubstr("extension"));
  }
}

}  // namespace
}  // namespace dbstow::test
