#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "doubles/sqlserver/value/value.h"

namespace dbstow::doubles::sqlserver {

/// A log sequence number: virtual log file, block in it, slot in that. All zero stands for "none".
struct Lsn {
  std::uint64_t vlf = 0;
  std::uint32_t block = 0;
  std::uint16_t slot = 0;

  friend auto operator<=>(const Lsn&, const Lsn&) = default;

  [[nodiscard]] bool IsNone() const { return *this == Lsn{}; }
  /// vlf × 10^15 + block × 10^5 + slot, as numeric(25,0) prints it.
  [[nodiscard]] std::string ToDecimal() const;
  /// The same as a value of numeric(25,0); NULL for none.
  [[nodiscard]] Value ToValue() const;
  /// Fixed width, so that text order is LSN order: the key of the log.
  [[nodiscard]] std::string ToKey() const;
  [[nodiscard]] static std::optional<Lsn> FromDecimal(std::string_view text);
  /// "0x00000022:000000b8:0001", as STOPATMARK = 'lsn:…' also takes it.
  [[nodiscard]] static std::optional<Lsn> FromHex(std::string_view text);
};

[[nodiscard]] inline SqlType LsnType() { return {TypeId::kDecimal, 0, 25, 0}; }

}  // namespace dbstow::doubles::sqlserver
