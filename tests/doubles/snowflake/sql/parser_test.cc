#include "doubles/snowflake/sql/parser.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

std::string CodeOf(const std::string& sql) {
  const auto parsed = Parse(sql);
  return parsed ? "" : parsed.error().native()->code;
}

template <class T>
T One(const std::string& sql) {
  auto parsed = Parse(sql);
  EXPECT_TRUE(parsed.has_value()) << sql << ": " << (parsed ? "" : parsed.error().ToString());
  if (!parsed || parsed->size() != 1) return T{};
  EXPECT_TRUE(std::holds_alternative<T>((*parsed)[0].body)) << sql;
  return std::get<T>((*parsed)[0].body);
}

// The same list that proof/sqlglot_check.py gives to a parser that others wrote.
TEST(Parser, AcceptsWhatTheVendorDocuments) {
  std::ifstream file(DBSTOW_SNOWFLAKE_STATEMENTS);
  int count = 0;
  for (std::string sql; std::getline(file, sql); ++count) {
    const auto parsed = Parse(sql);
    EXPECT_TRUE(parsed) << sql << ": " << (parsed ? "" : parsed.error().message());
  }
  EXPECT_GT(count, 80);
}

// So that the other parser is asked about everything that is accepted here.
TEST(Parser, TheListHasEveryKindOfStatement) {
  std::ifstream file(DBSTOW_SNOWFLAKE_STATEMENTS);
  std::set<std::size_t> bodies;
  std::set<std::string> made;
  std::set<std::string> undropped;
  std::set<AlterStatement::Action> actions;
  std::set<std::pair<TimePoint::Side, TimePoint::Anchor>> points;
  for (std::string sql; std::getline(file, sql);) {
    const auto parsed = Parse(sql);
    if (!parsed || parsed->empty()) continue;
    const StatementBody& body = parsed->front().body;
    bodies.insert(body.index());
    if (const auto* create = std::get_if<CreateStatement>(&body)) {
      made.insert(ToString(create->kind) + (create->clone ? " CLONE" : "") +
                  (create->clone && create->or_replace ? " OVER" : ""));
    } else if (const auto* undrop = std::get_if<UndropStatement>(&body)) {
      undropped.insert(ToString(undrop->kind) + (undrop->id ? " BY ID" : ""));
    } else if (const auto* alter = std::get_if<AlterStatement>(&body)) {
      actions.insert(alter->action);
    } else if (const auto* select = std::get_if<SelectStatement>(&body)) {
      if (select->from && select->from->time) {
        points.emplace(select->from->time->side, select->from->time->anchor);
      }
    }
  }
  EXPECT_EQ(bodies.size(), std::variant_size_v<StatementBody>);
  for (const char* kind : {"DATABASE", "SCHEMA", "TABLE"}) {
    for (const char* how : {"", " CLONE", " CLONE OVER"}) {
      EXPECT_EQ(made.count(std::string(kind) + how), 1U) << kind << how;
    }
    for (const char* how : {"", " BY ID"}) {
      EXPECT_EQ(undropped.count(std::string(kind) + how), 1U) << kind << how;
    }
  }
  for (const char* kind :
       {"VIEW", "SEQUENCE", "STAGE", "FILE FORMAT", "WAREHOUSE", "ROLE", "USER"}) {
    EXPECT_EQ(made.count(kind), 1U) << kind;
  }
  EXPECT_EQ(actions.size(), static_cast<std::size_t>(AlterStatement::Action::kResume) + 1);
  EXPECT_EQ(points.size(), 6U);
}

TEST(Parser, RefusesWhatTheVendorRefuses) {
  for (const char* sql : {"selec 1",
                          "select",
                          "select 1 from",
                          "create table t",
                          "drop table",
                          "insert into t",
                          "undrop view v",
                          "create or replace table if not exists t (a int)",
                          "create table t (a)",
                          "select 'x",
                          "select 1 1x",
                          "alter table t swap u",
                          "select * from t at(then => 1)",
                          "create transient view v as select 1",
                          "select a b c",
                          "grant select on t to r",
                          "put /tmp/a @s",
                          "select (1",
                          "show tables in",
                          "use",
                          "select #"}) {
    EXPECT_EQ(CodeOf(sql), "001003") << sql;
  }
}

TEST(Parser, NamesWhatIsLeftOut) {
  for (const char* sql :
       {"merge into t using s on 1 = 1", "begin", "select 1 union select 2",
        "select * from a join b", "create task t", "with x as (select 1) select 1"}) {
    EXPECT_EQ(CodeOf(sql), "000002") << sql;
  }
  EXPECT_EQ(CodeOf(" ; -- nothing"), "000900");
  EXPECT_EQ(CodeOf("create table t (a int) foo = 1"), "001423");
}

TEST(Parser, SaysWhereASyntaxErrorIs) {
  const auto parsed = Parse("select 1\nfrom from");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message(),
            "SQL compilation error:\nsyntax error line 2 at position 5 unexpected 'from'.");
  EXPECT_EQ(parsed.error().native()->text, "42000");
}

TEST(Parser, FoldsUnquotedNamesOnly) {
  const auto drop = One<DropStatement>("drop table db.\"s x\".t");
  EXPECT_EQ(drop.name.parts, (std::vector<std::string>{"DB", "s x", "T"}));
  EXPECT_EQ(ToString(drop.name), "DB.\"s x\".T");
}

TEST(Parser, KeepsTheTextOfEachStatement) {
  const auto parsed = Parse("select 1 ; create view v as select 2 ;");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].text, "select 1");
  EXPECT_EQ(std::get<CreateStatement>((*parsed)[1].body).query_text, "select 2 ");
}

// Their grammar is nowhere to be checked, so no form of it is taken for granted.
TEST(Parser, BackupSetsAreNotSupportedInAnyForm) {
  for (const char* sql :
       {"create backup policy p with retention lock expire_after_days = 30",
        "create backup set s for table t with backup policy p",
        "create or replace snapshot set s for database d", "alter backup set s add backup",
        "alter backup set s delete backup identifier '1'",
        "alter backup set s modify backup identifier '1' add legal hold",
        "show backups in backup set s", "show backup sets", "show snapshots in snapshot set s",
        "drop backup set s", "create table t from backup set s identifier '1'",
        "create schema r from backup set s identifier '1'",
        "create database d from backup set s identifier '1'"}) {
    EXPECT_EQ(CodeOf(sql), "000002") << sql;
  }
}

TEST(Parser, StageLocations) {
  const auto copy = One<CopyIntoTableStatement>("copy into t from @d.s.\"My/Stage\"/a/b.csv");
  EXPECT_EQ(copy.stage.name.parts, (std::vector<std::string>{"D", "S", "My/Stage"}));
  EXPECT_EQ(copy.stage.path, "a/b.csv");
  EXPECT_EQ(One<ListStatement>("list @%t/x").stage.kind, StageLocation::Kind::kTable);
}

TEST(Parser, DeepNestingIsRefusedNotACrash) {
  std::string sql = "select ";
  for (int depth = 0; depth < 100000; ++depth) sql += "(";
  EXPECT_NE(CodeOf(sql), "");
  sql = "select 1";
  for (int depth = 0; depth < 100000; ++depth) sql += "+1";
  EXPECT_NE(CodeOf(sql), "");
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
