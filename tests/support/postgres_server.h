#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::test {

using PgRow = std::vector<std::optional<std::string>>;
using PgRows = std::vector<PgRow>;

struct PostgresServerOptions {
  std::vector<std::pair<std::string, std::string>> settings;  ///< lines of postgresql.conf
  std::string bin_directory;                                  ///< empty: the newest installed
  std::string data_parent;  ///< where the scratch folder goes; empty: the temp folder
  std::vector<std::string> init_arguments;  ///< more arguments for initdb
};

struct ToolOutcome {
  int status = 0;  ///< exit status, 128 + signal when killed
  std::string output;
  std::string errors;
};

/// A PostgreSQL cluster of our own: fresh data directory, free loopback port and a socket folder,
/// scram-sha-256 for everybody, fsync off. It runs as the user `postgres` when we are root. It is
/// stopped and its files removed when this object goes, and also when this process is killed. Not
/// thread-safe but for `Query` and the accessors.
class PostgresServer {
 public:
  /// Creates and starts a cluster. Errors: Unavailable when no server is installed, which a test
  /// turns into a skip (see `DBSTOW_POSTGRES_OR_SKIP`); IOError with the server's log otherwise.
  [[nodiscard]] static Result<std::unique_ptr<PostgresServer>> Create(
      const PostgresServerOptions& options = {});
  /// The directories with the programs of the servers that are installed, the oldest first.
  [[nodiscard]] static std::vector<std::string> Installed();
  /// One server for the whole test program, started at the first call.
  [[nodiscard]] static Result<PostgresServer*> Shared();

  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  [[nodiscard]] const std::string& host() const { return host_; }  ///< 127.0.0.1
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& socket_folder() const { return folder_; }
  [[nodiscard]] std::string data_directory() const { return folder_ + "/data"; }
  [[nodiscard]] const std::string& superuser() const { return superuser_; }
  [[nodiscard]] const std::string& password() const { return password_; }
  [[nodiscard]] const std::string& bin_directory() const { return options_.bin_directory; }
  [[nodiscard]] int major_version() const { return major_version_; }
  /// The server's log so far.
  [[nodiscard]] std::string Log() const;

  enum class StopMode { kFast, kImmediate };
  /// Success when it is already stopped.
  [[nodiscard]] Result<void> Stop(StopMode mode);
  /// On the same data, port and settings.
  [[nodiscard]] Result<void> Start();

  /// Runs one or more statements as the superuser; the rows of the last one.
  /// Errors: IOError with the server's message and SQLSTATE.
  [[nodiscard]] Result<PgRows> Query(const std::string& database, const std::string& sql) const;
  /// The first column of the first row; empty when NULL or when there is no row.
  [[nodiscard]] Result<std::string> QueryValue(const std::string& database,
                                               const std::string& sql) const;
  [[nodiscard]] Result<void> CreateDatabase(const std::string& name) const;
  /// `attributes` as in CREATE ROLE: "LOGIN CREATEDB".
  [[nodiscard]] Result<void> CreateRole(const std::string& name, const std::string& attributes,
                                        const std::string& password) const;
  /// Runs `psql -X -v ON_ERROR_STOP=1 -f file` with variables.
  [[nodiscard]] Result<void> RunScript(
      const std::string& database, const std::string& file,
      const std::vector<std::pair<std::string, std::string>>& variables = {}) const;
  /// Runs a program of the server's bin directory with PGHOST, PGPORT, PGUSER and PGPASSWORD set.
  [[nodiscard]] Result<ToolOutcome> RunTool(const std::string& program,
                                            const std::vector<std::string>& arguments) const;

 private:
  explicit PostgresServer(PostgresServerOptions options);
  [[nodiscard]] Result<void> Initialize();
  [[nodiscard]] Result<void> WriteSettings() const;
  [[nodiscard]] Result<void> Launch();
  [[nodiscard]] Result<void> AwaitReady();
  [[nodiscard]] bool SupervisorIsGone();
  void ReapSupervisor();

  PostgresServerOptions options_;
  std::string host_ = "127.0.0.1";
  std::string folder_;
  std::string superuser_ = "dbstow_admin";
  std::string password_;
  std::uint16_t port_ = 0;
  int major_version_ = 0;
  int supervisor_ = -1;  ///< process id of the process that owns the server
  int lifeline_ = -1;    ///< while it is open, the supervisor keeps the server running
  int postmaster_ = -1;
};

/// Text as a string literal, or an identifier, of SQL.
[[nodiscard]] std::string SqlLiteral(std::string_view text);
[[nodiscard]] std::string SqlName(std::string_view name);

}  // namespace dbstow::test

/// Declares `PostgresServer& name`, the program's shared server, or skips the test with the reason.
#define DBSTOW_POSTGRES_OR_SKIP(name)                                                        \
  auto name##_result = ::dbstow::test::PostgresServer::Shared();                             \
  if (!name##_result && name##_result.error().code() == ::dbstow::ErrorCode::kUnavailable) { \
    GTEST_SKIP() << "PostgreSQL is not available: " << name##_result.error().ToString();     \
  }                                                                                          \
  ASSERT_TRUE(name##_result) << name##_result.error().ToString();                            \
  ::dbstow::test::PostgresServer& name = **name##_result
