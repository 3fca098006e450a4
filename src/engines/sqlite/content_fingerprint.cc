#include "engines/sqlite/content_fingerprint.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace dbstow::sqlite {
namespace {

// A longer row is hashed piece by piece, so that it is not in memory twice.
constexpr std::size_t kLongestBuffered = 256 * 1024;

// Writes one value after another into a buffer that only ever grows: rows come by the million.
class RowWriter {
 public:
  RowWriter(std::vector<char>& buffer, XXH3_state_t*& long_row)
      : buffer_(buffer), long_row_(long_row) {}

  void Value(const Row& row, std::size_t column) {
    const Row::Kind kind = row.kind(column);
    Number(static_cast<std::uint8_t>(kind));
    switch (kind) {
      case Row::Kind::kInteger: Number(row.integer(column)); return;
      case Row::Kind::kReal: Number(row.real(column)); return;
      case Row::Kind::kNull: return;
      case Row::Kind::kText:
      case Row::Kind::kBlob: break;
    }
    const ByteView bytes = row.bytes(column);
    Number(static_cast<std::uint64_t>(bytes.size()));
    Raw(bytes.data(), bytes.size());
  }
  [[nodiscard]] XXH128_hash_t Finish() {
    if (!is_long_) return XXH3_128bits(buffer_.data(), size_);
    Flush();
    return XXH3_128bits_digest(long_row_);
  }

 private:
  template <class T>
  void Number(T value) {
    Raw(&value, sizeof value);
  }
  void Raw(const void* data, std::size_t size) {
    if (size == 0) return;
    if (size_ + size > kLongestBuffered) {
      Flush();
      if (size > kLongestBuffered)
        return static_cast<void>(XXH3_128bits_update(long_row_, data, size));
    }
    if (buffer_.size() - size_ < size) buffer_.resize(std::max(2 * buffer_.size(), size_ + size));
    std::memcpy(buffer_.data() + size_, data, size);
    size_ += size;
  }
  void Flush() {
    if (!is_long_) {
      if (long_row_ == nullptr) long_row_ = XXH3_createState();
      XXH3_128bits_reset(long_row_);
      is_long_ = true;
    }
    XXH3_128bits_update(long_row_, buffer_.data(), size_);
    size_ = 0;
  }

  std::vector<char>& buffer_;
  XXH3_state_t*& long_row_;
  bool is_long_ = false;
  std::size_t size_ = 0;
};

struct Columns {
  std::string list;
  std::size_t count = 0;
};

// The columns that are stored; `hidden` is 2 for virtual generated columns, 3 for stored ones.
Result<Columns> StoredColumns(Session& session, const std::string& table) {
  Columns columns;
  DBSTOW_TRY(session.Scan("SELECT name FROM pragma_table_xinfo(" + QuoteText(table) +
                              ") WHERE hidden <> 2 ORDER BY cid",
                          [&](const Row& row) {
                            columns.list += (columns.count > 0 ? "," : "") + QuoteName(row.text(0));
                            ++columns.count;
                            return Result<void>();
                          }));
  return columns;
}

Result<ContentFingerprint> Fingerprint(Session& session, const std::string& name,
                                       const Columns& columns, const std::string& source) {
  RowSum sum;
  const auto add = [&sum](const Row& row) {
    sum.Add(row);
    return Result<void>();
  };
  DBSTOW_TRY(columns.count <= Session::kMostFolded
                 ? session.Fold(columns.list, source, add)
                 : session.Scan("SELECT " + columns.list + " FROM " + source, add));
  return ContentFingerprint{name, std::string(kFingerprintMethod), sum.rows(), sum.digest()};
}

Result<ContentFingerprint> FingerprintTable(Session& session, const std::string& table) {
  DBSTOW_ASSIGN(const Columns columns, StoredColumns(session, table));
  // NOT INDEXED: rows come from the table itself, not from an index that might differ from it.
  auto result = Fingerprint(session, table, columns, QuoteName(table) + " NOT INDEXED");
  if (result || result.error().code() != ErrorCode::kSourceDamaged) return result;
  return Error(ErrorCode::kSourceDamaged, "table " + QuoteName(table) + " cannot be read")
      .WithHint("option allow_damaged=true copies the pages as they are")
      .WithCause(result.error());
}

Result<ContentFingerprint> FingerprintNumber(Session& session, const std::string& pragma) {
  const std::string name = "PRAGMA " + pragma;
  DBSTOW_ASSIGN(const std::int64_t number, session.Integer(name));
  char digest[9];
  std::snprintf(digest, sizeof digest, "%08x", static_cast<std::uint32_t>(number));
  return ContentFingerprint{name, std::string(kHeaderMethod), 1, digest};
}

}  // namespace

RowSum::RowSum() = default;
RowSum::~RowSum() { XXH3_freeState(long_row_); }

void RowSum::Add(const Row& row) {
  RowWriter writer(row_, long_row_);
  for (std::size_t i = 0; i < row.size(); ++i) writer.Value(row, i);
  const XXH128_hash_t hash = writer.Finish();
  low_ += hash.low64;
  high_ += hash.high64 + (low_ < hash.low64 ? 1 : 0);
  ++rows_;
}

std::string RowSum::digest() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high_),
                static_cast<unsigned long long>(low_));
  return text;
}

Result<DatabaseFingerprint> FingerprintDatabase(Session& session) {
  DatabaseFingerprint result;
  // Everything of the schema but where the trees begin.
  const Columns schema_columns{"type, name, tbl_name, sql", 4};
  DBSTOW_ASSIGN(ContentFingerprint schema,
                Fingerprint(session, "sqlite_schema", schema_columns, "sqlite_schema"));
  result.tables.push_back(std::move(schema));
  // Tools that migrate schemas go by the one, programs that recognise their files by the other.
  for (const char* pragma : {"user_version", "application_id"}) {
    DBSTOW_ASSIGN(ContentFingerprint number, FingerprintNumber(session, pragma));
    result.tables.push_back(std::move(number));
  }
  std::vector<std::string> tables;
  DBSTOW_TRY(session.Scan(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
      [&](const Row& row) {
        tables.push_back(row.text(0));
        return Result<void>();
      }));
  for (const std::string& table : tables) {
    auto fingerprint = FingerprintTable(session, table);
    if (fingerprint) {
      result.tables.push_back(*std::move(fingerprint));
    } else if (fingerprint.error().code() == ErrorCode::kUnsupportedCapability) {
      result.tables.push_back({table, std::string(kUnreadableMethod), 0, ""});
      result.warnings.push_back("table " + QuoteName(table) +
                                " has no fingerprint: " + fingerprint.error().message());
    } else {
      return std::move(fingerprint).error();
    }
  }
  return result;
}

}  // namespace dbstow::sqlite
