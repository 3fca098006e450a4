#include "doubles/sqlserver/model/lsn.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "doubles/sqlserver/value/decimal.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr Decimal::Int128 kVlfUnit = 1'000'000'000'000'000LL;
constexpr Decimal::Int128 kBlockUnit = 100'000;

Decimal Number(const Lsn& lsn) {
  return {static_cast<Decimal::Int128>(lsn.vlf) * kVlfUnit + lsn.block * kBlockUnit + lsn.slot, 0};
}

}  // namespace

std::string Lsn::ToDecimal() const { return Number(*this).ToString(); }

Value Lsn::ToValue() const { return IsNone() ? Value() : Text(Number(*this).ToSortable()); }

std::string Lsn::ToKey() const {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%016llx:%08x:%04x", static_cast<unsigned long long>(vlf),
                block, static_cast<unsigned>(slot));
  return text.data();
}

std::optional<Lsn> Lsn::FromDecimal(std::string_view text) {
  const std::optional<Decimal> number = Decimal::Parse(text);
  if (!number || number->scale != 0 || number->unscaled < 0) return std::nullopt;
  const Decimal::Int128 vlf = number->unscaled / kVlfUnit;
  if (vlf > 0xFFFFFFFF) return std::nullopt;
  const Decimal::Int128 rest = number->unscaled % kVlfUnit;
  if (rest / kBlockUnit > 0xFFFFFFFF || rest % kBlockUnit > 0xFFFF) return std::nullopt;
  return Lsn{static_cast<std::uint64_t>(vlf), static_cast<std::uint32_t>(rest / kBlockUnit),
             static_cast<std::uint16_t>(rest % kBlockUnit)};
}

std::optional<Lsn> Lsn::FromHex(std::string_view text) {
  const std::string copy(text.starts_with("0x") ? text.substr(2) : text);
  unsigned long long vlf = 0;
  unsigned block = 0;
  unsigned slot = 0;
  char after = 0;
  if (std::sscanf(copy.c_str(), "%16llx:%8x:%4x%c", &vlf, &block, &slot, &after) != 3) {
    return std::nullopt;
  }
  return Lsn{vlf, block, static_cast<std::uint16_t>(slot)};
}

}  // namespace dbstow::doubles::sqlserver
