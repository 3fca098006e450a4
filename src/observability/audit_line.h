#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dbstow/core/ports.h"
#include "observability/audit_log.h"

namespace dbstow::observability {

/// What ties a record to the ones before it.
struct AuditLink {
  std::uint64_t seq = 1;
  std::string prev_hash;
  /// The hash of what a crash left between the record before and this one; empty: nothing.
  std::string torn_before;
  /// Set when the head was missing though it should have been there.
  bool head_was_missing = false;
};

/// A record as it stands in the log.
struct AuditLine {
  AuditLink link;
  std::string hash;       ///< as it says
  bool is_whole = false;  ///< the hash is that of its bytes
  [[nodiscard]] AuditAnchor anchor() const { return {link.seq, hash}; }
};

/// What the first record has as the hash of the one before it.
[[nodiscard]] std::string GenesisHash();

/// One line, with its newline. The hash covers every byte of the line before `,"hash":"`.
[[nodiscard]] std::string FormatAuditLine(const AuditRecord& record, const AuditLink& link,
                                          TimePoint time);
/// None when the line (without its newline) has not the form of a record.
[[nodiscard]] std::optional<AuditLine> ParseAuditLine(std::string_view line);

}  // namespace dbstow::observability
