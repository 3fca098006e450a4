#include "engines/postgres/pg_roles.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

#include "integration/postgres/postgres_fixture.h"
#include "support/pg_compare.h"

namespace dbstow::postgres {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* kRoleFacts =
    "SELECT string_agg(concat_ws(' ', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, "
    "rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil, rolpassword, "
    "shobj_description(a.oid, 'pg_authid'), (SELECT string_agg(setconfig::text, ';') FROM "
    "pg_db_role_setting WHERE setrole = a.oid AND setdatabase = 0), (SELECT "
    "string_agg(pg_get_userbyid(roleid) || admin_option, ',' ORDER BY pg_get_userbyid(roleid)) "
    "FROM pg_auth_members WHERE member = a.oid)), E'\\n' ORDER BY rolname) FROM pg_authid a "
    "WHERE rolname !~ '^pg_'";

class RolesTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (server_ == nullptr) return;
    Sql("postgres", "CREATE DATABASE source");
    Sql("source",
        "CREATE ROLE \"Odd \"\"role\"\" é\" LOGIN PASSWORD 'it''s' CONNECTION LIMIT 7 "
        "VALID UNTIL '2099-01-01 00:00:00+00' NOINHERIT CREATEDB REPLICATION;"
        "COMMENT ON ROLE \"Odd \"\"role\"\" é\" IS 'it''s odd';"
        "ALTER ROLE \"Odd \"\"role\"\" é\" SET search_path = a, \"B c\";"
        "ALTER ROLE \"Odd \"\"role\"\" é\" SET work_mem = '12MB';"
        "CREATE ROLE parent; CREATE ROLE grandparent BYPASSRLS; CREATE ROLE unrelated;"
        "CREATE ROLE reader LOGIN;"
        "GRANT grandparent TO parent; GRANT parent TO \"Odd \"\"role\"\" é\" WITH ADMIN OPTION;"
        "GRANT pg_monitor TO reader;"
        "CREATE TABLE t (); ALTER TABLE t OWNER TO \"Odd \"\"role\"\" é\";"
        "GRANT SELECT ON t TO reader;");
    session_ = Open("source");
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    session_.reset();
    Sql("postgres", "DROP DATABASE source");
    DropRoles();
  }
  void DropRoles() {
    for (const char* role :
         {"Odd \"role\" é", "parent", "grandparent", "unrelated", "reader", "weak", "clerk",
          "clerks", "staff", "guild", "other_clerk", "chief", "operator", "watcher"}) {
      Sql("postgres", "DROP ROLE IF EXISTS " + test::SqlName(role));
    }
  }
  /// `clerk` reads the table as a member of members of who may.
  void GrantToClerks() {
    Sql("source",
        "CREATE ROLE staff; CREATE ROLE clerks; CREATE ROLE clerk LOGIN PASSWORD 'clerk';"
        "GRANT SELECT ON t TO staff; GRANT staff TO clerks; GRANT clerks TO clerk");
  }
  [[nodiscard]] PgGlobals Read(RoleScope scope) {
    auto globals = ReadGlobals(*session_, scope);
    EXPECT_TRUE(globals) << globals.error().ToString();
    auto again = PgGlobals::FromJson(globals->ToJson().Reveal());
    EXPECT_TRUE(again) << again.error().ToString();
    return std::move(*again);
  }
  static std::vector<std::string> Names(const PgGlobals& globals) {
    std::vector<std::string> names;
    for (const PgRole& role : globals.roles) names.push_back(role.name);
    return names;
  }
  std::unique_ptr<PgSession> session_;
};

TEST_F(RolesTest, TakesWhatTheDatabaseUses) {
  EXPECT_THAT(Names(Read(RoleScope::kUsed)),
              UnorderedElementsAre("Odd \"role\" é", "parent", "grandparent", "reader",
                                   server_->superuser()));
  EXPECT_THAT(Names(Read(RoleScope::kAll)), Contains("unrelated"));
}

// Who may log in and use the database is often named nowhere in it.
TEST_F(RolesTest, TakesWhoMayUseTheDatabaseThroughGroups) {
  GrantToClerks();
  Sql("source",
      "CREATE ROLE guild; CREATE ROLE other_clerk LOGIN; GRANT guild TO clerk, other_clerk;"
      "CREATE ROLE chief SUPERUSER; GRANT staff TO chief; CREATE ROLE operator LOGIN;"
      "CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher");
  Sql("source", "GRANT " + test::SqlName(server_->superuser()) + " TO operator");
  const PgGlobals globals = Read(RoleScope::kUsed);
  EXPECT_THAT(Names(globals),
              UnorderedElementsAre("Odd \"role\" é", "parent", "grandparent", "reader", "staff",
                                   "clerks", "clerk", "guild", server_->superuser()));
  std::vector<std::string> memberships;
  for (const PgMembership& each : globals.memberships) {
    memberships.push_back(each.member + " in " + each.role);
  }
  EXPECT_THAT(memberships, UnorderedElementsAre("parent in grandparent", "Odd \"role\" é in parent",
                                                "reader in pg_monitor", "clerks in staff",
                                                "clerk in clerks", "clerk in guild"));
}

TEST_F(RolesTest, BringsMissingRolesBackExactly) {
  const std::string before = Value("postgres", kRoleFacts);
  const PgGlobals globals = Read(RoleScope::kAll);
  Sql("source", "DROP TABLE t");
  DropRoles();
  const auto warnings = ApplyGlobals(*session_, globals);
  ASSERT_TRUE(warnings) << warnings.error().ToString();
  EXPECT_THAT(*warnings, IsEmpty());
  EXPECT_EQ(Value("postgres", kRoleFacts), before);
}

TEST_F(RolesTest, LeavesExistingRolesAloneAndNamesEveryDifference) {
  const PgGlobals globals = Read(RoleScope::kAll);
  Sql("postgres",
      "ALTER ROLE parent LOGIN CONNECTION LIMIT 3 PASSWORD 'other'; ALTER ROLE reader SET "
      "work_mem = '1MB'; REVOKE grandparent FROM parent");
  const std::string before = Value("postgres", kRoleFacts);
  const auto warnings = ApplyGlobals(*session_, globals);
  ASSERT_TRUE(warnings);
  EXPECT_EQ(Value("postgres", kRoleFacts), before);
  EXPECT_THAT(*warnings, Contains(AllOf(HasSubstr("parent"), HasSubstr("LOGIN"))));
  EXPECT_THAT(*warnings, Contains(AllOf(HasSubstr("parent"), HasSubstr("connection limit is 3"))));
  EXPECT_THAT(*warnings, Contains(AllOf(HasSubstr("parent"), HasSubstr("password"))));
  EXPECT_THAT(*warnings, Contains(AllOf(HasSubstr("reader"), HasSubstr("settings"))));
  EXPECT_THAT(*warnings, Contains(HasSubstr("membership of parent in grandparent")));
  for (const std::string& warning : *warnings) EXPECT_THAT(warning, Not(HasSubstr("SCRAM")));
}

TEST_F(RolesTest, AWeakRoleGetsWarningsInsteadOfRoles) {
  const PgGlobals globals = Read(RoleScope::kUsed);
  Sql("source", "DROP TABLE t");
  DropRoles();
  ASSERT_TRUE(server_->CreateRole("weak", "LOGIN", "weak"));
  const auto weak = PgSession::Open(ConnectionAs("weak", "postgres"), world_.context);
  ASSERT_TRUE(weak) << weak.error().ToString();
  const auto warnings = ApplyGlobals(**weak, globals);
  ASSERT_TRUE(warnings);
  EXPECT_THAT(*warnings, Contains(HasSubstr("role reader could not be created")));
  for (const std::string& warning : *warnings) EXPECT_THAT(warning, Not(HasSubstr("SCRAM")));
  EXPECT_EQ(Value("postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'reader'"), "0");
}

TEST_F(RolesTest, ARoleThatMayNotReadHashesBacksUpWithoutThem) {
  ASSERT_TRUE(server_->CreateRole("weak", "LOGIN CREATEROLE", "weak"));
  auto weak = PgSession::Open(ConnectionAs("weak", "source"), world_.context);
  ASSERT_TRUE(weak);
  const auto globals = ReadGlobals(**weak, RoleScope::kUsed);
  ASSERT_TRUE(globals) << globals.error().ToString();
  EXPECT_FALSE(globals->has_password_hashes);
  EXPECT_THAT(globals->ToJson().Reveal(), Not(HasSubstr("SCRAM")));
  EXPECT_THAT(Names(*globals), Contains("reader"));
}

TEST_F(RolesTest, ABackupBringsItsRolesToAnotherServer) {
  GrantToClerks();
  ASSERT_TRUE(Backup(Connection("source")));
  auto other = test::PostgresServer::Create();
  ASSERT_TRUE(other) << other.error().ToString();
  world_.secrets.by_key["other"] = (*other)->password();
  ConnectionInfo connection = Connection("postgres");
  connection.port = (*other)->port();
  connection.credentials.secret_ref.key = "other";
  const auto restore = [&] {
    RestoreOptions options;
    options.source = "latest";
    options.target_name = "back";
    const auto instance = Instance(connection);
    return dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  };
  const auto restored = restore();
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ((*other)
                ->QueryValue("back", "SELECT tableowner FROM pg_tables WHERE tablename = 't'")
                .value_or("?"),
            "Odd \"role\" é");
  EXPECT_EQ((*other)
                ->QueryValue("back",
                             "SELECT count(*) FROM pg_roles WHERE rolname = "
                             "'unrelated'")
                .value_or("?"),
            "0");
  ConnectionInfo as_clerk = ConnectionAs("clerk", "back");
  as_clerk.port = connection.port;
  const auto clerk = PgSession::Open(as_clerk, world_.context);
  ASSERT_TRUE(clerk) << clerk.error().ToString();
  const auto read = (*clerk)->Run("SELECT FROM public.t");
  EXPECT_TRUE(read) << read.error().ToString();
}

// GRANT SET ON PARAMETER, from 15 on.
TEST_F(RolesTest, RightsOnParametersComeBackWithTheirRoles) {
  if (server_->major_version() < 15) GTEST_SKIP() << "there are none before 15";
  static constexpr const char* kRights =
      "SELECT string_agg(concat_ws(' ', parname, x.privilege_type, is_grantable), ', ' ORDER BY"
      " parname) FROM pg_parameter_acl, aclexplode(paracl) x WHERE grantee = 'reader'::regrole";
  Sql("postgres",
      "GRANT SET ON PARAMETER log_statement TO reader WITH GRANT OPTION;"
      "GRANT ALTER SYSTEM ON PARAMETER \"my.own\" TO reader; GRANT SET ON PARAMETER jit TO PUBLIC;"
      "GRANT SET ON PARAMETER log_statement TO unrelated");
  const PgGlobals globals = Read(RoleScope::kUsed);
  EXPECT_EQ(globals.parameter_grants.size(), 2u);
  Sql("postgres", "REVOKE SET ON PARAMETER log_statement FROM reader");
  const auto differing = ApplyGlobals(*session_, globals);
  ASSERT_TRUE(differing) << differing.error().ToString();
  EXPECT_THAT(*differing,
              ::testing::ElementsAre(AllOf(HasSubstr("reader exists and was left as it is"),
                                           HasSubstr("SET ON PARAMETER \"log_statement\""))));
  Sql("source", "DROP TABLE t; DROP OWNED BY reader, unrelated");
  DropRoles();
  const auto warnings = ApplyGlobals(*session_, globals);
  ASSERT_TRUE(warnings) << warnings.error().ToString();
  EXPECT_THAT(*warnings, IsEmpty());
  EXPECT_EQ(Value("postgres", kRights), "log_statement SET t, my.own ALTER SYSTEM f");
  Sql("source", "DROP OWNED BY reader");
  Sql("postgres", "REVOKE SET ON PARAMETER jit FROM PUBLIC");
}

// From 16 on each grantor's grant is a row, of which none takes anything away from another.
TEST(Grantors, OfOneMembershipAreMerged) {
  const auto merged = MergeGrantors({{"staff", "clerk", true, false, false},
                                     {"staff", "chief", false, true, true},
                                     {"staff", "clerk", false, true, false},
                                     {"guild", "clerk", false, false, true},
                                     {"guild", "clerk", false, false, false},
                                     {"old", "clerk", true, std::nullopt, std::nullopt}});
  const auto show = [](const PgMembership& each) {
    const auto word = [](std::optional<bool> yes) {
      return std::string(!yes ? " ?" : *yes ? " yes" : " no");
    };
    return each.member + " in " + each.role + word(each.admin) + word(each.inherit) +
           word(each.set);
  };
  std::vector<std::string> shown;
  std::ranges::transform(merged, std::back_inserter(shown), show);
  EXPECT_THAT(shown, testing::ElementsAre("clerk in staff yes yes no", "chief in staff no yes yes",
                                          "clerk in guild no no yes", "clerk in old yes ? ?"));
}

TEST_F(RolesTest, DamagedJsonIsCorrupt) {
  for (const char* bad : {"", "{}", "[]", "{\"roles\": 3}"}) {
    EXPECT_EQ(PgGlobals::FromJson(bad).error().code(), ErrorCode::kCorrupt) << bad;
  }
}

}  // namespace
}  // namespace dbstow::postgres
