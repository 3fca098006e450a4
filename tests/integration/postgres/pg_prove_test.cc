#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProveTest : public RestoreTest {
 protected:
  [[nodiscard]] Result<ProofReport> Prove() {
    const auto instance = Instance(Connection(name_));
    return dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  }
};

TEST_F(ProveTest, ProofFindsEqualContentsAndRunsQueries) {
  SomeRows();
  BackUp();
  const auto instance = Instance(Connection(name_));
  auto& verify = dynamic_cast<SupportsVerify&>(*instance);
  const auto report = verify.Prove({"latest", {"SELECT 1 FROM a LIMIT 1", "SELECT no_such FROM a"}},
                                   world_.context);
  ASSERT_TRUE(report) << report.error().ToString();
  ASSERT_EQ(report->failed_queries.size(), 1u);
  EXPECT_THAT(report->failed_queries[0], HasSubstr("no_such"));
  EXPECT_TRUE(report->differences.empty());
  EXPECT_EQ(report->rows_compared, 100'000u);
  EXPECT_THAT(report->details.at("amcheck"), HasSubstr("indexes checked"));
  ExpectNoDebris();
}

TEST_F(ProveTest, AProofStandsAlsoWhenItsCopyCannotBeDropped) {
  SomeRows();
  BackUp();
  const auto instance = Instance(Connection(name_));
  const auto report = dynamic_cast<SupportsVerify&>(*instance).Prove(
      {"latest",
       {"DO $$BEGIN EXECUTE format('ALTER DATABASE %I IS_TEMPLATE true', current_database()); "
        "END$$"}},
      world_.context);
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_THAT(report->differences, IsEmpty());
  EXPECT_THAT(report->failed_queries, IsEmpty());
  ASSERT_THAT(report->warnings, SizeIs(1));
  EXPECT_THAT(report->warnings[0], HasSubstr(report->scratch));
  EXPECT_THAT(report->warnings[0], HasSubstr("template"));
  Sql("postgres", "ALTER DATABASE " + report->scratch + " IS_TEMPLATE false");
  ASSERT_TRUE(Prove());
  ExpectNoDebris();
}

// In whichever format the rows were read: fingerprints of two formats cannot be compared.
TEST_F(ProveTest, ProofReadsRowsAsTheBackupDid) {
  SomeRows();
  Sql(name_, "CREATE TABLE b (t text, a int[]); INSERT INTO b VALUES ('x', '{1}')");
  for (const char* format : {"text", "auto", "binary"}) {
    const auto backup = Backup(Connection(name_), {{"copyFormat", format}});
    ASSERT_TRUE(backup) << backup.error().ToString();
    const auto report = Prove();
    ASSERT_TRUE(report) << report.error().ToString();
    EXPECT_THAT(report->differences, IsEmpty()) << format;
  }
}

// So does `compare`, which knows what the backup recorded.
TEST_F(ProveTest, ALiveDatabaseIsReadAsTheBackupWas) {
  SomeRows();
  ASSERT_TRUE(Backup(Connection(name_), {{"copyFormat", "text"}}));
  const auto reader = store_.Open("latest", "shop");
  ASSERT_TRUE(reader) << reader.error().ToString();
  const std::vector<ContentFingerprint> recorded = (*reader)->record().fingerprints;
  const auto instance = Instance(Connection(name_));
  const auto differences = [&](const std::vector<ContentFingerprint>& like) {
    const auto live =
        dynamic_cast<SupportsVerify&>(*instance).Fingerprint(like, world_.context).value();
    return CompareFingerprints(recorded, live);
  };
  EXPECT_THAT(differences({}), SizeIs(1)) << "this table has a binary form";
  EXPECT_THAT(differences(recorded), IsEmpty());
  Sql(name_, "DELETE FROM a WHERE ctid = '(0,1)'");
  EXPECT_THAT(differences(recorded), SizeIs(1));
}

TEST_F(ProveTest, ProofSeesDamage) {
  SomeRows();
  const auto backup = Backup(Connection(name_), {{"copyFormat", "text"}});
  ASSERT_TRUE(backup);
  const auto whole = Prove();
  ASSERT_TRUE(whole) << whole.error().ToString();
  EXPECT_THAT(whole->differences, IsEmpty());
  const auto reader = store_.Open("latest", "shop");
  for (const ItemInfo& item : reader.value()->items()) {
    // The fake store does not check: one letter of one row changes, and the proof must see it.
    if (item.name.starts_with("data/")) store_.Flip(backup->backup_id, item.name, 50);
  }
  const auto damaged = Prove();
  ASSERT_TRUE(damaged) << damaged.error().ToString();
  EXPECT_THAT(damaged->differences, SizeIs(1));
  ExpectNoDebris();
}

}  // namespace
}  // namespace dbstow::postgres
