#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "dbstow/core/backup_store.h"
#include "engines/postgres/pg_row_hash.h"
#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

// The contents of large objects are items `large_objects/<n>`, each one binary COPY stream of
// (oid, bigint offset, bytea piece), pieces in any order. Objects without bytes are only in
// `catalog.json`.

inline constexpr std::string_view kLargeObjectsMethod = "xxh3-128-sum/large-object-pieces-256k";

/// Writes the pieces of the named objects as the session's snapshot sees them, and adds them to
/// `hash`. Errors: PermissionDenied, the sink's.
[[nodiscard]] Result<void> DumpLargeObjects(PgSession& session, std::span<const std::uint32_t> oids,
                                            StreamSink& sink, RowHash& hash);

struct LargeObjectPiece {
  std::uint32_t oid = 0;
  std::uint64_t offset = 0;
  ByteView bytes;
  ByteView row;  ///< the piece as COPY has it
};
/// Errors: Corrupt, the source's, those of `take`.
[[nodiscard]] Result<void> ForEachLargeObjectPiece(
    StreamSource& source, const std::function<Result<void>(const LargeObjectPiece&)>& take);

/// Puts the pieces into objects that exist already. Returns the bytes written.
[[nodiscard]] Result<std::uint64_t> RestoreLargeObjects(PgSession& session, StreamSource& source);

}  // namespace dbstow::postgres
