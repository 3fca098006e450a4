#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doubles/sqlserver/media/backup_set.h"

namespace dbstow::doubles::sqlserver {

/// Microsoft Tape Format 1.00a, as far as readers look at it: TAPE, then for each set SSET, its
/// streams (MSCI: what the double says of the set; MQDA: its data) and ESET; descriptor blocks with
/// their checksums, everything on 512-byte boundaries.

/// One family's part of a set's data: pieces, each with its checksum.
using Pieces = std::vector<std::string>;

[[nodiscard]] std::string EncodeTape(const MediaHeader& header);
/// Without data: the beginning of a set whose backup has
/// not ended, which is what a crash leaves.
[[nodiscard]] std::string EncodeSet(const BackupSet& set, const std::optional<Pieces>& pieces);

enum class MediaFault { kNone, kNotMtf, kOtherVersion, kIncomplete, kDamaged };

struct MediaEntry {
  BackupSet set;
  Pieces pieces;
  MediaFault fault =
      MediaFault::kNone;  ///< incomplete: no ESET; damaged: a piece is not as written
};

struct Media {
  MediaFault fault = MediaFault::kNone;  ///< kNotMtf, kOtherVersion: there are no entries
  int format = 1;                        ///< major version of the tape format
  MediaHeader header;
  std::vector<MediaEntry> entries;
};

/// Never trusts its input: for any bytes there is an answer.
[[nodiscard]] Media DecodeMedia(std::string_view file);

}  // namespace dbstow::doubles::sqlserver
