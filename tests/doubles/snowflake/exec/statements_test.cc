#include <gtest/gtest.h>

#include "doubles/snowflake/testing/account.h"

namespace dbstow::doubles::snowflake {
namespace {

class Statements : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(account_.Run("create database d; create schema s"), ""); }
  TestAccount account_;
};

TEST_F(Statements, SelectsLiteralsAndExpressions) {
  EXPECT_EQ(account_.Rows("select 1 + 2 * 3, 'a' || 'b', 7 / 2, 1.5 * 2, null, not true"),
            "7|ab|3.500000|3.0|~|false");
  EXPECT_EQ(
      account_.Rows(
          "select coalesce(null, 3), iff(1 > 2, 'x', 'y'), case 2 when 1 then 'a' else 'b' end"),
      "3|y|b");
  EXPECT_EQ(
      account_.Rows("select '10'::int < 9, upper('x'), length('äö'), parse_json('{\"a\":[1]}'):a"),
      "false|X|2|[1]");
  EXPECT_EQ(account_.Rows(
                "select current_database(), current_schema(), current_role(), current_warehouse()"),
            "D|S|ACCOUNTADMIN|COMPUTE_WH");
  EXPECT_EQ(account_.Run("select 1/0"), "100051");
  EXPECT_EQ(account_.Run("select 'x'::int"), "100038");
  EXPECT_EQ(account_.Run("select nothing"), "000904");
  EXPECT_EQ(account_.Run("select frobnicate(1)"), "002140");
}

TEST_F(Statements, FiltersGroupsOrdersAndLimits) {
  ASSERT_EQ(account_.Run("create table t (k varchar, n number(10,2)); insert into t values ('a', "
                         "1), ('b', 2.5), ('a', 3), (null, null)"),
            "");
  EXPECT_EQ(account_.Rows("select k, sum(n), count(*) from t group by k order by k"),
            "a|4.00|2\nb|2.50|1\n~|~|1");
  EXPECT_EQ(account_.Rows("select count(*), count(n), min(n), max(n), avg(n) from t"),
            "4|3|1.00|3.00|2.166667");
  EXPECT_EQ(account_.Rows("select distinct k from t where k is not null order by 1 desc"), "b\na");
  EXPECT_EQ(account_.Rows("select n x from t where n in (1, 3) order by x desc limit 1"), "3.00");
  EXPECT_EQ(account_.Run("select k, n from t group by k"), "000979");
  EXPECT_EQ(account_.Rows("select count(*) from table(generator(rowcount => 5))"), "5");
  EXPECT_EQ(account_.Rows("select seq4() from table(generator(rowcount => 3))"), "0\n1\n2");
}

TEST_F(Statements, RefusesRowsThatDoNotFit) {
  ASSERT_EQ(account_.Run("create table t (a number(3,0) not null, b varchar(2))"), "");
  EXPECT_EQ(account_.Run("insert into t values (1)"), "002020");
  EXPECT_EQ(account_.Run("insert into t values (null, 'x')"), "100072");
  EXPECT_EQ(account_.Run("insert into t values (1, 'xyz')"), "100078");
  EXPECT_EQ(account_.Run("insert into t values (1000, 'x')"), "100039");
  EXPECT_EQ(account_.Run("insert into t (c) values (1)"), "000904");
  EXPECT_EQ(account_.Run("create table t (a int)"), "002002");
  EXPECT_EQ(account_.Rows("select count(*) from t"), "0");
}

TEST_F(Statements, NeedsDatabaseSchemaAndWarehouse) {
  ASSERT_EQ(account_.Run("create table t (a int); drop schema s"), "");
  EXPECT_EQ(account_.Run("select * from t"), "090106");
  ASSERT_EQ(account_.Run("drop database d"), "");
  EXPECT_EQ(account_.Run("create schema x"), "090105");
  ASSERT_EQ(account_.Run("undrop database d; undrop schema d.s; use schema d.s"), "");
  account_.session().warehouse.clear();
  EXPECT_EQ(account_.Run("select * from t"), "000606");
  EXPECT_EQ(account_.Run("insert into t values (1)"), "000606");
  EXPECT_EQ(account_.Run("show tables"), "");
  EXPECT_EQ(account_.Run("create table u clone t"), "");
  ASSERT_EQ(account_.Run("use warehouse compute_wh; alter warehouse compute_wh suspend"), "");
  EXPECT_EQ(account_.Rows("select count(*) from t"), "0");
  ASSERT_EQ(
      account_.Run(
          "alter warehouse compute_wh set auto_resume = false; alter warehouse compute_wh suspend"),
      "");
  EXPECT_EQ(account_.Run("select * from t"), "000606");
}

TEST_F(Statements, DdlComesBackAsWhatMadeIt) {
  ASSERT_EQ(account_.Run("create table t (a int not null default 3, \"b c\" varchar(5) comment "
                         "'it''s'); create view v as select a from t"),
            "");
  const std::string ddl = account_.Rows("select get_ddl('table', 't')");
  EXPECT_NE(ddl.find("A NUMBER(38,0) NOT NULL DEFAULT 3"), std::string::npos) << ddl;
  ASSERT_EQ(account_.Run("drop table t; " + ddl), "") << account_.last_message();
  EXPECT_EQ(account_.Rows("select get_ddl('table', 't')"), ddl);
  const std::string whole = account_.Rows("select get_ddl('database', 'd', true)");
  EXPECT_NE(whole.find("create or replace TABLE D.S.T"), std::string::npos) << whole;
  ASSERT_EQ(account_.Run(whole), "") << account_.last_message();
}

TEST_F(Statements, HistoryCarriesTags) {
  ASSERT_EQ(account_.Run("alter session set query_tag = 'op-1'; create table t (a int)"), "");
  const std::string created = account_.last_query();
  EXPECT_EQ(account_.Rows(
                "select query_id, execution_status from table(information_schema.query_history()) "
                "where query_tag = 'op-1' and query_type = 'CREATE_TABLE'"),
            created + "|SUCCESS");
  EXPECT_EQ(account_.Run("create table t (a int)"), "002002");
  EXPECT_EQ(account_.Rows("select error_code from table(information_schema.query_history()) where "
                          "error_code is not null"),
            "002002");
  ASSERT_EQ(account_.Run("show tables"), "");
  EXPECT_EQ(account_.Rows("select \"name\" from table(result_scan(last_query_id()))"), "T");
}

TEST_F(Statements, GrantsDeny) {
  ASSERT_EQ(account_.Run("create table t (a int); create role r; create user u password = 'x'; "
                         "grant role r to user u;"
                         "grant usage on warehouse compute_wh to role r"),
            "");
  Session other = account_.session();
  account_.engine().Locked([&](const Engine::Parts& parts) {
    account_.session().user = parts.catalog.FindChild(ObjectKind::kUser, kAccountId, "U")->id;
    account_.session().role = parts.catalog.FindChild(ObjectKind::kRole, kAccountId, "R")->id;
  });
  EXPECT_EQ(account_.Run("select * from d.s.t"), "002003");
  EXPECT_EQ(account_.Run("create database x"), "003001");
  EXPECT_EQ(account_.Run("use role accountadmin"), "003013");
  std::swap(account_.session(), other);
  ASSERT_EQ(account_.Run("grant usage on database d to role r; grant usage on schema d.s to role "
                         "r; grant select on table d.s.t to role r"),
            "");
  std::swap(account_.session(), other);
  EXPECT_EQ(account_.Rows("select count(*) from d.s.t"), "0");
  EXPECT_EQ(account_.Run("insert into d.s.t values (1)"), "003001");
  EXPECT_EQ(account_.Run("drop table d.s.t"), "003001");
  EXPECT_EQ(account_.Run("create table d.s.u (a int)"), "003001");
  EXPECT_EQ(account_.Run("grant select on table d.s.t to role public"), "003001");
}

TEST_F(Statements, UnloadsAndLoadsThroughAStage) {
  ASSERT_EQ(account_.Run("create stage st; create table t (a int, b varchar); insert into t values "
                         "(1, 'x,\"y'), (2, null)"),
            "");
  EXPECT_EQ(account_.Field("copy into @st/p/ from t file_format = (type = csv "
                           "field_optionally_enclosed_by = '\"') header = true",
                           "rows_unloaded"),
            "2");
  EXPECT_EQ(account_.Field("list @st", "name"), "st/p/data_0_0_0.csv.gz");
  EXPECT_EQ(account_.Run("copy into @st/p/ from t file_format = (type = csv)"), "001030");
  ASSERT_EQ(account_.Run("create table u like t"), "");
  const std::string load =
      "copy into u from @st/p/ file_format = (type = csv skip_header = 1 "
      "field_optionally_enclosed_by = '\"')";
  EXPECT_EQ(account_.Field(load, "rows_loaded"), "2") << account_.last_message();
  EXPECT_EQ(account_.Rows("select a, b from u order by a"), "1|x,\"y\n2|~");
  EXPECT_EQ(account_.Rows(load), "Copy executed with 0 files processed.");
  EXPECT_EQ(account_.Field(load + " force = true", "rows_loaded"), "2");
  ASSERT_EQ(account_.Run("copy into @st/j/ from (select object_construct(*) from t) file_format = "
                         "(type = json); truncate table u"),
            "")
      << account_.last_message();
  EXPECT_EQ(account_.Field("copy into u from @st/j/ file_format = (type = json) "
                           "match_by_column_name = case_insensitive",
                           "rows_loaded"),
            "2");
  EXPECT_EQ(account_.Rows("select a, b from u order by a"), "1|x,\"y\n2|~");
  EXPECT_EQ(account_.Rows("select $1:A::int from @st/j/ (file_format => 'jf')"), "error 002003");
  ASSERT_EQ(account_.Run("remove @st"), "");
  EXPECT_EQ(account_.Rows("list @st"), "");
}

TEST_F(Statements, FailedStatementsChangeNothing) {
  ASSERT_EQ(account_.Run("create table t (a int); insert into t values (1), (2), (3)"), "");
  EXPECT_EQ(account_.Run("update t set a = 6 / (a - 2)"), "100051");
  EXPECT_EQ(account_.Rows("select a from t order by a"), "1\n2\n3");
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
