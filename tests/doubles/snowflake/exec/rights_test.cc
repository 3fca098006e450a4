// Who may grant and use what: managed access, future grants, ownership, secondary roles.
#include <gtest/gtest.h>

#include "doubles/snowflake/testing/account.h"

namespace dbstow::doubles::snowflake {
namespace {

class Rights : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(account_.Run("create database d; create schema s; create role owner; create role "
                           "reader; create user u password = 'x'; grant role owner to user u;"
                           "grant usage on database d to role owner; grant usage on database d to "
                           "role reader; grant usage on warehouse compute_wh to role owner; grant "
                           "usage on warehouse compute_wh to role reader"),
              "")
        << account_.last_message();
  }
  /// Statements by user U in a role, with no others beside it.
  std::string As(const std::string& role, const std::string& sql) {
    const Session before = account_.session();
    account_.engine().Locked([&](const Engine::Parts& parts) {
      account_.session().user = parts.catalog.FindChild(ObjectKind::kUser, kAccountId, "U")->id;
      account_.session().role = parts.catalog.FindChild(ObjectKind::kRole, kAccountId, role)->id;
      account_.session().secondary_roles = secondary_;
    });
    const std::string outcome = account_.Run(sql);
    account_.session() = before;
    return outcome;
  }
  bool IsGranted(const std::string& on, const std::string& what) {
    return account_.Rows("show grants on " + on).find(what) != std::string::npos;
  }

  TestAccount account_;
  bool secondary_ = false;
};

TEST_F(Rights, InAManagedSchemaItsOwnerGrantsAndNobodyElse) {
  ASSERT_EQ(account_.Run("create schema m with managed access; grant usage, create table on schema "
                         "m to role owner; grant usage, create table on schema s to role owner"),
            "")
      << account_.last_message();
  for (const char* schema : {"s", "m"}) {
    const std::string table = std::string("d.") + schema + ".t";
    ASSERT_EQ(As("OWNER", "create table " + table + " (a int)"), "");
    EXPECT_EQ(As("OWNER", "grant select on table " + table + " to role reader"),
              schema[0] == 's' ? "" : "003001");
    EXPECT_EQ(As("OWNER", "grant ownership on table " + table + " to role reader"),
              schema[0] == 's' ? "003036" : "003001");
    EXPECT_EQ(As("OWNER", "insert into " + table + " values (1)"), "");
  }
  // Nor does a grant option help; the schema's owner may.
  ASSERT_EQ(account_.Run("grant select on table d.m.t to role reader with grant option"), "");
  ASSERT_EQ(account_.Run("grant usage on schema m to role reader; grant role reader to user u"),
            "");
  EXPECT_EQ(As("READER", "grant select on table d.m.t to role owner"), "003001");
  ASSERT_EQ(account_.Run("grant ownership on schema m to role owner copy current grants"), "");
  EXPECT_EQ(As("OWNER", "grant insert on table d.m.t to role reader"), "");
  EXPECT_EQ(account_.Field("show schemas like 'M' in database d", "options"), "MANAGED ACCESS");
}

TEST_F(Rights, FutureGrantsReachWhatIsMadeLater) {
  ASSERT_EQ(account_.Run("create table before_it (a int);"
                         "grant select on future tables in database d to role reader;"
                         "grant insert on future tables in schema d.s to role owner;"
                         "create table after_it (a int); create schema e; create table t (a int)"),
            "");
  EXPECT_FALSE(IsGranted("table d.s.before_it", "SELECT"));
  // Those of the schema stand before those of the database.
  EXPECT_TRUE(IsGranted("table d.s.after_it", "INSERT"));
  EXPECT_FALSE(IsGranted("table d.s.after_it", "SELECT"));
  EXPECT_TRUE(IsGranted("table d.e.t", "SELECT"));
  EXPECT_EQ(account_.Field("show future grants in schema d.s", "privilege"), "INSERT");
  EXPECT_EQ(account_.Field("show future grants in schema d.s", "grantee_name"), "OWNER");
  ASSERT_EQ(account_.Run("revoke insert on future tables in schema d.s from role owner;"
                         "grant ownership on future tables in schema d.s to role owner;"
                         "create table d.s.owned (a int)"),
            "");
  EXPECT_EQ(account_.Field("show tables like 'OWNED' in schema d.s", "owner"), "OWNER");
}

TEST_F(Rights, OwnershipGoesWithTheGrantsCopiedOrRevoked) {
  ASSERT_EQ(account_.Run("create table t (a int); grant select on table t to role reader"), "");
  EXPECT_EQ(account_.Run("grant ownership on table t to role owner"), "003036");
  ASSERT_EQ(account_.Run("grant ownership on table t to role owner copy current grants"), "");
  EXPECT_EQ(account_.Field("show tables like 'T'", "owner"), "OWNER");
  EXPECT_TRUE(IsGranted("table t", "SELECT"));
  ASSERT_EQ(account_.Run("grant ownership on table t to role reader revoke current grants"), "");
  EXPECT_EQ(account_.Field("show tables like 'T'", "owner"), "READER");
  EXPECT_FALSE(IsGranted("table t", "SELECT"));
}

TEST_F(Rights, SecondaryRolesAuthoriseEverythingButCreation) {
  ASSERT_EQ(account_.Run("create table t (a int); grant usage on schema s to role reader; grant "
                         "usage on schema s to role owner; grant select on table t to role reader;"
                         "grant create table on schema s to role reader; grant role reader to "
                         "user u"),
            "");
  EXPECT_EQ(As("OWNER", "select * from d.s.t"), "002003");
  secondary_ = true;
  EXPECT_EQ(As("OWNER", "select * from d.s.t"), "");
  EXPECT_EQ(As("OWNER", "create table d.s.u (a int)"), "003001");
  EXPECT_EQ(As("READER", "create table d.s.u (a int)"), "");
  EXPECT_EQ(As("OWNER", "use secondary roles none; select * from d.s.t"), "002003");
}

}  // namespace
}  // namespace dbstow::doubles::snowflake
