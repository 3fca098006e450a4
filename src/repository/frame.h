#pragma once

#include <cstdint>
#include <optional>

#include "dbstow/core/bytes.h"
#include "dbstow/core/result.h"
#include "io/aead.h"
#include "io/compression.h"
#include "repository/ids.h"
#include "repository/tuning.h"

namespace dbstow::repository {

/// What a frame holds; part of what is authenticated, so that one cannot stand in for another.
enum class FrameKind : std::uint8_t { kData = 1, kSegment = 2, kRoot = 3, kContents = 4 };

/// Where a frame is and what it must be.
struct FrameRef {
  PackId pack;
  std::uint32_t id = 0;           ///< counts within the pack; the nonce
  std::uint32_t offset = 0;       ///< in the pack object
  std::uint32_t stored_size = 0;  ///< header, ciphertext and tag
  std::uint32_t plain_size = 0;
  friend bool operator==(const FrameRef&, const FrameRef&) = default;
};

/// `magic | version | kind | codec | 0 | id | plain size | sealed size`, little-endian; it is the
/// associated data of what follows.
struct FrameHeader {
  static constexpr std::size_t kSize = 20;
  enum class Codec : std::uint8_t { kRaw = 0, kZstd = 1 };

  FrameKind kind = FrameKind::kData;
  Codec codec = Codec::kRaw;
  std::uint32_t id = 0;
  std::uint32_t plain_size = 0;
  std::uint32_t sealed_size = 0;

  void Write(MutableByteView out) const;
  /// Errors: Corrupt.
  [[nodiscard]] static Result<FrameHeader> Read(ByteView bytes);
};

/// The largest plain content of a frame.
inline constexpr std::size_t kLargestFrame = 16u << 20;

/// Opens frames. Not thread-safe; one per thread.
class FrameDecoder {
 public:
  FrameDecoder() : aead_(io::Key256{}) {}
  /// `stored` is the whole frame. Errors: Corrupt when it is not what `ref` and `kind` say.
  [[nodiscard]] Result<void> Decode(const io::Key256& pack_key, const FrameRef& ref, FrameKind kind,
                                    ByteView stored, Bytes& plain);

 private:
  std::optional<PackId> pack_;
  io::Aead aead_;
  io::Decompressor decompressor_;
  Bytes compressed_;
};

/// Compresses and seals frames. Not thread-safe; one per thread. Two steps, because the place in
/// the pack (and with it the nonce) is known only once the compressed size is.
class FrameEncoder {
 public:
  FrameEncoder() : aead_(io::Key256{}) {}

  /// Compressing this badly is not worth the decompression.
  static constexpr double kWorthCompressing = 0.97;
  /// No level: stored as it is. `plain` must stay until `Seal`.
  [[nodiscard]] Result<void> Compress(ByteView plain, std::optional<int> level);
  /// Of the whole frame, after `Compress`.
  [[nodiscard]] std::size_t stored_size() const {
    return FrameHeader::kSize + payload_.size() + io::Aead::kTagBytes;
  }
  /// Writes the frame to `out`, of `stored_size()` bytes; with a check, decodes it back and
  /// compares. Errors: Internal when the check fails.
  [[nodiscard]] Result<void> Seal(const io::Key256& pack_key, const FrameRef& ref, FrameKind kind,
                                  WriteCheck check, MutableByteView out);

 private:
  [[nodiscard]] Result<void> CheckBack(const io::Key256& pack_key, const FrameRef& ref,
                                       FrameKind kind, ByteView stored);
  std::optional<PackId> pack_;
  io::Aead aead_;
  io::Compressor compressor_;
  FrameDecoder decoder_;
  Bytes compressed_;
  Bytes decoded_;
  ByteView plain_;
  ByteView payload_;
  FrameHeader::Codec codec_ = FrameHeader::Codec::kRaw;
};

}  // namespace dbstow::repository
