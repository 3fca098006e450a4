#pragma once

#include <cstdint>
#include <string>

#include "dbstow/core/bytes.h"

namespace dbstow::postgres {

/// An order-free fingerprint of rows: the sum modulo 2^128 of the XXH3-128 hash of each row as COPY
/// sends it, and their number. Parts of a table add up to the table.
class RowHash {
 public:
  void Add(ByteView row);
  void Merge(const RowHash& other);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// 32 hex digits.
  [[nodiscard]] std::string Digest() const;

 private:
  void AddNumber(std::uint64_t low, std::uint64_t high);
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
  std::uint64_t rows_ = 0;
};

/// Takes the messages of one `COPY … (FORMAT binary)` apart: the header is stuck to the first
/// message, the trailer is a message without a row.
class BinaryCopyRows {
 public:
  /// The row in a message; empty when there is none.
  [[nodiscard]] ByteView RowOf(ByteView message);

 private:
  bool header_seen_ = false;
};

}  // namespace dbstow::postgres
