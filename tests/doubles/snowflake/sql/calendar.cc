#include "doubles/snowflake/sql/calendar.h"

#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <optional>

#include "doubles/snowflake/sql/sql_error.h"

namespace dbstow::doubles::snowflake {
namespace {

/// Reads fixed shapes from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<int> Number(int least, int most) {
    int digits = 0;
    int number = 0;
    while (digits < most && !rest_.empty() &&
           std::isdigit(static_cast<unsigned char>(rest_[0])) != 0) {
      number = number * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    if (digits < least) return std::nullopt;
    return number;
  }
  bool Take(char letter) {
    if (rest_.empty() || rest_[0] != letter) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] char Peek() const { return rest_.empty() ? '\0' : rest_[0]; }

  /// Up to nine digits of a fraction of a second.
  std::optional<int32_t> Nanos() {
    int32_t nanos = 0;
    int digits = 0;
    for (; !rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_[0])) != 0; ++digits) {
      if (digits < 9) nanos = nanos * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) nanos *= 10;
    return nanos;
  }

 private:
  std::string_view rest_;
};

std::optional<int64_t> ReadDate(Reader& reader) {
  const auto year = reader.Number(4, 4);
  if (!year || !reader.Take('-')) return std::nullopt;
  const auto month = reader.Number(1, 2);
  if (!month || !reader.Take('-')) return std::nullopt;
  const auto day = reader.Number(1, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

/// Z, ±hh:mm, ±hhmm or ±hh, in minutes.
std::optional<int> ReadOffset(Reader& reader) {
  if (reader.Take('Z')) return 0;
  const int sign = reader.Peek() == '-' ? -1 : 1;
  if (!reader.Take('-') && !reader.Take('+')) return std::nullopt;
  const auto hours = reader.Number(2, 2);
  if (!hours) return std::nullopt;
  reader.Take(':');
  const int minutes = reader.AtEnd() ? 0 : reader.Number(2, 2).value_or(99);
  if (*hours > 14 || minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + minutes);
}

std::optional<Moment> ReadMoment(std::string_view text, TypeKind kind) {
  Reader reader(text);
  const auto days = ReadDate(reader);
  if (!days) return std::nullopt;
  Moment moment{kind, *days * 86400, 0, 0};
  if (reader.AtEnd()) return moment;
  if (!reader.Take('T') && !reader.Take(' ')) return std::nullopt;
  const auto hour = reader.Number(1, 2);
  if (!hour || !reader.Take(':')) return std::nullopt;
  const auto minute = reader.Number(2, 2);
  if (!minute) return std::nullopt;
  int second = 0;
  if (reader.Take(':')) second = reader.Number(2, 2).value_or(99);
  if (*hour > 23 || *minute > 59 || second > 59) return std::nullopt;
  moment.seconds += *hour * 3600 + *minute * 60 + second;
  if (reader.Take('.')) {
    const auto nanos = reader.Nanos();
    if (!nanos) return std::nullopt;
    moment.nanos = *nanos;
  }
  reader.Take(' ');
  if (reader.AtEnd()) return moment;
  const auto offset = ReadOffset(reader);
  if (!offset || !reader.AtEnd()) return std::nullopt;
  if (kind == TypeKind::kTimestampNtz) return moment;  // an offset is ignored
  moment.seconds -= *offset * 60;
  if (kind == TypeKind::kTimestampTz) moment.offset_minutes = *offset;
  return moment;
}

/// A text of digits is a count since 1970: seconds, milliseconds, micro- or nanoseconds by its
/// size.
std::optional<Moment> ReadEpoch(std::string_view text, TypeKind kind) {
  if (text.empty() || text.size() > 19) return std::nullopt;
  const bool negative = text[0] == '-';
  Int128 number = 0;
  for (size_t at = negative ? 1 : 0; at < text.size(); ++at) {
    if (std::isdigit(static_cast<unsigned char>(text[at])) == 0) return std::nullopt;
    number = number * 10 + (text[at] - '0');
  }
  Int128 nanos = number;
  if (number < 31536000000LL) {
    nanos *= 1000000000;
  } else if (number < 31536000000000LL) {
    nanos *= 1000000;
  } else if (number < 31536000000000000LL) {
    nanos *= 1000;
  }
  if (nanos > INT64_MAX) return std::nullopt;
  return MomentFromNanos(kind, static_cast<int64_t>(negative ? -nanos : nanos));
}

void AppendUtf8(std::string& text, unsigned code) {
  const auto put = [&text](unsigned byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

}  // namespace

int64_t FloorDivide(int64_t dividend, int64_t divisor) {
  const int64_t quotient = dividend / divisor;
  return dividend % divisor < 0 ? quotient - 1 : quotient;
}

std::string DateText(int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  std::array<char, 24> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return buffer.data();
}

std::string MomentText(const Moment& moment) {
  const int64_t local = moment.seconds + moment.offset_minutes * 60;
  const int64_t days = FloorDivide(local, 86400);
  const int64_t second = local - days * 86400;
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), " %02d:%02d:%02d.%03d",
                static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
                static_cast<int>(second % 60), moment.nanos / 1000000);
  std::string text = DateText(days) + buffer.data();
  if (moment.kind != TypeKind::kTimestampNtz) {
    const int offset = moment.offset_minutes < 0 ? -moment.offset_minutes : moment.offset_minutes;
    std::snprintf(buffer.data(), buffer.size(), " %c%02d%02d",
                  moment.offset_minutes < 0 ? '-' : '+', offset / 60, offset % 60);
    text += buffer.data();
  }
  return text;
}

Result<Moment> ParseMoment(std::string_view text, TypeKind kind) {
  if (const auto moment = ReadMoment(text, kind)) return *moment;
  if (const auto moment = ReadEpoch(text, kind)) return *moment;
  return SqlError(codes::kTimestamp, "Timestamp '" + std::string(text) + "' is not recognized");
}

Moment MomentFromNanos(TypeKind kind, int64_t nanos) {
  const int64_t seconds = FloorDivide(nanos, 1000000000);
  return Moment{kind, seconds, static_cast<int32_t>(nanos - seconds * 1000000000), 0};
}

int64_t ToNanos(const Moment& moment) { return moment.seconds * 1000000000 + moment.nanos; }

std::string JsonUnquote(std::string_view quoted) {
  std::string text;
  for (size_t at = 1; at + 1 < quoted.size(); ++at) {
    if (quoted[at] != '\\') {
      text += quoted[at];
      continue;
    }
    ++at;
    switch (quoted[at]) {
      case 'n': text += '\n'; break;
      case 't': text += '\t'; break;
      case 'r': text += '\r'; break;
      case 'b': text += '\b'; break;
      case 'f': text += '\f'; break;
      case 'u':
        AppendUtf8(text, static_cast<unsigned>(std::strtoul(
                             std::string(quoted.substr(at + 1, 4)).c_str(), nullptr, 16)));
        at += 4;
        break;
      default: text += quoted[at]; break;
    }
  }
  return text;
}

}  // namespace dbstow::doubles::snowflake
