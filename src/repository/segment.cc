#include "repository/segment.h"

#include <algorithm>

#include "repository/byte_codec.h"
#include "repository/pack_table.h"

namespace dbstow::repository {
namespace {

constexpr std::size_t kMostUnits = std::max(kPagesPerSegment, kChunksPerSegment);

// How many units from `first` on lie one after another in the same frame (or are zero).
std::size_t RunLength(const std::vector<UnitPlace>& places, std::size_t first) {
  const UnitPlace start = places[first];
  std::size_t length = 1;
  for (; first + length < places.size(); ++length) {
    const UnitPlace& next = places[first + length];
    const bool follows = next.frame == UnitPlace::kZero ||
                         next.index == start.index + static_cast<std::uint32_t>(length);
    if (next.frame != start.frame || !follows) break;
  }
  return length;
}

void WriteRuns(ByteWriter& out, const std::vector<UnitPlace>& places) {
  for (std::size_t at = 0; at < places.size();) {
    const std::size_t length = RunLength(places, at);
    out.Number(length);
    // 0 stands for zero pages, so frames count from 1 here.
    const bool zero = places[at].frame == UnitPlace::kZero;
    out.Number(zero ? 0 : std::uint64_t{places[at].frame} + 1);
    if (!zero) out.Number(places[at].index);
    at += length;
  }
}

void ReadRuns(ByteReader& in, std::size_t units, std::size_t frames,
              std::vector<UnitPlace>& places) {
  places.reserve(units);
  while (places.size() < units && in.ok()) {
    const std::uint64_t length = in.Number();
    const std::uint64_t frame = in.Number();
    if (length == 0 || length > units - places.size() || frame > frames) return in.Fail();
    const std::uint32_t index = frame == 0 ? 0 : in.Number32();
    for (std::uint32_t i = 0; i < length; ++i) {
      places.push_back(frame == 0 ? UnitPlace{}
                                  : UnitPlace{static_cast<std::uint32_t>(frame - 1), index + i});
    }
  }
}

}  // namespace

Bytes Segment::Encode() const {
  PackTable packs;
  ByteWriter refs;
  for (const FrameRef& each : frames) packs.WriteRef(refs, each);
  ByteWriter out;
  packs.Write(out);
  out.Number(frames.size());
  out.Raw(refs.bytes());
  out.Number(hashes.size());
  for (const io::PageHash& each : hashes) out.Raw(each);
  WriteRuns(out, places);
  return out.Take();
}

Result<Segment> Segment::Decode(ByteView bytes) {
  ByteReader in(bytes);
  Segment segment;
  const PackTable packs = PackTable::Read(in);
  segment.frames.resize(in.Count(5));
  for (FrameRef& each : segment.frames) each = packs.ReadRef(in);
  const std::size_t units = in.Count(sizeof(io::PageHash));
  if (units > kMostUnits) in.Fail();
  segment.hashes.resize(in.ok() ? units : 0);
  for (io::PageHash& each : segment.hashes) {
    std::ranges::copy(in.Raw(each.size()), each.begin());
  }
  ReadRuns(in, segment.hashes.size(), segment.frames.size(), segment.places);
  DBSTOW_TRY(in.Finish("a page map segment"));
  return segment;
}

std::vector<PackId> Segment::Packs() const {
  std::vector<PackId> packs;
  for (const FrameRef& each : frames) packs.push_back(each.pack);
  std::ranges::sort(packs);
  const auto rest = std::ranges::unique(packs);
  packs.erase(rest.begin(), rest.end());
  return packs;
}

}  // namespace dbstow::repository
