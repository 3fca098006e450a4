#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dbstow/core/result.h"
#include "support/postgres_access.h"

namespace dbstow::test {

struct PostgresServerOptions {
  std::vector<std::pair<std::string, std::string>> settings;  ///< lines of postgresql.conf
  std::string bin_directory;                                  ///< empty: the newest installed
  std::string data_parent;  ///< where the scratch folder goes; empty: the temp folder
  std::vector<std::string> init_arguments;  ///< more arguments for initdb
};

/// A PostgreSQL cluster of our own: fresh data directory, free loopback port and a socket folder,
/// scram-sha-256 for everybody, fsync off. It runs as the user `postgres` when we are root. It is
/// stopped and its files removed when this object goes, and also when this process is killed. Not
/// thread-safe but for what `PostgresAccess` has.
class PostgresServer : public PostgresAccess {
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

  [[nodiscard]] const std::string& socket_folder() const { return folder_; }
  [[nodiscard]] std::string data_directory() const { return folder_ + "/data"; }
  /// The server's log so far.
  [[nodiscard]] std::string Log() const;

  enum class StopMode { kFast, kImmediate };
  /// Success when it is already stopped.
  [[nodiscard]] Result<void> Stop(StopMode mode);
  /// On the same data, port and settings.
  [[nodiscard]] Result<void> Start();

 private:
  explicit PostgresServer(PostgresServerOptions options);
  [[nodiscard]] Result<void> Initialize();
  [[nodiscard]] Result<void> WriteSettings() const;
  [[nodiscard]] Result<void> Launch();
  [[nodiscard]] Result<void> AwaitStarted();
  [[nodiscard]] bool SupervisorIsGone();
  void ReapSupervisor();

  PostgresServerOptions options_;
  std::string folder_;
  int supervisor_ = -1;  ///< process id of the process that owns the server
  int lifeline_ = -1;    ///< while it is open, the supervisor keeps the server running
  int postmaster_ = -1;
};

}  // namespace dbstow::test

/// Declares `PostgresServer& name`, the program's shared server, or skips the test with the reason.
#define DBSTOW_POSTGRES_OR_SKIP(name)                                                        \
  auto name##_result = ::dbstow::test::PostgresServer::Shared();                             \
  if (!name##_result && name##_result.error().code() == ::dbstow::ErrorCode::kUnavailable) { \
    GTEST_SKIP() << "PostgreSQL is not available: " << name##_result.error().ToString();     \
  }                                                                                          \
  ASSERT_TRUE(name##_result) << name##_result.error().ToString();                            \
  ::dbstow::test::PostgresServer& name = **name##_result
