#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "dbstow/core/options.h"
#include "dbstow/core/result.h"
#include "engines/postgres/pg_archive.h"

namespace dbstow::postgres {

/// Reads the header and table of contents from the beginning of a custom-format archive
/// (`pg_dump -Fc`) or from the `toc.dat` of a directory-format one, format 1.12 to 1.16, which is
/// what pg_dump 9.0 to 18 write. Data after the table of contents is not looked at. Trusts nothing:
/// memory stays proportional to the input.
/// Errors: Corrupt (malformed, with the offset), UnsupportedCapability (another format or version).
[[nodiscard]] Result<PgArchive> ParseArchive(ByteView bytes);

/// How the header says that the entries are written.
struct PgArchiveLayout {
  int minor = 0;
  int format = 0;
  int integer_size = 0;
  int offset_size = 0;
};

/// Whether an archive that passes by piece by piece is whole, as `ParseArchive` would find, but in
/// the memory of one entry.
class PgArchiveProof {
 public:
  void Take(ByteView bytes);
  /// When there is no more. Errors: as `ParseArchive`.
  [[nodiscard]] Result<void> Finish() const;

 private:
  [[nodiscard]] std::size_t ReadOne(std::string_view bytes);

  std::string unread_;
  std::uint64_t offset_ = 0;        // of `unread_` in the archive
  std::int32_t entries_left_ = -1;  // negative: the header has not been read
  PgArchiveLayout layout_;
  std::optional<Error> problem_;
};

/// The `toc.dat` of a directory-format archive, version 1.14, which pg_restore 12 and later read.
/// `created` becomes the archive's creation time. Every entry with `has_data` must name its
/// `data_file`. Errors: InvalidOptions for entries that pg_restore would refuse.
[[nodiscard]] Result<std::string> WriteDirectoryToc(const PgArchive& archive, TimePoint created);

}  // namespace dbstow::postgres
