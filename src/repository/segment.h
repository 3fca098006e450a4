#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "io/hash.h"
#include "repository/frame.h"

namespace dbstow::repository {

/// Units (pages, or chunks of a stream) that one map segment describes.
inline constexpr std::uint32_t kPagesPerSegment = 4096;
inline constexpr std::uint32_t kChunksPerSegment = 1024;
/// A chunk of a stream; the last of a stream may be shorter.
inline constexpr std::uint32_t kChunkSize = 1u << 20;
/// Changed pages are compressed together in blocks of this size.
inline constexpr std::uint32_t kSuperblockSize = 256u << 10;

/// Where one unit is: the `index`-th of its size in one of the segment's frames.
struct UnitPlace {
  static constexpr std::uint32_t kZero = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t frame = kZero;  ///< kZero: all bytes are zero, nothing is stored
  std::uint32_t index = 0;
  friend bool operator==(const UnitPlace&, const UnitPlace&) = default;
};

/// A piece of a page map: for each unit its keyed hash and where it is. Complete in itself.
struct Segment {
  std::vector<io::PageHash> hashes;
  std::vector<UnitPlace> places;  ///< as many
  std::vector<FrameRef> frames;

  [[nodiscard]] std::size_t size() const { return hashes.size(); }
  [[nodiscard]] Bytes Encode() const;
  /// Errors: Corrupt. Every place refers to a frame of the segment afterwards.
  [[nodiscard]] static Result<Segment> Decode(ByteView bytes);
  /// Packs that its frames are in, sorted, each once.
  [[nodiscard]] std::vector<PackId> Packs() const;
};

}  // namespace dbstow::repository
