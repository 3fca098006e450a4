#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "io/signal_stop.h"
#include "io/system_clock.h"
#include "io/system_random.h"

namespace dbstow::io {
namespace {

TEST(SystemClockTest, AStopRequestEndsASleepThatWouldLastForEver) {
  auto clock = CreateSystemClock();
  std::stop_source source;
  std::jthread sleeper([&] { clock->Sleep(std::chrono::hours(24), source.get_token()); });
  source.request_stop();
  sleeper.join();  // hangs when Sleep does not wake
}

TEST(SystemClockTest, MonotonicTimeGoesForward) {
  auto clock = CreateSystemClock();
  const auto before = clock->MonotonicNow();
  clock->Sleep(std::chrono::milliseconds(1), {});
  EXPECT_GT(clock->MonotonicNow(), before);
}

TEST(SystemRandomTest, FillsEveryPartOfALargeBufferDifferently) {
  auto random = CreateSystemRandom();
  Bytes bytes(1 << 20);
  random->Fill(bytes);
  std::set<std::byte> seen(bytes.end() - 4096, bytes.end());
  EXPECT_GT(seen.size(), 200u);
}

/// Runs `body` in a child and gives its exit status, or minus the signal that ended it.
template <class Body>
int InChild(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(SignalStopTest, TheFirstSignalAsksToStopAndTheSecondLeaves) {
  EXPECT_EQ(InChild([] {
              auto stop = SignalStop::Create();
              if (!stop) return 1;
              kill(getpid(), SIGINT);
              while (!(*stop)->token().stop_requested()) usleep(1000);
              kill(getpid(), SIGTERM);
              for (;;) pause();
              return 2;
            }),
            130);
}

TEST(SignalStopTest, EachOfTheThreeSignalsStopsAndGoingAwayRestoresTheMask) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EQ(InChild([number] {
                {
                  auto stop = SignalStop::Create();
                  if (!stop) return 1;
                  kill(getpid(), number);
                  while (!(*stop)->token().stop_requested()) usleep(1000);
                }
                signal(number, SIG_DFL);  // who started us may ignore it, as nohup does
                raise(number);            // must kill again
                return 2;
              }),
              -number);
  }
}

}  // namespace
}  // namespace dbstow::io
