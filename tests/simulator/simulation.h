#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulator/world.h"

namespace dbstow::simulator {

/// Runs one seed: writers, readers, pruners and fencers over the real repository code on a
/// simulated store, with crashes, errors and clock jumps; then a janitor that must find everything
/// in order. The first violation of an invariant, if any. The same seed always does the same.
[[nodiscard]] std::optional<std::string> Simulate(std::uint64_t seed,
                                                  Mutation mutation = Mutation::kNone);

}  // namespace dbstow::simulator
