#include "support/postgres_server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace dbstow::test {
namespace {

bool ProcessExists(int id) { return kill(id, 0) == 0; }

bool BecomesTrue(const std::function<bool()>& condition) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

TEST(PostgresServer, AnswersQueriesAsSuperuser) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  EXPECT_EQ(server
                .QueryValue("postgres",
                            "SELECT rolsuper FROM pg_roles WHERE rolname = "
                            "current_user")
                .value_or("?"),
            "t");
  const auto rows = server.Query("postgres", "SELECT NULL::text, 'a''b'");
  ASSERT_TRUE(rows) << rows.error().ToString();
  EXPECT_EQ((*rows)[0], (PgRow{std::nullopt, "a'b"}));
}

TEST(PostgresServer, RefusesAWrongPassword) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  ASSERT_TRUE(server.CreateRole("o'neil \"x\"", "LOGIN", "it's \\ secret"));
  const auto refused = server.RunTool(
      "psql", {"-X", "-d", "host=127.0.0.1 dbname=postgres user='o\\'neil \"x\"' password=wrong",
               "-c", "SELECT 1"});
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->status, 0);
  const auto accepted = server.RunTool(
      "psql", {"-X", "-At", "-d",
               "host=127.0.0.1 dbname=postgres user='o\\'neil \"x\"' password='it\\'s \\\\ secret'",
               "-c", "SELECT 1"});
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->output, "1\n") << accepted->errors;
}

TEST(PostgresServer, SurvivesAnImmediateStopAndStartsAgain) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  ASSERT_TRUE(server.CreateDatabase("kept"));
  ASSERT_TRUE(server.Query("kept", "CREATE TABLE t AS SELECT 7 AS n"));
  ASSERT_TRUE(server.Stop(PostgresServer::StopMode::kImmediate));
  EXPECT_FALSE(server.Query("kept", "SELECT 1"));
  ASSERT_TRUE(server.Start());
  EXPECT_EQ(server.QueryValue("kept", "SELECT n FROM t").value_or("?"), "7");
}

// Or else others may have it while the server is down.
TEST(PostgresServer, ItsPortIsNoneThatTheSystemGivesAway) {
  DBSTOW_POSTGRES_OR_SKIP(server);
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  int last = 0;
  ASSERT_TRUE(range >> first >> last);
  if (first <= 10'000) GTEST_SKIP() << "the system gives away nearly all: from " << first;
  EXPECT_TRUE(server.port() < first || server.port() > last) << server.port();
}

TEST(PostgresServer, SettingsReachTheServer) {
  PostgresServerOptions options;
  options.settings = {{"wal_level", "logical"}, {"cluster_name", "it's"}};
  auto server = PostgresServer::Create(options);
  if (!server && server.error().code() == ErrorCode::kUnavailable) {
    GTEST_SKIP() << server.error().ToString();
  }
  ASSERT_TRUE(server) << server.error().ToString();
  EXPECT_EQ((*server)->QueryValue("postgres", "SHOW wal_level").value_or("?"), "logical");
  EXPECT_EQ((*server)->QueryValue("postgres", "SHOW cluster_name").value_or("?"), "it's");
}

struct Report {
  int postmaster = 0;
  char folder[200] = {};
};

// The child starts a server, tells its process id and folder, and is killed where it stands.
[[noreturn]] void StartServerAndHang(int out) {
  auto server = PostgresServer::Create();
  Report report;
  if (server) {
    report.postmaster = std::stoi(
        (*server)
            ->QueryValue("postgres",
                         "SELECT (string_to_array(pg_read_file('postmaster.pid'), E'\\n'))[1]")
            .value_or("0"));
    (*server)->socket_folder().copy(report.folder, sizeof report.folder - 1);
  }
  (void)!write(out, &report, sizeof report);
  while (true) pause();
}

TEST(PostgresServer, IsStoppedAndRemovedWhenItsOwnerIsKilled) {
  DBSTOW_POSTGRES_OR_SKIP(unused);
  (void)unused;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t owner = fork();
  ASSERT_GE(owner, 0);
  if (owner == 0) StartServerAndHang(ends[1]);
  close(ends[1]);
  Report report;
  ASSERT_EQ(read(ends[0], &report, sizeof report), static_cast<ssize_t>(sizeof report));
  close(ends[0]);
  ASSERT_GT(report.postmaster, 0);
  EXPECT_TRUE(ProcessExists(report.postmaster));
  kill(owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  EXPECT_TRUE(BecomesTrue([&] { return !ProcessExists(report.postmaster); }));
  EXPECT_TRUE(BecomesTrue([&] { return !std::filesystem::exists(report.folder); }));
}

}  // namespace
}  // namespace dbstow::test
