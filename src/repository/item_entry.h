#pragma once

#include <cstdint>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "repository/byte_codec.h"
#include "repository/frame.h"
#include "repository/pack_reader.h"
#include "repository/pack_table.h"
#include "repository/pack_writer.h"

namespace dbstow::repository {

/// A stored map segment, and the packs that it refers to: whoever reuses the segment knows what it
/// depends on without reading it.
struct SegmentRef {
  FrameRef frame;
  std::vector<PackId> packs;
  friend bool operator==(const SegmentRef&, const SegmentRef&) = default;
};

/// One item in a manifest. Its segment list is in place when short, else in frames of its own.
struct ItemEntry {
  ItemInfo info;
  ItemSummary summary;
  std::uint64_t units = 0;  ///< pages or chunks
  std::vector<SegmentRef> segments;
  std::vector<FrameRef> roots;

  void Write(ByteWriter& out, PackTable& packs) const;
  [[nodiscard]] static ItemEntry Read(ByteReader& in, const PackTable& packs);
};

/// Puts the segment list of an item into `entry`, storing frames for a long one.
[[nodiscard]] Result<void> StoreSegmentList(std::vector<SegmentRef> segments, PackWriter& packs,
                                            FrameEncoder& encoder, ItemEntry& entry);
/// Errors: Corrupt, also when the list does not match the item's size; store errors.
[[nodiscard]] Result<std::vector<SegmentRef>> LoadSegmentList(const ItemEntry& entry,
                                                              PackReader& packs);

/// Units per segment of an item of this kind.
[[nodiscard]] std::uint32_t UnitsPerSegment(ItemInfo::Kind kind);
/// Bytes per unit; the last unit of a stream may have fewer.
[[nodiscard]] std::uint32_t UnitSize(const ItemInfo& info);

}  // namespace dbstow::repository
