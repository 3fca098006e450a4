#include "dbstow/core/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "dbstow/core/redaction.h"

namespace dbstow {
namespace {

constexpr std::array kBackupTypes = {BackupType::kFull, BackupType::kDifferential, BackupType::kLog,
                                     BackupType::kSnapshot, BackupType::kLogical};

Error MalformedTime(std::string_view text) {
  return Error(ErrorCode::kInvalidOptions, "'" + std::string(text) + "' is not a point in time")
      .WithHint(
          "write it with its zone, for example 2026-11-23T22:30:00Z or "
          "2026-11-23T23:30:00+01:00");
}

// Reads exactly `width` digits at `position`; -1 when they are not there.
int Digits(std::string_view text, std::size_t position, std::size_t width) {
  if (position + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = position; i < position + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Reads `.123456` at `position` and moves behind it; digits past the sixth are dropped.
std::chrono::microseconds Fraction(std::string_view text, std::size_t& position) {
  if (position >= text.size() || text[position] != '.') return std::chrono::microseconds(0);
  ++position;
  long value = 0;
  int digits = 0;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    if (digits < 6) {
      value = value * 10 + (text[position] - '0');
      ++digits;
    }
    ++position;
  }
  for (; digits < 6; ++digits) value *= 10;
  return std::chrono::microseconds(value);
}

// Reads `Z` or `+hh:mm` at `position`, to the end of the text.
std::optional<std::chrono::minutes> Zone(std::string_view text, std::size_t position) {
  const std::string_view zone = text.substr(position);
  if (zone == "Z" || zone == "z") return std::chrono::minutes(0);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const int hours = Digits(zone, 1, 2);
  const int minutes = Digits(zone, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(hours * 60 + minutes);
  return zone[0] == '-' ? -offset : offset;
}

Result<void> CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) {
    return Error(ErrorCode::kInvalidOptions, std::string(what) + " must not be empty");
  }
  const bool control =
      std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (control) {
    return Error(ErrorCode::kInvalidOptions,
                 std::string(what) + " must not hold control characters");
  }
  return {};
}

// `schema:*` matches `schema:anything`.
bool Matches(const OptionSpec& spec, std::string_view key) {
  if (!spec.key.ends_with('*')) return spec.key == key;
  const std::string_view prefix(spec.key.data(), spec.key.size() - 1);
  return key.starts_with(prefix) && key.size() > prefix.size();
}

bool IsInteger(std::string_view text) {
  long long value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size();
}

Result<void> CheckValue(std::string_view what, const OptionSpec& spec, std::string_view value) {
  std::string allowed;
  switch (spec.kind) {
    case OptionSpec::Kind::kText:
      return RefuseZeroByte(std::string(what) + " '" + spec.key + "'", value);
    case OptionSpec::Kind::kName:
      return CheckName(std::string(what) + " '" + spec.key + "'", value);
    case OptionSpec::Kind::kInteger:
      if (IsInteger(value)) return {};
      allowed = "an integer";
      break;
    case OptionSpec::Kind::kBoolean:
      if (value == "true" || value == "false") return {};
      allowed = "true or false";
      break;
    case OptionSpec::Kind::kChoice:
      if (std::ranges::find(spec.choices, value) != spec.choices.end()) return {};
      for (const std::string& choice : spec.choices) {
        allowed += (allowed.empty() ? "" : ", ") + choice;
      }
      break;
  }
  return Error(ErrorCode::kInvalidOptions,
               std::string(what) + " '" + spec.key + "' cannot be '" + std::string(value) + "'")
      .WithHint("allowed: " + allowed);
}

}  // namespace

Result<TimePoint> ParseTime(std::string_view text) {
  using namespace std::chrono;
  const int year_number = Digits(text, 0, 4);
  const int month_number = Digits(text, 5, 2);
  const int day_number = Digits(text, 8, 2);
  const int hour = Digits(text, 11, 2);
  const int minute = Digits(text, 14, 2);
  const int second = Digits(text, 17, 2);
  const bool shaped = text.size() >= 20 && text[4] == '-' && text[7] == '-' &&
                      (text[10] == 'T' || text[10] == 't' || text[10] == ' ') && text[13] == ':' &&
                      text[16] == ':';
  if (!shaped || year_number < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60 || month_number < 0 || day_number < 0) {
    return MalformedTime(text);
  }
  const year_month_day date(year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number)));
  if (!date.ok()) return MalformedTime(text);
  std::size_t position = 19;
  const microseconds fraction = Fraction(text, position);
  const auto zone = Zone(text, position);
  if (!zone) return MalformedTime(text);
  return TimePoint(sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + fraction -
                   *zone);
}

std::string FormatTime(TimePoint time) {
  using namespace std::chrono;
  // RFC 3339 has four digits for the year.
  constexpr TimePoint kFirst = sys_days(year(0) / January / 1);
  constexpr TimePoint kLast = sys_days(year(9999) / December / 31) + days(1) - microseconds(1);
  time = std::clamp(time, kFirst, kLast);
  const sys_days day_start = floor<days>(time);
  const year_month_day date(day_start);
  const hh_mm_ss clock(time - day_start);
  char text[40];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::string_view ToString(BackupType type) {
  switch (type) {
    case BackupType::kFull: return "full";
    case BackupType::kDifferential: return "differential";
    case BackupType::kLog: return "log";
    case BackupType::kSnapshot: return "snapshot";
    case BackupType::kLogical: return "logical";
  }
  return "full";
}

Result<BackupType> BackupTypeFromString(std::string_view text) {
  std::vector<std::string> known;
  for (BackupType type : kBackupTypes) {
    if (ToString(type) == text) return type;
    known.emplace_back(ToString(type));
  }
  return UnknownWord("backup type", text, known);
}

std::string CapabilityFor(BackupType type) { return "backup." + std::string(ToString(type)); }

Result<void> BackupOptions::Validate() const {
  if (std::ranges::find(kBackupTypes, type) == kBackupTypes.end()) {
    return Error(ErrorCode::kInvalidOptions,
                 "there is no backup type " + std::to_string(static_cast<int>(type)))
        .WithHint("take one of BackupType: full, differential, log, snapshot, logical");
  }
  if (include_logs && type == BackupType::kLog) {
    return Error(ErrorCode::kInvalidOptions,
                 "include_logs means nothing for a log backup: it is the log");
  }
  DBSTOW_TRY(RefuseZeroByte("the destination of a backup", destination));
  return RefuseLogin("the destination of a backup", destination);
}

Result<void> RestoreOptions::Validate() const {
  DBSTOW_TRY(CheckName("the source of a restore", source));
  DBSTOW_TRY(RefuseLogin("the source of a restore", source));
  DBSTOW_TRY(RefuseLogin("the target name of a restore", target_name));
  return CheckName("the target name of a restore", target_name);
}

Result<void> CloneOptions::Validate() const {
  DBSTOW_TRY(RefuseLogin("the target name of a clone", target_name));
  return CheckName("the target name of a clone", target_name);
}

Result<void> CheckOptions(std::string_view what, const StringMap& given,
                          const std::vector<OptionSpec>& known) {
  for (const auto& [key, value] : given) {
    const auto spec = std::ranges::find_if(
        known, [&name = key](const OptionSpec& each) { return Matches(each, name); });
    if (spec == known.end()) {
      std::vector<std::string> names;
      for (const OptionSpec& each : known) names.push_back(each.key);
      return UnknownWord(what, key, names);
    }
    DBSTOW_TRY(RefuseZeroByte("the name of a " + std::string(what), key));
    DBSTOW_TRY(CheckValue(what, *spec, value));
  }
  return {};
}

}  // namespace dbstow
