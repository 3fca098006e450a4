#include "doubles/sqlserver/media/mtf.h"

#include <xxhash.h>

#include <nlohmann/json.hpp>

#include "doubles/sqlserver/media/backup_set_fields.h"
#include "doubles/sqlserver/tds/bytes.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kCommonHeader = 52;
constexpr std::size_t kStreamHeader = 22;
constexpr std::size_t kTapeFields = 42;
constexpr std::size_t kSetFields = 54;
constexpr std::uint16_t kMicrosoft = 4608;
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kFormatAt = kCommonHeader + kTapeFields - 1;
constexpr std::uint8_t kWindows = 14;
constexpr std::uint8_t kUtf16Strings = 2;

constexpr std::string_view kTape = "TAPE";
constexpr std::string_view kSetStart = "SSET";
constexpr std::string_view kSetEnd = "ESET";
constexpr std::string_view kSetStream = "MSCI";
constexpr std::string_view kDataStream = "MQDA";
constexpr std::string_view kPadStream = "SPAD";

std::uint16_t XorOfWords(std::string_view bytes) {
  std::uint16_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto low = static_cast<unsigned char>(bytes[i]);
    const auto high = static_cast<unsigned char>(bytes[i + 1]);
    sum = static_cast<std::uint16_t>(sum ^ (low | high << 8));
  }
  return sum;
}

std::size_t RoundUp(std::size_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

// MTF_DATE_TIME packs year (14 bits), month, day, hour, minute, second into five bytes.
void WriteDate(TdsWriter& out, Milliseconds time) {
  const std::string text = FormatDateTime(time);
  const auto number = [&](std::size_t at, std::size_t size) {
    return static_cast<std::uint64_t>(std::stoi(text.substr(at, size)));
  };
  const std::uint64_t packed = number(0, 4) << 26 | number(5, 2) << 22 | number(8, 2) << 17 |
                               number(11, 2) << 12 | number(14, 2) << 6 | number(17, 2);
  out.Big(packed, 5);
}

// A descriptor block: common header, `fields` (already encoded, with room for two strings whose
// places are given), the strings, and `extra` as its OS-specific data.
std::string DescriptorBlock(std::string_view type, std::uint64_t logical_address,
                            std::string_view fields, std::string_view extra) {
  const std::size_t extra_at = kCommonHeader + fields.size();
  const std::size_t size = RoundUp(extra_at + extra.size());
  TdsWriter out;
  out.Raw(type);
  out.ULong(0);
  out.UShort(size);  // the first stream follows the block
  out.Byte(kWindows);
  out.Byte(0);
  out.Little(0, 8);
  out.Little(logical_address, 8);
  out.Little(0, 8);
  out.ULong(0);
  out.ULong(0);
  out.UShort(extra.size());
  out.UShort(extra.empty() ? 0 : extra_at);
  out.Byte(kUtf16Strings);
  out.Byte(0);
  const std::string header = out.Take();
  TdsWriter block;
  block.Raw(header);
  block.UShort(XorOfWords(header));
  block.Raw(fields);
  block.Raw(extra);
  block.Raw(std::string(size - block.size(), '\0'));
  return block.Take();
}

std::string Stream(std::string_view id, std::string_view data) {
  TdsWriter out;
  out.Raw(id);
  out.UShort(0);
  out.UShort(0);
  out.Little(data.size(), 8);
  out.UShort(0);
  out.UShort(0);
  const std::string header = out.Take();
  TdsWriter stream;
  stream.Raw(header);
  stream.UShort(XorOfWords(header));
  stream.Raw(data);
  return stream.Take();
}

std::string PieceData(const Pieces& pieces) {
  TdsWriter out;
  for (const std::string& piece : pieces) {
    out.ULong(piece.size());
    out.ULong(XXH32(piece.data(), piece.size(), 0));
    out.Raw(piece);
  }
  out.ULong(0);
  return out.Take();
}

struct Block {
  std::string_view type;
  std::size_t size = 0;
  std::string_view extra;
};

std::optional<Block> ReadBlock(std::string_view file, std::size_t at) {
  if (at > file.size() || file.size() - at < kBlock) return std::nullopt;
  const std::string_view bytes = file.substr(at);
  TdsReader in(bytes);
  Block block;
  block.type = in.Take(4);
  in.ULong();
  block.size = in.UShort();
  in.Take(kCommonHeader - 10 - 8);
  const std::size_t extra_size = in.UShort();
  const std::size_t extra_at = in.UShort();
  in.UShort();
  const std::uint16_t sum = in.UShort();
  const bool fits =
      block.size >= kBlock && block.size <= bytes.size() && extra_at + extra_size <= block.size;
  if (!fits || sum != XorOfWords(bytes.substr(0, kCommonHeader - 2))) return std::nullopt;
  block.extra = bytes.substr(extra_at, extra_size);
  return block;
}

struct StreamView {
  std::string_view id;
  std::string_view data;
};

std::optional<StreamView> ReadStream(std::string_view file, std::size_t at) {
  if (at > file.size() || file.size() - at < kStreamHeader) return std::nullopt;
  TdsReader in(file.substr(at));
  StreamView stream;
  stream.id = in.Take(4);
  in.ULong();
  const std::uint64_t size = in.Little(8);
  in.ULong();
  const std::uint16_t sum = in.UShort();
  if (sum != XorOfWords(file.substr(at, kStreamHeader - 2))) return std::nullopt;
  if (size > in.rest().size()) return std::nullopt;
  stream.data = in.Take(size);
  return stream;
}

template <class T>
bool FromJsonText(std::string_view text, T& value) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return false;
  try {
    JsonReader::Decode(json, value);
  } catch (const nlohmann::json::exception&) {
    return false;
  }
  return true;
}

void ReadPieces(std::string_view data, MediaEntry& entry) {
  TdsReader in(data);
  while (true) {
    const std::uint32_t size = in.ULong();
    if (!in.ok()) break;
    if (size == 0) return;
    const std::uint32_t sum = in.ULong();
    const std::string_view piece = in.Take(size);
    if (!in.ok()) break;
    if (XXH32(piece.data(), piece.size(), 0) != sum) entry.fault = MediaFault::kDamaged;
    entry.pieces.emplace_back(piece);
  }
  entry.fault = MediaFault::kDamaged;
}

// Reads the set that begins at `at` and moves `at` behind it. Nothing when what stands there is not
// a set.
std::optional<MediaEntry> ReadSet(std::string_view file, std::size_t& at) {
  const std::optional<Block> start = ReadBlock(file, at);
  if (!start || start->type != kSetStart) return std::nullopt;
  at += start->size;
  MediaEntry entry;
  const std::optional<StreamView> described = ReadStream(file, at);
  if (!described || described->id != kSetStream || !FromJsonText(described->data, entry.set) ||
      entry.set.forks.empty()) {
    return std::nullopt;
  }
  at += kStreamHeader + described->data.size();
  entry.fault = MediaFault::kIncomplete;
  const std::optional<StreamView> data = ReadStream(file, at);
  if (!data || data->id != kDataStream) return entry;
  at += kStreamHeader + data->data.size();
  const std::optional<StreamView> pad = ReadStream(file, at);
  if (!pad || pad->id != kPadStream) return entry;
  at += kStreamHeader + pad->data.size();
  const std::optional<Block> end = ReadBlock(file, at);
  if (!end || end->type != kSetEnd) return entry;
  at += end->size;
  entry.fault = MediaFault::kNone;
  ReadPieces(data->data, entry);
  return entry;
}

}  // namespace

std::string EncodeTape(const MediaHeader& header) {
  TdsWriter fields;
  fields.ULong(XXH32(header.family_guid.data(), header.family_guid.size(), 0));
  fields.ULong(0);
  fields.UShort(1);  // a family has one volume
  fields.UShort(0);
  fields.UShort(kBlock / 512);
  fields.UShort(0);
  fields.Little(0, 8);  // media name, description
  fields.Little(0, 8);  // password, software name
  fields.UShort(kBlock);
  fields.UShort(kMicrosoft);
  WriteDate(fields, header.date);
  fields.Byte(kFormat);
  std::string text = fields.Take();
  text.resize(kTapeFields, '\0');
  return DescriptorBlock(kTape, 0, text, JsonWriter::Encode(header).dump());
}

std::string EncodeSet(const BackupSet& set, const std::optional<Pieces>& pieces) {
  TdsWriter fields;
  fields.ULong(set.copy_only ? 2 : set.type == BackupType::kDifferential ? 8 : 4);
  fields.Little(0, 4);
  fields.UShort(kMicrosoft);
  fields.UShort(static_cast<std::uint64_t>(set.position));
  fields.Little(0, 16);
  fields.Little(0, 8);
  WriteDate(fields, set.start);
  fields.Byte(static_cast<std::uint64_t>(set.version_major));
  fields.Byte(0);
  std::string text = fields.Take();
  text.resize(kSetFields, '\0');
  std::string out = DescriptorBlock(kSetStart, 0, text, "");
  out += Stream(kSetStream, JsonWriter::Encode(set).dump());
  if (!pieces) {
    out.resize(RoundUp(out.size()), '\0');
    return out;
  }
  out += Stream(kDataStream, PieceData(*pieces));
  const std::size_t with_pad = out.size() + kStreamHeader;
  out += Stream(kPadStream, std::string(RoundUp(with_pad) - with_pad, '\0'));
  out += DescriptorBlock(kSetEnd, 0, std::string(12, '\0'), "");
  return out;
}

Media DecodeMedia(std::string_view file) {
  Media media;
  media.fault = MediaFault::kNotMtf;
  const std::optional<Block> tape = ReadBlock(file, 0);
  if (!tape || tape->type != kTape || !FromJsonText(tape->extra, media.header)) return media;
  media.format = static_cast<unsigned char>(file[kFormatAt]);
  if (media.format != kFormat) {
    media.fault = MediaFault::kOtherVersion;
    return media;
  }
  media.fault = MediaFault::kNone;
  std::size_t at = tape->size;
  while (at < file.size()) {
    std::optional<MediaEntry> entry = ReadSet(file, at);
    if (!entry) {
      media.fault = MediaFault::kDamaged;
      break;
    }
    const bool ends = entry->fault == MediaFault::kIncomplete;
    media.entries.push_back(std::move(*entry));
    if (ends) break;
  }
  return media;
}

}  // namespace dbstow::doubles::sqlserver
