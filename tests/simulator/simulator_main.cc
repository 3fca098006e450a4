// dbstow_simulator [--seeds N] [--first S]: runs N seeds from S on, on all processors.
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

#include "simulator/simulation.h"

namespace {

struct Flags {
  std::uint64_t seeds = 10'000;
  std::uint64_t first = 1;
};

bool ReadNumber(const char* text, std::uint64_t& value) {
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  return error == std::errc() && stop == end;
}

bool ReadFlags(int count, char** texts, Flags& flags) {
  for (int i = 1; i + 1 < count; i += 2) {
    const bool seeds = std::strcmp(texts[i], "--seeds") == 0;
    const bool first = std::strcmp(texts[i], "--first") == 0;
    if (!(seeds || first) || !ReadNumber(texts[i + 1], seeds ? flags.seeds : flags.first)) {
      return false;
    }
  }
  return count % 2 == 1;
}

}  // namespace

int main(int count, char** texts) {
  Flags flags;
  if (!ReadFlags(count, texts, flags)) {
    std::fprintf(stderr, "usage: dbstow_simulator [--seeds N] [--first S]\n");
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
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
      workers.emplace_back(work);
    }
  }
  std::printf("simulated %llu seeds from %llu: %llu violations\n",
              static_cast<unsigned long long>(flags.seeds),
              static_cast<unsigned long long>(flags.first),
              static_cast<unsigned long long>(failures.load()));
  return failures == 0 ? 0 : 1;
}
