#include "engines/sqlite/wal_format.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dbstow::sqlite {
namespace {

constexpr std::uint32_t kVersion = 3007000;
constexpr std::uint32_t kMagicLittle = 0x377f0682;  // the last bit tells the checksum's byte order
constexpr std::size_t kLogHeaderSize = 32;
constexpr std::size_t kFrameHeaderSize = 24;
constexpr std::size_t kIndexHeaderSize = 48;
constexpr std::size_t kBackfillOffset = 96;
constexpr bool kNativeBigEndian = std::endian::native == std::endian::big;

std::uint32_t ReadNative(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::uint32_t ReadBig(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  }
  return value;
}

Error Damaged(const std::string& what) {
  return Error(ErrorCode::kSourceDamaged, "the write-ahead log is damaged: " + what)
      .WithHint("run `PRAGMA integrity_check` on the database");
}

struct LogHeader {
  bool big_endian = false;
  std::array<std::uint32_t, 2> checksum{};
};

Result<LogHeader> ReadLogHeader(io::File& log, const WalState& state) {
  Bytes header(kLogHeaderSize);
  DBSTOW_ASSIGN(const std::size_t got, log.ReadAt(0, header));
  if (got != header.size()) return Damaged("its header is cut off");
  const std::uint32_t magic = ReadBig(header, 0);
  if ((magic & ~1u) != kMagicLittle || ReadBig(header, 4) != kVersion) {
    return Damaged("its header is of an unknown version");
  }
  LogHeader result{(magic & 1) != 0, {}};
  AddWalChecksum(ByteView(header).first(24), result.big_endian, result.checksum);
  const bool proven = result.checksum[0] == ReadBig(header, 24) &&
                      result.checksum[1] == ReadBig(header, 28) &&
                      ReadBig(header, 8) == state.page_size &&
                      std::memcmp(header.data() + 16, state.salt.data(), 8) == 0;
  if (!proven) return Damaged("its header is not the one its index speaks of");
  return result;
}

// The last place of each page wins.
void KeepNewest(std::vector<WalPages::Place>& places) {
  std::ranges::sort(places, [](const WalPages::Place& a, const WalPages::Place& b) {
    return a.page != b.page ? a.page < b.page : a.offset > b.offset;
  });
  const auto rest = std::ranges::unique(places, {}, &WalPages::Place::page);
  places.erase(rest.begin(), rest.end());
}

}  // namespace

std::optional<WalState> WalState::Decode(ByteView index) {
  if (index.size() < kIndexSize) return std::nullopt;
  if (std::memcmp(index.data(), index.data() + kIndexHeaderSize, kIndexHeaderSize) != 0) {
    return std::nullopt;
  }
  std::array<std::uint32_t, 2> sums{};
  AddWalChecksum(index.first(40), kNativeBigEndian, sums);
  const bool initialised = index[12] != std::byte{0};
  if (!initialised || ReadNative(index, 0) != kVersion || sums[0] != ReadNative(index, 40) ||
      sums[1] != ReadNative(index, 44)) {
    return std::nullopt;
  }
  WalState state;
  std::ranges::copy(index.first(kIndexHeaderSize), state.header.begin());
  std::uint16_t size = 0;
  std::memcpy(&size, index.data() + 14, sizeof size);
  state.page_size = (size & 0xfe00u) + ((size & 1u) << 16);
  state.last_frame = ReadNative(index, 16);
  state.page_count = ReadNative(index, 20);
  state.checksum = {ReadNative(index, 24), ReadNative(index, 28)};
  std::ranges::copy(index.subspan(32, 8), state.salt.begin());
  state.backfilled_frame = ReadNative(index, kBackfillOffset);
  return state;
}

void AddWalChecksum(ByteView bytes, bool big_endian, std::array<std::uint32_t, 2>& sums) {
  std::uint32_t first = sums[0];
  std::uint32_t second = sums[1];
  const bool native = big_endian == kNativeBigEndian;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint32_t left = ReadNative(bytes, at);
    std::uint32_t right = ReadNative(bytes, at + 4);
    if (!native) {
      left = __builtin_bswap32(left);
      right = __builtin_bswap32(right);
    }
    first += left + second;
    second += right + first;
  }
  sums = {first, second};
}

Result<WalPages> WalPages::Read(io::File& log, const WalState& state,
                                const OperationContext& context) {
  DBSTOW_ASSIGN(LogHeader header, ReadLogHeader(log, state));
  const std::size_t frame_size = kFrameHeaderSize + state.page_size;
  const std::size_t batch = std::max<std::size_t>(1, (std::size_t{1} << 20) / frame_size);
  Bytes buffer(batch * frame_size);
  WalPages pages;
  for (std::uint32_t frame = 0; frame < state.last_frame;) {
    DBSTOW_TRY(context.CheckAlive("reading the write-ahead log"));
    const std::size_t count = std::min<std::size_t>(batch, state.last_frame - frame);
    const std::uint64_t start = kLogHeaderSize + std::uint64_t{frame} * frame_size;
    const MutableByteView wanted = MutableByteView(buffer).first(count * frame_size);
    DBSTOW_ASSIGN(const std::size_t got, log.ReadAt(start, wanted));
    if (got != wanted.size()) return Damaged("it is cut off");
    for (std::size_t i = 0; i < count; ++i, ++frame) {
      const ByteView bytes = ByteView(wanted).subspan(i * frame_size, frame_size);
      if (std::memcmp(bytes.data() + 8, state.salt.data(), 8) != 0) {
        return Damaged("frame " + std::to_string(frame + 1) + " is of another generation");
      }
      AddWalChecksum(bytes.first(8), header.big_endian, header.checksum);
      AddWalChecksum(bytes.subspan(kFrameHeaderSize), header.big_endian, header.checksum);
      const std::uint32_t page = ReadBig(bytes, 0);
      if (page == 0) return Damaged("a frame is for page 0");
      if (page > state.page_count) continue;  // the database shrank later
      pages.places_.push_back({page - 1, start + i * frame_size + kFrameHeaderSize});
    }
  }
  if (header.checksum != state.checksum) return Damaged("its checksum is wrong");
  KeepNewest(pages.places_);
  return pages;
}

std::pair<const WalPages::Place*, const WalPages::Place*> WalPages::Find(
    std::uint64_t first, std::uint64_t count) const {
  const auto page = [](const Place& place) { return std::uint64_t{place.page}; };
  const auto from = std::ranges::lower_bound(places_, first, {}, page);
  const auto to = std::ranges::lower_bound(places_, first + count, {}, page);
  return {places_.data() + (from - places_.begin()), places_.data() + (to - places_.begin())};
}

}  // namespace dbstow::sqlite
