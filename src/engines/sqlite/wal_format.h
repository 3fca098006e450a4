#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "dbstow/core/bytes.h"
#include "dbstow/core/operation_context.h"
#include "dbstow/core/result.h"
#include "io/file_system.h"

namespace dbstow::sqlite {

// SQLite's write-ahead log, as documented in https://www.sqlite.org/walformat.html and, for the
// checksum, https://www.sqlite.org/fileformat2.html#checksum_algorithm. Both formats are fixed for
// version 3007000; another version is refused, never guessed at.

/// The state of a write-ahead log at one commit, from its shared index (`-shm`).
struct WalState {
  static constexpr std::size_t kIndexSize = 136;  ///< bytes of the index that `Decode` needs

  std::array<std::byte, 48> header{};  ///< as found; equal headers are the same commit
  std::uint32_t page_size = 0;
  std::uint32_t last_frame = 0;             ///< of the commit, from 1; 0 when the log is empty
  std::uint32_t page_count = 0;             ///< of the database at the commit
  std::uint32_t backfilled_frame = 0;       ///< all up to here are in the database file and synced
  std::array<std::uint32_t, 2> checksum{};  ///< cumulative, of the last frame
  std::array<std::byte, 8> salt{};          ///< of this generation of the log

  /// None when the two copies of the header differ or its checksum is wrong: it is being written.
  [[nodiscard]] static std::optional<WalState> Decode(ByteView index);
  [[nodiscard]] bool SameCommit(const WalState& other) const { return header == other.header; }
  /// True when the database file alone holds the commit.
  [[nodiscard]] bool FullyBackfilled() const { return backfilled_frame >= last_frame; }
};

/// SQLite's checksum of `bytes` (a multiple of 8), continuing from `sums`.
void AddWalChecksum(ByteView bytes, bool big_endian, std::array<std::uint32_t, 2>& sums);

/// Which pages of a commit are in the log, and where.
class WalPages {
 public:
  struct Place {
    std::uint32_t page;    ///< from 0
    std::uint64_t offset;  ///< of its bytes in the log file
  };

  /// Reads the log up to the commit and proves by salts and cumulative checksum that it is that
  /// commit. Errors: SourceDamaged, Cancelled, Timeout, and those of the file.
  [[nodiscard]] static Result<WalPages> Read(io::File& log, const WalState& state,
                                             const OperationContext& context);

  /// The pages in [first, first + count), in order.
  [[nodiscard]] std::pair<const Place*, const Place*> Find(std::uint64_t first,
                                                           std::uint64_t count) const;
  [[nodiscard]] const std::vector<Place>& all() const { return places_; }

 private:
  std::vector<Place> places_;  // sorted by page
};

}  // namespace dbstow::sqlite
