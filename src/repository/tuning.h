#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace dbstow::repository {

/// Whether every frame is decoded and compared before it is stored (verify level L0).
enum class WriteCheck { kDecodeEveryFrame, kNone };

/// How a repository object works, never what its bytes mean: any two settings can read each other's
/// backups. For tests, benchmarks and machines that differ from the ordinary.
struct RepositoryTuning {
  std::size_t pack_bytes = 32u << 20;  ///< a pack is closed once it holds this much
  std::size_t packs_in_flight = 3;     ///< full packs being stored, beside the open one
  std::optional<int> zstd_level;       ///< none: chosen for each item by sampling
  WriteCheck write_check = WriteCheck::kDecodeEveryFrame;
  std::uint32_t max_chain_depth = 30;  ///< then a backup stores everything again
};

}  // namespace dbstow::repository
