#include "support/postgres_server.h"

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
#include <optional>
#include <random>
#include <sstream>
#include <thread>

#include "support/child_process.h"
#include "support/postgres_cluster.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

// 0 is any that the system chooses.
std::optional<std::uint16_t> PortIfFree(std::uint16_t port) {
  const int socket_handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const bool free = socket_handle >= 0 && bind(socket_handle, raw, length) == 0 &&
                    getsockname(socket_handle, raw, &length) == 0;
  if (socket_handle >= 0) close(socket_handle);
  return free ? std::optional(ntohs(address.sin_port)) : std::nullopt;
}

// None of those that the system gives to connections, where it leaves any: while the server is
// down, its port would be given to somebody else, or a connection to it be made to itself. The port
// is free now; somebody may take it before the server does, then Start tries another.
Result<std::uint16_t> FreePort() {
  constexpr unsigned kLeast = 10'000;
  unsigned first_given = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_given;
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    const unsigned port = first_given > kLeast ? kLeast + random() % (first_given - kLeast) : 0;
    if (const auto free = PortIfFree(static_cast<std::uint16_t>(port))) return *free;
  }
  return Error(ErrorCode::kIoError, "no free loopback port");
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
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

std::string QuotedSetting(std::string_view text) {
  std::string quoted = "'";
  for (const char letter : text) quoted += letter == '\'' ? "''" : std::string(1, letter);
  return quoted + "'";
}

}  // namespace

PostgresServer::PostgresServer(PostgresServerOptions options) : options_(std::move(options)) {
  superuser_ = "dbstow_admin";
}

PostgresServer::~PostgresServer() {
  (void)Stop(StopMode::kImmediate);  // nothing of the cluster survives this object anyway
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<std::unique_ptr<PostgresServer>> PostgresServer::Create(
    const PostgresServerOptions& options) {
  std::unique_ptr<PostgresServer> server(new PostgresServer(options));
  server->bin_directory_ = options.bin_directory;
  if (server->bin_directory_.empty()) {
    const std::vector<std::string> installed = Installed();
    if (installed.empty()) {
      return Error(ErrorCode::kUnavailable, "no initdb and postgres under /usr/lib/postgresql");
    }
    server->bin_directory_ = installed.back();
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
  socket_folder_ = folder_;
  DBSTOW_ASSIGN(password_,
                CreateCluster({bin_directory(), options_.init_arguments, superuser_, user},
                              data_directory(), folder_ + "/log"));
  major_version_ = std::atoi(ReadAll(data_directory() + "/PG_VERSION").c_str());
  return {};
}

Result<void> PostgresServer::WriteSettings() const {
  std::ofstream out(data_directory() + "/postgresql.auto.conf", std::ios::trunc);
  out << "listen_addresses = '127.0.0.1'\n"
      << "port = " << port_ << "\n"
      << "unix_socket_directories = " << QuotedSetting(folder_) << "\n"
      << "fsync = off\n"
      << "shared_buffers = 64MB\nmax_connections = 60\nautovacuum = off\nmax_wal_size = 2GB\n";
  for (const auto& [name, value] : options_.settings) {
    out << name << " = " << QuotedSetting(value) << "\n";
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
    started = AwaitStarted();
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

Result<void> PostgresServer::AwaitStarted() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < give_up) {
    if (Answers()) return {};
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

}  // namespace dbstow::test
