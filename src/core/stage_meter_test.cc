#include "dbstow/core/stage_meter.h"

#include <gtest/gtest.h>

#include "support/fakes.h"

namespace dbstow {
namespace {

using std::chrono::milliseconds;

TEST(StageMeter, NamesNothingBeforeAnythingTookTime) {
  const StageMeter meter;
  EXPECT_EQ(meter.Slowest(), "");
}

TEST(StageMeter, NamesTheStageThatTookMostOverAllWorkers) {
  StageMeter meter;
  meter.Add(Stage::kSource, milliseconds(5));
  meter.Add(Stage::kCompress, milliseconds(4));
  EXPECT_EQ(meter.Slowest(), "source");
  meter.Add(Stage::kCompress, milliseconds(4));
  EXPECT_EQ(meter.Slowest(), "compress");
  meter.Add(Stage::kStore, milliseconds(9));
  EXPECT_EQ(meter.Slowest(), "store");
  meter.Add(Stage::kTarget, milliseconds(10));
  EXPECT_EQ(meter.Slowest(), "target");
}

}  // namespace
}  // namespace dbstow
