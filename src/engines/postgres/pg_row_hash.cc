#include "engines/postgres/pg_row_hash.h"

#include <xxhash.h>

#include <array>
#include <cstdio>

namespace dbstow::postgres {
namespace {

// 11 bytes of signature, 4 of flags, 4 for the length of the (empty) extension.
constexpr std::size_t kBinaryHeader = 19;

}  // namespace

void RowHash::Add(ByteView row) {
  const XXH128_hash_t hash = XXH3_128bits(row.data(), row.size());
  AddNumber(hash.low64, hash.high64);
  ++rows_;
}

void RowHash::Merge(const RowHash& other) {
  AddNumber(other.low_, other.high_);
  rows_ += other.rows_;
}

void RowHash::AddNumber(std::uint64_t low, std::uint64_t high) {
  low_ += low;
  high_ += high + (low_ < low ? 1 : 0);
}

std::string RowHash::Digest() const {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(high_),
                static_cast<unsigned long long>(low_));
  return text.data();
}

ByteView BinaryCopyRows::RowOf(ByteView message) {
  if (!header_seen_) {
    header_seen_ = true;
    message = message.size() < kBinaryHeader ? ByteView() : message.subspan(kBinaryHeader);
  }
  // A row begins with its number of fields; the trailer is -1 in its place.
  const bool trailer = message.size() == 2 && message[0] == std::byte{0xFF};
  return trailer ? ByteView() : message;
}

}  // namespace dbstow::postgres
