// Random histories on the double and on a model that keeps full copies of everything: after each
// statement both give the same answer, and every table that exists has the same rows.
#include <gtest/gtest.h>

#include <cstdlib>

#include "doubles/snowflake/testing/account.h"
#include "doubles/snowflake/testing/random_history.h"
#include "support/fakes.h"
#include "support/killed_process.h"

namespace dbstow::doubles::snowflake {
namespace {

/// What information_schema and SHOW say of a schema, and the rows of each table.
void CompareSchema(TestAccount& account, const PlainModel& model, const std::string& database,
                   const std::string& schema, const PlainModel::Schema& content) {
  std::string names;
  for (const auto& [table, expected] : content.tables) {
    const PlainModel::Place place{database, schema, table};
    const auto [outcome, rows] = model.Select(place, std::nullopt);
    const std::string where = TextOf(place);
    ASSERT_EQ(account.Rows("select k, v from " + where + " order by k, v"), TextOf(rows)) << where;
    const std::string grants = account.Rows("show grants on table " + where);
    ASSERT_EQ(grants.find("SELECT") != std::string::npos, expected.granted) << where << grants;
    names += (names.empty() ? "" : "\n") + table + (expected.transient ? "|YES" : "|NO");
  }
  ASSERT_EQ(
      account.Rows("select table_name, is_transient from " + database +
                   ".information_schema.tables where table_schema = '" + schema + "' order by 1"),
      names)
      << database << "." << schema;
  const auto sequence = content.sequences.find("Q");
  ASSERT_EQ(account.Field("show sequences in schema " + database + "." + schema, "next_value"),
            sequence == content.sequences.end() ? "no row" : std::to_string(sequence->second))
      << database << "." << schema;
}

void CompareAll(TestAccount& account, const PlainModel& model) {
  for (const auto& [database, content] : model.world().databases) {
    for (const auto& [schema, inside] : content.schemas) {
      ASSERT_NO_FATAL_FAILURE(CompareSchema(account, model, database, schema, inside));
    }
  }
}

void ComparePast(TestAccount& account, RandomHistory& history) {
  const auto [sql, expected] = history.Query();
  ASSERT_EQ(account.Rows(sql), expected) << sql;
}

class Model : public testing::TestWithParam<unsigned> {
 protected:
  RandomHistory history_{GetParam()};
};

TEST_P(Model, AgreesWithFullCopies) {
  TestAccount account;
  ASSERT_EQ(account.Run("create role r"), "");
  account.Advance(1);
  history_.UseTimes(std::stoll(account.Now()));
  ASSERT_EQ(account.Run("create database m"), "");
  history_.Ran(account.last_query());
  history_.UseIds([&](const PlainModel::Place& place) {
    const std::string within = " from " + place.database + ".information_schema.";
    if (place.schema.empty()) {
      return account.Rows("select database_id" + within + "databases where database_name = '" +
                          place.database + "'");
    }
    if (place.name.empty()) {
      return account.Rows("select schema_id" + within + "schemata where schema_name = '" +
                          place.schema + "'");
    }
    return account.Rows("select table_id" + within + "tables where table_schema = '" +
                        place.schema + "' and table_name = '" + place.name + "'");
  });
  for (int step = 1; step <= 800; ++step) {
    if (history_.Pick(100) < 8) {
      const double seconds = history_.Pick(10) == 0 ? 50000 : history_.Pick(600);
      account.Advance(seconds);
      history_.Advance(seconds);
    }
    const auto [sql, expected] = history_.Next();
    ASSERT_EQ(account.Run(sql), expected) << step << ": " << sql << "\n" << account.last_message();
    history_.Ran(account.last_query());
    if (history_.Pick(100) == 0) account.Reopen();
    ASSERT_NO_FATAL_FAILURE(ComparePast(account, history_)) << "after step " << step;
    if (step % 20 != 0) continue;
    ASSERT_NO_FATAL_FAILURE(CompareAll(account, history_.model())) << "after step " << step;
  }
}

// The query history says which statements were done; each of them is there whole, with what Time
// Travel needs, and nothing of any other.
TEST_P(Model, SurvivesKillsAsLastAcknowledged) {
  const test::ScratchFolder scratch;
  const std::string folder = scratch / "account";
  std::size_t known = 0;
  int in_the_middle = 0;
  {
    TestAccount account(folder);
    ASSERT_EQ(account.Run("create role r"), "");
    ASSERT_EQ(account.Run("create database m"), "");
    history_.Ran(account.last_query());
    known = account.Queries().size();
  }
  for (int round = 0; round < 12; ++round) {
    std::vector<std::string> statements;
    std::vector<RandomHistory> after{history_};  // this many of the statements
    for (int i = 0; i < 40; ++i) {
      after.push_back(after.back());
      statements.push_back(after.back().Next().sql);
    }
    const test::KillMoment moment{1 + static_cast<std::size_t>(history_.Pick(40)),
                                  std::chrono::microseconds(history_.Pick(300))};
    const std::size_t told = test::RunAndKill(moment, [&](const test::Teller& teller) {
      TestAccount account(folder);
      teller.Tell();  // that it is ready
      for (const std::string& sql : statements) {
        account.Run(sql);
        if (!teller.Tell()) return;
      }
    });
    TestAccount account(folder);
    const std::vector<std::string> queries = account.Queries();
    const std::size_t done = queries.size() - known;
    ASSERT_TRUE(done + 1 == told || done == told)
        << done << " of " << told << " in round " << round;
    if (done > 0 && done < statements.size()) ++in_the_middle;
    history_ = after[done];
    for (std::size_t i = known; i < queries.size(); ++i) history_.Ran(queries[i]);
    ASSERT_NO_FATAL_FAILURE(CompareAll(account, history_.model())) << "round " << round;
    for (int i = 0; i < 10; ++i) ASSERT_NO_FATAL_FAILURE(ComparePast(account, history_));
    known = account.Queries().size();
  }
  EXPECT_GT(in_the_middle, 0);
}

/// Where the seeds begin: DBSTOW_TEST_FIRST_SEED gives a run others than the usual ones.
unsigned FirstSeed() {
  const char* seed = std::getenv("DBSTOW_TEST_FIRST_SEED");
  return seed == nullptr ? 1 : static_cast<unsigned>(std::atoi(seed));
}

INSTANTIATE_TEST_SUITE_P(Seeds, Model, testing::Range(FirstSeed(), FirstSeed() + 6));

}  // namespace
}  // namespace dbstow::doubles::snowflake
