#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A database that does not know the encoding of its text, with rows in Latin-1.
class RawTextTest : public RestoreTest {
 protected:
  void SetUp() override {
    RestoreTest::SetUp();
    if (server_ == nullptr) return;
    Sql("postgres", "DROP DATABASE " + test::SqlName(name_));
    Sql("postgres", "CREATE DATABASE " + test::SqlName(name_) +
                        " TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
    Raw(name_,
        "CREATE TABLE drinks (i int PRIMARY KEY, s text DEFAULT 'caf\xe9');"
        "INSERT INTO drinks SELECT i FROM generate_series(1, 100) i;"
        "CREATE TABLE coded (s text, a text[]); INSERT INTO coded VALUES ('na\xefve', '{\xff}');"
        "CREATE VIEW v AS SELECT i FROM drinks WHERE s = 'caf\xe9'");
  }

  void Raw(const std::string& database, const std::string& sql) {
    const auto session = Open(database);
    const auto done = session->Run("SET search_path = public; " + sql);
    ASSERT_TRUE(done) << done.error().ToString();
  }
  void ExpectRaw(const std::string& database) {
    EXPECT_EQ(
        Value(database, "SELECT encode(convert_to(s, 'SQL_ASCII'), 'hex') FROM drinks LIMIT 1"),
        "636166e9");
    EXPECT_EQ(Value(database, "SELECT encode(convert_to(s, 'SQL_ASCII'), 'hex') FROM coded"),
              "6e61ef7665");
    EXPECT_EQ(Value(database, "SELECT count(*) FROM v"), "100");
  }
};

TEST_F(RawTextTest, ComesBackByteForByte) {
  for (const char* format : {"auto", "text"}) {
    const auto backup = Backup(Connection(name_), {{"copyFormat", format}});
    ASSERT_TRUE(backup) << backup.error().ToString();
    const auto restored = Restore({.overwrite = true});
    ASSERT_TRUE(restored) << restored.error().ToString();
    ExpectRaw(target_);
    const auto proof = dynamic_cast<SupportsVerify&>(*Instance(Connection(name_)))
                           .Prove({"latest", {}}, world_.context);
    ASSERT_TRUE(proof) << proof.error().ToString();
    EXPECT_THAT(proof->differences, IsEmpty());
  }
}

TEST_F(RawTextTest, IsClonedByStreaming) {
  CloneOptions options{.target_name = target_};
  options.extra = {{"strategy", "stream"}};
  const auto instance = Instance(Connection(name_));
  const auto cloned = dynamic_cast<SupportsClone&>(*instance).Clone(options, world_.context);
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  ExpectRaw(target_);
}

// A backup's descriptions are UTF-8; a name that is not would come back as another.
TEST_F(RawTextTest, NamesHaveToBeUtf8) {
  Raw(name_, "CREATE TABLE \"caf\xe9\" (i int)");
  const auto refused = Backup(Connection(name_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupportedCapability)
      << refused.error().ToString();
  EXPECT_THAT(refused.error().message(),
              AllOf(HasSubstr("relation 'caf?'"), HasSubstr("SQL_ASCII")));
  Raw(name_, "ALTER TABLE \"caf\xe9\" RENAME TO \"café\"");
  const auto backup = Backup(Connection(name_));
  EXPECT_TRUE(backup) << backup.error().ToString();
}

}  // namespace
}  // namespace dbstow::postgres
