#include "repository/pack_format.h"

#include <algorithm>

#include "repository/byte_codec.h"

namespace dbstow::repository {
namespace {

constexpr std::uint64_t kHeaderMagic = 0x314b434150534244;  // "DBSPACK1"
constexpr std::uint64_t kFooterMagic = 0x31444e4550534244;  // "DBSPEND1"

}  // namespace

void PackHeader::Write(MutableByteView out) const {
  ByteWriter header;
  header.U64(kHeaderMagic);
  header.U32(epoch);
  header.Raw(session.bytes);
  header.Raw(id.bytes);
  std::ranges::copy(header.bytes(), out.begin());
}

Result<PackHeader> PackHeader::Read(ByteView bytes) {
  ByteReader in(bytes);
  PackHeader header;
  if (in.U64() != kHeaderMagic) return Error(ErrorCode::kCorrupt, "it does not begin like a pack");
  header.epoch = in.U32();
  std::ranges::copy(in.Raw(16), header.session.bytes.begin());
  std::ranges::copy(in.Raw(16), header.id.bytes.begin());
  DBSTOW_TRY(in.Finish("the header of the pack"));
  return header;
}

void PackFooter::Write(MutableByteView out) const {
  ByteWriter footer;
  footer.U32(contents_id);
  footer.U32(contents_offset);
  footer.U32(contents_stored_size);
  footer.U32(contents_plain_size);
  footer.U64(kFooterMagic);
  std::ranges::copy(footer.bytes(), out.begin());
}

Result<PackFooter> PackFooter::Read(ByteView bytes) {
  ByteReader in(bytes);
  PackFooter footer;
  footer.contents_id = in.U32();
  footer.contents_offset = in.U32();
  footer.contents_stored_size = in.U32();
  footer.contents_plain_size = in.U32();
  if (in.U64() != kFooterMagic) return Error(ErrorCode::kCorrupt, "it does not end like a pack");
  DBSTOW_TRY(in.Finish("the footer of the pack"));
  return footer;
}

Bytes EncodeContents(const std::vector<ContentsEntry>& entries) {
  ByteWriter out;
  out.Number(entries.size());
  for (const ContentsEntry& each : entries) {
    out.U8(static_cast<std::uint8_t>(each.kind));
    out.Number(each.offset);
    out.Number(each.stored_size);
    out.Number(each.plain_size);
  }
  return out.Take();
}

Result<std::vector<ContentsEntry>> DecodeContents(ByteView bytes) {
  ByteReader in(bytes);
  std::vector<ContentsEntry> entries(in.Count(4));
  for (ContentsEntry& each : entries) {
    each.kind = static_cast<FrameKind>(in.U8());
    each.offset = in.Number32();
    each.stored_size = in.Number32();
    each.plain_size = in.Number32();
  }
  DBSTOW_TRY(in.Finish("the table of contents of the pack"));
  return entries;
}

}  // namespace dbstow::repository
