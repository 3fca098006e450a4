#include "repository/ids.h"

#include <algorithm>
#include <cstdio>

#include "dbstow/core/options.h"
#include "io/hash.h"

namespace dbstow::repository {

std::string ToText(const SessionId& id) { return io::ToHex(id.bytes); }

std::optional<SessionId> SessionIdFromText(std::string_view text) {
  const auto bytes = io::FromHex(text);
  SessionId id;
  if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
  std::ranges::copy(*bytes, id.bytes.begin());
  // Only the form that ToText writes, so that a session has one spelling.
  if (ToText(id) != text) return std::nullopt;
  return id;
}

std::string CompactTime(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<TimePoint> CompactTimeFromText(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  const std::string spelled = std::string(text.substr(0, 4)) + "-" +
                              std::string(text.substr(4, 2)) + "-" +
                              std::string(text.substr(6, 5)) + ":" +
                              std::string(text.substr(11, 2)) + ":" + std::string(text.substr(13));
  const auto time = ParseTime(spelled);
  if (!time || CompactTime(*time) != text) return std::nullopt;
  return *time;
}

std::string GenerateBackupId(TimePoint time, Random& random) {
  std::array<std::byte, 3> suffix{};
  random.Fill(suffix);
  return CompactTime(time) + "-" + io::ToHex(suffix);
}

std::optional<ManifestName> ManifestName::Parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const auto session = SessionIdFromText(text.substr(dot + 1));
  if (!session) return std::nullopt;
  return ManifestName{std::string(text.substr(0, dot)), *session};
}

}  // namespace dbstow::repository
