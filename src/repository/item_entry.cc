#include "repository/item_entry.h"

#include "repository/segment.h"

namespace dbstow::repository {
namespace {

constexpr std::size_t kMostSegmentsInPlace = 16;
constexpr std::size_t kSegmentsPerRoot = 1024;
constexpr int kRootLevel = 3;

void WriteSegments(ByteWriter& out, PackTable& packs, std::span<const SegmentRef> segments) {
  out.Number(segments.size());
  for (const SegmentRef& each : segments) {
    packs.WriteRef(out, each.frame);
    out.Number(each.packs.size());
    for (const PackId& pack : each.packs) out.Number(packs.NumberOf(pack));
  }
}

void ReadSegments(ByteReader& in, const PackTable& packs, std::vector<SegmentRef>& segments) {
  const std::size_t count = in.Count(6);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    SegmentRef segment;
    segment.frame = packs.ReadRef(in);
    segment.packs.resize(in.Count(1));
    for (PackId& pack : segment.packs) pack = packs.ReadPack(in);
    segments.push_back(std::move(segment));
  }
}

void WriteMap(ByteWriter& out, const StringMap& map) {
  out.Number(map.size());
  for (const auto& [key, value] : map) {
    out.Text(key);
    out.Text(value);
  }
}

StringMap ReadMap(ByteReader& in) {
  StringMap map;
  const std::size_t count = in.Count(2);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::string key = in.Text();
    map[std::move(key)] = in.Text();
  }
  return map;
}

}  // namespace

void ItemEntry::Write(ByteWriter& out, PackTable& packs) const {
  out.Text(info.name);
  out.U8(info.kind == ItemInfo::Kind::kPages ? 1 : 2);
  out.Number(info.page_size);
  out.Number(info.size);
  WriteMap(out, info.attributes);
  out.Number(summary.bytes_read);
  out.Number(summary.bytes_stored);
  out.Number(summary.bytes_reused);
  out.Number(units);
  WriteSegments(out, packs, segments);
  out.Number(roots.size());
  for (const FrameRef& each : roots) packs.WriteRef(out, each);
}

ItemEntry ItemEntry::Read(ByteReader& in, const PackTable& packs) {
  ItemEntry entry;
  entry.info.name = in.Text();
  const std::uint8_t kind = in.U8();
  if (kind != 1 && kind != 2) in.Fail();
  entry.info.kind = kind == 1 ? ItemInfo::Kind::kPages : ItemInfo::Kind::kStream;
  entry.info.page_size = in.Number32();
  entry.info.size = in.Number();
  entry.info.attributes = ReadMap(in);
  entry.summary.bytes_read = in.Number();
  entry.summary.bytes_stored = in.Number();
  entry.summary.bytes_reused = in.Number();
  entry.units = in.Number();
  ReadSegments(in, packs, entry.segments);
  entry.roots.resize(in.Count(5));
  for (FrameRef& each : entry.roots) each = packs.ReadRef(in);
  return entry;
}

Result<void> StoreSegmentList(std::vector<SegmentRef> segments, PackWriter& packs,
                              FrameEncoder& encoder, ItemEntry& entry) {
  if (segments.size() <= kMostSegmentsInPlace) {
    entry.segments = std::move(segments);
    return {};
  }
  const std::span<const SegmentRef> all(segments);
  for (std::size_t at = 0; at < all.size(); at += kSegmentsPerRoot) {
    PackTable table;
    ByteWriter list;
    WriteSegments(list, table, all.subspan(at, std::min(kSegmentsPerRoot, all.size() - at)));
    ByteWriter root;
    table.Write(root);
    root.Raw(list.bytes());
    DBSTOW_ASSIGN(const FrameRef ref,
                  packs.Append(encoder, {FrameKind::kRoot, root.bytes(), kRootLevel}));
    entry.roots.push_back(ref);
  }
  return {};
}

Result<std::vector<SegmentRef>> LoadSegmentList(const ItemEntry& entry, PackReader& packs) {
  std::vector<SegmentRef> segments = entry.segments;
  for (const FrameRef& root : entry.roots) {
    DBSTOW_ASSIGN(const Bytes bytes, packs.Read(root, FrameKind::kRoot));
    ByteReader in(bytes);
    const PackTable table = PackTable::Read(in);
    ReadSegments(in, table, segments);
    DBSTOW_TRY(in.Finish("the segment list of item '" + entry.info.name + "'"));
  }
  const std::uint64_t per_segment = UnitsPerSegment(entry.info.kind);
  if (segments.size() != (entry.units + per_segment - 1) / per_segment) {
    return Error(ErrorCode::kCorrupt,
                 "the segment list of item '" + entry.info.name + "' has the wrong length");
  }
  return segments;
}

std::uint32_t UnitsPerSegment(ItemInfo::Kind kind) {
  return kind == ItemInfo::Kind::kPages ? kPagesPerSegment : kChunksPerSegment;
}

std::uint32_t UnitSize(const ItemInfo& info) {
  return info.kind == ItemInfo::Kind::kPages ? info.page_size : kChunkSize;
}

}  // namespace dbstow::repository
