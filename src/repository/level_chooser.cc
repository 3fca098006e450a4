#include "repository/level_chooser.h"

#include <algorithm>

namespace dbstow::repository {
namespace {

constexpr int kFast = -3;
constexpr int kNormal = 1;
constexpr int kSmall = 3;
constexpr std::size_t kLeastSample = 16u << 10;
constexpr std::size_t kMostSample = 256u << 10;
constexpr int kFramesBetweenSamples = 64;

// What a slower level must save to be worth its time. zstd on two cores is the bottleneck of a
// backup: level 1 takes half the time of level 3, and -3 a third of level 1.
constexpr double kWorthSmall = 0.88;
constexpr double kWorthNormal = 0.93;
constexpr double kWorthAnything = 0.95;

double SizeAt(io::Compressor& compressor, ByteView sample, int level) {
  Bytes out(io::Compressor::Bound(sample.size()));
  const auto size = compressor.Compress(sample, level, out);
  return static_cast<double>(size ? *size : sample.size());
}

}  // namespace

std::optional<int> LevelChooser::Sample(ByteView content) {
  const ByteView sample = content.first(std::min(content.size(), kMostSample));
  io::Compressor compressor;
  const double normal = SizeAt(compressor, sample, kNormal);
  if (normal > kWorthAnything * static_cast<double>(sample.size())) return std::nullopt;
  if (normal > kWorthNormal * SizeAt(compressor, sample, kFast)) return kFast;
  return SizeAt(compressor, sample, kSmall) < kWorthSmall * normal ? kSmall : kNormal;
}

std::optional<int> LevelChooser::For(ByteView content) {
  if (fixed_) return fixed_;
  const std::scoped_lock lock(mutex_);
  const bool due = !sampled_ || (!level_ && --until_next_sample_ <= 0);
  if (!due) return level_;
  // Too little to tell, and too little to cost anything.
  if (content.size() < kLeastSample) return kSmall;
  level_ = Sample(content);
  sampled_ = true;
  until_next_sample_ = kFramesBetweenSamples;
  return level_;
}

}  // namespace dbstow::repository
