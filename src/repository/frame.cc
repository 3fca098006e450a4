#include "repository/frame.h"

#include <algorithm>
#include <cstring>

#include "repository/byte_codec.h"

namespace dbstow::repository {
namespace {

constexpr std::uint32_t kMagic = 0x52464244;  // "DBFR"
constexpr std::uint8_t kVersion = 1;

Error Damaged(std::string_view how) {
  return Error(ErrorCode::kCorrupt, "the frame " + std::string(how));
}

}  // namespace

void FrameHeader::Write(MutableByteView out) const {
  ByteWriter header;
  header.U32(kMagic);
  header.U8(kVersion);
  header.U8(static_cast<std::uint8_t>(kind));
  header.U8(static_cast<std::uint8_t>(codec));
  header.U8(0);
  header.U32(id);
  header.U32(plain_size);
  header.U32(sealed_size);
  std::ranges::copy(header.bytes(), out.begin());
}

Result<FrameHeader> FrameHeader::Read(ByteView bytes) {
  ByteReader in(bytes);
  const bool known = in.U32() == kMagic && in.U8() == kVersion;
  const std::uint8_t kind = in.U8();
  const std::uint8_t codec = in.U8();
  const std::uint8_t reserved = in.U8();
  FrameHeader header;
  header.kind = static_cast<FrameKind>(kind);
  header.codec = static_cast<Codec>(codec);
  header.id = in.U32();
  header.plain_size = in.U32();
  header.sealed_size = in.U32();
  if (!in.ok() || !known || kind < 1 || kind > 4 || codec > 1 || reserved != 0 ||
      header.plain_size > kLargestFrame) {
    return Damaged("has no valid header");
  }
  return header;
}

Result<void> FrameDecoder::Decode(const io::Key256& pack_key, const FrameRef& ref, FrameKind kind,
                                  ByteView stored, Bytes& plain) {
  if (stored.size() < FrameHeader::kSize + io::Aead::kTagBytes) return Damaged("is cut short");
  DBSTOW_ASSIGN(const FrameHeader header, FrameHeader::Read(stored.first(FrameHeader::kSize)));
  const ByteView sealed = stored.subspan(FrameHeader::kSize);
  if (header.id != ref.id || header.kind != kind || header.plain_size != ref.plain_size ||
      header.sealed_size != sealed.size()) {
    return Damaged("is another one than the manifest names");
  }
  if (pack_ != ref.pack) {
    aead_.SetKey(pack_key);
    pack_ = ref.pack;
  }
  const bool raw = header.codec == FrameHeader::Codec::kRaw;
  plain.resize(header.plain_size);
  compressed_.resize(sealed.size() - io::Aead::kTagBytes);
  if (raw && compressed_.size() != plain.size()) return Damaged("has contradicting lengths");
  DBSTOW_TRY(aead_.Open(header.id, stored.first(FrameHeader::kSize), sealed,
                        raw ? MutableByteView(plain) : MutableByteView(compressed_)));
  if (raw) return {};
  return decompressor_.Decompress(compressed_, plain);
}

Result<void> FrameEncoder::Compress(ByteView plain, std::optional<int> level) {
  plain_ = plain;
  payload_ = plain;
  codec_ = FrameHeader::Codec::kRaw;
  if (!level || plain.empty()) return {};
  const std::size_t bound = io::Compressor::Bound(plain.size());
  if (compressed_.size() < bound) compressed_.resize(bound);
  DBSTOW_ASSIGN(const std::size_t size, compressor_.Compress(plain, *level, compressed_));
  if (static_cast<double>(size) > kWorthCompressing * static_cast<double>(plain.size())) return {};
  payload_ = ByteView(compressed_).first(size);
  codec_ = FrameHeader::Codec::kZstd;
  return {};
}

Result<void> FrameEncoder::Seal(const io::Key256& pack_key, const FrameRef& ref, FrameKind kind,
                                WriteCheck check, MutableByteView out) {
  FrameHeader header;
  header.kind = kind;
  header.codec = codec_;
  header.id = ref.id;
  header.plain_size = static_cast<std::uint32_t>(plain_.size());
  header.sealed_size = static_cast<std::uint32_t>(payload_.size() + io::Aead::kTagBytes);
  header.Write(out);
  if (pack_ != ref.pack) {
    aead_.SetKey(pack_key);
    pack_ = ref.pack;
  }
  aead_.Seal(ref.id, out.first(FrameHeader::kSize), payload_, out.subspan(FrameHeader::kSize));
  return check == WriteCheck::kNone ? Result<void>() : CheckBack(pack_key, ref, kind, out);
}

Result<void> FrameEncoder::CheckBack(const io::Key256& pack_key, const FrameRef& ref,
                                     FrameKind kind, ByteView stored) {
  auto decoded = decoder_.Decode(pack_key, ref, kind, stored, decoded_);
  if (decoded && decoded_.size() == plain_.size() &&
      std::memcmp(decoded_.data(), plain_.data(), plain_.size()) == 0) {
    return {};
  }
  Error error(ErrorCode::kInternal,
              "a frame did not decode to what went into it; it was not stored");
  error.WithHint("this machine's memory or processor may be faulty: check it before anything else");
  if (!decoded) error.WithCause(std::move(decoded).error());
  return error;
}

}  // namespace dbstow::repository
