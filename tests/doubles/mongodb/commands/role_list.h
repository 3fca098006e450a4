#pragma once

#include "doubles/mongodb/commands/command.h"

namespace dbstow::doubles::mongodb {

/// An array of `{role, db}` from names and such documents; a plain name means a role of the
/// command's database. Errors: RoleNotFound, FailedToParse.
[[nodiscard]] Result<std::string> ParseRoles(Context& context, const Element& roles);

}  // namespace dbstow::doubles::mongodb
