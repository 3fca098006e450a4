#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "dbstow/core/engine_registry.h"
#include "dbstow/core/interfaces.h"
#include "engines/sqlite/register.h"
#include "io/file_system.h"
#include "io/process_runner.h"
#include "support/fakes.h"
#include "support/memory_backup_store.h"
#include "support/sqlite_database.h"

namespace dbstow::test {

/// What a test of the engine needs: a folder, a store in memory, and instances by file name.
class SqliteLab {
 public:
  /// `files`: those that the engine sees; the real ones when null.
  explicit SqliteLab(Clock* clock = nullptr, io::FileSystem* files = nullptr);

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }
  /// The instance of a database in the folder, or at an absolute path.
  [[nodiscard]] std::unique_ptr<DatabaseInstance> Instance(const std::string& name,
                                                           StringMap properties = {});
  [[nodiscard]] Result<BackupResult> Backup(DatabaseInstance& instance,
                                            const BackupOptions& options = {});
  [[nodiscard]] Result<RestoreResult> Restore(DatabaseInstance& instance, const std::string& target,
                                              bool overwrite = false);
  [[nodiscard]] Result<CloneResult> Clone(DatabaseInstance& instance, const std::string& target);
  [[nodiscard]] Result<ProofReport> Prove(DatabaseInstance& instance);
  /// What lies in the folder.
  [[nodiscard]] std::set<std::string> Files() const;

  MemoryBackupStore store;
  TestContext test;

 private:
  ScratchFolder folder_;
  std::unique_ptr<io::FileSystem> files_ = io::CreatePosixFileSystem();
  std::unique_ptr<io::ProcessRunner> processes_ = io::CreatePosixProcessRunner();
  EngineRegistry registry_;
};

/// Runs `work` in a process of its own, again and again until stopped; it must leave the process
/// state alone that the test uses. The destructor kills it.
class ChildWriter {
 public:
  /// `ready` must become true (a file to appear, say) before the constructor returns.
  explicit ChildWriter(const std::function<void()>& work);
  ChildWriter(const ChildWriter&) = delete;
  ChildWriter& operator=(const ChildWriter&) = delete;
  ~ChildWriter();

 private:
  int pid_ = -1;
};

/// Runs `work` in a child process to its end; its result (0 to 255).
[[nodiscard]] int RunInChild(const std::function<int()>& work);

}  // namespace dbstow::test

#define ASSERT_OK(expression)                                             \
  do {                                                                    \
    const auto& assert_ok_result = (expression);                          \
    ASSERT_TRUE(assert_ok_result) << assert_ok_result.error().ToString(); \
  } while (false)

/// The expression failed with this code.
#define EXPECT_FAILS(expected, expression)                               \
  do {                                                                   \
    const auto& expect_fails_result = (expression);                      \
    EXPECT_FALSE(expect_fails_result);                                   \
    if (!expect_fails_result) {                                          \
      EXPECT_EQ(expect_fails_result.error().code(), ErrorCode::expected) \
          << expect_fails_result.error().ToString();                     \
    }                                                                    \
  } while (false)
