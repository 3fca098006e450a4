#include "engines/postgres/pg_definition_prints.h"

#include <map>
#include <utility>

#include "engines/postgres/pg_canonical_sql.h"
#include "engines/postgres/pg_definition_queries.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_row_hash.h"

namespace dbstow::postgres {
namespace {

const std::string kMethod = std::string(kDefinitionsMethod) + "-4";
const std::string kAccessMethod = kMethod + "/access";

/// Columns of the queries.
enum Column : int { kKind, kSchema, kName, kFacts, kSpelling, kOwner, kGrants };

/// Sums definitions up by fingerprint.
class Prints {
 public:
  void Add(const std::string& what, const std::string& where, const std::string& method,
           const std::string& definition) {
    hashes_[{what + where, method}].Add(AsBytes(definition));
  }
  [[nodiscard]] std::vector<ContentFingerprint> Take() const {
    std::vector<ContentFingerprint> prints;
    for (const auto& [key, hash] : hashes_) {
      prints.push_back({key.first, key.second, hash.rows(), hash.Digest()});
    }
    return prints;
  }

 private:
  std::map<std::pair<std::string, std::string>, RowHash> hashes_;
};

// As the server shows names, but for those that are also words of SQL.
std::string ShowIdentifier(const std::string& name) {
  const bool plain =
      !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  return plain ? name : QuoteIdentifier(name);
}

std::string SpellingMethod(const std::string& major) { return kMethod + "/spelling " + major; }
std::string AccessMethod(const std::string& major) { return kAccessMethod + " " + major; }

// Say that definitions were looked at by each method, whatever there was: else nothing would be
// taken for not compared.
std::vector<ContentFingerprint> Markers(const std::string& major) {
  const std::string none = RowHash().Digest();
  return {{"definitions", kMethod, 0, none},
          {"expressions", SpellingMethod(major), 0, none},
          {"owners and grants", kAccessMethod, 0, none},
          {"owners and grants of schemas", AccessMethod(major), 0, none}};
}

std::string Place(const PgRows& rows, int row) {
  return rows.IsNull(row, kSchema) ? " in the database" : " in schema " + rows.String(row, kSchema);
}

// What a restoring role may not set, or a server without the role or label provider cannot have.
bool NeedsRights(const std::string& kind) {
  return kind == "settings" || kind == "security labels";
}

void AddRow(const PgRows& rows, int row, const std::string& major, Prints& prints) {
  const std::string kind = rows.String(row, kKind);
  const std::string where = Place(rows, row);
  const std::string name = rows.String(row, kName) + '\0';
  if (!rows.IsNull(row, kFacts)) {
    prints.Add(kind, where, NeedsRights(kind) ? kAccessMethod : kMethod,
               name + rows.String(row, kFacts));
  }
  if (!rows.IsNull(row, kSpelling)) {
    prints.Add("expressions of " + kind, where, SpellingMethod(major),
               name + CanonicalSql(rows.Text(row, kSpelling)));
  }
  const std::string object = kind + ' ' + name;
  const std::string access = kind == "schemas" ? AccessMethod(major) : kAccessMethod;
  const std::string of = kind == "schemas" ? " of schemas" : "";
  if (!rows.IsNull(row, kOwner)) {
    prints.Add("owners" + of, where, access, object + rows.String(row, kOwner));
  }
  if (!rows.IsNull(row, kGrants)) {
    prints.Add("grants" + of, where, access, object + rows.String(row, kGrants));
  }
}

// The catalogs are seen as of the snapshot, but what they lead to is looked up as it is now.
Error Unread(const Error& error) {
  const std::string state = error.native() ? error.native()->code : "";
  if (state == "XX000" || state == "3F000" || state.starts_with("42")) {
    return ChangedMeanwhile("a definition was dropped or altered while it was read: " +
                            error.message());
  }
  return Explain(error, "read the definitions");
}

}  // namespace

Result<std::vector<ContentFingerprint>> FingerprintDefinitions(PgSession& session) {
  const std::string major = std::to_string(session.version_number() / 10000);
  Prints prints;
  // Spelling a view locks what it looks at; going back to the savepoint gives these locks up.
  DBSTOW_TRY(session.Run("SAVEPOINT definitions"));
  for (const std::string& query : DefinitionQueries(session.version_number())) {
    const auto rows = session.Query(query);
    if (!rows) return Unread(rows.error());
    for (int row = 0; row < rows->size(); ++row) AddRow(*rows, row, major, prints);
  }
  DBSTOW_TRY(session.Run("ROLLBACK TO SAVEPOINT definitions; RELEASE SAVEPOINT definitions"));
  std::vector<ContentFingerprint> fingerprints = prints.Take();
  for (ContentFingerprint& marker : Markers(major)) fingerprints.push_back(std::move(marker));
  return fingerprints;
}

std::vector<ContentFingerprint> FingerprintSequences(
    const std::vector<PgSequenceValue>& sequences) {
  Prints prints;
  for (const PgSequenceValue& each : sequences) {
    prints.Add("sequence values", " in schema " + ShowIdentifier(each.schema), kMethod,
               each.name + '\0' + std::to_string(each.last_value) + (each.is_called ? " t" : " f"));
  }
  return prints.Take();
}

std::vector<ContentFingerprint> WithoutAccess(std::vector<ContentFingerprint> fingerprints) {
  std::erase_if(fingerprints, [](const ContentFingerprint& each) {
    return each.method.starts_with(kAccessMethod);
  });
  return fingerprints;
}

}  // namespace dbstow::postgres
