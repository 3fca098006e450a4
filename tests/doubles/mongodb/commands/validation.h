#pragma once

#include "doubles/mongodb/commands/command.h"

namespace dbstow::doubles::mongodb {

/// Errors: DocumentValidationFailure (121) when the collection's validator refuses `after`;
/// `before` is the document it replaces, null for an insert.
[[nodiscard]] Result<void> CheckValidator(const Collection& collection, const Document& after,
                                          const Document* before);

/// Errors: CannotInsertTimeseriesBucketsWithMixedSchema (408) when `document` is a bucket of mixed
/// schema and the collection has not been told by collMod that it may hold such.
[[nodiscard]] Result<void> CheckBucket(const Collection& collection, const Document& document);

/// Whether the command asks to bypass validators. Errors: Unauthorized.
[[nodiscard]] Result<bool> BypassesValidation(const Context& context, const Namespace& ns);

}  // namespace dbstow::doubles::mongodb
