#pragma once

#include <optional>
#include <string>
#include <vector>

#include "doubles/sqlserver/media/mtf.h"
#include "doubles/sqlserver/model/journal.h"

namespace dbstow::doubles::sqlserver {

struct RowImage {
  std::int64_t id = 0;
  std::string lsn;  ///< key of the record that wrote it
  std::string image;
};

struct TableImage {
  int table = 0;
  std::vector<RowImage> rows;       ///< all, or those changed since the base
  std::vector<std::int64_t> alive;  ///< of a differential: every row that is still there
};

/// What a set holds: for data backups the rows as they were at `image_lsn`, and the log up to the
/// set's end; for log backups the log alone.
struct Payload {
  Database database;
  Lsn image_lsn;
  std::vector<TableImage> tables;
  std::vector<LogRecord> log;
};

struct PayloadForm {
  bool compressed = false;
  std::string key;  ///< not empty: encrypted with it
};

[[nodiscard]] std::string EncodePayload(const Payload& payload, const PayloadForm& form);
/// Nothing for bytes that are not what EncodePayload made with this form.
[[nodiscard]] std::optional<Payload> DecodePayload(std::string_view bytes, const PayloadForm& form);

/// Deals the bytes round-robin to the families of a media set, and puts them together again.
[[nodiscard]] std::vector<Pieces> Stripe(std::string_view bytes, int families);
[[nodiscard]] std::string Unstripe(const std::vector<const Pieces*>& families);

}  // namespace dbstow::doubles::sqlserver
