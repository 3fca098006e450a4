#include "cli/postgres/pg_cli_fixture.h"

#include <unistd.h>

#include <filesystem>

#include "dbstow/core/connection_info.h"
#include "support/pg_compare.h"

namespace dbstow::test {
namespace {

constexpr const char* kShop = R"(
  CREATE TABLE orders AS SELECT i AS id, repeat(md5(i::text), 10) AS note
    FROM generate_series(1, 40000) i;
  ALTER TABLE orders ADD PRIMARY KEY (id);
  CREATE INDEX ON orders (note);
  CREATE TABLE customers (id serial PRIMARY KEY, name text);
  INSERT INTO customers (name) SELECT 'customer ' || i FROM generate_series(1, 500) i;)";

}  // namespace

std::string NameOf(PgWork work) {
  switch (work) {
    case PgWork::kBackup: return "Backup";
    case PgWork::kRestore: return "Restore";
    case PgWork::kClone: break;
  }
  return "Clone";
}

void PgCliTest::SetUp() {
  DBSTOW_POSTGRES_OR_SKIP(server);
  server_ = &server;
  password_ = server.password();
  auto relay = TcpRelay::Create(server.port());
  ASSERT_TRUE(relay) << relay.error().ToString();
  relay_ = *std::move(relay);
  if (!Databases().contains("shop")) {
    ASSERT_TRUE(server.CreateDatabase("shop"));
    Sql("shop", kShop);
  }
  before_ = Databases();
  EnsureRepository();
}

void PgCliTest::TearDown() {
  if (server_ == nullptr) return;
  relay_.reset();
  for (const std::string& name : Databases()) {
    if (before_.contains(name)) continue;
    Sql("postgres", "DROP DATABASE " + SqlName(name) + " WITH (FORCE)");
  }
}

std::string PgCliTest::Uri(const std::string& database) const {
  return UriAt(relay_->port(), database);
}

std::string PgCliTest::UriAt(std::uint16_t port, const std::string& database) const {
  return "postgres://" + server_->superuser() + "@127.0.0.1:" + std::to_string(port) + "/" +
         PercentEncode(database, "") + "?secret=env:PG_SECRET";
}

std::string PgCliTest::UriAs(const std::string& user, const std::string& database) const {
  return "postgres://" + PercentEncode(user, "") + "@127.0.0.1:" + std::to_string(relay_->port()) +
         "/" + PercentEncode(database, "") + "?secret=env:PG_SECRET";
}

ProgramSpec PgCliTest::PgSpec(const Words& words) const {
  Words all = words;
  all.insert(all.end(), {"--repo", repository_});
  return Spec(all, {{"PG_SECRET", password_}});
}

ProgramRun PgCliTest::Pg(const Words& words) const {
  return RunningProgram(PgSpec(words)).WaitAtMost(std::chrono::minutes(3));
}

Words PgCliTest::WordsOf(PgWork work) const {
  switch (work) {
    case PgWork::kBackup: return {"backup", Uri("shop"), "--type", "logical"};
    case PgWork::kRestore: return {"restore", Uri("shop"), "--from", "latest", "--target", kTarget};
    case PgWork::kClone: break;
  }
  return {"clone", Uri("shop"), "--target", kTarget, "--set", "strategy=stream"};
}

void PgCliTest::PrepareFor(PgWork work) {
  if (work != PgWork::kRestore) return;
  const ProgramRun backup = Pg(WordsOf(PgWork::kBackup));
  ASSERT_EQ(backup.status, 0) << backup.err;
}

void PgCliTest::Sql(const std::string& database, const std::string& statements) const {
  const auto done = server_->Query(database, statements);
  ASSERT_TRUE(done) << done.error().ToString();
}

std::string PgCliTest::Value(const std::string& database, const std::string& query) const {
  const auto value = server_->QueryValue(database, query);
  EXPECT_TRUE(value) << value.error().ToString();
  return value.value_or("");
}

void PgCliTest::EventuallyEquals(const std::string& expected, const std::string& query) const {
  std::string last;
  for (int i = 0; i < 9000 && (last = Value("postgres", query)) != expected; ++i) usleep(10'000);
  EXPECT_EQ(last, expected) << query;
}

std::set<std::string> PgCliTest::Databases() const {
  const auto rows = server_->Query("postgres", "SELECT datname FROM pg_database");
  EXPECT_TRUE(rows) << rows.error().ToString();
  std::set<std::string> names;
  for (const PgRow& row : *rows) names.insert(row[0].value_or(""));
  return names;
}

std::size_t PgCliTest::Backups() const {
  const ProgramRun run = Pg({"backups", "--json"});
  if (run.status == 10) return 0;  // no repository yet
  EXPECT_EQ(run.status, 0) << run.err;
  std::size_t count = 0;
  for (std::size_t at = 0; (at = run.out.find("\"event\":\"backup\"", at)) != std::string::npos;
       ++at) {
    ++count;
  }
  return count;
}

void PgCliTest::ExpectNoSession() const {
  EventuallyEquals("0",
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbstow %'");
}

void PgCliTest::ExpectNoDebris(const std::set<std::string>& databases) const {
  ExpectNoSession();
  EXPECT_EQ(Databases(), databases);
  for (const std::string& file : FilesBelow(folder_.path())) {
    const bool ours = file.starts_with(folder_ / "state/") || file == database_;
    const bool object = file.starts_with(repository_folder_ + "/") &&
                        !std::filesystem::path(file).filename().string().starts_with('~');
    EXPECT_TRUE(ours || object) << "debris: " << file;
  }
}

void PgCliTest::ExpectEqual(const std::string& expected, const std::string& found) const {
  const auto one = CaptureImage(*server_, expected);
  const auto other = CaptureImage(*server_, found);
  ASSERT_TRUE(one) << one.error().ToString();
  ASSERT_TRUE(other) << other.error().ToString();
  for (const std::string& difference : CompareImages(*one, *other)) ADD_FAILURE() << difference;
  EXPECT_GT(one->rows, 0u);
}

void PgCliTest::ExpectHelpful(const ProgramRun& run, int status, const std::string& code) {
  EXPECT_EQ(run.status, status) << run.err;
  EXPECT_NE(run.err.find("error: "), std::string::npos) << run.err;
  EXPECT_NE(run.err.find(code), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("next: "), std::string::npos) << run.err;
}

}  // namespace dbstow::test
