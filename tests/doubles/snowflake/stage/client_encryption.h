#pragma once

#include <string>

#include "dbstow/core/result.h"
#include "doubles/snowflake/stage/stage_store.h"

namespace dbstow::doubles::snowflake {

/// The clients' encryption of staged files: AES-CBC with a key of each file's own, which travels
/// wrapped with AES-ECB by the stage's master key. `encryptiondata` is Azure's JSON for it.

/// A new master key of 128 bits, in base64.
[[nodiscard]] std::string MakeMasterKey();
[[nodiscard]] Result<StagedBytes> EncryptFile(const std::string& bytes,
                                              const std::string& master_key);
/// Errors: Corrupt when key, data or padding do not fit.
[[nodiscard]] Result<std::string> DecryptFile(const std::string& bytes,
                                              const std::string& encryption_data,
                                              const std::string& master_key);

[[nodiscard]] std::string Base64(const std::string& bytes);
/// Errors: InvalidOptions.
[[nodiscard]] Result<std::string> FromBase64(const std::string& text);
[[nodiscard]] std::string RandomBytes(size_t count);

}  // namespace dbstow::doubles::snowflake
