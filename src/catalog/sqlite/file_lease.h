#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dbstow/core/ports.h"

namespace dbstow::catalog {

/// Takes the lease `what` at once, or says who holds it: an exclusive lock on a file of `folder`
/// (which must exist). The lock belongs to the open file: threads of one process exclude each other
/// too, and the kernel releases it when its process ends. The file stays; it is empty when free.
/// Errors: Conflict naming the holder, IOError, PermissionDenied.
[[nodiscard]] Result<std::unique_ptr<Lease>> AcquireFileLease(const std::string& folder,
                                                              std::string_view what,
                                                              std::string_view holder);

/// The name of the file that stands for a lease: readable where that is possible, at most 200
/// bytes, different for what is different up to 64 bits of hash.
[[nodiscard]] std::string LeaseFileName(std::string_view what);

}  // namespace dbstow::catalog
