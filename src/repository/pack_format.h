#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "repository/frame.h"
#include "repository/pack_entry.h"

namespace dbstow::repository {

/// A pack: this header, frames one after another, a frame of kind kContents that lists them, and a
/// footer that says where it is. The header names the key; the rest is found from either end.
struct PackHeader {
  static constexpr std::size_t kSize = 44;
  std::uint32_t epoch = 0;
  SessionId session;
  PackId id;

  void Write(MutableByteView out) const;
  /// Errors: Corrupt.
  [[nodiscard]] static Result<PackHeader> Read(ByteView bytes);
};

struct PackFooter {
  static constexpr std::size_t kSize = 24;
  std::uint32_t contents_id = 0;  ///< also the number of other frames
  std::uint32_t contents_offset = 0;
  std::uint32_t contents_stored_size = 0;
  std::uint32_t contents_plain_size = 0;

  void Write(MutableByteView out) const;
  [[nodiscard]] static Result<PackFooter> Read(ByteView bytes);
};

struct ContentsEntry {
  FrameKind kind = FrameKind::kData;
  std::uint32_t offset = 0;
  std::uint32_t stored_size = 0;
  std::uint32_t plain_size = 0;
};

/// Frame ids count from 0 in the order of the entries.
[[nodiscard]] Bytes EncodeContents(const std::vector<ContentsEntry>& entries);
[[nodiscard]] Result<std::vector<ContentsEntry>> DecodeContents(ByteView bytes);

}  // namespace dbstow::repository
