#include "cli/human_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace dbstow::cli {
namespace {

/// Characters, not bytes: names may be UTF-8.
std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

std::string WithOneDecimal(double number) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f", number);
  return buffer.data();
}

std::string TwoDigits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::string BytesText(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double number = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would be shown as 1024.0.
  for (; number >= 1023.95 && unit + 1 < kUnits.size(); ++unit) number /= 1024;
  return WithOneDecimal(number) + " " + kUnits[unit];
}

std::string DurationText(std::chrono::milliseconds duration) {
  const std::int64_t ms = std::max<std::int64_t>(duration.count(), 0);
  if (ms < 60'000) return WithOneDecimal(static_cast<double>(ms) / 1000) + " s";
  const std::int64_t seconds = ms / 1000;
  if (seconds < 3600) return std::to_string(seconds / 60) + "m " + TwoDigits(seconds % 60) + "s";
  return std::to_string(seconds / 3600) + "h " + TwoDigits(seconds / 60 % 60) + "m";
}

std::string ReplayText(const StringMap& details) {
  if (!details.contains("replayed")) return "";
  const auto value = [&details](const char* key) {
    const auto found = details.find(key);
    return found == details.end() ? std::string() : found->second;
  };
  const std::string at = value("replayed_at");
  const std::string from = value("replayed_from");
  return "nothing was done now: this key was used before" + (at.empty() ? "" : ", at " + at) +
         (from.empty() ? "" : ", correlation id " + from);
}

std::string Printable(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) c = '?';
  }
  return result;
}

std::string Table::ToString() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WidthOf(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += Printable(row[i]);
      if (i + 1 < row.size()) text.append(widths[i] - WidthOf(row[i]) + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace dbstow::cli
