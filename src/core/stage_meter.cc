#include "dbstow/core/stage_meter.h"

namespace dbstow {

std::string_view ToString(Stage stage) {
  switch (stage) {
    case Stage::kSource: return "source";
    case Stage::kCompress: return "compress";
    case Stage::kStore: return "store";
    case Stage::kTarget: break;
  }
  return "target";
}

void StageMeter::Add(Stage stage, Duration took) {
  took_[static_cast<std::size_t>(stage)].fetch_add(took.count(), std::memory_order_relaxed);
}

std::string_view StageMeter::Slowest() const {
  std::size_t slowest = 0;
  Duration::rep most = 0;
  for (std::size_t i = 0; i < kStages; ++i) {
    const Duration::rep took = took_[i].load(std::memory_order_relaxed);
    if (took > most) {
      most = took;
      slowest = i;
    }
  }
  return most == 0 ? std::string_view() : ToString(static_cast<Stage>(slowest));
}

}  // namespace dbstow
