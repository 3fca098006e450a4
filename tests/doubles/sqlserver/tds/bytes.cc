#include "doubles/sqlserver/tds/bytes.h"

#include <utility>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {

std::string_view TdsReader::Take(std::size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint64_t TdsReader::Little(std::size_t size) {
  const std::string_view bytes = Take(size);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

std::uint64_t TdsReader::Big(std::size_t size) {
  std::uint64_t value = 0;
  for (const char c : Take(size)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string TdsReader::Text(std::size_t units) { return FromUtf16(Take(units * 2)); }

void TdsWriter::Little(std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
}

void TdsWriter::Big(std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i > 0; --i) bytes_ += static_cast<char>(value >> (8 * (i - 1)) & 0xFF);
}

void TdsWriter::ByteText(std::string_view utf8) {
  const std::string text = ToUtf16(Utf16Prefix(utf8, 255));
  Byte(text.size() / 2);
  Raw(text);
}

void TdsWriter::ShortText(std::string_view utf8) {
  const std::string text = ToUtf16(Utf16Prefix(utf8, 65535));
  UShort(text.size() / 2);
  Raw(text);
}

std::string TdsWriter::Take() { return std::exchange(bytes_, {}); }

}  // namespace dbstow::doubles::sqlserver
