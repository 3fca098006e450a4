#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/clock.h"
#include "simulator/world.h"
#include "storage/object_store.h"

namespace dbstow::simulator {

enum class Role { kWriter, kReader, kPruner, kFencer, kJanitor };

/// The object store as one actor sees it. Every call is a point where others may move, where the
/// actor may die (then all its later calls fail), and where the call may fail.
class ActorStore final : public storage::ObjectStore {
 public:
  ActorStore(World& world, Role role) : world_(world), role_(role) {}

  Result<void> Put(std::string_view key, ByteView bytes) override;
  Result<Bytes> Get(std::string_view key) override;
  Result<void> GetRange(std::string_view key, std::uint64_t offset, MutableByteView out) override;
  Result<std::vector<storage::ObjectInfo>> List(std::string_view prefix) override;
  Result<void> Delete(std::string_view key) override;
  Result<storage::Debris> FindDebris(std::string_view) override { return storage::Debris{}; }
  Result<storage::Debris> RemoveDebris(std::string_view) override { return storage::Debris{}; }
  [[nodiscard]] std::string Describe() const override { return "simulated:"; }

  /// From now on others move in between and faults happen.
  void GoLive() { live_ = true; }
  [[nodiscard]] bool dead() const { return dead_; }
  /// Ids that this actor's plan removes.
  std::set<std::string> may_remove;

 private:
  enum class Fate { kGoOn, kLoseAnswer, kDieAfterwards };
  [[nodiscard]] Result<Fate> Before(bool put);
  [[nodiscard]] Result<void> After(Fate fate);
  [[nodiscard]] std::vector<storage::ObjectInfo> Listing(std::string_view prefix) const;
  [[nodiscard]] std::vector<storage::ObjectInfo> Mutated(std::string_view prefix);

  World& world_;
  const Role role_;
  bool live_ = false;
  bool dead_ = false;
  std::uint64_t marked_at_ = 0;
  std::map<std::string, std::vector<storage::ObjectInfo>, std::less<>> stale_;
};

/// The world's clock: moves with each store call, and jumps. Every actor's own goes right, fast or
/// slow by some hours.
class WorldClock final : public Clock {
 public:
  explicit WorldClock(World& world)
      : world_(world), skew_(std::chrono::hours(7) * (world.actors++ % 3 - 1)) {}
  TimePoint Now() override;
  Monotonic MonotonicNow() override;
  void Sleep(Duration duration, std::stop_token stop) override;

 private:
  World& world_;
  const std::chrono::hours skew_;
};

}  // namespace dbstow::simulator
