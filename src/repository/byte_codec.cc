#include "repository/byte_codec.h"

#include <limits>

namespace dbstow::repository {

void ByteWriter::Fixed(std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) U8(static_cast<std::uint8_t>(value >> (8 * i)));
}

void ByteWriter::Number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) U8(static_cast<std::uint8_t>(value | 0x80));
  U8(static_cast<std::uint8_t>(value));
}

void ByteWriter::Text(std::string_view text) {
  Number(text.size());
  Raw(AsBytes(text));
}

std::uint64_t ByteReader::Fixed(std::size_t width) {
  const ByteView bytes = Raw(width);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[i - 1]);
  }
  return value;
}

std::uint64_t ByteReader::Number() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && ok_; shift += 7) {
    const std::uint8_t byte = U8();
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return ok_ ? value : 0;
  }
  Fail();
  return 0;
}

std::uint32_t ByteReader::Number32() {
  const std::uint64_t value = Number();
  if (value > std::numeric_limits<std::uint32_t>::max()) Fail();
  return ok_ ? static_cast<std::uint32_t>(value) : 0;
}

std::size_t ByteReader::Count(std::size_t least_size) {
  const std::uint64_t count = Number();
  if (count > rest_.size() / least_size) Fail();
  return ok_ ? static_cast<std::size_t>(count) : 0;
}

ByteView ByteReader::Raw(std::size_t size) {
  if (!ok_ || size > rest_.size()) {
    Fail();
    return {};
  }
  const ByteView taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

std::string ByteReader::Text() { return std::string(AsText(Raw(Count(1)))); }

Result<void> ByteReader::Finish(std::string_view what) const {
  if (ok_ && AtEnd()) return {};
  return Error(ErrorCode::kCorrupt, std::string(what) + " is malformed");
}

}  // namespace dbstow::repository
