#pragma once

#include "engines/postgres/pg_session.h"

namespace dbstow::postgres {

/// In a database of the encoding SQL_ASCII, text may be anything. Rows are copied as they are, but
/// names, and the words around a database that a backup's own descriptions hold, have to be UTF-8.
/// Looks at nothing in databases of other encodings. Errors: UnsupportedCapability, with one of
/// them.
[[nodiscard]] Result<void> CheckNames(PgSession& session);

/// For people and JSON: as it is when it is UTF-8, else with `?` for what is not ASCII.
[[nodiscard]] std::string Showable(std::string text);

/// Whether these bytes are well-formed UTF-8.
[[nodiscard]] bool IsUtf8(std::string_view text);

}  // namespace dbstow::postgres
