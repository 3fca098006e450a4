#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "contract/engine/engine_contract.h"

// What every engine must show when something goes wrong. It goes wrong at the first step of the
// work, at the fourth, the sixteenth, … until the work is over before: so all its phases are met.

namespace dbstow::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kLastStep = 1 << 12;

/// A backup, restore or clone of the database of the case, and a place to disturb it.
struct Work {
  std::string name;
  bool has_target = true;
  std::function<Result<void>(const std::string& target)> run;
  /// Lets `act` be called just before the n-th step of the next run; 0: never.
  std::function<void(int nth, std::function<void()> act)> arm;
};

class EngineFaultContract : public EngineContract {
 protected:
  void SetUp() override {
    EngineContract::SetUp();
    if (instance_ == nullptr) return;
    const auto backup = Backup();  // for restores
    ASSERT_TRUE(backup) << backup.error().ToString();
  }

  /// Whether the fixture declares that the engine cannot show it.
  [[nodiscard]] bool Deviates(Behaviour behaviour) const {
    const auto deviations = fixture_.Deviations();
    const auto found = deviations.find(behaviour);
    if (found == deviations.end()) return false;
    EXPECT_FALSE(found->second.empty()) << "a deviation needs its reason";
    RecordProperty("deviation", found->second);
    return true;
  }

  /// A declared deviation still holds: whatever the fixture does, the works go through.
  void ExpectUndisturbed(const std::function<void()>& act) {
    for (Work& work : Works()) {
      work.arm(1, act);
      const auto done = work.run(fixture_.NewTarget());
      work.arm(0, {});
      fixture_.Mend();
      EXPECT_TRUE(done) << work.name << " is disturbed: the deviation is none any more\n"
                        << done.error().ToString();
    }
  }

  [[nodiscard]] std::vector<Work> Works() {
    std::vector<Work> works = {
        {"backup", false, [this](const std::string&) { return Done(Backup()); },
         [this](int nth, std::function<void()> act) { store_.OnWrite(nth, std::move(act)); }},
        {"restore", true,
         [this](const std::string& target) {
           return Done(Restore({.source = "latest", .target_name = target}));
         },
         [this](int nth, std::function<void()> act) { store_.OnRead(nth, std::move(act)); }}};
    if (Deviates(Behaviour::kClone)) {
      EXPECT_EQ(Capable<SupportsClone>(), nullptr) << "the deviation is none any more";
    } else {
      works.push_back(
          {"clone", true,
           [this](const std::string& target) { return Done(Clone({.target_name = target})); },
           [this](int nth, std::function<void()> act) { ArmReports(nth, act); }});
    }
    return works;
  }

  /// Disturbs all works at all kinds of steps. `disturb` does it once and says whether it came to
  /// that.
  void DisturbEverything(const std::function<bool(Work& work, int nth)>& disturb) {
    for (Work& work : Works()) {
      int nth = 1;
      for (; nth <= kLastStep; nth *= 4) {
        SCOPED_TRACE(work.name + ", step " + std::to_string(nth));
        const bool disturbed = disturb(work, nth);
        work.arm(0, {});
        if (!disturbed || HasFailure()) break;
      }
      EXPECT_GT(nth, 1) << work.name << " was never disturbed";
    }
  }

  /// Runs a work that is to end with `code` or, when disturbed too late for that, well, and leaves
  /// nothing in the first case.
  bool ExpectCleanEnd(Work& work, int nth, const std::function<void()>& act, ErrorCode code) {
    const std::set<std::string> listing = Listing();
    const std::size_t backups = store_.List("")->size();
    std::atomic<bool> acted = false;
    work.arm(nth, [&] {
      acted = true;
      act();
    });
    const auto done = work.run(fixture_.NewTarget());
    EXPECT_TRUE(acted || done) << done.error().ToString();
    if (done) return acted;
    EXPECT_EQ(done.error().code(), code) << done.error().ToString();
    EXPECT_EQ(Listing(), listing);
    EXPECT_EQ(store_.List("")->size(), backups);
    EXPECT_EQ(store_.open_writers(), 0);
    return acted;
  }

  /// What was disturbed works when it is done again, and then nothing else is left.
  void ExpectDoneAgain(Work& work, const std::string& target, std::set<std::string> listing) {
    work.arm(0, {});
    const auto again = work.run(target);
    ASSERT_TRUE(again) << again.error().ToString();
    if (work.has_target) {
      listing.insert(target);
      EXPECT_EQ(ContentsAt(target), Contents(*spec_));
    }
    EXPECT_EQ(Listing(), listing);
  }

  /// The server goes away in the middle and comes back.
  bool ExpectTransient(Work& work, int nth, const std::function<void()>& leave) {
    const std::set<std::string> listing = Listing();
    const std::string target = fixture_.NewTarget();
    std::atomic<bool> left = false;
    work.arm(nth, [&] {
      left = true;
      leave();
    });
    const auto done = work.run(target);
    fixture_.Mend();
    fixture_.Settle();
    EXPECT_EQ(store_.open_writers(), 0);
    EXPECT_TRUE(left || done) << done.error().ToString();
    if (done) return left;
    EXPECT_EQ(done.error().code(), ErrorCode::kUnavailable) << done.error().ToString();
    EXPECT_NE(done.error().retry(), Retry::kNever) << done.error().ToString();
    ExpectDoneAgain(work, target, listing);
    return true;
  }

  /// Runs it in a process that is killed at the n-th step. False when it ended before.
  bool RunKilled(Work& work, int nth, const std::string& target) {
    const pid_t child = fork();
    if (child == 0) {
      work.arm(nth, [] { raise(SIGKILL); });
      _exit(work.run(target) ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    fixture_.Settle();
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
  }

 private:
  template <class T>
  static Result<void> Done(const Result<T>& result) {
    if (!result) return result.error();
    return {};
  }
  void ArmReports(int nth, const std::function<void()>& act) {
    reports_ = 0;
    test_.progress.on_report = [this, nth, act](const Progress&) {
      if (++reports_ == nth) act();
    };
  }

  std::atomic<int> reports_ = 0;
};

TEST_P(EngineFaultContract, CancellingLeavesNothing) {
  DisturbEverything([this](Work& work, int nth) {
    std::stop_source stop;
    test_.context.stop = stop.get_token();
    const bool disturbed =
        ExpectCleanEnd(work, nth, [&] { stop.request_stop(); }, ErrorCode::kCancelled);
    test_.context.stop = {};
    return disturbed;
  });
}

TEST_P(EngineFaultContract, ADeadlineLeavesNothing) {
  DisturbEverything([this](Work& work, int nth) {
    test_.context.deadline = Deadline::After(test_.context.clock, std::chrono::minutes(1));
    const bool disturbed = ExpectCleanEnd(
        work, nth, [this] { test_.clock.Advance(std::chrono::hours(1)); }, ErrorCode::kTimeout);
    test_.context.deadline = Deadline::Never();
    return disturbed;
  });
}

TEST_P(EngineFaultContract, ACutConnectionIsTransient) {
  if (Deviates(Behaviour::kCut)) return ExpectUndisturbed([this] { fixture_.Cut(); });
  DisturbEverything([this](Work& work, int nth) {
    return ExpectTransient(work, nth, [this] { fixture_.Cut(); });
  });
}

TEST_P(EngineFaultContract, AServerThatDiesIsTransient) {
  if (Deviates(Behaviour::kServerKilled)) {
    return ExpectUndisturbed([this] { fixture_.KillServer(); });
  }
  DisturbEverything([this](Work& work, int nth) {
    return ExpectTransient(work, nth, [this] { fixture_.KillServer(); });
  });
}

// The servers' relays are threads of the process that forks.
#ifdef __SANITIZE_THREAD__
#define DBSTOW_FORK_OR_SKIP() \
  GTEST_SKIP() << "ThreadSanitizer ends a fork of a process with threads; other builds run this"
#else
#define DBSTOW_FORK_OR_SKIP() static_cast<void>(0)
#endif

TEST_P(EngineFaultContract, WhatAKilledProcessLeftIsGoneAfterTheNext) {
  DBSTOW_FORK_OR_SKIP();
  DisturbEverything([this](Work& work, int nth) {
    const std::set<std::string> listing = Listing();
    const std::string target = fixture_.NewTarget();
    if (!RunKilled(work, nth, target)) return false;
    EXPECT_FALSE(work.has_target && Listing().contains(target));
    ExpectDoneAgain(work, target, listing);
    return true;
  });
}

TEST_P(EngineFaultContract, AKilledOverwriteLeavesTheOldTarget) {
  DBSTOW_FORK_OR_SKIP();
  const std::string target = fixture_.NewTarget();
  ASSERT_TRUE(Restore({.source = "latest", .target_name = target}));
  ASSERT_NO_FATAL_FAILURE(Mutate(fixture_.AtTarget(*spec_, target)));
  const std::string old = ContentsAt(target);
  const std::set<std::string> listing = Listing();
  Work overwrite = Works()[1];
  overwrite.run = [this](const std::string& name) -> Result<void> {
    DBSTOW_TRY(Restore({.source = "latest", .target_name = name, .overwrite = true}));
    return {};
  };
  int nth = 1;
  for (; nth <= kLastStep && RunKilled(overwrite, nth, target); nth *= 4) {
    EXPECT_EQ(ContentsAt(target), old) << "step " << nth;
  }
  EXPECT_GT(nth, 1);
  ASSERT_TRUE(overwrite.run(target));
  EXPECT_EQ(ContentsAt(target), Contents(*spec_));
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineFaultContract, AWrongPasswordIsRefusedAndNotTold) {
  if (Deviates(Behaviour::kWrongPassword)) {
    InstanceSpec spec = *spec_;
    test_.secrets.by_key["wrong"] = EngineFixture::kWrongPassword;
    spec.connection.credentials = {"somebody", {"fake", "wrong"}, AuthType::kPassword};
    auto created = registry_.Create(std::move(spec));
    if (created) {
      instance_ = *std::move(created);
      return ExpectUndisturbed([] {});
    }
    EXPECT_EQ(created.error().code(), ErrorCode::kInvalidOptions) << created.error().ToString();
    return;
  }
  const std::set<std::string> listing = Listing();
  instance_ = Create(fixture_.WithWrongPassword(*spec_, test_));
  std::vector<Result<void>> outcomes = {instance_->Refresh(test_.context)};
  for (Work& work : Works()) outcomes.push_back(work.run(fixture_.NewTarget()));
  for (const auto& refused : outcomes) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kAuthenticationFailed)
        << refused.error().ToString();
    EXPECT_EQ(refused.error().retry(), Retry::kNever);
    EXPECT_FALSE(refused.error().hint().empty());
    EXPECT_THAT(refused.error().ToString(), Not(HasSubstr(EngineFixture::kWrongPassword)));
  }
  EXPECT_EQ(Listing(), listing);
}

TEST_P(EngineFaultContract, AMissingRightIsRefused) {
  if (Deviates(Behaviour::kMissingRight)) {
    EXPECT_FALSE(fixture_.WithoutRights(*spec_, test_)) << "the deviation is none any more";
    return;
  }
  const std::set<std::string> listing = Listing();
  const std::size_t backups = store_.List("")->size();
  std::vector<Result<void>> outcomes;
  {
    const auto access = fixture_.WithoutRights(*spec_, test_);
    ASSERT_TRUE(access) << access.error().ToString();
    instance_ = Create(access->spec);
    for (Work& work : Works()) outcomes.push_back(work.run(fixture_.NewTarget()));
  }
  for (const auto& refused : outcomes) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kPermissionDenied) << refused.error().ToString();
    EXPECT_FALSE(refused.error().hint().empty()) << refused.error().ToString();
  }
  EXPECT_EQ(Listing(), listing);
  EXPECT_EQ(store_.List("")->size(), backups);
  EXPECT_EQ(store_.open_writers(), 0);
}

INSTANTIATE_TEST_SUITE_P(Server, EngineFaultContract, testing::ValuesIn(Fixtures()), ServerName);

}  // namespace
}  // namespace dbstow::test
