#pragma once

#include <cstdint>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "repository/item_entry.h"
#include "repository/keyring.h"
#include "repository/pack_entry.h"

namespace dbstow::repository {

/// The short part of a manifest, readable without the rest.
struct ManifestHead {
  BackupRecord record;
  std::uint32_t epoch = 0;
  std::uint32_t chain_depth = 0;  ///< backups whose packs it may refer to, itself included
};

/// The whole: what a backup is made of.
struct Manifest {
  ManifestHead head;
  std::vector<PackEntry> packs;  ///< all that any item needs, sorted by id
  std::vector<ItemEntry> items;
};

/// The object's bytes. `name` is the manifest's object name; it is authenticated too. Errors:
/// OutOfSpace (memory).
[[nodiscard]] Result<Bytes> SealManifest(const Manifest& manifest, std::string_view name,
                                         const EpochKey& key, Random& random);

/// How much of a manifest object is enough to read most heads.
inline constexpr std::size_t kHeadProbe = 16u << 10;
/// Bytes from the start that hold the head; `start` has at least 128 bytes or is the whole object.
/// Errors: Corrupt, UnsupportedCapability (a later format).
[[nodiscard]] Result<std::size_t> ManifestHeadEnd(ByteView start);

/// Errors: Corrupt, WrongKey (epoch unknown), UnsupportedCapability (a field that must be
/// understood and is not).
[[nodiscard]] Result<ManifestHead> OpenManifestHead(ByteView start, std::string_view name,
                                                    const Keyring& keyring);
[[nodiscard]] Result<Manifest> OpenManifest(ByteView bytes, std::string_view name,
                                            const Keyring& keyring);

}  // namespace dbstow::repository
