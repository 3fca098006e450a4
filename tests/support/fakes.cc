#include "support/fakes.h"

#include <stdlib.h>

#include <filesystem>

namespace dbstow::test {

TimePoint FakeClock::Now() {
  const std::scoped_lock lock(mutex_);
  return TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) +
         std::chrono::duration_cast<std::chrono::microseconds>(passed_);
}

Monotonic FakeClock::MonotonicNow() {
  const std::scoped_lock lock(mutex_);
  return Monotonic(std::chrono::hours(1) + passed_);
}

void FakeClock::Sleep(Duration duration, std::stop_token stop) {
  if (!stop.stop_requested()) Advance(duration);
}

void FakeClock::Advance(Duration duration) {
  const std::scoped_lock lock(mutex_);
  passed_ += duration;
}

void FakeRandom::Fill(MutableByteView out) {
  const std::scoped_lock lock(mutex_);
  for (std::byte& byte : out) {
    // splitmix64: every seed gives a good sequence.
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    byte = static_cast<std::byte>(mixed >> 56);
  }
}

Result<SecretString> FakeSecrets::Resolve(const SecretRef& ref, Deadline, std::stop_token) {
  const auto found = by_key.find(ref.key);
  if (found == by_key.end()) {
    return Error(ErrorCode::kNotFound, "no secret under " + ref.ToString());
  }
  return SecretString(found->second);
}

void FakeProgress::Report(const Progress& progress) {
  if (on_report) on_report(progress);
  const std::scoped_lock lock(mutex_);
  if (progress.bytes_done > 0) last_ = progress;
}

Progress FakeProgress::Last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

TestContext::TestContext(BackupStore* store, Clock* given)
    : context{TraceId::Generate(random),
              given != nullptr ? *given : clock,
              random,
              sinks,
              sinks,
              progress,
              secrets,
              store,
              Deadline::Never(),
              std::stop_token(),
              false} {}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "dbstow-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) abort();
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace dbstow::test
