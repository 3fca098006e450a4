#pragma once

#include <string>
#include <string_view>

namespace dbstow::postgres {

/// An expression or query as the server spells it, without what a dump and restore may change in
/// it: casts (`ARRAY['a'::varchar]::text[]` comes back as `ARRAY['a'::varchar::text]`), brackets
/// around a single operand, and white space. Names, literals, operators and what belongs together
/// stay. Not valid SQL any more: only
/// to be compared with another from a server of the same major version.
[[nodiscard]] std::string CanonicalSql(std::string_view sql);

}  // namespace dbstow::postgres
