#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "dbstow/core/bytes.h"
#include "dbstow/core/stage_meter.h"
#include "io/task_group.h"

namespace dbstow::sqlite {

inline constexpr int kPageThreads = 2;

using ReadPages = std::function<Result<void>(std::uint64_t first_page, MutableByteView out)>;
using WritePages = std::function<Result<void>(std::uint64_t first_page, ByteView bytes)>;

/// Moves the pages [0, page_count) from readers to a writer in aligned runs, each exactly once.
class PagePump {
 public:
  /// `stages` must outlive the pump. The time of `read` goes to Stage::kSource; that of `write`
  /// is for `write` to add.
  PagePump(StageMeter& stages, std::uint32_t page_size, std::uint64_t page_count);

  /// Adds a thread to the group that takes the next free run until none is left. `write` is called
  /// from all of these threads. The pump must outlive the group.
  void StartThread(io::TaskGroup& group, ReadPages read, WritePages write);

 private:
  [[nodiscard]] Result<void> Run(const OperationContext& context, const ReadPages& read,
                                 const WritePages& write);

  StageMeter& stages_;
  std::uint32_t page_size_;
  std::uint64_t page_count_;
  std::uint64_t pages_per_run_;
  std::atomic<std::uint64_t> next_run_{0};
  std::atomic<std::uint64_t> pages_done_{0};
};

}  // namespace dbstow::sqlite
