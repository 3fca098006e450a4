#include "repository/manifest.h"

#include <algorithm>

#include "io/aead.h"
#include "io/compression.h"
#include "repository/record_codec.h"

namespace dbstow::repository {
namespace {

constexpr std::uint64_t kMagic = 0x314e414d57534244;  // "DBSWMAN1"
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kHeaderSize = 8 + 4 + kSaltSize + 4 * 8;
constexpr std::uint64_t kLargestPart = 1u << 30;
constexpr std::uint64_t kHeadNonce = 0;
constexpr std::uint64_t kBodyNonce = 1;
constexpr int kLevel = 3;
// Smaller parts are stored as they are: what they would save is less than a block of any disk.
constexpr std::size_t kLeastCompressed = 4096;
// Of an item: the length of its name, its kind, and nine numbers of a byte each.
constexpr std::size_t kSmallestItem = 11;

struct Header {
  std::uint32_t epoch = 0;
  Bytes salt;
  std::uint64_t head_plain = 0;
  std::uint64_t head_sealed = 0;
  std::uint64_t body_plain = 0;
  std::uint64_t body_sealed = 0;

  [[nodiscard]] Bytes Encode() const {
    ByteWriter out;
    out.U64(kMagic);
    out.U32(epoch);
    out.Raw(salt);
    for (const std::uint64_t each : {head_plain, head_sealed, body_plain, body_sealed}) {
      out.U64(each);
    }
    return out.Take();
  }

  static Result<Header> Read(ByteView bytes) {
    ByteReader in(bytes.first(std::min(bytes.size(), kHeaderSize)));
    Header header;
    if (in.U64() != kMagic) {
      return Error(ErrorCode::kCorrupt, "it does not begin like a manifest");
    }
    header.epoch = in.U32();
    const ByteView salt = in.Raw(kSaltSize);
    header.salt.assign(salt.begin(), salt.end());
    for (std::uint64_t* each :
         {&header.head_plain, &header.head_sealed, &header.body_plain, &header.body_sealed}) {
      *each = in.U64();
      if (*each > kLargestPart) in.Fail();
    }
    DBSTOW_TRY(in.Finish("the header of the manifest"));
    return header;
  }
};

// What is sealed: compressed if that makes it smaller. Equal lengths say that it is not.
Result<Bytes> Payload(Bytes plain) {
  if (plain.size() < kLeastCompressed) return plain;
  io::Compressor compressor;
  Bytes out(io::Compressor::Bound(plain.size()));
  DBSTOW_ASSIGN(const std::size_t size, compressor.Compress(plain, kLevel, out));
  if (size >= plain.size()) return plain;
  out.resize(size);
  return out;
}

Bytes Associated(const Header& header, std::string_view name) {
  Bytes bytes = header.Encode();
  const ByteView text = AsBytes(name);
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

// One of the two parts, decrypted and decompressed.
struct Part {
  std::uint64_t nonce = 0;
  ByteView sealed;
  std::uint64_t plain_size = 0;
};

Result<Bytes> OpenPart(const Part& part, const Header& header, std::string_view name,
                       const Keyring& keyring) {
  DBSTOW_ASSIGN(const EpochKey epoch, keyring.Find(header.epoch));
  if (part.sealed.size() < io::Aead::kTagBytes) {
    return Error(ErrorCode::kCorrupt, "the manifest is cut short");
  }
  io::Aead aead(epoch.ForManifest(header.salt));
  Bytes compressed(part.sealed.size() - io::Aead::kTagBytes);
  DBSTOW_TRY(aead.Open(part.nonce, Associated(header, name), part.sealed, compressed));
  if (compressed.size() == part.plain_size) return compressed;
  Bytes plain(part.plain_size);
  io::Decompressor decompressor;
  DBSTOW_TRY(decompressor.Decompress(compressed, plain));
  return plain;
}

Bytes EncodeBody(const Manifest& manifest) {
  ByteWriter items;
  PackTable table;
  for (const PackEntry& each : manifest.packs) table.NumberOf(each.id);
  items.Number(manifest.items.size());
  for (const ItemEntry& each : manifest.items) each.Write(items, table);
  ByteWriter out;
  table.Write(out);
  out.Number(manifest.packs.size());
  for (const PackEntry& each : manifest.packs) {
    out.Raw(each.id.bytes);
    out.Raw(each.session.bytes);
    out.U32(each.epoch);
    out.U64(each.size);
    out.Raw(each.digest);
  }
  out.Raw(items.bytes());
  return out.Take();
}

Result<void> DecodeBody(ByteView bytes, Manifest& manifest) {
  ByteReader in(bytes);
  const PackTable table = PackTable::Read(in);
  manifest.packs.resize(in.Count(76));
  for (PackEntry& each : manifest.packs) {
    std::ranges::copy(in.Raw(16), each.id.bytes.begin());
    std::ranges::copy(in.Raw(16), each.session.bytes.begin());
    each.epoch = in.U32();
    each.size = in.U64();
    std::ranges::copy(in.Raw(32), each.digest.begin());
  }
  const std::size_t items = in.Count(kSmallestItem);
  for (std::size_t i = 0; i < items && in.ok(); ++i) {
    manifest.items.push_back(ItemEntry::Read(in, table));
  }
  return in.Finish("the body of the manifest");
}

}  // namespace

Result<Bytes> SealManifest(const Manifest& manifest, std::string_view name, const EpochKey& key,
                           Random& random) {
  Bytes head = EncodeHead(manifest.head);
  Bytes body = EncodeBody(manifest);
  Header header;
  header.epoch = key.epoch;
  header.salt.resize(kSaltSize);
  random.Fill(header.salt);
  header.head_plain = head.size();
  header.body_plain = body.size();
  DBSTOW_ASSIGN(head, Payload(std::move(head)));
  DBSTOW_ASSIGN(body, Payload(std::move(body)));
  header.head_sealed = head.size() + io::Aead::kTagBytes;
  header.body_sealed = body.size() + io::Aead::kTagBytes;

  Bytes out = header.Encode();
  out.resize(kHeaderSize + header.head_sealed + header.body_sealed);
  io::Aead aead(key.ForManifest(header.salt));
  const Bytes associated = Associated(header, name);
  const MutableByteView parts = MutableByteView(out).subspan(kHeaderSize);
  aead.Seal(kHeadNonce, associated, head, parts.first(header.head_sealed));
  aead.Seal(kBodyNonce, associated, body, parts.subspan(header.head_sealed));
  return out;
}

Result<std::size_t> ManifestHeadEnd(ByteView start) {
  DBSTOW_ASSIGN(const Header header, Header::Read(start));
  return kHeaderSize + static_cast<std::size_t>(header.head_sealed);
}

Result<ManifestHead> OpenManifestHead(ByteView start, std::string_view name,
                                      const Keyring& keyring) {
  DBSTOW_ASSIGN(const Header header, Header::Read(start));
  if (start.size() < kHeaderSize + header.head_sealed) {
    return Error(ErrorCode::kCorrupt, "the manifest is cut short");
  }
  const Part part{kHeadNonce, start.subspan(kHeaderSize, header.head_sealed), header.head_plain};
  DBSTOW_ASSIGN(const Bytes plain, OpenPart(part, header, name, keyring));
  DBSTOW_ASSIGN(ManifestHead head, DecodeHead(plain));
  head.epoch = header.epoch;
  const std::size_t dot = name.find('.');
  head.record.id = std::string(name.substr(0, dot));
  return head;
}

Result<Manifest> OpenManifest(ByteView bytes, std::string_view name, const Keyring& keyring) {
  Manifest manifest;
  DBSTOW_ASSIGN(manifest.head, OpenManifestHead(bytes, name, keyring));
  DBSTOW_ASSIGN(const Header header, Header::Read(bytes));
  if (bytes.size() != kHeaderSize + header.head_sealed + header.body_sealed) {
    return Error(ErrorCode::kCorrupt, "the manifest has the wrong length");
  }
  const Part part{kBodyNonce, bytes.subspan(kHeaderSize + header.head_sealed), header.body_plain};
  DBSTOW_ASSIGN(const Bytes plain, OpenPart(part, header, name, keyring));
  DBSTOW_TRY(DecodeBody(plain, manifest));
  return manifest;
}

}  // namespace dbstow::repository
