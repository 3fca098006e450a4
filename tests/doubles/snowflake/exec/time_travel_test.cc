#include <gtest/gtest.h>

#include "doubles/snowflake/testing/account.h"

namespace dbstow::doubles::snowflake {
namespace {

class TimeTravel : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(account_.Run("create database d; create schema s; create table t (a int, b varchar)"),
              "");
  }
  std::string At(const std::string& nanos) {
    return account_.Rows("select a from t at(timestamp => to_timestamp_ltz(" + nanos +
                         ", 9)) order by a");
  }
  TestAccount account_;
};

TEST_F(TimeTravel, ReadsByTimestampOffsetAndStatement) {
  account_.Advance(10);
  ASSERT_EQ(account_.Run("insert into t values (1, 'x'), (2, 'y')"), "");
  const std::string inserted = account_.last_query();
  const std::string then = account_.Now();
  account_.Advance(10);
  ASSERT_EQ(account_.Run("delete from t where a = 1"), "");
  const std::string deleted = account_.last_query();
  account_.Advance(10);
  ASSERT_EQ(account_.Run("update t set a = a + 10"), "");
  EXPECT_EQ(account_.Rows("select a, b from t"), "12|y");
  EXPECT_EQ(At(then), "1\n2");
  EXPECT_EQ(account_.Rows("select a from t at(offset => -5)"), "2");
  EXPECT_EQ(account_.Rows("select a from t at(statement => '" + inserted + "')"), "1\n2");
  EXPECT_EQ(account_.Rows("select a from t before(statement => '" + inserted + "')"), "");
  EXPECT_EQ(account_.Rows("select count(*) from t before(statement => '" + deleted + "')"), "2");
  EXPECT_EQ(account_.Rows("select a from t before(timestamp => to_timestamp_ltz(" + then + ", 9))"),
            "");
  EXPECT_EQ(account_.Run("select * from t at(offset => 5)"), "000707");
  EXPECT_EQ(account_.Run("select * from t at(offset => -3000)"), "000707");
  EXPECT_EQ(account_.Run("select * from t at(statement => 'nothing')"), "000709");
}

TEST_F(TimeTravel, EndsWithRetention) {
  ASSERT_EQ(account_.Run("insert into t values (1, 'x')"), "");
  account_.Advance(86400 - 10);
  EXPECT_EQ(account_.Rows("select a from t at(offset => -86000)"), "1");
  account_.Advance(3600);
  EXPECT_EQ(account_.Run("select a from t at(offset => -86401)"), "000707");
  ASSERT_EQ(account_.Run("alter table t set data_retention_time_in_days = 5"), "");
  // What was already lost does not come back.
  EXPECT_EQ(account_.Run("select a from t at(offset => -86401)"), "000707");
  account_.Advance(86400 * 2);
  EXPECT_EQ(account_.Rows("select a from t at(offset => -172800)"), "1");
  EXPECT_EQ(account_.Run("alter table t set data_retention_time_in_days = 91"), "001008");
  EXPECT_EQ(account_.Run("create transient table u (a int) data_retention_time_in_days = 2"),
            "001008");
  TestAccount standard(Edition::kStandard);
  EXPECT_EQ(standard.Run("create database d data_retention_time_in_days = 2"), "001008");
}

TEST_F(TimeTravel, UndropBringsTheLatestBackAndMindsTheName) {
  ASSERT_EQ(account_.Run("insert into t values (1, 'old')"), "");
  ASSERT_EQ(account_.Run("create or replace table t (c int)"), "");
  EXPECT_EQ(account_.Run("select c from t at(offset => -1)"), "000707");
  EXPECT_EQ(account_.Run("undrop table t"), "002002");
  ASSERT_EQ(account_.Run("alter table t rename to t_new"), "");
  ASSERT_EQ(account_.Run("undrop table t"), "");
  EXPECT_EQ(account_.Rows("select b from t"), "old");
  EXPECT_EQ(account_.Run("undrop table t"), "002002");
  ASSERT_EQ(account_.Run("drop table t"), "");
  EXPECT_EQ(account_.Run("select * from t"), "002003");
  account_.Advance(86401);
  EXPECT_EQ(account_.Run("undrop table t"), "002003");
}

TEST_F(TimeTravel, UndropByIdWhenSeveralOfOneNameAreDropped) {
  ASSERT_EQ(account_.Run("insert into t values (1, 'first')"), "");
  const std::string id =
      account_.Rows("select table_id from information_schema.tables where table_name = 'T'");
  ASSERT_EQ(account_.Run("drop table t; create table t (a int, b varchar); drop table t"), "");
  ASSERT_EQ(account_.Run("undrop table identifier(" + id + ")"), "");
  EXPECT_EQ(account_.Rows("select b from t"), "first");
  EXPECT_EQ(account_.Run("undrop table identifier(999999)"), "002003");
  // Not into what is dropped itself.
  ASSERT_EQ(account_.Run("drop table t; drop database d"), "");
  EXPECT_EQ(account_.Run("undrop table identifier(" + id + ")"), "002003");
  EXPECT_EQ(account_.Run("undrop database d; undrop table identifier(" + id + ")"), "");
}

TEST_F(TimeTravel, WhatIsLostStaysLostThroughADropAndAChangeOfRetention) {
  ASSERT_EQ(account_.Run("insert into t values (1, 'x')"), "");
  account_.Advance(80000);
  ASSERT_EQ(account_.Run("drop table t"), "");
  account_.Advance(40000);
  ASSERT_EQ(account_.Run("alter database d set data_retention_time_in_days = 5; undrop table t"),
            "");
  EXPECT_EQ(account_.Run("select a from t at(offset => -110000)"), "000707");
  EXPECT_EQ(account_.Rows("select a from t at(offset => -86000)"), "1");
}

TEST_F(TimeTravel, SchemasAndDatabasesComeBackWhole) {
  ASSERT_EQ(account_.Run("insert into t values (7, 'x'); drop schema d.s"), "");
  EXPECT_EQ(account_.Run("select * from d.s.t"), "002003");
  ASSERT_EQ(account_.Run("undrop schema d.s; drop database d"), "");
  EXPECT_EQ(account_.Run("select * from d.s.t"), "002003");
  ASSERT_EQ(account_.Run("undrop database d"), "");
  EXPECT_EQ(account_.Rows("select a from d.s.t"), "7");
}

TEST_F(TimeTravel, UsesTheTablesPresentColumns) {
  ASSERT_EQ(account_.Run("insert into t values (1, 'x')"), "");
  account_.Advance(60);
  ASSERT_EQ(account_.Run("alter table t add column c int default 5; alter table t drop column b"),
            "");
  EXPECT_EQ(account_.Rows("select * from t at(offset => -30)"), "1|5");
}

TEST_F(TimeTravel, SurvivesAKill) {
  ASSERT_EQ(account_.Run("insert into t values (1, 'x'), (2, null)"), "");
  const std::string inserted = account_.last_query();
  account_.Advance(60);
  ASSERT_EQ(account_.Run("delete from t where a = 1; create table u clone t; drop table t"), "");
  account_.Reopen();
  EXPECT_EQ(account_.Rows("select a, b from u"), "2|~");
  ASSERT_EQ(account_.Run("undrop table t"), "");
  EXPECT_EQ(account_.Rows("select a from t at(statement => '" + inserted + "')"), "1\n2");
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
