#pragma once

#include <string>
#include <vector>

#include "doubles/mongodb/commands/command.h"

namespace dbstow::doubles::mongodb {

/// All documents that a reader of `ns` sees, in natural order: of a collection, or of a view or
/// time series through its pipelines. The command's `hint` is followed. Errors: those of
/// Catalog::CheckReadable, of hints and of the pipelines.
[[nodiscard]] Result<std::vector<std::string>> ReadAll(Context& context, const Namespace& ns);

/// An aggregate whose pipeline begins with `$changeStream`. Errors: as the vendor's.
[[nodiscard]] Result<void> Watch(Context& context, const Document& pipeline, Builder& reply);

/// Errors: CommandNotSupported for any collation but the simple one.
[[nodiscard]] Result<void> CheckCollation(const Element& collation);

}  // namespace dbstow::doubles::mongodb
