#include "support/postgres_server.h"

#include <libpq-fe.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "support/child_process.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

// The port is free now; somebody may take it before the server does, then Start tries another.
Result<std::uint16_t> FreePort() {
  const int socket_handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const bool ok = socket_handle >= 0 && bind(socket_handle, raw, length) == 0 &&
                  getsockname(socket_handle, raw, &length) == 0;
  if (socket_handle >= 0) close(socket_handle);
  if (!ok) return Error(ErrorCode::kIoError, "no free loopback port");
  return ntohs(address.sin_port);
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string RandomWord() {
  std::random_device device;
  std::ostringstream text;
  text << std::hex << device() << device() << device();
  return text.str();
}

Result<std::string> CreateFolder(const std::string& parent, const std::optional<OsUser>& owner) {
  std::string pattern =
      (parent.empty() ? fs::temp_directory_path().string() : parent) + "/dbstow-pg-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    return Error(ErrorCode::kIoError, "mkdtemp " + pattern + ": " + std::strerror(errno));
  }
  if (owner && chown(pattern.c_str(), owner->uid, owner->gid) != 0) {
    return Error(ErrorCode::kIoError, "chown " + pattern + ": " + std::strerror(errno));
  }
  return pattern;
}

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

Connection Connect(const PostgresServer& server, const std::string& database) {
  const std::string port = std::to_string(server.port());
  const char* const keys[] = {
      "host", "port", "user", "password", "dbname", "connect_timeout", "application_name", nullptr};
  const char* const values[] = {
      server.socket_folder().c_str(), port.c_str(),     server.superuser().c_str(),
      server.password().c_str(),      database.c_str(), "10",
      "dbstow-test-support",          nullptr};
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

PostgresServer::PostgresServer(PostgresServerOptions options)
    : options_(std::move(options)), password_(RandomWord()) {}

PostgresServer::~PostgresServer() {
  (void)Stop(StopMode::kImmediate);  // nothing of the cluster survives this object anyway
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<std::unique_ptr<PostgresServer>> PostgresServer::Create(
    const PostgresServerOptions& options) {
  std::unique_ptr<PostgresServer> server(new PostgresServer(options));
  if (server->options_.bin_directory.empty()) {
    const std::vector<std::string> installed = Installed();
    if (installed.empty()) {
      return Error(ErrorCode::kUnavailable, "no initdb and postgres under /usr/lib/postgresql");
    }
    server->options_.bin_directory = installed.back();
  }
  DBSTOW_TRY(server->Initialize());
  DBSTOW_TRY(server->Start());
  return server;
}

std::vector<std::string> PostgresServer::Installed() {
  std::map<int, std::string> by_version;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const fs::path bin = entry.path() / "bin";
    if (!fs::exists(bin / "initdb") || !fs::exists(bin / "postgres")) continue;
    by_version[std::atoi(entry.path().filename().c_str())] = bin.string();
  }
  std::vector<std::string> directories;
  for (const auto& [version, bin] : by_version) directories.push_back(bin);
  return directories;
}

Result<PostgresServer*> PostgresServer::Shared() {
  // Held until the program ends: its destructor stops the server.
  static const auto shared = Create();
  if (!shared) return shared.error();
  return shared->get();
}

std::string PostgresServer::Log() const { return ReadAll(folder_ + "/log"); }

Result<void> PostgresServer::Initialize() {
  DBSTOW_ASSIGN(const auto user, UserToBecome("postgres"));
  DBSTOW_ASSIGN(folder_, CreateFolder(options_.data_parent, user));
  const std::string password_file = folder_ + "/password";
  std::ofstream(password_file) << password_ << "\n";
  ChildSpec init;
  init.arguments = {bin_directory() + "/initdb",
                    "-D",
                    data_directory(),
                    "-U",
                    superuser_,
                    "-A",
                    "scram-sha-256",
                    "--pwfile=" + password_file,
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                    "--data-checksums"};
  init.arguments.insert(init.arguments.end(), options_.init_arguments.begin(),
                        options_.init_arguments.end());
  init.output_file = init.error_file = folder_ + "/log";
  init.user = user;
  DBSTOW_ASSIGN(const int status, RunChild(init));
  fs::remove(password_file);
  if (status != 0) {
    return Error(ErrorCode::kIoError, "initdb ended with " + std::to_string(status) + ": " + Log());
  }
  major_version_ = std::atoi(ReadAll(data_directory() + "/PG_VERSION").c_str());
  return {};
}

Result<void> PostgresServer::WriteSettings() const {
  std::ofstream out(data_directory() + "/postgresql.auto.conf", std::ios::trunc);
  out << "listen_addresses = '127.0.0.1'\n"
      << "port = " << port_ << "\n"
      << "unix_socket_directories = " << Quoted(folder_, '\'') << "\n"
      << "fsync = off\n"
      << "shared_buffers = 64MB\nmax_connections = 60\nautovacuum = off\nmax_wal_size = 2GB\n";
  for (const auto& [name, value] : options_.settings) {
    out << name << " = " << Quoted(value, '\'') << "\n";
  }
  out.close();
  if (!out) return Error(ErrorCode::kIoError, "cannot write the server's settings");
  return {};
}

Result<void> PostgresServer::Start() {
  if (supervisor_ > 0) return {};
  Result<void> started;
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (port_ == 0) {
      DBSTOW_ASSIGN(port_, FreePort());
    }
    DBSTOW_TRY(WriteSettings());
    DBSTOW_TRY(Launch());
    started = AwaitReady();
    if (started) return {};
    (void)Stop(StopMode::kImmediate);
    port_ = 0;
  }
  return started;
}

Result<void> PostgresServer::Launch() {
  ChildSpec spec;
  spec.arguments = {bin_directory() + "/postgres", "-D", data_directory()};
  spec.output_file = spec.error_file = folder_ + "/log";
  DBSTOW_ASSIGN(spec.user, UserToBecome("postgres"));
  DBSTOW_ASSIGN(const WatchedChild child, StartWatched(spec, folder_));
  supervisor_ = child.supervisor;
  postmaster_ = child.program;
  lifeline_ = child.lifeline;
  return {};
}

Result<void> PostgresServer::AwaitReady() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < give_up) {
    if (PQstatus(Connect(*this, "postgres").get()) == CONNECTION_OK) return {};
    if (SupervisorIsGone()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return Error(ErrorCode::kIoError, "the PostgreSQL server did not start: " + Log());
}

bool PostgresServer::SupervisorIsGone() {
  if (supervisor_ > 0 && waitpid(supervisor_, nullptr, WNOHANG) == supervisor_) {
    supervisor_ = postmaster_ = -1;
    close(std::exchange(lifeline_, -1));
  }
  return supervisor_ <= 0;
}

Result<void> PostgresServer::Stop(StopMode mode) {
  if (SupervisorIsGone()) return {};
  if (kill(postmaster_, mode == StopMode::kFast ? SIGINT : SIGQUIT) != 0 && errno != ESRCH) {
    return Error(ErrorCode::kIoError,
                 std::string("cannot stop the server: ") + std::strerror(errno));
  }
  ReapSupervisor();
  return {};
}

void PostgresServer::ReapSupervisor() {
  while (waitpid(supervisor_, nullptr, 0) < 0 && errno == EINTR) {
  }
  supervisor_ = postmaster_ = -1;
  close(std::exchange(lifeline_, -1));
}

Result<PgRows> PostgresServer::Query(const std::string& database, const std::string& sql) const {
  const Connection connection = Connect(*this, database);
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

Result<std::string> PostgresServer::QueryValue(const std::string& database,
                                               const std::string& sql) const {
  DBSTOW_ASSIGN(const PgRows rows, Query(database, sql));
  if (rows.empty() || rows[0].empty()) return std::string();
  return rows[0][0].value_or("");
}

Result<void> PostgresServer::CreateDatabase(const std::string& name) const {
  DBSTOW_TRY(Query("postgres", "CREATE DATABASE " + SqlName(name)));
  return {};
}

Result<void> PostgresServer::CreateRole(const std::string& name, const std::string& attributes,
                                        const std::string& password) const {
  DBSTOW_TRY(Query("postgres", "CREATE ROLE " + SqlName(name) + " " + attributes + " PASSWORD " +
                                   SqlLiteral(password)));
  return {};
}

Result<void> PostgresServer::RunScript(
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

Result<ToolOutcome> PostgresServer::RunTool(const std::string& program,
                                            const std::vector<std::string>& arguments) const {
  std::string folder = fs::temp_directory_path().string() + "/dbstow-tool-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    return Error(ErrorCode::kIoError, std::string("mkdtemp: ") + std::strerror(errno));
  }
  ChildSpec spec;
  spec.arguments = {bin_directory() + "/" + program};
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

}  // namespace dbstow::test
