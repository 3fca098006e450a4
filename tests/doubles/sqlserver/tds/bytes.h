#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dbstow::doubles::sqlserver {

/// Reads little-endian fields from bytes of unknown honesty. Past the end everything is zero or
/// empty and `ok()` is false for good, so that a decoder checks once.
class TdsReader {
 public:
  explicit TdsReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t Byte() { return static_cast<std::uint8_t>(Little(1)); }
  std::uint16_t UShort() { return static_cast<std::uint16_t>(Little(2)); }
  std::uint32_t ULong() { return static_cast<std::uint32_t>(Little(4)); }
  std::uint64_t Little(std::size_t size);
  std::uint64_t Big(std::size_t size);
  std::string_view Take(std::size_t size);
  /// UTF-16 text of that many units, as UTF-8.
  std::string Text(std::size_t units);
  /// With its length in units before it, in one byte or two.
  std::string ByteText() { return Text(Byte()); }
  std::string ShortText() { return Text(UShort()); }

  [[nodiscard]] bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// Appends fields to a string.
class TdsWriter {
 public:
  void Byte(std::uint64_t value) { Little(value, 1); }
  void UShort(std::uint64_t value) { Little(value, 2); }
  void ULong(std::uint64_t value) { Little(value, 4); }
  void Little(std::uint64_t value, std::size_t size);
  void Big(std::uint64_t value, std::size_t size);
  void Raw(std::string_view bytes) { bytes_ += bytes; }
  /// UTF-16 with the count of units before it, cut to what the count can say.
  void ByteText(std::string_view utf8);
  void ShortText(std::string_view utf8);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  std::string Take();

 private:
  std::string bytes_;
};

}  // namespace dbstow::doubles::sqlserver
