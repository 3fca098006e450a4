#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "repository/item_entry.h"
#include "repository/segment.h"
#include "repository/write_session.h"

namespace dbstow::repository {

/// A segment of the parent's item, to compare with and to take from.
struct ParentSegment {
  SegmentRef ref;
  Segment segment;
};

/// The parent's item of the same name. Thread-safe. A damaged map only means that its part is
/// stored again, with a warning.
class ParentItem {
 public:
  /// None when the parent has no such item. Errors: store errors.
  [[nodiscard]] static Result<std::optional<ParentItem>> Find(WriteSession& session,
                                                              const ItemInfo& info);
  [[nodiscard]] Result<std::optional<ParentSegment>> At(WriteSession& session,
                                                        std::uint64_t index) const;

 private:
  std::string name_;
  std::vector<SegmentRef> segments_;
};

/// Builds one map segment unit by unit, in any order. Not thread-safe.
class SegmentAssembler {
 public:
  SegmentAssembler(std::uint32_t capacity, std::optional<ParentSegment> parent);

  [[nodiscard]] bool Has(std::uint32_t unit) const { return present_[unit]; }
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] bool full() const { return count_ == present_.size(); }

  /// True when the parent has the same at this place; the unit is then done.
  [[nodiscard]] bool Reuse(std::uint32_t unit, const io::PageHash& hash);
  void PlaceZero(std::uint32_t unit);
  void Place(std::uint32_t unit, const io::PageHash& hash, UnitPlace place);
  /// A frame to come; `SetFrame` says where it went.
  [[nodiscard]] std::uint32_t AddFrame();
  void SetFrame(std::uint32_t frame, const FrameRef& ref);

  struct Finished {
    SegmentRef ref;
    std::uint64_t bytes_stored = 0;
  };
  /// With exactly the units [0, units) placed. An unchanged segment is the parent's.
  [[nodiscard]] Result<Finished> Finish(std::uint32_t units, PackWriter& packs,
                                        FrameEncoder& encoder);

 private:
  void Set(std::uint32_t unit, const io::PageHash& hash, UnitPlace place);
  [[nodiscard]] std::uint32_t FrameOfParent(std::uint32_t frame);

  const std::optional<ParentSegment> parent_;
  std::vector<bool> present_;
  std::uint32_t count_ = 0;
  bool changed_ = false;
  Segment segment_;
  std::vector<std::uint32_t> parent_frames_;  ///< the parent's frame numbers in ours
};

/// The packs that an item with these segments and roots refers to.
[[nodiscard]] std::set<PackId> PacksOf(const std::vector<SegmentRef>& segments,
                                       const std::vector<FrameRef>& roots);

}  // namespace dbstow::repository
