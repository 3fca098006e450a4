#include "operations/operation_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/operation_fakes.h"

namespace dbstow::operations {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(OperationMetrics, EveryMetricHasHelpAndAscendingBuckets) {
  for (const MetricDescription& each : DescribeOperationMetrics()) {
    EXPECT_FALSE(each.help.empty()) << each.name;
    EXPECT_TRUE(std::ranges::is_sorted(each.buckets)) << each.name;
  }
}

TEST(OperationMetrics, OnlyNumbersAreCountedAsBytes) {
  test::RecordingMetrics metrics;
  OperationResult result;
  result.success = true;
  result.details = {{"bytes_read", "12"}, {"bytes_unit", "MiB"}, {"bytes_stored", "0"}};
  RecordOperation(metrics, {"backup", "x", "shop", std::chrono::seconds(2)}, result);
  EXPECT_EQ(metrics.Find("dbstow_operation_bytes_total{kind=\"read\",operation=\"backup\"}"), 12);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("unit")));
}

TEST(OperationMetrics, AFailureWithoutAnErrorIsAnInternalOne) {
  test::RecordingMetrics metrics;
  RecordOperation(metrics, {"backup", "x", "shop"}, OperationResult());
  EXPECT_THAT(metrics.Text(), HasSubstr("outcome=\"Internal\""));
}

}  // namespace
}  // namespace dbstow::operations
