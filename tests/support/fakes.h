#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "dbstow/core/operation_context.h"

namespace dbstow::test {

/// Time that moves only when told to, or when somebody sleeps.
class FakeClock final : public Clock {
 public:
  TimePoint Now() override;
  Monotonic MonotonicNow() override;
  void Sleep(Duration duration, std::stop_token stop) override;
  void Advance(Duration duration);

 private:
  std::mutex mutex_;
  Duration passed_{};
};

/// Reproducible bytes.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : state_(seed) {}
  void Fill(MutableByteView out) override;

 private:
  std::mutex mutex_;
  std::uint64_t state_;
};

/// Secrets from a map.
class FakeSecrets final : public SecretResolver {
 public:
  std::map<std::string, std::string> by_key;
  Result<SecretString> Resolve(const SecretRef& ref, Deadline deadline,
                               std::stop_token stop) override;
};

/// Keeps what is reported, and calls back at every report, in its thread. Thread-safe.
class FakeProgress final : public ProgressSink {
 public:
  std::function<void(const Progress&)> on_report;
  void Report(const Progress& progress) override;
  /// The last report with bytes in it; empty without one.
  [[nodiscard]] Progress Last() const;

 private:
  mutable std::mutex mutex_;
  Progress last_;
};

/// Everything an OperationContext needs, with a fake clock unless another is given.
class TestContext {
 public:
  explicit TestContext(BackupStore* store = nullptr, Clock* clock = nullptr);
  FakeClock clock;
  FakeRandom random;
  NullSinks sinks;
  FakeProgress progress;
  FakeSecrets secrets;
  OperationContext context;
};

/// A folder that is removed with everything in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace dbstow::test
