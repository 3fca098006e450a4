#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace dbstow::io {

/// Work that threads take from, until it is closed and empty. Thread-safe.
template <class Work>
class WorkQueue {
 public:
  void Push(Work work) {
    {
      const std::scoped_lock lock(mutex_);
      items_.push_back(std::move(work));
    }
    changed_.notify_one();
  }
  /// Nothing will be pushed any more.
  void Close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }
  /// First in, first out; waits. Nothing when closed and empty, or stopped.
  [[nodiscard]] std::optional<Work> Pop(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, std::move(stop), [this] { return closed_ || next_ < items_.size(); });
    if (next_ >= items_.size()) return std::nullopt;
    return std::move(items_[next_++]);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Work> items_;
  std::size_t next_ = 0;
  bool closed_ = false;
};

}  // namespace dbstow::io
