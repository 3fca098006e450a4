#pragma once

#include <mutex>
#include <optional>

#include "dbstow/core/bytes.h"
#include "io/compression.h"

namespace dbstow::repository {

/// Picks the zstd level of one item by compressing its first data in three ways. By size only,
/// never by time, so that the same data always gives the same backup. Thread-safe.
class LevelChooser {
 public:
  explicit LevelChooser(std::optional<int> fixed) : fixed_(fixed) {}
  /// None: not worth compressing; asked again now and then, as data changes within an item.
  [[nodiscard]] std::optional<int> For(ByteView content);

 private:
  [[nodiscard]] std::optional<int> Sample(ByteView content);

  const std::optional<int> fixed_;
  std::mutex mutex_;
  bool sampled_ = false;
  std::optional<int> level_;
  int until_next_sample_ = 0;
};

}  // namespace dbstow::repository
