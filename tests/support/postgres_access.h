#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbstow/core/result.h"

namespace dbstow::test {

using PgRow = std::vector<std::optional<std::string>>;
using PgRows = std::vector<PgRow>;

struct ToolOutcome {
  int status = 0;  ///< exit status, 128 + signal when killed
  std::string output;
  std::string errors;
};

/// What a superuser can do to a running server with plain SQL and the server's own programs: no
/// code of the product takes part. Thread-safe.
class PostgresAccess {
 public:
  /// To a server that somebody else runs. `uri` is libpq's, with user and password;
  /// `bin_directory` has client programs that are not older than the server.
  /// Errors: InvalidOptions for another URI; those of `Query`.
  [[nodiscard]] static Result<PostgresAccess> FromUri(const std::string& uri,
                                                      std::string bin_directory);

  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& superuser() const { return superuser_; }
  [[nodiscard]] const std::string& password() const { return password_; }
  [[nodiscard]] const std::string& bin_directory() const { return bin_directory_; }
  [[nodiscard]] int major_version() const { return major_version_; }

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
  /// Runs a program of the bin directory with PGHOST, PGPORT, PGUSER and PGPASSWORD set.
  [[nodiscard]] Result<ToolOutcome> RunTool(const std::string& program,
                                            const std::vector<std::string>& arguments) const;
  /// Whether it takes connections, waiting up to a minute for that.
  [[nodiscard]] bool AwaitReady() const;
  /// Kills the session that says so with -9: the server then throws out everybody, which it has
  /// done when this returns, and comes back by crash recovery, as it does when the power fails.
  /// Needs the right to run programs.
  void Crash() const;

 protected:
  PostgresAccess() = default;
  [[nodiscard]] bool Answers() const;

  std::string host_ = "127.0.0.1";
  std::string socket_folder_;  ///< reached this way where there is one, whatever pg_hba.conf says
  std::uint16_t port_ = 0;
  std::string superuser_;
  std::string password_;
  std::string bin_directory_;
  int major_version_ = 0;
};

/// Text as a string literal, or an identifier, of SQL.
[[nodiscard]] std::string SqlLiteral(std::string_view text);
[[nodiscard]] std::string SqlName(std::string_view name);

}  // namespace dbstow::test
