#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "integration/postgres/postgres_fixture.h"

// What a backup does not bring back as it was is told with the backup, and never stops a restore.

namespace dbstow::postgres {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class LeftOutTest : public OwnDatabaseTest {
 protected:
  void SetUp() override {
    OwnDatabaseTest::SetUp();
    if (server_ == nullptr) return;
    Sql(name_, "CREATE TABLE t (i int); INSERT INTO t VALUES (1), (2)");
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    for (const std::string& database : {name_, Target()}) {
      if (Value("postgres", Count("pg_database", "datname", database)) == "0") continue;
      Sql(database,
          "DO $$ BEGIN EXECUTE (SELECT string_agg(format('ALTER SUBSCRIPTION %I DISABLE;"
          " ALTER SUBSCRIPTION %I SET (slot_name = NONE); DROP SUBSCRIPTION %I', subname, subname,"
          " subname), ';') FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE"
          " datname = current_database())); EXCEPTION WHEN null_value_not_allowed THEN NULL; END "
          "$$");
    }
  }
  void Subscribe(const std::string& options = ", slot_name = 'news'") {
    Sql(name_,
        "CREATE SUBSCRIPTION \"to News\" CONNECTION 'host=127.0.0.1 port=1 password=canary'"
        " PUBLICATION p WITH (connect = false" +
            options + "); COMMENT ON SUBSCRIPTION \"to News\" IS 'x'");
  }
  void Label() {
    Sql(name_,
        "INSERT INTO pg_seclabel SELECT oid, 'pg_class'::regclass, 0, 'none', 'secret'"
        " FROM pg_class WHERE relname = 't'");
  }
  [[nodiscard]] std::string Target() const { return name_ + "_back"; }
  [[nodiscard]] static std::string Count(const std::string& catalog, const std::string& column,
                                         const std::string& value) {
    return "SELECT count(*) FROM " + catalog + " WHERE " + column + " = '" + value + "'";
  }
  [[nodiscard]] Result<RestoreResult> Restore(const ConnectionInfo& connection, bool overwrite) {
    const auto instance = Instance(connection);
    RestoreOptions options{.source = "latest", .target_name = Target(), .overwrite = overwrite};
    return dynamic_cast<SupportsRestore&>(*instance).Restore(options, world_.context);
  }
  [[nodiscard]] Result<ProofReport> Prove() {
    const auto instance = Instance(Connection("postgres"));
    return dynamic_cast<SupportsVerify&>(*instance).Prove({"latest", {}}, world_.context);
  }
  void ExpectNoScratch() {
    EXPECT_EQ(Value("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE '%dbstow%'"),
              "0");
  }
};

TEST_F(LeftOutTest, ABackupTellsWhatARestoreWillNotBring) {
  Subscribe();
  Sql(name_,
      "CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;"
      "CREATE FOREIGN TABLE far (i int) SERVER s;"
      "INSERT INTO pg_shseclabel SELECT oid, 'pg_database'::regclass, 'none', 'secret'"
      " FROM pg_database WHERE datname = current_database()");
  Sql("postgres", "ALTER DATABASE " + test::SqlName(name_) + " IS_TEMPLATE true");
  const auto backup = Backup(Connection(name_));
  Sql("postgres", "ALTER DATABASE " + test::SqlName(name_) + " IS_TEMPLATE false");
  ASSERT_TRUE(backup) << backup.error().ToString();
  EXPECT_THAT(backup->warnings, Contains(AllOf(HasSubstr("foreign table"), HasSubstr("far"))));
  EXPECT_THAT(backup->warnings,
              Contains(AllOf(HasSubstr("subscription \"to News\""), HasSubstr("disabled"))));
  EXPECT_THAT(backup->warnings, Contains(HasSubstr("security labels of the database")));
  EXPECT_THAT(backup->warnings, Contains(HasSubstr("IS_TEMPLATE")));
  EXPECT_THAT(backup->warnings, Not(Contains(HasSubstr("canary"))));

  ASSERT_TRUE(server_->CreateRole("left_out_reader", "LOGIN", "left_out_reader"));
  Sql("postgres", "GRANT pg_read_all_data TO left_out_reader");
  const auto by_reader = Backup(ConnectionAs("left_out_reader", name_));
  ASSERT_TRUE(by_reader) << by_reader.error().ToString();
  EXPECT_THAT(by_reader->warnings,
              Contains(AllOf(HasSubstr("subscription"), HasSubstr("not backed up"))));
  Sql("postgres", "DROP ROLE left_out_reader");
}

// No dump says so, and rows that were let in meanwhile may be refused.
TEST_F(LeftOutTest, ChecksOfForeignKeysThatAreOffAreTold) {
  Sql(name_,
      "CREATE TABLE keys (i int PRIMARY KEY); CREATE TABLE \"Holder\" (i int REFERENCES keys);"
      "CREATE TABLE checked (i int REFERENCES keys);"
      "ALTER TABLE \"Holder\" DISABLE TRIGGER ALL");
  const auto backup = Backup(Connection(name_));
  ASSERT_TRUE(backup) << backup.error().ToString();
  EXPECT_THAT(backup->warnings, ElementsAre(AllOf(HasSubstr("checks of foreign keys are off on"),
                                                  HasSubstr("public.\"Holder\""))));
  CloneOptions options{.target_name = Target()};
  options.extra = {{"strategy", "stream"}};
  const auto instance = Instance(Connection(name_));
  const auto cloned = dynamic_cast<SupportsClone&>(*instance).Clone(options, world_.context);
  ASSERT_TRUE(cloned) << cloned.error().ToString();
  EXPECT_THAT(cloned->warnings, Contains(HasSubstr("public.\"Holder\"")));
}

TEST_F(LeftOutTest, NothingToTellIsNoWarning) {
  Sql(name_, "CREATE TABLE keys (i int PRIMARY KEY); CREATE TABLE held (i int REFERENCES keys)");
  const auto backup = Backup(Connection(name_));
  ASSERT_TRUE(backup) << backup.error().ToString();
  EXPECT_THAT(backup->warnings, IsEmpty());
}

TEST_F(LeftOutTest, ASubscriptionIsProvenAroundAndRestoredDisabled) {
  Subscribe();
  ASSERT_TRUE(Backup(Connection(name_)));
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
  ExpectNoScratch();
  const auto restored = Restore(Connection("postgres"), false);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings, Contains(AllOf(HasSubstr("\"to News\""), HasSubstr("ENABLE"))));
  EXPECT_EQ(Value("postgres", "SELECT string_agg(subenabled::text, ' ') FROM pg_subscription"),
            "false false");
}

// Its slot has the name of the subscription, which no slot may have: the source never worked.
TEST_F(LeftOutTest, ASubscriptionThatCannotBeMadeDoesNotStopARestore) {
  Subscribe("");
  ASSERT_TRUE(Backup(Connection(name_)));
  const auto restored = Restore(Connection("postgres"), false);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings, Contains(HasSubstr("a subscription is missing")));
  EXPECT_EQ(Value(Target(), "SELECT count(*) FROM t"), "2");
}

TEST_F(LeftOutTest, ADatabaseWithSubscriptionsIsNotReplaced) {
  Subscribe();
  ASSERT_TRUE(Backup(Connection(name_)));
  ASSERT_TRUE(Restore(Connection("postgres"), false));
  const auto refused = Restore(Connection("postgres"), true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kSafetyRefused);
  EXPECT_THAT(refused.error().hint(), HasSubstr("DROP SUBSCRIPTION"));
  EXPECT_EQ(Value(Target(), "SELECT count(*) FROM t"), "2");
  ExpectNoScratch();
}

/// Does something when a phase is reported.
class At final : public ProgressSink {
 public:
  At(std::string phase, std::function<void()> act)
      : phase_(std::move(phase)), act_(std::move(act)) {}
  void Report(const Progress& progress) override {
    if (progress.phase == phase_) act_();
  }

 private:
  std::string phase_;
  std::function<void()> act_;
};

TEST_F(LeftOutTest, AFailedRestoreLeavesNoSubscriptionBehind) {
  Subscribe();
  ASSERT_TRUE(Backup(Connection(name_)));
  // Somebody takes the name, which is noticed after everything is made.
  At sink("finish", [&] { Sql("postgres", "CREATE DATABASE " + test::SqlName(Target())); });
  OperationContext context = world_.context.With(sink);
  const auto instance = Instance(Connection("postgres"));
  const auto restored =
      dynamic_cast<SupportsRestore&>(*instance).Restore({"latest", Target()}, context);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), ErrorCode::kAlreadyExists) << restored.error().ToString();
  EXPECT_EQ(Value("postgres", "SELECT count(*) FROM pg_subscription"), "1");
  ExpectNoScratch();
}

TEST_F(LeftOutTest, AClonesWarningNamesTheSubscription) {
  Subscribe();
  for (const std::string strategy : {"template_wal_log", "stream"}) {
    CloneOptions options{.target_name = Target()};
    options.extra = {{"strategy", strategy}};
    const auto instance = Instance(Connection(name_));
    const auto cloned = dynamic_cast<SupportsClone&>(*instance).Clone(options, world_.context);
    ASSERT_TRUE(cloned) << cloned.error().ToString();
    EXPECT_THAT(cloned->warnings,
                Contains(HasSubstr("subscription \"to News\" is not in the clone")));
    EXPECT_EQ(Value("postgres", "SELECT count(*) FROM pg_subscription"), "1") << strategy;
    Sql("postgres", "DROP DATABASE " + test::SqlName(Target()));
  }
}

// No server that is tested here has a provider of labels.
TEST_F(LeftOutTest, LabelsWithoutTheirProviderDoNotStopARestore) {
  Label();
  ASSERT_TRUE(Backup(Connection(name_)));
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
  EXPECT_THAT(proof->warnings, ElementsAre(HasSubstr("labels")));
  const auto restored = Restore(Connection("postgres"), false);
  ASSERT_TRUE(restored) << restored.error().ToString();
  EXPECT_THAT(restored->warnings, Contains(HasSubstr("security labels are missing")));
  EXPECT_EQ(Value(Target(), "SELECT count(*) FROM t"), "2");
}

TEST_F(LeftOutTest, SettingsOfTheDatabaseComeBackAndAreProven) {
  Sql("postgres",
      "DO $$ BEGIN CREATE ROLE settled; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  const std::string database = "DATABASE " + test::SqlName(name_);
  Sql("postgres", "ALTER " + database + " SET work_mem = '7MB'");
  Sql("postgres", "ALTER " + database + " SET search_path = 'a b', public");
  Sql("postgres", "ALTER ROLE settled IN " + database + " SET statement_timeout = '5s'");
  ASSERT_TRUE(Backup(Connection(name_)));
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
  EXPECT_THAT(proof->warnings, IsEmpty());
  ASSERT_TRUE(Restore(Connection("postgres"), false));
  const auto compare = [&](const std::string& other) {
    const auto one = Instance(Connection(name_));
    const auto two = Instance(Connection(other));
    const auto before = dynamic_cast<SupportsVerify&>(*one).Fingerprint({}, world_.context);
    const auto after = dynamic_cast<SupportsVerify&>(*two).Fingerprint({}, world_.context);
    EXPECT_TRUE(before && after);
    return CompareFingerprints(*before, *after);
  };
  EXPECT_THAT(compare(Target()), IsEmpty());
  Sql("postgres", "ALTER DATABASE " + test::SqlName(Target()) + " RESET work_mem");
  EXPECT_THAT(compare(Target()), SizeIs(1));
}

}  // namespace
}  // namespace dbstow::postgres
