#include "simulator/actor_store.h"

#include <algorithm>

namespace dbstow::simulator {
namespace {

constexpr std::chrono::hours kYear(24 * 365);

Error Died() { return Error(ErrorCode::kUnavailable, "this actor has died"); }

}  // namespace

Result<ActorStore::Fate> ActorStore::Before(bool put) {
  if (dead_) return Died();
  if (!live_) return Fate::kGoOn;
  world_.baton.Pass();
  ++world_.step;
  const Faults& faults = world_.faults;
  if (world_.random.Chance(faults.clock_jump)) {
    world_.clock_offset += world_.random.Chance(5000) ? kYear : -kYear;
  }
  if (world_.random.Chance(faults.crash)) {
    dead_ = true;
    return Died();
  }
  if (world_.random.Chance(faults.error)) {
    return Error(ErrorCode::kUnavailable, "the store does not answer").WithRetry(Retry::kTransient);
  }
  if (put && world_.random.Chance(faults.full)) {
    return Error(ErrorCode::kOutOfSpace, "the store is full");
  }
  if (world_.random.Chance(faults.crash)) return Fate::kDieAfterwards;
  return world_.random.Chance(faults.lost_answer) ? Fate::kLoseAnswer : Fate::kGoOn;
}

Result<void> ActorStore::After(Fate fate) {
  if (fate == Fate::kGoOn) return {};
  if (fate == Fate::kDieAfterwards) {
    dead_ = true;
    return Died();
  }
  return Error(ErrorCode::kUnavailable, "the answer was lost").WithRetry(Retry::kOutcomeUnknown);
}

Result<void> ActorStore::Put(std::string_view key, ByteView bytes) {
  DBSTOW_ASSIGN(const Fate fate, Before(true));
  const bool intent = key.find("/intent/") != std::string_view::npos;
  if (intent && world_.mutation == Mutation::kAnnounceNothing && role_ != Role::kJanitor) {
    return After(fate);
  }
  if (key.find("/trash/") != std::string_view::npos) marked_at_ = world_.step;
  const auto [entry, added] =
      world_.objects.try_emplace(std::string(key), Bytes(bytes.begin(), bytes.end()));
  if (!added && !std::ranges::equal(entry->second, bytes)) {
    return Error(ErrorCode::kAlreadyExists, "object " + std::string(key) + " has other bytes");
  }
  if (added) world_.AfterPut(entry->first);
  return After(fate);
}

Result<Bytes> ActorStore::Get(std::string_view key) {
  DBSTOW_ASSIGN(const Fate fate, Before(false));
  DBSTOW_TRY(After(fate));
  const auto found = world_.objects.find(key);
  if (found != world_.objects.end()) return found->second;
  return Error(ErrorCode::kNotFound, "no object " + std::string(key));
}

Result<void> ActorStore::GetRange(std::string_view key, std::uint64_t offset, MutableByteView out) {
  DBSTOW_ASSIGN(const Fate fate, Before(false));
  DBSTOW_TRY(After(fate));
  const auto found = world_.objects.find(key);
  if (found == world_.objects.end()) {
    return Error(ErrorCode::kNotFound, "no object " + std::string(key));
  }
  const Bytes& bytes = found->second;
  if (offset > bytes.size() || out.size() > bytes.size() - offset) {
    return Error(ErrorCode::kCorrupt, "object " + std::string(key) + " is too short");
  }
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  return {};
}

std::vector<storage::ObjectInfo> ActorStore::Listing(std::string_view prefix) const {
  std::vector<storage::ObjectInfo> found;
  for (auto each = world_.objects.lower_bound(prefix);
       each != world_.objects.end() && each->first.starts_with(prefix); ++each) {
    found.push_back({each->first, each->second.size()});
  }
  return found;
}

// A wrong order of lists is the same as an answer from an earlier moment.
std::vector<storage::ObjectInfo> ActorStore::Mutated(std::string_view prefix) {
  const bool writer = role_ == Role::kWriter;
  const bool pruner = role_ == Role::kPruner;
  switch (world_.mutation) {
    case Mutation::kIgnoreMarks:
      if (writer && prefix.ends_with("/trash/")) return {};
      break;
    case Mutation::kIgnoreFences:
      if (writer && prefix.ends_with("/fence/")) return {};
      break;
    case Mutation::kIgnoreOthersIds:
      if (writer && prefix.ends_with("/m/")) return {};
      break;
    case Mutation::kIgnoreIntents:
      if (pruner && prefix.ends_with("/intent/")) return {};
      break;
    case Mutation::kRelyOnUnended: {
      auto found = Listing(prefix);
      if (!pruner || !prefix.ends_with("/intent/")) return found;
      std::erase_if(found, [&](const auto& each) { return world_.HasManifest(each.key); });
      return found;
    }
    case Mutation::kSweepListsManifestsFirst:
    case Mutation::kSweepListsIntentsFirst: {
      const bool manifests = world_.mutation == Mutation::kSweepListsManifestsFirst;
      const std::string_view part = manifests ? "/m/" : "/intent/";
      auto found = Listing(prefix);
      if (!pruner || !prefix.ends_with(part)) return found;
      // What this pruner saw the last time, if it ever looked.
      const auto [entry, first] = stale_.try_emplace(std::string(prefix), found);
      if (!first) std::swap(entry->second, found);
      return found;
    }
    case Mutation::kNone:
    case Mutation::kAnnounceNothing: break;
  }
  return Listing(prefix);
}

Result<std::vector<storage::ObjectInfo>> ActorStore::List(std::string_view prefix) {
  DBSTOW_ASSIGN(const Fate fate, Before(false));
  DBSTOW_TRY(After(fate));
  return live_ ? Mutated(prefix) : Listing(prefix);
}

Result<void> ActorStore::Delete(std::string_view key) {
  DBSTOW_ASSIGN(const Fate fate, Before(false));
  World::Deleter deleter;
  if (role_ == Role::kPruner || role_ == Role::kJanitor) deleter = {&may_remove, marked_at_};
  world_.BeforeDelete(std::string(key), deleter);
  const auto found = world_.objects.find(key);
  if (found != world_.objects.end()) world_.objects.erase(found);
  return After(fate);
}

TimePoint WorldClock::Now() {
  return TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) +
         std::chrono::seconds(world_.step) + world_.clock_offset + skew_;
}

Monotonic WorldClock::MonotonicNow() { return Monotonic(std::chrono::seconds(world_.step)); }

void WorldClock::Sleep(Duration duration, std::stop_token) {
  world_.clock_offset += std::chrono::duration_cast<std::chrono::seconds>(duration);
}

}  // namespace dbstow::simulator
