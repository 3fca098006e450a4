#include "servers/postgres/pg_version_fixture.h"
#include "support/postgres_server.h"

// What servers newer than Debian's have of their own, with pg_dump of their version in PATH.

namespace dbstow::postgres {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class PgNewFeatures : public PgVersionTest {
 protected:
  /// A login trigger that does this in every session of dbstow and its children.
  void OnLogin(const std::string& action) {
    Sql("postgres", "CREATE DATABASE shop");
    Sql("shop",
        "CREATE TABLE seen (who text); CREATE TABLE t AS SELECT 7 AS i;"
        "CREATE FUNCTION on_login() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF current_setting('application_name') LIKE 'dbstow %' THEN " +
            action +
            "; END IF; END $$;"
            "CREATE EVENT TRIGGER hello ON login EXECUTE FUNCTION on_login();"
            "ALTER EVENT TRIGGER hello ENABLE ALWAYS");
  }
  /// The same server, seen by a role of its own whose password is its name.
  void MakeRole(const std::string& role, const std::string& attributes) {
    ASSERT_TRUE(access_->CreateRole(role, attributes, role));
    roles_.push_back(role);
  }
  void TearDown() override {
    PgVersionTest::TearDown();
    for (const std::string& each : roles_) Sql("postgres", "DROP ROLE IF EXISTS " + each);
  }

  std::vector<std::string> roles_;
};

TEST_F(PgNewFeatures, ALoginTriggerKeepsNoSuperuserOut) {
  if (access_->major_version() < 17) GTEST_SKIP() << "login triggers came with 17";
  OnLogin("RAISE EXCEPTION 'closed' USING ERRCODE = 'insufficient_privilege'");
  const auto backup = Backup(Connection("shop"));
  ASSERT_TRUE(backup) << backup.error().ToString();
  const auto restored = Restore("shop again");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value("shop again", "SELECT count(*) FROM pg_event_trigger WHERE evtenabled = 'A'"),
            "1");
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
  for (const std::string strategy : {"template_wal_log", "stream"}) {
    const auto cloned = Clone("copy by " + strategy, strategy);
    ASSERT_TRUE(cloned) << cloned.error().ToString();
  }
  MakeRole("reader", "LOGIN");
  Sql("postgres", "GRANT pg_read_all_data TO reader");
  const auto refused = Backup(ConnectionAs("reader", "shop"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("closed"));
  EXPECT_THAT(refused.error().hint(), HasSubstr("login trigger"));
}

TEST_F(PgNewFeatures, ALoginTriggerChangesNothingInAProof) {
  if (access_->major_version() < 17) GTEST_SKIP() << "login triggers came with 17";
  OnLogin("INSERT INTO public.seen VALUES (current_setting('application_name'))");
  ASSERT_TRUE(Backup(Connection("shop")));
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
}

// From 16 on a membership has options, and one for each grantor.
TEST_F(PgNewFeatures, MembershipsComeBackWithTheirOptions) {
  if (access_->major_version() < 16) GTEST_SKIP() << "options of memberships came with 16";
  static constexpr const char* kOptions =
      "SELECT string_agg(concat_ws(' ', member::regrole, admin, inherit, set), ', ' ORDER BY"
      " member::regrole::text) FROM (SELECT member, bool_or(admin_option) AS admin,"
      " bool_or(inherit_option) AS inherit, bool_or(set_option) AS set FROM pg_auth_members"
      " WHERE roleid = 'nf_staff'::regrole GROUP BY member) m";
  for (const char* role : {"nf_staff", "nf_head", "nf_actor", "nf_heir", "nf_both"}) {
    MakeRole(role, "LOGIN");
  }
  Sql("postgres",
      "GRANT nf_staff TO nf_head WITH ADMIN TRUE;"
      "GRANT nf_staff TO nf_actor WITH INHERIT FALSE, SET TRUE;"
      "GRANT nf_staff TO nf_heir WITH INHERIT TRUE, SET FALSE;"
      "GRANT nf_staff TO nf_both WITH INHERIT TRUE, SET FALSE;"
      "SET ROLE nf_head; GRANT nf_staff TO nf_both WITH INHERIT FALSE, SET TRUE; RESET ROLE");
  Sql("postgres", "CREATE DATABASE shop");
  Sql("shop", "CREATE TABLE t AS SELECT 7 AS i; ALTER TABLE t OWNER TO nf_staff");
  const std::string options = Value("postgres", kOptions);
  EXPECT_EQ(
      Value("postgres", "SELECT count(*) FROM pg_auth_members WHERE roleid = 'nf_staff'::regrole"),
      "5");
  ASSERT_TRUE(Backup(Connection("shop")));
  Sql("postgres", "DROP DATABASE shop");
  for (auto role = roles_.rbegin(); role != roles_.rend(); ++role) {
    Sql("postgres", "DROP OWNED BY " + *role + " CASCADE; DROP ROLE " + *role);
  }
  const auto restored = Restore("shop");
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_EQ(Value("postgres", kOptions), options);
  const auto actor = PgSession::Open(ConnectionAs("nf_actor", "shop"), world_.context);
  ASSERT_TRUE(actor) << actor.error().ToString();
  EXPECT_FALSE((*actor)->Run("SELECT FROM public.t"));
  EXPECT_TRUE((*actor)->Run("SET ROLE nf_staff; SELECT FROM public.t"));
  const auto heir = PgSession::Open(ConnectionAs("nf_heir", "shop"), world_.context);
  ASSERT_TRUE(heir) << heir.error().ToString();
  EXPECT_TRUE((*heir)->Run("SELECT FROM public.t"));
  EXPECT_FALSE((*heir)->Run("SET ROLE nf_staff"));
  const auto both = PgSession::Open(ConnectionAs("nf_both", "shop"), world_.context);
  ASSERT_TRUE(both) << both.error().ToString();
  EXPECT_TRUE((*both)->Run("SELECT FROM public.t; SET ROLE nf_staff"));
}

// From 16 on being a member is not enough to give something away: SET is.
TEST_F(PgNewFeatures, OnlyWhoMaySetARoleGivesItThings) {
  if (access_->major_version() < 16) GTEST_SKIP() << "options of memberships came with 16";
  for (const char* role : {"nf_taker", "nf_heirs"}) MakeRole(role, "NOLOGIN");
  MakeRole("nf_maker", "LOGIN CREATEDB");
  Sql("postgres",
      "GRANT nf_taker TO nf_maker WITH INHERIT FALSE, SET TRUE;"
      "GRANT nf_heirs TO nf_maker WITH INHERIT TRUE, SET FALSE");
  Sql("postgres", "CREATE DATABASE shop");
  Sql("shop",
      "GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE TABLE taken AS SELECT 1 AS i;"
      "CREATE TABLE kept AS SELECT 1 AS i; ALTER TABLE taken OWNER TO nf_taker;"
      "ALTER TABLE kept OWNER TO nf_heirs");
  ASSERT_TRUE(Backup(Connection("shop")));
  const auto instance = Instance(ConnectionAs("nf_maker", "postgres"));
  RestoreOptions options{.source = "latest", .target_name = "made"};
  const auto restored = dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  ASSERT_TRUE(restored) << restored.error().ToString();
  static constexpr const char* kOwner = "SELECT tableowner FROM pg_tables WHERE tablename = ";
  EXPECT_EQ(Value("made", std::string(kOwner) + "'kept'"), "nf_maker");
  EXPECT_THAT(restored->warnings,
              Contains(HasSubstr("objects of role nf_heirs belong to the restoring role")));
  // Schema public is the maker's own here, and the taker may not create in it yet.
  EXPECT_THAT(restored->warnings,
              Contains(HasSubstr("objects of role nf_taker belong to the restoring role")));
}

// Refused by name before anything is made, and not in the middle of the restore.
TEST_F(PgNewFeatures, AnOlderServerIsNotGivenWhatItCannotKnow) {
  if (access_->major_version() < 18) GTEST_SKIP() << "these came with 18";
  auto older = test::PostgresServer::Create();
  ASSERT_TRUE(older) << older.error().ToString();
  world_.secrets.by_key["older"] = (*older)->password();
  ConnectionInfo target = Connection("postgres");
  target.port = (*older)->port();
  target.credentials.secret_ref = {"fake", "older"};
  target.credentials.username = (*older)->superuser();
  for (const std::string odd :
       {"CREATE TABLE odd (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)",
        "CREATE TABLE odd (a int, CONSTRAINT c NOT NULL a NO INHERIT)",
        "CREATE TABLE odd (a int); ALTER TABLE odd ADD CONSTRAINT c NOT NULL a NOT VALID",
        "CREATE TABLE odd (a int) PARTITION BY RANGE (a);"
        "ALTER TABLE odd ADD CONSTRAINT c EXCLUDE USING btree (a WITH =)",
        "CREATE VIEW odd AS SELECT JSON_VALUE('{}', '$.a') AS a",
        "CREATE PUBLICATION odd WITH (publish_generated_columns = stored)"}) {
    Sql("postgres", "DROP DATABASE IF EXISTS shop");
    Sql("postgres", "CREATE DATABASE shop");
    Sql("shop", odd);
    ASSERT_TRUE(Backup(Connection("shop")));
    RestoreOptions options{.source = "latest", .target_name = "shop"};
    const auto instance = Instance(target);
    const auto refused = dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
    ASSERT_FALSE(refused) << odd;
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupportedCapability)
        << odd << ": " << refused.error().ToString();
    EXPECT_THAT(refused.error().message(), HasSubstr("needs PostgreSQL 1")) << odd;
  }
}

}  // namespace
}  // namespace dbstow::postgres
