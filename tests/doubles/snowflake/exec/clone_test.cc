#include <gtest/gtest.h>

#include "doubles/snowflake/testing/account.h"

namespace dbstow::doubles::snowflake {
namespace {

class Clone : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(account_.Run("create database d; create schema s;"
                           "create sequence q; create table t (a int, n int default q.nextval);"
                           "insert into t (a) values (1), (2); create view v as select a from t;"
                           "create stage st; create file format f type = csv"),
              "");
  }
  TestAccount account_;
};

TEST_F(Clone, SharesThenDiverges) {
  ASSERT_EQ(account_.Run(
                "create table c clone t; delete from t where a = 1; insert into c (a) values (3)"),
            "");
  EXPECT_EQ(account_.Rows("select a from t order by a"), "2");
  EXPECT_EQ(account_.Rows("select a from c order by a"), "1\n2\n3");
}

TEST_F(Clone, AtAPointOfThePast) {
  account_.Advance(60);
  ASSERT_EQ(account_.Run("delete from t"), "");
  const std::string erased = account_.last_query();
  account_.Advance(60);
  ASSERT_EQ(account_.Run("create table c clone t before(statement => '" + erased + "')"), "");
  EXPECT_EQ(account_.Rows("select a from c order by a"), "1\n2");
  EXPECT_EQ(account_.Run("create table e clone t at(offset => -4000)"), "000707");
  // A clone has no history of its own from before it was made.
  EXPECT_EQ(account_.Run("select * from c at(offset => -30)"), "000707");
}

TEST_F(Clone, ADatabaseWithWhatIsInItAsItWas) {
  account_.Advance(60);
  ASSERT_EQ(account_.Run("drop table t; create table t (z int); create table later (a int)"), "");
  account_.Advance(60);
  ASSERT_EQ(account_.Run("create database e clone d at(offset => -90)"), "");
  EXPECT_EQ(account_.Rows("select a from e.s.t order by a"), "1\n2");
  EXPECT_EQ(account_.Run("select * from e.s.later"), "002003");
  EXPECT_EQ(account_.Run("select * from e.s.v"), "");
  EXPECT_EQ(account_.Rows("show stages in schema e.s"), "");
  ASSERT_EQ(account_.Run("create database g clone d include internal stages"), "");
  EXPECT_NE(account_.Rows("show stages in schema g.s"), "");
}

TEST_F(Clone, ATablesSequenceIsTheSourcesAContainersItsOwn) {
  ASSERT_EQ(account_.Run("create table c clone t; insert into c (a) values (9)"), "");
  EXPECT_EQ(account_.Rows("select n from c where a = 9"), "3");
  ASSERT_EQ(account_.Run("create schema d.s2 clone d.s; insert into d.s2.t (a) values (9)"), "");
  EXPECT_EQ(account_.Rows("select n from d.s2.t where a = 9"), "4");
  EXPECT_EQ(account_.Rows("select d.s.q.nextval"), "4");
}

TEST_F(Clone, TransientIsNotClonedToPermanent) {
  ASSERT_EQ(account_.Run("create transient table x (a int)"), "");
  EXPECT_EQ(account_.Run("create table y clone x"), "002119");
  EXPECT_EQ(account_.Run("create transient table y clone x"), "");
}

TEST_F(Clone, InsufficientRetentionOfOneTableFailsOrIsIgnored) {
  ASSERT_EQ(account_.Run("alter database d set data_retention_time_in_days = 10;"
                         "create table short (a int) data_retention_time_in_days = 0"),
            "");
  account_.Advance(86400 * 3);
  EXPECT_EQ(account_.Run("create database e clone d at(offset => -172800)"), "000707");
  EXPECT_EQ(
      account_.Run(
          "create database e clone d at(offset => -172800) ignore tables with insufficient data "
          "retention"),
      "");
  EXPECT_EQ(account_.Run("select * from e.s.short"), "002003");
  EXPECT_EQ(account_.Rows("select count(*) from e.s.t"), "2");
}

TEST_F(Clone, SwapExchangesNamesAndTakesGrantsAlong) {
  ASSERT_EQ(account_.Run("create role r; grant select on table t to role r; create table c clone t;"
                         "delete from c; alter table t swap with c"),
            "");
  EXPECT_EQ(account_.Rows("select count(*) from t"), "0");
  EXPECT_EQ(account_.Rows("select count(*) from c"), "2");
  EXPECT_EQ(account_.Field("show grants on table t", "privilege"), "OWNERSHIP");
  EXPECT_NE(account_.Rows("show grants on table c").find("SELECT"), std::string::npos);
  EXPECT_EQ(account_.Rows("show grants on table t").find("SELECT"), std::string::npos);
}

TEST_F(Clone, CopyGrantsAndContainersGrants) {
  ASSERT_EQ(
      account_.Run(
          "create role r; grant select on table t to role r; grant usage on database d to role r;"
          "create table c clone t copy grants; create database e clone d"),
      "");
  EXPECT_NE(account_.Rows("show grants on table d.s.c").find("SELECT"), std::string::npos);
  EXPECT_NE(account_.Rows("show grants on table e.s.t").find("SELECT"), std::string::npos);
  EXPECT_EQ(account_.Rows("show grants on database e").find("USAGE"), std::string::npos);
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
