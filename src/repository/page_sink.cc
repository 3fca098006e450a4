#include "repository/page_sink.h"

#include <algorithm>
#include <bit>
#include <map>

#include "repository/page_segment.h"

namespace dbstow::repository {
namespace {

// With more segments begun than this, superblocks are not kept open: memory stays flat when pages
// come in no order, at the price of smaller frames.
constexpr std::size_t kMostOpenSuperblocks = 32;
constexpr std::uint64_t kMostPages = std::uint64_t{1} << 40;

class ComparingPageSink final : public PageSink {
 public:
  ComparingPageSink(std::shared_ptr<WriteSession> session, ItemInfo info,
                    std::optional<ParentItem> parent)
      : session_(std::move(session)),
        page_size_(info.page_size),
        parent_(std::move(parent)),
        levels_(session_->tuning().zstd_level) {
    entry_.info = std::move(info);
  }

  Result<void> Write(std::uint64_t first_page, ByteView bytes) override;
  Result<ItemSummary> Finish(std::uint64_t page_count) override;

 private:
  // A segment that is begun; its lock is held while pages are added to it.
  struct Slot {
    std::mutex mutex;
    std::optional<PageSegment> segment;
  };

  [[nodiscard]] Result<void> CheckRange(std::uint64_t first_page, ByteView bytes) const;
  [[nodiscard]] Result<std::shared_ptr<Slot>> SlotFor(std::uint64_t index);
  [[nodiscard]] Result<void> WritePart(std::uint64_t index, std::uint32_t first, ByteView bytes);
  [[nodiscard]] Result<void> CloseSlot(std::uint64_t index, Slot& slot, std::uint32_t units,
                                       const PageSegment::Output& output);
  [[nodiscard]] Result<void> FinishSegments(std::uint64_t page_count, WriteTools& tools);
  [[nodiscard]] Result<ItemSummary> Complete(WriteTools& tools);

  const std::shared_ptr<WriteSession> session_;
  const std::uint32_t page_size_;
  const std::optional<ParentItem> parent_;
  LevelChooser levels_;

  std::mutex mutex_;
  ItemEntry entry_;
  std::map<std::uint64_t, std::shared_ptr<Slot>> open_;
  std::vector<std::optional<SegmentRef>> done_;
  bool finished_ = false;
};

Result<void> ComparingPageSink::CheckRange(std::uint64_t first_page, ByteView bytes) const {
  if (bytes.size() % page_size_ == 0 && first_page <= kMostPages) return {};
  return Error(ErrorCode::kInvalidOptions, std::to_string(bytes.size()) + " bytes at page " +
                                               std::to_string(first_page) +
                                               " are not a run of whole pages");
}

Result<std::shared_ptr<ComparingPageSink::Slot>> ComparingPageSink::SlotFor(std::uint64_t index) {
  const std::scoped_lock lock(mutex_);
  if (finished_) return Error(ErrorCode::kInvalidOptions, "the item is already finished");
  if (index < done_.size() && done_[index]) {
    return Error(ErrorCode::kInvalidOptions, "a page was written twice");
  }
  std::shared_ptr<Slot>& slot = open_[index];
  if (!slot) slot = std::make_shared<Slot>();
  return slot;
}

Result<void> ComparingPageSink::CloseSlot(std::uint64_t index, Slot& slot, std::uint32_t units,
                                          const PageSegment::Output& output) {
  DBSTOW_ASSIGN(SegmentRef ref, slot.segment->Finish(units, output));
  const ItemSummary part = slot.segment->summary();
  slot.segment.reset();
  const std::scoped_lock lock(mutex_);
  entry_.summary.bytes_read += part.bytes_read;
  entry_.summary.bytes_stored += part.bytes_stored;
  entry_.summary.bytes_reused += part.bytes_reused;
  if (done_.size() <= index) done_.resize(index + 1);
  done_[index] = std::move(ref);
  open_.erase(index);
  return {};
}

Result<void> ComparingPageSink::WritePart(std::uint64_t index, std::uint32_t first,
                                          ByteView bytes) {
  DBSTOW_ASSIGN(const std::shared_ptr<Slot> slot, SlotFor(index));
  ToolLoan loan(*session_);
  const PageSegment::Output output{session_->packs(), *loan, levels_};
  const std::scoped_lock lock(slot->mutex);
  if (!slot->segment) {
    std::optional<ParentSegment> parent;
    if (parent_) {
      DBSTOW_ASSIGN(parent, parent_->At(*session_, index));
    }
    slot->segment.emplace(page_size_, std::move(parent));
  }
  DBSTOW_TRY(slot->segment->Add(first, bytes, output));
  if (slot->segment->full()) return CloseSlot(index, *slot, kPagesPerSegment, output);
  const std::size_t open = [&] {
    const std::scoped_lock count_lock(mutex_);
    return open_.size();
  }();
  return open > kMostOpenSuperblocks ? slot->segment->Flush(output) : Result<void>();
}

Result<void> ComparingPageSink::Write(std::uint64_t first_page, ByteView bytes) {
  DBSTOW_TRY(CheckRange(first_page, bytes));
  while (!bytes.empty()) {
    const auto first = static_cast<std::uint32_t>(first_page % kPagesPerSegment);
    const std::size_t pages =
        std::min<std::size_t>(kPagesPerSegment - first, bytes.size() / page_size_);
    DBSTOW_TRY(WritePart(first_page / kPagesPerSegment, first, bytes.first(pages * page_size_)));
    first_page += pages;
    bytes = bytes.subspan(pages * page_size_);
  }
  return {};
}

// Only the last segment may be partial, and it is the only one still open.
Result<void> ComparingPageSink::FinishSegments(std::uint64_t page_count, WriteTools& tools) {
  const std::uint64_t full = page_count / kPagesPerSegment;
  const auto rest = static_cast<std::uint32_t>(page_count % kPagesPerSegment);
  const auto open = open_;
  if (rest != 0 && open.contains(full)) {
    Slot& slot = *open.at(full);
    const PageSegment::Output output{session_->packs(), tools, levels_};
    DBSTOW_TRY(CloseSlot(full, slot, rest, output));
  }
  const bool whole = open_.empty() && done_.size() == full + (rest == 0 ? 0 : 1) &&
                     std::ranges::all_of(done_, [](const auto& each) { return each.has_value(); });
  if (whole) return {};
  return Error(ErrorCode::kInvalidOptions, "item '" + entry_.info.name +
                                               "' did not get every page of its " +
                                               std::to_string(page_count) + ", and none beyond");
}

Result<ItemSummary> ComparingPageSink::Complete(WriteTools& tools) {
  std::vector<SegmentRef> segments;
  for (auto& each : done_) segments.push_back(*std::move(each));
  std::set<PackId> needed = PacksOf(segments, {});
  DBSTOW_TRY(StoreSegmentList(std::move(segments), session_->packs(), tools.encoder, entry_));
  needed.merge(PacksOf({}, entry_.roots));
  const ItemSummary summary = entry_.summary;
  session_->FinishItem(std::move(entry_), needed);
  return summary;
}

Result<ItemSummary> ComparingPageSink::Finish(std::uint64_t page_count) {
  {
    const std::scoped_lock lock(mutex_);
    if (finished_) return Error(ErrorCode::kInvalidOptions, "the item is already finished");
    finished_ = true;
  }
  ToolLoan loan(*session_);
  DBSTOW_TRY(FinishSegments(page_count, *loan));
  entry_.units = page_count;
  entry_.info.size = page_count * page_size_;
  return Complete(*loan);
}

}  // namespace

Result<std::unique_ptr<PageSink>> CreatePageSink(std::shared_ptr<WriteSession> session,
                                                 ItemSpec spec, std::uint32_t page_size) {
  if (!std::has_single_bit(page_size) || page_size < 512 || page_size > 65536) {
    return Error(ErrorCode::kInvalidOptions, "a page size of " + std::to_string(page_size) +
                                                 " bytes is not a power of two from 512 to 65536");
  }
  DBSTOW_TRY(session->AddItemName(spec.name));
  ItemInfo info{std::move(spec.name), ItemInfo::Kind::kPages, page_size, 0,
                std::move(spec.attributes)};
  DBSTOW_ASSIGN(auto parent, ParentItem::Find(*session, info));
  return std::unique_ptr<PageSink>(
      std::make_unique<ComparingPageSink>(std::move(session), std::move(info), std::move(parent)));
}

}  // namespace dbstow::repository
