#include "engines/postgres/pg_raw_names.h"

#include <cstdint>

namespace dbstow::postgres {
namespace {

constexpr const char* kWords = R"sql(
SELECT 'schema', nspname::text FROM pg_namespace
UNION ALL SELECT 'relation', relname::text FROM pg_class WHERE oid >= 16384
UNION ALL SELECT 'column', attname::text FROM pg_attribute WHERE attrelid >= 16384
UNION ALL SELECT 'role', rolname::text FROM pg_roles
UNION ALL SELECT 'tablespace', spcname::text FROM pg_tablespace
UNION ALL SELECT 'setting', unnest(s.setconfig) FROM pg_db_role_setting s
UNION ALL SELECT 'comment on a large object', description FROM pg_description
  WHERE classoid = 'pg_largeobject'::regclass
UNION ALL SELECT 'comment on the database', description FROM pg_shdescription
  WHERE classoid = 'pg_database'::regclass
    AND objoid = (SELECT oid FROM pg_database WHERE datname = current_database())
)sql";

// How many bytes follow this one; -1 for one that begins nothing.
int Following(std::uint8_t first) {
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 1;
  if (first >= 0xe0 && first <= 0xef) return 2;
  if (first >= 0xf0 && first <= 0xf4) return 3;
  return -1;
}

// The second byte excludes what could be written shorter, surrogates, and what is past the last
// code point (RFC 3629).
bool MayFollow(std::uint8_t first, std::uint8_t second) {
  switch (first) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default: return second >= 0x80 && second <= 0xbf;
  }
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[i++]);
    const int following = Following(first);
    if (following < 0 || text.size() - i < static_cast<std::size_t>(following)) return false;
    for (int k = 0; k < following; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i++]);
      if (!MayFollow(k == 0 ? first : 0x80, next)) return false;
    }
  }
  return true;
}

std::string Showable(std::string text) {
  if (IsUtf8(text)) return text;
  for (char& c : text) {
    if (static_cast<std::uint8_t>(c) >= 0x80) c = '?';
  }
  return text;
}

Result<void> CheckNames(PgSession& session) {
  if (session.encoding() == "UTF8") return {};
  DBSTOW_ASSIGN(const PgRows rows, session.Query(kWords));
  for (int row = 0; row < rows.size(); ++row) {
    if (IsUtf8(rows.Text(row, 1))) continue;
    return Error(ErrorCode::kUnsupportedCapability,
                 "the database has the encoding SQL_ASCII, and a name in it is not UTF-8: " +
                     rows.String(row, 0) + " '" + Showable(rows.String(row, 1)) + "'")
        .WithHint("rename it; rows may hold any bytes, names may not");
  }
  return {};
}

}  // namespace dbstow::postgres
