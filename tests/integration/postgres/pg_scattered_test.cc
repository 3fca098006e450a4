#include <gtest/gtest.h>

#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

/// What is hashed of an enum is a number that each database gives it: rows change their partition.
class ScatteredTest : public RestoreTest {
 protected:
  void MakeScattered() {
    std::string labels;
    for (int i = 1; i <= 60; ++i) labels += (i > 1 ? ", '" : "'") + std::to_string(i) + "'";
    Sql(name_,
        "CREATE TYPE e AS ENUM (" + labels +
            "); CREATE TABLE \"R t\" (e e, i int, s text) PARTITION BY HASH (e);"
            "CREATE TABLE p0 (s text, gone int, i int, e e); ALTER TABLE p0 DROP gone;"
            "ALTER TABLE \"R t\" ATTACH PARTITION p0 FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
            "CREATE TABLE p1 PARTITION OF \"R t\" FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
            "  PARTITION BY LIST (i); CREATE TABLE p1a PARTITION OF p1 DEFAULT;"
            "CREATE TABLE plain (i int) PARTITION BY HASH (i);"
            "CREATE TABLE plain0 PARTITION OF plain FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
            "INSERT INTO \"R t\" SELECT (1 + i % 60)::text::e, i, 'row ' || i"
            "  FROM generate_series(1, 600) i; INSERT INTO plain VALUES (1);"
            "CREATE INDEX ON \"R t\" (i)");
  }
  void ExpectAllRowsIn(const std::string& database) {
    const std::string all = "SELECT md5(string_agg(r::text, ' ' ORDER BY i)) FROM \"R t\" r";
    EXPECT_EQ(Value(database, all), Value(name_, all));
    EXPECT_EQ(Value(database, "SELECT count(*) FROM \"R t\" WHERE e = '7'"), "10");
    EXPECT_EQ(Value(database, "SELECT i FROM plain"), "1");
  }
};

TEST_F(ScatteredTest, ARestoreAndAProofSendRowsWhereTheyBelong) {
  MakeScattered();
  BackUp();
  ExpectProven();
  const auto restored = Restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  ExpectAllRowsIn(target_);
}

TEST_F(ScatteredTest, AnExportTellsPgRestoreToSendThem) {
  MakeScattered();
  BackUp();
  const test::ScratchFolder folder;
  const auto instance = Instance(Connection(name_));
  const auto exported = dynamic_cast<SupportsExport&>(*instance).Export(
      {"latest", folder / "out", "native"}, world_.context);
  ASSERT_TRUE(exported) << exported.error().ToString();
  ASSERT_TRUE(server_->CreateDatabase(target_));
  const auto back =
      server_->RunTool("pg_restore", {"--exit-on-error", "-j2", "-d", target_, folder / "out"});
  ASSERT_TRUE(back && back->status == 0) << back->errors;
  ExpectAllRowsIn(target_);
}

}  // namespace
}  // namespace dbstow::postgres
