#include "engines/sqlite/page_pump.h"

#include <algorithm>

#include "dbstow/core/backup_store.h"

namespace dbstow::sqlite {
namespace {

// Keeps memory flat whatever the page size.
constexpr std::uint64_t kLargestRun = 16u << 20;

}  // namespace

PagePump::PagePump(StageMeter& stages, std::uint32_t page_size, std::uint64_t page_count)
    : stages_(stages),
      page_size_(page_size),
      page_count_(page_count),
      pages_per_run_(std::min(PageSink::kPageRun, kLargestRun / page_size)) {}

void PagePump::StartThread(io::TaskGroup& group, ReadPages read, WritePages write) {
  group.Share([this, &group, reader = std::move(read), writer = std::move(write)] {
    return Run(group.context(), reader, writer);
  });
}

Result<void> PagePump::Run(const OperationContext& context, const ReadPages& read,
                           const WritePages& write) {
  Bytes buffer(std::min(pages_per_run_, page_count_) * page_size_);
  for (;;) {
    const std::uint64_t first = next_run_.fetch_add(1) * pages_per_run_;
    if (first >= page_count_) return {};
    DBSTOW_TRY(context.CheckAlive("copying pages"));
    const std::uint64_t count = std::min(pages_per_run_, page_count_ - first);
    const MutableByteView run = MutableByteView(buffer).first(count * page_size_);
    {
      const StageTimer timer(stages_, Stage::kSource, context.clock);
      DBSTOW_TRY(read(first, run));
    }
    DBSTOW_TRY(context.CheckAlive("copying pages"));
    DBSTOW_TRY(write(first, run));
    const std::uint64_t done = pages_done_.fetch_add(count) + count;
    context.progress.Report(
        {"pages", "", done * page_size_, page_count_ * page_size_, std::string(stages_.Slowest())});
  }
}

}  // namespace dbstow::sqlite
