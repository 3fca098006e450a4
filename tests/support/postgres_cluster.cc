#include "support/postgres_cluster.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "support/postgres_scram.h"

namespace dbstow::test {
namespace {

namespace fs = std::filesystem;

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

// Of this user, and of this initdb: an upgraded server makes its own.
fs::path KeptFolder(const std::string& bin_directory) {
  std::string name = bin_directory;
  std::replace(name.begin(), name.end(), '/', '-');
  std::error_code ignored;
  const auto made = fs::last_write_time(bin_directory + "/initdb", ignored).time_since_epoch();
  return fs::path(DBSTOW_TEST_CLUSTERS) /
         (std::to_string(getuid()) + name + "-" + std::to_string(made.count()));
}

// Owners and modes count: a server refuses a folder that is not its user's alone.
Result<void> CopyFolder(const std::string& from, const std::string& to) {
  ChildSpec copy;
  copy.arguments = {"/bin/cp", "-a", "--reflink=auto", from, to};
  copy.output_file = copy.error_file = "/dev/null";
  DBSTOW_ASSIGN(const int status, RunChild(copy));
  if (status == 0) return {};
  return Error(ErrorCode::kIoError, "cp -a " + from + " " + to + ": " + std::to_string(status));
}

Result<void> RunInitdb(const NewCluster& cluster, const std::string& password,
                       const std::string& data_directory, const std::string& log_file) {
  const std::string password_file = log_file + ".password";
  std::ofstream(password_file) << CheapScramSecret(password) << "\n";
  ChildSpec init;
  init.arguments = {cluster.bin_directory + "/initdb",
                    "-D",
                    data_directory,
                    "-U",
                    cluster.superuser,
                    "-A",
                    "scram-sha-256",
                    "--pwfile=" + password_file,
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                    "--data-checksums"};
  init.arguments.insert(init.arguments.end(), cluster.init_arguments.begin(),
                        cluster.init_arguments.end());
  init.output_file = init.error_file = log_file;
  init.user = cluster.owner;
  const Result<int> status = RunChild(init);
  fs::remove(password_file);
  if (!status) return status.error();
  if (*status == 0) return {};
  return Error(ErrorCode::kIoError,
               "initdb ended with " + std::to_string(*status) + ": " + ReadAll(log_file));
}

// Beside its place and renamed, because other tests look for it now. That it cannot be kept costs
// the next test an initdb and nothing else.
void Keep(const std::string& data_directory, const std::string& password, const fs::path& kept) {
  const fs::path beside = kept.string() + "." + RandomWord();
  std::error_code failed;
  fs::create_directories(beside, failed);
  fs::permissions(beside, fs::perms::owner_all, failed);
  std::ofstream(beside / "password") << password;
  if (CopyFolder(data_directory, beside / "data")) {
    fs::rename(beside, kept, failed);
    if (!failed) return;
  }
  fs::remove_all(beside, failed);
}

}  // namespace

Result<std::string> CreateCluster(const NewCluster& cluster, const std::string& data_directory,
                                  const std::string& log_file) {
  const fs::path kept = KeptFolder(cluster.bin_directory);
  if (cluster.init_arguments.empty() && fs::exists(kept)) {
    DBSTOW_TRY(CopyFolder(kept / "data", data_directory));
    return ReadAll(kept / "password");
  }
  const std::string password = RandomWord();
  DBSTOW_TRY(RunInitdb(cluster, password, data_directory, log_file));
  if (cluster.init_arguments.empty()) Keep(data_directory, password, kept);
  return password;
}

}  // namespace dbstow::test
