#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "dbstow/core/result.h"

namespace dbstow::repository {

/// Appends numbers and texts to bytes: fixed numbers little-endian, others as LEB128, texts and
/// byte strings with their length before them.
class ByteWriter {
 public:
  void U8(std::uint8_t value) { out_.push_back(static_cast<std::byte>(value)); }
  void U32(std::uint32_t value) { Fixed(value, 4); }
  void U64(std::uint64_t value) { Fixed(value, 8); }
  void Number(std::uint64_t value);
  void Raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void Text(std::string_view text);

  [[nodiscard]] const Bytes& bytes() const { return out_; }
  [[nodiscard]] Bytes Take() { return std::move(out_); }

 private:
  void Fixed(std::uint64_t value, int width);
  Bytes out_;
};

/// Reads what ByteWriter wrote, from bytes that may be damaged or hostile. After the first read
/// past the end everything is zero or empty; `Finish` tells. Never reads out of bounds.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint8_t U8() { return static_cast<std::uint8_t>(Fixed(1)); }
  [[nodiscard]] std::uint32_t U32() { return static_cast<std::uint32_t>(Fixed(4)); }
  [[nodiscard]] std::uint64_t U64() { return Fixed(8); }
  [[nodiscard]] std::uint64_t Number();
  /// A number that must fit 32 bits.
  [[nodiscard]] std::uint32_t Number32();
  /// How many elements follow; fails when they cannot fit into the rest, each taking at least
  /// `least_size` bytes, so that a hostile count allocates nothing.
  [[nodiscard]] std::size_t Count(std::size_t least_size);
  [[nodiscard]] ByteView Raw(std::size_t size);
  [[nodiscard]] std::string Text();

  void Fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  /// Errors: Corrupt, unless all was read and nothing was missing.
  [[nodiscard]] Result<void> Finish(std::string_view what) const;

 private:
  [[nodiscard]] std::uint64_t Fixed(std::size_t width);
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace dbstow::repository
