#include "engines/postgres/pg_copy_concat.h"

#include <string_view>

namespace dbstow::postgres {
namespace {

constexpr std::size_t kChunk = 1u << 20;
// Signature, flags and the length of a header extension, all of which the server writes as zero.
constexpr std::string_view kHeader{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view kTrailer{"\377\377", 2};

Error Damaged(std::string_view what) {
  return Error(ErrorCode::kCorrupt,
               "the rows of a table are damaged: a binary COPY " + std::string(what));
}

}  // namespace

Result<void> CopyConcatenation::Add(StreamSource& source) {
  return format_ == Format::kText ? AddText(source) : AddBinary(source);
}

Result<void> CopyConcatenation::AddText(StreamSource& source) {
  Bytes buffer(kChunk);
  for (;;) {
    DBSTOW_ASSIGN(const std::size_t count, source.Read(buffer));
    if (count == 0) return {};
    DBSTOW_TRY(write_(ByteView(buffer).first(count)));
  }
}

// The last two bytes are held back all the time, for they may be the trailer.
Result<void> CopyConcatenation::AddBinary(StreamSource& source) {
  Bytes buffer(kChunk);
  std::string held;
  bool in_rows = false;
  for (;;) {
    DBSTOW_ASSIGN(const std::size_t count, source.Read(buffer));
    if (count == 0) break;
    held += AsText(ByteView(buffer).first(count));
    if (!in_rows) {
      if (held.size() < kHeader.size()) continue;
      DBSTOW_TRY(StripHeader(held));
      in_rows = true;
    }
    if (held.size() <= kTrailer.size()) continue;
    DBSTOW_TRY(write_(AsBytes(std::string_view(held).substr(0, held.size() - kTrailer.size()))));
    held.erase(0, held.size() - kTrailer.size());
  }
  if (!in_rows) return Damaged("stream has no header");
  if (held != kTrailer) return Damaged("stream has no end");
  return {};
}

Result<void> CopyConcatenation::StripHeader(std::string& head) {
  if (!head.starts_with(kHeader)) return Damaged("stream begins with an unknown header");
  head.erase(0, kHeader.size());
  if (header_written_) return {};
  header_written_ = true;
  return write_(AsBytes(kHeader));
}

Result<void> CopyConcatenation::Finish() {
  // As pg_dump ends the rows of a table.
  if (format_ == Format::kText) return write_(AsBytes("\\.\n\n\n"));
  if (!header_written_) DBSTOW_TRY(write_(AsBytes(kHeader)));
  return write_(AsBytes(kTrailer));
}

}  // namespace dbstow::postgres
