#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include "cli_fixture.h"
#include "held_at.h"

namespace dbstow::test {
namespace {

/// Names of unfinished objects, which a clean end must not leave.
std::vector<std::string> Unfinished(const std::vector<std::string>& files) {
  std::vector<std::string> found;
  for (const std::string& file : files) {
    if (std::filesystem::path(file).filename().string().starts_with('~')) found.push_back(file);
  }
  return found;
}

TEST_F(CliTest, InterruptsEndABackupWith130AndLeaveTheRepositoryGood) {
  const std::string first = Backup();
  Fill(database_, 20'000);
  for (const char* place : {"/intent/", "/packs/"}) {
    for (const int signal : {SIGINT, SIGTERM}) {
      SCOPED_TRACE(place + std::to_string(signal));
      const ProgramRun run =
          SignalledAt(place, Spec({"backup", instance_, "--repo", repository_}), signal);
      EXPECT_EQ(run.status, 130) << run.err;
      EXPECT_NE(run.err.find("Cancelled"), std::string::npos) << run.err;
      EXPECT_TRUE(Unfinished(FilesBelow(repository_folder_)).empty());
    }
  }
  EXPECT_EQ(WithRepo({"verify", first, "--level", "2"}).status, 0);
  EXPECT_EQ(WithRepo({"backup", instance_}).status, 0);
}

TEST_F(CliTest, AnInterruptedRestoreLeavesNoTargetAndNoDebris) {
  Fill(database_, 20'000);
  Backup();
  const auto before = FilesBelow(folder_.path());
  const std::string target = folder_ / "x.db";
  RunningProgram program(HeldAt("x.db", Spec({"restore", instance_, "--from", "latest", "--target",
                                              target, "--repo", repository_})));
  ASSERT_TRUE(program.AwaitStop());
  EXPECT_NE(FilesBelow(folder_.path()), before) << "it is not at work";
  program.Signal(SIGINT);
  program.Signal(SIGCONT);
  const ProgramRun run = program.Wait();
  EXPECT_EQ(run.status, 130) << run.err;
  EXPECT_FALSE(std::filesystem::exists(target));
  for (const std::string& file : FilesBelow(folder_.path())) {
    const bool known = std::ranges::find(before, file) != before.end();
    const bool ours = file.starts_with(folder_ / "state") || file.starts_with(repository_folder_);
    EXPECT_TRUE(known || ours) << "debris: " << file;
  }
}

// What is interrupted here would go on for minutes; a loaded machine may take its time to end it.
constexpr std::chrono::seconds kSoon{30};

/// Runs the program to where `reached` says and interrupts it there. It is stopped meanwhile, so
/// that it is in the middle of its work however slow this process is, and calls `in_the_middle`.
ProgramRun InterruptedAt(const ProgramSpec& spec, const std::function<bool()>& reached,
                         const std::function<void()>& in_the_middle = {}) {
  RunningProgram program(spec);
  const auto until = std::chrono::steady_clock::now() + 4 * kSoon;
  const auto ended = [&program] {
    siginfo_t end{};
    waitid(P_PID, static_cast<id_t>(program.pid()), &end, WEXITED | WNOHANG | WNOWAIT);
    return end.si_pid != 0;
  };
  while (!reached() && !ended() && std::chrono::steady_clock::now() < until) usleep(300);
  program.Signal(SIGSTOP);
  static_cast<void>(program.AwaitStop());
  if (in_the_middle) in_the_middle();
  program.Signal(SIGINT);
  program.Signal(SIGCONT);
  return program.WaitAtMost(2 * kSoon);
}

/// How much of a file is written. It stays open, so that this can be asked of one that was removed.
class WrittenPart {
 public:
  explicit WrittenPart(const std::string& path) : file_(path, std::ios::binary) {}
  [[nodiscard]] std::size_t Pages(std::size_t of_the_first = SIZE_MAX) {
    std::size_t pages = 0;
    std::string page(4096, '\0');
    file_.clear();
    file_.seekg(0);
    for (std::size_t i = 0; i < of_the_first; ++i) {
      if (!file_.read(page.data(), static_cast<std::streamsize>(page.size()))) break;
      if (page.find_first_not_of('\0') != std::string::npos) ++pages;
    }
    return pages;
  }

 private:
  std::ifstream file_;
};

class InterruptedTest : public CliTest {
 protected:
  // Of small pages, so that the 4096 that a thread copies at a time are little of it.
  InterruptedTest() {
    std::filesystem::create_directory(out_);
    Sql(database_, "pragma page_size = 512; vacuum");
  }

  /// Interrupts a command that copies the database into `out_`, once that is begun.
  void ExpectNoFileAfter(const Words& words) {
    const std::size_t all = WrittenPart(database_).Pages();
    int interrupted = 0;
    for (int round = 0; round < 5 && interrupted == 0; ++round) {
      std::optional<WrittenPart> part;
      std::size_t before = 0;
      const ProgramRun run = InterruptedAt(
          Spec(words),
          [this] {
            const std::vector<std::string> files = FilesBelow(out_);
            return !files.empty() && WrittenPart(files.front()).Pages(100) > 0;
          },
          [&] {
            const std::vector<std::string> files = FilesBelow(out_);
            if (!files.empty()) before = part.emplace(files.front()).Pages();
          });
      if (run.status == 0) {
        for (const std::string& file : FilesBelow(out_)) std::filesystem::remove(file);
        continue;
      }
      ++interrupted;
      EXPECT_EQ(run.status, 130) << run.err;
      EXPECT_NE(run.err.find("Cancelled"), std::string::npos) << run.err;
      EXPECT_TRUE(FilesBelow(out_).empty()) << "debris: " << FilesBelow(out_).front();
      // It ends with the pages that it has in hand, not with its work.
      if (!part || before > all / 4) continue;
      EXPECT_LT(part->Pages(), all) << "interrupted at " << before;
    }
    EXPECT_GT(interrupted, 0);
  }

  const std::string out_ = folder_ / "out";
};

TEST_F(InterruptedTest, AnExportLeavesNoFile) {
  Fill(database_, 150'000);
  Backup();
  ExpectNoFileAfter({"export", "latest", "--to", out_ + "/x.db", "--repo", repository_});
}

TEST_F(InterruptedTest, ARestoreLeavesNoFile) {
  Fill(database_, 150'000);
  Backup();
  ExpectNoFileAfter({"restore", instance_, "--from", "latest", "--target", out_ + "/x.db", "--repo",
                     repository_});
}

TEST_F(InterruptedTest, ACloneLeavesNoFile) {
  Fill(database_, 150'000);
  ExpectNoFileAfter({"clone", instance_, "--target", out_ + "/x.db", "--no-zero-copy"});
}

TEST_F(InterruptedTest, AVerificationRecordsNothing) {
  Backup();
  const auto before = FilesBelow(repository_folder_);
  const Words verify = {"verify", "--level", "2", "--repo", repository_};
  const ProgramRun run = SignalledAt("/packs/", Spec(verify), SIGINT);
  EXPECT_EQ(run.status, 130) << run.err;
  EXPECT_EQ(FilesBelow(repository_folder_), before);
}

// That it stops before each deletion is tested beside it (prune_test); here, that Ctrl-C gets
// there.
TEST_F(InterruptedTest, APruneLeavesAGoodRepository) {
  Write(folder_ / "dbstow.toml", "[retention]\nkeep_last = 1\nfloor_verified = 0\n");
  for (int i = 0; i < 5; ++i) {
    Sql(database_, "update t set b = hex(randomblob(200)) where a % 5 = " + std::to_string(i));
    Backup();
  }
  const Words prune = {"prune", "--confirm", "--repo", repository_};
  const ProgramRun run = SignalledAt("/trash/~", Spec(prune), SIGINT);
  EXPECT_TRUE(run.status == 130 || run.status == 0) << run.status << run.err;
  EXPECT_EQ(WithRepo({"verify", "--level", "2"}).status, 0);
  EXPECT_EQ(WithRepo({"prune", "--confirm"}).status, 0);
  EXPECT_EQ(WithRepo({"restore", instance_, "--from", "latest", "--target", out_ + "/x.db"}).status,
            0);
}

/// A program for exec: secrets that says when it runs, and then prints nothing for a long time.
class HangingSecretTest : public InterruptedTest {
 protected:
  HangingSecretTest() {
    Write(folder_ / "hang", "#!/bin/sh\necho $$ > '" + mark_ + "'\nexec sleep 600\n", 0700);
  }
  [[nodiscard]] bool Runs() const { return ReadWholeFile(mark_).find('\n') != std::string::npos; }
  void ExpectGone() const {
    const int pid = std::stoi(ReadWholeFile(mark_));
    EXPECT_NE(kill(pid, 0), 0) << "the secret's program is still there";
  }
  const std::string mark_ = folder_ / "mark";
  const std::string secret_ = "exec:" + (folder_ / "hang");
};

TEST_F(HangingSecretTest, AnInterruptDoesNotWaitForThePassphrase) {
  RunningProgram program(Spec({"backups", "--repo", repository_, "--repo-secret", secret_}));
  while (!Runs()) usleep(1000);
  program.Signal(SIGINT);
  const ProgramRun run = program.WaitAtMost(kSoon);
  EXPECT_EQ(run.status, 130) << run.err;
  ExpectGone();
}

TEST_F(HangingSecretTest, TheTimeoutCountsForThePassphraseToo) {
  RunningProgram program(
      Spec({"backups", "--repo", repository_, "--repo-secret", secret_, "--timeout", "1s"}));
  const ProgramRun run = program.WaitAtMost(kSoon);
  EXPECT_EQ(run.status, 124) << run.err;
}

TEST_F(HangingSecretTest, TheTimeoutCountsForANewPassphraseToo) {
  Backup();
  RunningProgram program(
      Spec({"key", "add", "--new-secret", secret_, "--timeout", "2s", "--repo", repository_}));
  const ProgramRun run = program.WaitAtMost(kSoon);
  EXPECT_EQ(run.status, 124) << run.err;
}

/// The audit log, locked by somebody who does not let go.
class LockedLogTest : public CliTest {
 protected:
  LockedLogTest() { Backup(); }
  [[nodiscard]] static int Locked(const std::string& path) {
    const int file = open((path + ".lock").c_str(), O_RDWR);
    EXPECT_EQ(flock(file, LOCK_EX | LOCK_NB), 0) << path;
    return file;
  }
  const std::string audit_ = folder_ / "state/audit.jsonl";
};

TEST_F(LockedLogTest, TheTimeoutCountsForTheWaitForTheAuditLog) {
  const std::string before = ReadWholeFile(audit_);
  const int held = Locked(audit_);
  ProgramRun run;
  // A busy machine needs some time to come as far as the log.
  for (const char* limit : {"500ms", "4s", "8s"}) {
    run = WithRepo({"backup", instance_, "--timeout", limit});
    EXPECT_EQ(run.status, 124) << run.err;
    if (run.err.find(audit_) != std::string::npos) break;
  }
  EXPECT_NE(run.err.find("not started"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("fuser -v " + audit_), std::string::npos) << run.err;
  EXPECT_EQ(ReadWholeFile(audit_), before);
  close(held);
}

TEST_F(LockedLogTest, AnInterruptEndsTheWaitForTheAuditLog) {
  const int held = Locked(audit_);
  RunningProgram program(HeldAt("audit.jsonl.lock", Spec({"audit", "verify"})));
  ASSERT_TRUE(program.AwaitStop());
  program.Signal(SIGCONT);  // it waits now, or soon
  program.Signal(SIGINT);
  EXPECT_EQ(program.WaitAtMost(kSoon).status, 130);
  close(held);
}

// The time is up while they open the repository.
TEST_F(CliTest, TheTimeoutCountsForCommandsThatLook) {
  Backup();
  for (const Words& words : std::vector<Words>{{"backups"},
                                               {"show", "latest"},
                                               {"key", "list"},
                                               {"doctor"},
                                               {"doctor", instance_},
                                               {"compare", "latest", instance_}}) {
    Words limited = words;
    limited.insert(limited.end(), {"--timeout", "1ms", "--repo", repository_});
    const ProgramRun run = DelayedAt("/repo.json", Spec(limited));
    EXPECT_EQ(run.status, 124) << ::testing::PrintToString(words) << run.err;
    EXPECT_EQ(WithRepo(words).status, 0) << ::testing::PrintToString(words);
  }
}

// Reading so many instances takes longer than this.
TEST_F(CliTest, TheTimeoutCountsForTheConfigurationToo) {
  Backup();
  std::string configuration;
  for (int i = 0; i < 3000; ++i) {
    configuration += "[instances.a" + std::to_string(i) + "]\nuri = \"" + instance_ + "\"\n";
  }
  Write(folder_ / "dbstow.toml", configuration);
  EXPECT_EQ(Dbstow({"audit", "verify", "--timeout", "1ms"}).status, 124);
  EXPECT_EQ(Dbstow({"instances", "--timeout", "1ms"}).status, 124);
  EXPECT_EQ(Dbstow({"audit", "verify"}).status, 0);
}

}  // namespace
}  // namespace dbstow::test
