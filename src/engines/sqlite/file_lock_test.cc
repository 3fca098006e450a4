#include "engines/sqlite/file_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "support/fakes.h"

namespace dbstow::sqlite {
namespace {

TEST(FileLock, AForkNeitherKeepsNorEndsIt) {
  const test::ScratchFolder folder;
  const std::string path = folder / "a.db";
  std::ofstream(path).put('x');
  auto lock = FileLock::TryTake(path);
  ASSERT_TRUE(lock && *lock);
  const pid_t ending = fork();
  if (ending == 0) {
    lock->reset();
    _exit(0);
  }
  waitpid(ending, nullptr, 0);
  EXPECT_EQ(FileLock::TryTake(path).value(), nullptr);
  const pid_t staying = fork();
  if (staying == 0) {
    for (;;) pause();
  }
  lock->reset();
  EXPECT_NE(FileLock::TryTake(path).value(), nullptr);
  kill(staying, SIGKILL);
  waitpid(staying, nullptr, 0);
}

}  // namespace
}  // namespace dbstow::sqlite
