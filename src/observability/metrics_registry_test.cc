#include "observability/metrics_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/memory_shared_files.h"

namespace dbstow::observability {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPath = "dbstow.prom";

TEST(MetricsRegistry, ShowsCountersGaugesAndHistograms) {
  MetricsRegistry metrics;
  metrics.Describe("ops_total", "Operations\nby \\ outcome.");
  metrics.Describe("seconds", "Latency.", {0.5, 2});
  metrics.Count("ops_total", {{"outcome", "success"}}, 1);
  metrics.Count("ops_total", {{"outcome", "success"}}, 2);
  metrics.Gauge("last", {{"instance", "a\"b\\c\nd"}}, 1795474800.25);
  metrics.Observe("seconds", {{"op", "backup"}}, 0.5);
  metrics.Observe("seconds", {{"op", "backup"}}, 1);
  metrics.Observe("seconds", {{"op", "backup"}}, 100);
  EXPECT_EQ(metrics.Expose(),
            "# TYPE last gauge\n"
            "last{instance=\"a\\\"b\\\\c\\nd\"} 1795474800.25\n"
            "# HELP ops_total Operations\\nby \\\\ outcome.\n"
            "# TYPE ops_total counter\n"
            "ops_total{outcome=\"success\"} 3\n"
            "# HELP seconds Latency.\n"
            "# TYPE seconds histogram\n"
            "seconds_bucket{le=\"0.5\",op=\"backup\"} 1\n"
            "seconds_bucket{le=\"2\",op=\"backup\"} 2\n"
            "seconds_bucket{le=\"+Inf\",op=\"backup\"} 3\n"
            "seconds_sum{op=\"backup\"} 101.5\n"
            "seconds_count{op=\"backup\"} 3\n");
}

TEST(MetricsRegistry, WhatItShowsCanBeReadBack) {
  MetricsRegistry metrics;
  metrics.Describe("seconds", "Back\\slash\nnewline", {0.5, 2});
  metrics.Count("ops_total", {{"a", "x,y=\"}{\\n"}, {"b", ""}}, 3);
  metrics.Gauge("plain", {}, -1.5e300);
  metrics.Observe("seconds", {}, 1);
  const ParsedMetrics parsed = ParseText(metrics.Expose());
  EXPECT_EQ(parsed.unreadable_lines, 0u);
  EXPECT_EQ(ExposeText(parsed.families), metrics.Expose());
}

// What a run of the command line does: a registry of its own, one merge at the end.
void RunOnce(test::MemorySharedFiles& files, double seconds) {
  MetricsRegistry metrics;
  metrics.Describe("seconds", "Latency.", {1, 10});
  metrics.Count("ops_total", {{"outcome", "success"}}, 1);
  metrics.Gauge("last", {}, seconds);
  metrics.Observe("seconds", {}, seconds);
  ASSERT_TRUE(metrics.MergeIntoFile(kPath, files));
}

TEST(MetricsRegistry, RepeatedRunsAddUpInTheFile) {
  test::MemorySharedFiles files;
  RunOnce(files, 5);
  RunOnce(files, 0.5);
  const std::string& text = files.files[kPath];
  EXPECT_THAT(text, HasSubstr("ops_total{outcome=\"success\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("last 0.5\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("seconds_sum 5.5\n"));
  EXPECT_THAT(text, HasSubstr("seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("# HELP seconds Latency.\n"));
}

TEST(MetricsRegistry, MergingTwiceCountsOnceAndAFailedMergeLosesNothing) {
  test::MemorySharedFiles files;
  MetricsRegistry metrics;
  metrics.Count("ops_total", {}, 1);
  files.FailChange(1, 0);
  EXPECT_FALSE(metrics.MergeIntoFile(kPath, files));
  ASSERT_TRUE(metrics.MergeIntoFile(kPath, files));
  ASSERT_TRUE(metrics.MergeIntoFile(kPath, files));
  EXPECT_THAT(files.files[kPath], HasSubstr("ops_total 1\n"));
}

TEST(MetricsRegistry, KeepsWhatOthersWroteAndLeavesOutWhatCannotBeRead) {
  test::MemorySharedFiles files;
  files.files[kPath] =
      "# TYPE theirs gauge\ntheirs{x=\"1\"} 7\ngarbage\nops_total{broken 5\n# a comment\n";
  EXPECT_EQ(ParseText(files.files[kPath]).unreadable_lines, 2u);
  RunOnce(files, 1);
  EXPECT_THAT(files.files[kPath], HasSubstr("theirs{x=\"1\"} 7\n"));
  EXPECT_THAT(files.files[kPath], Not(HasSubstr("garbage")));
}

TEST(MetricsRegistry, ChangedBucketsBeginAnew) {
  test::MemorySharedFiles files;
  RunOnce(files, 5);
  MetricsRegistry metrics;
  metrics.Describe("seconds", "Latency.", {2});
  metrics.Observe("seconds", {}, 1);
  ASSERT_TRUE(metrics.MergeIntoFile(kPath, files));
  EXPECT_THAT(files.files[kPath],
              HasSubstr("seconds_bucket{le=\"2\"} 1\nseconds_bucket{le=\"+Inf\"} 1\n"));
}

}  // namespace
}  // namespace dbstow::observability
