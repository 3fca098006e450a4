#include "support/postgres_access.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "support/child_process.h"
#include "support/postgres_scram.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Connection Connect(const std::string& host, std::uint16_t port, const std::string& user,
                   const std::string& password, const std::string& database) {
  const std::string port_text = std::to_string(port);
  const char* const keys[] = {
      "host", "port", "user", "password", "dbname", "connect_timeout", "application_name", nullptr};
  const char* const values[] = {
      host.c_str(), port_text.c_str(),     user.c_str(), password.c_str(), database.c_str(),
      "10",         "dbstow-test-support", nullptr};
  return Connection(PQconnectdbParams(keys, values, 0), &PQfinish);
}

PgRows RowsOf(const PGresult* answer) {
  PgRows rows(static_cast<std::size_t>(PQntuples(answer)));
  for (int row = 0; row < PQntuples(answer); ++row) {
    for (int column = 0; column < PQnfields(answer); ++column) {
      rows[static_cast<std::size_t>(row)].push_back(
          PQgetisnull(answer, row, column)
              ? std::optional<std::string>()
              : std::string(PQgetvalue(answer, row, column),
                            static_cast<std::size_t>(PQgetlength(answer, row, column))));
    }
  }
  return rows;
}

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char letter : text) {
    if (letter == quote) quoted += quote;
    quoted += letter;
  }
  return quoted + quote;
}

}  // namespace

std::string SqlName(std::string_view name) { return Quoted(name, '"'); }

std::string SqlLiteral(std::string_view text) {
  // E'' so that backslashes mean the same whatever standard_conforming_strings says.
  std::string escaped;
  for (const char letter : text) escaped += letter == '\\' ? "\\\\" : std::string(1, letter);
  return "E" + Quoted(escaped, '\'');
}

Result<PostgresAccess> PostgresAccess::FromUri(const std::string& uri, std::string bin_directory) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(uri.c_str(), nullptr), &PQconninfoFree);
  if (options == nullptr) {
    return Error(ErrorCode::kInvalidOptions, "a PostgreSQL server's URI is malformed");
  }
  PostgresAccess access;
  access.bin_directory_ = std::move(bin_directory);
  for (const PQconninfoOption* each = options.get(); each->keyword != nullptr; ++each) {
    const std::string keyword = each->keyword;
    if (each->val == nullptr) continue;
    if (keyword == "host") access.host_ = each->val;
    if (keyword == "port") access.port_ = static_cast<std::uint16_t>(std::atoi(each->val));
    if (keyword == "user") access.superuser_ = each->val;
    if (keyword == "password") access.password_ = each->val;
  }
  DBSTOW_ASSIGN(const std::string version,
                access.QueryValue("postgres", "SHOW server_version_num"));
  access.major_version_ = std::atoi(version.c_str()) / 10000;
  return access;
}

Result<PgRows> PostgresAccess::Query(const std::string& database, const std::string& sql) const {
  const Connection connection = Connect(socket_folder_.empty() ? host_ : socket_folder_, port_,
                                        superuser_, password_, database);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return Error(ErrorCode::kIoError, PQerrorMessage(connection.get()));
  }
  const Answer answer(PQexec(connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(answer.get());
  if (status == PGRES_TUPLES_OK) return RowsOf(answer.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return PgRows();
  const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
  return Error(ErrorCode::kIoError,
               std::string(PQresultErrorMessage(answer.get())) + " in: " + sql.substr(0, 500))
      .WithNative({"postgres", state != nullptr ? state : "", ""});
}

Result<std::string> PostgresAccess::QueryValue(const std::string& database,
                                               const std::string& sql) const {
  DBSTOW_ASSIGN(const PgRows rows, Query(database, sql));
  if (rows.empty() || rows[0].empty()) return std::string();
  return rows[0][0].value_or("");
}

Result<void> PostgresAccess::CreateDatabase(const std::string& name) const {
  DBSTOW_TRY(Query("postgres", "CREATE DATABASE " + SqlName(name)));
  return {};
}

Result<void> PostgresAccess::CreateRole(const std::string& name, const std::string& attributes,
                                        const std::string& password) const {
  const bool ascii = std::all_of(password.begin(), password.end(),
                                 [](char letter) { return static_cast<signed char>(letter) > 0; });
  DBSTOW_TRY(Query("postgres", "CREATE ROLE " + SqlName(name) + " " + attributes + " PASSWORD " +
                                   SqlLiteral(ascii ? CheapScramSecret(password) : password)));
  return {};
}

Result<void> PostgresAccess::RunScript(
    const std::string& database, const std::string& file,
    const std::vector<std::pair<std::string, std::string>>& variables) const {
  std::vector<std::string> arguments{"-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database};
  for (const auto& [name, value] : variables) {
    arguments.insert(arguments.end(), {"-v", name + "=" + value});
  }
  arguments.insert(arguments.end(), {"-f", file});
  DBSTOW_ASSIGN(const ToolOutcome outcome, RunTool("psql", arguments));
  if (outcome.status == 0) return {};
  return Error(ErrorCode::kIoError, "psql -f " + file + " ended with " +
                                        std::to_string(outcome.status) + ": " + outcome.errors);
}

Result<ToolOutcome> PostgresAccess::RunTool(const std::string& program,
                                            const std::vector<std::string>& arguments) const {
  std::string folder = fs::temp_directory_path().string() + "/dbstow-tool-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    return Error(ErrorCode::kIoError, std::string("mkdtemp: ") + std::strerror(errno));
  }
  ChildSpec spec;
  spec.arguments = {bin_directory_ + "/" + program};
  spec.arguments.insert(spec.arguments.end(), arguments.begin(), arguments.end());
  spec.environment = {"PGHOST=" + host_, "PGPORT=" + std::to_string(port_), "PGUSER=" + superuser_,
                      "PGPASSWORD=" + password_, "PGTZ=UTC"};
  spec.output_file = folder + "/out";
  spec.error_file = folder + "/err";
  const Result<int> status = RunChild(spec);
  ToolOutcome outcome{status.value_or(-1), ReadAll(spec.output_file), ReadAll(spec.error_file)};
  fs::remove_all(folder);
  if (!status) return status.error();
  return outcome;
}

bool PostgresAccess::Answers() const {
  return QueryValue("postgres", "SELECT 1").value_or("") == "1";
}

bool PostgresAccess::AwaitReady() const {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < give_up) {
    if (Answers()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void PostgresAccess::Crash() const {
  const Connection another = Connect(socket_folder_.empty() ? host_ : socket_folder_, port_,
                                     superuser_, password_, "postgres");
  // The shell's parent is the session. Its answer is always a lost connection.
  (void)Query("postgres", "COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'");
  // Until it has noticed, the server answers everybody as before.
  const auto answers = [&another] {
    const Answer answer(PQexec(another.get(), "SELECT 1"), &PQclear);
    return PQresultStatus(answer.get()) == PGRES_TUPLES_OK;
  };
  while (answers()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace dbstow::test
