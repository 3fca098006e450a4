#pragma once

#include <cstddef>
#include <cstdint>

namespace dbstow::simulator {

/// splitmix64: every seed gives a good sequence, and the same one everywhere.
class SeededRandom {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  std::size_t Below(std::size_t end) { return static_cast<std::size_t>(Next() % end); }
  /// True this often in ten thousand.
  bool Chance(unsigned in_ten_thousand) { return Below(10'000) < in_ten_thousand; }

 private:
  std::uint64_t state_;
};

}  // namespace dbstow::simulator
