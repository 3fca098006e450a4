#include "repository/segment_assembler.h"

#include "repository/chain.h"

namespace dbstow::repository {
namespace {

constexpr std::uint32_t kUnmapped = UnitPlace::kZero;
constexpr int kSegmentLevel = 1;

}  // namespace

Result<std::optional<ParentItem>> ParentItem::Find(WriteSession& session, const ItemInfo& info) {
  const ParentBackup* parent = session.parent();
  const ItemEntry* entry = parent == nullptr ? nullptr : parent->FindItem(info);
  if (entry == nullptr) return std::optional<ParentItem>();
  auto segments = LoadSegmentList(*entry, *parent->packs);
  if (!segments && IsUnreadable(segments.error())) {
    session.Warn("item '" + info.name +
                 "' is stored in full, as the map in the backup before cannot " +
                 "be read: " + segments.error().message());
    return std::optional<ParentItem>();
  }
  if (!segments) return std::move(segments).error();
  ParentItem item;
  item.name_ = info.name;
  item.segments_ = *std::move(segments);
  return std::optional<ParentItem>(std::move(item));
}

Result<std::optional<ParentSegment>> ParentItem::At(WriteSession& session,
                                                    std::uint64_t index) const {
  if (index >= segments_.size()) return std::optional<ParentSegment>();
  const SegmentRef& ref = segments_[index];
  auto segment = [&]() -> Result<Segment> {
    DBSTOW_ASSIGN(const Bytes bytes, session.parent()->packs->Read(ref.frame, FrameKind::kSegment));
    return Segment::Decode(bytes);
  }();
  if (segment) return std::optional(ParentSegment{ref, *std::move(segment)});
  if (!IsUnreadable(segment.error())) return std::move(segment).error();
  session.Warn("a part of item '" + name_ +
               "' is stored again, as its map in the backup before cannot " +
               "be read: " + segment.error().message());
  return std::optional<ParentSegment>();
}

SegmentAssembler::SegmentAssembler(std::uint32_t capacity, std::optional<ParentSegment> parent)
    : parent_(std::move(parent)), present_(capacity) {
  segment_.hashes.resize(capacity);
  segment_.places.resize(capacity);
  if (parent_) parent_frames_.assign(parent_->segment.frames.size(), kUnmapped);
}

void SegmentAssembler::Set(std::uint32_t unit, const io::PageHash& hash, UnitPlace place) {
  segment_.hashes[unit] = hash;
  segment_.places[unit] = place;
  present_[unit] = true;
  ++count_;
}

std::uint32_t SegmentAssembler::FrameOfParent(std::uint32_t frame) {
  if (frame == UnitPlace::kZero) return frame;
  std::uint32_t& mapped = parent_frames_[frame];
  if (mapped == kUnmapped) {
    mapped = AddFrame();
    SetFrame(mapped, parent_->segment.frames[frame]);
  }
  return mapped;
}

bool SegmentAssembler::Reuse(std::uint32_t unit, const io::PageHash& hash) {
  if (!parent_ || unit >= parent_->segment.size() || parent_->segment.hashes[unit] != hash) {
    return false;
  }
  const UnitPlace place = parent_->segment.places[unit];
  // All-zero pages have no place; another page whose hash is that of one is not to be believed.
  if (place.frame == UnitPlace::kZero) return false;
  Set(unit, hash, {FrameOfParent(place.frame), place.index});
  return true;
}

void SegmentAssembler::PlaceZero(std::uint32_t unit) {
  const bool same = parent_ && unit < parent_->segment.size() &&
                    parent_->segment.places[unit].frame == UnitPlace::kZero;
  changed_ = changed_ || !same;
  Set(unit, io::PageHash{}, UnitPlace{});
}

void SegmentAssembler::Place(std::uint32_t unit, const io::PageHash& hash, UnitPlace place) {
  changed_ = true;
  Set(unit, hash, place);
}

std::uint32_t SegmentAssembler::AddFrame() {
  segment_.frames.emplace_back();
  return static_cast<std::uint32_t>(segment_.frames.size() - 1);
}

void SegmentAssembler::SetFrame(std::uint32_t frame, const FrameRef& ref) {
  segment_.frames[frame] = ref;
}

Result<SegmentAssembler::Finished> SegmentAssembler::Finish(std::uint32_t units, PackWriter& packs,
                                                            FrameEncoder& encoder) {
  if (!changed_ && parent_ && parent_->segment.size() == units) {
    return Finished{parent_->ref, 0};
  }
  segment_.hashes.resize(units);
  segment_.places.resize(units);
  const Bytes encoded = segment_.Encode();
  DBSTOW_ASSIGN(const FrameRef frame,
                packs.Append(encoder, {FrameKind::kSegment, encoded, kSegmentLevel}));
  return Finished{{frame, segment_.Packs()}, frame.stored_size};
}

std::set<PackId> PacksOf(const std::vector<SegmentRef>& segments,
                         const std::vector<FrameRef>& roots) {
  std::set<PackId> packs;
  for (const FrameRef& each : roots) packs.insert(each.pack);
  for (const SegmentRef& each : segments) {
    packs.insert(each.frame.pack);
    packs.insert(each.packs.begin(), each.packs.end());
  }
  return packs;
}

}  // namespace dbstow::repository
