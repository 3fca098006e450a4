#pragma once

#include "repository/manifest.h"

namespace dbstow::repository {

/// The head of a manifest as tagged fields: what a later version adds is skipped by this one,
/// unless its tag says that it must be understood.
[[nodiscard]] Bytes EncodeHead(const ManifestHead& head);
/// Errors: Corrupt, UnsupportedCapability.
[[nodiscard]] Result<ManifestHead> DecodeHead(ByteView bytes);

}  // namespace dbstow::repository
