#include "servers/postgres/pg_version_fixture.h"

// Every kind of object there is, on a server whose pg_dump is in PATH.

namespace dbstow::postgres {
namespace {

using testing::IsEmpty;

class PgWholeShop : public PgVersionTest {
 protected:
  void SetUp() override {
    PgVersionTest::SetUp();
    if (access_ != nullptr) MakeShop("0.002");
  }
};

TEST_F(PgWholeShop, ComesBackAndIsProven) {
  const auto backup = Backup(Connection("shop"), {{"splitMegabytes", "1"}});
  ASSERT_TRUE(backup) << backup.error().ToString();
  const auto restored = Restore("shop again");
  ASSERT_TRUE(restored) << restored.error().ToString();
  ExpectEqual("shop", "shop again");
  const auto proof = Prove();
  ASSERT_TRUE(proof) << proof.error().ToString();
  EXPECT_THAT(proof->differences, IsEmpty());
  EXPECT_GT(proof->rows_compared, 1000u);
}

// Before 15 a new database lets everybody create in it, and pg_dump 15 does not say so.
TEST_F(PgWholeShop, WhoMayCreateInSchemaPublicStaysSo) {
  static constexpr const char* kOpen =
      "SELECT count(*) FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public'"
      " AND grantee = 0 AND privilege_type = 'CREATE'";
  for (const std::string statement :
       {"REVOKE CREATE ON SCHEMA public FROM PUBLIC", "GRANT CREATE ON SCHEMA public TO PUBLIC"}) {
    Sql("shop", statement);
    const auto backup = Backup(Connection("shop"));
    ASSERT_TRUE(backup) << backup.error().ToString();
    const std::string target = statement.substr(0, 6);
    const auto restored = Restore(target);
    ASSERT_TRUE(restored) << restored.error().ToString();
    EXPECT_EQ(Value(target, kOpen), Value("shop", kOpen)) << statement;
  }
}

TEST_F(PgWholeShop, IsClonedInEveryWay) {
  for (const std::string strategy : {"auto", "template_wal_log", "template_file_copy", "stream"}) {
    const auto cloned = Clone("copy by " + strategy, strategy);
    ASSERT_TRUE(cloned) << strategy << ": " << cloned.error().ToString();
    ExpectEqual("shop", "copy by " + strategy);
  }
}

TEST_F(PgWholeShop, IsExportedForPgRestore) {
  const auto backup = Backup(Connection("shop"));
  ASSERT_TRUE(backup) << backup.error().ToString();
  const test::ScratchFolder folder;
  ExportOptions options;
  options.source = "latest";
  options.path = folder / "out";
  const auto instance = Instance(Connection("shop"));
  const auto exported = dynamic_cast<SupportsExport&>(*instance).Export(options, world_.context);
  ASSERT_TRUE(exported) << exported.error().ToString();
  ASSERT_TRUE(access_->Query("postgres", "CREATE DATABASE back TEMPLATE template0"));
  const auto read =
      access_->RunTool("pg_restore", {"--exit-on-error", "-j2", "-d", "back", folder / "out"});
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->status, 0) << read->errors;
  ExpectEqual("shop", "back");
}

}  // namespace
}  // namespace dbstow::postgres
