#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/program_run.h"

namespace dbstow::test {

using Words = std::vector<std::string>;

/// A folder with a SQLite database, a place for a repository, and the program to use on them.
class CliTest : public ::testing::Test {
 protected:
  CliTest();

  /// Runs dbstow with these words. `environment` goes on top of the passphrase and the folders.
  ProgramRun Dbstow(const Words& words,
                    const std::map<std::string, std::string>& environment = {}) const;
  [[nodiscard]] ProgramSpec Spec(const Words& words,
                                 const std::map<std::string, std::string>& environment = {}) const;
  /// As Dbstow, with --repo.
  ProgramRun WithRepo(Words words,
                      const std::map<std::string, std::string>& environment = {}) const;
  /// Makes the repository, unless it is there, without the processor time that its
  /// passphrase would cost at every start of the program.
  void EnsureRepository() const;
  /// Makes a backup, and the repository if need be, and gives the id.
  std::string Backup();

  void Sql(const std::string& database, const std::string& statements) const;
  [[nodiscard]] std::string Ask(const std::string& database, const std::string& query) const;
  /// A table `t` with this many rows of 400 characters each, different from each other.
  void Fill(const std::string& database, int rows) const;
  void Write(const std::string& path, const std::string& text, unsigned mode = 0600) const;
  /// Everything below a folder that is a file.
  [[nodiscard]] static std::vector<std::string> FilesBelow(const std::string& folder);

  ScratchFolder folder_;
  const std::string database_ = folder_ / "app.db";
  const std::string instance_ = "sqlite://" + database_;
  const std::string repository_folder_ = folder_ / "repo";
  std::string repository_ = "file://" + repository_folder_;
};

}  // namespace dbstow::test
