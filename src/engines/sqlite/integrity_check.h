#pragma once

#include <string>
#include <vector>

#include "engines/sqlite/sqlite_session.h"

namespace dbstow::sqlite {

/// How much of a database is checked.
enum class Integrity {
  kNone,
  kQuick,  ///< every page and row: PRAGMA quick_check
  kFull,   ///< also that each index holds what its table does: PRAGMA integrity_check
};

/// What SQLite finds wrong with the database, at most `most` lines; none when it is whole.
///
/// Reads all of the database. Ends soon after the context's stop or deadline, also where SQLite
/// itself would not ask for it. Errors: Cancelled, Timeout; SourceDamaged when so much is wrong
/// that the check cannot go on.
[[nodiscard]] Result<std::vector<std::string>> FindDamage(Session& session, Integrity wanted,
                                                          int most,
                                                          const OperationContext& context);

}  // namespace dbstow::sqlite
