#pragma once

#include "doubles/mongodb/commands/command.h"

namespace dbstow::doubles::mongodb {

/// Checks the command's write concern before it is run. Errors: FailedToParse; BadValue for what a
/// node alone cannot give; InvalidOptions within a transaction.
[[nodiscard]] Result<void> CheckWriteConcern(const Context& context);

/// After a write: adds `writeConcernError` to the reply when a replica set of one member cannot
/// give what was asked for. The write itself stands.
void AddWriteConcernError(const Context& context, Builder& reply);

}  // namespace dbstow::doubles::mongodb
