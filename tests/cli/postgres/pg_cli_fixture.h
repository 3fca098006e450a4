#pragma once

#include <set>
#include <string>

#include "cli/cli_fixture.h"
#include "support/postgres_server.h"
#include "support/tcp_relay.h"

namespace dbstow::test {

/// What a test does to the database `shop`, and can be disturbed at.
enum class PgWork { kBackup, kRestore, kClone };
[[nodiscard]] std::string NameOf(PgWork work);

/// The program on a PostgreSQL server that it reaches through a relay, so that a network can fail.
/// One server and one database `shop` of some 15 megabytes serve all cases of the test program; a
/// case makes databases of its own where it changes anything, all of which go at its end.
class PgCliTest : public CliTest {
 protected:
  static constexpr const char* kTarget = "copy of \"shop\"";
  static constexpr std::uint64_t kInTheMiddle = 4 << 20;  ///< bytes after which rows are flowing

  void SetUp() override;
  void TearDown() override;

  /// Of a database behind the relay; the password is in the environment of `Pg`.
  [[nodiscard]] std::string Uri(const std::string& database) const;
  [[nodiscard]] std::string UriAs(const std::string& user, const std::string& database) const;
  [[nodiscard]] std::string UriAt(std::uint16_t port, const std::string& database) const;
  [[nodiscard]] ProgramSpec PgSpec(const Words& words) const;
  [[nodiscard]] ProgramRun Pg(const Words& words) const;
  /// The words for a piece of work on `shop`, which copies rows rather than files.
  [[nodiscard]] Words WordsOf(PgWork work) const;
  /// What the work needs done before.
  void PrepareFor(PgWork work);

  void Sql(const std::string& database, const std::string& statements) const;
  [[nodiscard]] std::string Value(const std::string& database, const std::string& query) const;
  void EventuallyEquals(const std::string& expected, const std::string& query) const;
  [[nodiscard]] std::set<std::string> Databases() const;
  [[nodiscard]] std::size_t Backups() const;
  /// No database but those before and perhaps the target, no session, no file of ours but in the
  /// repository and the state folder, and no half-written object in the repository.
  void ExpectNoDebris(const std::set<std::string>& databases) const;
  void ExpectNoSession() const;
  /// Two databases have the same contents, by SQL and pg_dump.
  void ExpectEqual(const std::string& expected, const std::string& found) const;
  /// Every failure says what failed and what to do next.
  static void ExpectHelpful(const ProgramRun& run, int status, const std::string& code);

  PostgresServer* server_ = nullptr;
  std::unique_ptr<TcpRelay> relay_;
  std::string password_;
  std::set<std::string> before_;  ///< databases that were there before the case
};

}  // namespace dbstow::test
