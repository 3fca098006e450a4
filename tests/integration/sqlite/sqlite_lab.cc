#include "integration/sqlite/sqlite_lab.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace dbstow::test {

SqliteLab::SqliteLab(Clock* clock, io::FileSystem* files) : test(&store, clock) {
  EXPECT_TRUE(RegisterSqlite(registry_, {files != nullptr ? *files : *files_, *processes_}));
}

std::unique_ptr<DatabaseInstance> SqliteLab::Instance(const std::string& name,
                                                      StringMap properties) {
  ConnectionInfo connection;
  connection.database = (std::filesystem::path(folder_.path()) / name).string();
  connection.properties = std::move(properties);
  auto instance = registry_.Create({DatabaseEngine("sqlite"), name, "", std::move(connection)});
  EXPECT_TRUE(instance) << instance.error().ToString();
  return instance ? *std::move(instance) : nullptr;
}

Result<BackupResult> SqliteLab::Backup(DatabaseInstance& instance, const BackupOptions& options) {
  DBSTOW_ASSIGN(auto* capable, As<SupportsBackup>(instance));
  return capable->Backup(options, test.context);
}

Result<RestoreResult> SqliteLab::Restore(DatabaseInstance& instance, const std::string& target,
                                         bool overwrite) {
  DBSTOW_ASSIGN(auto* capable, As<SupportsRestore>(instance));
  return capable->Restore({.source = "latest", .target_name = target, .overwrite = overwrite},
                          test.context);
}

Result<CloneResult> SqliteLab::Clone(DatabaseInstance& instance, const std::string& target) {
  DBSTOW_ASSIGN(auto* capable, As<SupportsClone>(instance));
  return capable->Clone({.target_name = target}, test.context);
}

Result<ProofReport> SqliteLab::Prove(DatabaseInstance& instance) {
  DBSTOW_ASSIGN(auto* capable, As<SupportsVerify>(instance));
  return capable->Prove({.source = "latest"}, test.context);
}

std::set<std::string> SqliteLab::Files() const {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

ChildWriter::ChildWriter(const std::function<void()>& work) {
  pid_ = fork();
  if (pid_ == 0) {
    work();
    _exit(0);
  }
}

ChildWriter::~ChildWriter() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

int RunInChild(const std::function<int()>& work) {
  const int pid = fork();
  if (pid == 0) _exit(work());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

}  // namespace dbstow::test
