#pragma once

#include <cstdint>
#include <memory>

#include "io/file_system.h"
#include "secrets/secret_provider.h"

namespace dbstow::secrets {

/// `file:/path`: the contents of a file without one trailing newline. The path is absolute; the
/// file belongs to `user` or root, and nobody else may read or write it (mode 0600 or less):
/// PermissionDenied otherwise. `files` must outlive the provider.
[[nodiscard]] std::unique_ptr<SecretProvider> CreateFileSecretProvider(io::FileSystem& files,
                                                                       std::uint32_t user);

/// The effective user of this process.
[[nodiscard]] std::uint32_t CurrentUser();

}  // namespace dbstow::secrets
