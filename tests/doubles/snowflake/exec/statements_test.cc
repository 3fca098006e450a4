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

TEST_F(Statements, ParametersWarehousesAndUsersAreShown) {
  ASSERT_EQ(account_.Run("alter database d set data_retention_time_in_days = 7; create table t (a "
                         "int); create warehouse w warehouse_size = 'SMALL' auto_suspend = 60;"
                         "create user u password = 'x' default_role = 'PUBLIC'"),
            "");
  const std::string retention =
      account_.Rows("show parameters like 'data_retention%' in table d.s.t");
  EXPECT_EQ(retention, "DATA_RETENTION_TIME_IN_DAYS|7|1|DATABASE||NUMBER");
  ASSERT_EQ(account_.Run("alter session set query_tag = 'x'"), "");
  EXPECT_EQ(account_.Rows("show parameters like 'query_tag'"), "QUERY_TAG|x||SESSION||STRING");
  ASSERT_EQ(account_.Run("alter session unset query_tag"), "");
  EXPECT_EQ(account_.Rows("show parameters like 'query_tag' in session"), "QUERY_TAG|||||STRING");
  EXPECT_EQ(account_.Run("alter session unset no_such_thing"), "001423");
  EXPECT_EQ(account_.Field("show warehouses like 'W'", "size"), "SMALL");
  EXPECT_EQ(account_.Field("show warehouses like 'W'", "auto_suspend"), "60");
  EXPECT_EQ(account_.Field("show users like 'U'", "default_role"), "PUBLIC");
  EXPECT_EQ(account_.Field("show users like 'U'", "has_password"), "true");
  EXPECT_EQ(account_.Field("show users like 'U'", "has_rsa_public_key"), "false");
}

TEST_F(Statements, TablesAndViewsAreDescribed) {
  ASSERT_EQ(account_.Run("create table t (a int not null, b varchar(5) default 'x' comment 'c');"
                         "create view v as select b from t"),
            "");
  const std::string table = account_.Rows("describe table t");
  EXPECT_EQ(table.find("A|NUMBER(38,0)|COLUMN|N|"), 0U) << table;
  EXPECT_NE(table.find("B|VARCHAR(5)|COLUMN|Y|'x'"), std::string::npos) << table;
  EXPECT_EQ(account_.Field("desc view v", "name"), "B");
  EXPECT_EQ(account_.Run("describe table nothing"), "002003");
  EXPECT_EQ(account_.Run("describe stage x"), "000002");
}

TEST_F(Statements, OptionsAreUnset) {
  ASSERT_EQ(account_.Run("create table t (a int) data_retention_time_in_days = 5 comment = 'c';"
                         "alter table t unset comment, data_retention_time_in_days"),
            "");
  EXPECT_EQ(account_.Field("show tables like 'T'", "retention_time"), "1");
  EXPECT_EQ(account_.Field("show tables like 'T'", "comment"), "");
  EXPECT_EQ(account_.Run("alter table t unset nonsense"), "001423");
}

TEST_F(Statements, ATemporaryTableIsItsSessionsAndHidesThePermanent) {
  ASSERT_EQ(account_.Run("create table t (a int); insert into t values (1);"
                         "create temporary table t (a int); insert into t values (2)"),
            "");
  EXPECT_EQ(account_.Rows("select a from t"), "2");
  Session other = account_.session();
  other.id = "2";
  std::swap(account_.session(), other);
  EXPECT_EQ(account_.Rows("select a from t"), "1");
  std::swap(account_.session(), other);
  EXPECT_EQ(account_.Run("create table c clone t"), "002119");
  ASSERT_EQ(account_.Run("drop table t"), "");
  EXPECT_EQ(account_.Rows("select a from t"), "1");
  // It is not to be had back.
  ASSERT_EQ(account_.Run("drop table t; undrop table t"), "");
  EXPECT_EQ(account_.Rows("select a from t"), "1");
}

TEST_F(Statements, TheAccountsLeastRetentionHoldsForPermanentObjects) {
  ASSERT_EQ(account_.Run("create table t (a int) data_retention_time_in_days = 0;"
                         "create transient table u (a int) data_retention_time_in_days = 0;"
                         "alter account set min_data_retention_time_in_days = 3;"
                         "insert into t values (1)"),
            "");
  EXPECT_EQ(account_.Field("show tables like 'T'", "retention_time"), "3");
  EXPECT_EQ(account_.Field("show tables like 'U'", "retention_time"), "0");
  EXPECT_EQ(account_.Rows("show parameters like 'min_data%' in account"),
            "MIN_DATA_RETENTION_TIME_IN_DAYS|3|0|ACCOUNT||NUMBER");
  account_.Advance(86400 * 2);
  EXPECT_EQ(account_.Rows("select a from t at(offset => -172000)"), "1");
}

TEST_F(Statements, ExternalStagesAreLeftOut) {
  EXPECT_EQ(account_.Run("create stage x url = 's3://bucket/path'"), "000002");
  EXPECT_EQ(account_.Run("create stage x"), "");
  EXPECT_EQ(account_.Run("alter stage x set url = 'azure://a.blob.core.windows.net/c'"), "000002");
  EXPECT_EQ(account_.Run("create table t (a int)"), "");
  EXPECT_EQ(account_.Run("copy into 's3://bucket/path' from t"), "000002");
  EXPECT_EQ(account_.Run("copy into t from 's3://bucket/path'"), "000002");
  EXPECT_EQ(account_.Field("show stages", "type"), "INTERNAL");
}

class Copying : public Statements {
 protected:
  void SetUp() override {
    Statements::SetUp();
    ASSERT_EQ(account_.Run("create stage st file_format = (type = csv); create table t (a int, b "
                           "varchar); insert into t select seq4(), 'row' from "
                           "table(generator(rowcount => 100))"),
              "")
        << account_.last_message();
  }
  std::string Files(const std::string& path) {
    std::string names;
    std::string rows = account_.Rows("list @st/" + path);
    for (std::size_t from = 0; from < rows.size();) {
      const std::size_t end = std::min(rows.find('\n', from), rows.size());
      names += (names.empty() ? "" : " ") + rows.substr(from, rows.find('|', from) - from);
      from = end + 1;
    }
    return names;
  }
};

TEST_F(Copying, UnloadsIntoFilesOfASizeOrOne) {
  ASSERT_EQ(account_.Run("copy into @st/many/ from t max_file_size = 200 file_format = (type = csv "
                         "compression = none)"),
            "");
  const std::string many = Files("many");
  EXPECT_EQ(many.find("st/many/data_0_0_0.csv st/many/data_0_0_1.csv"), 0U) << many;
  EXPECT_NE(many.find("data_0_0_3.csv"), std::string::npos) << many;
  ASSERT_EQ(account_.Run("copy into @st/one.csv from t single = true max_file_size = 200 "
                         "file_format = (type = csv compression = none)"),
            "");
  EXPECT_EQ(Files("one"), "st/one.csv");
  EXPECT_EQ(account_.Rows("select count(*) from @st/one.csv"), "100");
  EXPECT_EQ(account_.Run("copy into @st/x/ from t max_file_size = 0"), "001008");
}

TEST_F(Copying, FilesBearTheQuerysIdAndAreListed) {
  const std::string rows = account_.Rows(
      "copy into @st/id/ from t include_query_id = true detailed_output = true file_format = (type "
      "= csv compression = none)");
  const std::string name = "data_" + account_.last_query() + "_0_0_0.csv";
  EXPECT_EQ(rows.find(name + "|"), 0U) << rows;
  EXPECT_EQ(rows.substr(rows.rfind('|')), "|100");
  EXPECT_EQ(Files("id"), "st/id/" + name);
  EXPECT_EQ(account_.Run("copy into @st/id/ from t include_query_id = true overwrite = true"),
            "001008");
}

TEST_F(Copying, LoadsTheFilesNamedOrMatchingAndPurgesThem) {
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_EQ(
        account_.Run(std::string("copy into @st/in/") + name + ".csv from (select a, '" + name +
                     "' from t where a < 2) single = true "
                     "file_format = (compression = none)"),
        "")
        << account_.last_message();
  }
  ASSERT_EQ(account_.Run("create table u like t"), "");
  EXPECT_EQ(account_.Run("copy into u from @st/in/ files = ('a.csv', 'nothing.csv')"), "100183");
  ASSERT_EQ(account_.Run("copy into u from @st/in/ files = ('a.csv') purge = true"), "");
  EXPECT_EQ(account_.Rows("select distinct b from u"), "a");
  EXPECT_EQ(Files("in"), "st/in/b.csv st/in/c.csv");
  ASSERT_EQ(account_.Run("copy into u from @st/in/ pattern = '.*c[.]csv'"), "");
  EXPECT_EQ(account_.Rows("select b, count(*) from u group by b order by b"), "a|2\nc|2");
  EXPECT_EQ(Files("in"), "st/in/b.csv st/in/c.csv");
  EXPECT_EQ(account_.Run("copy into u from @st/in/ pattern = '('"), "100048");
}

TEST_F(Statements, FailedStatementsChangeNothing) {
  ASSERT_EQ(account_.Run("create table t (a int); insert into t values (1), (2), (3)"), "");
  EXPECT_EQ(account_.Run("update t set a = 6 / (a - 2)"), "100051");
  EXPECT_EQ(account_.Rows("select a from t order by a"), "1\n2\n3");
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
