#include "doubles/sqlserver/value/date_time.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace dbstow::doubles::sqlserver {
namespace {

constexpr Milliseconds kDay = 86'400'000;

std::int64_t FloorDiv(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

std::chrono::sys_days Epoch1900() { return std::chrono::year{1900} / std::chrono::January / 1; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<int> Digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int number = 0;
    while (count < most && count < text_.size() && text_[count] >= '0' && text_[count] <= '9') {
      number = number * 10 + (text_[count++] - '0');
    }
    if (count < least) return std::nullopt;
    text_.remove_prefix(count);
    return number;
  }
  bool Skip(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void SkipSpaces() {
    while (Skip(' ')) continue;
  }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

std::optional<Milliseconds> ScanDate(Scanner& in) {
  const std::optional<int> year = in.Digits(4, 4);
  if (!year) return std::nullopt;
  const bool dashes = in.Skip('-');
  const std::optional<int> month = in.Digits(2, 2);
  if (!month || (dashes && !in.Skip('-'))) return std::nullopt;
  const std::optional<int> day = in.Digits(2, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)});
  if (!date.ok() || *year < 1753) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay;
}

std::optional<Milliseconds> ScanFraction(Scanner& in) {
  const std::string_view before = in.rest();
  if (!in.Digits(1, 7)) return std::nullopt;
  std::string digits(before.substr(0, before.size() - in.rest().size()));
  digits.resize(3, '0');
  return std::stoi(digits);
}

std::optional<Milliseconds> ScanTime(Scanner& in) {
  const std::optional<int> hour = in.Digits(1, 2);
  if (!hour || *hour > 23 || !in.Skip(':')) return std::nullopt;
  const std::optional<int> minute = in.Digits(2, 2);
  if (!minute || *minute > 59) return std::nullopt;
  Milliseconds time = (*hour * 60 + *minute) * Milliseconds{60'000};
  if (!in.Skip(':')) return time;
  const std::optional<int> second = in.Digits(2, 2);
  if (!second || *second > 59) return std::nullopt;
  time += *second * Milliseconds{1000};
  if (!in.Skip('.')) return time;
  const std::optional<Milliseconds> fraction = ScanFraction(in);
  if (!fraction) return std::nullopt;
  return time + *fraction;
}

}  // namespace

std::string FormatDateTime(Milliseconds time) {
  const std::int64_t days = FloorDiv(time, kDay);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  const auto rest = static_cast<int>(time - days * kDay);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d.%03d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), rest / 3'600'000, rest / 60'000 % 60,
                rest / 1000 % 60, rest % 1000);
  return text.data();
}

std::optional<Milliseconds> ParseDateTime(std::string_view text) {
  Scanner in(text);
  in.SkipSpaces();
  const std::optional<Milliseconds> date = ScanDate(in);
  if (!date) return std::nullopt;
  Milliseconds time = 0;
  if (in.Skip('T') || in.Skip(' ')) {
    in.SkipSpaces();
    if (!in.rest().empty()) {
      const std::optional<Milliseconds> scanned = ScanTime(in);
      if (!scanned) return std::nullopt;
      time = *scanned;
    }
  }
  in.SkipSpaces();
  const bool afternoon = in.rest() == "PM" || in.rest() == "pm";
  if (!in.rest().empty() && !afternoon && in.rest() != "AM" && in.rest() != "am") {
    return std::nullopt;
  }
  if (!in.rest().empty()) {
    const bool twelve = time / 3'600'000 == 12;
    if (twelve != afternoon) time += afternoon ? kDay / 2 : -(kDay / 2);
    if (time < 0 || time >= kDay) return std::nullopt;
  }
  return *date + time;
}

Milliseconds RoundToDateTime(Milliseconds time) { return FromWire(ToWire(time)); }

WireDateTime ToWire(Milliseconds time) {
  const Milliseconds since = time - Epoch1900().time_since_epoch().count() * kDay;
  std::int64_t days = FloorDiv(since, kDay);
  std::int64_t ticks = ((since - days * kDay) * 3 + 5) / 10;
  if (ticks >= kDay * 3 / 10) {
    ticks = 0;
    ++days;
  }
  return {static_cast<std::int32_t>(days), static_cast<std::uint32_t>(ticks)};
}

Milliseconds FromWire(const WireDateTime& wire) {
  const std::int64_t days = Epoch1900().time_since_epoch().count() + wire.days;
  return days * kDay + (std::int64_t{wire.ticks} * 10 + 1) / 3;
}

}  // namespace dbstow::doubles::sqlserver
