#include "cli/postgres/pg_cli_fixture.h"
#include "support/pg_compare.h"

namespace dbstow::test {
namespace {

/// 63 bytes that need care: quotes of both kinds, a space, a backslash, more than ASCII. No two are
/// equal.
std::string HardName(char first) {
  std::string name(1, first);
  name += R"( "x" 'y' \z %41 $1 ; -- /)";
  while (name.size() + 2 < 63) name += "é";
  while (name.size() < 63) name += '!';
  return name;
}

class PgNames : public PgCliTest {
 protected:
  void TearDown() override {
    PgCliTest::TearDown();
    if (server_ != nullptr) Sql("postgres", "DROP ROLE IF EXISTS " + SqlName(HardName('r')));
  }
};

TEST_F(PgNames, OfEverythingMayBeHard) {
  const std::string database = HardName('d');
  const std::string role = SqlName(HardName('r'));
  const std::string schema = SqlName(HardName('s'));
  const std::string table = schema + "." + SqlName(HardName('t'));
  const std::string column = SqlName(HardName('c'));
  ASSERT_EQ(HardName('d').size(), 63u);
  ASSERT_TRUE(server_->CreateRole(HardName('r'), "LOGIN", password_));
  ASSERT_TRUE(server_->CreateDatabase(database));
  Sql(database,
      "CREATE SCHEMA " + schema + " AUTHORIZATION " + role + "; CREATE TABLE " + table +
          " (id serial PRIMARY KEY, " + column + " text, g int GENERATED ALWAYS AS (id) STORED);" +
          "INSERT INTO " + table + " (" + column +
          ") SELECT 'row ' || i FROM generate_series(1, 1000) i; CREATE INDEX " +
          SqlName(HardName('i')) + " ON " + table + " (" + column + ");" + "ALTER TABLE " + table +
          " OWNER TO " + role + "; GRANT SELECT (" + column + ") ON " + table +
          " TO PUBLIC; COMMENT ON COLUMN " + table + "." + column + " IS 'hard';" + "CREATE VIEW " +
          schema + "." + SqlName(HardName('v')) + " AS SELECT " + column + " FROM " + table);
  Sql("postgres", "ALTER DATABASE " + SqlName(database) + " OWNER TO " + role);

  const ProgramRun backup = Pg({"backup", Uri(database), "--type", "logical"});
  ASSERT_EQ(backup.status, 0) << backup.err;
  EXPECT_EQ(Pg({"verify", "latest", "--level", "3", "--instance", Uri(database)}).status, 0);
  const std::string restored = HardName('R');
  const ProgramRun restore =
      Pg({"restore", Uri(database), "--from", "latest", "--target", restored});
  ASSERT_EQ(restore.status, 0) << restore.err;
  ExpectEqual(database, restored);
  for (const char* strategy : {"stream", "template_wal_log"}) {
    const std::string cloned = HardName(*strategy);
    const ProgramRun clone = Pg(
        {"clone", Uri(database), "--target", cloned, "--set", std::string("strategy=") + strategy});
    ASSERT_EQ(clone.status, 0) << clone.err;
    ExpectEqual(database, cloned);
  }
  EXPECT_EQ(Pg({"compare", Uri(database), Uri(restored)}).status, 0);
  // The role with the hard name works too, and what it owns is enough for it.
  const ProgramRun as_owner = Pg({"backup", UriAs(HardName('r'), database), "--type", "logical"});
  EXPECT_EQ(as_owner.status, 0) << as_owner.err;
}

TEST_F(PgNames, OfMoreThan63BytesAreRefusedBeforeAnythingIsDone) {
  PrepareFor(PgWork::kRestore);
  const std::string name = HardName('d') + "x";
  for (const Words& words : {Words{"restore", Uri("shop"), "--from", "latest", "--target", name},
                             Words{"clone", Uri("shop"), "--target", name}}) {
    ExpectHelpful(Pg(words), 2, "InvalidOptions");
  }
  ExpectNoDebris(before_);
}

}  // namespace
}  // namespace dbstow::test
