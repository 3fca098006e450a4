// dbstow_simulator [--seeds N] [--first S] [--workers W]: runs N seeds from S on.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>

#include "simulator/simulation.h"

namespace {

struct Flags {
  std::uint64_t seeds = 10'000;
  std::uint64_t first = 1;
  std::uint64_t workers = std::max(1u, std::thread::hardware_concurrency());

  std::uint64_t* Find(std::string_view name) {
    if (name == "--seeds") return &seeds;
    if (name == "--first") return &first;
    return name == "--workers" ? &workers : nullptr;
  }
};

bool ReadNumber(const char* text, std::uint64_t& value) {
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  return error == std::errc() && stop == end;
}

bool ReadFlags(int count, char** texts, Flags& flags) {
  for (int i = 1; i + 1 < count; i += 2) {
    std::uint64_t* const value = flags.Find(texts[i]);
    if (value == nullptr || !ReadNumber(texts[i + 1], *value)) return false;
  }
  return count % 2 == 1;
}

}  // namespace

int main(int count, char** texts) {
  Flags flags;
  if (!ReadFlags(count, texts, flags)) {
    std::fprintf(stderr, "usage: dbstow_simulator [--seeds N] [--first S] [--workers W]\n");
    return 2;
  }
  std::atomic<std::uint64_t> next{flags.first};
  std::atomic<std::uint64_t> failures{0};
  std::mutex output;
  const auto work = [&] {
    for (;;) {
      const std::uint64_t seed = next.fetch_add(1);
      if (seed >= flags.first + flags.seeds) return;
      const auto violation = dbstow::simulator::Simulate(seed);
      if (!violation) continue;
      ++failures;
      const std::scoped_lock lock(output);
      std::printf("seed %llu: %s\n  replay: dbstow_simulator --seeds 1 --first %llu\n",
                  static_cast<unsigned long long>(seed), violation->c_str(),
                  static_cast<unsigned long long>(seed));
    }
  };
  {
    std::vector<std::jthread> workers;
    for (std::uint64_t i = 0; i < flags.workers; ++i) {
      workers.emplace_back(work);
    }
  }
  std::printf("simulated %llu seeds from %llu: %llu violations\n",
              static_cast<unsigned long long>(flags.seeds),
              static_cast<unsigned long long>(flags.first),
              static_cast<unsigned long long>(failures.load()));
  return failures == 0 ? 0 : 1;
}
