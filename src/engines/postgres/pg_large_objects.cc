#include "engines/postgres/pg_large_objects.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "engines/postgres/pg_errors.h"

namespace dbstow::postgres {
namespace {

constexpr std::uint64_t kPiece = 256 * 1024;
constexpr std::size_t kObjectsPerQuery = 1000;
constexpr std::uint64_t kPiecesPerQuery = 64;
constexpr std::size_t kRestoreBatch = 16u << 20;
constexpr std::array<char, 19> kCopyHeader = {'P',    'G',  'C',  'O',  'P',  'Y',  '\n',
                                              '\377', '\r', '\n', '\0', '\0', '\0', '\0',
                                              '\0',   '\0', '\0', '\0', '\0'};
constexpr std::array<std::byte, 2> kCopyTrailer = {std::byte{0xFF}, std::byte{0xFF}};
// A row: int16 3; int32 4, oid; int32 8, offset; int32 length, bytes.
constexpr std::size_t kRowHeader = 26;

std::uint64_t BigEndian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::byte byte : bytes) value = value << 8 | static_cast<std::uint64_t>(byte);
  return value;
}

LargeObjectPiece Dissect(ByteView row) {
  return {static_cast<std::uint32_t>(BigEndian(row.subspan(6, 4))), BigEndian(row.subspan(14, 8)),
          row.subspan(kRowHeader), row};
}

ByteView HeaderBytes() { return std::as_bytes(std::span(kCopyHeader)); }

/// Copies pieces into one stream, from as many COPY statements as it takes.
class PieceWriter {
 public:
  PieceWriter(PgSession& session, StreamSink& sink, RowHash& hash)
      : session_(session), sink_(sink), hash_(hash) {}

  // `query` gives (oid, offset, piece). Objects whose piece was full are added to `unfinished`.
  Result<void> Copy(const std::string& query, std::vector<LargeObjectPiece>* unfinished) {
    BinaryCopyRows rows;
    const auto take = [&](ByteView message) -> Result<void> {
      const ByteView row = rows.RowOf(message);
      if (row.size() < kRowHeader) return {};
      LargeObjectPiece piece = Dissect(row);
      if (piece.bytes.empty()) return {};
      hash_.Add(row);
      if (piece.bytes.size() == kPiece && unfinished != nullptr) {
        unfinished->push_back({piece.oid, piece.offset + kPiece, {}, {}});
      }
      return sink_.Write(row);
    };
    DBSTOW_TRY(session_.CopyOut("COPY (" + query + ") TO STDOUT (FORMAT binary)", take));
    return {};
  }

 private:
  PgSession& session_;
  StreamSink& sink_;
  RowHash& hash_;
};

// The rest of an object behind its first piece.
Result<void> CopyRest(PieceWriter& writer, LargeObjectPiece rest) {
  for (;;) {
    const std::string oid = std::to_string(rest.oid);
    const std::uint64_t end = rest.offset + kPiece * kPiecesPerQuery;
    std::vector<LargeObjectPiece> full;
    DBSTOW_TRY(writer.Copy("SELECT " + oid + "::oid, o, lo_get(" + oid + ", o, " +
                               std::to_string(kPiece) + ") FROM generate_series(" +
                               std::to_string(rest.offset) + "::int8, " + std::to_string(end - 1) +
                               ", " + std::to_string(kPiece) + ") o",
                           &full));
    if (full.size() < kPiecesPerQuery) return {};
    rest.offset = end;
  }
}

Result<void> PutBatch(PgSession& session, Bytes& batch) {
  if (batch.size() <= kCopyHeader.size()) return {};
  batch.insert(batch.end(), kCopyTrailer.begin(), kCopyTrailer.end());
  bool sent = false;
  DBSTOW_TRY(session.CopyIn("COPY pg_temp.dbstow_pieces FROM STDIN (FORMAT binary)",
                            [&]() -> Result<ByteView> {
                              return std::exchange(sent, true) ? ByteView() : ByteView(batch);
                            }));
  DBSTOW_TRY(
      session.Run("SELECT lo_put(o, at, piece) FROM pg_temp.dbstow_pieces;"
                  "TRUNCATE pg_temp.dbstow_pieces"));
  batch.resize(kCopyHeader.size());
  return {};
}

}  // namespace

Result<void> DumpLargeObjects(PgSession& session, std::span<const std::uint32_t> oids,
                              StreamSink& sink, RowHash& hash) {
  DBSTOW_TRY(sink.Write(HeaderBytes()));
  PieceWriter writer(session, sink, hash);
  for (std::size_t begin = 0; begin < oids.size(); begin += kObjectsPerQuery) {
    std::string list;
    for (std::uint32_t oid : oids.subspan(begin, std::min(kObjectsPerQuery, oids.size() - begin))) {
      list += (list.empty() ? "" : ",") + std::to_string(oid);
    }
    std::vector<LargeObjectPiece> unfinished;
    auto copied = writer.Copy("SELECT o, 0::int8, lo_get(o, 0, " + std::to_string(kPiece) +
                                  ") FROM unnest('{" + list + "}'::oid[]) o",
                              &unfinished);
    if (!copied) return Explain(copied.error(), "copy large objects");
    for (const LargeObjectPiece& rest : unfinished) DBSTOW_TRY(CopyRest(writer, rest));
  }
  return sink.Write(ByteView(kCopyTrailer));
}

Result<void> ForEachLargeObjectPiece(
    StreamSource& source, const std::function<Result<void>(const LargeObjectPiece&)>& take) {
  Bytes buffer(2 * kPiece);
  std::size_t begin = 0;
  std::size_t end = 0;
  const auto fill = [&](std::size_t wanted) -> Result<bool> {
    if (buffer.size() - begin < wanted) {
      std::memmove(buffer.data(), buffer.data() + begin, end - begin);
      end -= begin;
      begin = 0;
    }
    while (end - begin < wanted) {
      DBSTOW_ASSIGN(const std::size_t count, source.Read(MutableByteView(buffer).subspan(end)));
      if (count == 0) return false;
      end += count;
    }
    return true;
  };
  const Error damaged(ErrorCode::kCorrupt, "the large objects of the backup cannot be read");
  DBSTOW_ASSIGN(const bool has_header, fill(kCopyHeader.size()));
  if (!has_header) return damaged;
  begin += kCopyHeader.size();
  for (;;) {
    DBSTOW_ASSIGN(const bool has_count, fill(2));
    if (!has_count) return damaged;
    if (buffer[begin] == std::byte{0xFF}) return {};
    DBSTOW_ASSIGN(const bool has_row, fill(kRowHeader));
    if (!has_row) return damaged;
    const std::uint64_t length = BigEndian(ByteView(buffer).subspan(begin + 22, 4));
    if (length > kPiece) return damaged;
    DBSTOW_ASSIGN(const bool has_bytes, fill(kRowHeader + length));
    if (!has_bytes) return damaged;
    DBSTOW_TRY(take(Dissect(ByteView(buffer).subspan(begin, kRowHeader + length))));
    begin += kRowHeader + length;
  }
}

Result<std::uint64_t> RestoreLargeObjects(PgSession& session, StreamSource& source) {
  DBSTOW_TRY(session.Run("CREATE TEMP TABLE dbstow_pieces (o oid, at int8, piece bytea)"));
  Bytes batch(HeaderBytes().begin(), HeaderBytes().end());
  std::uint64_t written = 0;
  DBSTOW_TRY(ForEachLargeObjectPiece(source, [&](const LargeObjectPiece& piece) -> Result<void> {
    batch.insert(batch.end(), piece.row.begin(), piece.row.end());
    written += piece.bytes.size();
    return batch.size() >= kRestoreBatch ? PutBatch(session, batch) : Result<void>();
  }));
  DBSTOW_TRY(PutBatch(session, batch));
  DBSTOW_TRY(session.Run("DROP TABLE pg_temp.dbstow_pieces"));
  return written;
}

}  // namespace dbstow::postgres
