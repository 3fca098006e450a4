#pragma once

#include <functional>
#include <memory>

#include "dbstow/core/backup_store.h"
#include "repository/item_entry.h"
#include "repository/lru_cache.h"
#include "repository/pack_reader.h"
#include "repository/segment.h"

namespace dbstow::repository {

/// The units of one stored item: finds their map segments and frames. Thread-safe.
class ItemSource {
 public:
  /// Loads the segment list. Errors: Corrupt, store errors.
  [[nodiscard]] static Result<std::unique_ptr<ItemSource>> Create(const ItemEntry& entry,
                                                                  PackReader& packs);

  [[nodiscard]] const ItemEntry& entry() const { return entry_; }
  [[nodiscard]] const std::vector<SegmentRef>& segments() const { return segments_; }
  /// Errors: Corrupt, also for a segment of the wrong length.
  [[nodiscard]] Result<std::shared_ptr<const Segment>> SegmentAt(std::uint64_t index);
  [[nodiscard]] Result<std::shared_ptr<const Bytes>> Frame(const FrameRef& ref);
  /// The bytes of a unit inside its frame. Errors: Corrupt when it lies outside.
  [[nodiscard]] Result<ByteView> Unit(const Bytes& frame, const UnitPlace& place) const;

 private:
  ItemSource(const ItemEntry& entry, PackReader& packs) : entry_(entry), packs_(packs) {}

  const ItemEntry& entry_;
  PackReader& packs_;
  std::vector<SegmentRef> segments_;
  LruCache<std::uint64_t, Segment> segment_cache_{4};
  LruCache<std::pair<PackId, std::uint32_t>, Bytes> frame_cache_{32};
};

/// Turns what went wrong inside the repository into what a reader of a backup must know.
using ExplainError = std::function<Error(Error)>;

/// `packs`, `entry` and what `explain` refers to must outlive the source.
[[nodiscard]] Result<std::unique_ptr<StreamSource>> OpenStreamSource(const ItemEntry& entry,
                                                                     PackReader& packs,
                                                                     ExplainError explain);
[[nodiscard]] Result<std::unique_ptr<PageSource>> OpenPageSource(const ItemEntry& entry,
                                                                 PackReader& packs,
                                                                 ExplainError explain);

}  // namespace dbstow::repository
