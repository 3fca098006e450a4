#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace dbstow::repository {

/// The last few values by key, searched linearly: for caches of a few dozen. Thread-safe.
template <class Key, class Value>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  /// Null when it is not there.
  [[nodiscard]] std::shared_ptr<const Value> Find(const Key& key) {
    const std::scoped_lock lock(mutex_);
    for (auto each = entries_.begin(); each != entries_.end(); ++each) {
      if (each->first != key) continue;
      entries_.splice(entries_.begin(), entries_, each);
      return entries_.front().second;
    }
    return nullptr;
  }

  std::shared_ptr<const Value> Put(Key key, Value value) {
    auto shared = std::make_shared<const Value>(std::move(value));
    const std::scoped_lock lock(mutex_);
    entries_.emplace_front(std::move(key), shared);
    if (entries_.size() > capacity_) entries_.pop_back();
    return shared;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<std::pair<Key, std::shared_ptr<const Value>>> entries_;
};

}  // namespace dbstow::repository
