#pragma once

#include "dbstow/core/backup_store.h"
#include "dbstow/operations/operation.h"

namespace dbstow::operations {

/// Everything that an idempotency key stands for: the operation, its options, the instance and
/// where it is (when it is looked at), the repository. `store` may be null.
[[nodiscard]] StringMap RequestOf(const OperationFacts& facts, const DatabaseInstance& instance,
                                  const BackupStore* store);
/// The same for all parts of one request together.
[[nodiscard]] StringMap RequestOfAllParts(const OperationFacts& facts, const BackupStore* store);

/// The result with the request that it answers and the time it ended, as it is kept.
[[nodiscard]] OperationResult KeptWith(const StringMap& request, OperationResult result,
                                       TimePoint ended);

/// A kept result as it is given again for the same request: its details say "replayed", and
/// "replayed_at" when it ended (which older ones do not know).
/// Errors: InvalidOptions naming what differs from the request that it answers.
[[nodiscard]] Result<OperationResult> GiveAgain(OperationResult kept, const StringMap& request);

}  // namespace dbstow::operations
