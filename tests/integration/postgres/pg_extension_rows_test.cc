#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

/// An extension with tables for its users' configuration, as PostGIS and pg_cron have them: one
/// comes with rows of its own, which a backup leaves out.
class ExtensionRowsTest : public RestoreTest {
 protected:
  void SetUp() override {
    RestoreTest::SetUp();
    if (server_ == nullptr) return;
    base_ = Value("postgres", "SELECT setting FROM pg_config WHERE name = 'SHAREDIR'") +
            "/extension/dbstow_test_places";
    std::ofstream(base_ + ".control") << "default_version = '1.0'\n";
    std::ofstream script(base_ + "--1.0.sql");
    script
        << "CREATE TABLE places (id int PRIMARY KEY, own boolean DEFAULT true, name text);"
           "INSERT INTO places VALUES (1, false, 'built in');"
           "SELECT pg_extension_config_dump('places', 'WHERE own');"
           "CREATE TABLE layers (place int REFERENCES places, name text);"
           "SELECT pg_extension_config_dump('layers', '');"
           "CREATE SEQUENCE job_id; CREATE TABLE jobs (id int DEFAULT nextval('job_id'), v text);"
           "SELECT pg_extension_config_dump('job_id', '');"
           "SELECT pg_extension_config_dump('jobs', '');";
    if (!script.flush()) GTEST_SKIP() << "needs the right to add an extension to the server";
    using std::filesystem::perms;
    for (const char* suffix : {".control", "--1.0.sql"}) {
      std::filesystem::permissions(base_ + suffix,
                                   perms::owner_read | perms::group_read | perms::others_read);
    }
    Sql(name_,
        "CREATE EXTENSION dbstow_test_places; INSERT INTO jobs (v) VALUES ('x'), ('y');"
        "INSERT INTO places SELECT i, true, repeat('x', 200) FROM generate_series(2, 20000) i;"
        "INSERT INTO layers SELECT id, repeat(name, 2) FROM places;"
        "CREATE TABLE t (place int REFERENCES places); INSERT INTO t VALUES (1), (2)");
  }
  void TearDown() override {
    RestoreTest::TearDown();
    std::error_code ignored;
    std::filesystem::remove(base_ + ".control", ignored);
    std::filesystem::remove(base_ + "--1.0.sql", ignored);
  }
  void ExpectAll(const std::string& database) {
    EXPECT_EQ(Value(database, "SELECT count(*) || ' ' || min(id) FROM places"), "20000 1");
    EXPECT_EQ(Value(database, "SELECT string_agg(v, '') || nextval('job_id') FROM jobs"), "xy3");
    EXPECT_EQ(Value(database, "SELECT count(*) FROM layers"), "20000");
    EXPECT_EQ(Value(database, "SELECT count(*) FROM t"), "2");
  }

  std::string base_;
};

TEST_F(ExtensionRowsTest, ComeBackBesideThoseOfTheExtensionsScript) {
  const auto backup = Backup(Connection(name_), {{"splitMegabytes", "1"}});
  ASSERT_TRUE(backup) << backup.error().ToString();
  ExpectProven();
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  ExpectAll(target_);
}

TEST_F(ExtensionRowsTest, AreStreamedIntoAClone) {
  const auto cloned =
      dynamic_cast<SupportsClone&>(*Instance(Connection(name_)))
          .Clone({.target_name = target_, .extra = {{"strategy", "stream"}}}, world_.context);
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  ExpectAll(target_);
}

TEST_F(ExtensionRowsTest, AreLeftOutBySelectingOthers) {
  BackUp();
  Sql(name_, "CREATE TABLE alone AS SELECT 1 AS i");
  BackUp();
  const auto restored = Restore({.mapping = {{"tables", "public.alone"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM alone"), "1");
}

}  // namespace
}  // namespace dbstow::postgres
