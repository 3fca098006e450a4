#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dbstow::doubles::sqlserver {

/// Milliseconds since 1970-01-01 00:00 of whichever clock it came from: the server's local time in
/// everything SQL sees, as DATETIME has no zone.
using Milliseconds = std::int64_t;

/// "2026-11-26 11:40:20.123".
[[nodiscard]] std::string FormatDateTime(Milliseconds time);
/// The forms T-SQL always understands, whatever DATEFORMAT: "yyyy-mm-dd", "yyyymmdd", each with an
/// optional " " or "T" and hh:mm[:ss[.fffffff]], and an optional AM or PM. Nothing otherwise.
[[nodiscard]] std::optional<Milliseconds> ParseDateTime(std::string_view text);
/// To DATETIME's grid of 1/300 s (.000, .003, .007).
[[nodiscard]] Milliseconds RoundToDateTime(Milliseconds time);

/// Days since 1900-01-01 and 1/300 s since midnight: DATETIME on the wire.
struct WireDateTime {
  std::int32_t days = 0;
  std::uint32_t ticks = 0;
};
[[nodiscard]] WireDateTime ToWire(Milliseconds time);
[[nodiscard]] Milliseconds FromWire(const WireDateTime& wire);

}  // namespace dbstow::doubles::sqlserver
