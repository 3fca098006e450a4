#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "contract/engine/engine_fixture.h"
#include "engines/sqlite/register.h"
#include "support/sqlite_database.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

constexpr const char* kSchema = R"(
  PRAGMA journal_mode=WAL;
  CREATE TABLE account(id INTEGER PRIMARY KEY, owner TEXT, balance INT, note BLOB);
  CREATE TABLE "odd ""name"" with 'quotes' ünïcode"(a REAL, b TEXT, PRIMARY KEY(b)) WITHOUT ROWID;
  CREATE INDEX by_owner ON account(owner);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO account SELECT i, 'owner ' || i % 97, i * 7 % 1000, zeroblob(i % 50) FROM n;
  INSERT INTO "odd ""name"" with 'quotes' ünïcode"
    SELECT id / 3.0, 'key ' || id FROM account WHERE id < 500;)";

constexpr const char* kMutation = R"(
  UPDATE account SET balance = balance + 1 WHERE id % 10 = 0;
  DELETE FROM account WHERE id = (SELECT max(id) FROM account);
  INSERT INTO account(owner, note) VALUES('new', randomblob(100));)";

constexpr const char* kContents = R"(
  SELECT sql FROM sqlite_schema ORDER BY name;
  SELECT id, owner, balance, hex(note) FROM account ORDER BY id;
  SELECT quote(a), b FROM "odd ""name"" with 'quotes' ünïcode" ORDER BY b;)";

class SqliteFixture final : public EngineFixture {
 public:
  std::optional<std::string> Start() override { return std::nullopt; }
  Result<void> Register(EngineRegistry& registry) override {
    return RegisterSqlite(registry, {*files_, *processes_});
  }

  Result<InstanceSpec> CreateDatabase() override {
    const std::string name = "db" + std::to_string(++count_);
    const std::string path = folder_ / (name + ".sqlite");
    DBSTOW_TRY(SqliteDatabase(path).Execute(kSchema));
    return Spec(name, path);
  }
  Result<void> Mutate(const InstanceSpec& database) override {
    return SqliteDatabase(database.connection.database).Execute(kMutation);
  }
  Result<std::string> Contents(const InstanceSpec& database) override {
    return ExportedContents(database.connection.database);
  }

  std::string NewTarget() override { return "target " + std::to_string(++count_) + ".sqlite"; }
  InstanceSpec AtTarget(const InstanceSpec&, const std::string& target) override {
    return Spec("at " + target, folder_ / target);
  }
  Result<std::set<std::string>> Listing() override {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  std::string NewExportPath() override {
    return folder_ / ("export" + std::to_string(++count_) + ".sqlite");
  }
  Result<std::string> ExportedContents(const std::string& path) override {
    return SqliteDatabase(path).Rows(kContents);
  }

  [[nodiscard]] std::map<Behaviour, std::string> Deviations() const override {
    return {{Behaviour::kWrongPassword, "who may read the file may read the database"},
            {Behaviour::kCut, "there is no network between a program and its file"},
            {Behaviour::kServerKilled, "there is no server"}};
  }
  // The folder is its owner's alone, so somebody else is enough. Root would be let in everywhere,
  // but for one that has no right to become somebody else, as in some containers.
  Result<Access> WithoutRights(const InstanceSpec& database, TestContext&) override {
    const uid_t own = geteuid();
    const bool somebody_else = own == 0 && seteuid(kNobody) == 0;
    if (!somebody_else && chmod(folder_.path().c_str(), 0) != 0) {
      return Error(ErrorCode::kInternal, "cannot give up rights");
    }
    const auto regain = [=, folder = folder_.path()](void*) {
      EXPECT_EQ(somebody_else ? seteuid(own) : chmod(folder.c_str(), 0700), 0);
    };
    return Access{database, std::shared_ptr<void>(nullptr, regain)};
  }

 private:
  static InstanceSpec Spec(const std::string& name, const std::string& path) {
    return {DatabaseEngine("sqlite"), name, "", ConnectionInfo{.database = path}};
  }

  ScratchFolder folder_;
  int count_ = 0;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes_ = io::CreatePosixProcessRunner();
};

}  // namespace

std::vector<std::unique_ptr<EngineFixture>> MakeEngineFixtures() {
  std::vector<std::unique_ptr<EngineFixture>> fixtures;
  fixtures.push_back(std::make_unique<SqliteFixture>());
  return fixtures;
}

}  // namespace dbstow::test
