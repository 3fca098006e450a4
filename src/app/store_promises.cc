#include <algorithm>
#include <array>
#include <atomic>

#include "app/doctor.h"
#include "io/thread_start.h"
#include "repository/layout.h"

namespace dbstow::app {
namespace {

constexpr int kWriters = 8;

std::string RandomKey(Random& random) {
  std::array<std::byte, 8> bytes{};
  random.Fill(bytes);
  std::string key(repository::kProbePrefix);
  for (const std::byte byte : bytes)
    key += static_cast<char>('a' + (std::to_integer<int>(byte) & 15));
  return key;
}

Error Broken(const storage::ObjectStore& store, const std::string& promise) {
  return Error(ErrorCode::kIoError, store.Describe() + " breaks a promise: " + promise)
      .WithHint("backups are not safe there; use another file system or object store");
}

Result<bool> IsListed(storage::ObjectStore& store, const std::string& key) {
  DBSTOW_ASSIGN(const auto objects, store.List(repository::kProbePrefix));
  return std::ranges::any_of(objects, [&](const auto& object) { return object.key == key; });
}

Result<void> RacePuts(storage::ObjectStore& store, const std::string& key) {
  std::atomic<int> won = 0;
  std::atomic<int> refused = 0;
  {
    std::atomic<int> number = 0;
    const io::ThreadWork write = [&](const std::stop_token&) {
      const auto put = store.Put(key, AsBytes("writer " + std::to_string(number++)));
      if (put) ++won;
      if (!put && put.error().code() == ErrorCode::kAlreadyExists) ++refused;
    };
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      if (auto writer = io::TryStartThread(write)) {
        writers.push_back(*std::move(writer));
      } else {
        write({});
      }
    }
  }
  if (won == 1 && refused == kWriters - 1) return {};
  if (won == 0) {
    DBSTOW_TRY(store.Put(key, AsBytes("alone")));  // says why nobody could write
  }
  return Broken(store, "of " + std::to_string(kWriters) + " writers of one new object " +
                           std::to_string(won) + " won and " + std::to_string(refused) +
                           " were refused");
}

}  // namespace

Result<void> CheckStorePromises(storage::ObjectStore& store, Random& random) {
  const std::string key = RandomKey(random);
  const Result<void> race = RacePuts(store, key);
  const Result<bool> listed = IsListed(store, key);
  const Result<void> removed = store.Delete(key);
  DBSTOW_TRY(race);
  DBSTOW_ASSIGN(const bool was_listed, listed);
  DBSTOW_TRY(removed);
  if (!was_listed) return Broken(store, "an object that was put is not listed");
  DBSTOW_ASSIGN(const bool still_listed, IsListed(store, key));
  if (still_listed) return Broken(store, "an object that was deleted is still listed");
  return {};
}

}  // namespace dbstow::app
