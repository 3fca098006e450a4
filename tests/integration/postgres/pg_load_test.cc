#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <thread>

#include "integration/postgres/restore_fixture.h"

namespace dbstow::postgres {
namespace {

/// How a restore fills tables and builds indexes.
using LoadTest = RestoreTest;

// Rows that come frozen need no second write of their pages.
TEST_F(LoadTest, ATableInManyPartsIsLoadedFrozenUnlessOthersWouldWait) {
  SomeRows();
  ASSERT_TRUE(Backup(Connection(name_), {{"splitMegabytes", "1"}}));
  const std::string frozen =
      "CREATE EXTENSION IF NOT EXISTS pg_visibility SCHEMA public;"
      "SELECT count(*) FILTER (WHERE all_frozen) * 10 / count(*) FROM public.pg_visibility('a')";
  ASSERT_TRUE(Restore({.mapping = {{"jobs", "2"}, {"analyze", "false"}}}));
  EXPECT_EQ(Value(target_, frozen), "10");
  ASSERT_TRUE(Restore({.overwrite = true, .mapping = {{"jobs", "4"}, {"analyze", "false"}}}));
  EXPECT_EQ(Value(target_, frozen), "0");
  EXPECT_EQ(Value(target_, "SELECT count(*) FROM a"), "100000");
}

// The index of each can only be built with as many of the server's processes as its name says.
TEST_F(LoadTest, AnIndexHasHelpersWhenNoOtherWorkWaits) {
  const auto function = [](const std::string& name, const std::string& condition) {
    return "CREATE FUNCTION " + name +
           "(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN"
           " IF NOT (current_setting('max_parallel_maintenance_workers') " +
           condition +
           ") THEN RAISE 'it is %', current_setting('max_parallel_maintenance_workers'); END IF;"
           " RETURN i; END $$;";
  };
  const unsigned count = std::max(std::thread::hardware_concurrency(), 1u);
  if (count > 40) GTEST_SKIP() << "the test's server takes fewer sessions";
  const std::string processors = std::to_string(count);
  Sql(name_, function("helped", "<> '0'") +
                 "CREATE TABLE a AS SELECT i FROM generate_series(1, 1000) i;"
                 "CREATE INDEX ON a (helped(i))");
  BackUp();
  auto restored = Restore({.mapping = {{"jobs", processors}, {"analyze", "false"}}});
  ASSERT_TRUE(restored) << restored.error().ToString();
  Sql(name_, function("alone", "= '0'") +
                 "DROP INDEX a_helped_idx; SET max_parallel_maintenance_workers = 0;"
                 "CREATE INDEX ON a (alone(i))");
  // The heaviest goes first: while these wait, as they do until its index is begun.
  Sql(name_,
      "DO $$ BEGIN FOR i IN 1..500 LOOP EXECUTE format('CREATE TABLE small%s AS SELECT 1 AS i', i);"
      " END LOOP; END $$");
  BackUp();
  std::promise<void> begin;
  world_.progress.on_report = [&begin, begun = begin.get_future().share()](const Progress& report) {
    if (report.phase == "indexes") begin.set_value();
    if (report.detail.starts_with("public.small")) begun.wait_for(std::chrono::minutes(1));
  };
  restored = Restore({.overwrite = true, .mapping = {{"jobs", processors}}});
  world_.progress.on_report = {};
  ASSERT_TRUE(restored) << restored.error().ToString();
}

}  // namespace
}  // namespace dbstow::postgres
