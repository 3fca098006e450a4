#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "observability/audit_log.h"
#include "observability/shared_files.h"
#include "support/fakes.h"

namespace dbstow::observability {
namespace {

class PosixSharedFilesTest : public ::testing::Test {
 protected:
  test::ScratchFolder folder;
  test::FakeClock clock;
  std::unique_ptr<SharedFiles> files = CreatePosixSharedFiles(clock);
  std::string path = folder / "log";
};

TEST_F(PosixSharedFilesTest, AppendsReadsAndReplaces) {
  EXPECT_EQ(files->Size(path).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(files->Append(path, "one\n"));
  ASSERT_TRUE(files->Append(path, "two\n"));
  EXPECT_EQ(*files->Size(path), 8u);
  EXPECT_EQ(*files->Read(path, 4, 100), "two\n");
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  ASSERT_TRUE(files->Replace(path, "three"));
  EXPECT_EQ(*files->Read(path, 0, 100), "three");
  EXPECT_NE(::access((path + ".new").c_str(), F_OK), 0);
}

TEST_F(PosixSharedFilesTest, ALockThatIsHeldTooLongIsAConflict) {
  const auto held = files->Lock(path, Deadline::Never(), {});
  ASSERT_TRUE(held);
  EXPECT_EQ(files->Lock(path, Deadline::Never(), {}).error().code(),
            ErrorCode::kConflict);  // the fake clock runs fast
}

TEST_F(PosixSharedFilesTest, TheWaitForALockEndsAtTheDeadlineAndWhenStopped) {
  std::stop_source stop;
  stop.request_stop();
  {
    const auto held = files->Lock(path, Deadline::Never(), {});
    const Deadline soon = Deadline::After(clock, std::chrono::seconds(1));
    const auto late = files->Lock(path, soon, {});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), ErrorCode::kTimeout) << late.error().ToString();
    const auto stopped = files->Lock(path, Deadline::Never(), stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled) << stopped.error().ToString();
  }
  EXPECT_TRUE(files->Lock(path, Deadline(clock.MonotonicNow()), stop.get_token()))
      << "there is nothing to wait for";
}

TEST_F(PosixSharedFilesTest, ErrorsCarryErrno) {
  const auto failed = files->Append(folder / "no/such/folder/log", "x");
  EXPECT_EQ(failed.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(failed.error().native()->system, "errno");
}

/// Really waits, as waiting for another process's lock needs, and never loses patience: four
/// processes that flush to a slow disk in turn may take longer than a lock is waited for.
class PatientClock final : public Clock {
 public:
  TimePoint Now() override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  Monotonic MonotonicNow() override { return {}; }
  void Sleep(Duration duration, std::stop_token) override {
    ::usleep(static_cast<useconds_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(duration).count()));
  }
};

// Runs in a child process; appends until killed when `count` is 0, or until its parent is.
[[noreturn]] void AppendRecords(const std::string& path, int count) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) ::_exit(1);
  PatientClock clock;
  const auto files = CreatePosixSharedFiles(clock);
  const auto log = CreateAuditLog(path, *files, clock);
  for (int i = 0; count == 0 || i < count; ++i) {
    AuditRecord record;
    record.operation = "backup";
    record.details["pid"] = std::to_string(::getpid());
    if (!log->Record(record, Deadline::Never(), {})) ::_exit(1);
  }
  ::_exit(0);
}

TEST_F(PosixSharedFilesTest, AForkNeitherKeepsNorEndsOurLock) {
  const auto try_lock = [this] { return files->Lock(path, Deadline(clock.MonotonicNow()), {}); };
  auto lock = try_lock();
  ASSERT_TRUE(lock);
  const pid_t ending = ::fork();
  if (ending == 0) {
    lock->reset();
    ::_exit(0);
  }
  ::waitpid(ending, nullptr, 0);
  EXPECT_FALSE(try_lock());
  const pid_t staying = ::fork();
  if (staying == 0) {
    for (;;) ::pause();
  }
  lock->reset();
  EXPECT_TRUE(try_lock());
  ::kill(staying, SIGKILL);
  ::waitpid(staying, nullptr, 0);
}

TEST_F(PosixSharedFilesTest, ProcessesThatAppendAtOnceMakeOneChain) {
  constexpr int kProcesses = 4;
  constexpr int kRecords = 15;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) AppendRecords(path, kRecords);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto report = VerifyAuditLog(path, *files);
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_TRUE(report->intact());
  EXPECT_EQ(report->records, static_cast<std::uint64_t>(kProcesses * kRecords));
}

TEST_F(PosixSharedFilesTest, KilledWritersLeaveALogThatIsIntactAndGoesOn) {
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t before = files->Size(path).value_or(0);
    const pid_t child = ::fork();
    if (child == 0) AppendRecords(path, 0);
    while (files->Size(path).value_or(0) == before) ::usleep(500);  // it has begun
    ::usleep(static_cast<useconds_t>(round * 300));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto report = VerifyAuditLog(path, *files);
    ASSERT_TRUE(report) << report.error().ToString();
    EXPECT_TRUE(report->intact()) << report->problems.front().text;
  }
}

}  // namespace
}  // namespace dbstow::observability
