#include "cli_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/cheap_repository.h"

namespace dbstow::test {
namespace {

constexpr const char* kPassphrase = "correct horse";

using Handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

Handle OpenDatabase(const std::string& path) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  return {database, sqlite3_close};
}

}  // namespace

CliTest::CliTest() { Fill(database_, 2000); }

ProgramSpec CliTest::Spec(const Words& words,
                          const std::map<std::string, std::string>& environment) const {
  ProgramSpec spec;
  spec.words = {DBSTOW_PROGRAM};
  spec.words.insert(spec.words.end(), words.begin(), words.end());
  spec.environment = {{"DBSTOW_PASSPHRASE", kPassphrase},
                      {"DBSTOW_STATE_DIR", folder_ / "state"},
                      {"HOME", folder_.path()},
                      {"TMPDIR", folder_.path()}};
  for (const auto& [name, value] : environment) spec.environment[name] = value;
  spec.folder = folder_.path();
  return spec;
}

ProgramRun CliTest::Dbstow(const Words& words,
                           const std::map<std::string, std::string>& environment) const {
  return RunProgram(Spec(words, environment));
}

ProgramRun CliTest::WithRepo(Words words,
                             const std::map<std::string, std::string>& environment) const {
  words.insert(words.end(), {"--repo", repository_});
  return Dbstow(words, environment);
}

void CliTest::EnsureRepository() const {
  if (std::filesystem::exists(repository_folder_)) return;
  CreateCheapRepository(repository_folder_, kPassphrase);
}

std::string CliTest::Backup() {
  EnsureRepository();
  const ProgramRun run = WithRepo({"backup", instance_});
  EXPECT_EQ(run.status, 0) << run.err;
  return run.out.substr(0, run.out.find('\n'));
}

void CliTest::Sql(const std::string& database, const std::string& statements) const {
  const Handle handle = OpenDatabase(database);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(handle.get(), statements.c_str(), nullptr, nullptr, &error), SQLITE_OK)
      << (error != nullptr ? error : "");
  sqlite3_free(error);
}

std::string CliTest::Ask(const std::string& database, const std::string& query) const {
  const Handle handle = OpenDatabase(database);
  std::string answer;
  const auto first_cell = [](void* out, int, char** cells, char**) {
    *static_cast<std::string*>(out) = cells[0] != nullptr ? cells[0] : "";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(handle.get(), query.c_str(), first_cell, &answer, nullptr), SQLITE_OK)
      << sqlite3_errmsg(handle.get());
  return answer;
}

void CliTest::Fill(const std::string& database, int rows) const {
  Sql(database,
      "create table if not exists t(a integer primary key, b text);"
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < " +
          std::to_string(rows) +
          ") insert or replace into t select i, hex(randomblob(200)) from n;");
}

void CliTest::Write(const std::string& path, const std::string& text, unsigned mode) const {
  std::ofstream(path) << text;
  chmod(path.c_str(), mode);
}

std::vector<std::string> CliTest::FilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace dbstow::test
